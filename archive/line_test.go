package archive

import (
	"bytes"
	"io"
	"net"
	"sync"
	"testing"
)

// line is a TCP line to a real server that a test can make noisy.
type line struct {
	listener net.Listener
	target   string
	mu       sync.Mutex
	old, new []byte
}

func newLine(t testing.TB, target string) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{listener: listener, target: target}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go l.carry(conn)
		}
	}()
	return l
}

func (l *line) address() string { return l.listener.Addr().String() }

// garble replaces bytes, in both directions, wherever they come in one piece.
func (l *line) garble(old, new []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.old, l.new = old, new
}

func (l *line) carry(near net.Conn) {
	defer near.Close()
	far, err := net.Dial("tcp", l.target)
	if err != nil {
		return
	}
	defer far.Close()
	done := make(chan struct{}, 2)
	go func() { l.copy(far, near); done <- struct{}{} }()
	go func() { l.copy(near, far); done <- struct{}{} }()
	<-done
}

func (l *line) copy(dst io.Writer, src io.Reader) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := src.Read(buffer)
		if n > 0 {
			l.mu.Lock()
			out := buffer[:n]
			if len(l.old) > 0 {
				out = bytes.ReplaceAll(out, l.old, l.new)
			}
			l.mu.Unlock()
			if _, err := dst.Write(out); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
