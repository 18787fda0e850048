package devstack

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Line is a TCP line to a server that does what networks and servers do: it refuses, hangs, cuts and damages. A test leads a client through it.
type Line struct {
	Address string // host:port

	// ToServer and FromServer are given what passes, and give what is to pass instead; false cuts the connection. Nil: all passes. They are set before
	// the first connection.
	ToServer, FromServer func(c *Passage, b []byte) (instead []byte, goes bool)

	target   string
	opened   atomic.Int64
	mu       sync.Mutex
	fault    Fault
	listener net.Listener // nil: nobody listens
	open     map[net.Conn]bool
}

// Passage is one connection through a line.
type Passage struct{ FromServer int64 } // bytes so far

// Fault is what is wrong with a line.
type Fault int

// The faults.
const (
	Whole   Fault = iota
	Refuses       // nobody listens
	Hangs         // connections are taken, and no byte arrives, nor does any of those that are open
	Cuts          // connections are taken and ended at once
)

// NewLine opens a line to host:port.
func NewLine(target string) (*Line, error) {
	l := &Line{target: target, open: map[net.Conn]bool{}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l.Address = listener.Addr().String()
	l.listen(listener)
	return l, nil
}

func (l *Line) listen(listener net.Listener) {
	l.listener = listener
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			l.opened.Add(1)
			go l.carry(c)
		}
	}()
}

// Opened is how many connections were taken so far.
func (l *Line) Opened() int { return int(l.opened.Load()) }

// Break lets something be wrong with the line, or nothing any more. Open connections end, unless the line hangs.
func (l *Line) Break(f Fault) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := l.fault
	l.fault = f
	if f != Hangs || was == Hangs {
		for c := range l.open {
			_ = c.Close()
		}
	}
	switch {
	case f == Refuses && l.listener != nil:
		err := l.listener.Close()
		l.listener = nil
		return err
	case f != Refuses && l.listener == nil:
		listener, err := net.Listen("tcp", l.Address)
		if err == nil {
			l.listen(listener)
		}
		return err
	}
	return nil
}

// Close ends the line.
func (l *Line) Close() error { return l.Break(Refuses) }

func (l *Line) state() Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fault
}

// hold remembers a connection that Break may have to end; it tells whether it may be used.
func (l *Line) hold(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[c] = true
	return l.fault == Whole || l.fault == Hangs
}

func (l *Line) let(c net.Conn) {
	_ = c.Close()
	l.mu.Lock()
	delete(l.open, c)
	l.mu.Unlock()
}

func (l *Line) carry(near net.Conn) {
	defer l.let(near)
	if !l.hold(near) {
		return
	}
	far, err := net.Dial("tcp", l.target)
	if err != nil {
		return
	}
	defer l.let(far)
	if !l.hold(far) {
		return
	}
	p := &Passage{}
	go func() {
		l.pump(p, far, near, l.ToServer)
		_ = far.Close()
	}()
	l.pump(p, near, far, func(p *Passage, b []byte) ([]byte, bool) {
		p.FromServer += int64(len(b))
		if l.FromServer == nil {
			return b, true
		}
		return l.FromServer(p, b)
	})
}

// pump hands on what from sends, until its end or until pass says no. While the line hangs not even an end is told.
func (l *Line) pump(p *Passage, to, from net.Conn, pass func(*Passage, []byte) ([]byte, bool)) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		hangs := l.state() == Hangs
		if n > 0 && !hangs {
			out, goes := buffer[:n], true
			if pass != nil {
				out, goes = pass(p, out)
			}
			if !goes {
				return
			}
			if _, err := to.Write(out); err != nil {
				return
			}
		}
		if err != nil {
			for l.state() == Hangs {
				time.Sleep(10 * time.Millisecond)
			}
			return
		}
	}
}
