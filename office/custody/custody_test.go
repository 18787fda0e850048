package custody_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"relance/contract"
	"relance/domain/authority"
	"relance/domain/casefile"
	"relance/domain/chain"
	"relance/domain/scheme"
	"relance/letters/texts"
	"relance/local/devstack"
	"relance/office/custody"
	"relance/proof/verify"
	"relance/schemes"
	"relance/starter"
	"relance/store/archive"
)

const reference = "RBD-7K3M9-QXD3A"

var order = custody.Order{Reference: reference, Reason: "demande du demandeur, article 17", By: "agent-01"}

// shop is a real object store, locked for an hour, and a real Temporal, with the example's case in both.
func shop(t *testing.T) (*custody.Custody, *archive.Store) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts two servers")
	}
	ctx := t.Context()
	stack, err := devstack.Start(ctx, devstack.Options{Servers: devstack.MinIO | devstack.Temporal, Data: t.TempDir(), SearchAttributes: contract.SearchAttributes})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stack.Stop(); err != nil {
			t.Error(err)
		}
	})
	store, err := archive.Open(ctx, archive.Config{Endpoint: stack.S3Endpoint, AccessKey: stack.S3AccessKey, SecretKey: stack.S3SecretKey, Bucket: "test", Retention: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	temporal, err := client.Dial(client.Options{HostPort: stack.TemporalAddress})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(temporal.Close)
	catalogue, err := scheme.Load(schemes.Files)
	if err != nil {
		t.Fatal(err)
	}
	fill(ctx, t, store)
	return &custody.Custody{Archive: store, Temporal: temporal, Namespace: "default", Authority: authority.Example(), Catalogue: catalogue, Texts: texts.French(), Now: time.Now}, store
}

func fill(ctx context.Context, t *testing.T, store *archive.Store) {
	t.Helper()
	put := func(key string, content []byte) {
		t.Helper()
		if _, err := store.PutOnce(ctx, key, content, "application/octet-stream"); err != nil {
			t.Fatal(err)
		}
	}
	example := os.DirFS("../../proof/verify/testdata/example")
	err := fs.WalkDir(example, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(example, name)
		if name == "journal.jsonl" { // as it was before
			err = errors.Join(err, store.PutSnapshot(ctx, casefile.Folder(reference)+name, content[:1000], "application/jsonl"))
			err = errors.Join(err, store.PutSnapshot(ctx, casefile.Folder(reference)+name, content, "application/jsonl"))
			return err
		}
		put(casefile.Folder(reference)+name, content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	put("cases/RBD-00000-00000/case.json", []byte("{}"))
	for _, of := range []string{"siren-1", "iban-2", "sender-3"} {
		put("index/"+of+"/"+reference+".json", []byte("{}"))
	}
	put("index/siren-1/RBD-00000-00000.json", []byte("{}"))
	if _, err := store.Create(ctx, "keys/"+reference+"/key.json", []byte("{}"), "application/json"); err != nil {
		t.Fatal(err)
	}
	for sum, to := range map[string]string{"aaaa": reference, "bbbb": "RBD-00000-00000"} {
		note, err := json.Marshal(starter.Assignment{Case: to})
		if err != nil {
			t.Fatal(err)
		}
		put("unassigned/"+sum+".eml", []byte("From: x@example.org\r\n\r\nx"))
		put("unassigned/"+sum+".json", []byte("{}"))
		put("unassigned/"+sum+".assigned.json", note)
	}
}

func TestErase(t *testing.T) {
	k, store := shop(t)
	ctx := t.Context()
	refused := func(what string, o custody.Order, says string) {
		t.Helper()
		before, _, err := store.Locks(ctx, casefile.Folder(reference), "index/siren-1/"+reference+".json")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Erase(ctx, o); !errors.Is(err, custody.ErrRefused) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", what, err)
		}
		if after, _, err := store.Locks(ctx, casefile.Folder(reference), "index/siren-1/"+reference+".json"); err != nil || after != before || before < 30 {
			t.Errorf("%s: %d versions of %d are left, %v", what, after, before, err)
		}
		if buried, err := store.Exists(ctx, starter.ErasedKey(reference)); err != nil || buried {
			t.Errorf("%s: there is a proof of an erasure that was refused (%v)", what, err)
		}
	}
	lift := order
	lift.Bypass = true
	if _, err := k.Erase(ctx, custody.Order{Reference: "RBD-11111-11111", Reason: "x", By: "agent-01"}); !errors.Is(err, custody.ErrNoCase) {
		t.Errorf("a case that is not there: %v", err)
	}
	refused("under retention", order, "verrouillées, la dernière")
	run, err := k.Temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: reference, TaskQueue: "nobody"}, "Application")
	if err != nil {
		t.Fatal(err)
	}
	refused("while it runs", lift, "en cours")
	if err := k.Temporal.TerminateWorkflow(ctx, reference, run.GetRunID(), "test"); err != nil {
		t.Fatal(err)
	}
	if _, err := k.SetHold(ctx, order, true); err != nil {
		t.Fatal(err)
	}
	refused("while it is held", lift, "conservé à titre de preuve")
	if n, err := k.SetHold(ctx, order, false); err != nil || n < 30 {
		t.Errorf("let go of %d: %v", n, err)
	}
	if _, err := store.Hold(ctx, casefile.Folder(reference)+"letters/", true); err != nil { // somebody else's hold, without a note
		t.Fatal(err)
	}
	refused("under a legal hold of the store", lift, "conservation judiciaire")
	if _, err := store.Hold(ctx, casefile.Folder(reference)+"letters/", false); err != nil {
		t.Fatal(err)
	}
	r, err := k.Erase(ctx, lift)
	if err != nil || r.Index != 3 || r.Asides != 1 || r.Executions != 1 || r.Versions < 35 || len(r.Messages) != 7 {
		t.Fatalf("%+v %v", r, err)
	}
	left, _, err := store.Locks(ctx, casefile.Folder(reference), "keys/"+reference+"/", "index/siren-1/"+reference+".json", "unassigned/aaaa.eml")
	if err != nil || left != 0 {
		t.Errorf("%d versions are left: %v", left, err)
	}
	for _, others := range []string{"cases/RBD-00000-00000/case.json", "index/siren-1/RBD-00000-00000.json", "unassigned/bbbb.eml"} {
		if there, err := store.Exists(ctx, others); err != nil || !there {
			t.Errorf("%s went with it (%v)", others, err)
		}
	}
	proves(ctx, t, store)
}

