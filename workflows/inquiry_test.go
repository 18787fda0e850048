package workflows_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"relance/contract"
	"relance/domain/casefile"
	"relance/domain/inquiry"
	"relance/mail/address"
	"relance/mail/message"
	"relance/mail/outbox"
	"relance/store/index"
)

// asking is the inquiry at one mailbox, with the real side effects but those of the starter.
type asking struct {
	*world
	id   string
	mail map[string]string // the SHA-256 of each application, by its name
}

func newAsking(t *testing.T) *asking {
	t.Helper()
	w := newWorld(t)
	w.objects["index/salt"] = []byte(strings.Repeat("s", 32))
	id, err := (&index.Index{Archive: w}).Inquiry(t.Context(), jeanne)
	if err != nil {
		t.Fatal(err)
	}
	w.acts.Writer.Addresses = address.Addresses{Mailbox: "aides@metropole.example", Sign: func(text string) string { return fmt.Sprintf("%08x", len(text)*7919) }}
	return &asking{w, id, map[string]string{}}
}

// store puts a mail into the archive, under a key that ends with its name in the queue.
func (a *asking) store(m mail, at time.Time, folder string) casefile.Mail {
	stored := a.put(m, at)
	raw := a.objects[stored.Key]
	stored.Key = folder + stored.SHA256 + ".eml"
	a.objects[stored.Key] = raw
	return stored
}

// comes lets an application wait, so long after the inquiry began.
func (a *asking) comes(after time.Duration, name string, m mail) {
	at := received.Add(after)
	m.title = "Demande " + name
	if m.dmarc == "" {
		m.dmarc = "none"
	}
	stored := a.store(m, at, "unassigned/")
	a.mail[name] = stored.SHA256
	a.env.RegisterDelayedCallback(func() {
		a.env.SignalWorkflow(contract.InquiryMail, inquiry.Waiting{Mail: stored, Scheme: "fonds-rebond", At: at.UTC()})
	}, after)
}

// replies lets a mail come to the address of a question, so long after the inquiry began.
func (a *asking) replies(after time.Duration, question int, m mail) {
	if m.dmarc == "" {
		m.dmarc = "none"
	}
	stored := a.store(m, received.Add(after), inquiry.Folder(a.id)+"mail/in/")
	a.env.RegisterDelayedCallback(func() {
		a.env.SignalWorkflow(contract.InquiryReply, inquiry.Reply{Mail: stored, Question: question})
	}, after)
}

// runs lets the inquiry live to its end.
func (a *asking) runs() {
	a.t.Helper()
	a.env.ExecuteWorkflow(contract.InquiryWorkflow, inquiry.Opening{ID: a.id})
	if err := a.env.GetWorkflowError(); err != nil || !a.env.IsWorkflowCompleted() {
		a.t.Fatalf("it did not end: %v", err)
	}
}

// left are the mails that were left to officers, each as "name reason".
func (a *asking) left() (list []string) {
	names := map[string]string{}
	for name, sum := range a.mail {
		names[sum] = name
	}
	for _, l := range a.room.left {
		name := names[l.Mail.SHA256]
		if l.Copy {
			name = "reply"
		}
		list = append(list, name+" "+l.Reason)
	}
	slices.Sort(list)
	return list
}

// believed are the mails that were taken where they belong, each as "name word".
func (a *asking) taken() (list []string) {
	for name, sum := range a.mail {
		for _, b := range a.room.believed {
			if b.Mail.Mail.SHA256 == sum {
				list = append(list, strings.TrimSpace(name+" "+b.Answer.Said))
			}
		}
	}
	slices.Sort(list)
	return list
}

func (a *asking) check(taken, left []string, sent ...string) {
	a.t.Helper()
	if got := a.taken(); !slices.Equal(got, taken) {
		a.t.Errorf("taken where they belong: %q, want %q", got, taken)
	}
	if got := a.left(); !slices.Equal(got, left) {
		a.t.Errorf("left to officers: %q, want %q", got, left)
	}
	var days []string
	for _, m := range a.sent {
		days = append(days, m.day)
		if m.to != jeanne || m.name != "question" {
			a.t.Errorf("%s went to %s", m.name, m.to)
		}
	}
	if !slices.Equal(days, sent) {
		a.t.Errorf("asked on %q, want %q", days, sent)
	}
}

