package rehearsal_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"relance/domain/authority"
	"relance/domain/scheme"
	"relance/letters/correspondence"
	"relance/letters/rehearsal"
	"relance/letters/texts"
	"relance/mail/address"
	"relance/mail/auth"
	"relance/schemes"
)

// score is how well mails were understood.
type score struct {
	fields, right, confirm, wrong, asked int // of fields
	docs, docsRight                      int
	requests                             int // that ask for exactly what is lacking
	doubts, doubtsSeen, alarms           int // contradictions that there are, are noticed, and are none
	mails                                map[way]int
	stuck                                map[way]int
	n                                    int
}

func (s *score) add(o score) {
	s.fields += o.fields
	s.right += o.right
	s.confirm += o.confirm
	s.wrong += o.wrong
	s.asked += o.asked
	s.docs += o.docs
	s.docsRight += o.docsRight
	s.requests += o.requests
	s.doubts += o.doubts
	s.doubtsSeen += o.doubtsSeen
	s.alarms += o.alarms
	s.n += o.n
	if s.mails == nil {
		s.mails, s.stuck = map[way]int{}, map[way]int{}
	}
	for _, w := range []way{labelled, between} {
		s.mails[w] += o.mails[w]
		s.stuck[w] += o.stuck[w]
	}
}

func (s score) String() string {
	return fmt.Sprintf("fields %d: right %d confirm %d wrong %d asked %d · documents %d/%d · requests %d/%d · contradictions %d/%d, false %d · mails %.2f and %.2f · stuck %d and %d",
		s.fields, s.right, s.confirm, s.wrong, s.asked, s.docsRight, s.docs, s.requests, s.n, s.doubtsSeen, s.doubts, s.alarms,
		float64(s.mails[labelled])/float64(s.n), float64(s.mails[between])/float64(s.n), s.stuck[labelled], s.stuck[between])
}

// TestApplications measures how well the mails of a corpus are understood, and holds what has been reached. -v prints the table.
func TestApplications(t *testing.T) {
	all := measure(t, "../../intake/reading/testdata/applications")
	share := func(n, of int) float64 { return 100 * float64(n) / float64(of) }
	if got := share(all.right+all.confirm, all.fields); got < 91 {
		t.Errorf("%.1f %% of the fields are understood", got)
	}
	if all.wrong > 0 {
		t.Errorf("%d fields are silently wrong", all.wrong)
	}
	if all.doubtsSeen < all.doubts || all.alarms > 0 {
		t.Errorf("of %d contradictions %d are noticed, and %d that are none", all.doubts, all.doubtsSeen, all.alarms)
	}
	if all.mails[labelled] > 89 || all.mails[between] > 89 || all.stuck[labelled] > 7 || all.stuck[between] > 7 {
		t.Errorf("mails until complete: %v; stuck: %v", all.mails, all.stuck)
	}
}

// TestHeldOutApplications measures on mails that were written by somebody who had not seen the code, where RELANCE_TEST_HELDOUT is set: they are
// looked at rarely.
func TestHeldOutApplications(t *testing.T) {
	if os.Getenv("RELANCE_TEST_HELDOUT") == "" {
		t.Skip("RELANCE_TEST_HELDOUT is not set")
	}
	measure(t, "../../intake/reading/testdata/heldout/applications")
}

// measure plays every mail of a corpus, in both ways of answering.
func measure(t *testing.T, folder string) score {
	t.Helper()
	var all score
	for _, tr := range load(t, folder) {
		one := tr.measure(t)
		t.Logf("%s %-28s %s", tr.ID, tr.Style, one)
		all.add(one)
	}
	t.Logf("all %s", all)
	return all
}

// most is how many mails the ideal applicant writes before the case counts as stuck.
const most = 4

