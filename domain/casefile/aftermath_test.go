package casefile_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"relance/domain/casefile"
	"relance/local/chance"
)

// decided is a case after a decision of the 1st of October 2020, notified that day.
func decided(grant bool) casefile.State {
	s := casefile.State{Reference: "RBD-00000-00000", Stage: casefile.Rejected, Received: day("2020-09-01"), Verdict: casefile.Verdict{Eligible: true, Amount: 100000},
		Terms: casefile.Terms{Funded: true, AppealMonths: 2, SilenceMonths: 2, Grounds: []casefile.Named{{ID: "effectif"}}}}
	if grant {
		s.Stage, s.Verdict.Amount = casefile.Granted, 120000
		s.Instalments = []casefile.Instalment{{ID: "versement", Cents: 100000, Status: casefile.PaymentDue}}
	}
	s.Decide(grant, casefile.Act{By: "a", Amount: 100000, Grounds: []string{"effectif"}}, day("2020-10-01"))
	s.Account(casefile.Sent{Pieces: []casefile.SentPiece{{Seq: 2, Name: "decision", LetterOf: map[bool]string{true: "grant", false: "reject"}[grant], Letter: casefile.Ref{Key: "l"}, Accepted: day("2020-10-01")}}}, day("2020-10-01"))
	return s
}

func appealed(grant bool) casefile.State {
	s := decided(grant)
	s.ReceiveAppeal(casefile.AdministrativeAppeal{Received: day("2020-10-20")})
	s.Stage = casefile.UnderAppeal
	return s
}

func heard(ground casefile.Code, observed bool) casefile.State {
	s := decided(true)
	s.ProposeWithdrawal(casefile.Act{By: "a", Ground: ground, Text: "x"}, day("2020-11-01"))
	s.Stage = casefile.Hearing
	s.Account(casefile.Sent{Pieces: []casefile.SentPiece{{Seq: 3, Name: "hearing", LetterOf: casefile.HearingLetter, Accepted: day("2020-11-01")}}}, day("2020-11-01"))
	if observed {
		s.Observe(casefile.Observation{At: day("2020-11-03")})
	}
	return s
}

