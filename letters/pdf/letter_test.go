package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pdfcpu/pdfcpu/pkg/api"

	"relance/letters/prose"
)

func TestMain(m *testing.M) {
	api.DisableConfigDir()
	os.Exit(m.Run())
}

// sample is a letter with everything but a body.
func sample() Letter {
	at := time.Date(2020, 11, 20, 10, 0, 0, 0, time.UTC)
	return Letter{
		Letterhead: Letterhead{Name: "Métropole des Flandres", Motto: "Ensemble", Lines: []string{"2 boulevard des Cités-Unies", "59040 Lille Cedex"},
			Phone: "03 53 01 00 00", Email: "aides@metropole.example", Website: "www.metropole.example", Color: [3]uint8{31, 58, 110}},
		Title: "Attribution – REBOND-2020-000123", Kind: "Décision d'attribution", Place: "Lille", Date: at, Reference: "REBOND-2020-000123",
		Officer:   Officer{Name: "Claire Delattre", Capacity: "Gestionnaire", Phone: "03 53 01 00 11", Email: "claire@metropole.example"},
		Recipient: []string{"Café de la Place", "Amina Lefèvre", "12 rue de la Monnaie", "59000 Lille"},
		Subject:   "Attribution d'une aide", Language: "fr-FR",
		Signature: &Signature{Name: "Hélène Vandamme", Capacity: "Directrice générale adjointe", Delegation: "Pour le Président et par délégation", Date: at},
		Notice:    prose.Parse("# Voies et délais de recours\n\n" + strings.Repeat("Vous pouvez saisir le tribunal administratif. ", 8)),
	}
}

func render(t *testing.T, l Letter) []byte {
	t.Helper()
	file, err := Render(l)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestIncomplete(t *testing.T) {
	for lack, spoil := range map[string]func(*Letter){
		"Title":           func(l *Letter) { l.Title = " " },
		"Date":            func(l *Letter) { l.Date = time.Time{} },
		"Reference":       func(l *Letter) { l.Reference = "" },
		"Letterhead.Name": func(l *Letter) { l.Letterhead.Name = "" },
	} {
		l := sample()
		spoil(&l)
		file, err := Render(l)
		if !errors.Is(err, ErrIncomplete) || !strings.HasSuffix(err.Error(), ": "+lack) || file != nil {
			t.Errorf("without %s: %d bytes, %v", lack, len(file), err)
		}
	}
	if _, err := Render(Letter{}); err == nil || !strings.HasSuffix(err.Error(), "Title, Date, Reference, Letterhead.Name") {
		t.Errorf("empty letter: %v", err)
	}
}

func TestPages(t *testing.T) {
	table := "| N° | Nom | Montant |\n"
	for i := range 60 {
		table += fmt.Sprintf("| %d | Commerce %d | %d,00 € |\n", i+1, i, 500+i)
	}
	for _, c := range []struct {
		name, body string
		pages      int
	}{
		{"empty", "", 1},
		{"short", "Bonjour.", 1},
		{"table", table, 3},
		{"long", strings.Repeat("Un paragraphe de deux lignes, qui en compte deux parce qu'il dit deux fois la même chose, deux fois.\n\n", 40), 3},
		{"odd", "|  |\n\n# \n\n- \n\n| a | b | c | d | e | f | g | h | i | j | k | l | m | n | o | p | q | r | s | t | u | v | w | x | y | z |", 1},
	} {
		l := sample()
		l.Body = prose.Parse(c.body)
		file := render(t, l)
		if n, err := api.PageCount(bytes.NewReader(file), nil); err != nil || n != c.pages {
			t.Errorf("%s: %d pages, want %d (%v)", c.name, n, c.pages, err)
		}
		if err := api.Validate(bytes.NewReader(file), nil); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestSameBytesConcurrently(t *testing.T) {
	l := sample()
	l.Body = prose.Parse("Un texte « simple » : 1 500,00 €.\n\n- a ;\n- b.\n\n| a | b |\n| c | d |")
	want := render(t, l)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			other := l
			if i%2 == 1 {
				other.Subject = strings.Repeat("Ω autre sujet ", i)
			}
			got, err := Render(other)
			if err != nil || bytes.Equal(got, want) != (i%2 == 0) {
				t.Errorf("letter %d: same bytes %v, %v", i, bytes.Equal(got, want), err)
			}
		})
	}
	group.Wait()
}

func TestLogo(t *testing.T) {
	for name, picture := range map[string]image.Image{
		"8 bits":  image.NewNRGBA(image.Rect(0, 0, 40, 20)),
		"16 bits": image.NewRGBA64(image.Rect(0, 0, 40, 20)),
		"palette": image.NewPaletted(image.Rect(0, 0, 40, 20), color.Palette{color.White, color.Black}),
	} {
		var file bytes.Buffer
		if err := png.Encode(&file, picture); err != nil {
			t.Fatal(err)
		}
		l := sample()
		l.Letterhead.Logo = file.Bytes()
		if err := api.Validate(bytes.NewReader(render(t, l)), nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	l := sample()
	l.Letterhead.Logo = []byte("not a picture")
	if _, err := Render(l); err == nil || !strings.Contains(err.Error(), "logo") {
		t.Errorf("a broken logo gives %v", err)
	}
}

// TestText reads the letters back as a mail program's search or a screen reader would.
func TestText(t *testing.T) {
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not installed")
	}
	l := sample()
	l.Recipient[0] = "Boulangerie 🥖 Chez Zoé"
	l.Body = prose.Parse("Une aide de 1 500,00 € : voilà !\n\n| Montant | 12 |")
	l.Acceptance = &Acceptance{Phrase: "Je signe la charte du dossier REBOND-2020-000123"}
	file := filepath.Join(t.TempDir(), "letter.pdf")
	if err := os.WriteFile(file, render(t, l), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tool, "-layout", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	told := strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(string(out)) // versions of the tool differ here
	for _, want := range []string{
		"Boulangerie □ Chez Zoé", "Objet : Attribution d'une aide", "Lille, le 20 novembre 2020", "DÉCISION D'ATTRIBUTION",
		"Une aide de 1 500,00 € : voilà !", "Affaire suivie par", "claire@metropole.example", "Pour le Président et par délégation",
		"Hélène Vandamme", "Je signe la charte du dossier REBOND-2020-000123", "« lu et approuvé »", "Voies et délais de recours",
		"Métropole des Flandres · REBOND-2020-000123", "Page 1 sur 2", "Page 2 sur 2",
	} {
		if !strings.Contains(told, want) {
			t.Errorf("the text lacks %q", want)
		}
	}
	if t.Failed() {
		t.Logf("%s", out)
	}
}

func BenchmarkRender(b *testing.B) {
	l := sample()
	l.Body = prose.Parse("Madame, Monsieur,\n\nUne aide de 1 500,00 € est attribuée.\n\n# Article 1er\n\n- a ;\n- b.\n\n| Montant | 12 |")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Render(l); err != nil {
			b.Fatal(err)
		}
	}
}
