package starter_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"relance/domain/casefile"
	"relance/intake/routing"
	"relance/local/expect"
	"relance/starter"
	"relance/store/archive"
)

// listed is a store that tells when its objects were written, as package archive does.
type listed struct{ remote }

func (l listed) List(_ context.Context, prefix string) (list []archive.Object, err error) {
	err = l.pass("list "+prefix, func() error {
		for _, key := range l.names(prefix) {
			o, err := l.get(key)
			if err != nil {
				return err
			}
			list = append(list, archive.Object{Key: key, Size: int64(len(o.content)), Modified: o.written})
		}
		return nil
	})
	return list, err
}

// TestACaseTakesOnlySoMuchMailADay: of what nothing proves twenty a day, of machines as many, of what is proven two hundred; what is beyond waits in the
// officers' queue, and the next day the case takes mail again.
func TestACaseTakesOnlySoMuchMailADay(t *testing.T) {
	for name, c := range map[string]struct {
		mail func(n int) string
		most int
	}{
		"nothing proves it": {func(n int) string { return doubtful(written(jeanne, addresses.Case(other), fmt.Sprint("mail ", n))) }, 20},
		"a stranger's": {func(n int) string {
			return doubtful(written("x@y.example", addresses.Case(other), fmt.Sprint("mail ", n)))
		}, 20},
		"of machines": {func(n int) string {
			return doubtful(written(jeanne, addresses.Case(other), fmt.Sprint("mail ", n), "Auto-Submitted: auto-replied"))
		}, 20},
		"proven": {func(n int) string { return written(jeanne, addresses.Case(other), fmt.Sprint("mail ", n)) }, 200},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.has(other)
				s := w.starter(&wire{})
				s.Archive = listed{remote{w.store, &wire{}}}
				take := func(n int) {
					to, err := s.Handle(t.Context(), w.inbox.add(c.mail(n)))
					expect.NoError(t, "handling", err)
					if n < c.most != (to == processed) {
						t.Errorf("mail %d went to %s", n, to)
					}
				}
				for n := range c.most + 30 {
					take(n)
				}
				list, err := s.Asides(t.Context(), starter.Unassigned, false)
				expect.NoError(t, "listing", err)
				expect.Equal(t, "in the queue", len(list), 30)
				expect.Equal(t, "reason", list[0].Why(), routing.TooMany)
				expect.Equal(t, "with the case", len(w.store.names(casefile.Folder(other)+"mail/in/")), c.most)
				again := w.inbox.add(c.mail(0))
				to, err := s.Handle(t.Context(), again)
				expect.NoError(t, "a mail that the case has", err)
				expect.Equal(t, "a mail that the case has", to, processed)
				time.Sleep(25 * time.Hour)
				for n := range 5 {
					to, err := s.Handle(t.Context(), w.inbox.add(c.mail(1000+n)))
					expect.NoError(t, "the next day", err)
					expect.Equal(t, "the next day", to, processed)
				}
			})
		})
	}
}
