package routing_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"relance/domain/casefile"
	"relance/domain/scheme"
	"relance/intake/routing"
	"relance/mail/address"
	"relance/mail/auth"
	"relance/mail/message"
	"relance/schemes"
)

// sign stands in for the keyed hash.
func sign(text string) string {
	return "sig0" + strings.ReplaceAll(strings.ToLower(text[len(text)-4:]), "-", "0")
}

var addresses = address.Addresses{Mailbox: "aides@metropole.example", Sign: sign}

func router(t testing.TB) *routing.Router {
	t.Helper()
	c, err := scheme.Load(schemes.Files)
	if err != nil {
		t.Fatal(err)
	}
	return &routing.Router{Addresses: addresses, Catalogue: c, ADay: 3}
}

// book is what a test knows of cases.
type book struct {
	cases map[string]string // reference: scheme
	open  map[string][]string
	firms map[string]string // reference: SIRET
	sent  []string
	today int
	all   int // opened by everybody
	err   error
}

func (b book) Exists(reference string) (bool, error) { return b.cases[reference] != "", b.err }
func (b book) Sent(_, id string) (bool, error)       { return slices.Contains(b.sent, id), b.err }
func (b book) Open(sender string) (list []routing.Candidate, today int, err error) {
	for _, reference := range b.open[sender] {
		list = append(list, routing.Candidate{Reference: reference, Scheme: b.cases[reference]})
	}
	return list, b.today, b.err
}
func (b book) Opened() (int, error) { return b.all, b.err }
func (b book) IsFirm(reference, siret string) (same, known bool, err error) {
	return b.firms[reference] == siret, b.firms[reference] != "", b.err
}

const (
	one, two   = "RBD-7K3M9-QXD3A", "RBD-4T8WN-HM2ZC"
	tourism    = "RBT-11111-22222"
	gone       = "RBD-00000-00000"
	bakery     = "62819482100011"
	salon      = "62819482100029"
	jeanne     = "jeanne@boulangerie.example"
	accountant = "cabinet@comptable.example"
)

var known = book{
	cases: map[string]string{one: "fonds-rebond", two: "fonds-rebond", tourism: "fonds-rebond-tourisme"},
	open:  map[string][]string{jeanne: {one}, accountant: {one, two}, "deux@x.example": {one, tourism}},
	firms: map[string]string{one: bakery, two: salon},
	sent:  []string{"rbd-7k3m9-qxd3a.2.charter@metropole.example"},
}

