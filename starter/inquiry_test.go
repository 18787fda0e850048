package starter_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"relance/contract"
	"relance/domain/casefile"
	"relance/domain/inquiry"
	"relance/intake/routing"
	"relance/local/expect"
	"relance/starter"
)

// asked lets a mail wait for its mailbox, and gives what its inquiry knows of it once a question and a reply are stored.
func asked(w *world, raw string) contract.Believing {
	w.t.Helper()
	w.takes(raw)
	id, _ := question(w)
	r := w.temporal.runs[id]
	return answered(w, r.mails[len(r.mails)-1])
}

// answered is that the mailbox of a mail has answered OUI.
func answered(w *world, mail casefile.Mail) contract.Believing {
	id, _ := question(w)
	name := strings.TrimPrefix(id, "inquiry-")
	w.put(inquiry.Folder(name)+"questions/001.eml", "Subject: question\r\n\r\n?\r\n")
	w.put(inquiry.Folder(name)+"mail/in/reply.eml", "Subject: reply\r\n\r\nOUI\r\n")
	return contract.Believing{ID: name, Mail: inquiry.Waiting{Mail: mail, Scheme: "fonds-rebond", At: mail.Came(clock)},
		Answer: casefile.MailboxAnswer{Said: casefile.AnswerYes, At: mail.Received, Question: casefile.Ref{Key: inquiry.Folder(name) + "questions/001.eml"},
			Reply: casefile.Ref{Key: inquiry.Folder(name) + "mail/in/reply.eml"}}}
}

// TestWhatIsConfirmedGoesWhereItWouldHaveGone: an application opens its case, with the day on which it came, and has what proves it beside it.
func TestWhatIsConfirmedGoesWhereItWouldHaveGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		b := asked(w, doubtful(first))
		came := b.Mail.Mail.Received
		time.Sleep(100 * time.Hour)
		for range 2 { // doing it again changes nothing
			got, err := w.starter(&wire{}).Believe(t.Context(), b)
			expect.NoError(t, "believing", err)
			expect.Equal(t, "case", got, reference(first))
		}
		mails := w.temporal.runs[reference(first)].mails
		expect.Equal(t, "mails of the case", len(mails), 1)
		expect.Equal(t, "received", mails[0].Received, came)
		expect.Equal(t, "said", mails[0].Asked.Said, casefile.AnswerYes)
		for _, ref := range []casefile.Ref{mails[0].Asked.Question, mails[0].Asked.Reply} {
			if _, err := w.store.get(ref.Key); err != nil || !strings.HasPrefix(ref.Key, casefile.Folder(reference(first))) {
				t.Errorf("%s is not in the folder of the case: %v", ref.Key, err)
			}
		}
		list, err := w.starter(&wire{}).Asides(t.Context(), starter.Unassigned, true)
		expect.NoError(t, "listing", err)
		expect.Equal(t, "case in the queue", list[0].Assigned.Case, reference(first))
		expect.Equal(t, "by an officer", list[0].Assigned.By, "")
	})
}

// TestBelievingSurvivesEachFailure: whichever request is lost, trying again leads to one case with one mail.
func TestBelievingSurvivesEachFailure(t *testing.T) {
	for _, after := range []bool{false, true} {
		for n := 0; ; n++ {
			requests := 0
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				b := asked(w, doubtful(first))
				through := &wire{broken: func(number int) (error, bool) {
					if number == n {
						return fmt.Errorf("request %d is lost", n), after
					}
					return nil, false
				}}
				_, _ = w.starter(through).Believe(t.Context(), b)
				requests = len(through.passed)
				got, err := w.starter(&wire{}).Believe(t.Context(), b)
				expect.NoError(t, "again", err)
				expect.Equal(t, "case", got, reference(first))
				identities := map[string]bool{}
				for _, m := range w.temporal.runs[reference(first)].mails {
					identities[m.Identity] = true
				}
				expect.Equal(t, "mails of the case", len(identities), 1)
				expect.Equal(t, "what no starter may do", w.temporal.wrong, nil)
			})
			if n >= requests {
				break
			}
		}
	}
}

