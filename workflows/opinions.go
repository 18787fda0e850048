package workflows

import (
	"go.temporal.io/sdk/workflow"

	"relance/domain/casefile"
)

// askOpinions asks the third parties that have not been asked yet (avis), by mails of their own.
func (c *application) askOpinions(ctx workflow.Context) []casefile.Piece {
	var pieces []casefile.Piece
	for _, asked := range c.state.Verdict.Opinions {
		if c.opinion(asked.ID) != nil {
			continue
		}
		c.state.Opinions = append(c.state.Opinions, casefile.Opinion{Asked: asked, At: c.now(ctx)})
		c.note(ctx, casefile.Engine, casefile.EventOpinionAsked, asked.Of)
		pieces = append(pieces, casefile.Piece{Mail: casefile.OpinionMail, Opinion: asked.ID})
	}
	c.setOpinionDeadline()
	return pieces
}

func (c *application) opinion(id casefile.Code) *casefile.Opinion {
	for i := range c.state.Opinions {
		if c.state.Opinions[i].ID == id {
			return &c.state.Opinions[i]
		}
	}
	return nil
}

// until is when an opinion is no longer waited for.
func until(o casefile.Opinion) casefile.Deadline {
	return casefile.Allotted(casefile.OpinionDeadline, o.At, casefile.RuleOpinion, o.Days)
}

// setOpinionDeadline puts the first end of waiting in force, where an opinion is waited for.
func (c *application) setOpinionDeadline() {
	c.state.Clear(casefile.OpinionDeadline)
	for _, o := range c.state.Opinions {
		end := until(o)
		if first := c.state.Deadline(casefile.OpinionDeadline); o.Open() && (first.At.IsZero() || end.At.Before(first.At)) {
			c.state.Set(end)
		}
	}
}

// takeOpinion records a third party's answer. Its words stand in the mail, which the officer reads.
func (c *application) takeOpinion(ctx workflow.Context, e event) error {
	if o := c.opinion(e.reading.Opinion); o != nil {
		o.Answered, o.Answer = c.came(ctx), e.mail.Ref
		c.note(ctx, casefile.Outside, casefile.EventOpinionAnswered, o.Of)
	}
	c.setOpinionDeadline()
	c.raiseDecision()
	return c.send(ctx)
}

// goOnWithoutOpinions ends the waiting for opinions that have not come in time.
func (c *application) goOnWithoutOpinions(ctx workflow.Context) error {
	for i := range c.state.Opinions {
		o := &c.state.Opinions[i]
		if o.Open() && !c.now(ctx).Before(until(*o).At) {
			o.Lapsed = true
			c.note(ctx, casefile.Engine, casefile.EventOpinionLapsed, o.Of)
		}
	}
	c.setOpinionDeadline()
	return c.send(ctx)
}
