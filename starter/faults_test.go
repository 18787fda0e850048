package starter_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.temporal.io/api/serviceerror"

	"relance/local/chance"
	"relance/local/expect"
	"relance/mail/mailbox"
	"relance/observe/health"
)

// plays prepares the world of a story, lets its mail come and does what the test says; it gives what can be seen then.
func (s story) plays(t *testing.T, does func(w *world)) (seen sight) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		raw := s.mail(w)
		w.forgets()
		time.Sleep(time.Hour)
		w.inbox.add(raw)
		does(w)
		for _, wrong := range w.temporal.wrong {
			t.Error(wrong)
		}
		seen = w.sees()
	})
	return seen
}

// quiet plays a story with servers that work: what can be seen at the end, and the requests it takes.
func (s story) quiet(t *testing.T) (end sight, requests []string) {
	t.Helper()
	through := &wire{}
	end = s.plays(t, func(w *world) { w.empties(through) })
	return end, through.passed
}

// down are errors as the packages in between give them, where no other mail could be taken either.
func down(request string) error {
	switch {
	case isTemporals(request):
		return serviceerror.NewUnavailable("connection refused")
	case isMailboxs(request):
		return errors.New("connection reset")
	}
	return &health.Failure{Of: health.Archive, Reason: health.Unreachable, Err: errors.New("connection refused")}
}

func isTemporals(request string) bool {
	verb, _, _ := strings.Cut(request, " ")
	return verb == "describe" || verb == "signal" || verb == "start"
}

func isMailboxs(request string) bool { return strings.HasPrefix(request, "move") }

// TestOneRequestFails: whichever request fails, and whether or not the server did what it was asked, the mail is
// taken to its place in the end, and the same things are there as if nothing had failed. Where a server is down no
// other mail is asked for.
func TestOneRequestFails(t *testing.T) {
	for _, s := range stories() {
		end, requests := s.quiet(t)
		for number, request := range requests {
			for _, lost := range []error{down(request), errors.New("this one alone is refused")} {
				for _, after := range []bool{false, true} {
					name := fmt.Sprintf("%s: %v at %d, %s, served %v", s.name, lost, number, request, after)
					var said []error
					seen := s.plays(t, func(w *world) {
						said = w.empties(&wire{broken: func(n int) (error, bool) {
							if n == number {
								return lost, after
							}
							return nil, false
						}})
					})
					expect.Equal(t, name, seen, end)
					if expect.True(t, name+": the error is handed on", len(said) > 0 && errors.Is(said[0], lost)) &&
						!isMailboxs(request) {
						_, outage := health.Outage(lost)
						expect.Equal(t, name+": all mails wait", errors.Is(said[0], mailbox.ErrHold), outage)
					}
				}
			}
		}
	}
}

// TestAServerIsDown for a minute, from any request on.
func TestAServerIsDown(t *testing.T) {
	for _, s := range stories() {
		end, requests := s.quiet(t)
		for number, first := range requests {
			seen := s.plays(t, func(w *world) {
				var since time.Time
				through := &wire{}
				through.broken = func(n int) (error, bool) {
					request := through.passed[n]
					if n == number {
						since = time.Now()
					}
					same := isTemporals(request) == isTemporals(first) && isMailboxs(request) == isMailboxs(first)
					if n < number || !same || time.Since(since) > time.Minute {
						return nil, false
					}
					return down(request), false
				}
				w.empties(through)
			})
			expect.Equal(t, fmt.Sprintf("%s: down from %d on, %s", s.name, number, first), seen, end)
		}
	}
}