func (tr truth) measure(t *testing.T) score {
	t.Helper()
	var s score
	for _, w := range []way{labelled, between} {
		c := open(t, tr.Scheme)
		raw, err := os.ReadFile(filepath.Join(tr.folder, tr.ID+".eml"))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := c.Take(tr.ID+".eml", raw)
		if err != nil {
			t.Fatalf("%s: %v", tr.ID, err)
		}
		if w == labelled {
			s = tr.judge(t, c, answer)
		}
		n := 1
		for ; !c.State.IsComplete() && n < most; n++ {
			next := tr.goesOn(t, c, answer, w)
			if answer, err = c.Take(fmt.Sprintf("%s-%d.eml", tr.ID, n+1), next); err != nil {
				t.Fatalf("%s: %v", tr.ID, err)
			}
			if answer == nil {
				t.Fatalf("%s: no answer to mail %d", tr.ID, n+1)
			}
			if os.Getenv("RELANCE_TEST_SHOW") == tr.ID {
				t.Logf("%s\n%s", next[:min(len(next), 6000)], answer.Text)
			}
		}
		s.mails[w] = n
		if !c.State.IsComplete() {
			s.stuck[w] = 1
			t.Logf("%s stuck (%s): %v", tr.ID, w, c.State.Missing)
		}
	}
	return s
}

// judge counts what was made of the first mail.
func (tr truth) judge(t *testing.T, c *rehearsal.Case, answer *rehearsal.Answer) score {
	t.Helper()
	s := score{n: 1, mails: map[way]int{}, stuck: map[way]int{}}
	a := c.Account(answer)
	for _, key := range slices.Sorted(maps.Keys(tr.Fields)) {
		s.fields++
		f := a.Fields[bracketed(key)]
		switch is := tr.right(c.Version, key, f.Value, tr.Fields); {
		case f.Sure == rehearsal.Certain && is:
			s.right++
			continue
		case f.Sure == rehearsal.Confirm && is, f.Sure == rehearsal.Confirm && slices.Contains(tr.DoubtOK, key):
			s.confirm++
		case f.Sure == rehearsal.Certain && f.Value != "":
			s.wrong++
		case slices.Contains(tr.DoubtOK, key):
			s.right++
			continue
		default:
			s.asked++
		}
		t.Logf("  %s %s: %s %q from %q, not %q", tr.ID, key, f.Sure, f.Value, f.Says, tr.Fields[key])
	}
	for key, f := range c.Facts.Fields { // a value that nobody gave
		_, given := tr.Fields[key]
		if _, known := tr.Base[key]; known && !given && f.Problem == "" && !tr.right(c.Version, key, f.Value, tr.Base) {
			s.wrong++
			t.Logf("  %s %s: invented %q from %q", tr.ID, key, f.Value, f.Written)
		}
	}
	for _, d := range tr.Docs {
		s.docs++
		for _, got := range a.Documents {
			if got.Name == d.Name && slices.Equal(sorted(got.Kinds), sorted(d.Kinds)) {
				s.docsRight++
				break
			}
		}
	}
	s.doubts, s.doubtsSeen = len(tr.Contradictions), min(len(tr.Contradictions), len(a.Contradictions))
	if s.alarms = len(a.Contradictions) - s.doubtsSeen; s.alarms > 0 || s.doubtsSeen < s.doubts {
		t.Logf("  %s contradictions %q: %v", tr.ID, tr.Contradictions, a.Contradictions)
	}
	if slices.Equal(sorted(a.Missing.Fields), sorted(tr.lacking(c.Version))) && slices.Equal(sorted(a.Missing.Documents), sorted(tr.MissingDocs)) {
		s.requests++
	}
	return s
}

// lacking lists the fields that the scheme asks for and the first mail does not give.
func (tr truth) lacking(v *scheme.Version) []string {
	facts := scheme.Facts{}
	for key, value := range tr.Fields {
		facts[key] = value[0]
	}
	var keys []string
	for _, key := range v.Asked(facts, scheme.Context{}) {
		if _, given := facts[key]; !given {
			keys = append(keys, bracketed(key))
		}
	}
	return keys
}

// bracketed is a key of the facts as an account has it.
func bracketed(key string) string {
	parts := strings.Split(key, ".")
	if len(parts) != 3 {
		return key
	}
	n := 0
	fmt.Sscan(parts[1], &n)
	return fmt.Sprintf("%s[%d].%s", parts[0], n-1, parts[2])
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// open begins a case of a scheme of this repository.
func open(t *testing.T, id string) *rehearsal.Case {
	t.Helper()
	catalogue, err := scheme.Load(schemes.Files)
	if err != nil {
		t.Fatal(err)
	}
	s, err := catalogue.Find(id)
	if err != nil {
		t.Fatal(err)
	}
	return &rehearsal.Case{Writer: writer, Scheme: s, Reach: auth.Act}
}

var writer = &correspondence.Writer{Authority: authority.Example(), Addresses: address.Addresses{Mailbox: "aides@metropole.example"}, Texts: texts.French()}
