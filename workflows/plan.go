package workflows

import (
	"slices"
	"strconv"
	"strings"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"relance/contract"
	"relance/domain/casefile"
	"relance/domain/ledger"
	"relance/domain/money"
)

const (
	// batch is how many moves are entered in the book together.
	batch = 500
	// planRun is how many events a run of the plan's workflow has at most; it is well below Temporal's own limit, since a
	// batch adds many at once.
	planRun = 8000
)

// plan is the workflow of a budget plan while it runs.
type plan struct {
	*Procedure
	head    contract.Head
	waiting []posting
}

// posting is a move that waits to be entered.
type posting struct {
	move   ledger.Move
	answer workflow.Settable
}

// Plan keeps the book of a budget plan: it takes the moves of all cases, enters them in batches, and tells the cases that
// waited for money when there is some. The book is in the archive; the workflow is the one who writes.
func (p *Procedure) Plan(ctx workflow.Context, head contract.Head) error {
	l := &plan{Procedure: p, head: head}
	if err := l.listen(ctx); err != nil {
		return err
	}
	for {
		l.show(ctx)
		if err := workflow.Await(ctx, func() bool { return len(l.waiting) > 0 || l.long(ctx) }); err != nil {
			return err
		}
		if len(l.waiting) == 0 && workflow.AllHandlersFinished(ctx) {
			l.head.Runs++
			return workflow.NewContinueAsNewError(ctx, contract.PlanWorkflow, l.head)
		}
		if len(l.waiting) == 0 { // the last answers are on their way
			if err := workflow.Await(ctx, func() bool { return len(l.waiting) > 0 || workflow.AllHandlersFinished(ctx) }); err != nil {
				return err
			}
			continue
		}
		if err := l.post(ctx); err != nil {
			return err
		}
	}
}

// long tells whether the run's history has grown enough to go on in a new one.
func (l *plan) long(ctx workflow.Context) bool {
	info := workflow.GetInfo(ctx)
	return info.GetCurrentHistoryLength() > planRun || info.GetContinueAsNewSuggested()
}

func (l *plan) listen(ctx workflow.Context) error {
	if err := workflow.SetQueryHandlerWithOptions(ctx, contract.PlanQuery, func() (contract.Head, error) { return l.head, nil },
		workflow.QueryHandlerOptions{Description: "Les crédits de chaque ligne : total, réservé, engagé, payé"}); err != nil {
		return err
	}
	return workflow.SetUpdateHandlerWithOptions(ctx, contract.PlanMove,
		func(ctx workflow.Context, m ledger.Move) (ledger.Answer, error) {
			answer, settle := workflow.NewFuture(ctx)
			l.waiting = append(l.waiting, posting{m, settle})
			var a ledger.Answer
			err := answer.Get(ctx, &a)
			return a, err
		},
		workflow.UpdateHandlerOptions{Validator: l.mayMove, Description: "Réserver, engager, payer ou libérer des crédits pour un dossier ; sa référence en est la clé"})
}

// mayMove turns a top-up away that no officer of the authority has made. The other moves come from the cases.
func (l *plan) mayMove(ctx workflow.Context, m ledger.Move) error {
	if m.Op != ledger.TopUp || len(m.Portions) == 0 {
		return nil
	}
	return refusal(l.known(casefile.RoleOfficer, m.By, workflow.Now(ctx)))
}

// post enters what waits, answers, and tells those who were served.
func (l *plan) post(ctx workflow.Context) error {
	now := l.waiting[:min(len(l.waiting), batch)]
	l.waiting = l.waiting[len(now):]
	moves := make([]ledger.Move, len(now))
	for i, p := range now {
		moves[i] = p.move
	}
	var posted contract.Posted
	if err := effect(ctx, "Écrire au livre des crédits", do.Post, contract.Posting{Head: l.head, Moves: moves}, &posted); err != nil {
		for _, p := range now { // the book cannot be understood: whoever asked has to know, and an administrator
			p.answer.SetError(temporal.NewApplicationErrorWithCause(err.Error(), "book", err))
		}
		return nil
	}
	l.head = posted.Head
	for i, p := range now {
		p.answer.SetValue(posted.Answers[i])
	}
	if !posted.Served {
		return nil
	}
	return effect(ctx, "Prévenir les dossiers en attente", do.Tell, l.head, &l.head.Notified)
}

// show is the plan as an administrator reads it in the Temporal UI.
func (l *plan) show(ctx workflow.Context) {
	w := l.Labels.Details
	var b strings.Builder
	row := func(cells ...string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	row(w["line"], w["total"], w["reserved"], w["committed"], w["paid"], w["left"], w["waiting"])
	row("---", "---:", "---:", "---:", "---:", "---:", "---:")
	for _, path := range l.paths() {
		f := l.head.Lines[path]
		name := path
		if name == "" {
			name = "**" + l.head.Plan + "**"
		}
		cents := func(c int64) string { return money.Cents(c).Format() }
		row(name, cents(f.Total), cents(f.Reserved), cents(f.Committed), cents(f.Paid), cents(f.Left()), l.count(f.Waiting))
	}
	workflow.SetCurrentDetails(ctx, b.String())
}

func (l *plan) count(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// paths lists the plan's lines in order.
func (l *plan) paths() []string {
	paths := make([]string, 0, len(l.head.Lines))
	//workflowcheck:ignore the keys are sorted before anything is made of them
	for path := range l.head.Lines {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	return paths
}
