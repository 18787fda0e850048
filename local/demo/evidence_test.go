package demo_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"relance/domain/casefile"
	"relance/intake/routing"
	"relance/letters/texts"
	"relance/local/demo"
	"relance/local/run"
	"relance/mail/message"
	"relance/mail/outbox"
	"relance/office/custody"
	"relance/office/desk"
	"relance/process/engine"
	"relance/proof/verify"
	"relance/starter"
)

// TestAFolderHolds lets two applicants sign, one with the phrase and one with a signed copy, their mails signed with DKIM by the real mail server; it examines the
// folders when the servers and their DNS have gone, and before that hands one case out, holds it and erases it.
func TestAFolderHolds(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the three real servers")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute)
	defer cancel()
	samples := slices.DeleteFunc(demo.Samples(), func(s demo.Sample) bool { return s.Account != "boulangerie" && s.Account != "librairie" })
	copies := t.TempDir()
	var references []string
	err := demo.Run(ctx, demo.Options{Data: t.TempDir(), Day: time.Second, Exit: true, Samples: samples, Results: io.Discard, Screen: io.Discard, Log: quiet,
		Inspect: func(ctx context.Context, l *run.Local) error {
			k := &custody.Custody{Archive: l.Engine.Archive, Temporal: l.Engine.Temporal, Namespace: "default", Authority: l.Engine.Authority,
				Catalogue: l.Engine.Catalogue, Texts: texts.French(), Now: time.Now, Mailbox: engine.Folders{Config: l.Engine.Config, Log: quiet}}
			d := &desk.Desk{Temporal: l.Engine.Temporal, Archive: l.Engine.Archive}
			cases, err := d.List(ctx, desk.Filter{})
			if err != nil {
				return err
			}
			for _, c := range cases {
				references = append(references, c.Reference)
				n, err := k.Fetch(ctx, c.Reference, filepath.Join(copies, c.Reference))
				if err != nil || n < 20 {
					t.Errorf("%d objects fetched: %v", n, err)
				}
				handOut(ctx, t, k, c.Reference)
			}
			eraseCase(ctx, t, l, k, references[0])
			return nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	if len(references) != 2 {
		t.Fatalf("%d cases", len(references))
	}
	for _, reference := range references { // the servers have gone
		r, err := verify.Case(verify.FS(os.DirFS(filepath.Join(copies, reference))), verify.Options{})
		if err != nil || !r.Sound() || r.Reference != reference || r.Evidence != 1 || r.Anchors < 4 {
			t.Errorf("%s: %+v %v", reference, r, err)
		}
		passed := 0
		for _, s := range r.Signatures {
			if s.Domain == "localhost" && s.Result == "pass" {
				passed++
			}
		}
		if passed < 2 {
			t.Errorf("%s: signatures of the mail server verified with the keys that were kept: %+v", reference, r.Signatures)
		}
	}
}

// handOut checks what an applicant who asks for his data gets.
func handOut(ctx context.Context, t *testing.T, k *custody.Custody, reference string) {
	t.Helper()
	var one, two bytes.Buffer
	if err := errors.Join(k.Access(ctx, reference, &one), k.Access(ctx, reference, &two)); err != nil {
		t.Errorf("access: %v", err)
		return
	}
	if !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Error("the same folder gives other bytes")
	}
	files := unzip(t, one.Bytes())
	kinds := map[string]int{}
	for name := range files {
		kinds[path.Base(path.Dir(name))]++
	}
	page := string(files["dossier-"+reference+"/A-LIRE.html"])
	for _, want := range []string{"article 15", "Effectif", "CNIL", "@localhost", "conservé"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if kinds["courriels-recus"] < 4 || kinds["courriels-envoyes"] < 8 || kinds["documents"] < 5 || kinds["lettres"] < 3 || kinds["informations"] == 0 || kinds["preuves"] < 2 { // the evidence twice, and what was made of a signed copy
		t.Errorf("%v", kinds)
	}
	if keep := os.Getenv("RELANCE_ACCESS"); keep != "" {
		if err := os.WriteFile(keep, one.Bytes(), 0o600); err != nil {
			t.Error(err)
		}
	}
}

// eraseCase holds a case, which cannot be erased then, lets go of it and erases it; nothing of it is left but a proof, and a late mail goes to the officers.
func eraseCase(ctx context.Context, t *testing.T, l *run.Local, k *custody.Custody, reference string) {
	t.Helper()
	order := custody.Order{Reference: reference, Reason: "fin de la durée de conservation", By: "agent-01"}
	if n, err := k.SetHold(ctx, order, true); err != nil || n < 20 {
		t.Errorf("held %d: %v", n, err)
	}
	if _, err := k.Erase(ctx, order); !errors.Is(err, custody.ErrRefused) || !strings.Contains(err.Error(), "conservé à titre de preuve") {
		t.Errorf("erased while it is held: %v", err)
	}
	if _, err := k.SetHold(ctx, order, false); err != nil {
		t.Error(err)
	}
	if _, err := k.Erase(ctx, custody.Order{Reference: reference, By: "agent-01"}); !errors.Is(err, custody.ErrRefused) {
		t.Errorf("erased without a reason: %v", err)
	}
	r, err := k.Erase(ctx, order)
	if err != nil || r.Versions < 30 || r.Index < 2 || r.Executions < 1 || r.Mails < 7 || len(r.Messages) != 0 {
		t.Fatalf("%+v %v", r, err)
	}
	mailboxForgets(ctx, t, l, reference)
	left, _, err := l.Engine.Archive.Locks(ctx, casefile.Folder(reference), "keys/"+reference+"/")
	if err != nil || left != 0 {
		t.Errorf("%d versions are left: %v", left, err)
	}
	names, err := l.Engine.Archive.Names(ctx, "index/")
	if err != nil || slices.ContainsFunc(names, func(n string) bool { return strings.Contains(n, reference) }) {
		t.Errorf("the index still knows it: %v", err)
	}
	runs, err := l.Engine.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: "WorkflowId = '" + reference + "'"})
	if err != nil || len(runs.GetExecutions()) != 0 {
		t.Errorf("temporal still lists it: %v", err)
	}
	proof, err := l.Engine.Archive.Get(ctx, starter.ErasedKey(reference))
	if err != nil || !strings.Contains(string(proof), "fin de la durée") {
		t.Errorf("the proof: %s %v", proof, err)
	}
	for _, private := range []string{"localhost", "Martin", "Dubois", "Boulangerie", "Librairie", "FR76"} {
		if bytes.Contains(proof, []byte(private)) {
			t.Errorf("the proof says %q", private)
		}
	}
	if again, err := k.Erase(ctx, order); err != nil || again.Versions != 0 {
		t.Errorf("again: %+v %v", again, err)
	}
	late(ctx, t, l, reference)
}

// mailboxForgets looks for the case in the folders of the authority's mailbox.
func mailboxForgets(ctx context.Context, t *testing.T, l *run.Local, reference string) {
	t.Helper()
	box, err := engine.Mailbox(l.Engine.Config, quiet)
	if err != nil {
		t.Fatal(err)
	}
	others := 0
	for _, folder := range []string{"INBOX", l.Engine.Config.IMAP.Processed, "Sent"} {
		mails, err := box.List(ctx, folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range mails {
			raw, err := m.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(bytes.ToUpper(raw), []byte(reference)) {
				t.Errorf("%s still has a mail of %s", folder, reference)
			}
			others++
		}
	}
	if others == 0 {
		t.Error("the mails of the other case have gone too")
	}
}

// late sends a mail to a case that was erased.
func late(ctx context.Context, t *testing.T, l *run.Local, reference string) {
	t.Helper()
	sender, err := engine.Outbox(l.Smtp("boulangerie"), "boulangerie@localhost")
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Close()
	raw, err := outbox.Compose(outbox.Mail{From: message.Address{Address: "boulangerie@localhost"}, To: message.Address{Address: l.Engine.Addresses().Case(reference)},
		Subject: "Re: [" + reference + "]", Text: "Où en est mon dossier ?", Date: time.Now(), MessageID: "late@boulangerie.localhost"})
	if err == nil {
		_, err = sender.Send(ctx, "boulangerie@localhost", []string{l.Engine.Addresses().Case(reference)}, raw)
	}
	if err != nil {
		t.Fatal(err)
	}
	for range 60 {
		asides, err := l.Engine.Mailroom().Asides(ctx, starter.Unassigned, true)
		if err != nil {
			t.Fatal(err)
		}
		if len(asides) > 0 {
			if asides[0].Reason != routing.Erased {
				t.Errorf("set aside because %s", asides[0].Reason)
			}
			return
		}
		time.Sleep(time.Second)
	}
	t.Error("a late mail to a case that was erased is not set aside")
}

func unzip(t *testing.T, content []byte) map[string][]byte {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range r.File {
		in, err := f.Open()
		if err == nil {
			files[f.Name], err = io.ReadAll(in)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}
