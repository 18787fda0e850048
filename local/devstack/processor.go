package devstack

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// Processor is how much processor time a running server has taken so far; 0 where the system does not tell as Linux does.
func (s *Stack) Processor(server Server) time.Duration {
	s.mu.Lock()
	p := s.running[server]
	s.mu.Unlock()
	if p == nil {
		return 0
	}
	return ProcessorOf(p.cmd.Process.Pid)
}

// ProcessorOf is how much processor time a running process has taken, in user and system mode (proc(5), stat: utime and stime, in hundredths of a
// second); 0 where the system does not tell as Linux does.
func ProcessorOf(pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, after, named := bytes.Cut(text, []byte(") ")) // the name before it may hold spaces
	fields := bytes.Fields(after)
	if err != nil || !named || len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(string(fields[11]))
	system, _ := strconv.Atoi(string(fields[12]))
	return time.Duration(user+system) * time.Second / 100
}
