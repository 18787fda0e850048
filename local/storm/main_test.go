package storm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"relance/command"
	"relance/local/devstack"
	"relance/local/postoffice"
	"relance/local/run"
)

// role is the variable that makes this test's program another one: the engine's own, or the mail server.
const role = "STORM_ROLE"

func TestMain(m *testing.M) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	if os.Getenv(role) != "" {
		go func() { // until the test has ended
			_, _ = io.Copy(io.Discard, os.Stdin)
			os.Exit(1)
		}()
	}
	switch os.Getenv(role) {
	case "relance":
		os.Exit(command.Run(ctx, os.Args[1:], os.Stdout, os.Stderr))
	case "postoffice":
		if _, err := postoffice.OpenWith(postoffice.Config{Accounts: []string{run.Account, account}, Journal: os.Args[1], IMAP: os.Args[2], SMTP: os.Args[3]}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		<-ctx.Done()
		os.Exit(0)
	}
	stop()
	os.Exit(m.Run())
}

// member is a process that can be killed and started again.
type member struct {
	name  string
	start func() error
	kill  func() error
	pid   func() int // of a process of ours
}

// process is this program in another role. It belongs to the local engine in the data folder, where there is one.
func (s *storm) process(name, as string, args ...string) *member {
	log := filepath.Join(s.TempDir(), "log")
	var cmd *exec.Cmd
	m := &member{name: name}
	m.start = func() error {
		program, err := os.Executable()
		if err != nil {
			return err
		}
		environ, err := run.Environ(s.data)
		if errors.Is(err, os.ErrNotExist) {
			environ, err = os.Environ(), nil
		}
		if err != nil {
			return err
		}
		out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		defer out.Close()
		cmd = exec.Command(program, args...)
		cmd.Env, cmd.Stdout, cmd.Stderr = append(environ, role+"="+as), out, out
		if _, err := cmd.StdinPipe(); err != nil { // it closes when this process ends, however that comes about
			return err
		}
		return cmd.Start()
	}
	m.pid = func() int { return cmd.Process.Pid }
	m.kill = func() error {
		err := cmd.Process.Kill()
		_ = cmd.Wait()
		return err
	}
	s.Cleanup(func() {
		_ = m.kill()
		if s.Failed() {
			text, _ := os.ReadFile(log)
			s.Logf("%s:\n%s", name, text[max(0, len(text)-3000):])
		}
	})
	return m
}

func free(t *testing.T) string {
	address, err := devstack.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	return address
}
