package pdf

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"relance/letters/prose"
	"relance/local/chance"
)

// TestPaginate: whatever the rows, each is placed once, in order, within the page, and no bond breaks that could hold.
func TestPaginate(t *testing.T) {
	const first, top, bottom = 60.0, 20.0, 120.0
	chance.Check(t, func(t *rapid.T) {
		rows := make([]row, rapid.IntRange(1, 60).Draw(t, "rows"))
		at := map[int]int{} // page of each row, by the serial number in draw
		for i := range rows {
			rows[i] = row{height: rapid.Float64Range(1, 30).Draw(t, "height"), gap: rapid.Float64Range(0, 5).Draw(t, "gap"),
				bond: bond(rapid.IntRange(0, 2).Draw(t, "bond"))}
			rows[i].draw = func(page float64) { at[i] = int(page) }
		}
		count := 0
		for n, page := range paginate(rows, first, top, bottom) {
			y := top
			if n == 0 {
				y = first
			}
			for _, r := range page {
				if r.y < y-1e-6 || r.y+r.height > bottom+1e-6 {
					t.Fatalf("row %d at %.2f, %.2f high, on page %d", count, r.y, r.height, n)
				}
				y = r.y + r.height
				r.draw(float64(n))
				if at[count] != n || len(at) != count+1 {
					t.Fatalf("row %d is out of order", count)
				}
				count++
			}
		}
		if count != len(rows) {
			t.Fatalf("%d rows placed of %d", count, len(rows))
		}
		for _, keep := range []bond{loose, tight} {
			for i := 0; i < len(rows); {
				end := i + 1
				for end < len(rows) && rows[end-1].bond >= keep {
					end++
				}
				if total(rows[i:end]) <= bottom-top && at[i] != at[end-1] {
					t.Fatalf("rows %d to %d would fit on a page and are torn apart", i, end-1)
				}
				i = end
			}
		}
	})
}

func pagesOf(l Letter) [][]placed { return newDocument(l, false).compose() }

func has(page []placed, p part) bool {
	return slices.ContainsFunc(page, func(r placed) bool { return r.part == p })
}

// TestEndings moves the end of the letter down a page line by line: signature, box and notice are never torn, and no
// signature or box is on a page without some of the body.
func TestEndings(t *testing.T) {
	last := map[string]string{
		"paragraph": "Je vous prie d'agréer, Madame, Monsieur, l'expression de ma considération distinguée.",
		"long":      strings.Repeat("Une phrase de fin qui n'en finit pas. ", 90),
		"list":      "- un\n- deux\n- trois",
		"table":     "| a | b |\n| c | d |\n| e | f |",
		"heading":   "# Fin",
	}
	for name, text := range last {
		for lines := range 60 {
			l := sample()
			if lines%2 == 1 {
				l.Signature, l.Acceptance = nil, &Acceptance{Phrase: "Je signe"}
			}
			l.Body = append(prose.Parse(strings.Repeat("ligne\n", lines)), prose.Parse(text)...)
			seen := map[part]int{}
			for n, page := range pagesOf(l) {
				for _, r := range page {
					if r.part == partBody || r.part == partAddress || r.part == partOfficer {
						continue
					}
					if r.part != partNotice && countBody(page) == 0 {
						t.Errorf("%s, %d lines: the ending is alone on page %d", name, lines, n+1)
					}
					if before, ok := seen[r.part]; ok && before != n {
						t.Errorf("%s, %d lines: part %d is torn between two pages", name, lines, r.part)
					}
					seen[r.part] = n
				}
			}
			if _, ok := seen[partNotice]; !ok || len(seen) != 2 {
				t.Errorf("%s, %d lines: parts %v", name, lines, seen)
			}
		}
	}
}

// countBody counts the lines of body on a page.
func countBody(page []placed) int {
	n := 0
	for _, r := range page {
		if r.part == partBody {
			n++
		}
	}
	return n
}

