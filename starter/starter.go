// Package starter is the process that watches the mailbox: each message's raw bytes go to the archive, then its case is
// started or signalled, then the message leaves the inbox. In that order nothing is lost, and any number of starters
// may run: every step is harmless when repeated.
package starter

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"relance/casefile"
	"relance/correspondence"
	"relance/mailbox"
	"relance/message"
	"relance/scheme"
	"relance/workflows"
)

// Archive is the object store, as far as the starter needs it.
type Archive interface {
	PutOnce(ctx context.Context, key string, content []byte, contentType string) (created bool, err error)
	Exists(ctx context.Context, key string) (bool, error)
}

// Starter takes messages from the mailbox to their cases.
type Starter struct {
	Box        *mailbox.Box
	Archive    Archive
	Temporal   client.Client
	Catalogue  *scheme.Catalogue
	Addresses  correspondence.Addresses
	Clock      casefile.Clock
	TaskQueue  string
	Processed  mailbox.Destination // folder for messages that reached a case
	Unassigned mailbox.Destination // folder for messages that an officer has to look at
	Log        *slog.Logger
}

// Run watches the mailbox until ctx ends.
func (s *Starter) Run(ctx context.Context) error { return s.Box.Watch(ctx, s.Handle) }

// Handle takes one message to its case and tells which folder it then belongs in. On an error the message stays where
// it is, and is tried again.
func (s *Starter) Handle(ctx context.Context, mail mailbox.Mail) (mailbox.Destination, error) {
	raw, err := mail.Bytes()
	if err != nil {
		return "", err
	}
	m := received{Mail: mail, raw: raw}
	r := s.route(raw)
	switch {
	case r.reference != "":
		r.reason, err = s.signal(ctx, r, m)
	case r.scheme != nil:
		err = s.open(ctx, &r, m)
	}
	if err != nil {
		return "", err
	}
	if r.reason != "" {
		return s.Unassigned, s.setAside(ctx, m, r.reason)
	}
	s.Log.Info("message taken to its case", "case", r.reference, "uid", m.UID, "bytes", len(m.raw))
	return s.Processed, nil
}

// received is a message with its bytes.
type received struct {
	mailbox.Mail
	raw []byte
}

// route tells where a message belongs.
type route struct {
	reference string         // of the case it belongs to
	scheme    *scheme.Scheme // for an application
	reason    string         // why it belongs nowhere by itself
}

// The reasons why a message goes to the officers' queue.
const (
	reasonUnreadable = "unreadable" // not a message at all
	reasonAutomatic  = "automatic"  // a machine wrote, and to no case
	reasonNoScheme   = "no_scheme"  // no scheme's address, and more than one scheme
	reasonNoCase     = "no_case"    // names a case that does not exist
)

// route follows, in this order, the address a message was sent to, the messages it answers, and the tag in its subject
// (a bounce: the message it reports on). What is none of these and was written by a person is an application.
func (s *Starter) route(raw []byte) route {
	m, err := message.ParseHeader(raw)
	if err != nil || m.Kind == message.KindUnreadable {
		return route{reason: reasonUnreadable}
	}
	var detail string
	for _, to := range recipients(m) {
		if d, ours := s.Addresses.Detail(to); ours && d != "" {
			detail = d
			if reference := casefile.FindReference(d); reference != "" {
				return route{reference: reference}
			}
		}
	}
	answered := append([]string{m.InReplyTo}, m.References...)
	if m.Kind == message.KindBounce {
		if whole, err := message.Parse(raw); err == nil && whole.Bounce != nil {
			answered = append(answered, whole.Bounce.OriginalMessageID)
		}
	}
	for _, id := range answered {
		if reference := s.Addresses.CaseOf(id); reference != "" {
			return route{reference: reference}
		}
	}
	if reference := s.ownReference(m.Subject); reference != "" {
		return route{reference: reference}
	}
	if m.Kind != message.KindPerson {
		return route{reason: reasonAutomatic}
	}
	if sch, ok := s.Catalogue.ByTag(detail); ok {
		return route{scheme: sch}
	}
	if all := s.Catalogue.All(); len(all) == 1 {
		return route{scheme: all[0]}
	}
	return route{reason: reasonNoScheme}
}

// ownReference finds a case reference of one of our schemes in a subject.
func (s *Starter) ownReference(subject string) string {
	reference := casefile.FindReference(subject)
	for _, sch := range s.Catalogue.All() {
		if len(reference) > len(sch.Prefix) && reference[:len(sch.Prefix)+1] == sch.Prefix+"-" {
			return reference
		}
	}
	return ""
}

