package prose

import (
	"slices"
	"strings"
	"testing"
	"unicode"
)

func TestTypography(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"Objet : aide", "Objet_: aide"},
		{"Objet: aide", "Objet_: aide"},
		{"Pourquoi ? Parce que !", "Pourquoi~? Parce que~!"},
		{"oui; non", "oui~; non"},
		{"quoi ?!", "quoi~?!"},
		{"(« oui » ; non)", "(«_oui_»~; non)"},
		{"«oui»", "«_oui_»"},
		{"1 500,00 €", "1 500,00_€"},
		{"50% et 100€.", "50_% et 100_€."},
		{"le %s et €uro", "le %s et €uro"},
		{"à 10:12 ou 10:12:30", "à 10:12 ou 10:12:30"},
		{"std::string et a :: b", "std::string et a :: b"},
		{"https://x.fr/?a=1;b=2", "https://x.fr/?a=1;b=2"},
		{"voir https://x.fr/a ; puis", "voir https://x.fr/a~; puis"},
		{"www.x.fr:80", "www.x.fr:80"},
		{"a!b@x.fr", "a!b@x.fr"},
		{": début", ": début"},
		{"fin\n: début", "fin\n: début"},
		{"attention !important", "attention !important"},
		{"deux lignes :\n- une", "deux lignes_:\n- une"},
		{"", ""},
	} {
		want := strings.NewReplacer("_", "\u00a0", "~", "\u202f").Replace(c.want)
		if got := Typography(c.in); got != want {
			t.Errorf("Typography(%q) = %q, want %q", c.in, got, want)
		}
		if got := Typography(want); got != want {
			t.Errorf("Typography is not idempotent on %q: %q", want, got)
		}
	}
}

func TestParse(t *testing.T) {
	got := Parse("Madame,\r\nMonsieur,\r\n\r\n# Titre\n- un\n- deux\n\n- trois\n| a | b |\n| c | d |\nFin\n|\n")
	want := []Block{
		{Kind: Paragraph, Text: "Madame,\nMonsieur,"},
		{Kind: Heading, Text: "Titre"},
		{Kind: List, Items: []string{"un", "deux"}},
		{Kind: List, Items: []string{"trois"}},
		{Kind: Table, Rows: [][]string{{"a", "b"}, {"c", "d"}}},
		{Kind: Paragraph, Text: "Fin\n|"},
	}
	if !slices.EqualFunc(got, want, equal) {
		t.Errorf("Parse = %#v", got)
	}
}

func equal(a, b Block) bool {
	return a.Kind == b.Kind && a.Text == b.Text && slices.Equal(a.Items, b.Items) &&
		slices.EqualFunc(a.Rows, b.Rows, slices.Equal[[]string])
}

func TestText(t *testing.T) {
	got := Text(Parse("# Été\nBonjour,\nvous.\n\n- a\n- b\n\n| x | y |\n| z | t |"))
	if want := "Été\n---\n\nBonjour,\nvous.\n\n- a\n- b\n\nx : y\nz : t\n"; got != want {
		t.Errorf("Text = %q, want %q", got, want)
	}
}

func TestHTML(t *testing.T) {
	got := HTML(Parse("a <b> & \"c\"\nvoir https://x.fr/?a=1&b=2.\n\n- <script>"))
	for _, want := range []string{
		"<p>a &lt;b&gt; &amp; &#34;c&#34;<br>\nvoir ",
		`<a href="https://x.fr/?a=1&amp;b=2">https://x.fr/?a=1&amp;b=2</a>.</p>`,
		"<li>&lt;script&gt;</li>",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("HTML misses %q in %q", want, got)
		}
	}
}

func seed(f *testing.F) {
	for _, s := range []string{"# a\n- b\n| c | d |\ne : f", "«a» ; b?! 10:12 https://x.fr/?a ::", "|\n||\n| |\n# \n- ", "« »;€%", "<a href=x>\r\n\x00\xff"} {
		f.Add(s)
	}
}

func FuzzParse(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string) {
		for _, b := range Parse(s) {
			switch {
			case b.Kind < Paragraph || b.Kind > Table:
				t.Fatalf("kind %d from %q", b.Kind, s)
			case b.Kind == Paragraph && b.Text == "", b.Kind == List && len(b.Items) == 0, b.Kind == Table && len(b.Rows) == 0:
				t.Fatalf("empty block from %q", s)
			}
		}
	})
}

func FuzzHTML(f *testing.F) {
	seed(f)
	tags := strings.NewReplacer("<p>", "", "</p>", "", "<br>", "", "<ul>", "", "</ul>", "", "<li>", "", "</li>", "",
		"<table "+styleTable+">", "", "</table>", "", "<tr>", "", "</tr>", "", "<td "+styleCell+">", "", "</td>", "",
		`<h2 style="font-size:1.05em;margin:1.4em 0 .5em">`, "", "</h2>", "", "</a>", "")
	f.Fuzz(func(t *testing.T, s string) {
		rest := tags.Replace(HTML(Parse(s)))
		for {
			before, after, found := strings.Cut(rest, `<a href="http`)
			if strings.ContainsAny(before, `<>"`) {
				t.Fatalf("markup got through: %q", before)
			}
			if !found {
				return
			}
			if _, rest, found = strings.Cut(after, `">`); !found {
				t.Fatalf("open link in %q", after)
			}
		}
	})
}

func FuzzTypography(f *testing.F) {
	seed(f)
	bare := func(s string) string {
		return strings.Map(func(r rune) rune {
			if isGap(r) {
				return -1
			}
			return r
		}, s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "")
		once := Typography(s)
		if twice := Typography(once); twice != once {
			t.Fatalf("not idempotent: %q, %q, %q", s, once, twice)
		}
		if bare(once) != bare(s) {
			t.Fatalf("more than spaces changed: %q, %q", s, once)
		}
		if strings.Count(once, "\n") != strings.Count(s, "\n") || strings.IndexFunc(once, unicode.IsSpace) < 0 && strings.IndexFunc(s, unicode.IsSpace) >= 0 {
			t.Fatalf("a space or line was lost: %q, %q", s, once)
		}
	})
}
