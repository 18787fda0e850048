package tesseract

import (
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// alone gives the program a group of its own.
func alone(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// kill ends the program with its group.
func kill(cmd *exec.Cmd) error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

// limit bounds what the program may take (getrlimit(2)); it writes no file, and leaves no core.
func limit(pid int, processor time.Duration) error {
	seconds := uint64(max(processor/time.Second, 1))
	for what, most := range map[int]uint64{unix.RLIMIT_DATA: Memory, unix.RLIMIT_CPU: seconds, unix.RLIMIT_FSIZE: 0, unix.RLIMIT_CORE: 0, unix.RLIMIT_NOFILE: 64} {
		if err := unix.Prlimit(pid, what, &unix.Rlimit{Cur: most, Max: most}, nil); err != nil {
			return err
		}
	}
	return nil
}
