package devstack

import (
	"os"
	"os/exec"
	"syscall"
)

// tie lets the kernel end the process when ours ends, however that comes about.
func tie(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// canRedirect tells whether a process can be given a resolv.conf of its own.
func canRedirect() bool { return os.Geteuid() == 0 }

// redirect gives the process a resolv.conf of its own: in a mount namespace, so that nothing else on the machine sees it.
func redirect(cmd *exec.Cmd, resolvConf string) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		return
	}
	cmd.Args = append([]string{shell, "-c", `mount --bind "$0" /etc/resolv.conf; exec "$@"`, resolvConf, cmd.Path}, cmd.Args[1:]...)
	cmd.Path = shell
	cmd.SysProcAttr.Unshareflags = syscall.CLONE_NEWNS
}
