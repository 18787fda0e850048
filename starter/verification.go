package starter

import (
	"context"
	"errors"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"relance/contract"
	"relance/domain/inquiry"
	"relance/intake/routing"
	"relance/mail/mailbox"
)

// verificationsADay is how many mails are verified in a day, whoever asks: each costs an answer.
const verificationsADay = 1000

// toVerification has the letters of a mail verified. One address has so many verified a day and no more; what comes on top is an officer's.
func (s *Starter) toVerification(ctx context.Context, l *letter) (mailbox.Destination, error) {
	name, err := s.Index.Inquiry(ctx, l.From.Address)
	if err != nil {
		return "", err
	}
	load, err := s.Index.Weigh(ctx, today(), name, l.sum, l.size)
	if err != nil {
		return "", err
	}
	day := today() + "-verified"
	all, err := s.Index.Tallied(ctx, day)
	if err != nil {
		return "", err
	}
	if load.Mails > mailsADay || load.Bytes > bytesADay && load.Mails > 1 || all >= verificationsADay {
		return s.Folders.Unassigned, s.setAside(ctx, l, Unassigned, routing.TooMany)
	}
	if err := s.Index.Tally(ctx, day, l.sum); err != nil {
		return "", err
	}
	mail, err := s.keepIn(ctx, inquiry.Folder(name), l)
	if err != nil {
		return "", err
	}
	_, err = s.Temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: contract.VerificationID(l.sum), TaskQueue: s.TaskQueue,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE, WorkflowExecutionErrorWhenAlreadyStarted: true,
		StaticSummary: "Vérification de lettres", StaticDetails: "Quelqu'un demande si des lettres sont de nous. La réponse ne dit rien d'autre du dossier.",
	}, contract.VerificationWorkflow, contract.Verification{ID: name, Mail: mail})
	if errors.As(err, new(*serviceerror.WorkflowExecutionAlreadyStarted)) {
		err = nil // it is being answered, or was
	}
	return s.Folders.Processed, err
}