func TestMayAfterTheDecision(t *testing.T) {
	written := func(s casefile.State) casefile.State {
		s.Remember(casefile.Mail{Ref: casefile.Ref{Key: "k", SHA256: "abc123"}})
		s.Remember(casefile.Mail{Ref: casefile.Ref{Key: "l", SHA256: "def456"}})
		return s
	}
	at := func(s casefile.State, stage casefile.Stage) casefile.State { s.Stage = stage; return s }
	unreached := func() casefile.State {
		s := heard(casefile.GroundConditions, false)
		s.TakeSign(3, casefile.Sign{What: casefile.SignBounced, At: day("2020-11-02"), On: "m"}, false)
		return s
	}
	unproven := func(s casefile.State) casefile.State { s.Verdict.Eligible = false; return s }
	for _, c := range []struct {
		name  string
		state casefile.State
		kind  casefile.ActKind
		act   casefile.Act
		says  string // in the refusal; empty: it may
	}{
		{"notify", decided(true), casefile.NotifyAct, casefile.Act{Way: "registered", Date: day("2020-10-05"), Proof: "1A"}, ""},
		{"notify in no known way", decided(true), casefile.NotifyAct, casefile.Act{Way: "pigeon", Date: day("2020-10-05"), Proof: "1A"}, "voie"},
		{"notify what was never written", casefile.State{Stage: casefile.UnderReview}, casefile.NotifyAct, casefile.Act{Way: "hand", Date: day("2020-10-05"), Proof: "1A"}, "aucun courrier"},
		{"notify the hearing that is not", decided(true), casefile.NotifyAct, casefile.Act{Letter: "hearing", Way: "hand", Date: day("2020-10-05"), Proof: "1A"}, "aucun courrier"},
		{"notify in the future", decided(true), casefile.NotifyAct, casefile.Act{Way: "hand", Date: day("2021-10-05"), Proof: "1A"}, "pas encore"},
		{"notify before it was written", decided(true), casefile.NotifyAct, casefile.Act{Way: "hand", Date: day("2020-09-05"), Proof: "1A"}, "établi le 01/10/2020"},
		{"notify without proof", decided(true), casefile.NotifyAct, casefile.Act{Way: "hand", Date: day("2020-10-05")}, "-proof"},
		{"send again to nobody", decided(true), casefile.NotifyAct, casefile.Act{Way: "address"}, "-to"},
		{"send again", decided(true), casefile.NotifyAct, casefile.Act{Way: "address", Contact: casefile.Ref{Key: "c"}}, ""},
		{"receive the mail named", written(decided(false)), casefile.ReceiveAppealAct, casefile.Act{Mail: "abc"}, ""},
		{"receive one of two", written(decided(false)), casefile.ReceiveAppealAct, casefile.Act{}, "abc123, def456"},
		{"receive no mail", decided(false), casefile.ReceiveAppealAct, casefile.Act{}, "-way"},
		{"receive by paper", decided(false), casefile.ReceiveAppealAct, casefile.Act{Way: "paper", Date: day("2020-10-09")}, ""},
		{"receive by paper some day", decided(false), casefile.ReceiveAppealAct, casefile.Act{Way: "paper"}, "-date"},
		{"receive before the decision", decided(false), casefile.ReceiveAppealAct, casefile.Act{Way: "paper", Date: day("2020-09-09")}, "01/10/2020"},
		{"receive by pigeon", decided(false), casefile.ReceiveAppealAct, casefile.Act{Way: "pigeon", Date: day("2020-10-09")}, "voie inconnue"},
		{"receive before there is a decision", at(written(decided(false)), casefile.UnderReview), casefile.ReceiveAppealAct, casefile.Act{Mail: "abc"}, "pas encore de décision"},
		{"receive a second one", written(appealed(false)), casefile.ReceiveAppealAct, casefile.Act{Mail: "abc"}, "déjà"},
		{"receive during a hearing", written(heard("conditions", false)), casefile.ReceiveAppealAct, casefile.Act{Mail: "abc"}, "retrait"},
		{"grant by who rejected", appealed(false), casefile.GrantAppeal, casefile.Act{By: "a"}, "autre agent"},
		{"grant by another", appealed(false), casefile.GrantAppeal, casefile.Act{By: "b"}, ""},
		{"grant without an appeal", decided(false), casefile.GrantAppeal, casefile.Act{By: "b"}, "aucun recours"},
		{"grant what the rules refuse", unproven(appealed(false)), casefile.GrantAppeal, casefile.Act{By: "b"}, "conditions"},
		{"grant too much", appealed(false), casefile.GrantAppeal, casefile.Act{By: "b", Amount: 100001}, "barème"},
		{"raise a grant", appealed(true), casefile.GrantAppeal, casefile.Act{By: "b"}, ""},
		{"lower a grant", appealed(true), casefile.GrantAppeal, casefile.Act{By: "b", Amount: 90000}, "retrait partiel"},
		{"grant the same", appealed(true), casefile.GrantAppeal, casefile.Act{By: "b", Amount: 100000}, "déjà attribué"},
		{"reject", appealed(false), casefile.RejectAppeal, casefile.Act{By: "b", Text: "Non."}, ""},
		{"reject without reasons", appealed(false), casefile.RejectAppeal, casefile.Act{By: "b"}, "motivé"},
		{"reject by who rejected", appealed(false), casefile.RejectAppeal, casefile.Act{By: "a", Text: "Non."}, "autre agent"},
		{"reject on an unknown ground", appealed(false), casefile.RejectAppeal, casefile.Act{By: "b", Text: "Non.", Grounds: []string{"humeur"}}, "inconnu"},
		{"reject an appeal against a grant on a ground", appealed(true), casefile.RejectAppeal, casefile.Act{By: "b", Text: "Non.", Grounds: []string{"effectif"}}, "-text"},
		{"give reasons of an express decision", decided(false), casefile.GiveReasons, casefile.Act{Grounds: []string{"effectif"}}, "implicite"},
		{"propose", decided(true), casefile.ProposeWithdrawalAct, casefile.Act{Ground: "conditions", Text: "x"}, ""},
		{"propose on an odd ground", decided(true), casefile.ProposeWithdrawalAct, casefile.Act{Ground: "humeur", Text: "x"}, "conditions, illegal, fraud"},
		{"propose without facts", decided(true), casefile.ProposeWithdrawalAct, casefile.Act{Ground: "fraud"}, "faits"},
		{"propose to keep it all", decided(true), casefile.ProposeWithdrawalAct, casefile.Act{Ground: "fraud", Text: "x", Amount: 100000}, "-keep"},
		{"propose for a rejected case", decided(false), casefile.ProposeWithdrawalAct, casefile.Act{Ground: "fraud", Text: "x"}, "attribuée"},
		{"propose under appeal", appealed(true), casefile.ProposeWithdrawalAct, casefile.Act{Ground: "fraud", Text: "x"}, "recours"},
		{"propose for illegality, too late", decided(true), casefile.ProposeWithdrawalAct, casefile.Act{Ground: "illegal", Text: "x", At: day("2021-02-02")}, "01/02/2021"},
		{"propose for illegality, on the last day", decided(true), casefile.ProposeWithdrawalAct, casefile.Act{Ground: "illegal", Text: "x", At: day("2021-02-01").Add(23 * time.Hour)}, ""},
		{"propose for fraud, whenever", at(decided(true), casefile.Closed), casefile.ProposeWithdrawalAct, casefile.Act{Ground: "fraud", Text: "x", At: day("2028-02-02")}, ""},
		{"withdraw before the end of the hearing", heard("conditions", false), casefile.WithdrawGrant, casefile.Act{At: day("2020-11-16")}, "16/11/2020"},
		{"withdraw after it", heard("conditions", false), casefile.WithdrawGrant, casefile.Act{At: day("2020-11-17")}, ""},
		{"withdraw once the holder has answered", heard("conditions", true), casefile.WithdrawGrant, casefile.Act{At: day("2020-11-05")}, ""},
		{"withdraw what the holder never heard of", unreached(), casefile.WithdrawGrant, casefile.Act{At: day("2021-11-05")}, "atteint"},
		{"withdraw an illegal grant too late", heard("illegal", true), casefile.WithdrawGrant, casefile.Act{At: day("2021-02-02")}, "quatre mois"},
		{"withdraw what was not proposed", decided(true), casefile.WithdrawGrant, casefile.Act{}, "aucun retrait"},
		{"drop", heard("conditions", false), casefile.DropWithdrawal, casefile.Act{}, ""},
		{"observations from nowhere", heard("conditions", false), casefile.RecordObservations, casefile.Act{Date: day("2020-11-02")}, "-way"},
		{"observations before the letter", heard("conditions", false), casefile.RecordObservations, casefile.Act{Way: "oral", Date: day("2020-10-02")}, "01/11/2020"},
		{"pay during a hearing", heard("conditions", false), casefile.OrderPayment, casefile.Act{Payment: "versement"}, "retrait"},
		{"record a payment during a hearing", heard("conditions", false), casefile.RecordPayment, casefile.Act{Payment: "versement"}, ""},
		{"pay under an appeal for more", appealed(true), casefile.OrderPayment, casefile.Act{Payment: "versement"}, ""},
	} {
		if c.act.By == "" {
			c.act.By = "c"
		}
		if c.act.At.IsZero() {
			c.act.At = day("2020-12-01")
		}
		err := c.state.May(c.kind, c.act)
		if (err == nil) != (c.says == "") || err != nil && (!errors.Is(err, casefile.ErrRefused) || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.says)
		}
	}
}