func TestRoute(t *testing.T) {
	r := router(t)
	rebond, err := r.Catalogue.Find("fonds-rebond")
	if err != nil {
		t.Fatal(err)
	}
	toCase := func(reference string) routing.Place { return routing.Place{Case: reference} }
	aside := func(reason routing.Reason) routing.Place { return routing.Place{Unassigned: reason} }
	ignored := func(reason routing.Reason) routing.Place { return routing.Place{Ignored: reason} }
	for _, c := range []struct {
		name   string
		header string
		change func(*routing.Letter)
		siret  string
		want   routing.Place
	}{
		{"signed address", "From: x@y.example\nTo: " + addresses.Case(one) + "\nSubject: " + two, nil, "", toCase(one)},
		{"signed address in Delivered-To", "From: x@y.example\nDelivered-To: " + addresses.Case(one) + "\nTo: aides+rebond@metropole.example", nil, "", toCase(one)},
		{"two signed addresses", "From: x@y.example\nTo: " + addresses.Case(one) + ", " + addresses.Case(two), nil, "", aside(routing.TwoCases)},
		{"a signature that is none leads nowhere by itself", "From: x@y.example\nTo: aides+rbd-00000-00000-guessed1@metropole.example", nil, "", aside(routing.NoCase)},
		{"answers a mail of ours", "From: x@y.example\nTo: aides@metropole.example\nIn-Reply-To: <" + known.sent[0] + ">\nSubject: Re: " + two, nil, "", toCase(one)},
		{"further up in the thread", "From: x@y.example\nTo: aides@metropole.example\nReferences: <" + known.sent[0] + "> <z@y.example>", nil, "", toCase(one)},
		{"a Message-ID that we never sent", "From: x@y.example\nTo: aides@metropole.example\nIn-Reply-To: <rbd-7k3m9-qxd3a.9.grant@metropole.example>", nil, "", aside(routing.NoScheme)},
		{"subject", "From: x@y.example\nTo: aides@metropole.example\nSubject: dossier " + strings.ToLower(two), nil, "", toCase(two)},
		{"plain address of a case", "From: x@y.example\nTo: aides+rbd-4t8wn-hm2zc@metropole.example", nil, "", toCase(two)},
		{"two cases in the subject", "From: x@y.example\nTo: aides@metropole.example\nSubject: " + one + " et " + two, nil, "", aside(routing.TwoCases)},
		{"a reference of somebody else's", "From: x@y.example\nTo: aides+rebond@metropole.example\nSubject: ZZZ-7K3M9-QXD3A", nil, "", routing.Place{Scheme: rebond}},
		{"no such case", "From: x@y.example\nTo: aides@metropole.example\nSubject: " + gone, nil, "", aside(routing.NoCase)},
		{"application", "From: x@y.example\nTo: aides+rebond@metropole.example", nil, "", routing.Place{Scheme: rebond}},
		{"no scheme", "From: x@y.example\nTo: aides@metropole.example", nil, "", aside(routing.NoScheme)},
		{"sender with one open case", "From: " + jeanne + "\nTo: aides@metropole.example\nSubject: mon bail", nil, "", toCase(one)},
		{"to the scheme, with the same SIRET", "From: " + jeanne + "\nTo: aides+rebond@metropole.example", nil, bakery, toCase(one)},
		{"to the scheme, without a SIRET", "From: " + jeanne + "\nTo: aides+rebond@metropole.example", nil, "", toCase(one)},
		{"to the scheme, for another shop", "From: " + jeanne + "\nTo: aides+rebond@metropole.example", nil, salon, routing.Place{Scheme: rebond}},
		{"to another scheme", "From: deux@x.example\nTo: aides+rebond@metropole.example", nil, "", toCase(one)},
		{"sender with two open cases", "From: " + accountant + "\nTo: aides@metropole.example", nil, "", aside(routing.TwoCases)},
		{"sender with two, one named by its SIRET", "From: " + accountant + "\nTo: aides+rebond@metropole.example", nil, salon, toCase(two)},
		{"sender with two, for a third shop", "From: " + accountant + "\nTo: aides+rebond@metropole.example", nil, "62819482100037", routing.Place{Scheme: rebond}},
		{"machine to a case", "From: x@y.example\nTo: " + addresses.Case(one) + "\nAuto-Submitted: auto-replied", nil, "", toCase(one)},
		{"machine to nobody", "From: x@y.example\nTo: aides+rebond@metropole.example\nAuto-Submitted: auto-replied", nil, "", ignored(routing.Automatic)},
		{"newsletter", "From: x@y.example\nTo: aides@metropole.example\nList-Id: <a.b>\nList-Unsubscribe-Post: x\nPrecedence: bulk", nil, "", ignored(routing.Automatic)},
		{"through a list, and no more is known", "From: x@y.example\nTo: aides+rebond@metropole.example\nList-Id: <a.b>", nil, bakery, aside(routing.MaybeList)},
		{"an answer through a list to a case", "From: x@y.example\nTo: " + addresses.Case(one) + "\nList-Id: <a.b>\nIn-Reply-To: <" + known.sent[0] + ">", nil, "", toCase(one)},
		{"an answer through a list to nothing of ours", "From: x@y.example\nTo: aides+rebond@metropole.example\nList-Id: <a.b>\nIn-Reply-To: <z@z>", nil, "", aside(routing.MaybeList)},
		{"away, or not", "From: x@y.example\nTo: aides+rebond@metropole.example\nSubject: Out of office space", nil, "", aside(routing.MaybeAway)},
		{"an application under such a subject", "From: x@y.example\nTo: aides+rebond@metropole.example\nSubject: Out of office space", nil, bakery, routing.Place{Scheme: rebond}},
		{"away, or not, on a case", "From: x@y.example\nTo: " + addresses.Case(one) + "\nSubject: Absence du bureau", nil, bakery, aside(routing.MaybeAway)},
		{"our own address, put there by a list", "From: Jeanne via Aides <aides@metropole.example>\nTo: aides+rebond@metropole.example\nX-Original-From: " + jeanne, nil, "", aside(routing.MaybeList)},
		{"machine about no case", "From: x@y.example\nTo: aides@metropole.example\nSubject: Re: " + gone + "\nX-Autoreply: yes", nil, "", ignored(routing.Automatic)},
		{"bounce that names its recipient alone", "From: MAILER-DAEMON@y.example\nTo: aides@metropole.example\nSubject: Undelivered", func(l *routing.Letter) { l.Bounce = &message.Bounce{Recipient: jeanne} }, "", toCase(one)},
		{"bounce to somebody of two cases", "From: MAILER-DAEMON@y.example\nTo: aides@metropole.example\nSubject: Undelivered", func(l *routing.Letter) { l.Bounce = &message.Bounce{Recipient: accountant} }, "", aside(routing.TwoCases)},
		{"bounce of ours", "From: MAILER-DAEMON@y.example\nTo: aides@metropole.example\nSubject: Undelivered", func(l *routing.Letter) { l.Bounce = &message.Bounce{OriginalMessageID: known.sent[0]} }, "", toCase(one)},
		{"bounce of a forgery", "From: MAILER-DAEMON@y.example\nTo: aides@metropole.example\nSubject: Undelivered", nil, "", ignored(routing.Bounced)},
		{"spam", "From: x@y.example\nTo: aides+rebond@metropole.example\nX-Spam-Flag: YES", nil, "", aside(routing.Spam)},
		{"forged", "From: x@y.example\nTo: aides+rebond@metropole.example", func(l *routing.Letter) { l.Verdict = auth.Forged }, "", aside(routing.Forged)},
		{"forged, for a case: the case holds it", "From: x@y.example\nTo: " + addresses.Case(one), func(l *routing.Letter) { l.Verdict = auth.Forged }, "", toCase(one)},
		{"nothing proves it", "From: x@y.example\nTo: aides+rebond@metropole.example", unproven, "", routing.Place{Scheme: rebond, Unproven: true}},
		{"nothing proves it, of a sender with a case", "From: " + jeanne + "\nTo: aides+rebond@metropole.example", unproven, "", toCase(one)},
		{"nothing proves it, for another shop", "From: " + jeanne + "\nTo: aides+rebond@metropole.example", unproven, salon, routing.Place{Scheme: rebond, Unproven: true}},
		{"nothing proves it, for a case", "From: x@y.example\nTo: " + addresses.Case(one), unproven, "", toCase(one)},
		{"a server of its domain sent it", "From: x@y.example\nTo: aides+rebond@metropole.example", func(l *routing.Letter) { l.Verdict = auth.DomainOnly }, "", routing.Place{Scheme: rebond, Unproven: true}},
		{"answers a question", "From: x@y.example\nTo: " + addresses.Question("2f8k0w6t9d3m", 4), unproven, "", routing.Place{Inquiry: "2f8k0w6t9d3m", Question: 4}},
		{"answers a question, and names a case", "From: x@y.example\nTo: " + addresses.Case(one) + ", " + addresses.Question("2f8k0w6t9d3m", 1), nil, "", routing.Place{Inquiry: "2f8k0w6t9d3m", Question: 1}},
		{"was delivered to a question", "From: x@y.example\nTo: aides@metropole.example\nDelivered-To: " + addresses.Question("2f8k0w6t9d3m", 1), nil, "", routing.Place{Inquiry: "2f8k0w6t9d3m", Question: 1}},
		{"a machine answers a question", "From: x@y.example\nTo: " + addresses.Question("2f8k0w6t9d3m", 4) + "\nAuto-Submitted: auto-replied", nil, "", ignored(routing.Automatic)},
		{"a list answers a question", "From: x@y.example\nTo: " + addresses.Question("2f8k0w6t9d3m", 4) + "\nList-Id: <a.b>", nil, "", ignored(routing.Automatic)},
		{"the address of no question", "From: x@y.example\nTo: " + strings.Replace(addresses.Question("2f8k0w6t9d3m", 4), "-4-", "-5-", 1), unproven, "", aside(routing.NoScheme)},
		{"our own", "From: " + addresses.Case(one) + "\nTo: " + addresses.Case(one), nil, "", ignored(routing.OwnMail)},
		{"no sender", "To: aides+rebond@metropole.example", nil, "", aside(routing.NoSender)},
		{"unreadable", "", func(l *routing.Letter) { l.Message = nil }, "", aside(routing.Unreadable)},
	} {
		l := letter(c.header, c.siret)
		if c.change != nil {
			c.change(&l)
		}
		if got, err := r.Route(l, known); err != nil || got != c.want {
			t.Errorf("%s: %+v, want %+v (%v)", c.name, got, c.want, err)
		}
	}
}