// recipients are the addresses a message was sent to, the one it was delivered to first.
func recipients(m *message.Message) []string {
	list := append([]string{}, m.DeliveredTo...)
	for _, a := range append(append([]message.Address{}, m.To...), m.Cc...) {
		list = append(list, a.Address)
	}
	return list
}

// open starts the case of an application, or finds it started by another delivery of the same message.
func (s *Starter) open(ctx context.Context, r *route, m received) error {
	identity := message.Identity(m.raw)
	r.reference = casefile.NewReference(r.scheme.Prefix, identity)
	mail, err := s.keep(ctx, r.reference, identity, m)
	if err != nil {
		return err
	}
	opening := casefile.Opening{Reference: r.reference, Scheme: r.scheme.ID, Clock: s.Clock}
	err = s.start(ctx, opening, mail, r.scheme.Name, enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE)
	var started *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &started) { // the case has ended since: the same message again is late mail
		opening.Resume = true
		return s.start(ctx, opening, mail, r.scheme.Name, enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE)
	}
	return err
}

// signal takes a message to a case that exists: one that runs, or one that has ended and is woken from the archive. It
// gives a reason where there is no such case.
func (s *Starter) signal(ctx context.Context, r route, m received) (reason string, err error) {
	identity := message.Identity(m.raw)
	_, err = s.Temporal.DescribeWorkflow(ctx, r.reference, "")
	var missing *serviceerror.NotFound
	if err != nil && !errors.As(err, &missing) {
		return "", err
	}
	if err != nil {
		known, err := s.Archive.Exists(ctx, casefile.Folder(r.reference)+"case.json")
		if err != nil {
			return "", err
		}
		if !known {
			return reasonNoCase, nil
		}
	}
	mail, err := s.keep(ctx, r.reference, identity, m)
	if err != nil {
		return "", err
	}
	err = s.Temporal.SignalWorkflow(ctx, r.reference, "", workflows.MailSignal, mail)
	if errors.As(err, &missing) {
		opening := casefile.Opening{Reference: r.reference, Clock: s.Clock, Resume: true}
		return "", s.start(ctx, opening, mail, "", enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE)
	}
	return "", err
}

// start starts or signals a case's workflow in one step.
func (s *Starter) start(ctx context.Context, o casefile.Opening, mail casefile.Mail, name string, reuse enumspb.WorkflowIdReusePolicy) error {
	attributes := []temporal.SearchAttributeUpdate{workflows.StageAttribute.ValueSet(string(casefile.Received))}
	if o.Scheme != "" {
		attributes = append(attributes, workflows.SchemeAttribute.ValueSet(o.Scheme))
	}
	_, err := s.Temporal.SignalWithStartWorkflow(ctx, o.Reference, workflows.MailSignal, mail, client.StartWorkflowOptions{
		ID: o.Reference, TaskQueue: s.TaskQueue, WorkflowIDReusePolicy: reuse,
		TypedSearchAttributes: temporal.NewSearchAttributes(attributes...),
		StaticSummary:         fmt.Sprintf("%s %s", name, o.Reference),
		StaticDetails:         "Une demande d'aide. L'état du dossier, ses dates et leur explication sont dans « Current Details ».",
	}, workflows.ApplicationWorkflow, o)
	return err
}

// keep stores a message in its case's folder.
func (s *Starter) keep(ctx context.Context, reference, identity string, m received) (casefile.Mail, error) {
	sum := hash(m.raw)
	mail := casefile.Mail{Ref: casefile.Ref{Key: casefile.Folder(reference) + "mail/in/" + sum + ".eml", SHA256: sum},
		Identity: identity, Received: m.Received.UTC(), Size: int64(len(m.raw))}
	_, err := s.Archive.PutOnce(ctx, mail.Key, m.raw, "message/rfc822")
	return mail, err
}

// setAside stores a message that belongs to no case, with the reason, for an officer.
func (s *Starter) setAside(ctx context.Context, m received, reason string) error {
	key := "unassigned/" + hash(m.raw)
	note, err := json.Marshal(map[string]any{"reason": reason, "received": m.Received.UTC(), "size": len(m.raw)})
	if err != nil {
		return err
	}
	if _, err := s.Archive.PutOnce(ctx, key+".eml", m.raw, "message/rfc822"); err != nil {
		return err
	}
	_, err = s.Archive.PutOnce(ctx, key+".json", note, "application/json")
	s.Log.Warn("message set aside for an officer", "reason", reason, "uid", m.UID, "object", key+".eml")
	return err
}

func hash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
