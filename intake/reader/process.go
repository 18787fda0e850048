package reader

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// process is one reader process.
type process struct {
	cmd      *exec.Cmd
	in       io.WriteCloser
	out      io.ReadCloser
	last     *lastWords
	confined string
	files    int // that it has read
	dead     bool
	took     time.Duration // of processor, for the last file
}

// ending is how a reader came to its end over a file.
type ending struct {
	why string // processor, clock, memory, answer, crash, signal
	new bool   // the file was its first
}

// certain tells whether the file has ended the reader, and not what it read before, or the machine.
func (e *ending) certain() bool {
	return e.why == byProcessor || e.why == byAnswer || e.why == byDeadline || e.new && e.why != byClock && e.why != bySignal
}

// How a reader comes to its end.
const (
	byProcessor = "processor" // it took more time than a file may
	byClock     = "clock"     // it did nothing, and did not answer
	byMemory    = "memory"
	byAnswer    = "answer" // it said more than there can be to say
	byCrash     = "crash"
	bySignal    = "signal"   // of somebody else's, such as a kernel that is out of memory
	byDeadline  = "deadline" // the activity that has it read had no more time
)

// long is how much time of the processor makes a file one of those that are to blame for a deadline.
const long = 5 * time.Second

// startTime is how long a reader may take to start.
const startTime = 20 * time.Second

// start starts a reader, and waits until it has confined itself.
func start(ctx context.Context) (*process, error) {
	program, err := itself()
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.Command(program, argument), last: &lastWords{}}
	p.cmd.Env, p.cmd.Dir, p.cmd.Stderr = []string{}, "/", p.last
	alone(p.cmd)
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if p.out, err = p.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	if err := spawn(p.cmd.Start); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	var hello *answer
	if _, err = p.watch(ctx, limits{startTime, startTime}, func() (err error) { hello, err = hear(p.out, 0); return err }); err != nil || hello == nil {
		p.end()
		return nil, fmt.Errorf("it does not start: %s: %w", p.last, errors.Join(err, ctx.Err()))
	}
	p.confined = hello.Confined
	return p, nil
}

// end ends the process with all that it may have started.
func (p *process) end() {
	p.dead = true
	kill(p.cmd)
	p.in.Close()
	p.out.Close()
	_ = p.cmd.Wait() // it was killed
}

// read has a file read.
func (p *process) read(ctx context.Context, j job) (*answer, *ending, error) {
	var a *answer
	why, err := p.watch(ctx, j.limits, func() error {
		wrote := make(chan error, 1)
		go func() { wrote <- ask(p.in, j.request, j.bodies()) }()
		var err error
		if a, err = hear(p.out, j.most); err != nil {
			return err
		}
		return <-wrote
	})
	p.files++
	switch {
	case err == nil && why == "":
		return a, nil, nil
	case ctx.Err() != nil:
		p.end()
		if errors.Is(ctx.Err(), context.DeadlineExceeded) && p.took > long { // else it would be read again and again
			return nil, &ending{why: byDeadline, new: p.files == 1}, ctx.Err()
		}
		return nil, nil, ctx.Err()
	case why == "":
		why = byCrash
		if errors.Is(err, errTooLong) {
			why = byAnswer
		}
	}
	p.end()
	if why == byCrash {
		why = p.last.why(p.cmd.ProcessState)
	}
	return nil, &ending{why: why, new: p.files == 1}, nil
}

// limits are what a file may take of the processor, and how long it may take nothing of it.
type limits struct{ processor, still time.Duration }

// glance is how often a reader at work is looked at.
const glance = 20 * time.Millisecond

// watch does something with the process, and kills it where that takes too long. Why is empty where it did not.
func (p *process) watch(ctx context.Context, most limits, do func() error) (why string, err error) {
	done := make(chan error, 1)
	pid := p.cmd.Process.Pid
	before := processorOf(pid)
	worked, took := time.Now(), time.Duration(0)
	go func() { done <- do() }()
	tick := time.NewTicker(glance)
	defer tick.Stop()
	defer func() { p.took = max(processorOf(pid)-before, 0) }()
	for {
		select {
		case err := <-done:
			return why, err
		case <-ctx.Done():
			kill(p.cmd)
			return "", errors.Join(ctx.Err(), <-done)
		case <-tick.C:
			if now := processorOf(pid) - before; now != took {
				worked, took = time.Now(), now
			}
			switch {
			case why != "":
			case took > most.processor:
				why = byProcessor
				kill(p.cmd)
			case time.Since(worked) > most.still:
				why = byClock
				kill(p.cmd)
			}
		}
	}
}

// lastWords keep the beginning of what a process says of its end. Nobody is shown them: they may repeat what stands in a file.
type lastWords struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lastWords) Write(b []byte) (int, error) {
	const most = 8 << 10
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(b[:min(len(b), most-min(most, l.text.Len()))])
	return len(b), nil
}

// why tells how a process ended that nobody here has killed.
func (l *lastWords) why(state *os.ProcessState) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, words := range []string{"out of memory", "cannot allocate memory", "stack overflow", "goroutine stack exceeds"} {
		if bytes.Contains(l.text.Bytes(), []byte(words)) {
			return byMemory
		}
	}
	if state == nil || !state.Exited() {
		return bySignal
	}
	return byCrash
}

// String is the first line, of a process that has read no file yet.
func (l *lastWords) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	line, _, _ := bytes.Cut(l.text.Bytes(), []byte("\n"))
	return string(line)
}
