package demo

import (
	"context"
	"time"

	"relance/casefile"
	"relance/desk"
)

// officer is the scripted case officer: takes each case that waits for a decision, and decides as the sample says.
type officer struct {
	desk    *desk.Desk
	samples []Sample
}

// run decides until ctx ends. What does not succeed now is tried again on the next round.
func (o officer) run(ctx context.Context) {
	for ctx.Err() == nil {
		lines, err := o.desk.List(ctx, desk.Filter{Stage: string(casefile.UnderReview), Waiting: true})
		if err == nil {
			for _, line := range lines {
				_ = o.decide(ctx, line.Reference)
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// decide follows the verdict of the sample: the reasons it names, else a grant.
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
	kind, act := casefile.Approve, casefile.Act{By: "agent-01", ID: "demo-" + reference}
	for _, sample := range o.samples {
		if sample.Account == account && len(sample.Officer.Grounds) > 0 {
			kind, act.Grounds = casefile.Reject, sample.Officer.Grounds
		}
	}
	_, err = o.desk.Act(ctx, reference, kind, act)
	return err
}