// TestAStarterDies at any request, which the server may have received. Another process takes the mail up.
func TestAStarterDies(t *testing.T) {
	for _, s := range stories() {
		end, requests := s.quiet(t)
		for number, request := range requests {
			for _, after := range []bool{false, true} {
				seen := s.plays(t, func(w *world) {
					ctx, die := context.WithCancel(w.t.Context())
					defer die()
					dying := w.starter(&wire{broken: func(n int) (error, bool) {
						if n < number {
							return nil, false
						}
						die()
						return context.Canceled, after && n == number
					}})
					if err := dying.Run(ctx); !errors.Is(err, context.Canceled) && !errors.Is(err, errStopped) {
						t.Error(err)
					}
					if len(w.inbox.list()) > 0 {
						w.empties(&wire{})
					}
				})
				expect.Equal(
					t,
					fmt.Sprintf("%s: dies at %d, %s, served %v", s.name, number, request, after),
					seen,
					end,
				)
			}
		}
	}
}

// TestAStarterIsHeldUp at any request, for less and for more than a rival waits, while another one watches the same
// inbox.
func TestAStarterIsHeldUp(t *testing.T) {
	for _, s := range stories() {
		end, requests := s.quiet(t)
		for number, request := range requests {
			for _, long := range []time.Duration{2 * time.Second, time.Minute} {
				seen := s.plays(t, func(w *world) {
					reached := make(chan struct{})
					var slow sync.WaitGroup
					slow.Go(func() {
						w.empties(&wire{before: func(n int) {
							if n == number {
								close(reached)
								time.Sleep(long)
							}
						}})
					})
					<-reached
					w.empties(&wire{})
					slow.Wait()
				})
				expect.Equal(t, fmt.Sprintf("%s: waits %v at %d, %s", s.name, long, number, request), seen, end)
			}
		}
	}
}

// TestAMailIsLeftToTheStarterThatStoredIt, which takes it to its case next: its case is told once. Where that starter
// stays away too long another one takes the mail up.
func TestAMailIsLeftToTheStarterThatStoredIt(t *testing.T) {
	for long, want := range map[time.Duration]int{2 * time.Second: 1, time.Minute: 2} {
		toCases[0].plays(t, func(w *world) {
			reached := make(chan struct{})
			var slow sync.WaitGroup
			slow.Go(func() {
				through := &wire{}
				through.before = func(n int) {
					if through.passed[n] == "start "+reference(first) {
						close(reached)
						time.Sleep(long)
					}
				}
				w.empties(through)
			})
			<-reached
			said := w.empties(&wire{})
			slow.Wait()
			signals := len(w.temporal.runs[reference(first)].mails)
			expect.Equal(t, fmt.Sprint("signals, held up for ", long), signals, want)
			for _, err := range said {
				expect.Error(t, "the other starter", err, mailbox.ErrTaken)
				expect.False(t, "all mails wait", errors.Is(err, mailbox.ErrHold))
			}
		})
	}
}

// TestManyStartersAndManyMails: four processes, each as fast and as unlucky as chance will have it, take forty mails
// to their places.
func TestManyStartersAndManyMails(t *testing.T) {
	s := story{name: "many", mail: func(w *world) string { w.router.ADay = 100; return first }}
	for n := range 39 {
		before := s.mail
		s.mail = func(w *world) string {
			raw := before(w)
			w.inbox.add(
				written(
					fmt.Sprintf("salon%d@x.example", n%13),
					addresses.Scheme("rebond"),
					fmt.Sprint("demande ", n),
				),
			)
			return raw
		}
	}
	end, _ := s.quiet(t)
	for seed := range uint64(20) {
		seen := s.plays(t, func(w *world) {
			var all sync.WaitGroup
			for one := range uint64(4) {
				chance := chance.New(t, seed<<8|one)
				var mu sync.Mutex
				through := &wire{
					before: func(int) {
						mu.Lock()
						defer mu.Unlock()
						time.Sleep(time.Duration(chance.ExpFloat64() * float64(10*time.Millisecond)))
					},
				}
				through.broken = func(n int) (error, bool) {
					if chance.IntN(20) > 0 {
						return nil, false
					}
					return down(through.passed[n]), chance.IntN(2) > 0
				}
				all.Go(func() { w.empties(through) })
			}
			all.Wait()
		})
		expect.Equal(t, fmt.Sprint("seed ", seed), seen, end)
	}
}
