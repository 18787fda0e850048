// Package audit holds the four places in which the engine keeps what it knows against each other: the mailbox, the archive, Temporal and the
// plan's book. It lists what does not agree, and mends what can be mended without a person (docs/audit.md).
//
// It may run while the engine does. What looks wrong is looked at once more after a while, and only what is wrong both times is told. What it
// keeps in memory is some dozens of bytes a case and a message, and the findings.
package audit

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"relance/letters/texts"
	"relance/mail/mailbox"
	"relance/process/engine"
	"relance/store/restored"
)

// The codes of findings. What each means and what is to be done is told in docs/audit.md, and in one sentence in the labels.
const (
	MailUnarchived = "mail.unarchived"
	MailTwoPlaces  = "mail.two-places"
	MailTwoFolders = "mail.two-folders"
	MailInboxTaken = "mail.inbox-taken"
	MailWaiting    = "mail.waiting"
	MailUnknown    = "mail.unknown"
	MailAside      = "mail.aside"

	CaseNoWorkflow = "case.no-workflow"
	CaseUnreadable = "case.unreadable"
	CaseStale      = "case.stale"
	CaseAhead      = "case.ahead"

	WorkflowNoFolder = "workflow.no-folder"
	WorkflowFailed   = "workflow.failed"
	WorkflowStuck    = "workflow.stuck"
	WorkflowRetrying = "workflow.retrying"
	WorkflowIdle     = "workflow.idle"

	JournalBroken  = "journal.broken"
	ObjectMissing  = "object.missing"
	ObjectUnspoken = "object.unspoken"
	ObjectAltered  = "object.altered"

	DecisionNoLetter   = "decision.no-letter"
	LetterNoAcceptance = "letter.no-acceptance"
	LetterGap          = "letter.gap"
	LetterNumberTwice  = "letter.number-twice"
	SentMissing        = "sent.missing"
	SentTwice          = "sent.twice"
	SentUnknown        = "sent.unknown"

	BookGap         = "book.gap"
	BookUnreadable  = "book.unreadable"
	BookSums        = "book.sums"
	BookBehind      = "book.behind"
	BookNoCase      = "book.no-case"
	BookUnjustified = "book.unjustified"
	BookMissing     = "book.missing"
	BookAmount      = "book.amount"
	BookPayment     = "book.payment"

	OrderMissing = "order.missing"
	OrderTwice   = "order.twice"
	OrderNoCase  = "order.no-case"

	IndexNoCase       = "index.no-case"
	KeyNoCase         = "key.no-case"
	KeyMissing        = "key.missing"
	HoldNoCase        = "hold.no-case"
	ErasureUnfinished = "erasure.unfinished"
	ErasureLeftover   = "erasure.leftover"
)

// Codes lists them.
var Codes = []string{MailUnarchived, MailTwoPlaces, MailTwoFolders, MailInboxTaken, MailWaiting, MailUnknown, MailAside,
	CaseNoWorkflow, CaseUnreadable, CaseStale, CaseAhead, WorkflowNoFolder, WorkflowFailed, WorkflowStuck, WorkflowRetrying, WorkflowIdle,
	JournalBroken, ObjectMissing, ObjectUnspoken, ObjectAltered,
	DecisionNoLetter, LetterNoAcceptance, LetterGap, LetterNumberTwice, SentMissing, SentTwice, SentUnknown,
	BookGap, BookUnreadable, BookSums, BookBehind, BookNoCase, BookUnjustified, BookMissing, BookAmount, BookPayment,
	OrderMissing, OrderTwice, OrderNoCase, IndexNoCase, KeyNoCase, KeyMissing, HoldNoCase, ErasureUnfinished, ErasureLeftover}

// Finding is something that does not agree.
type Finding struct {
	Code   string `json:"code"`
	Case   string `json:"case,omitempty"`   // the reference; of a session, its identifier
	Object string `json:"object,omitempty"` // the key in the archive, the key of a claim, or folder/UID of a mailbox
	Detail string `json:"detail,omitempty"` // what was found
	Says   string `json:"says"`             // what is wrong and what is to be done, in French
	Mended string `json:"mended,omitempty"` // what was done about it

	uid      uint32    // in the mailbox
	received time.Time // there
}

func (f Finding) same(o Finding) bool {
	return f.Code == o.Code && f.Case == o.Case && f.Object == o.Object
}

// Report is what an audit found.
type Report struct {
	Began    time.Time `json:"began"`
	Seconds  float64   `json:"seconds"`
	Deep     bool      `json:"deep"`
	Cases    int       `json:"cases"`   // case folders
	Objects  int       `json:"objects"` // in them
	Mails    int       `json:"mails"`   // in the mailbox's folders
	Sent     int       `json:"sent"`    // in the folder of copies
	Claims   int       `json:"claims"`  // in the plan's book
	Settled  int       `json:"settled"` // looked wrong at first, and was in motion
	LeftOut  []string  `json:"left_out,omitempty"`
	Findings []Finding `json:"findings"`
}

