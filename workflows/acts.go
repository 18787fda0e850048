package workflows

import (
	"maps"

	"go.temporal.io/sdk/workflow"

	"relance/domain/casefile"
)

// handler carries out an act that is possible on the case as it stands (casefile.ActTable). The event it gives back is what is left for the
// stage to deal with; mostly nothing.
type handler func(c *application, ctx workflow.Context, e event) (event, error)

// does makes a handler of what leaves nothing to the stage.
func does(do func(c *application, ctx workflow.Context, e event) error) handler {
	return func(c *application, ctx workflow.Context, e event) (event, error) { return event{}, do(c, ctx, e) }
}

// handlers are those of one topic; the file of the topic holds them.
type handlers map[casefile.ActKind]handler

var topics = []handlers{reviewHandlers, mailHandlers, charterHandlers, signingHandlers, callHandlers, paymentHandlers, repaymentHandlers,
	notificationHandlers, appealHandlers, withdrawalHandlers, recoveryHandlers, lookHandlers, correctionHandlers}

// carriedOut has the handler of each act.
var carriedOut = together(topics)

func together(topics []handlers) handlers {
	all := handlers{}
	for _, topic := range topics {
		maps.Copy(all, topic)
	}
	return all
}

// onAct carries out an act, unless the case has moved on since it was admitted.
func (c *application) onAct(ctx workflow.Context, e event) (event, error) {
	e.act.At = c.now(ctx)
	if err := c.state.May(e.act.kind, e.act.Act); err != nil {
		e.act.refuse(err)
		return event{}, nil
	}
	if c.state.Acts.Has(e.act.ID) {
		e.act.done.Again = true
		return event{}, nil
	}
	if err := c.state.Since(e.act.Act); err != nil {
		e.act.refuse(err)
		return event{}, nil
	}
	if err := c.apart(ctx, e); err != nil {
		e.act.refuse(err)
		return event{}, nil
	}
	return carriedOut[e.act.kind](c, ctx, e)
}

// noteAct writes the act that is carried out into the journal.
func (c *application) noteAct(ctx workflow.Context, e event, on string, objects ...casefile.Ref) {
	c.note(ctx, casefile.OfficerName(e.act.By), casefile.ActTable.Journal(e.act.kind), on, objects...)
}

// noteFirst writes an approval into the journal that needs another officer's.
func (c *application) noteFirst(ctx workflow.Context, e event) {
	c.note(ctx, casefile.OfficerName(e.act.By), casefile.ActTable.Journal(e.act.kind)+".first", "")
}
