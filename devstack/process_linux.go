package devstack

import (
	"os/exec"
	"syscall"
)

// tie lets the kernel end the process when ours ends, however that comes about.
func tie(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
