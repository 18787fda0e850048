package inquiry_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"relance/domain/casefile"
	"relance/domain/inquiry"
	"relance/local/chance"
)

const day = casefile.LegalDay

var came = time.Date(2020, 9, 15, 10, 0, 0, 0, time.UTC)

func waiting(n int, at time.Time) inquiry.Waiting {
	return inquiry.Waiting{Mail: casefile.Mail{Ref: casefile.Ref{SHA256: fmt.Sprint("mail-", n)}}, Scheme: "fonds-rebond", At: at}
}

// live lets an inquiry do what it is due to do until an instant, and gives what it did, each as "day step".
func live(s *inquiry.State, from, until time.Time) (did []string) {
	for at := from; ; {
		step, when := s.Next()
		if at = max2(at, when); at.After(until) || step == inquiry.End {
			return did
		}
		did = append(did, fmt.Sprintf("%d %s", int(at.Sub(came)/day), step))
		switch step {
		case inquiry.Ask:
			s.Put(s.Question(at))
		case inquiry.Give:
			s.Overdue(at)
			s.Forget(at)
		}
	}
}

func max2(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// TestAMailboxIsAskedRemindedAndLeftToAnOfficer: at once, after two days, and after five.
func TestAMailboxIsAskedRemindedAndLeftToAnOfficer(t *testing.T) {
	s := &inquiry.State{}
	s.Add(waiting(1, came), came)
	if did := live(s, came, came.Add(60*day)); !slices.Equal(did, []string{"0 ask", "2 ask", "5 give"}) {
		t.Errorf("%v", did)
	}
	if step, at := s.Next(); step != inquiry.End || !at.Equal(came.Add(2*day+inquiry.Serves)) {
		t.Errorf("it ends with %s at %v: the reminder can be answered for thirty days", step, at)
	}
	if settled := s.Answer(2, inquiry.Said{Word: inquiry.Yes}, came.Add(20*day)); len(settled) != 1 || !settled[0].Left {
		t.Errorf("a late OUI: %+v", settled)
	}
}

// TestWhateverIsSentOneQuestionADay: a flood in somebody's name brings one question a day, and after five without an answer none for a month.
func TestWhateverIsSentOneQuestionADay(t *testing.T) {
	s := &inquiry.State{}
	asked := map[int]int{}
	for n := range 40 * 24 { // one an hour, for forty days
		at := came.Add(time.Duration(n) * time.Hour)
		if known, left := s.Add(waiting(n, at), at); known || left && len(s.Waiting) < inquiry.MostMails && !at.Before(s.Until) {
			t.Fatalf("mail %d: known %v, left %v with %d waiting", n, known, left, len(s.Waiting))
		}
		for step, when := s.Next(); step != inquiry.End && !when.After(at); step, when = s.Next() {
			if step == inquiry.Ask {
				asked[int(at.Sub(came)/day)]++
				s.Put(s.Question(at))
			} else {
				s.Overdue(at)
				s.Forget(at)
			}
		}
	}
	total := 0
	for on, n := range asked {
		if total += n; n > 1 {
			t.Errorf("%d questions on day %d", n, on)
		}
	}
	if total < inquiry.MostQuestions || total > 2*inquiry.MostQuestions {
		t.Errorf("%d questions in forty days: %v", total, asked)
	}
}

func TestWhatAnAnswerSettles(t *testing.T) {
	open := func() *inquiry.State {
		s := &inquiry.State{}
		for n := range 3 {
			s.Add(waiting(n, came.Add(time.Duration(n)*time.Minute)), came)
		}
		s.Put(s.Question(came.Add(time.Hour)))
		return s
	}
	soon, late := came.Add(2*time.Hour), came.Add(time.Hour+inquiry.Serves)
	for name, c := range map[string]struct {
		question int
		said     inquiry.Said
		at       time.Time
		settled  int
		quiet    bool
	}{
		"yes":                     {1, inquiry.Said{Word: inquiry.Yes}, soon, 3, false},
		"yes to two":              {1, inquiry.Said{Word: inquiry.Yes, Which: []int{1, 3}}, soon, 2, false},
		"no":                      {1, inquiry.Said{Word: inquiry.No}, soon, 3, true},
		"no to one":               {1, inquiry.Said{Word: inquiry.No, Which: []int{2}}, soon, 1, true},
		"a number that is not on": {1, inquiry.Said{Word: inquiry.Yes, Which: []int{1, 4}}, soon, 0, false},
		"number nought":           {1, inquiry.Said{Word: inquiry.Yes, Which: []int{0}}, soon, 0, false},
		"other words":             {1, inquiry.Said{}, soon, 0, false},
		"a question never asked":  {2, inquiry.Said{Word: inquiry.Yes}, soon, 0, false},
		"too late":                {1, inquiry.Said{Word: inquiry.Yes}, late, 0, false},
	} {
		s := open()
		if got := s.Answer(c.question, c.said, c.at); len(got) != c.settled || len(s.Waiting) != 3-c.settled {
			t.Errorf("%s: settled %d, %d wait", name, len(got), len(s.Waiting))
		}
		if quiet := !s.Until.IsZero(); quiet != c.quiet {
			t.Errorf("%s: quiet %v", name, quiet)
		}
		if c.settled > 0 {
			if again := s.Answer(c.question, inquiry.Said{Word: inquiry.Yes}, c.at); len(again) != 0 {
				t.Errorf("%s: the address served twice: %v", name, again)
			}
		}
	}
}

// TestAfterNONNothingIsAsked: what comes next in that name goes to an officer straight away, for a month.
func TestAfterNONNothingIsAsked(t *testing.T) {
	s := &inquiry.State{}
	s.Add(waiting(1, came), came)
	s.Put(s.Question(came))
	s.Answer(1, inquiry.Said{Word: inquiry.No}, came.Add(day))
	if _, left := s.Add(waiting(2, came.Add(2*day)), came.Add(2*day)); !left {
		t.Error("it is asked about again")
	}
	if step, at := s.Next(); step != inquiry.End || !at.Equal(came.Add(day+inquiry.Quiet)) {
		t.Errorf("%s at %v", step, at)
	}
	if _, left := s.Add(waiting(3, came.Add(40*day)), came.Add(40*day)); left {
		t.Error("a month later nothing is asked")
	}
}

// TestAnInquiryKeepsItsPromises lets random mails come and random answers be given: no day has two questions without an answer in between, no mail is
// asked about more than twice, each is settled or an officer's after five days, and it ends.
func TestAnInquiryKeepsItsPromises(t *testing.T) {
	chance.Check(t, func(t *rapid.T) {
		s := &inquiry.State{}
		at, n := came, 0
		var last time.Time
		asked, gone := map[string]int{}, map[string]bool{}
		for range rapid.IntRange(1, 60).Draw(t, "things") {
			at = at.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "hours")) * time.Hour)
			for step, when := s.Next(); step != inquiry.End && !when.After(at); step, when = s.Next() {
				now := max2(when, came)
				switch step {
				case inquiry.Ask:
					if now = max2(now, last); now.Sub(last) < inquiry.Between && !last.IsZero() {
						t.Fatalf("two questions within %v", now.Sub(last))
					}
					q := s.Question(now)
					if len(q.Mails) == 0 || len(q.Mails) > inquiry.MostMails {
						t.Fatalf("a question about %d mails", len(q.Mails))
					}
					for _, sum := range q.Mails {
						if asked[sum]++; asked[sum] > 2 {
							t.Fatalf("%s is asked about %d times", sum, asked[sum])
						}
					}
					s.Put(q)
					last = now
				case inquiry.Give:
					for _, w := range s.Overdue(now) {
						if now.Before(w.At.Add(inquiry.Leave)) && !s.Denied.After(w.At) {
							t.Fatalf("%s is given up early", w.Mail.SHA256)
						}
						gone[w.Mail.SHA256] = true
					}
					s.Forget(now)
				}
			}
			for _, w := range s.Waiting {
				if !w.Left && at.Sub(w.At) > inquiry.Leave {
					t.Fatalf("%s waits for %v and no officer knows", w.Mail.SHA256, at.Sub(w.At))
				}
			}
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0, 1:
				n++
				if _, left := s.Add(waiting(n, at), at); left {
					gone[fmt.Sprint("mail-", n)] = true
				}
			case 2:
				word := rapid.SampledFrom([]inquiry.Word{inquiry.Yes, inquiry.No, inquiry.Unclear}).Draw(t, "word")
				for _, w := range s.Answer(rapid.IntRange(1, s.Sent+1).Draw(t, "question"), inquiry.Said{Word: word}, at) {
					if asked[w.Mail.SHA256] == 0 {
						t.Fatalf("%s is settled and was never asked about", w.Mail.SHA256)
					}
				}
			}
		}
		for range 1000 {
			step, when := s.Next()
			at = max2(at, when)
			switch step {
			case inquiry.End:
				for _, w := range s.Waiting {
					if !w.Left {
						t.Fatalf("it ends while %s waits", w.Mail.SHA256)
					}
				}
				return
			case inquiry.Ask:
				s.Put(s.Question(at))
			case inquiry.Give:
				s.Overdue(at)
				s.Forget(at)
			}
		}
		t.Fatal("it never ends")
	})
}