func letter(header, siret string) routing.Letter {
	m, err := message.ParseHeader([]byte(header + "\n\n"))
	if err != nil {
		m = nil
	}
	return routing.Letter{Message: m, Verdict: auth.Proven, SIRETs: func() ([]string, error) {
		if siret == "" {
			return nil, nil
		}
		return []string{siret}, nil
	}}
}

func TestOneCorrespondentOpensOnlySoManyCasesADay(t *testing.T) {
	r, b := router(t), known
	b.today = 3
	if got, _ := r.Route(letter("From: x@y.example\nTo: aides+rebond@metropole.example", ""), b); got.Unassigned != routing.TooMany {
		t.Errorf("%+v", got)
	}
	if got, _ := r.Route(letter("From: "+jeanne+"\nTo: aides+rebond@metropole.example", ""), b); got.Case != one {
		t.Errorf("a mail for an open case: %+v", got)
	}
}

func TestAllCorrespondentsTogetherOpenOnlySoManyCasesADay(t *testing.T) {
	r, b := router(t), known
	application := letter("From: x@y.example\nTo: aides+rebond@metropole.example", "")
	for _, c := range []struct {
		limit, opened int
		want          routing.Reason
	}{{0, 1_000_000, ""}, {100, 99, ""}, {100, 100, routing.Crowd}, {100, 5000, routing.Crowd}} {
		r.InAll, b.all = c.limit, c.opened
		got, err := r.Route(application, b)
		if err != nil || got.Unassigned != c.want || (got.Scheme == nil) != (c.want != "") {
			t.Errorf("%d of %d: %+v %v", c.opened, c.limit, got, err)
		}
		if got, err := r.Route(letter("From: "+jeanne+"\nTo: aides+rebond@metropole.example", ""), b); err != nil || got.Case != one {
			t.Errorf("a mail for an open case, %d of %d: %+v %v", c.opened, c.limit, got, err)
		}
	}
}

