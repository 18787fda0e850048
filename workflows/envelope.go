package workflows

import (
	"errors"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"relance/activities"
	"relance/casefile"
)

// Envelope guards a budget (enveloppe): cases reserve, commit and release through it, one after another, and it never lets
// itself be overspent. It lives as long as the budget does.
func (p *Procedure) Envelope(ctx workflow.Context, e casefile.Envelope) error {
	if err := workflow.SetQueryHandlerWithOptions(ctx, activities.EnvelopeQuery, func() (casefile.Envelope, error) { return e, nil },
		workflow.QueryHandlerOptions{Description: "Les crédits réservés, engagés et restants"}); err != nil {
		return err
	}
	show := func() {
		workflow.SetCurrentDetails(ctx, p.envelopeDetails(e))
	}
	err := workflow.SetUpdateHandlerWithOptions(ctx, activities.EnvelopeMove,
		func(_ workflow.Context, m casefile.BudgetMove) error {
			defer show()
			return budgetRefusal(e.Move(m))
		},
		workflow.UpdateHandlerOptions{
			Description: "Réserver, engager ou libérer des crédits pour un dossier ; sa référence en est la clé",
			// A refusal leaves no trace, so that the same reservation can be asked for again after a top-up.
			Validator: func(_ workflow.Context, m casefile.BudgetMove) error {
				trial := e.Copy(m.Reference)
				return budgetRefusal(trial.Move(m))
			},
		})
	if err != nil {
		return err
	}
	show()
	if err := workflow.Await(ctx, func() bool {
		return workflow.GetInfo(ctx).GetContinueAsNewSuggested() && workflow.AllHandlersFinished(ctx)
	}); err != nil {
		return err
	}
	return workflow.NewContinueAsNewError(ctx, activities.EnvelopeWorkflow, e)
}

// budgetRefusal tells a case apart whether the envelope is spent, which a person has to hear, or something is wrong.
func budgetRefusal(err error) error {
	if errors.Is(err, casefile.ErrEnvelope) {
		return temporal.NewNonRetryableApplicationError(err.Error(), activities.FailBudget, nil)
	}
	return refusal(err)
}