// counting is an archive that counts how often the index is gone through.
type counting struct {
	custody.Archive
	index int
}

func (c *counting) Names(ctx context.Context, prefix string) ([]string, error) {
	if prefix == "index/" {
		c.index++
	}
	return c.Archive.Names(ctx, prefix)
}

// TestEraseMany: the index is gone through once for all cases, and each loses its own entries.
func TestEraseMany(t *testing.T) {
	k, store := shop(t)
	ctx := t.Context()
	archive := &counting{Archive: k.Archive}
	k.Archive = archive
	const second = "RBD-00000-00000"
	text, err := json.Marshal(casefile.State{Reference: second, Stage: casefile.Closed})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.PutVersion(ctx, casefile.Folder(second)+"case.json", text, "application/json"); err != nil {
		t.Fatal(err)
	}
	eraser := k.Eraser()
	for _, c := range []struct {
		reference     string
		index, asides int
	}{{reference, 3, 1}, {second, 1, 1}} {
		o := order
		o.Reference, o.Bypass = c.reference, true
		if r, err := eraser.Erase(ctx, o); err != nil || r.Index != c.index || r.Asides != c.asides {
			t.Errorf("%s: %+v %v", c.reference, r, err)
		}
	}
	if left, err := store.Names(ctx, "index/"); err != nil || len(left) != 0 || archive.index != 1 {
		t.Errorf("gone through %d times, left %v, %v", archive.index, left, err)
	}
}

// proves looks at what is left of the case.
func proves(ctx context.Context, t *testing.T, store *archive.Store) {
	t.Helper()
	text, err := store.Get(ctx, starter.ErasedKey(reference))
	if err != nil {
		t.Fatal(err)
	}
	var stone custody.Tombstone
	if err := json.Unmarshal(text, &stone); err != nil {
		t.Fatal(err)
	}
	journal, err := os.ReadFile("../../proof/verify/testdata/example/journal.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	grant, err := os.ReadFile("../../proof/verify/testdata/example/mail/out/004-grant.eml")
	if err != nil {
		t.Fatal(err)
	}
	known := false
	for _, o := range stone.Objects {
		known = known || o.SHA256 == chain.Hash(grant)
	}
	if stone.By != "agent-01" || !stone.Bypassed || stone.Stage != casefile.Closed || stone.Journal != chain.TipOf(chain.Split(journal)) || !known || stone.Counts["mail/in"] != 4 {
		t.Errorf("%+v", stone)
	}
	for _, private := range []string{"Jeanne", "Martin", "boulangerie", "example", "FR76", "628194821"} {
		if bytes.Contains(text, []byte(private)) {
			t.Errorf("the proof says %q", private)
		}
	}
}

// late is an archive in which case.json is written a little after the journal, as while a case is at work.
type late struct {
	custody.Archive
	before []byte
	until  time.Time
}

func (l late) Get(ctx context.Context, key string) ([]byte, error) {
	if strings.HasSuffix(key, "/case.json") && time.Now().Before(l.until) {
		return l.before, nil
	}
	return l.Archive.Get(ctx, key)
}

// A folder that is written to while it is fetched is fetched whole.
func TestFetchOfACaseAtWork(t *testing.T) {
	k, _ := shop(t)
	k.Archive = late{k.Archive, []byte(`{"reference":"of before"}`), time.Now().Add(300 * time.Millisecond)}
	into := t.TempDir()
	if _, err := k.Fetch(t.Context(), reference, into); err != nil {
		t.Fatal(err)
	}
	if r, err := verify.Case(verify.FS(os.DirFS(into)), verify.Options{Reference: reference}); err != nil || !r.Sound() {
		t.Errorf("%+v %v", r, err)
	}
}

// A folder that was fetched is the one in the archive.
func TestFetchAndAccess(t *testing.T) {
	k, _ := shop(t)
	into := t.TempDir()
	if n, err := k.Fetch(t.Context(), reference, into); err != nil || n < 28 {
		t.Fatalf("%d %v", n, err)
	}
	for _, folder := range []verify.Folder{verify.FS(os.DirFS(into)), k.Folder(t.Context(), reference)} {
		if r, err := verify.Case(folder, verify.Options{Reference: reference}); err != nil || !r.Sound() {
			t.Errorf("%+v %v", r, err)
		}
	}
	if _, err := k.Fetch(t.Context(), "RBD-11111-11111", into); !errors.Is(err, custody.ErrNoCase) {
		t.Errorf("%v", err)
	}
	var zip bytes.Buffer
	if err := k.Access(t.Context(), reference, &zip); err != nil || zip.Len() < 100_000 {
		t.Errorf("%d bytes, %v", zip.Len(), err)
	}
	if keep := os.Getenv("RELANCE_ACCESS"); keep != "" {
		if err := os.WriteFile(keep, zip.Bytes(), 0o600); err != nil {
			t.Error(err)
		}
	}
}