// Clean tells whether nothing is left to be done.
func (r Report) Clean() bool {
	return !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Mended == "" })
}

// Of are the findings of a code.
func (r Report) Of(code string) []Finding {
	return slices.DeleteFunc(slices.Clone(r.Findings), func(f Finding) bool { return f.Code != code })
}

// Options are how an audit is made.
type Options struct {
	Deep     bool          // every object is read and held against its hash, and the whole book is read from its first record
	Repair   bool          // mend what is safe to mend
	Grace    time.Duration // after which what looks wrong is looked at again; zero: 10 seconds
	Parallel int           // cases looked at at once; zero: 8
	Progress io.Writer     // nil: nothing is told meanwhile
}

// stale is how long a message may lie in the inbox, or a step may wait for a worker, before that is a finding.
const stale = 2 * time.Minute

// audit is one audit under way.
type audit struct {
	Options
	*engine.Engine
	Report
	box    *mailbox.Box // nil: there is no mailbox to look into
	sent   *mailbox.Sent
	labels *texts.Labels

	seen       map[sum]*seen   // messages of the mailbox
	places     map[sum]uint32  // messages of the archive: the position of their place
	names      []string        // places
	references map[string]bool // cases that have a folder
	erased     map[string]bool
	keys       map[string]bool // names that have a data key
	copies     map[sum]uint8   // Message-IDs in the folder of sent mails
	unknown    map[sum]bool    // those of mails of a case, which no case folder has
	restored   *restored.Note  // nil: the bucket never was put back from a backup
	book       book
	orders     orders
	suspects   []Finding
}

// Run makes an audit of everything an engine keeps. An error is of a place that could not be read: then nothing is said of the rest.
func Run(ctx context.Context, e *engine.Engine, o Options) (Report, error) {
	if o.Grace <= 0 {
		o.Grace = 10 * time.Second
	}
	if o.Parallel <= 0 {
		o.Parallel = 8
	}
	a := &audit{Options: o, Engine: e, labels: &texts.French().Labels, Report: Report{Began: time.Now().UTC(), Deep: o.Deep, Findings: []Finding{}}}
	if e.Config.IMAP.Address != "" {
		var err error
		if a.box, err = engine.Mailbox(e.Config, e.Log); err != nil {
			return a.Report, err
		}
		if e.Config.IMAP.Sent != "-" {
			a.sent = a.box.Sent(e.Config.IMAP.Sent)
			defer a.sent.Close()
		}
	} else {
		a.LeftOut = append(a.LeftOut, "la messagerie : aucune n'est configurée")
	}
	if !o.Deep {
		a.LeftOut = append(a.LeftOut, "le contenu des pièces, courriels et lettres, qui n'est pas relu, et le livre avant son dernier instantané (-deep)")
	}
	if err := a.look(ctx); err != nil {
		return a.Report, err
	}
	if err := a.settle(ctx); err != nil {
		return a.Report, err
	}
	if o.Repair {
		if err := a.repair(ctx); err != nil {
			return a.Report, err
		}
	}
	for i := range a.Findings {
		a.Findings[i].Says = a.labels.Audit[a.Findings[i].Code]
	}
	slices.SortStableFunc(a.Findings, func(x, y Finding) int {
		return strings.Compare(x.Case+" "+x.Code+" "+x.Object, y.Case+" "+y.Code+" "+y.Object)
	})
	a.Seconds = time.Since(a.Began).Seconds()
	return a.Report, nil
}

// look goes through the places once, in an order in which what moves meanwhile is seen at least once: mail is in the mailbox before
// it is in the archive, and a case has its folder before anything else.
func (a *audit) look(ctx context.Context) error {
	var err error
	if a.restored, err = restored.Read(ctx, a.Archive); err != nil {
		return err
	}
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{{"messagerie", a.readMailbox}, {"index", a.readErased}, {"clés", a.readKeys}, {"livre", a.readBook}, {"ordres", a.readOrders},
		{"dossiers", a.readCases}, {"envois", a.compareSent}, {"messages mis de côté", a.readAsides}, {"Temporal", a.readWorkflows}, {"restes", a.compareRest}} {
		began := time.Now()
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		if a.Progress != nil {
			fmt.Fprintf(a.Progress, "%s : %.1f s\n", step.name, time.Since(began).Seconds())
		}
	}
	return nil
}

func (a *audit) suspect(f ...Finding) { a.suspects = append(a.suspects, f...) }
