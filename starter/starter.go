// Package starter is the process that watches the mailbox: each message's raw bytes go to the archive, then its case is
// started or signalled, then the message leaves the inbox. In that order nothing is lost, and any number of starters
// may run: every step is harmless when repeated. A large message is never held in memory.
package starter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"relance/contract"
	"relance/domain/casefile"
	"relance/domain/round"
	"relance/domain/scheme"
	"relance/intake/papers"
	"relance/intake/routing"
	"relance/mail/auth"
	"relance/mail/mailbox"
	"relance/mail/message"
	"relance/observe/health"
	"relance/observe/telemetry"
	"relance/store/index"
)

// Archive is the object store, as far as the starter needs it.
type Archive interface {
	PutOnce(ctx context.Context, key string, content []byte, contentType string) (created bool, err error)
	PutStream(ctx context.Context, key string, content io.ReadSeeker, contentType string) (created bool, err error)
	Get(ctx context.Context, key string) ([]byte, error)
	Names(ctx context.Context, prefix string) ([]string, error)
	Exists(ctx context.Context, key string) (bool, error)
}

// Papers look into files of strangers, away from this process (package reader).
type Papers interface {
	For(ctx context.Context) papers.Reader // those of one message
}

// Mailbox is the inbox that is watched (package mailbox).
type Mailbox interface {
	Watch(ctx context.Context, handle mailbox.Handler) error
}

// Workflows is Temporal, as far as the starter needs it.
type Workflows interface {
	DescribeWorkflow(ctx context.Context, id, run string) (*client.WorkflowExecutionDescription, error)
	SignalWorkflow(ctx context.Context, id, run, signal string, arg any) error
	SignalWithStartWorkflow(ctx context.Context, id, signal string, arg any, options client.StartWorkflowOptions,
		workflow any, args ...any) (client.WorkflowRun, error)
	ExecuteWorkflow(ctx context.Context, options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error)
}

// Folders are where messages go from the inbox.
type Folders struct {
	Processed  mailbox.Destination // they reached a case
	Unassigned mailbox.Destination // an officer has to look at them
	Ignored    mailbox.Destination // nobody has to
}

// Starter takes messages from the mailbox to their cases.
type Starter struct {
	Box       Mailbox
	Archive   Archive
	Temporal  Workflows
	Router    *routing.Router
	Index     *index.Index
	Server    auth.Server // that is trusted to say who wrote
	Lists     []string    // addresses of the lists that feed the mailbox
	Clock     casefile.Clock
	TaskQueue string
	Folders   Folders
	Papers    Papers // nil: they are looked into in place, as in tests
	Log       *slog.Logger
	Metrics   *telemetry.Metrics // nil: nothing is counted
	Tracing   *telemetry.Tracing // nil: nothing is followed
	Health    *health.Recorder   // nil: nobody is told
	Now       func() time.Time   // nil: the real time

	stored  stored
	traffic traffic
}

// Run watches the mailbox until ctx ends.
func (s *Starter) Run(ctx context.Context) error { return s.Box.Watch(ctx, s.Handle) }

// Handle takes one message to its place and tells which folder it then belongs in. On an error the message stays where
// it is, and is tried again.
func (s *Starter) Handle(ctx context.Context, m mailbox.Mail) (to mailbox.Destination, err error) {
	ctx, end := s.Tracing.Begin(ctx, "TakeMail")
	defer func() {
		if _, outage := health.Outage(err); outage { // no other message could be taken either
			err = fmt.Errorf("%w: %w", mailbox.ErrHold, err)
		}
		if errors.Is(err, mailbox.ErrTaken) {
			end(nil)
			return
		}
		end(err)
	}()
	l, err := s.letter(ctx, m)
	if err != nil {
		return "", err
	}
	l.inbox = true
	place := routing.Place{Unassigned: routing.TooLarge}
	if !m.TooLarge {
		if place, err = s.where(ctx, l); err != nil {
			return "", err
		}
	}
	return s.take(ctx, m, l, place)
}

// where says where a message belongs, and that an application whose case was erased opens no other when it is delivered again.
func (s *Starter) where(ctx context.Context, l *letter) (routing.Place, error) {
	place, err := s.place(ctx, l)
	if err != nil || place.Scheme == nil {
		return place, err
	}
	erased, err := s.Erased(ctx, casefile.NewReference(place.Scheme.Prefix, l.identity))
	if erased {
		place = routing.Place{Unassigned: routing.Erased}
	}
	return place, err
}

