package demo

import (
	"context"
	"time"

	"relance/domain/casefile"
	"relance/office/desk"
)

// officer is the scripted case officer: takes each case that waits for a decision, and decides as the sample says.
type officer struct {
	desk    *desk.Desk
	samples []Sample
}

// run decides until ctx ends. What does not succeed now is tried again on the next round.
func (o officer) run(ctx context.Context) {
	for ctx.Err() == nil {
		for stage, act := range map[casefile.Stage]func(context.Context, string) error{casefile.UnderReview: o.decide, casefile.Granted: o.pay, casefile.UnderAppeal: o.hear} {
			lines, err := o.desk.List(ctx, desk.Filter{Stage: string(stage), Waiting: stage == casefile.UnderReview})
			if err != nil {
				continue
			}
			for _, line := range lines {
				_ = act(ctx, line.Reference)
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// decide follows the verdict of the sample: the reasons it names, else a grant, by as many officers as it takes.
func (o officer) decide(ctx context.Context, reference string) error {
	s, err := o.desk.State(ctx, reference)
	if err != nil || s.Stage != casefile.UnderReview {
		return err
	}
	f, err := o.desk.Facts(ctx, s)
	if err != nil {
		return err
	}
	account, _, _ := cutAt(f.Applicant.Email)
	for _, sample := range o.samples {
		if sample.Account == account && len(sample.Officer.Grounds) > 0 {
			_, err = o.desk.Act(ctx, reference, casefile.Reject, casefile.Act{By: "agent-01", Grounds: sample.Officer.Grounds})
			return err
		}
	}
	for _, by := range []string{"agent-01", "agent-02"} {
		done, err := o.desk.Decide(ctx, reference, casefile.Approve, casefile.Act{By: by})
		if err == nil && done.More == 0 {
			return nil
		}
	}
	return nil // an opinion is awaited, say: next time
}

// hear grants what an applicant asks for in an appeal: another officer than the one who rejected does.
func (o officer) hear(ctx context.Context, reference string) error {
	_, err := o.desk.Act(ctx, reference, casefile.GrantAppeal, casefile.Act{By: "agent-02", Text: "Votre registre du personnel montre deux salariés."})
	return err
}

// pay confirms the instalments whose report has come, and records those that the public accountant has paid.
func (o officer) pay(ctx context.Context, reference string) error {
	s, err := o.desk.State(ctx, reference)
	if err != nil || len(s.Instalments) < 2 { // what is paid at once is paid after the demonstration
		return err
	}
	for _, p := range s.Instalments {
		kind := map[casefile.Payment]casefile.ActKind{casefile.PaymentReported: casefile.OrderPayment, casefile.PaymentOrdered: casefile.RecordPayment,
			casefile.PaymentDue: casefile.RecordPayment}[p.Status]
		if kind == "" {
			continue
		}
		if _, err := o.desk.Act(ctx, reference, kind, casefile.Act{By: "agent-01", Payment: p.ID}); err != nil {
			return err
		}
	}
	return nil
}
