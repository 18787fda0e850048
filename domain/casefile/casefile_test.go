package casefile_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"relance/domain/casefile"
	"relance/local/chance"
)

func lastDay(d casefile.Deadline) string { return casefile.LastDay(d.At).Format(time.DateOnly) }

func TestSilenceIsTwoMonthsLaterByEachDayOfSuspension(t *testing.T) {
	received := day("2020-09-15").Add(17 * time.Hour)
	asked := casefile.Suspension{From: day("2020-09-16"), Until: day("2020-10-17")}
	answered := asked
	answered.Ended = day("2020-09-28").Add(8 * time.Hour)
	tooLate := asked
	tooLate.Ended = day("2020-12-01")
	for _, c := range []struct {
		name        string
		suspensions []casefile.Suspension
		want        string
	}{
		{"never suspended", nil, "2020-11-15"},
		{"answered after twelve days", []casefile.Suspension{answered}, "2020-11-27"},
		{"still open: to the end of the period allotted", []casefile.Suspension{asked}, "2020-12-16"},
		{"answered after the period: no longer than allotted", []casefile.Suspension{tooLate}, "2020-12-16"},
		{"twice", []casefile.Suspension{answered, {From: day("2020-10-01"), Until: day("2020-10-31"), Ended: day("2020-10-04")}}, "2020-11-30"},
		{"two requests that overlap are counted once", []casefile.Suspension{answered, {From: day("2020-09-20"), Until: day("2020-10-20"), Ended: day("2020-09-28")}}, "2020-11-27"},
	} {
		if got := lastDay(casefile.Silence(received, 2, c.suspensions)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestADateSaysWhyItIsThatDate(t *testing.T) {
	d := casefile.Silence(day("2020-09-15"), 2, []casefile.Suspension{{From: day("2020-09-16"), Until: day("2020-10-16"), Ended: day("2020-09-28")}})
	if len(d.Why) != 3 || d.Why[0].Rule != casefile.RuleReceived || d.Why[1].N != 2 || d.Why[2].Rule != casefile.RuleSuspended || d.Why[2].N != 12 {
		t.Fatalf("why = %+v", d.Why)
	}
	if !d.Why[2].Date.Equal(casefile.LastDay(d.At)) {
		t.Errorf("the last step leads to %v, the date is %v", d.Why[2].Date, casefile.LastDay(d.At))
	}
}

func TestEveryReckoningLeadsToItsDate(t *testing.T) {
	chance.Check(t, func(t *rapid.T) {
		from := day("2020-01-01").AddDate(0, 0, rapid.IntRange(0, 3000).Draw(t, "from"))
		n := rapid.IntRange(1, 40).Draw(t, "n")
		for _, d := range []casefile.Deadline{
			casefile.Allotted(casefile.DocumentDeadline, from, casefile.RuleRequested, n),
			casefile.Appeal(from, casefile.RuleNotified, n), casefile.Silence(from, n, nil),
		} {
			if last := d.Why[len(d.Why)-1].Date; !last.Equal(casefile.LastDay(d.At)) {
				t.Fatalf("%s: explained as %v, but it is %v", d.Kind, last, casefile.LastDay(d.At))
			}
			if !d.At.After(from) {
				t.Fatalf("%s ends before it starts", d.Kind)
			}
		}
		r := casefile.Reminder(from, casefile.RuleRequested, n)
		if !casefile.IsWorkday(r.At) {
			t.Fatalf("a reminder on %v, when nobody is at work", r.At)
		}
	})
}

func TestASuspensionNeverShortensTheTime(t *testing.T) {
	chance.Check(t, func(t *rapid.T) {
		received := day("2020-01-01").AddDate(0, 0, rapid.IntRange(0, 1500).Draw(t, "received"))
		var list []casefile.Suspension
		at := received
		for range rapid.IntRange(0, 4).Draw(t, "requests") {
			at = at.AddDate(0, 0, rapid.IntRange(0, 20).Draw(t, "after"))
			p := casefile.Suspension{From: at, Until: at.AddDate(0, 0, rapid.IntRange(1, 40).Draw(t, "allotted"))}
			if rapid.Bool().Draw(t, "answered") {
				p.Ended = at.AddDate(0, 0, rapid.IntRange(0, 50).Draw(t, "answer"))
			}
			list = append(list, p)
		}
		before := casefile.Silence(received, 2, nil)
		for i := range list {
			after := casefile.Silence(received, 2, list[:i+1])
			if after.At.Before(before.At) {
				t.Fatalf("one more suspension moved the date from %v back to %v", before.At, after.At)
			}
			before = after
		}
	})
}

func TestStages(t *testing.T) {
	reachable := []casefile.Stage{casefile.Received}
	for i := 0; i < len(reachable); i++ {
		for _, next := range casefile.Stages {
			if reachable[i].CanBecome(next) && !slices.Contains(reachable, next) {
				reachable = append(reachable, next)
			}
		}
	}
	for _, s := range casefile.Stages {
		if !slices.Contains(reachable, s) {
			t.Errorf("no way leads to %s", s)
		}
	}
	for _, s := range []casefile.Stage{casefile.Received, casefile.Incomplete, casefile.AwaitingCharter, casefile.UnderReview} {
		if !s.CanBecome(casefile.Withdrawn) {
			t.Errorf("an applicant can withdraw at any time, %s included", s)
		}
	}
	s := casefile.State{Stage: casefile.Closed}
	if err := s.Become(casefile.UnderReview, day("2020-01-01")); err == nil || len(s.Journal) != 0 {
		t.Error("a closed case went back to review")
	}
}

func TestMayRefusesWithAReasonForAnOfficer(t *testing.T) {
	ready := func() casefile.State {
		return casefile.State{Reference: "RBD-00000-00000", Stage: casefile.UnderReview,
			Verdict: casefile.Verdict{Eligible: true, Amount: 150000}, Charter: casefile.Charter{Signed: day("2020-10-01")},
			Terms: casefile.Terms{Charter: true, Funded: true, FourEyesAbove: 200000, Grounds: []casefile.Named{{ID: "effectif"}}, Documents: []casefile.Named{{ID: "bail"}}}}
	}
	for _, c := range []struct {
		name   string
		kind   casefile.ActKind
		act    casefile.Act
		change func(*casefile.State)
		ok     bool
	}{
		{"approve", casefile.Approve, casefile.Act{By: "a"}, nil, true},
		{"approve less", casefile.Approve, casefile.Act{By: "a", Amount: 100000}, nil, true},
		{"approve more than the formula", casefile.Approve, casefile.Act{By: "a", Amount: 150001}, nil, false},
		{"approve nothing", casefile.Approve, casefile.Act{By: "a", Amount: -1}, nil, false},
		{"approve by nobody", casefile.Approve, casefile.Act{}, nil, false},
		{"approve without the charter", casefile.Approve, casefile.Act{By: "a"}, func(s *casefile.State) { s.Charter.Signed = time.Time{} }, false},
		{"approve an ineligible case", casefile.Approve, casefile.Act{By: "a"}, func(s *casefile.State) { s.Verdict.Eligible = false }, false},
		{"approve twice", casefile.Approve, casefile.Act{By: "a"}, func(s *casefile.State) { s.Decision = &casefile.Decision{} }, false},
		{"approve the same again", casefile.Approve, casefile.Act{By: "a", ID: "x"}, func(s *casefile.State) { s.Decision = &casefile.Decision{}; s.Acts = []string{"x"} }, true},
		{"approve too early", casefile.Approve, casefile.Act{By: "a"}, func(s *casefile.State) { s.Stage = casefile.Incomplete }, false},
		{"approve the same sum twice", casefile.Approve, casefile.Act{By: "a"}, func(s *casefile.State) { s.Approve("a", 150000, "", day("2020-10-02")) }, false},
		{"approve after a colleague", casefile.Approve, casefile.Act{By: "b"}, func(s *casefile.State) { s.Approve("a", 150000, "", day("2020-10-02")) }, true},
		{"approve while an opinion is awaited", casefile.Approve, casefile.Act{By: "a"}, func(s *casefile.State) { s.Opinions = []casefile.Opinion{{Asked: casefile.Asked{ID: "mairie"}}} }, false},
		{"pay what is not granted", casefile.OrderPayment, casefile.Act{By: "a", Payment: "solde"}, nil, false},
		{"pay before the report", casefile.OrderPayment, casefile.Act{By: "a", Payment: "solde"}, granted(casefile.PaymentAwaits), false},
		{"pay after the report", casefile.OrderPayment, casefile.Act{By: "a", Payment: "solde"}, granted(casefile.PaymentReported), true},
		{"record a payment that was not confirmed", casefile.RecordPayment, casefile.Act{By: "a", Payment: "solde"}, granted(casefile.PaymentReported), false},
		{"pay twice", casefile.RecordPayment, casefile.Act{By: "a", Payment: "solde"}, granted(casefile.PaymentPaid), false},
		{"pay an unknown instalment", casefile.OrderPayment, casefile.Act{By: "a", Payment: "avance"}, granted(casefile.PaymentReported), false},
		{"reexamine", casefile.Reexamine, casefile.Act{By: "a"}, nil, true},
		{"reexamine what is decided", casefile.Reexamine, casefile.Act{By: "a"}, granted(casefile.PaymentPaid), false},
		{"reject with a reason", casefile.Reject, casefile.Act{By: "a", Grounds: []string{"effectif"}}, nil, true},
		{"reject without", casefile.Reject, casefile.Act{By: "a"}, nil, false},
		{"reject on an unknown ground", casefile.Reject, casefile.Act{By: "a", Grounds: []string{"humeur"}}, nil, false},
		{"request a document", casefile.RequestAct, casefile.Act{By: "a", Documents: []string{"bail"}}, nil, true},
		{"request an unknown one", casefile.RequestAct, casefile.Act{By: "a", Documents: []string{"passeport"}}, nil, false},
		{"write nothing", casefile.Message, casefile.Act{By: "a", Text: "  "}, nil, false},
		{"assign to nobody", casefile.Assign, casefile.Act{By: "a"}, nil, false},
		{"withdraw what is closed", casefile.WithdrawAct, casefile.Act{By: "a"}, func(s *casefile.State) { s.Stage = casefile.Closed }, false},
		{"something else", "dance", casefile.Act{By: "a"}, nil, false},
	} {
		s := ready()
		if c.change != nil {
			c.change(&s)
		}
		err := s.May(c.kind, c.act)
		if (err == nil) != c.ok || err != nil && !errors.Is(err, casefile.ErrRefused) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// granted is a granted case with one instalment.
func granted(p casefile.Payment) func(*casefile.State) {
	return func(s *casefile.State) {
		s.Stage, s.Decision = casefile.Granted, &casefile.Decision{Grant: true}
		s.Instalments = []casefile.Instalment{{ID: "solde", Status: p}}
	}
}

func TestApprovals(t *testing.T) {
	s := casefile.State{Terms: casefile.Terms{FourEyesAbove: 100}}
	if more := s.Approve("a", 100, "", day("2020-10-02")); more != 0 {
		t.Errorf("at the amount one officer is enough, not %d more", more)
	}
	if more := s.Approve("a", 101, "", day("2020-10-02")); more != 1 || len(s.Approvals) != 1 {
		t.Errorf("above it another is needed: %d more, %+v", more, s.Approvals)
	}
	if more := s.Approve("b", 102, "", day("2020-10-02")); more != 1 {
		t.Errorf("another amount begins anew: %d more", more)
	}
	if more := s.Approve("c", 102, "", day("2020-10-02")); more != 0 {
		t.Errorf("two agree: %d more", more)
	}
	s = casefile.State{Terms: casefile.Terms{Approvals: 3}}
	s.Approve("a", 1, "", day("2020-10-02"))
	if more := s.Approve("a", 1, "", day("2020-10-02")); more != 2 {
		t.Errorf("the same officer counts once: %d more", more)
	}
}
