package reader

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"relance/intake/papers"
)

// peak is how much memory a process has held at most (proc_pid_status(5): VmHWM).
func peak(t testing.TB, pid int) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Skip("no /proc here")
	}
	for line := range strings.Lines(string(text)) {
		var kilo int64
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kilo); err == nil {
			return kilo << 10
		}
	}
	return 0
}

// forgetPeak begins anew to look for the most memory that this process holds, and tells what it holds now.
func forgetPeak(t testing.TB) int64 {
	t.Helper()
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		t.Skip("no /proc here that may be written to")
	}
	return peak(t, os.Getpid())
}

func reader(content []byte) func() io.Reader {
	return func() io.Reader { return bytes.NewReader(content) }
}

// TestHowAReaderIsConfined looks at a reader from outside, as the administrator does.
func TestHowAReaderIsConfined(t *testing.T) {
	leaked, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer leaked.Close()
	if _, _, no := syscall.Syscall(syscall.SYS_FCNTL, leaked.Fd(), syscall.F_SETFD, 0); no != 0 { // it is handed on to whatever is started
		t.Fatal(no)
	}
	p := quick(t, 1, nil)
	if _, err := p.For(t.Context()).Look(papers.Request{Type: "worse/nothing"}, nil, nil); err != nil {
		t.Fatal(err)
	}
	r := <-p.free
	defer func() { p.free <- r }()
	at := func(file string) string { return fmt.Sprintf("/proc/%d/%s", r.cmd.Process.Pid, file) }
	status, err := os.ReadFile(at("status"))
	if err != nil {
		t.Fatal(err)
	}
	limits, err := os.ReadFile(at("limits"))
	if err != nil {
		t.Fatal(err)
	}
	said := strings.Join(strings.Fields(string(status)+string(limits)), " ")
	for _, want := range []string{"NoNewPrivs: 1", "Seccomp: 2", fmt.Sprintf("Max data size %d %[1]d bytes", Memory), "Max file size 0 0 bytes", "Max core file size 0 0 bytes", "Max open files 16 16"} {
		if !strings.Contains(said, want) {
			t.Errorf("not %q", want)
		}
	}
	if group, err := syscall.Getpgid(r.cmd.Process.Pid); err != nil || group != r.cmd.Process.Pid {
		t.Errorf("it is in group %d, %v", group, err)
	}
	open, err := os.ReadDir(at("fd"))
	if err != nil {
		t.Skip("only root may see what a reader has open")
	}
	for _, e := range open {
		if to, _ := os.Readlink(filepath.Join(at("fd"), e.Name())); !strings.HasPrefix(to, "pipe:") && !strings.HasPrefix(to, "anon_inode:") {
			t.Errorf("it has %s open", to)
		}
	}
	if own, err := os.ReadFile("/proc/self/status"); err != nil || strings.Contains(string(own), "CoreDumping: 1") {
		t.Error(err)
	}
}

// TestReadersEndWithTheirParent: where a worker is killed while a file spins in its reader, nothing of it goes on.
func TestReadersEndWithTheirParent(t *testing.T) {
	if os.Getenv("READER_PARENT") != "" {
		p := New(Options{Size: 1})
		r, err := p.take(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("reader", r.cmd.Process.Pid)
		_, _, _ = r.read(t.Context(), job{limits: limits{startTime, startTime}, request: request{Look: &papers.Request{Type: "worse/spin"}}, bodies: func() []body { return nil }})
		return
	}
	parent := exec.Command("/proc/self/exe", "-test.run", "^TestReadersEndWithTheirParent$", "-test.v")
	parent.Env = append(os.Environ(), "READER_PARENT=1")
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	pid := 0
	for lines := bufio.NewScanner(out); pid == 0 && lines.Scan(); {
		_, _ = fmt.Sscanf(lines.Text(), "reader %d", &pid) // it is the line, or another
	}
	if pid == 0 {
		t.Fatal("no reader was started")
	}
	watch, err := pidfd(pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait() // it was killed
	if !ended(watch) {
		t.Error("the reader goes on")
	}
}

func pidfd(pid int) (int, error) { return unix.PidfdOpen(pid, 0) }

// ended waits for the end of a process.
func ended(fd int) bool {
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 10_000)
	return err == nil && n == 1
}
