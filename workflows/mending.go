package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"relance/domain/casefile"
)

// triedAgain is after how long what could not go is tried again by itself: an administrator may have mended a text meanwhile.
const triedAgain = 24 * time.Hour

// untilGone tries until a letter goes, and waits each time until what it lacks is mended.
func (c *application) untilGone(ctx workflow.Context, try func() (*casefile.Stop, error)) error {
	stop, err := try()
	for err == nil && stop != nil {
		stop, err = c.mend(ctx, *stop, try)
	}
	return err
}

// mend lets a letter that may not go wait until an officer says that it is mended, or a day has passed, and tries again.
// Everything else that comes waits behind it.
func (c *application) mend(ctx workflow.Context, stop casefile.Stop, try func() (*casefile.Stop, error)) (*casefile.Stop, error) {
	stop.Holds, c.reading = true, time.Time{}
	c.state.StopFor(stop)
	if a, is := c.acting.(*act); is { // the officer whose act led to it shall not wait
		a.done.Stopped = stop.Why()
		c.conclude(nil)
	}
	c.show(ctx)
	isAgain := func(e event) bool { return e.act != nil && e.act.kind == casefile.SendStopped }
	c.busy = false
	came, err := workflow.AwaitWithTimeout(ctx, triedAgain, func() bool { return slices.ContainsFunc(c.pending, isAgain) })
	c.busy = true
	if err != nil {
		return nil, err
	}
	var again event
	if came {
		i := slices.IndexFunc(c.pending, isAgain)
		again = c.pending[i]
		c.pending = slices.Delete(c.pending, i, i+1)
		c.noteAct(ctx, again, "")
	}
	held := c.state.Stopped
	c.state.Mended() // as the stored case shall say
	next, err := try()
	if err != nil {
		return nil, err
	}
	if next != nil {
		c.state.Stopped = held
	}
	if again.act != nil && next != nil {
		again.act.refuse(casefile.Refuse("%s", next.Why()))
	}
	if again.act != nil {
		again.act.conclude(nil)
	}
	return next, nil
}

// undecided takes a decision back whose letter may not go: the case is as it was before, with what is missing.
func (c *application) undecided(ctx workflow.Context, e event, before casefile.State, stop casefile.Stop) error {
	c.state = before
	c.state.StopFor(stop)
	return c.refuseAndStore(ctx, e, casefile.Refuse("la décision n'est pas prise, car sa lettre ne peut pas partir : %s", stop.Why()))
}

// refuseAndStore refuses an act that has left something in the case.
func (c *application) refuseAndStore(ctx workflow.Context, e event, why error) error {
	e.act.refuse(why)
	c.concludeEarly(ctx)
	return c.send(ctx)
}
