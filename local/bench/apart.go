package bench

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"relance/local/run"
)

// apart is a worker and a starter as processes of their own, as an authority runs them, and how much memory they have held.
type apart struct {
	processes []*exec.Cmd
	began     time.Time

	mu      sync.Mutex
	samples []Memory
}

// Memory is what the two processes held at one moment.
type Memory struct {
	Seconds   float64 `json:"seconds"`    // since the start
	WorkerMB  float64 `json:"worker_mb"`  // resident, in 1,000,000 bytes
	StarterMB float64 `json:"starter_mb"` //
}

// startApart starts the two from the program that runs, on the servers of the local engine that has this data folder. Their logs lie there too.
func startApart(data string) (*apart, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	environ, err := run.Environ(data)
	if err != nil {
		return nil, err
	}
	a := &apart{began: time.Now()}
	for _, name := range []string{"worker", "starter"} {
		log, err := os.Create(filepath.Join(data, name+".log"))
		if err != nil {
			return nil, err
		}
		defer log.Close() // the process has its own
		cmd := exec.Command(program, name)
		cmd.Env, cmd.Stdout, cmd.Stderr = environ, log, log
		if err := cmd.Start(); err != nil {
			a.stop()
			return nil, err
		}
		a.processes = append(a.processes, cmd)
	}
	return a, nil
}

func (a *apart) stop() {
	for _, p := range a.processes {
		_ = p.Process.Signal(syscall.SIGTERM)
	}
	for _, p := range a.processes {
		_ = p.Wait()
	}
}

// watch notes the memory of both every ten seconds, until ctx ends.
func (a *apart) watch(ctx context.Context) {
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			a.mu.Lock()
			a.samples = append(a.samples, Memory{time.Since(a.began).Seconds(), resident(a.processes[0].Process.Pid), resident(a.processes[1].Process.Pid)})
			a.mu.Unlock()
		}
	}
}

// says is the newest sample, for a person.
func (a *apart) says() string {
	if a == nil {
		return ""
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.samples) == 0 {
		return ""
	}
	m := a.samples[len(a.samples)-1]
	return fmt.Sprintf("; worker %.0f MB, starter %.0f MB", m.WorkerMB, m.StarterMB)
}

// resident is the memory of a process in megabytes; 0 where the system does not tell as Linux does (proc(5), statm).
func resident(pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	fields := bytes.Fields(text)
	if err != nil || len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseFloat(string(fields[1]), 64)
	return pages * float64(os.Getpagesize()) / 1e6
}
