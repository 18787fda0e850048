package outage

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// inside says that this process has mounts of its own, which end with it.
const inside = "OUTAGE_MOUNTS"

// TestMain runs the tests in a process that may mount small disks which nobody else sees. Where the system does not let it they run without, and those
// that need one are skipped.
func TestMain(m *testing.M) {
	if os.Getenv(inside) == "" {
		program, err := os.Executable()
		if err == nil {
			cmd := exec.Command(program, os.Args[1:]...)
			cmd.Env = append(os.Environ(), inside+"=1")
			cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
			cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
			if os.Geteuid() != 0 {
				cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
				cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
				cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
			}
			var ended *exec.ExitError
			switch err = cmd.Run(); {
			case err == nil:
				os.Exit(0)
			case errors.As(err, &ended):
				os.Exit(max(ended.ExitCode(), 1))
			}
		}
	}
	os.Exit(m.Run())
}

// disk makes a folder a disk of so many bytes.
func disk(folder string, size int) error {
	if os.Getenv(inside) == "" {
		return errors.New("this system lets no process have mounts of its own")
	}
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	return syscall.Mount("outage", folder, "tmpfs", 0, fmt.Sprintf("size=%d", size))
}

// noDisk takes a disk away.
func noDisk(folder string) { _ = syscall.Unmount(folder, syscall.MNT_DETACH) }