// take takes a message to the place where it belongs.
func (s *Starter) take(ctx context.Context, m mailbox.Mail, l *letter, place routing.Place) (to mailbox.Destination, err error) {
	kind, destination := string(message.KindUnreadable), "case"
	if l.Message != nil {
		kind = string(l.Kind)
	}
	defer func() {
		switch {
		case err == nil:
			s.Metrics.Received(kind, destination, string(place.Unassigned+place.Ignored), m.Received)
		case place.Case != "":
			err = &telemetry.About{Case: place.Case, Err: err}
		}
	}()
	switch {
	case place.Unassigned != "":
		destination = "unassigned"
		return s.Folders.Unassigned, s.setAside(ctx, l, Unassigned, place.Unassigned)
	case place.Ignored != "":
		destination = "ignored"
		return s.Folders.Ignored, s.setAside(ctx, l, Ignored, place.Ignored)
	case place.Call != "":
		destination = "call"
		return s.toCall(ctx, place.Call, l)
	case place.Inquiry != "":
		destination = "inquiry"
		return s.toInquiry(ctx, place, l)
	case place.Verify:
		destination = "verification"
		return s.toVerification(ctx, l)
	case place.Unproven:
		destination = "inquiry"
		return s.ask(ctx, place, l)
	case place.Choose:
		destination = "inquiry"
		return s.askWhich(ctx, place, l)
	case place.Scheme != nil:
		destination = "new_case"
		place.Case, err = s.openAll(ctx, place, l, because{})
	default:
		var full bool
		if full, err = s.full(ctx, place.Case, l); full {
			destination, place.Unassigned = "unassigned", routing.TooMany
			return s.Folders.Unassigned, s.setAside(ctx, l, Unassigned, routing.TooMany)
		}
		if err == nil {
			err = s.signal(ctx, place.Case, l, because{})
		}
	}
	if err != nil {
		return "", err
	}
	s.Log.Info("message taken to its case", "case", place.Case, "uid", m.UID, "bytes", m.Size)
	return s.Folders.Processed, nil
}

// place says where a message belongs. One that has been taken somewhere stays there, however often it is delivered.
func (s *Starter) place(ctx context.Context, l *letter) (routing.Place, error) {
	b := &book{Starter: s, ctx: ctx}
	if l.Message != nil {
		references, err := b.casesOf(l.From.Address)
		if err != nil {
			return routing.Place{}, err
		}
		for _, reference := range references { // an application that was delivered before, whatever its sender has opened since
			prefix, _, _ := strings.Cut(reference, "-")
			if reference != casefile.NewReference(prefix, l.identity) {
				continue
			}
			o, err := s.Index.Opened(ctx, l.From.Address, reference)
			if err != nil {
				return routing.Place{}, err
			}
			if sch, err := s.Router.Catalogue.Find(o.Scheme); err == nil {
				return s.before(l, sch)
			}
		}
	}
	place, err := s.Router.Route(l.Letter, b)
	if err == nil && place.Unassigned == routing.NoCase && b.erased {
		place.Unassigned = routing.Erased
	}
	return place, err
}

// before is where an application belongs whose case was opened before: another, that it opens as well, may be missing.
func (s *Starter) before(l *letter, opened *scheme.Scheme) (routing.Place, error) {
	first, second, two := s.Router.Two(l.Letter)
	if !two || l.Verdict != auth.Proven {
		return routing.Place{Scheme: opened}, nil
	}
	p, err := s.Router.Both(l.Letter, first, second)
	if p.Choose { // and its sender has said which
		p = routing.Place{Scheme: opened}
	}
	return p, err
}

// openAll starts the cases of an application: one, or one for each of two schemes.
func (s *Starter) openAll(ctx context.Context, place routing.Place, l *letter, by because) (reference string, err error) {
	if reference, err = s.open(ctx, place, l, by); err == nil && place.Second != nil {
		_, err = s.open(ctx, routing.Place{Scheme: place.Second}, l, by)
	}
	return reference, err
}

// because is why a message is put on a case that did not come there by itself.
type because struct {
	officer string                 // who put it there
	answer  casefile.MailboxAnswer // its mailbox says that it wrote it
}