// TestWhichOfTwoSchemes: one mail is asked about once for each scheme, and what is not named is not meant.
func TestWhichOfTwoSchemes(t *testing.T) {
	for name, c := range map[string]struct {
		said    inquiry.Said
		settled string
		waits   int
	}{
		"the first":             {inquiry.Said{Word: inquiry.Yes, Which: []int{1}}, "a", 0},
		"the second":            {inquiry.Said{Word: inquiry.Yes, Which: []int{2}}, "b", 0},
		"both":                  {inquiry.Said{Word: inquiry.Yes}, "a b", 0},
		"neither":               {inquiry.Said{Word: inquiry.No}, "a b", 0},
		"a number that is none": {inquiry.Said{Word: inquiry.Yes, Which: []int{3}}, "", 2},
		"something else":        {inquiry.Said{}, "", 2},
	} {
		s := &inquiry.State{}
		w := waiting(1, came)
		w.Scheme, w.Also, w.Choice = "a", "b", true
		for _, one := range w.Each() {
			s.Add(one, came)
			s.Add(one, came) // handed over again
		}
		s.Put(s.Question(came))
		var got []string
		for _, w := range s.Answer(1, c.said, came.Add(day)) {
			got = append(got, w.Scheme)
		}
		if strings.Join(got, " ") != c.settled || len(s.Waiting) != c.waits {
			t.Errorf("%s: %v settled, %d wait, want %q and %d", name, got, len(s.Waiting), c.settled, c.waits)
		}
	}
	s := &inquiry.State{}
	w := waiting(1, came)
	w.Also, w.Choice = "b", true
	for _, one := range w.Each() {
		s.Add(one, came)
	}
	if s.Settle(w.Mail.SHA256); len(s.Waiting) > 0 {
		t.Errorf("an officer has dealt with it, and %d wait", len(s.Waiting))
	}
}
