package workflows_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"relance/domain/casefile"
)

// doubted makes a mail one that nothing proves.
func doubted(m mail) mail {
	m.dmarc = "none"
	return m
}

// TestNothingUnprovenChangesACase sends what would change facts, index, money and stage, with nothing to prove who wrote it: the case is as it was, nobody
// is written to, and the mailbox is asked about each.
func TestNothingUnprovenChangesACase(t *testing.T) {
	for name, m := range map[string]mail{
		"other figures":         {text: "Effectif : 14\nLoyer mensuel : 900 €"},
		"another firm":          {text: "SIRET : 628 194 821 00029\nEntreprise : Autre"},
		"another manager":       {text: "Représentant légal : Paul Pirate"},
		"another account":       {text: newIBAN},
		"the whole form again":  {text: strings.ReplaceAll(fields, "480,50", "500,00"), files: whole().files},
		"documents":             {text: "Voici.", files: []string{"bail.pdf", "rib.pdf"}},
		"a withdrawal":          {text: "Je retire ma demande."},
		"the charter's phrase":  signature,
		"a signed copy":         {text: "Voici la charte signée.", sign: byHand},
		"a refusal to sign":     {text: "Je refuse de signer la charte."},
		"a question":            {text: "Où en est mon dossier ?"},
		"from somebody else":    {from: "autre@x.example", text: "Effectif : 14", files: []string{"bail.pdf"}},
		"thanks":                {text: "Merci beaucoup."},
		"an empty mail":         {text: ""},
		"words for our answers": {title: "Cliquez sur http://x.example", text: "Entreprise : Cliquez sur http://x.example"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.on(0, whole())
			before, objects := w.at(day-time.Hour), 0
			w.env.RegisterDelayedCallback(func() { objects = len(w.objects) }, day-time.Minute)
			w.on(day, doubted(m))
			after, stored := w.at(day+time.Hour), 0
			w.env.RegisterDelayedCallback(func() { stored = len(w.objects) }, day+time.Hour)
			w.dismisses(2 * day)
			w.run()
			if after.Facts != before.Facts || after.Kin != before.Kin || after.Verdict.Amount != before.Verdict.Amount || after.Stage != before.Stage || len(after.Documents) != len(before.Documents) ||
				!after.Charter.Signed.IsZero() || after.MailsOut != before.MailsOut || after.Stored != before.Stored || after.Heard != before.Heard {
				t.Errorf("the case has changed: %s, %d mails out, stored %d and %d, facts %v", after.Stage, after.MailsOut, before.Stored.Length, after.Stored.Length, after.Facts != before.Facts)
			}
			if len(after.Held) != 1 || len(w.room.asked) == 0 || w.room.asked[0].Case != reference || w.room.asked[0].Own == (m.from != "") {
				t.Errorf("held %d, asked %+v", len(after.Held), w.room.asked)
			}
			const mailWithItsAccount = 2
			if m.sign == nil && !m.signs() && stored-objects > mailWithItsAccount-1 { // the mail itself is stored before the case begins
				t.Errorf("%d objects were stored for it", stored-objects)
			}
		})
	}
}

// TestOUIMakesAMailCount: what was held counts when its mailbox answers, as if it had been proven when it came.
func TestOUIMakesAMailCount(t *testing.T) {
	for name, c := range map[string]struct {
		m    mail
		done func(s casefile.State) bool
	}{
		"figures": {mail{text: "Effectif : 4"}, func(s casefile.State) bool {
			return s.Stage == casefile.UnderReview || s.Stage == casefile.AwaitingCharter
		}},
		"a document":      {mail{text: "Voici.", files: []string{"quittance avril.pdf"}}, func(s casefile.State) bool { return len(s.Documents) == 6 }},
		"a withdrawal":    {mail{text: "Je retire ma demande."}, func(s casefile.State) bool { return s.Stage == casefile.Withdrawn }},
		"a signature":     {signature, func(s casefile.State) bool { return casefile.Date(s.Charter.Signed).Day() == 16 }},
		"another account": {mail{text: newIBAN}, func(s casefile.State) bool { return contains(s.Concerns, casefile.ConcernBank) }},
		"a stranger":      {mail{from: "autre@x.example", text: "Voici le bail.", files: []string{"bail.pdf"}}, func(s casefile.State) bool { return len(s.Held) == 1 && s.Held[0].Why == casefile.HeldStranger }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.on(0, whole())
			w.on(day, doubted(c.m))
			w.answers(4*day, casefile.AnswerYes)
			after := w.at(4*day + time.Hour)
			w.dismisses(5 * day)
			ended := w.run()
			if after.Reference == "" {
				*after = ended
			}
			if !c.done(*after) {
				t.Errorf("%s, held %d, documents %d, signed %v, %v", after.Stage, len(after.Held), len(after.Documents), after.Charter.Signed, after.Concerns)
			}
			if !slices.ContainsFunc(w.journal(ended), func(e casefile.Entry) bool { return e.What == "mail.confirmed" && len(e.Objects) == 3 }) {
				t.Error("the journal does not say that the mailbox answered, by which mails")
			}
		})
	}
}

