//go:build unix && !linux

package devstack

import (
	"os/exec"
	"syscall"
)

// tie gives the process a group of its own. Only Linux ends it when ours is killed without a chance to stop it.
func tie(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// canRedirect tells whether a process can be given a resolv.conf of its own.
func canRedirect() bool { return false }

func redirect(*exec.Cmd, string) {}
