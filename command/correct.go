package command

import (
	"context"
	"strings"
	"time"

	"relance/domain/casefile"
	"relance/intake/reading"
	"relance/office/desk"
	"relance/process/engine"
)

// runCaseCorrect corrects or enters a value of an application. The value goes into the case folder, and never to Temporal.
func runCaseCorrect(ctx context.Context, c *call) error {
	a := c.action(casefile.CorrectValue)
	source := c.flags.String("source", "", "where the value is from: a document, a call, a register")
	reason := c.flags.String("reason", "", "why it replaces what was known; told to the applicant")
	text := c.flags.String("text", "", "what the applicant is told besides")
	decided := c.flags.Bool("decided", false, "the decision that is taken rests on it from now on, and so do the registers")
	what, err := c.parse(3)
	if err != nil {
		return err
	}
	act := casefile.Act{Field: what[1], Text: *text, Decided: *decided}
	if c.sent != nil {
		return c.act(ctx, a, what[0], act)
	}
	reference := strings.ToUpper(what[0])
	err = withDesk(ctx, *a.data, func(d *desk.Desk, e *engine.Engine) error {
		entered := casefile.Correction{Field: what[1], Written: what[2], Source: *source, Reason: *reason, By: *a.by,
			At: d.Clock.Legal(time.Now())}
		s, err := d.State(ctx, reference)
		if err != nil {
			return err
		}
		sch, err := e.Catalogue.Find(s.Scheme)
		if err != nil {
			return err
		}
		if v, err := sch.Version(s.Terms.SchemeVersion); err == nil { // the worker reads it again, by the version of the case
			entered.Field = v.KeyOf(entered.Field)
			if _, err := reading.Entered(entered, v); err != nil {
				return &desk.Refusal{Reason: err.Error()}
			}
		}
		act.Field = entered.Field
		act.Entered, err = d.Correct(ctx, e.Archive, reference, entered, act)
		return err
	})
	if err != nil {
		return err
	}
	return c.act(ctx, a, what[0], act)
}
