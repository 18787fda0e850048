package starter_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"relance/domain/casefile"
	"relance/intake/routing"
	"relance/local/expect"
	"relance/starter"
)

const officer = "agent-07"

// lost is a mail that waits for an officer: nothing in it says where it belongs.
var lost = written(jeanne, "aides@metropole.example", "mon dossier")

// waiting is a world in which the lost mail waits, and a case and a session run.
func waiting(t *testing.T) (w *world, s *starter.Starter, is string) {
	w = newWorld(t)
	w.takes(lost)
	w.has(other)
	w.forgets()
	time.Sleep(time.Hour)
	return w, w.starter(&wire{}), sum([]byte(lost))
}

// TestTheQueueOfOfficers shows what waits, the oldest first, and who put what where.
func TestTheQueueOfOfficers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, is := waiting(t)
		w.takes("")
		w.store.put(starter.Unassigned+"0123456789.eml", []byte("no reason was noted"), true)
		list, err := s.Asides(t.Context(), starter.Unassigned, false)
		expect.NoError(t, "listing", err)
		var seen []string
		for _, a := range list {
			seen = append(seen, fmt.Sprintf("%s %s %s %s %d", a.SHA256[:6], a.Reason, a.From, a.Subject, a.Size))
		}
		expect.Equal(
			t,
			"queue",
			seen,
			[]string{
				"012345    0",
				fmt.Sprint(is[:6], " no_scheme ", jeanne, " mon dossier ", len(lost)),
				"e3b0c4 unreadable   0",
			},
		)

		id, err := s.Assign(t.Context(), is[:8], strings.ToLower(other), officer)
		expect.NoError(t, "assigning", err)
		expect.Equal(t, "case", id, other)
		list, err = s.Asides(t.Context(), starter.Unassigned, false)
		expect.NoError(t, "listing", err)
		expect.Equal(t, "what waits", len(list), 2)
		list, err = s.Asides(t.Context(), starter.Unassigned, true)
		expect.NoError(t, "listing all", err)
		expect.Equal(t, "all", len(list), 3)
		expect.Equal(t, "assignment", list[1].Assigned, &starter.Assignment{Case: other, By: officer, At: time.Now()})
	})
}

// TestAnOfficerAssignsAMail to a case that runs, to one that has ended, or as an application; the case learns who did.
func TestAnOfficerAssignsAMail(t *testing.T) {
	opened := casefile.NewReference("RBD", identityOf(lost))
	for _, c := range []struct {
		name, target, id string
		before           func(w *world)
		vouched          string
		resumed          bool
		scheme           string
	}{
		{name: "to a case", target: other, id: other},
		{name: "to a case that has ended", target: other, id: other, resumed: true,
			before: func(w *world) { w.ends(other, casefile.Folder(other)+"case.json") }},
		{name: "as an application", target: "fonds-rebond", id: opened, vouched: officer, scheme: "fonds-rebond"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, s, is := waiting(t)
				if c.before != nil {
					c.before(w)
				}
				id, err := s.Assign(t.Context(), is, c.target, officer)
				expect.NoError(t, "assigning", err)
				expect.Equal(t, "case", id, c.id)
				r := w.temporal.runs[c.id]
				if r == nil || len(r.mails) != 1 {
					t.Fatalf("%s was told of %+v", c.id, r)
				}
				expect.Equal(t, "assigned by", r.mails[0].Assigned, officer)
				expect.Equal(t, "vouched by", r.mails[0].Vouched, c.vouched)
				if o, is := r.begun[len(r.begun)-1].(casefile.Opening); is || c.resumed {
					expect.Equal(
						t,
						"opening",
						o,
						casefile.Opening{Reference: c.id, Scheme: c.scheme, Clock: clock, Resume: c.resumed},
					)
				}
				expect.Equal(t, "what no starter may do", w.temporal.wrong, nil)
			})
		})
	}
}

// TestAssigningIsRefused in words for an officer, and changes nothing.
func TestAssigningIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, is := waiting(t)
		w.takes("")
		w.erases("RBD-00000-00001")
		w.store.put(starter.Ignored+"aaaaaa1.eml", []byte("one"), true)
		w.store.put(starter.Ignored+"aaaaaa2.eml", []byte("two"), true)
		before := w.sees()
		for _, c := range []struct{ name, sum, target, by, says string }{
			{"nobody acts", is, other, " ", "indiquez l'agent"},
			{"too short a beginning", is[:5], other, officer, "au moins six caractères"},
			{"no such mail", "ffffffff", other, officer, "0 messages"},
			{"two such mails", "AAAAAA", other, officer, "2 messages"},
			{"no such case", is, "RBD-00000-00000", officer, "aucun dossier RBD-00000-00000"},
			{"a case that was erased", is, "RBD-00000-00001", officer, "aucun dossier RBD-00000-00001"},
			{"no such scheme", is, "fonds-perdu", officer, "ni la référence d'un dossier ni un dispositif"},
			{"an application of nobody", "e3b0c44298fc", "fonds-rebond", officer, "sans expéditeur"},
		} {
			id, err := s.Assign(t.Context(), c.sum, c.target, c.by)
			if expect.Error(t, c.name, err, starter.ErrAssign) {
				expect.Contains(t, c.name, err.Error(), c.says)
			}
			expect.Equal(t, c.name+": case", id, "")
			expect.Equal(t, c.name, w.sees(), before)
		}
		if _, err := s.Assign(t.Context(), is, other, officer); err != nil {
			t.Fatal(err)
		}
		before = w.sees()
		id, err := s.Assign(t.Context(), is, other, "agent-08")
		expect.NoError(t, "once more to the same case", err)
		expect.Equal(t, "case", id, other)
		_, err = s.Assign(t.Context(), is, "fonds-rebond", officer)
		expect.Error(t, "to another case", err, starter.ErrAssign)
		expect.Equal(t, "after all that", w.sees(), before)
	})
}

