package starter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"relance/contract"
	"relance/domain/casefile"
	"relance/domain/inquiry"
	"relance/intake/routing"
	"relance/mail/auth"
	"relance/mail/mailbox"
	"relance/store/archive"
)

// ask lets an application wait that nothing proves: it lies in the officers' queue, and its mailbox is asked whether it wrote it. One address brings so
// many a day and no more; what comes on top lies in the queue, and nobody is asked.
func (s *Starter) ask(ctx context.Context, place routing.Place, l *letter) (mailbox.Destination, error) {
	name, err := s.Index.Inquiry(ctx, l.From.Address)
	if err != nil {
		return "", err
	}
	load, err := s.Index.Weigh(ctx, today(), name, l.sum, l.size)
	if err != nil {
		return "", err
	}
	note := Note{Reason: routing.Unproven, Scheme: place.Scheme.ID}
	all := 0
	if s.Router.InAll > 0 {
		if all, err = s.Index.Tallied(ctx, today()+"-unproven"); err == nil {
			err = s.Index.Tally(ctx, today()+"-unproven", l.sum)
		}
	}
	switch {
	case err != nil:
		return "", err
	case load.Mails > mailsADay || load.Bytes > bytesADay && load.Mails > 1:
		note.Reason = routing.TooMany
	case s.Router.InAll > 0 && all > s.Router.InAll:
		note.Reason = routing.Crowd
	}
	if err := s.noteAside(ctx, l, Unassigned, note); err != nil || note.Reason != routing.Unproven {
		return s.Folders.Unassigned, err
	}
	if _, err := s.Archive.PutOnce(ctx, Unassigned+l.sum+askedEnding, nil, "text/plain"); err != nil { // a list of names tells who waits for whom
		return "", err
	}
	mail := casefile.Mail{Ref: casefile.Ref{Key: Unassigned + l.sum + ".eml", SHA256: l.sum}, Identity: l.identity, Received: l.received.UTC(), Size: l.size}
	return s.Folders.Unassigned, s.begin(ctx, name, inquiry.Waiting{Mail: mail, Scheme: place.Scheme.ID, At: mail.Came(s.Clock)})
}

// askWhich lets an application wait that was sent to two schemes, and has its sender asked which is meant. It lies in the officers' queue meanwhile.
func (s *Starter) askWhich(ctx context.Context, place routing.Place, l *letter) (mailbox.Destination, error) {
	name, err := s.Index.Inquiry(ctx, l.From.Address)
	if err != nil {
		return "", err
	}
	if err := s.noteAside(ctx, l, Unassigned, Note{Reason: routing.WhichOf, Scheme: place.Scheme.ID}); err != nil {
		return "", err
	}
	if _, err := s.Archive.PutOnce(ctx, Unassigned+l.sum+askedEnding, nil, "text/plain"); err != nil {
		return "", err
	}
	mail := casefile.Mail{Ref: casefile.Ref{Key: Unassigned + l.sum + ".eml", SHA256: l.sum}, Identity: l.identity, Received: l.received.UTC(), Size: l.size}
	w := inquiry.Waiting{Mail: mail, Scheme: place.Scheme.ID, Also: place.Second.ID, At: mail.Came(s.Clock), Choice: true}
	return s.Folders.Unassigned, s.begin(ctx, name, w)
}

// begin hands a mail to the inquiry of its address, which it starts where there is none.
func (s *Starter) begin(ctx context.Context, name string, w inquiry.Waiting) error {
	_, err := s.Temporal.SignalWithStartWorkflow(ctx, contract.InquiryID(name), contract.InquiryMail, w, client.StartWorkflowOptions{
		ID: contract.InquiryID(name), TaskQueue: s.TaskQueue, WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		StaticSummary: "Vérification d'un expéditeur",
		StaticDetails: "Rien ne prouve qui a écrit ces messages : leur adresse est interrogée, et répond OUI ou NON.",
	}, contract.InquiryWorkflow, inquiry.Opening{ID: name, Clock: s.Clock})
	return err
}

