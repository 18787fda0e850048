package workflows

import (
	"go.temporal.io/sdk/workflow"

	"relance/domain/casefile"
)

var lookHandlers = handlers{
	casefile.LookAct: does((*application).look),
	casefile.LiftBar: does((*application).lift),
}

// look notes that another officer has looked at a grant that was drawn; storing the case places the orders that waited.
func (c *application) look(ctx workflow.Context, e event) error {
	c.state.Looked(e.act.Act, c.now(ctx))
	c.noteAct(ctx, e, "")
	return c.send(ctx)
}

// lift lifts what a register says against the aid; storing the case places the orders that waited.
func (c *application) lift(ctx workflow.Context, e event) error {
	c.state.Lift(e.act.Act)
	c.noteAct(ctx, e, "")
	return c.send(ctx)
}
