package pdf

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"relance/letters/prose"
)

// tool runs a program on a letter; it skips the test where the program is not installed.
func runTool(t *testing.T, file []byte, name string, args ...string) string {
	t.Helper()
	program, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	path := filepath.Join(t.TempDir(), "letter.pdf")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, append(args, path)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

func archived(t *testing.T) []byte {
	l := sample()
	l.Title = `Attribution <& "Café">`
	l.Body = prose.Parse("Une aide de 1 500,00 € : voilà.\n\n# Titre")
	return render(t, l)
}

func TestMetadata(t *testing.T) {
	file := archived(t)
	for _, want := range []string{"<pdfaid:part>2</pdfaid:part>", "<pdfaid:conformance>B</pdfaid:conformance>", "Attribution &lt;&amp; &quot;Café&quot;&gt;",
		"<xmp:CreateDate>2020-11-20T10:00:00Z</xmp:CreateDate>", "/CreationDate (D:20201120100000Z)", "<rdf:li>fr-FR</rdf:li>", "/GTS_PDFA1", "/ID [<"} {
		if !bytes.Contains(file, []byte(want)) {
			t.Errorf("the file lacks %q", want)
		}
	}
	for _, bad := range []string{"EmbeddedFiles", "/utf8sans", "/SMask", "/Encrypt"} {
		if bytes.Contains(file, []byte(bad)) {
			t.Errorf("the file has %q", bad)
		}
	}
	if !bytes.HasPrefix(file, []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")) {
		t.Errorf("the file begins with %q", file[:16])
	}
}

func TestLanguage(t *testing.T) {
	for given, want := range map[string]string{"": "fr-FR", "nl-BE": "nl-BE", "x) /Evil (": "fr-FR"} {
		l := sample()
		l.Language = given
		file := render(t, l)
		if !bytes.Contains(file, []byte("/Lang ("+want+")\n")) {
			t.Errorf("language %q: no /Lang (%s)", given, want)
		}
		tail := file[bytes.LastIndex(file, []byte("startxref\n"))+len("startxref\n"):]
		number, _, _ := bytes.Cut(tail, []byte("\n"))
		at, err := strconv.Atoi(string(number))
		if err != nil || !bytes.HasPrefix(file[at:], []byte("xref\n")) {
			t.Errorf("language %q: startxref %s points elsewhere", given, number)
		}
	}
}

func TestForeignFiles(t *testing.T) {
	for _, file := range []string{"", "%PDF-1.4\n", "xref\n0 4\nstartxref\n0\n%%EOF", "xref\n0 9\n\n\n\nstartxref\n0\n%%EOF"} {
		if _, err := archival([]byte(file), sample()); !errors.Is(err, errStructure) {
			t.Errorf("%q gives %v", file, err)
		}
	}
}

// TestOutsideTools: the file is as other programs expect it.
func TestOutsideTools(t *testing.T) {
	file := archived(t)
	t.Run("qpdf", func(t *testing.T) {
		if out := runTool(t, file, "qpdf", "--check"); !strings.Contains(out, "No syntax or stream encoding errors found") {
			t.Error(out)
		}
	})
	t.Run("pdffonts", func(t *testing.T) {
		out := runTool(t, file, "pdffonts")
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if len(lines) != 4 {
			t.Fatalf("two fonts are expected:\n%s", out)
		}
		for _, line := range lines[2:] { // embedded, a subset, with Unicode
			if f := strings.Fields(line); len(f) < 8 || f[0][6:7] != "+" || f[4] != "yes" || f[5] != "yes" || f[6] != "yes" {
				t.Errorf("font %q", line)
			}
		}
	})
	t.Run("pdfinfo", func(t *testing.T) {
		out := strings.Join(strings.Fields(runTool(t, file, "pdfinfo")), " ")
		for _, want := range []string{`Title: Attribution <& "Café">`, "Author: Métropole des Flandres", "Metadata Stream: yes", "Pages: 1", "PDF version: 1.7"} {
			if !strings.Contains(out, want) {
				t.Errorf("%q is missing in %s", want, out)
			}
		}
	})
}

// TestColourProfile: the table of tags points inside the profile, each tag begins as its type does, and the primaries add up to white.
func TestColourProfile(t *testing.T) {
	p := profile()
	number := func(at int) int { return int(p[at])<<24 | int(p[at+1])<<16 | int(p[at+2])<<8 | int(p[at+3]) }
	if number(0) != len(p) || string(p[36:40]) != "acsp" {
		t.Fatalf("%d bytes say they are %d", len(p), number(0))
	}
	kinds := map[string]string{"desc": "desc", "cprt": "text", "wtpt": "XYZ ", "rXYZ": "XYZ ", "gXYZ": "XYZ ", "bXYZ": "XYZ ", "rTRC": "curv", "gTRC": "curv", "bTRC": "curv"}
	var sum [3]int
	for i := range number(128) {
		at := 132 + 12*i
		name, offset, size := string(p[at:at+4]), number(at+4), number(at+8)
		if offset%4 != 0 || offset+size > len(p) || string(p[offset:offset+4]) != kinds[name] {
			t.Errorf("tag %s: %d bytes at %d", name, size, offset)
		}
		if strings.HasSuffix(name, "XYZ") {
			for k := range sum {
				sum[k] += number(offset + 8 + 4*k)
			}
		}
		delete(kinds, name)
	}
	for k, white := range []float64{0.9642, 1, 0.82491} {
		if got := float64(sum[k]) / 65536; got < white-0.001 || got > white+0.001 {
			t.Errorf("white is %.4f, not %.4f, in dimension %d", got, white, k)
		}
	}
	if len(kinds) > 0 {
		t.Errorf("missing: %v", kinds)
	}
}