func TestWhatTheBookCannotTellIsAnError(t *testing.T) {
	r, b := router(t), known
	b.err = errors.New("no answer")
	for _, header := range []string{"To: " + addresses.Case(one), "In-Reply-To: <" + known.sent[0] + ">", "Subject: " + one, "To: aides+rebond@metropole.example"} {
		if got, err := r.Route(letter("From: "+jeanne+"\n"+header, ""), b); err == nil {
			t.Errorf("%s: %+v", header, got)
		}
	}
}

// unproven is a letter of which nothing proves who wrote it.
func unproven(l *routing.Letter) { l.Verdict = auth.Unproven }

// TestWhatNothingProvesSpendsNoLimit: neither that of the address it names, nor that of all.
func TestWhatNothingProvesSpendsNoLimit(t *testing.T) {
	r, b := router(t), known
	r.InAll, b.all, b.today = 100, 5000, 3
	for _, verdict := range []auth.Verdict{auth.Unproven, auth.DomainOnly, auth.Ambiguous} {
		l := letter("From: x@y.example\nTo: aides+rebond@metropole.example", "")
		l.Verdict = verdict
		if got, err := r.Route(l, b); err != nil || !got.Unproven || got.Scheme == nil {
			t.Errorf("%s: %+v, %v", verdict, got, err)
		}
	}
}

// FuzzRoute: whatever a message says, it is in exactly one place; a case it is put on exists, and a machine opens none.
func FuzzRoute(f *testing.F) {
	f.Add([]byte("From: "+jeanne+"\nTo: "+addresses.Case(one)+"\nSubject: "+two+"\n\n62819482100029"), true)
	f.Add([]byte("From: MAILER-DAEMON@x\nSubject: Undelivered\nContent-Type: multipart/report; boundary=B\n\n--B\nContent-Type: message/rfc822\n\nMessage-ID: <"+known.sent[0]+">\n\n--B--"), false)
	f.Add([]byte("Delivered-To: aides+rebond@metropole.example\nFrom: <a@b>, c@d\nReferences: <x> <y@z>\nAuto-Submitted: auto-replied\n\n"), true)
	files, err := filepath.Glob("../../intake/inspect/testdata/corpus/*.eml")
	if err != nil || len(files) == 0 {
		f.Fatal("no corpus: ", err)
	}
	for i, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		const large = 20 << 10 // a fuzzer does little with those
		if len(raw) < large {
			f.Add(raw, i%2 == 0)
		}
	}
	r := router(f)
	f.Fuzz(func(t *testing.T, raw []byte, proven bool) {
		m, err := message.Parse(raw)
		if err != nil {
			m = nil
		}
		l := routing.Letter{Message: m, Verdict: auth.Unproven, SIRETs: func() ([]string, error) { return []string{bakery}, nil }}
		if !proven {
			l.Verdict = auth.Forged
		}
		p, err := r.Route(l, known)
		if err != nil {
			t.Fatal(err)
		}
		places := 0
		for _, is := range []bool{p.Case != "", p.Scheme != nil, p.Unassigned != "", p.Ignored != "", p.Inquiry != ""} {
			if is {
				places++
			}
		}
		switch {
		case places != 1:
			t.Errorf("%d places: %+v", places, p)
		case p.Case != "" && (known.cases[p.Case] == "" || !casefile.IsReference(p.Case)):
			t.Errorf("on a case that is not there: %s", p.Case)
		case p.Scheme != nil && !p.Unproven:
			t.Error("a case is opened for somebody whom nothing proves")
		case p.Scheme != nil && (m.Kind != message.KindPerson || !proven || m.From.Address == ""):
			t.Errorf("%s opened a case", m.Kind)
		}
	})
}