// TestAssigningSurvivesEachFailure: whichever request fails, the officer sees an error and may ask again, and the
// mail is on its case once.
func TestAssigningSurvivesEachFailure(t *testing.T) {
	for _, target := range []string{other, "fonds-rebond"} {
		assign := func(through *wire, again bool) (seen sight) {
			synctest.Test(t, func(t *testing.T) {
				w, _, is := waiting(t)
				w.router.InAll = 5
				_, err := w.starter(through).Assign(t.Context(), is, target, officer)
				expect.Equal(t, target+": an error is told", err != nil, again)
				if again {
					time.Sleep(time.Minute)
					_, err = w.starter(&wire{}).Assign(t.Context(), is, target, officer)
					expect.NoError(t, target+": once more", err)
				}
				expect.Equal(t, "what no starter may do", w.temporal.wrong, nil)
				seen = w.sees()
				for key := range seen.Objects { // it holds the instant
					if strings.HasSuffix(key, ".assigned.json") {
						seen.Objects[key] = ""
					}
				}
			})
			return seen
		}
		quiet := &wire{}
		end := assign(quiet, false)
		for number, request := range quiet.passed {
			for _, after := range []bool{false, true} {
				broken := &wire{broken: func(n int) (error, bool) {
					if n == number {
						return errors.New("away"), after
					}
					return nil, false
				}}
				expect.Equal(t, fmt.Sprintf("%s: %s, served %v", target, request, after), assign(broken, true), end)
			}
		}
	}
}

// TestAMailIsTakenOnceMore: what lies in a case's folder is handed to its case, which is begun where it never was.
func TestAMailIsTakenOnceMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		id, is := applied(w), sum([]byte(first))
		s := w.starter(&wire{})
		retake := func(name string) *run {
			t.Helper()
			w.forgets()
			expect.NoError(t, name, s.Retake(t.Context(), id, is))
			expect.Equal(t, name+": mails", len(w.temporal.runs[id].mails), 1)
			return w.temporal.runs[id]
		}
		retake("a case that runs")
		delete(w.temporal.runs, id)
		r := retake("a case that was never begun")
		expect.Equal(
			t,
			"opening",
			r.begun,
			[]any{casefile.Opening{Reference: id, Scheme: "fonds-rebond", Clock: clock}},
		)
		expect.Equal(t, "received", r.mails[0].Received.After(time.Now().Add(-2*time.Hour)), true)

		note, err := json.Marshal(starter.Assignment{Case: id, By: officer, At: time.Now()})
		expect.NoError(t, "writing", err)
		w.put(starter.Unassigned+is+".assigned.json", string(note))
		expect.Equal(t, "assigned by", retake("a mail that an officer assigned").mails[0].Assigned, officer)

		expect.Error(t, "a mail that is not there", s.Retake(t.Context(), id, strings.Repeat("0", 64)), nil)
		w.put(casefile.Folder(other)+"mail/in/"+is+".eml", first)
		expect.Error(t, "a case of which nothing tells the scheme", s.Retake(t.Context(), other, is), nil)
		w.put(casefile.Folder(other)+"mail/in/"+sum(nil)+".eml", "")
		expect.Error(t, "a case that nobody can have opened", s.Retake(t.Context(), other, sum(nil)), nil)
		expect.Equal(t, "what no starter may do", w.temporal.wrong, nil)
	})
}

// TestTooLargeAMail goes to an officer with its beginning, which tells whose it is.
func TestTooLargeAMail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		m := w.inbox.add(answer(other))
		m.TooLarge = true
		w.inbox.mails[m.UID] = m
		w.has(other)
		expect.Equal(t, "errors", w.empties(&wire{}), nil)
		list, err := w.starter(&wire{}).Asides(t.Context(), starter.Unassigned, false)
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		expect.Equal(t, "reason", list[0].Reason, routing.TooLarge)
		expect.Equal(t, "sender", list[0].From, jeanne)
		expect.Equal(t, "mails of the case", len(w.temporal.runs[other].mails), 0)
	})
}
