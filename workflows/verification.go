package workflows

import (
	"go.temporal.io/sdk/workflow"

	"relance/contract"
)

// Verification answers one mail that asks whether letters are of us. Whoever may not be answered reaches an officer.
func (p *Procedure) Verification(ctx workflow.Context, v contract.Verification) error {
	var done contract.Verified
	err := effect(ctx, "Vérifier des lettres", do.AnswerVerification, v, &done)
	if err == nil && done.Leave == "" {
		return nil
	}
	left := contract.Leaving{Mail: v.Mail, Reason: done.Leave, Copy: true}
	if err != nil {
		workflow.GetLogger(ctx).Error("letters are not verified", "error", err)
		left.Reason = contract.VerificationFailed
	}
	return effect(ctx, "Confier un message aux agents", do.LeaveMail, left, nil)
}
