package starter_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"relance/contract"
	"relance/intake/routing"
	"relance/local/expect"
	"relance/starter"
)

// asksAbout is a mail to the address at which letters are verified.
func asksAbout(from, about string) string {
	return written(from, addresses.Verifier(), about) + "Cette lettre est-elle de vous ?\r\n"
}

// TestLettersAreVerifiedOnceForEachMail: a mail starts one workflow, however often it comes, and no case.
func TestLettersAreVerifiedOnceForEachMail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		raw := asksAbout(jeanne, "vérification")
		for range 2 {
			w.takes(raw)
		}
		expect.Equal(t, "workflows", len(w.temporal.runs), 1)
		for id, r := range w.temporal.runs {
			v, is := r.begun[0].(contract.Verification)
			if !is || id != contract.VerificationID(v.Mail.SHA256) {
				t.Fatalf("%s began with %v", id, r.begun)
			}
			if _, err := w.store.get(v.Mail.Key); err != nil {
				t.Errorf("the mail is not kept: %v", err)
			}
		}
	})
}

// TestWhoeverVerifiesTooMuchOrUnproven is an officer's: each answer is a mail of ours, which nobody may make us send to others.
func TestWhoeverVerifiesTooMuchOrUnproven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.takes(doubtful(asksAbout(jeanne, "en son nom")))
		expect.Equal(t, "workflows", len(w.temporal.runs), 0)
		for n := range 40 {
			w.takes(asksAbout(jeanne, "encore "+strings.Repeat("x", n)))
		}
		if n := len(w.temporal.runs); n == 0 || n >= 40 {
			t.Errorf("%d of 40 mails of one sender are answered", n)
		}
		list, err := w.starter(&wire{}).Asides(t.Context(), starter.Unassigned, true)
		expect.NoError(t, "listing", err)
		reasons := map[routing.Reason]int{}
		for _, a := range list {
			reasons[a.Reason]++
		}
		expect.Equal(t, "unproven", reasons[routing.Verify], 1)
		expect.Equal(t, "too many", reasons[routing.TooMany], 40-len(w.temporal.runs))
	})
}
