package audit_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"

	"relance/domain/casefile"
	"relance/local/bench"
	"relance/local/run"
	"relance/mail/mailbox"
	"relance/office/audit"
	"relance/office/desk"
	"relance/process/engine"
	"relance/starter"
)

var quiet = slog.New(slog.DiscardHandler)

// house is a running engine whose places are broken on purpose.
type house struct {
	*testing.T
	*run.Local
	ctx   context.Context
	box   *mailbox.Box
	cases []string
}

// TestTheAudit lets some cases be granted on the real servers, finds nothing, breaks each place on purpose, and looks whether each break is found
// by its code, and mended where that is promised.
func TestTheAudit(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the real servers")
	}
	_, err := bench.Run(t.Context(), bench.Options{Data: t.TempDir(), Cases: 6, Progress: io.Discard, Log: quiet, Inspect: func(ctx context.Context, l *run.Local) error {
		h := &house{T: t, Local: l, ctx: ctx}
		h.open()
		h.expect("at work and untouched", h.audit(audit.Options{}))
		h.expect("every object read", h.audit(audit.Options{Deep: true}))
		h.earlierFolders()
		h.mendable()
		h.lasting()
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
}

// earlierFolders: whoever gives the mailbox new folders names those before, and nothing is amiss.
func (h *house) earlierFolders() {
	h.Helper()
	c := h.Engine.Config
	before := c.IMAP
	defer func() { c.IMAP = before }()
	c.IMAP.Earlier, c.IMAP.Processed, c.IMAP.SentEarlier, c.IMAP.Sent = []string{before.Processed}, "Traites-2027", []string{"Sent"}, "Sent-2027"
	h.expect("in new folders", h.audit(audit.Options{}))
	c.IMAP.SentEarlier = nil
	r, err := audit.Run(h.ctx, h.Engine, audit.Options{Grace: time.Second})
	h.must(err)
	if len(r.Of(audit.SentMissing)) < 18 {
		h.Errorf("copies in a folder that is not named are missed: %+v", r.Findings)
	}
}

func (h *house) open() {
	h.Helper()
	d := &desk.Desk{Temporal: h.Engine.Temporal, Archive: h.Engine.Archive}
	lines, err := d.List(h.ctx, desk.Filter{})
	h.must(err)
	for _, l := range lines {
		h.cases = append(h.cases, l.Reference)
	}
	slices.Sort(h.cases)
	h.box, err = engine.Mailbox(h.Engine.Config, quiet)
	h.must(err)
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) audit(o audit.Options) audit.Report {
	h.Helper()
	o.Grace = 3 * time.Second
	r, err := audit.Run(h.ctx, h.Engine, o)
	h.must(err)
	if r.Cases != 6 || r.Mails < 12 || r.Sent < 18 || r.Claims < 6 {
		h.Errorf("it looked at %d cases, %d mails, %d copies, %d claims", r.Cases, r.Mails, r.Sent, r.Claims)
	}
	return r
}

// expect compares findings, a code with its case each, with those that are expected.
func (h *house) expect(when string, r audit.Report, want ...string) {
	h.Helper()
	var got []string
	for _, f := range r.Findings {
		name := strings.TrimSpace(f.Code + " " + f.Case)
		if f.Says == "" {
			h.Errorf("%s: nothing is said of it", name)
		}
		if !slices.Contains(got, name) {
			got = append(got, name)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		h.Errorf("%s:\n got %q\nwant %q", when, got, want)
		for _, f := range r.Findings {
			h.Logf("%+v", f)
		}
	}
}

func (h *house) put(key string, content []byte) {
	h.Helper()
	_, err := h.Engine.Archive.PutOnce(h.ctx, key, content, "application/octet-stream")
	h.must(err)
}

func (h *house) names(prefix string) []string {
	h.Helper()
	names, err := h.Engine.Archive.Names(h.ctx, prefix)
	h.must(err)
	return names
}

// mail is a message of an applicant that no server has seen.
func (h *house) mail(reference, text string) []byte {
	h.Helper()
	for _, name := range h.names(casefile.Folder(reference) + "mail/in/") {
		raw, err := h.Engine.Archive.Get(h.ctx, name)
		h.must(err)
		for line := range strings.SplitSeq(string(raw), "\r\n") {
			if strings.HasPrefix(line, "From: ") {
				return []byte(line + "\r\nTo: aides@localhost\r\nSubject: [" + reference + "] Question\r\nMessage-ID: <" + text + "@banc.localhost>\r\nDate: Tue, 15 Sep 2020 10:00:00 +0200\r\n\r\n" + text + "\r\n")
			}
		}
	}
	h.Fatal("no mail in " + reference)
	return nil
}

// mendable breaks what can be mended, and looks whether it is.
func (h *house) mendable() {
	h.Helper()
	h.must(h.Engine.Temporal.TerminateWorkflow(h.ctx, h.cases[0], "", "somebody's mistake"))
	_, err := h.Engine.Temporal.WorkflowService().DeleteWorkflowExecution(h.ctx, &workflowservice.DeleteWorkflowExecutionRequest{
		Namespace: "default", WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: h.cases[1]}})
	h.must(err)
	forgotten := h.mail(h.cases[2], "forgotten")
	h.put(fmt.Sprintf("%smail/in/%x.eml", casefile.Folder(h.cases[2]), sha256.Sum256(forgotten)), forgotten)
	ack := h.Engine.Addresses().MessageID(h.cases[3], 1, "acknowledgement")
	n, err := h.box.Remove(h.ctx, nil, h.Engine.Config.IMAP.Sent, []string{ack}, func(mailbox.Mail) (bool, error) { return true, nil })
	if h.must(err); n != 1 {
		h.Fatalf("%d copies of %s", n, ack)
	}
	log := "plan/" + h.Engine.Catalogue.Plan.ID + "/log/"
	next := len(h.names(log)) + 1
	h.put(fmt.Sprintf("%s%08d.json", log, next), fmt.Appendf(nil, `{"seq":%d,"effects":[`+
		`{"what":"queued","key":"RBD-00000-00000","portions":[{"line":"fonds-rebond","cents":150000}]},{"what":"held","key":"RBD-00000-00000"}]}`, next))
	want := []string{"workflow.failed " + h.cases[0], "case.no-workflow " + h.cases[1], "mail.unknown " + h.cases[2], "sent.missing " + h.cases[3],
		"book.no-case RBD-00000-00000", "book.behind"}
	h.expect("broken", h.audit(audit.Options{}), want...)
	r := h.audit(audit.Options{Repair: true})
	h.expect("mended", r, want...)
	if !r.Clean() {
		h.Errorf("not all is mended: %+v", r.Findings)
	}
	h.expect("after that", h.audit(audit.Options{}))
	state, err := (&desk.Desk{Temporal: h.Engine.Temporal, Archive: h.Engine.Archive}).State(h.ctx, h.cases[2])
	if h.must(err); state.MailsIn != 3 {
		h.Errorf("%d mails have reached the case", state.MailsIn)
	}
}

// lasting breaks what a person has to mend.
func (h *house) lasting() {
	h.Helper()
	copies := h.box.Sent(h.Engine.Config.IMAP.Processed)
	stray := h.mail(h.cases[0], "stray")
	h.must(copies.File(h.ctx, "stray@banc.localhost", stray, time.Now(), false))
	first := h.names(casefile.Folder(h.cases[0]) + "mail/in/")
	raw, err := h.Engine.Archive.Get(h.ctx, first[0])
	h.must(err)
	other := h.box.Sent(h.Engine.Config.IMAP.Ignored)
	h.must(other.File(h.ctx, "x", raw, time.Now(), false))
	h.put(starter.Unassigned+path.Base(first[0]), raw)
	for _, s := range []*mailbox.Sent{copies, other} {
		h.must(s.Close())
	}
	remove := func(key string) {
		_, err := h.Engine.Archive.Remove(h.ctx, false, key)
		h.must(err)
	}
	for _, name := range h.names(casefile.Folder(h.cases[1]) + "letters/") {
		if strings.HasSuffix(name, "-grant.pdf") {
			remove(name)
		}
	}
	out := h.names(casefile.Folder(h.cases[3]) + "mail/out/")
	remove(out[1]) // of the first mail
	remove(out[2]) // the second
	key := casefile.Folder(h.cases[4]) + "journal.jsonl"
	journal, err := h.Engine.Archive.Get(h.ctx, key)
	h.must(err)
	h.must(h.Engine.Archive.PutVersion(h.ctx, key, append([]byte{}, journal[:len(journal)/2]...), "application/jsonl"))
	documents := h.names(casefile.Folder(h.cases[5]) + "documents/")
	h.must(h.Engine.Archive.PutVersion(h.ctx, documents[0], []byte("another"), "application/pdf"))
	h.put(casefile.Folder(h.cases[5])+"documents/x.pdf", []byte("x"))
	remove("keys/" + h.cases[2] + "/key.json")
	h.put("index/siren-1/RBD-00000-00001.json", []byte("{}"))
	h.put("holds/RBD-00000-00002.json", []byte("{}"))
	h.put("keys/RBD-00000-00003/key.json", []byte("{}"))
	h.put("plan/"+h.Engine.Catalogue.Plan.ID+"/orders/RBD-00000-00004.1.0.json", []byte("{}"))
	h.put(starter.ErasedKey("RBD-00000-00005"), []byte("{}"))
	h.put("index/siren-1/RBD-00000-00005.json", []byte("{}"))
	note, err := json.Marshal(starter.Assignment{Case: h.cases[0]})
	h.must(err)
	h.put(fmt.Sprintf("%s%064x.assigned.json", starter.Unassigned, 1), note)
	r := h.audit(audit.Options{Deep: true})
	for _, code := range []string{audit.MailUnarchived, audit.MailTwoFolders, audit.MailTwoPlaces, audit.MailAside, audit.DecisionNoLetter, audit.ObjectMissing,
		audit.LetterNoAcceptance, audit.LetterGap, audit.JournalBroken, audit.ObjectAltered, audit.ObjectUnspoken, audit.KeyMissing, audit.IndexNoCase,
		audit.HoldNoCase, audit.KeyNoCase, audit.OrderNoCase, audit.ErasureUnfinished, audit.ErasureLeftover} {
		if len(r.Of(code)) == 0 {
			h.Errorf("%s is not found", code)
		}
	}
	if h.T.Failed() {
		for _, f := range r.Findings {
			h.Logf("%+v", f)
		}
	}
}
