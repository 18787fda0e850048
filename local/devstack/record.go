package devstack

import (
	"bytes"
	"sync"
)

// Record is a log that several write and that can be read while they do.
type Record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write adds what a logger or a process says.
func (r *Record) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(b)
}

// String is what was said so far.
func (r *Record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}
