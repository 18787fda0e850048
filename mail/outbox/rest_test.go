package outbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"relance/local/devstack"
	"relance/local/postoffice"
	"relance/observe/health"
)

// through is a sender behind a line to a real mail server.
func through(t *testing.T, timeout time.Duration) (*Sender, *devstack.Line, *postoffice.Office, *health.Recorder) {
	t.Helper()
	office, err := postoffice.Open("aides", "banc")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = office.Close() })
	line, err := devstack.NewLine(office.SMTPAddress)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = line.Close() })
	watch := health.New("worker", nil, nil)
	s, err := New(Config{Address: line.Address, Username: "aides@localhost", Password: postoffice.Password, TLS: Plain, Timeout: timeout, Observer: watch})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, line, office, watch
}

func (s *Sender) sendOne() error {
	_, err := s.Send(context.Background(), "aides@localhost", []string{"banc@localhost"}, []byte("Subject: x\r\n\r\nx\r\n"))
	return err
}

// A server that refuses, hangs or cuts is tried by one of many for all; the others are told why at once. It is tried again soon, and then all go.
func TestManyMailsAndAServerThatIsAway(t *testing.T) {
	for fault, want := range map[devstack.Fault]health.Reason{devstack.Refuses: health.Refused, devstack.Hangs: health.Timeout, devstack.Cuts: health.Cut} {
		t.Run(string(want), func(t *testing.T) {
			t.Parallel()
			const many, patience = 20, 300 * time.Millisecond
			s, line, _, watch := through(t, patience)
			if err := s.sendOne(); err != nil {
				t.Fatal(err)
			}
			if err := line.Break(fault); err != nil {
				t.Fatal(err)
			}
			for range 2 { // an outage
				if err := s.sendOne(); err == nil || !Temporary(err) {
					t.Error(err)
				}
			}
			before, began := line.Opened(), time.Now()
			var all sync.WaitGroup
			for range many {
				all.Go(func() {
					for range 10 {
						err := s.sendOne()
						var f *health.Failure
						if !errors.As(err, &f) || f.Of != health.SMTP || f.Reason != want || !Temporary(err) {
							t.Errorf("%v, not %s", err, want)
						}
					}
				})
			}
			all.Wait()
			if n := line.Opened() - before; n > 1 || time.Since(began) > 5*time.Second {
				t.Errorf("%d connections in %v", n, time.Since(began))
			}
			if d := watch.Report().Dependencies; len(d) != 1 || d[0].Standing != health.Away || d[0].Reason != want {
				t.Errorf("%+v", d)
			}
			if err := line.Break(devstack.Whole); err != nil {
				t.Fatal(err)
			}
			for end := time.Now().Add(lastRest); s.sendOne() != nil; time.Sleep(50 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatal("it is back, and not tried")
				}
			}
			for range many {
				if err := s.sendOne(); err != nil {
					t.Error(err)
				}
			}
			if d := watch.Report().Dependencies; d[0].Standing != health.Up {
				t.Errorf("%+v", d)
			}
		})
	}
}

// A mail that is put off for its recipient holds up no other; a server that puts all off is left alone, and none of its words is an address.
func TestWhoIsPutOff(t *testing.T) {
	s, _, office, watch := through(t, time.Second)
	for i, c := range []struct {
		code     int
		enhanced [3]int
		whole    bool
	}{{450, [3]int{4, 2, 2}, false}, {451, [3]int{4, 7, 1}, false}, {450, [3]int{}, false}, {421, [3]int{4, 3, 2}, true}, {451, [3]int{4, 3, 0}, true}, {452, [3]int{4, 3, 1}, true}, {451, [3]int{4, 4, 5}, true}} {
		const tries = 5
		s.rest = rest{}
		office.Trouble("aides", postoffice.Trouble{Code: c.code, Enhanced: c.enhanced, Text: "not now <jeanne@boulangerie.example>: jeanne@boulangerie.example"})
		for range tries {
			err := s.sendOne()
			if err == nil || !Temporary(err) || strings.Contains(err.Error(), "boulangerie") || !strings.Contains(err.Error(), fmt.Sprint(c.code)) {
				t.Errorf("%d: %v", c.code, err)
			}
			if _, outage := health.Outage(err); outage != c.whole {
				t.Errorf("%d %v: an outage: %v", c.code, c.enhanced, outage)
			}
		}
		want := tries
		if c.whole {
			want = 2
		}
		if n := office.Refused("aides"); n != want {
			t.Errorf("%d %v: tried %d times, want %d", c.code, c.enhanced, n, want)
		}
		office.Trouble("aides", postoffice.Trouble{})
		s.rest = rest{}
		if err := s.sendOne(); err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	if d := watch.Report().Dependencies; d[0].Standing != health.Up {
		t.Errorf("%+v", d)
	}
}

// The rests grow to their limit and no further, and no clock is looked at but by its length.
func TestRests(t *testing.T) {
	var r rest
	now := time.Now()
	fail := func(reason health.Reason) time.Duration {
		if err := r.enter(now); err != nil {
			t.Fatal(err)
		}
		r.leave(now, &health.Failure{Of: health.SMTP, Reason: reason, Err: errors.New("x")})
		wait := r.until.Sub(now)
		if r.enter(now) == nil && wait > 0 {
			t.Error("it is tried while it rests")
		}
		now = now.Add(max(wait, 0))
		return wait
	}
	for i, want := range []time.Duration{0, 1, 2, 4, 8, 15, 15} {
		if got := fail(health.Refused); got != want*time.Second {
			t.Errorf("rest %d lasts %v, want %v", i, got, want*time.Second)
		}
	}
	for _, want := range []time.Duration{30, 60, 60} {
		if got := fail(health.Login); got != want*time.Second {
			t.Errorf("%v, want %v", got, want*time.Second)
		}
	}
	if err := r.enter(now); err != nil {
		t.Error(err)
	}
	if err := r.enter(now); err == nil {
		t.Error("two try at once")
	}
	r.leave(now, context.Canceled)
	if err := r.enter(now); err != nil {
		t.Errorf("who tried for all gave up, and nobody may try again: %v", err)
	}
	r.leave(now, nil)
	if err := r.enter(now); err != nil {
		t.Error(err)
	}
}