// TestLastParagraphGoesAlong: the closing formula stands on the page of the signature, whole.
func TestLastParagraphGoesAlong(t *testing.T) {
	for lines := range 60 {
		l := sample()
		l.Notice = nil
		l.Body = prose.Parse(strings.Repeat("ligne\n", lines) + "\n" + strings.Repeat("La formule de politesse tient sur plusieurs lignes. ", 8))
		pages := pagesOf(l)
		if lastPage := pages[len(pages)-1]; len(pages) > 1 && (!has(lastPage, partSignature) || countBody(lastPage) < 5) {
			t.Errorf("%d lines: %d lines of body with the signature", lines, countBody(lastPage))
		}
	}
}

func TestTableHeadIsRepeated(t *testing.T) {
	l := sample()
	d := newDocument(l, false)
	rows := d.table(prose.Parse("| Nom | Ville | Montant |\n" + strings.Repeat("| Café | Lille | 12,00 € |\n", 80))[0].Rows, plain)
	pages := paginate(rows, 200, top, bottom)
	count := 0
	for _, page := range pages {
		count += len(page)
	}
	if want := 81 + len(pages) - 1; len(pages) < 3 || count != want {
		t.Errorf("%d rows on %d pages, want %d", count, len(pages), want)
	}
	values := d.table(prose.Parse(strings.Repeat("| Nom | Café |\n", 80))[0].Rows, plain)
	count = 0
	for _, page := range paginate(values, 200, top, bottom) {
		count += len(page)
	}
	if count != 80 {
		t.Errorf("a table of labels and values has %d rows, want 80: its first row is no heading", count)
	}
}

