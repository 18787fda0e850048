package demo

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"relance/domain/casefile"
	"relance/letters/texts"
	"relance/local/devstack"
	"relance/local/run"
	"relance/office/desk"
	"relance/proof/seal"
)

// Options are how the demonstration runs.
type Options struct {
	Data       string
	UsualPorts bool
	Day        time.Duration // how long a legal day lasts
	Manual     bool          // decisions are left to the person at the keyboard
	Exit       bool          // end when every sample has ended
	Samples    []Sample
	Results    io.Writer // a line of JSON a case, where Exit is set
	Screen     io.Writer // for the person
	Terminal   bool      // the screen can be redrawn
	Log        *slog.Logger

	// Inspect looks at everything while it still runs, once every sample has ended (with Exit).
	Inspect func(context.Context, *run.Local) error

	// StoreUser makes the engine's user of the object store, as local.Options says.
	StoreUser func(context.Context, *devstack.Stack) (accessKey, secretKey string, err error)
}

// ErrUnexpected is returned where a case did not end as it should.
var ErrUnexpected = errors.New("a case did not end as it should")

// Demo is a running demonstration.
type Demo struct {
	Options
	local   *run.Local
	desk    *desk.Desk
	signers map[string]*seal.Sealer // certificates of samples, by account
}

// Run starts everything, sends the samples through and shows how they fare. It ends when ctx does or, with Exit, when
// every sample has come to its end.
func Run(ctx context.Context, o Options) (err error) {
	var accounts []string
	for _, s := range o.Samples {
		accounts = append(accounts, s.Account)
	}
	believed, signing, err := signers(o.Data, o.Samples)
	if err != nil {
		return err
	}
	l, err := run.Start(ctx, run.Options{Data: o.Data, UsualPorts: o.UsualPorts, Day: o.Day, Applicants: accounts, Signers: believed, Progress: o.Screen, Log: o.Log,
		StoreUser: o.StoreUser})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	d := &Demo{Options: o, local: l, signers: signing, desk: &desk.Desk{Temporal: l.Engine.Temporal, Archive: l.Engine.Archive, Clock: l.Engine.Config.Clock()}}
	l.Run(ctx)
	return d.play(ctx)
}

// play lets the applicants and the officer act, and watches.
func (d *Demo) play(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	failures := make(chan error, len(d.Samples)+1)
	d.askHere()
	for _, s := range d.Samples {
		a, err := newApplicant(d.local.Imap(s.Account), d.local.Smtp(s.Account), s, d.local.Engine.Addresses().Scheme(cmp.Or(s.Scheme, "rebond")))
		if err != nil {
			return err
		}
		a.signer = d.signers[s.Account]
		running.Go(func() {
			if err := a.run(ctx); err != nil && ctx.Err() == nil {
				failures <- err
			}
		})
	}
	if !d.Manual {
		o := officer{desk: d.desk, samples: d.Samples}
		running.Go(func() { o.run(ctx) })
	}
	d.signposts()
	return d.watch(ctx, failures)
}

// askHere lets the third parties of every scheme be asked at an address of this machine.
func (d *Demo) askHere() {
	for _, sch := range d.local.Engine.Catalogue.All() {
		for _, v := range sch.Versions {
			for i := range v.Review.Opinions {
				v.Review.Opinions[i].Email = expertAccount + "@localhost"
			}
		}
	}
}

// watch shows how the cases fare until all have ended.
func (d *Demo) watch(ctx context.Context, failures <-chan error) error {
	t := table{screen: d.Screen, terminal: d.Terminal, labels: &texts.French().Labels, clock: d.local.Engine.Config.Clock()}
	for {
		cases, err := d.cases(ctx)
		if err == nil {
			t.draw(d.Samples, cases)
		}
		if d.Exit && err == nil && d.ended(cases) {
			if d.Inspect != nil {
				if err := d.Inspect(ctx, d.local); err != nil {
					return err
				}
			}
			return d.report(cases)
		}
		select {
		case <-ctx.Done():
			if d.Exit {
				return errors.Join(ctx.Err(), d.report(cases))
			}
			return nil
		case err := <-failures:
			return err
		case err := <-d.local.Failed():
			return err
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// cases is every case with the account it belongs to.
func (d *Demo) cases(ctx context.Context) (map[string][]casefile.State, error) {
	lines, err := d.desk.List(ctx, desk.Filter{})
	if err != nil {
		return nil, err
	}
	found := map[string][]casefile.State{}
	for _, line := range lines {
		s, err := d.desk.State(ctx, line.Reference)
		if err != nil {
			return nil, err
		}
		f, err := d.desk.Facts(ctx, s)
		if err != nil {
			return nil, err
		}
		account, _, _ := cutAt(f.Applicant.Email)
		found[account] = append(found[account], s)
	}
	return found, nil
}

// ended tells whether every sample has a case and every case has come to its end.
func (d *Demo) ended(cases map[string][]casefile.State) bool {
	for _, s := range d.Samples {
		if s.Expert {
			continue
		}
		if len(cases[s.Account]) == 0 {
			return false
		}
		for _, c := range cases[s.Account] {
			if !c.Stage.Final() {
				return false
			}
		}
	}
	return true
}

// Result is how one case ended, for programs.
type Result struct {
	Reference string         `json:"reference"`
	Scheme    string         `json:"scheme"`
	Stage     casefile.Stage `json:"stage"`
	Amount    int64          `json:"amount"` // cents granted
	MailsIn   int            `json:"mails_in"`
	MailsOut  int            `json:"mails_out"`
	Documents int            `json:"documents"`
}

// report prints a line of JSON a case, and tells whether each ended as its sample has to.
func (d *Demo) report(cases map[string][]casefile.State) error {
	lines := json.NewEncoder(d.Results)
	var problems []error
	for _, s := range d.Samples {
		for _, c := range cases[s.Account] {
			r := Result{Reference: c.Reference, Scheme: c.Scheme, Stage: c.Stage, MailsIn: c.MailsIn, MailsOut: c.MailsOut, Documents: len(c.Documents)}
			if c.Decision != nil {
				r.Amount = c.Decision.Amount
			}
			if err := lines.Encode(r); err != nil {
				return err
			}
			if r.Stage != s.End || r.Amount != s.Cents {
				problems = append(problems, fmt.Errorf("%w: %s (%s) is %s with %d cents, not %s with %d", ErrUnexpected, r.Reference, s.Account, r.Stage, r.Amount, s.End, s.Cents))
			}
		}
		if n := len(cases[s.Account]); n != 1 && !s.Expert {
			problems = append(problems, fmt.Errorf("%w: %s has %d cases", ErrUnexpected, s.Account, n))
		}
	}
	return errors.Join(problems...)
}
