package texts

import (
	"strings"
	"time"

	"relance/domain/casefile"
	"relance/domain/money"
)

// Happening is one line of what has happened since the decision, for people.
type Happening struct{ Label, When, Text string }

// Aftermath tells how the decision was notified, which decisions it has replaced, and of appeals and a withdrawal.
func (l *Labels) Aftermath(s casefile.State) []Happening {
	var lines []Happening
	say := func(label string, at time.Time, text string) {
		when := ""
		if !at.IsZero() {
			when = Moment(at)
		}
		lines = append(lines, Happening{named(l.Details, label), when, text})
	}
	for _, d := range s.Earlier {
		say("earlier", d.At, l.decision(d))
	}
	if s.Decision != nil {
		say("decision", s.Decision.At, l.decision(*s.Decision))
		l.notified(say, s.Decision.Notification)
	}
	for _, a := range s.Appeals {
		text := named(l.Outcomes, a.Outcome)
		if a.Outcome == "" {
			text = named(l.Details, "appeal_open")
		}
		if !a.Interrupts {
			text += ", " + named(l.Details, "appeal_idle")
		}
		say("appeals", a.Received, text)
	}
	if r := s.Reasons; !r.Asked.IsZero() {
		text := named(l.Details, "reasons_owed")
		if !r.Given.IsZero() {
			text = named(l.Details, "reasons_given") + " " + Moment(r.Given)
		}
		say("reasons", r.Asked, text)
	}
	if w := s.Withdrawal; w != nil {
		text := named(l.Grounds, w.Ground)
		if w.Keep > 0 {
			text += ", " + named(l.Details, "kept") + " " + money.Cents(w.Keep).Format()
		}
		if w.Outcome != "" {
			text += " : " + named(l.Outcomes, w.Outcome)
		}
		say("withdrawal", w.At, text)
		l.notified(say, w.Letter)
		for _, o := range w.Observations {
			say("observed", o.At, strings.TrimSpace(named(l.Signs, o.Way)+" "+o.On))
		}
	}
	if owed := s.Owed(); owed > 0 {
		say("recover", s.Withdrawal.Ended, money.Cents(owed).Format())
	}
	return lines
}

// decision says what was decided, and by whom.
func (l *Labels) decision(d casefile.Decision) string {
	text := named(l.Stages, string(casefile.Rejected))
	switch {
	case d.Grant && d.Amount > 0:
		text = named(l.Stages, string(casefile.Granted)) + ", " + money.Cents(d.Amount).Format()
	case d.Grant:
		text = named(l.Stages, string(casefile.Granted))
	case d.Revokes:
		text = named(l.Stages, string(casefile.Revoked))
	}
	if d.Kind != "" {
		text += ", " + named(l.Decisions, d.Kind)
	}
	return text + ", " + d.By
}

// notified says whether and how a letter has reached the applicant, and every sign of its way.
func (l *Labels) notified(say func(string, time.Time, string), n casefile.Notification) {
	if n.Seq == 0 {
		return
	}
	if n.Reached() {
		say("notified", n.Notified, named(l.Signs, n.How))
	} else {
		say("unnotified", time.Time{}, "")
	}
	for _, s := range n.Signs {
		say("sign", s.At, strings.TrimSpace(named(l.Signs, s.What)+" "+s.Note+" "+s.On))
	}
}
