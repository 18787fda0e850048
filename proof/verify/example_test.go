package verify_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"relance/proof/verify"
)

const example = "testdata/example"

// The example is a folder as an earlier version wrote it: it has to hold for ever.
func TestTheExampleHolds(t *testing.T) {
	r, err := verify.Case(verify.FS(os.DirFS(example)), verify.Options{})
	if err != nil || !r.Sound() || r.Reference != "RBD-7K3M9-QXD3A" || r.Evidence != 1 || r.Anchors < 4 || len(r.Signatures) != 2 {
		t.Errorf("%+v %v", r, err)
	}
}

func TestAnotherReferenceIsNotItsOwn(t *testing.T) {
	r, err := verify.Case(verify.FS(os.DirFS(example)), verify.Options{Reference: "RBD-00000-00000"})
	if err != nil || r.Sound() {
		t.Errorf("%+v %v", r, err)
	}
}

func TestWhatIsNoFolderIsAnError(t *testing.T) {
	if _, err := verify.Case(verify.FS(os.DirFS(t.TempDir())), verify.Options{}); err == nil {
		t.Error("an empty folder was examined")
	}
}

// TestTheWorkedExample runs what docs/evidence.md tells an expert to run, with the tools it names alone, on the folder and on one that was tampered with.
func TestTheWorkedExample(t *testing.T) {
	for _, tool := range []string{"bash", "jq", "sha256sum", "openssl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed: the worked example of docs/evidence.md is not run", tool)
		}
	}
	doc, err := os.ReadFile("../../docs/evidence.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(doc), -1)
	if len(blocks) != 2 {
		t.Fatalf("%d blocks of commands", len(blocks))
	}
	run := func(folder, script string) string {
		cmd := exec.Command("bash", "-u", "-c", script)
		cmd.Dir = folder
		out, err := cmd.CombinedOutput()
		if _, failed := err.(*exec.ExitError); err != nil && !failed {
			t.Fatal(err)
		}
		return string(out)
	}
	report, err := verify.Case(verify.FS(os.DirFS(example)), verify.Options{})
	if err != nil {
		t.Fatal(err)
	}
	sound := run(example, blocks[0][1])
	for _, want := range []string{fmt.Sprintf("%d entries, head %s\n", report.Entries, report.Head), "objects: as written", "case.json: as written", "the decision agrees with entry", "signed by jeanne@boulangerie.example"} {
		if !strings.Contains(sound, want) {
			t.Errorf("it does not say %q:\n%s", want, sound)
		}
	}
	if strings.Contains(sound, "no entry speaks of it") || strings.Contains(sound, "does not continue") {
		t.Errorf("%s", sound)
	}
	lines := strings.Split(run(example, blocks[1][1]), "\n")
	if len(lines) < 3 || lines[0] == "" || lines[0] != lines[1] || !strings.HasPrefix(lines[2], "s2020._domainkey.boulangerie.example = v=DKIM1") {
		t.Errorf("the hash of the body: %q", lines)
	}
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(example)); err != nil {
		t.Fatal(err)
	}
	alter(t, filepath.Join(copied, "journal.jsonl"), "charter.signed", "charter.signeD")
	letters, err := fs.Glob(os.DirFS(copied), "letters/*-closing.pdf")
	if err != nil || len(letters) != 1 {
		t.Fatalf("%v %v", letters, err)
	}
	alter(t, filepath.Join(copied, letters[0]), "%PDF-1.", "%PDF-2.")
	if err := os.WriteFile(filepath.Join(copied, "documents", "planted.txt"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := run(copied, blocks[0][1])
	for _, want := range []string{"does not continue the one before", letters[0] + ": FAILED", "documents/planted.txt: no entry speaks of it"} {
		if !strings.Contains(broken, want) {
			t.Errorf("tampered with, it does not say %q:\n%s", want, broken)
		}
	}
}

func alter(t *testing.T, file, from, to string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), from) {
		t.Fatalf("%s does not hold %q: %v", file, from, err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), from, to, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}
