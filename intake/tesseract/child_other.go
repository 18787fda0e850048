//go:build !linux

package tesseract

import (
	"os/exec"
	"time"
)

// Elsewhere than on Linux the clock alone bounds the program.

func alone(*exec.Cmd) {}

func kill(cmd *exec.Cmd) error { return cmd.Process.Kill() }

func limit(int, time.Duration) error { return nil }
