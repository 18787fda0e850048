package verify_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"relance/domain/casefile"
	"relance/proof/verify"
)

// TestALetterIsConfirmedByItsBytes holds the letters of the example against its folder, as they are and changed by
// one byte or more.
func TestALetterIsConfirmedByItsBytes(t *testing.T) {
	folder := verify.FS(os.DirFS(example))
	letters, err := filepath.Glob(example + "/letters/*.pdf")
	if err != nil || len(letters) < 3 {
		t.Fatalf("%d letters, %v", len(letters), err)
	}
	for _, name := range letters {
		file := contentOf(t, name)
		for what, c := range map[string]struct {
			file []byte
			want verify.Standing
		}{"as it is": {file, verify.InForce}, "a line end behind it": {append(file[:len(file):len(file)], '\n'), verify.Unconfirmed}, "cut": {file[:len(file)-1], verify.Unconfirmed},
			"nothing": {nil, verify.Unconfirmed}} {
			if got, err := verify.Letter(folder, c.file); err != nil || got != c.want {
				t.Errorf("%s, %s: %s, %v; want %s", name, what, got, err, c.want)
			}
		}
	}
	documents, err := filepath.Glob(example + "/documents/*.pdf")
	if err != nil || len(documents) == 0 {
		t.Fatalf("%d documents, %v", len(documents), err)
	}
	if got, err := verify.Letter(folder, contentOf(t, documents[0])); err != nil || got != verify.Unconfirmed {
		t.Errorf("a document of the applicant's is a letter of ours: %s, %v", got, err)
	}
}

// TestWhatHasTakenALettersPlace: decisions that were replaced, withdrawn or given up, and charters that newer ones
// replaced.
func TestWhatHasTakenALettersPlace(t *testing.T) {
	grants, err := filepath.Glob(example + "/letters/*-grant.pdf")
	if err != nil || len(grants) != 1 {
		t.Fatalf("%v %v", grants, err)
	}
	charters, err := filepath.Glob(example + "/letters/*-charter.pdf")
	if err != nil || len(charters) != 1 {
		t.Fatalf("%v %v", charters, err)
	}
	for name, c := range map[string]struct {
		file   string
		change func(*casefile.State)
		want   verify.Standing
	}{
		"replaced": {grants[0], func(s *casefile.State) {
			s.Earlier = append(s.Earlier, *s.Decision)
			s.Decision = &casefile.Decision{Kind: casefile.DecisionAppeal}
		}, verify.Superseded},
		"withdrawn": {grants[0], func(s *casefile.State) {
			s.Earlier = append(s.Earlier, *s.Decision)
			s.Decision = &casefile.Decision{Kind: casefile.DecisionWithdrawal, Revokes: true}
		}, verify.Superseded},
		"given up":               {grants[0], func(s *casefile.State) { s.Stage = casefile.Withdrawn }, verify.Superseded},
		"in force":               {grants[0], func(*casefile.State) {}, verify.InForce},
		"a newer charter":        {charters[0], func(s *casefile.State) { s.Charter.SHA256 = "other" }, verify.Superseded},
		"the charter in force":   {charters[0], func(s *casefile.State) {}, verify.InForce},
		"a charter of a refusal": {charters[0], func(s *casefile.State) { s.Stage = casefile.Rejected }, verify.InForce},
	} {
		copied := t.TempDir()
		if err := os.CopyFS(copied, os.DirFS(example)); err != nil {
			t.Fatal(err)
		}
		var s casefile.State
		if err := json.Unmarshal(contentOf(t, filepath.Join(copied, "case.json")), &s); err != nil {
			t.Fatal(err)
		}
		if s.Decision == nil || s.Decision.Letter.SHA256 != sumOf(contentOf(t, grants[0])) {
			t.Fatal("the example's decision does not name its letter")
		}
		c.change(&s)
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(copied, "case.json"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := verify.Letter(verify.FS(os.DirFS(copied)), contentOf(t, c.file)); err != nil || got != c.want {
			t.Errorf("%s: %s, %v; want %s", name, got, err, c.want)
		}
	}
}

func contentOf(t *testing.T, name string) []byte {
	t.Helper()
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func sumOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
