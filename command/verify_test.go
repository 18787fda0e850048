package command_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"relance/command"
	"relance/proof/verify"
)

// A folder is examined without servers and without configuration, and the exit status says whether it holds.
func TestVerifyAFolder(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "dossier")
	if err := os.CopyFS(folder, os.DirFS("../proof/verify/testdata/example")); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (int, string) {
		var out, errs bytes.Buffer
		status := command.Run(t.Context(), append([]string{"case", "verify"}, args...), &out, &errs)
		return status, out.String() + errs.String()
	}
	grant := filepath.Join(folder, "mail", "out", "004-grant.eml")
	kept, err := os.ReadFile(grant)
	if err != nil {
		t.Fatal(err)
	}
	if status, text := run(folder); status != 0 || !strings.Contains(text, "Rien n'a été altéré") || !strings.Contains(text, "boulangerie.example") {
		t.Errorf("%d\n%s", status, text)
	}
	if status, text := run(folder, "-against", grant); status != 0 {
		t.Errorf("%d\n%s", status, text)
	}
	kept[20] ^= 1
	if err := os.WriteFile(grant, kept, 0o600); err != nil {
		t.Fatal(err)
	}
	if status, text := run(folder); status != 1 || !strings.Contains(text, "mail/out/004-grant.eml") || !strings.Contains(text, "empreinte attendue") {
		t.Errorf("%d\n%s", status, text)
	}
	status, text := run(folder, "-json")
	var r verify.Report
	if err := json.Unmarshal([]byte(text), &r); err != nil || status != 1 || len(r.Findings) != 1 || r.Findings[0].Object != "mail/out/004-grant.eml" {
		t.Errorf("%d %+v %v", status, r, err)
	}
	if status, _ := run(filepath.Join(folder, "letters")); status != 1 {
		t.Errorf("a folder without a case: %d", status)
	}
}

// A letter is held against its case by its bytes; one that was saved anew is not called false.
func TestVerifyALetter(t *testing.T) {
	const folder = "../proof/verify/testdata/example"
	letters, err := filepath.Glob(folder + "/letters/*-grant.pdf")
	if err != nil || len(letters) != 1 {
		t.Fatalf("%v %v", letters, err)
	}
	letter, err := os.ReadFile(letters[0])
	if err != nil {
		t.Fatal(err)
	}
	again := filepath.Join(t.TempDir(), "again.pdf")
	if err := os.WriteFile(again, append(letter, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	nothing := filepath.Join(t.TempDir(), "nothing.pdf")
	if err := os.WriteFile(nothing, []byte("%PDF-1.4 nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"as it is":     {[]string{letters[0], "-in", folder}, 0, "est de nous et n'a pas été modifiée."},
		"saved anew":   {[]string{again, "-in", folder}, 1, "n'est pas un faux"},
		"of no case":   {[]string{nothing}, 1, "ne pouvons pas confirmer"},
		"of no folder": {[]string{letters[0], "-in", "nowhere"}, 1, "ni un dossier sur ce disque ni une référence"},
	} {
		var out, errs bytes.Buffer
		if status := command.Run(t.Context(), append([]string{"case", "verify"}, c.args...), &out, &errs); status != c.status || !strings.Contains(out.String()+errs.String(), c.says) {
			t.Errorf("%s: %d, %s%s", name, status, out.String(), errs.String())
		}
	}
}
