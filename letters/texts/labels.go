package texts

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"relance/domain/calendar"
	"relance/domain/casefile"
)

// Labels are the short words: names of stages, events and problems, and how a date is explained.
type Labels struct {
	Stages    map[string]string `yaml:"stages"`
	Deadlines map[string]string `yaml:"deadlines"`
	Rules     map[string]string `yaml:"rules"`
	Concerns  map[string]string `yaml:"concerns"`
	Asides    map[string]string `yaml:"asides"`   // why a message reached no case
	Held      map[string]string `yaml:"held"`     // why a message waits for an officer
	Bars      map[string]string `yaml:"bars"`     // what registers say against an aid
	Shared    map[string]string `yaml:"shared"`   // what cases of different applicants have in common
	Disagree  map[string]string `yaml:"disagree"` // what a document says otherwise than the applicant, by property
	Events    map[string]string `yaml:"events"`
	Mails     map[string]string `yaml:"mails"`
	Letters   map[string]string `yaml:"letters"`
	Who       map[string]string `yaml:"who"`
	Problems  map[string]string `yaml:"problems"`
	Awaited   map[string]string `yaml:"awaited"`
	Details   map[string]string `yaml:"details"`
	Ways      map[string]string `yaml:"ways"`     // how a charter is signed
	Payments  map[string]string `yaml:"payments"` // where an instalment stands
	Signs     map[string]string `yaml:"signs"`    // what is known of a letter's way
	Grounds   map[string]string `yaml:"grounds"`  // of a withdrawal
	Decisions map[string]string `yaml:"decisions"`
	Outcomes  map[string]string `yaml:"outcomes"` // of an appeal or a proposed withdrawal
	Checks    map[string]string `yaml:"checks"`   // what the examination of a folder found
	Audit     map[string]string `yaml:"audit"`    // what the audit of everything found, and what is to be done

	Calls        map[string]string `yaml:"calls"`         // stages of a session of a call
	CallAwaited  map[string]string `yaml:"call_awaited"`  // what it waits for
	CallConcerns map[string]string `yaml:"call_concerns"` // what an officer has to look at
	Candidates   map[string]string `yaml:"candidates"`    // where a candidate stands
	Panel        map[string]string `yaml:"panel"`         // mails to the panel
	Ties         map[string]string `yaml:"ties"`          // how a place came about
}

// Stage is what people call a stage.
func (l *Labels) Stage(s casefile.Stage) string { return named(l.Stages, string(s)) }

// Concern is what people call a concern.
func (l *Labels) Concern(c casefile.Concern) string { return named(l.Concerns, string(c)) }

// Deadline is what people call a deadline.
func (l *Labels) Deadline(k casefile.DeadlineKind) string { return named(l.Deadlines, string(k)) }

// Actor is who acted, as people say it.
func (l *Labels) Actor(who string) string {
	if id, ok := strings.CutPrefix(who, casefile.OfficerName("")); ok {
		return named(l.Who, "officer") + " " + id
	}
	return named(l.Who, who)
}

// Event tells a journal entry in a few words.
func (l *Labels) Event(e casefile.Entry, terms casefile.Terms) string {
	text := named(l.Events, e.What)
	switch row, _ := casefile.EventOf(e.What); row.On {
	case casefile.OnStage:
		text += " : " + named(l.Stages, e.On)
	case casefile.OnMail:
		text += " : " + named(l.Mails, e.On)
	case casefile.OnDocument:
		text += " : " + named(l.Letters, casefile.Name(terms.Documents, e.Note))
	case casefile.OnFaultyLetter:
		text += " : " + named(l.Letters, e.On) + " (" + e.Note + ")"
	case casefile.OnLetterOrMail:
		text += " : " + cmp.Or(l.Letters[e.On], named(l.Mails, e.On))
	case casefile.OnLetter:
		text += " : " + named(l.Letters, e.On)
	}
	return text
}

// Why tells how a date was reckoned, a sentence for each step.
func (l *Labels) Why(d casefile.Deadline) []string {
	var lines []string
	for _, s := range d.Why {
		text := named(l.Rules, string(s.Rule))
		if s.Rule == casefile.RuleSuspended && s.Open {
			text = named(l.Rules, "suspended_open")
		}
		fill := strings.NewReplacer("{date}", calendar.InWords(s.Date), "{n}", strconv.Itoa(s.N), "{from}", calendar.InWords(s.From))
		lines = append(lines, fill.Replace(text))
	}
	return lines
}

// Moment is an instant as an administrator reads it, in Paris.
func Moment(t time.Time) string { return t.In(casefile.Paris).Format("02/01/2006 15:04") }

func named(labels map[string]string, code string) string {
	if text, ok := labels[code]; ok {
		return text
	}
	return code
}

// Call is what people call a stage of a session, a concern of it, a candidate's station or a rule of ranking.
func (l *Labels) Call(labels map[string]string, code string) string { return named(labels, code) }

func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