// TestNONLeavesAMailToAnOfficer: it stays held, and an officer sees why.
func TestNONLeavesAMailToAnOfficer(t *testing.T) {
	w := newWorld(t)
	w.on(0, whole())
	w.on(day, doubted(mail{text: "Je retire ma demande."}))
	w.answers(2*day, casefile.AnswerNo)
	after := w.at(2*day + time.Hour)
	w.dismisses(3 * day)
	w.run()
	if after.Stage != casefile.AwaitingCharter || len(after.Held) != 1 || after.Held[0].Why != casefile.HeldDenied || !contains(after.Concerns, casefile.ConcernHeld) {
		t.Errorf("%s, held %d, %v", after.Stage, len(after.Held), after.Concerns)
	}
	w.expect("2020-09-15 acknowledgement", "2020-09-15 charter", "2020-09-25 reminder-charter", "2020-10-05 reminder-charter", "2020-10-16 lapse")
}

// TestWhileAMailWaitsNothingLapses: a period that ends while a mail is held does not close the case. Once the mail counts, so does the day on which it came;
// where it does not, the applicant has the time that was left.
func TestWhileAMailWaitsNothingLapses(t *testing.T) {
	rest := mail{text: "Voici le reste.", files: []string{"bail.pdf", "quittances.pdf"}}
	missing := whole()
	missing.files = []string{"kbis.pdf", "comptes.pdf", "rib.pdf"}
	for name, c := range map[string]struct {
		first, late mail
		stage       casefile.Stage // while it waits
	}{
		"documents":    {missing, rest, casefile.Incomplete},
		"the charter":  {whole(), signature, casefile.AwaitingCharter},
		"a neighbour":  {missing, mail{from: "voisine@x.example", text: "Voici le bail.", files: rest.files}, casefile.Incomplete},
		"a disowned":   {missing, rest, casefile.Incomplete},
		"one question": {missing, mail{text: "Faut-il aussi le bail ?"}, casefile.Incomplete},
	} {
		t.Run(name, func(t *testing.T) {
			for _, end := range []string{"yes", "admitted", "dismissed"} {
				w := newWorld(t)
				w.on(0, c.first)
				late := c.late
				if late.dmarc = "none"; name == "a disowned" {
					late.dmarc = "fail"
				}
				w.on(20*day, late)
				before, waiting := w.at(20*day-time.Hour), w.at(90*day)
				deadline := before.Deadlines
				switch end {
				case "yes":
					w.answers(91*day, casefile.AnswerYes)
				case "admitted":
					w.env.RegisterDelayedCallback(func() {
						w.ask(casefile.AdmitMail, casefile.Act{By: "agent-01", Mail: w.query().Held[0].Mail.SHA256}, &answer{})
					}, 91*day)
				case "dismissed":
					w.dismisses(91 * day)
				}
				after := w.at(91*day + time.Hour)
				w.dismisses(93 * day)
				w.act(95*day, casefile.WithdrawAct, casefile.Act{})
				w.run()
				_ = deadline
				if waiting.Stage != c.stage {
					t.Errorf("%s: after ninety days it is %s", end, waiting.Stage)
				}
				if after.Stage == casefile.Expired {
					t.Errorf("%s: it lapsed the moment that it was looked at", end)
				}
				counts := end != "dismissed" && (name == "documents" || name == "the charter" || name == "a disowned" && end == "admitted" || name == "a neighbour" && end == "admitted")
				if counts && len(after.Suspensions) > 0 {
					first := after.Suspensions[0]
					if on := casefile.Date(first.Ended).Format(time.DateOnly); on != "2020-10-05" && first.Ended.Before(first.Until) {
						t.Errorf("%s: the time of silence runs again from %s", end, on)
					}
				}
				if end == "dismissed" && len(after.Held) == 0 {
					kind := casefile.DocumentDeadline
					if c.stage == casefile.AwaitingCharter {
						kind = casefile.CharterDeadline
					}
					d := after.Deadline(kind)
					if days := casefile.DaysBetween(received.Add(91*day), d.At); days < 1 || days > 60 || d.Why[len(d.Why)-1].Rule != casefile.RuleHeld {
						t.Errorf("dismissed: %d days are left, %+v", days, d.Why)
					}
				}
			}
		})
	}
}