// TestWhatIsDeniedOrUnanswered is an officer's, with the reason; and what waits for its mailbox is not shown, until its inquiry should have given it up.
func TestWhatIsDeniedOrUnanswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		s := w.starter(&wire{})
		shown := func(all bool) (reasons []routing.Reason) {
			list, err := s.Asides(t.Context(), starter.Unassigned, all)
			expect.NoError(t, "listing", err)
			for _, a := range list {
				reasons = append(reasons, a.Why())
				if a.Silence.IsZero() {
					t.Error("nothing says when silence decides")
				}
			}
			return reasons
		}
		s.Clock = casefile.Clock{}
		b := asked(w, doubtful(first))
		expect.Equal(t, "at first", shown(false), nil)
		expect.Equal(t, "of all", shown(true), []routing.Reason{routing.Unproven})
		b.Answer.Said = casefile.AnswerNo
		_, err := s.Believe(t.Context(), b)
		expect.NoError(t, "denying", err)
		expect.Equal(t, "denied", shown(false), []routing.Reason{routing.Denied})
		other := asked(w, doubtful(second))
		expect.NoError(t, "leaving", s.Leave(t.Context(), contract.Leaving{Mail: other.Mail.Mail, Reason: string(routing.Unanswered)}))
		expect.Equal(t, "unanswered", shown(false), []routing.Reason{routing.Denied, routing.Unanswered})
		asked(w, doubtful(application("une troisième", bakery)))
		expect.Equal(t, "one that waits", len(shown(false)), 2)
		time.Sleep(inquiry.Leave + inquiry.Between)
		expect.Equal(t, "one whose inquiry is lost", len(shown(false)), 3)
		if runs := w.temporal.runs[reference(first)]; runs != nil {
			t.Error("a case was opened")
		}
	})
}

// TestAHeldMailThatIsConfirmed tells its case; one that names another shop of its sender opens a case of its own.
func TestAHeldMailThatIsConfirmed(t *testing.T) {
	for name, c := range map[string]struct{ raw, opens string }{
		"an answer":        {answer(reference(first)), ""},
		"for another shop": {second, reference(second)},
		"another form":     {otherForm, reference(otherForm)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				id := applied(w)
				if c.opens != "" {
					concerns(w, id, bakery)
				}
				raw := doubtful(c.raw)
				key := casefile.Folder(id) + "mail/in/" + sum([]byte(raw)) + ".eml"
				w.put(key, raw)
				b := answered(w, casefile.Mail{Ref: casefile.Ref{Key: key, SHA256: sum([]byte(raw))}, Identity: identityOf(raw), Received: time.Now(), Size: int64(len(raw))})
				b.Mail.Case = id
				_, err := w.starter(&wire{}).Believe(t.Context(), b)
				expect.NoError(t, "believing", err)
				mails := w.temporal.runs[id].mails
				last := mails[len(mails)-1]
				want := casefile.AnswerYes
				if c.opens != "" {
					want = casefile.AnswerElsewhere
					if w.temporal.runs[c.opens] == nil {
						t.Error("no case of its own")
					}
				}
				expect.Equal(t, "said", last.Asked.Said, want)
				expect.Equal(t, "what no starter may do", w.temporal.wrong, nil)
			})
		})
	}
}

// TestTheDayOnWhichSilenceDecides: two months after the mail came, whatever the scheme is not known.
func TestTheDayOnWhichSilenceDecides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		s := w.starter(&wire{})
		s.Clock = casefile.Clock{}
		w.takes(written(jeanne, "aides@metropole.example", "bonjour"))
		w.takes(written(jeanne, "aides@metropole.example", "absent", "Auto-Submitted: auto-replied"))
		list, err := s.Asides(t.Context(), starter.Unassigned, false)
		expect.NoError(t, "listing", err)
		day := casefile.LastDay(casefile.Silence(list[0].Received, 2, nil).At)
		expect.Equal(t, "silence", list[0].Silence, day)
		text, err := json.Marshal(list)
		expect.NoError(t, "writing", err)
		if !slices.Contains(strings.Split(string(text), `"`), "silence") {
			t.Errorf("programs are not told: %s", text)
		}
		machines, err := s.Asides(t.Context(), starter.Ignored, false)
		expect.NoError(t, "listing", err)
		expect.True(t, "a machine waits for nothing", machines[0].Silence.IsZero())
	})
}
