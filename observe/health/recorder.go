// Package health remembers how everything does that a process needs: since when a server is away, why, and what whoever keeps it has to do. It is
// told by those who work with the servers, asks itself only where nobody has for a while, and says each outage in the log when it begins, seldom
// while it lasts, and when it is over.
package health

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

const (
	// confirmed is how many failures in a row are an outage. A connection that breaks and comes back is none.
	confirmed = 2
	// remind is how often an outage that lasts is told in the log.
	remind = time.Hour
	// settle is how soon after an outage another one of the same dependency is told in the log: one that comes and goes must not fill it.
	settle = 5 * time.Minute
	// stale is after how long a reason that only work can disprove gives way to a server that answers: there may be no work left.
	stale = 15 * time.Minute

	look     = time.Second      // how often a watch looks whether there is something to ask
	again    = 5 * time.Second  // after how long what failed once is asked again
	patience = 10 * time.Second // for the answer
)

// Need is one thing that a process needs.
type Need struct {
	Of      Dependency
	Address string // host:port, or empty
	Vital   bool   // nothing can be done without it
}

// Recorder remembers. Its methods may be called on nil, and then do nothing. It is safe for concurrent use.
type Recorder struct {
	process string
	log     *slog.Logger
	now     func() time.Time
	began   time.Time

	mu    sync.Mutex
	ready bool
	parts []*part // in the order of the needs
}

// part is one dependency.
type part struct {
	Need
	failures  int             // in a row
	since     time.Time       // of the first of them
	tried     time.Time       // when it was last heard of, well or not
	succeeded time.Time       // when it last did what it should
	failure   *Failure        // the last
	told      time.Time       // when the log last told of the outage that lasts; zero: it has not
	why       map[Reason]bool // as it was told
	over      time.Time       // when the last outage that was told ended
}

// New makes the memory of a process, which is starting. A nil log is the usual one, a nil now the real time.
func New(process string, log *slog.Logger, now func() time.Time, needs ...Need) *Recorder {
	if log == nil {
		log = slog.Default()
	}
	if now == nil {
		now = time.Now
	}
	r := &Recorder{process: process, log: log, now: now, began: now()}
	for _, n := range needs {
		r.parts = append(r.parts, &part{Need: n})
	}
	return r
}

// Ready says that the process has started.
func (r *Recorder) Ready() {
	if r == nil {
		return
	}
	r.mu.Lock()
	r.ready = true
	r.mu.Unlock()
}

func (r *Recorder) part(of Dependency) *part {
	i := slices.IndexFunc(r.parts, func(p *part) bool { return p.Of == of })
	if i < 0 {
		r.parts = append(r.parts, &part{Need: Need{Of: of}})
		i = len(r.parts) - 1
	}
	return r.parts[i]
}

// Succeeded says that a dependency did what it should.
func (r *Recorder) Succeeded(of Dependency) { r.well(of, true) }

// Answered says that a dependency answers. It may still not do what it should: a full store answers too.
func (r *Recorder) Answered(of Dependency) { r.well(of, false) }

func (r *Recorder) well(of Dependency, work bool) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p, now := r.part(of), r.now()
	if p.failures > 0 && !work && !p.failure.Reason.reach() && now.Sub(p.tried) < stale {
		return
	}
	p.tried, p.succeeded = now, now
	if !p.told.IsZero() {
		r.log.Warn("outage over", "dependency", string(of), "lasted", now.Sub(p.since).Round(time.Second).String(), "failures", p.failures)
		p.over = now
	}
	p.failures, p.told, p.since = 0, time.Time{}, time.Time{}
}

// Failed says that a dependency did not do what it should. An error that is no dependency's, or about one mail alone, is ignored.
func (r *Recorder) Failed(err error) {
	f, outage := Outage(err)
	if r == nil || !outage {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p, now := r.part(f.Of), r.now()
	if p.failures == 0 {
		p.since = now
	}
	p.failures++
	p.tried, p.failure = now, f
	if p.failures < confirmed {
		return
	}
	says := slog.String("says", f.Sentence(p.Address))
	if p.told.IsZero() && (p.over.IsZero() || now.Sub(p.over) > settle) {
		p.why = map[Reason]bool{}
	}
	switch {
	case !p.why[f.Reason]: // each reason once
		r.log.Warn("outage", "dependency", string(f.Of), "reason", string(f.Reason), says, "error", f.Err.Error())
	case !p.told.IsZero() && now.Sub(p.told) > remind:
		r.log.Warn("outage lasts", "dependency", string(f.Of), "reason", string(f.Reason), says, "since", p.since.UTC().Format(time.RFC3339), "failures", p.failures)
	default:
		return
	}
	p.told, p.why[f.Reason] = now, true
}

// Told says what came of working with a dependency.
func (r *Recorder) Told(of Dependency, err error) {
	if err == nil {
		r.Succeeded(of)
		return
	}
	r.Failed(Fail(of, err))
}

// due tells whether a dependency is to be asked: nobody has heard of it for too long. Where it failed once it is asked soon, to know whether that is
// an outage.
func (r *Recorder) due(p Probe, asked time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	state, wait := r.part(p.Of), p.Idle
	switch {
	case state.failures >= confirmed:
		wait = p.Away
	case state.failures > 0:
		wait = min(p.Away, again)
	}
	now := r.now()
	return wait > 0 && now.Sub(state.tried) >= wait && now.Sub(asked) >= wait
}

// Probe asks one dependency how it does, where nobody has worked with it for a while.
type Probe struct {
	Of         Dependency
	Ask        func(context.Context) error
	Idle, Away time.Duration // after how long without news it is asked, while it is well and while it is away; zero: it is not
}

// Watch asks, until ctx ends. A dependency that is worked with is never asked.
func (r *Recorder) Watch(ctx context.Context, probes ...Probe) {
	var all sync.WaitGroup
	for _, p := range probes {
		all.Go(func() { r.watch(ctx, p) })
	}
	all.Wait()
}

func (r *Recorder) watch(ctx context.Context, p Probe) {
	tick := time.NewTicker(look)
	defer tick.Stop()
	var asked time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !r.due(p, asked) {
			continue
		}
		asked = r.now()
		try, cancel := context.WithTimeout(ctx, patience)
		err := p.Ask(try)
		cancel()
		switch {
		case ctx.Err() != nil:
		case err == nil:
			r.Answered(p.Of)
		default:
			r.Failed(Fail(p.Of, err))
		}
	}
}