// TestAnAppealThatWasProvenLaterIsInTime: its own date counts, though the time of appeal is over when its mailbox answers.
func TestAnAppealThatWasProvenLaterIsInTime(t *testing.T) {
	for _, answered := range []int{30, 120} {
		w := rejectedWorld(t)
		w.on(20*day, doubted(mail{text: appealText}))
		w.answers(time.Duration(answered)*day, casefile.AnswerYes)
		waiting, after := w.at(time.Duration(answered)*day-time.Hour), w.at(time.Duration(answered)*day+time.Hour)
		w.act(time.Duration(answered+2)*day, casefile.RejectAppeal, casefile.Act{By: "agent-02", Text: "Non."})
		w.run()
		if waiting.Stage != casefile.Rejected {
			t.Errorf("day %d: while it waits the case is %s", answered, waiting.Stage)
		}
		if a := after.Appeals; len(a) != 1 || !a[0].Interrupts || casefile.Date(a[0].Received).Format(time.DateOnly) != "2020-10-05" {
			t.Errorf("day %d: %s, %+v", answered, after.Stage, a)
		}
	}
}

// TestAFirstMailThatIsUnprovenAfterAll: the starter took its sender for proven, and the signatures say otherwise. The case waits, and begins with the
// answer, on the day on which the mail came.
func TestAFirstMailThatIsUnprovenAfterAll(t *testing.T) {
	w := newWorld(t)
	w.on(0, doubted(whole()))
	waiting := w.at(3 * day)
	w.answers(4*day, casefile.AnswerYes)
	after := w.at(4*day + time.Hour)
	s := w.run()
	if waiting.Stage != casefile.Received || waiting.Facts.Key != "" || waiting.Kin != (casefile.Kin{}) || len(waiting.Deadlines) != 0 || len(waiting.Held) != 1 {
		t.Errorf("waiting: %s %+v", waiting.Stage, waiting.Kin)
	}
	if after.Stage != casefile.AwaitingCharter || !after.Received.Equal(received) || casefile.LastDay(after.Deadline(casefile.SilenceDeadline).At).Before(received.AddDate(0, 2, 0)) {
		t.Errorf("after: %s, received %v", after.Stage, after.Received)
	}
	if !strings.Contains(text(w.sent[0]), "Nous avons reçu le 15 septembre 2020") || s.MailsIn != 1 {
		t.Errorf("%d mails in; the acknowledgement:\n%s", s.MailsIn, text(w.sent[0]))
	}
	w.expect("2020-09-19 acknowledgement", "2020-09-19 charter", "2020-09-29 reminder-charter", "2020-10-09 reminder-charter", "2020-10-20 lapse")
}

// TestAFloodCostsACaseNothing: hundreds of mails that change nothing do not have the journal written for each, and no mail is lost.
func TestAFloodCostsACaseNothing(t *testing.T) {
	const flood = 250
	for name, m := range map[string]mail{
		"nothing proves it": {text: "Effectif : %d", dmarc: "none"},
		"disowned":          {text: "Effectif : %d", dmarc: "fail"},
		"a stranger":        {from: "autre@x.example", text: "Effectif : %d"},
		"questions":         {text: "Où en est mon dossier, pour la %d e fois ?"},
		"no sender":         {raw: []byte("Subject: %d\r\n\r\nBonjour\r\n")},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.on(0, whole())
			for i := range flood {
				one := m
				one.text = fmt.Sprintf(m.text, i)
				if m.raw != nil {
					one.raw = []byte(fmt.Sprintf(string(m.raw), i))
				}
				w.on(day+time.Duration(i)*time.Minute, one)
			}
			before, after := w.writes(day-time.Hour), w.writes(2*day-time.Hour)
			state := w.at(2*day - time.Hour)
			w.dismisses(3 * day)
			w.run()
			if written := after.journals - before.journals; written > flood/unstored+20 {
				t.Errorf("the journal was written %d times", written)
			}
			if len(state.Held)+len(w.room.left) < flood && m.from+m.dmarc != "" {
				t.Errorf("%d held, %d in the queue", len(state.Held), len(w.room.left))
			}
			if len(state.Held) > casefile.MaxHeld || len(state.Journal) > 2*unstored+20 {
				t.Errorf("%d held, %d entries in the state", len(state.Held), len(state.Journal))
			}
		})
	}
}

// unstored is how many entries of the journal may wait to be stored.
const unstored = 40