// TestTheTimeOfAppealFollowsTheNotification: whatever signs a letter leaves in whatever order, the time of appeal runs exactly while it is
// notified, and from that day.
func TestTheTimeOfAppealFollowsTheNotification(t *testing.T) {
	chance.Check(t, func(t *rapid.T) {
		s := decided(rapid.Bool().Draw(t, "grant"))
		s.Terms.Proof, s.Terms.ProofDays = rapid.Bool().Draw(t, "proof"), 8
		if s.Terms.Proof {
			s.Decision.Notification = casefile.Notification{}
			s.Account(casefile.Sent{Pieces: []casefile.SentPiece{{Seq: 2, Name: "reject", LetterOf: "reject", Accepted: day("2020-10-01")}}}, day("2020-10-01"))
		}
		at := day("2020-10-02")
		for i := range rapid.IntRange(0, 8).Draw(t, "signs") {
			at = at.AddDate(0, 0, rapid.IntRange(0, 5).Draw(t, "after"))
			sign := casefile.Sign{What: rapid.SampledFrom([]casefile.Code{"bounced", "delayed", "read", "deleted", "reply", "registered"}).Draw(t, "sign"), At: at, On: fmt.Sprint(i)}
			proven := rapid.Bool().Draw(t, "proven")
			before := s.Decision.Notified
			if !s.TakeSign(2, sign, proven) {
				t.Fatal("the letter is not known")
			}
			now := s.Decision.Notified
			switch sign.What {
			case "bounced":
				if !now.IsZero() {
					t.Fatal("notified by a bounce")
				}
			case "registered":
				if !now.Equal(at) {
					t.Fatal("an officer's proof counts")
				}
			case "read", "reply":
				if !proven && !now.Equal(before) || proven && now.IsZero() || !before.IsZero() && !now.Equal(before) {
					t.Fatalf("%s, proven %v: %v, then %v", sign.What, proven, before, now)
				}
			default:
				if !now.Equal(before) {
					t.Fatalf("%s proves nothing", sign.What)
				}
			}
			due := s.Deadline(casefile.AppealDeadline)
			if due.At.IsZero() != now.IsZero() || !now.IsZero() && !due.At.Equal(casefile.ClearMonths(now, 2)) {
				t.Fatalf("notified %v, the time of appeal ends %v", now, due.At)
			}
		}
		if s.TakeSign(1, casefile.Sign{What: casefile.SignBounced, At: at, On: "x"}, false) {
			t.Fatal("another mail is no decision")
		}
	})
}