// TestAMailboxIsAskedWhetherItWrote goes along every way that an inquiry can take.
func TestAMailboxIsAskedWhetherItWrote(t *testing.T) {
	yes, no := mail{text: "OUI"}, mail{text: "NON"}
	first, third, thirdDay := "2020-09-15", "2020-09-17", 2*day
	for name, c := range map[string]struct {
		play        func(a *asking)
		taken, left []string
		sent        []string
	}{
		"OUI":                 {func(a *asking) { a.comes(0, "one", whole()); a.replies(time.Hour, 1, yes) }, []string{"one yes"}, nil, []string{first}},
		"OUI a week later":    {func(a *asking) { a.comes(0, "one", whole()); a.replies(7*day, 1, yes) }, []string{"one yes"}, []string{"one unanswered"}, []string{first, third}},
		"OUI to the reminder": {func(a *asking) { a.comes(0, "one", whole()); a.replies(thirdDay+time.Hour, 2, yes) }, []string{"one yes"}, nil, []string{first, third}},
		"OUI too late":        {func(a *asking) { a.comes(0, "one", whole()); a.replies(31*day, 1, yes) }, nil, []string{"one unanswered", "reply reply"}, []string{first, third}},
		"OUI twice": {func(a *asking) {
			a.comes(0, "one", whole())
			a.replies(time.Hour, 1, yes)
			a.replies(2*time.Hour, 1, mail{text: "oui"})
		}, []string{"one yes"}, []string{"reply reply"}, []string{first}},
		"NON": {func(a *asking) { a.comes(0, "one", whole()); a.replies(time.Hour, 1, no) }, []string{"one no"}, nil, []string{first}},
		"NON, and again": {func(a *asking) {
			a.comes(0, "one", whole())
			a.replies(time.Hour, 1, no)
			a.comes(9*day, "two", whole())
		}, []string{"one no"}, []string{"two unasked"}, []string{first}},
		"no answer":   {func(a *asking) { a.comes(0, "one", whole()) }, nil, []string{"one unanswered"}, []string{first, third}},
		"other words": {func(a *asking) { a.comes(0, "one", whole()); a.replies(time.Hour, 1, mail{text: "Qui êtes-vous ?"}) }, nil, []string{"one unanswered", "reply reply"}, []string{first, third}},
		"an automatic reply": {func(a *asking) {
			a.comes(0, "one", whole())
			a.replies(time.Hour, 1, mail{text: "OUI", header: map[string]string{"Auto-Submitted": "auto-replied"}})
		}, nil, []string{"one unanswered", "reply reply"}, []string{first, third}},
		"OUI of somebody else": {func(a *asking) {
			a.comes(0, "one", whole())
			a.replies(time.Hour, 1, mail{text: "OUI", from: "pirate@x.example", dmarc: "pass"})
		}, nil, []string{"one unanswered", "reply reply"}, []string{first, third}},
		"OUI to no question": {func(a *asking) { a.comes(0, "one", whole()); a.replies(time.Hour, 7, yes) }, nil, []string{"one unanswered", "reply reply"}, []string{first, third}},
		"OUI and more": {func(a *asking) {
			a.comes(0, "one", whole())
			a.replies(time.Hour, 1, mail{text: "OUI\nVoici le bail.", files: []string{"bail.pdf"}})
		}, []string{"one yes"}, []string{"reply reply"}, []string{first}},
		"proven after all":      {func(a *asking) { m := whole(); m.dmarc = "pass"; a.comes(0, "one", m) }, []string{"one"}, nil, nil},
		"disowned after all":    {func(a *asking) { m := whole(); m.dmarc = "fail"; a.comes(0, "one", m) }, nil, []string{"one forged"}, nil},
		"an officer was faster": {func(a *asking) { a.comes(0, "one", whole()); a.room.settled = map[string]bool{a.mail["one"]: true} }, nil, nil, nil},
		"no such mailbox":       {func(a *asking) { a.comes(0, "one", whole()); a.refuse["question"] = &outbox.SMTPError{Code: 550} }, nil, []string{"one no_mailbox"}, nil},
		"two, and OUI": {func(a *asking) {
			a.comes(0, "one", whole())
			a.comes(time.Hour, "two", whole())
			a.replies(25*time.Hour, 2, yes)
		}, []string{"one yes", "two yes"}, nil, []string{first, "2020-09-16"}},
		"two, and OUI to one": {func(a *asking) {
			a.comes(0, "one", whole())
			a.comes(time.Hour, "two", whole())
			a.replies(25*time.Hour, 2, mail{text: "OUI 2"})
		}, []string{"two yes"}, []string{"one unanswered"}, []string{first, "2020-09-16"}},
		"two, and NON to one": {func(a *asking) {
			a.comes(0, "one", whole())
			a.comes(time.Hour, "two", whole())
			a.replies(25*time.Hour, 2, mail{text: "NON 1"})
		}, []string{"one no"}, []string{"two unanswered"}, []string{first, "2020-09-16"}},
		"OUI to the first alone": {func(a *asking) {
			a.comes(0, "one", whole())
			a.comes(time.Hour, "two", whole())
			a.replies(2*time.Hour, 1, yes)
		}, []string{"one yes"}, []string{"two unanswered"}, []string{first, "2020-09-16", "2020-09-18"}},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAsking(t)
			c.play(a)
			a.runs()
			a.check(c.taken, c.left, c.sent...)
		})
	}
}

// TestAFloodInSomebodysName: a hundred applications bring its owner one question a day, of what fits one list, and none is lost.
func TestAFloodInSomebodysName(t *testing.T) {
	a := newAsking(t)
	const flood = 100
	for i := range flood {
		a.comes(time.Duration(i)*time.Minute, fmt.Sprint("n", i), mail{text: fmt.Sprint("Entreprise : Cliquez ici ", i)})
	}
	a.runs()
	days := map[string]int{}
	for _, m := range a.sent {
		if days[m.day]++; days[m.day] > 1 {
			t.Errorf("%d questions on %s", days[m.day], m.day)
		}
	}
	if len(a.sent) > inquiry.MostQuestions || len(a.left()) != flood {
		t.Errorf("%d questions, %d mails left to officers", len(a.sent), len(a.left()))
	}
}