// toInquiry takes what came to the one-time address of a question to its inquiry. Where that has ended the question can no longer be answered.
func (s *Starter) toInquiry(ctx context.Context, place routing.Place, l *letter) (mailbox.Destination, error) {
	load, err := s.Index.Weigh(ctx, today(), place.Inquiry, l.sum, l.size)
	if err != nil {
		return "", err
	}
	if load.Mails > 2*mailsADay {
		return s.Folders.Unassigned, s.setAside(ctx, l, Unassigned, routing.TooMany)
	}
	mail, err := s.keepIn(ctx, inquiry.Folder(place.Inquiry), l)
	if err != nil {
		return "", err
	}
	err = s.Temporal.SignalWorkflow(ctx, contract.InquiryID(place.Inquiry), "", contract.InquiryReply, inquiry.Reply{Mail: mail, Question: place.Question})
	if errors.As(err, new(*serviceerror.NotFound)) {
		return s.Folders.Unassigned, s.setAside(ctx, l, Unassigned, routing.Reply)
	}
	return s.Folders.Processed, err
}

// Ask is of activities.Mailroom: a case holds a mail of this address.
func (s *Starter) Ask(ctx context.Context, d contract.Doubt, address string) error {
	name, err := s.Index.Inquiry(ctx, address)
	if err != nil {
		return err
	}
	if !d.Settled {
		return s.begin(ctx, name, inquiry.Waiting{Mail: d.Mail, Case: d.Case, Own: d.Own, At: d.At})
	}
	err = s.Temporal.SignalWorkflow(ctx, contract.InquiryID(name), "", contract.InquirySettled, d.Mail.SHA256)
	if errors.As(err, new(*serviceerror.NotFound)) {
		return nil
	}
	return err
}

// Settled is of activities.Mailroom: an officer has put a mail of the queue on a case.
func (s *Starter) Settled(ctx context.Context, mail casefile.Mail) (bool, error) {
	return s.Archive.Exists(ctx, Unassigned+mail.SHA256+assignedEnding)
}

// Leave is of activities.Mailroom. A mail that lies elsewhere is put into the queue.
func (s *Starter) Leave(ctx context.Context, l contract.Leaving) error {
	if !l.Copy {
		return s.putOnce(ctx, Unassigned+l.Mail.SHA256+leftEnding, Left{routing.Reason(l.Reason), s.now().UTC()})
	}
	raw, err := s.Archive.Get(ctx, l.Mail.Key)
	if err != nil {
		return err
	}
	if _, err := s.Archive.PutOnce(ctx, Unassigned+l.Mail.SHA256+copiedEnding, nil, "text/plain"); err != nil {
		return err
	}
	return s.setAside(ctx, &letter{sum: l.Mail.SHA256, received: l.Mail.Received, size: l.Mail.Size,
		content: func() io.ReadSeeker { return bytes.NewReader(raw) }}, Unassigned, routing.Reason(l.Reason))
}

