package bench

import (
	"os"
	"time"

	"relance/local/devstack"
)

// Processor is the processor time that a case or a twin takes in each program, in milliseconds. It tells which program a rate is lost in; a disk that is
// slow, or busy with something else, makes it larger.
type Processor struct {
	Relance  float64 `json:"relance"` // worker, starter, applicants, officer and the quick mail server
	MinIO    float64 `json:"minio"`
	Temporal float64 `json:"temporal"`
}

// meter holds what the programs had taken when a measurement began.
type meter struct {
	stack *devstack.Stack
	apart *apart
	began [3]time.Duration
}

func newMeter(s *devstack.Stack, a *apart) *meter {
	m := &meter{stack: s, apart: a}
	m.began = m.taken()
	return m
}

func (m *meter) taken() [3]time.Duration {
	own := devstack.ProcessorOf(os.Getpid())
	if m.apart != nil {
		for _, p := range m.apart.processes {
			own += devstack.ProcessorOf(p.Process.Pid)
		}
	}
	return [3]time.Duration{own, m.stack.Processor(devstack.MinIO), m.stack.Processor(devstack.Temporal)}
}

// each shares what was taken since the beginning among so many.
func (m *meter) each(n int) Processor {
	now := m.taken()
	share := func(i int) float64 { return float64((now[i] - m.began[i]).Milliseconds()) / float64(n) }
	return Processor{Relance: share(0), MinIO: share(1), Temporal: share(2)}
}