func TestALetterSentOnceMoreStaysNotified(t *testing.T) {
	s := decided(false)
	s.Account(casefile.Sent{Pieces: []casefile.SentPiece{{Seq: 3, Name: casefile.AgainMail, Again: 2, Accepted: day("2020-11-20")}}}, day("2020-11-20"))
	if !s.Decision.Notified.Equal(day("2020-10-01")) || s.Decision.Seq != 3 || len(s.Decision.Signs) != 2 {
		t.Errorf("%+v", s.Decision.Notification)
	}
}

func TestAnAppealInterruptsOnceAndInTime(t *testing.T) {
	s := decided(false) // until the 2nd of December
	for date, want := range map[string]bool{"2020-10-02": true, "2020-12-02": true, "2020-12-03": false} {
		if got := s.Interrupts(day(date)); got != want {
			t.Errorf("received on %s: %v", date, got)
		}
	}
	s = appealed(false)
	s.EndAppeal(casefile.AppealImplicit, day("2020-12-21"))
	s.Stage = casefile.Rejected
	s.Unanswered(casefile.Answer(day("2020-10-20")))
	if s.Interrupts(day("2020-12-30")) {
		t.Error("a second appeal interrupts nothing")
	}
	if due := s.Deadline(casefile.AppealDeadline); !casefile.LastDay(due.At).Equal(casefile.LastDay(casefile.ClearMonths(day("2020-12-20"), 2))) {
		t.Errorf("%+v", due)
	}
	s = decided(true)
	s.TakeSign(2, casefile.Sign{What: casefile.SignBounced, At: day("2020-10-02"), On: "m"}, false)
	if !s.Interrupts(day("2022-01-01")) {
		t.Error("what was never notified can be contested at any time")
	}
}

func TestEveryPeriodAfterTheDecisionLeadsToItsDate(t *testing.T) {
	chance.Check(t, func(t *rapid.T) {
		from := day("2020-01-01").AddDate(0, 0, rapid.IntRange(0, 3000).Draw(t, "from"))
		for _, d := range []casefile.Deadline{casefile.Answer(from), casefile.ReasonsDue(from), casefile.WithoutReasons(from), casefile.WithdrawalLimit(from)} {
			if last := d.Why[len(d.Why)-1].Date; !last.Equal(casefile.LastDay(d.At)) || !d.At.After(from) {
				t.Fatalf("%s: explained as %v, but it is %v", d.Kind, last, casefile.LastDay(d.At))
			}
		}
	})
}
