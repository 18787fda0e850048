//go:build !linux

package reader

import (
	"os"
	"os/exec"
	"runtime/metrics"
	"time"
)

// Elsewhere than on Linux a reader is a process of its own, which watches its own memory, and its parent watches the clock.

func itself() (string, error) { return os.Executable() }

func hide() error { return nil }

func alone(*exec.Cmd) {}

func spawn(start func() error) error { return start() }

func kill(cmd *exec.Cmd) { _ = cmd.Process.Kill() }

func processorOf(int) time.Duration { return 0 } // a file may take as long by the clock as a reader may do nothing

func memoryOf(int) int64 { return 0 }

// confine has the process end itself where it takes too much memory.
func confine() string {
	go func() {
		held := []metrics.Sample{{Name: "/memory/classes/total:bytes"}}
		for range time.Tick(glance) {
			if metrics.Read(held); held[0].Value.Uint64() > Memory {
				os.Stderr.WriteString("out of memory")
				os.Exit(2)
			}
		}
	}()
	return "its own watch"
}
