package demo_test

import (
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"relance/domain/casefile"
	"relance/local/run"
	"relance/office/desk"
	"relance/proof/signature"
)

// inspectSeals lets our own reader and, where they are installed, poppler's pdfsig and qpdf judge every letter, and sees that charters were signed in
// all three ways.
func inspectSeals(ctx context.Context, t *testing.T, l *run.Local) {
	d := desk.Desk{Temporal: l.Engine.Temporal, Archive: l.Engine.Archive}
	cases, err := d.List(ctx, desk.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	ways, letters := map[string]bool{}, 0
	for _, c := range cases {
		s, err := d.State(ctx, c.Reference)
		if err != nil {
			t.Fatal(err)
		}
		if !s.Charter.Signed.IsZero() {
			ways[s.Charter.How] = true
			if s.Charter.Fingerprint == "" || (s.Charter.How == casefile.SignedByPhrase) != (s.Charter.Check.Key == "") {
				t.Errorf("%s: %+v", c.Reference, s.Charter)
			}
		}
		objects, err := l.Engine.Archive.List(ctx, casefile.Folder(c.Reference)+"letters/")
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range objects {
			if !strings.HasSuffix(o.Key, ".pdf") {
				continue
			}
			pdf, err := l.Engine.Archive.Get(ctx, o.Key)
			if err != nil {
				t.Fatal(err)
			}
			letters++
			charter := strings.HasSuffix(o.Key, "-charter.pdf")
			if r := signature.Read(pdf, signature.Options{}); len(r.Signatures) != 1 || !r.Signatures[0].Intact() || !r.Signatures[0].Whole || (r.Signatures[0].Certifies == 1) == charter {
				t.Errorf("%s: %+v", o.Key, r)
			}
			if letters <= 12 { // the tools take their time
				judge(t, o.Key, pdf)
			}
		}
	}
	if got := slices.Sorted(maps.Keys(ways)); !slices.Equal(got, []string{"copy", "digital", "phrase"}) {
		t.Errorf("charters were signed by %v", got)
	}
	if letters < 12 {
		t.Errorf("%d letters seen", letters)
	}
}

func judge(t *testing.T, key string, pdf []byte) {
	file := filepath.Join(t.TempDir(), "letter.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	if tool, err := exec.LookPath("qpdf"); err == nil {
		if out, err := exec.Command(tool, "--check", file).CombinedOutput(); err != nil {
			t.Errorf("%s: qpdf --check: %v\n%s", key, err, out)
		}
	}
	if tool, err := exec.LookPath("pdfsig"); err == nil {
		out, _ := exec.Command(tool, file).CombinedOutput() // its status is of the certificate, which nobody vouches for
		if text := string(out); !strings.Contains(text, "Signature is Valid") || !strings.Contains(text, "Total document signed") {
			t.Errorf("%s: pdfsig:\n%s", key, text)
		}
	}
}
