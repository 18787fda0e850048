package devstack

import (
	"bytes"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// process is one running server.
type process struct {
	cmd   *exec.Cmd
	log   string
	ended chan struct{}
	err   error // why it ended; to be read after ended is closed
}

// stopLimit is how long a server may take to end by itself.
const stopLimit = 10 * time.Second

// startProcess starts a program in a process group of its own, which dies with this process.
func startProcess(binary string, args, env []string, dir, log, resolvConf string) (*process, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.Command(binary, args...), log: log, ended: make(chan struct{})}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, out, out
	p.cmd.Env = append(os.Environ(), env...)
	tie(p.cmd)
	if resolvConf != "" {
		redirect(p.cmd, resolvConf)
	}
	started := make(chan error)
	go func() {
		// The kernel ends a tied child when the thread that started it ends, so that thread is kept for its life.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer out.Close()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			p.err = p.cmd.Wait()
			close(p.ended)
		}
	}()
	return p, <-started
}

// stop asks the process to end, then makes it.
func (p *process) stop() {
	interrupt(p.cmd)
	select {
	case <-p.ended:
	case <-time.After(stopLimit):
		p.kill()
	}
	killGroup(p.cmd) // children it may have left
}

// kill ends the process at once.
func (p *process) kill() {
	killGroup(p.cmd)
	<-p.ended
}

// tail is the end of the process's log.
func (p *process) tail() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return ""
	}
	lines := strings.Split(string(bytes.TrimSpace(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-12):], "\n")
}