// Believe is of activities.Mailroom: a mail is proven now, and goes where it would have gone if it had been when it came. One that its mailbox denies is
// an officer's.
func (s *Starter) Believe(ctx context.Context, b contract.Believing) (reference string, err error) {
	if b.Mail.Case != "" {
		return s.believeHeld(ctx, b)
	}
	if b.Answer.Said == casefile.AnswerNo {
		return "", s.Leave(ctx, contract.Leaving{Mail: b.Mail.Mail, Reason: string(routing.Denied)})
	}
	var before Assignment
	err = s.read(ctx, Unassigned+b.Mail.Mail.SHA256+assignedEnding, &before)
	if err != nil && !errors.Is(err, archive.ErrNotFound) || err == nil && (!b.Mail.Choice || before.By != "") {
		return before.Case, err
	}
	l, place, err := s.again(ctx, b.Mail.Mail)
	if err != nil {
		return "", err
	}
	if b.Mail.Choice { // its sender has said so
		if place.Scheme, err = s.Router.Catalogue.Find(b.Mail.Scheme); err != nil {
			return "", err
		}
		place = routing.Place{Scheme: place.Scheme}
	}
	by := because{answer: b.Answer}
	switch {
	case place.Choose: // it is proven now, and what it is for is asked next
		_, err = s.askWhich(ctx, place, l)
		return "", err
	case place.Scheme != nil:
		reference, err = s.openAll(ctx, place, l, by)
	case place.Case != "":
		reference, err = place.Case, s.signal(ctx, place.Case, l, by)
	default: // too many cases, or several that it may mean
		return "", s.Leave(ctx, contract.Leaving{Mail: b.Mail.Mail, Reason: string(place.Unassigned + place.Ignored)})
	}
	if err == nil {
		err = s.putOnce(ctx, Unassigned+b.Mail.Mail.SHA256+assignedEnding, Assignment{Case: reference, At: s.now().UTC()})
	}
	return reference, err
}

// believeHeld tells a case what the mailbox of a mail that it holds has answered. A mail that was sent to no case, and names another establishment of its
// sender, is an application of its own.
func (s *Starter) believeHeld(ctx context.Context, b contract.Believing) (reference string, err error) {
	mail := b.Mail.Mail
	if b.Answer.Said == casefile.AnswerYes {
		l, place, err := s.again(ctx, mail)
		if err != nil {
			return "", err
		}
		if place.Scheme != nil {
			if _, err = s.open(ctx, place, l, because{answer: b.Answer}); err != nil {
				return "", err
			}
			b.Answer.Said = casefile.AnswerElsewhere
		}
	}
	if mail.Asked, err = s.keepAnswer(ctx, b.Mail.Case, mail, b.Answer); err != nil {
		return "", err
	}
	return b.Mail.Case, s.tell(ctx, b.Mail.Case, mail)
}

// again reads a mail that lies in the archive once more, as one that is proven, and says where it belongs.
func (s *Starter) again(ctx context.Context, mail casefile.Mail) (*letter, routing.Place, error) {
	raw, err := s.Archive.Get(ctx, mail.Key)
	if err != nil {
		return nil, routing.Place{}, err
	}
	l, err := s.newLetter(ctx, func() io.ReadSeeker { return bytes.NewReader(raw) }, mail.Received, int64(len(raw)))
	if err != nil || l.Message == nil {
		return l, routing.Place{Unassigned: routing.Unreadable}, err
	}
	l.received, l.Verdict = mail.Received, auth.Proven
	place, err := s.where(ctx, l)
	return l, place, err
}

// keepAnswer keeps the question and the reply that prove a mail beside it, in the folder of its case: whoever has the folder has the proof.
func (s *Starter) keepAnswer(ctx context.Context, reference string, mail casefile.Mail, a casefile.MailboxAnswer) (*casefile.MailboxAnswer, error) {
	if a.Said == "" {
		return nil, nil
	}
	for ending, ref := range map[string]*casefile.Ref{"question": &a.Question, "reply": &a.Reply} {
		if ref.Key == "" {
			continue
		}
		raw, err := s.Archive.Get(ctx, ref.Key)
		if err != nil {
			return nil, fmt.Errorf("the %s that proves a mail: %w", ending, err)
		}
		ref.Key = casefile.Folder(reference) + "mail/in/" + mail.SHA256 + "." + ending + ".eml"
		if _, err := s.Archive.PutOnce(ctx, ref.Key, raw, "message/rfc822"); err != nil {
			return nil, err
		}
	}
	return &a, nil
}

func (s *Starter) putOnce(ctx context.Context, key string, value any) error {
	text, err := json.Marshal(value)
	if err == nil {
		_, err = s.Archive.PutOnce(ctx, key, text, "application/json")
	}
	return err
}