// TestAQuestionSaysNothingOfWhoWrote: neither name nor subject nor text nor the names of files of a mail in somebody's name reach that person by us.
func TestAQuestionSaysNothingOfWhoWrote(t *testing.T) {
	for name, m := range map[string]mail{
		"a name and fields": {text: strings.ReplaceAll(fields, "Boulangerie Martin", "Cliquez sur http://pirate.example")},
		"names of files":    {text: "Bonjour", copies: map[string][]byte{"cliquez-http-pirate.example.pdf": []byte("%PDF-1.4")}},
		"headers": {raw: []byte("From: \"Cliquez http://pirate.example\" <" + jeanne + ">\r\nTo: aides+rebond@metropole.example\r\nSubject: http://pirate.example\r\n" +
			"Message-ID: <http.pirate.example@pirate.example>\r\nReferences: <pirate@pirate.example>\r\nReply-To: pirate@pirate.example\r\nOrganization: pirate\r\n\r\nhttp://pirate.example\r\n")},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAsking(t)
			a.comes(0, "pirate", m)
			a.runs()
			if len(a.sent) != 2 {
				t.Fatalf("%d questions", len(a.sent))
			}
			raw := string(a.objects[inquiry.Folder(a.id)+"questions/001.eml"])
			for _, word := range []string{"pirate", "cliquez", "boulangerie martin", "references:", "in-reply-to:"} {
				if strings.Contains(strings.ToLower(raw), word) {
					t.Errorf("the question says %q:\n%s", word, raw)
				}
			}
			q := a.sent[0]
			if id, n := a.acts.Writer.Addresses.Asked(q.ReplyTo.Address); id != a.id || n != 1 || q.From.Address == q.ReplyTo.Address {
				t.Errorf("from %s, to be answered to %s", q.From.Address, q.ReplyTo.Address)
			}
			if q.To[0] != (message.Address{Address: jeanne}) || q.AutoSubmitted == "" {
				t.Errorf("to %+v, %q", q.To, q.AutoSubmitted)
			}
			for _, want := range []string{"15 septembre 2020 à 10 h 00", "Fonds Rebond", "OUI", "NON", "R. 112-11-1"} {
				if !strings.Contains(strings.ReplaceAll(text(q), "\u00a0", " "), want) && !strings.Contains(strings.ToLower(text(q)), strings.ToLower(want)) {
					t.Errorf("the question does not say %q:\n%s", want, text(q))
				}
			}
		})
	}
}

// TestEnoughIsAskedInADay: beyond so many questions of a day mails wait, and are an officer's after five days all the same.
func TestEnoughIsAskedInADay(t *testing.T) {
	a := newAsking(t)
	a.acts.Questions = 1
	a.objects["opened/2020-09-15-asked/somebody-1"] = nil
	a.comes(0, "one", whole())
	a.runs()
	a.check(nil, []string{"one unanswered"}, "2020-09-16", "2020-09-18")
}

// TestWhoWroteToTwoSchemesIsAskedOnce: one question names both, and the answer takes the mail to the scheme that was meant; without one it is an officer's.
func TestWhoWroteToTwoSchemesIsAskedOnce(t *testing.T) {
	for name, c := range map[string]struct {
		reply string
		taken string
		left  int
	}{
		"the second": {"OUI 2", "rebond-tourisme", 0}, "both": {"OUI", "fonds-rebond rebond-tourisme", 0},
		"unclear": {"Les deux peut-être ?", "", 3}, "nothing": {"", "", 2},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAsking(t)
			m := whole()
			m.title, m.dmarc = "Demande", "pass"
			stored := a.store(m, received, "unassigned/")
			a.env.RegisterDelayedCallback(func() {
				a.env.SignalWorkflow(contract.InquiryMail, inquiry.Waiting{Mail: stored, Scheme: "fonds-rebond", Also: "rebond-tourisme", Choice: true, At: received.UTC()})
			}, 0)
			if c.reply != "" {
				a.replies(time.Hour, 1, mail{text: c.reply})
			}
			a.runs()
			var taken []string
			for _, b := range a.room.believed {
				taken = append(taken, b.Mail.Scheme)
			}
			if strings.Join(taken, " ") != c.taken || len(a.room.left) != c.left {
				t.Errorf("taken to %q, %d left to officers, want %q and %d", taken, len(a.room.left), c.taken, c.left)
			}
			question := text(a.sent[0])
			for _, want := range []string{"adressée à deux dispositifs", "n° 1", "n° 2", "OUI 1"} {
				if !strings.Contains(question, want) {
					t.Errorf("%q is not in the question:\n%s", want, question)
				}
			}
			if strings.Contains(question, "ne nous garantit pas") {
				t.Errorf("it doubts who wrote:\n%s", question)
			}
		})
	}
}
