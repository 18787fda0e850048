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