func TestTableKinds(t *testing.T) {
	for _, c := range []struct {
		text    string
		header  bool
		amounts []bool
	}{
		{"| SIRET | 123 456 789 00012 |", false, []bool{false, false}},
		{"| Montant | 1 500,00 € |\n| Solde | −3,00 € |", false, []bool{false, true}},
		{"| Mois | Montant |\n| mai | 1\u202f500,00\u00a0€ |", true, []bool{false, true}},
		{"| N° | Nom | Part |\n| 1 | Café | 50 % |\n| 2 | Bar | |", true, []bool{true, false, true}},
		{"| 1 | Café | 50 % |\n| 2 | Bar | 5 jours |", false, []bool{true, false, false}},
	} {
		got := newTable(prose.Parse(c.text)[0].Rows, plain)
		if got.header != c.header || !slices.Equal(got.amounts, c.amounts) {
			t.Errorf("%q: header %v, amounts %v", c.text, got.header, got.amounts)
		}
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"e\u0301te\u0301":    "été",
		"Chez 🥖 Zoé":         "Chez □ Zoé",
		"👩🏽‍🍳 et ❤️‍🔥":       "□ et □",
		"中文":                 "□□",
		"a\tb\u2009c\u00add": "a b cd",
		"1\u202f500\u00a0€":  "1\u202f500\u00a0€",
		"œŒæÉ€’–…«»°":        "œŒæÉ€’–…«»°",
		"\x00\xff\u202e":     "□",
		"e\u2011mail\nx":     "e-mail\nx",
	} {
		if got := clean(in); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
	if got := set("article L. 242-2, n° 5 ; M. 3"); got != "article L.\u00a0242-2, n°\u00a05\u202f; M. 3" {
		t.Errorf("set keeps no number with its abbreviation: %q", got)
	}
}

func TestWrap(t *testing.T) {
	runes := func(s string) float64 { return float64(utf8.RuneCountInString(s)) }
	if got := wrap("un deux\ntrois https://a.fr/bcdef\n\nfin", 10, runes); !slices.Equal(got,
		[]string{"un deux", "trois", "https://a.", "fr/bcdef", "", "fin"}) {
		t.Errorf("wrap = %q", got)
	}
}

func TestWrapLosesNothing(t *testing.T) {
	runes := func(s string) float64 { return float64(utf8.RuneCountInString(s)) }
	chance.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-zé/ .\x{a0}\n-]{0,120}`).Draw(t, "text")
		width := rapid.IntRange(1, 30).Draw(t, "width")
		lines := wrap(text, float64(width), runes)
		for _, line := range lines {
			if utf8.RuneCountInString(line) > width {
				t.Fatalf("%q is wider than %d", line, width)
			}
		}
		bare := strings.NewReplacer(" ", "", "\n", "")
		if bare.Replace(strings.Join(lines, "")) != bare.Replace(text) {
			t.Fatalf("%q became %q", text, lines)
		}
	})
}

func TestDarkened(t *testing.T) {
	for _, c := range []colour{{255, 255, 255}, {255, 221, 0}, {0, 200, 120}} {
		if got := contrast(darkened(c)); got < 4.5 || got > 7 {
			t.Errorf("%v gets a contrast of %.1f", c, got)
		}
	}
	if c := (colour{31, 58, 110}); darkened(c) != c {
		t.Error("a dark colour is changed")
	}
}

func FuzzRender(f *testing.F) {
	f.Add("Madame,\n\n# T\n- a\n| b | c |", "Café 🥖", "12 rue\nLille")
	f.Add("| | |\n||\n- \n# ", "\xff\x00", "()\\")
	f.Fuzz(func(t *testing.T, body, name, subject string) {
		l := sample()
		l.Body, l.Recipient, l.Subject, l.Kind = prose.Parse(body), []string{name}, subject, name
		l.Signature.Name, l.Acceptance = name, &Acceptance{Phrase: subject}
		if _, err := Render(l); err != nil {
			t.Fatal(err)
		}
	})
}

// TestASentenceStaysWithWhatItAnnounces: a sentence that ends with a colon is on the page on which its list or table begins.
func TestASentenceStaysWithWhatItAnnounces(t *testing.T) {
	for _, follows := range []string{"- un\n- deux", "| a | b | c |\n| d | e | 1,00 € |"} {
		for lines := range 60 {
			l := sample()
			l.Signature, l.Notice = nil, nil
			l.Body = prose.Parse(strings.Repeat("ligne\n", lines) + "\nVoici :\n\n" + follows)
			written, err := Write(l)
			if err != nil {
				t.Fatal(err)
			}
			if d := newDocument(l, false); len(d.compose()) < 2 {
				continue
			}
			last := lastPage(t, l)
			if strings.Contains(last, "deux") && !strings.Contains(last, "Voici") || strings.Contains(last, "1,00") && !strings.Contains(last, "Voici") {
				t.Errorf("%d lines: the last page says %q of %q", lines, last, written.Said.Body)
			}
		}
	}
}

// lastPage is what the last page of a letter says, footer included.
func lastPage(t *testing.T, l Letter) string {
	t.Helper()
	d := newDocument(l, false)
	pages := d.compose()
	d.pdf.AddPage()
	for _, r := range pages[len(pages)-1] {
		r.draw(r.y)
	}
	return strings.Join(d.said, " ")
}

// TestPageBreaks: a break begins a page, once, and none where there is nothing before or behind it.
func TestPageBreaks(t *testing.T) {
	for body, want := range map[string]int{
		"un\n\n---\n\ndeux": 2, "un\n---\n---\n# deux\n\n---\n\ntrois": 3, "un\n\n---": 1, "---\n\nun": 2, "- a\n---\n- b\n---\n| c | d |": 3,
	} {
		l := sample()
		l.Signature, l.Notice = nil, nil
		l.Body = prose.Parse(body)
		if pages := pagesOf(l); len(pages) != want {
			t.Errorf("%q: %d pages, want %d", body, len(pages), want)
		}
	}
}

// TestATotalIsNeverAlone: the row that sums a schedule up has at least one instalment above it on its page.
func TestATotalIsNeverAlone(t *testing.T) {
	for n := 30; n < 75; n++ {
		l := sample()
		l.Signature, l.Notice = nil, nil
		table := "| N° | Échéance | Montant |\n" + strings.Repeat("| 1 | 6 octobre 2021 | 500,00 € |\n", n) + "| Total | | 30 000,00 € |"
		l.Body = prose.Parse(table)
		if last := lastPage(t, l); strings.Contains(last, "Total") && !strings.Contains(last, "octobre 2021") {
			t.Errorf("%d rows: the last page has nothing above the total", n)
		}
	}
}

// TestBothSign: of an agreement that two sides sign, both signatures stand on one page, however long it is.
func TestBothSign(t *testing.T) {
	for n := range 40 {
		l := sample()
		l.Notice = nil
		l.Acceptance = &Acceptance{Phrase: "Je signe la charte d'engagement du dossier RBD-7K3M9-QXD3A"}
		l.Body = prose.Parse(strings.Repeat("Une clause du contrat.\n\n", n+10))
		if last := lastPage(t, l); !strings.Contains(last, "Fait à Lille") || !strings.Contains(last, "Ou, sans rien imprimer") {
			t.Errorf("%d clauses: the last page has one signature alone", n+10)
		}
	}
}

// TestTheWindow: whoever is written to is whole in what the window of the envelope shows, and nothing else is.
func TestTheWindow(t *testing.T) {
	for name, recipient := range map[string][]string{
		"usual":      {"Café de la Place", "Amina Lefèvre", "12 rue de la Monnaie", "59000 Lille"},
		"three":      {"Café de la Place", "Amina Lefèvre", "Bâtiment C, appartement 12", "12 rue de la Monnaie", "BP 40012", "59000 Lille Cedex"},
		"long names": {"Société coopérative d'intérêt collectif pour le développement de l'économie sociale et solidaire de la métropole lilloise", "Marie-Charlotte de la Rochefoucauld-Montmorency-Laval", "Résidence des Bois, bâtiment C, escalier 4, appartement 1012", "1275 bis avenue du Président-John-Fitzgerald-Kennedy", "59650 Villeneuve-d'Ascq"},
		"one word":   {strings.Repeat("Anticonstitutionnellement", 6), "59000 Lille"},
	} {
		l := sample()
		l.Recipient = recipient
		d := newDocument(l, false)
		address := d.address()
		if bottom := window + total(address); bottom > windowEnd+1e-6 {
			t.Errorf("%s: the address ends at %.1f mm", name, bottom)
		}
		if side := d.side(); sideEnd > 90 || window+total(side) > 130 {
			t.Errorf("%s: the officer ends at %.1f", name, window+total(side))
		}
		for _, page := range d.compose()[:1] {
			for _, r := range page {
				if r.part != partAddress && r.part != partOfficer && r.y < windowReach {
					t.Errorf("%s: something stands at %.1f", name, r.y)
				}
			}
		}
		written, err := Write(l)
		if err != nil {
			t.Fatal(err)
		}
		squeezed := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if got, want := squeezed(written.Said.Address), squeezed(strings.Join(recipient, "")); got != want {
			t.Errorf("%s: the window shows %q, not %q", name, got, want)
		}
	}
}

// TestWhatIsReplacedIsSaid: a character that the font lacks is printed as □, is told, and takes nothing else away.
func TestWhatIsReplacedIsSaid(t *testing.T) {
	for text, want := range map[string]string{
		"Boulangerie 🥖 Chez Zoé":         "🥖",
		"寿司屋 Lille":                      "寿司屋",
		"مقهى Lille":                     "مقهى",
		"Cafe\u0301 Noe\u0308l":          "", // composed
		"a\x00b\x1bc\u202ed\u200be":      "", // controls print nothing
		"Œuvre, Łódź, Ågård, ½, 3 m², €": "",
		"x\u0335\u20e3":                  "\u20e3",
		"👨‍👩‍👧 famille":                  "👨👩👧",
	} {
		l := sample()
		l.Recipient[0] = text
		w, err := Write(l)
		if err != nil {
			t.Fatal(err)
		}
		if string(w.Replaced) != want {
			t.Errorf("%q: replaced %q, want %q", text, string(w.Replaced), want)
		}
		if strings.Contains(w.Said.Address, "□") != (want != "") || !strings.Contains(w.Said.Address, "12 rue de la Monnaie") {
			t.Errorf("%q: the address says %q", text, w.Said.Address)
		}
	}
}
