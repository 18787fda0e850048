// Package rehearsal plays the mails of one applicant as the engine would, in memory and without servers: it reads each mail into a
// case, applies the rules, and writes the mail that answers. Scheme authors try a filled form with it, and tests measure on it how well mails
// are understood. It knows no other case, no register and no officer, and stops with the step after the complete case.
package rehearsal

import (
	"fmt"
	"slices"
	"time"

	"relance/domain/casefile"
	"relance/domain/scheme"
	"relance/intake/papers"
	"relance/intake/reading"
	"relance/letters/correspondence"
	"relance/mail/auth"
	"relance/mail/message"
)

// Case is one application while it is played.
type Case struct {
	Writer *correspondence.Writer
	Scheme *scheme.Scheme
	Reach  auth.Reach // what the mails may do

	State   casefile.State
	Facts   casefile.Facts
	Version *scheme.Version // the rules that it is judged by; nil before the first mail: those in force on its day

	names map[string]string // what each mail is called, by its identity
}

// Answer is a mail of ours.
type Answer struct {
	Name string // of its text
	Raw  []byte
	Text string
}

// Take reads the next mail of the applicant into the case and gives the mail that answers it; none is sent to a mail that nothing follows from.
// Name is what the mail is called in the account.
func (c *Case) Take(name string, raw []byte) (*Answer, error) {
	m, err := message.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	mail := casefile.Mail{Identity: message.Identity(raw), Received: m.Date, Size: int64(len(raw))}
	if mail.Received.IsZero() {
		mail.Received = time.Now()
	}
	mail.Ref = casefile.Ref{Key: name, SHA256: mail.Identity}
	if c.State.Received.IsZero() {
		c.State = casefile.State{Reference: casefile.NewReference(c.Scheme.Prefix, mail.Identity), Scheme: c.Scheme.ID,
			Stage: casefile.Received, Received: mail.Received.UTC()}
		c.names = map[string]string{}
		if c.Version == nil {
			c.Version = c.Scheme.At(casefile.Date(c.State.Received))
		}
	}
	if c.State.HasSeen(mail.Identity) {
		return nil, nil
	}
	c.names[mail.Identity] = name
	r := c.read(m, mail)
	c.State.TakeIn(mail, r, mail.Received)
	if r.From != casefile.FromApplicant {
		return nil, nil
	}
	return c.answer(c.step(r, mail.Received), mail.Received)
}

// read reads a mail and applies the rules to the case with what it brings.
func (c *Case) read(m *message.Message, mail casefile.Mail) casefile.Reading {
	result, err := reading.Read(reading.Input{Message: m, Mail: mail, State: c.State, Facts: c.Facts, Scheme: c.Scheme, Version: c.Version,
		At: mail.Received, Reach: c.Reach, Papers: papers.Here{}})
	if err != nil {
		return casefile.Reading{From: casefile.Unreadable}
	}
	r := result.Reading
	if r.From != casefile.FromApplicant {
		return r
	}
	c.Facts = result.Facts
	state := c.State
	state.Documents = append(slices.Clone(state.Documents), r.Documents...)
	rules := scheme.Context{Received: casefile.Date(c.State.Received)}
	if c.Scheme.Call != nil {
		rules.Filed = c.State.Received
	}
	c.Version = c.Scheme.Choose(c.Version, reading.Known(c.Facts), rules, mail.Received)
	terms := c.Scheme.Terms(c.Version)
	r.Terms = &terms
	r.Missing, r.Verdict = reading.Examine(reading.Examination{State: state, Facts: c.Facts, Scheme: c.Scheme, Version: c.Version, Context: rules,
		HasLine: func(string) bool { return false }})
	return r
}

// step moves the case on as the procedure does (package workflows) and names the mail that answers; empty where none does.
func (c *Case) step(r casefile.Reading, at time.Time) string {
	s := &c.State
	if s.Stage != casefile.Received && s.Stage != casefile.Incomplete {
		return ""
	}
	mail := s.AnswerTo(r)
	s.ReckonSilence()
	switch {
	case !s.IsComplete() && s.Stage == casefile.Received:
		s.Stage = casefile.Incomplete
		deadline := casefile.Allotted(casefile.DocumentDeadline, at, casefile.RuleRequested, s.Terms.DocumentDays)
		s.Set(deadline)
		s.Suspend(at, deadline.At)
		s.ReckonSilence()
	case s.IsComplete():
		s.Clear(casefile.DocumentDeadline)
		s.Stage = casefile.UnderReview
		if s.Terms.Charter && s.Verdict.Eligible {
			s.Stage = casefile.AwaitingCharter
			if mail == "complete" {
				mail = "charter"
			}
		}
	}
	return mail
}

// answer writes a mail of ours.
func (c *Case) answer(name string, at time.Time) (*Answer, error) {
	if name == "" {
		return nil, nil
	}
	c.State.MailsOut++
	raw, _, err := c.Writer.Mail(correspondence.Request{Piece: casefile.Piece{Seq: c.State.MailsOut, Mail: name}, State: c.State, Facts: c.Facts,
		Scheme: c.Scheme, Version: c.Version, At: at, Sent: at}, nil)
	if err != nil {
		return nil, err
	}
	m, err := message.Parse(raw)
	if err != nil {
		return nil, err
	}
	return &Answer{Name: name, Raw: raw, Text: m.Text}, nil
}
