// Package reader looks into strangers' files in processes of their own: a file that takes all memory, turns for ever or breaks its parser takes down
// a process that holds nothing else, and the mail it came with goes on without it. The processes are this very program, started again; they
// read files from a pipe one after the other, may open, connect and start nothing, and are replaced before long.
package reader

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"relance/intake/papers"
	"relance/mail/message"
)

// What one file may take, and what one mail may.
const (
	Memory     = 448 << 20        // bytes of a reader process
	Processor  = 8 * time.Second  // of a file, for a look into it
	OfCopy     = 15 * time.Second // of a copy of a charter, whose pages are searched for their mark one by one
	Still      = 30 * time.Second // without any work of the processor, which a machine gives to each process in that time
	MaxFiles   = 200              // that a process reads before it is replaced
	grown      = 192 << 20        // bytes that it keeps between files, and is replaced
	killsAMail = 3                // files of one mail that end their reader; what comes behind them is not opened
	timeAMail  = 45 * time.Second // of processor for the files of one mail
	mostWait   = 256              // files that wait for a reader; the next is told to come again
)

// Strikes remember which files have killed their reader, for all processes.
type Strikes interface {
	Struck(ctx context.Context, sha256 string) (times int, err error)
	Strike(ctx context.Context, sha256 string) error
}

// enough is after how many dead readers a file is not opened again.
const enough = 2

// Options are what a pool works with.
type Options struct {
	Size    int              // readers at once; 0: as many as processors, four at most
	Look    time.Duration    // of processor for a look into a file; 0: Processor. Tests have no patience.
	Copy    time.Duration    // 0: OfCopy
	Still   time.Duration    // 0: Still
	Strikes Strikes          // nil: a file is forgotten with its mail
	Log     *slog.Logger     // nil: the default one
	Ended   func(why string) // nil: nobody counts the readers that a file has ended
}

// Pool is some reader processes. They are started when there is a file to read.
type Pool struct {
	Options
	free    chan *process // a nil one is still to be started
	waiting atomic.Int64
	told    sync.Once
}

// ErrBusy is returned where too many files wait: the mail is to be read again later.
var ErrBusy = errors.New("too many files wait for a reader")

// New makes a pool, and hides the memory of this process from others of the same user, the readers among them.
func New(o Options) *Pool {
	if o.Size <= 0 {
		o.Size = min(runtime.GOMAXPROCS(0), 4)
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if err := hide(); err != nil {
		o.Log.Warn("the memory of this process cannot be hidden from its readers", "error", err)
	}
	p := &Pool{Options: o, free: make(chan *process, o.Size)}
	for range o.Size {
		p.free <- nil
	}
	return p
}

// Close ends the readers; files that are being read are waited for.
func (p *Pool) Close() {
	for range p.Size {
		if r := <-p.free; r != nil {
			r.end()
		}
	}
}

// For looks into the files of one mail.
func (p *Pool) For(ctx context.Context) papers.Reader {
	return &sitting{Pool: p, ctx: ctx, unread: map[string]bool{}}
}

// take waits for a reader; fresh is one that has read nothing yet.
func (p *Pool) take(ctx context.Context, fresh bool) (*process, error) {
	if p.waiting.Add(1) > mostWait {
		p.waiting.Add(-1)
		return nil, ErrBusy
	}
	defer p.waiting.Add(-1)
	var r *process
	select {
	case r = <-p.free:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if r != nil && fresh && r.files > 0 {
		r.end()
		r = nil
	}
	if r != nil {
		return r, nil
	}
	r, err := start(ctx)
	if err != nil {
		p.free <- nil
		return nil, fmt.Errorf("reader process: %w", err)
	}
	p.told.Do(func() { p.Log.Info("reader processes", "at_once", p.Size, "confined_by", r.confined) })
	return r, nil
}

// give gives a reader back, or ends it where it is worn out.
func (p *Pool) give(r *process) {
	if r.dead || r.files >= MaxFiles || memoryOf(r.cmd.Process.Pid) > grown {
		r.end()
		r = nil
	}
	p.free <- r
}

// sitting looks into the files of one mail.
type sitting struct {
	*Pool
	ctx    context.Context
	unread map[string]bool // by SHA-256
	kills  int
	took   time.Duration // of processor
}

// Look looks into a file.
func (s *sitting) Look(q papers.Request, content, original []byte) (papers.Findings, error) {
	limit := cmp.Or(s.Options.Look, Processor)
	if q.Copy != nil || q.Marks {
		limit = cmp.Or(s.Copy, OfCopy)
	}
	a, err := s.read(job{sum: sumOf(content), limits: limits{limit, s.still()}, request: request{Look: &q},
		bodies: func() []body { return []body{bytesBody(content), bytesBody(original)} }})
	if err != nil || a == nil {
		return papers.Unread, err
	}
	return a.Findings, nil
}

// Open opens a file that holds others.
func (s *sitting) Open(file message.Packed, left message.Limits) (message.Opened, error) {
	a, err := s.read(job{sum: file.SHA256, limits: limits{cmp.Or(s.Options.Look, Processor), s.still()}, request: request{Open: &opening{file, left}}, most: left.Unpacked + file.Size + 1<<20,
		bodies: func() []body { return []body{{file.Size, file.Content()}} }})
	if err != nil || a == nil {
		return message.Opened{Closed: message.Unread, Left: left}, err
	}
	return a.Opened, nil
}

func (s *sitting) still() time.Duration { return cmp.Or(s.Options.Still, Still) }

// job is one look into one file.
type job struct {
	sum     string
	limits  limits
	most    int64 // bytes that may come out of the file
	request request
	bodies  func() []body
}

// read has a file read. It gives nil for a file that nobody can read, or may read any more.
func (s *sitting) read(j job) (*answer, error) {
	if s.unread[j.sum] || s.kills >= killsAMail || s.took >= timeAMail {
		return nil, nil
	}
	if s.Strikes != nil {
		times, err := s.Strikes.Struck(s.ctx, j.sum)
		if err != nil {
			return nil, err
		}
		if times >= enough {
			s.unread[j.sum] = true
			return nil, nil
		}
	}
	a, end, err := s.once(j, false)
	if end != nil && !end.certain() {
		a, end, err = s.once(j, true)
	}
	if end == nil {
		return a, err
	}
	return nil, errors.Join(err, s.blame(j, end))
}

// blame notes that a file has ended its reader.
func (s *sitting) blame(j job, end *ending) error {
	s.unread[j.sum] = true
	s.kills++
	s.Log.Warn("a file has ended its reader", "why", end.why, "sha256", j.sum)
	if s.Ended != nil {
		s.Ended(end.why)
	}
	if s.Strikes == nil {
		return nil
	}
	return s.Strikes.Strike(context.WithoutCancel(s.ctx), j.sum)
}

// once has a file read by one reader.
func (s *sitting) once(j job, fresh bool) (*answer, *ending, error) {
	r, err := s.take(s.ctx, fresh)
	if err != nil {
		return nil, nil, err
	}
	defer s.give(r)
	a, end, err := r.read(s.ctx, j)
	s.took += r.took
	return a, end, err
}

// body is what follows a request on the pipe.
type body struct {
	size int64
	from io.Reader
}