// open starts the case of an application, or finds it started by another delivery of the same message.
func (s *Starter) open(ctx context.Context, place routing.Place, l *letter, by because) (reference string, err error) {
	reference = casefile.NewReference(place.Scheme.Prefix, l.identity)
	mail, err := s.keep(ctx, reference, l)
	if err != nil {
		return "", err
	}
	mail.Assigned, mail.Vouched = by.officer, by.officer // there is no applicant yet whom another could pretend to be
	if mail.Asked, err = s.keepAnswer(ctx, reference, mail, by.answer); err != nil {
		return "", err
	}
	if err := s.Index.Open(ctx, l.From.Address, index.Opened{Reference: reference, Scheme: place.Scheme.ID, At: l.received}); err != nil {
		return "", err
	}
	if s.Router.InAll > 0 {
		if err := s.Index.Tally(ctx, today(), reference); err != nil {
			return "", err
		}
	}
	opening := casefile.Opening{Reference: reference, Scheme: place.Scheme.ID, Clock: s.Clock}
	err = s.start(ctx, opening, mail, place.Scheme.Name, enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE)
	var started *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &started) { // the case has ended since: the same message again is late mail
		opening.Resume = true
		err = s.start(ctx, opening, mail, place.Scheme.Name, enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE)
	}
	return reference, err
}

// signal takes a message to a case that exists.
func (s *Starter) signal(ctx context.Context, reference string, l *letter, by because) error {
	mail, err := s.keep(ctx, reference, l)
	if err != nil {
		return err
	}
	mail.Assigned = by.officer
	if mail.Asked, err = s.keepAnswer(ctx, reference, mail, by.answer); err != nil {
		return err
	}
	return s.tell(ctx, reference, mail)
}

// tell hands a message to its case: one that runs, or one that has ended and is woken from the archive.
func (s *Starter) tell(ctx context.Context, reference string, mail casefile.Mail) error {
	err := s.Temporal.SignalWorkflow(ctx, reference, "", contract.MailSignal, mail)
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		opening := casefile.Opening{Reference: reference, Clock: s.Clock, Resume: true}
		return s.start(ctx, opening, mail, "", enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE)
	}
	return err
}

// toCall takes a message to a session of a call: one that runs, or one that has ended and is woken from the archive.
func (s *Starter) toCall(ctx context.Context, id string, l *letter) (mailbox.Destination, error) {
	mail, err := s.keepIn(ctx, round.Folder(id), l)
	if err != nil {
		return "", err
	}
	err = s.Temporal.SignalWorkflow(ctx, id, "", contract.CallMail, mail)
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		known, err := s.Archive.Exists(ctx, round.Folder(id)+"call.json")
		if err != nil {
			return "", err
		}
		if !known { // nobody has applied yet
			return s.Folders.Unassigned, s.setAside(ctx, l, Unassigned, routing.NoCase)
		}
		_, err = s.Temporal.SignalWithStartWorkflow(ctx, id, contract.CallMail, mail, client.StartWorkflowOptions{ID: id, TaskQueue: s.TaskQueue},
			contract.CallWorkflow, round.Opening{ID: id, Clock: s.Clock})
		if err != nil {
			return "", err
		}
	} else if err != nil {
		return "", err
	}
	s.Log.Info("message taken to its call", "call", id, "bytes", l.size)
	return s.Folders.Processed, nil
}

// start starts or signals a case's workflow in one step.
func (s *Starter) start(ctx context.Context, o casefile.Opening, mail casefile.Mail, name string, reuse enumspb.WorkflowIdReusePolicy) error {
	attributes := []temporal.SearchAttributeUpdate{contract.StageAttribute.ValueSet(string(casefile.Received))}
	if o.Scheme != "" {
		attributes = append(attributes, contract.SchemeAttribute.ValueSet(o.Scheme))
	}
	_, err := s.Temporal.SignalWithStartWorkflow(ctx, o.Reference, contract.MailSignal, mail, client.StartWorkflowOptions{
		ID: o.Reference, TaskQueue: s.TaskQueue, WorkflowIDReusePolicy: reuse,
		TypedSearchAttributes: temporal.NewSearchAttributes(attributes...),
		StaticSummary:         fmt.Sprintf("%s %s", name, o.Reference),
		StaticDetails:         "Une demande d'aide. L'état du dossier, ses dates et leur explication sont dans « Current Details ».",
	}, contract.ApplicationWorkflow, o)
	return err
}

// keep stores a message in its case's folder.
func (s *Starter) keep(ctx context.Context, reference string, l *letter) (casefile.Mail, error) {
	return s.keepIn(ctx, casefile.Folder(reference), l)
}

func (s *Starter) keepIn(ctx context.Context, folder string, l *letter) (casefile.Mail, error) {
	mail := casefile.Mail{Ref: casefile.Ref{Key: folder + "mail/in/" + l.sum + ".eml", SHA256: l.sum},
		Identity: l.identity, Received: l.received.UTC(), Size: l.size}
	created, err := s.Archive.PutStream(ctx, mail.Key, l.content(), "message/rfc822")
	if err == nil && l.inbox {
		var rivals bool
		if rivals, err = s.isRivals(ctx, mail.Key, created); rivals {
			err = mailbox.ErrTaken
		}
	}
	return mail, err
}
