package fields

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"relance/domain/scheme"
	"relance/local/expect"
	"relance/schemes"
)

// groupOf makes a group of texts and sums.
func groupOf(id, label string, labels ...string) scheme.Field {
	f := scheme.Field{ID: id, Label: label, Type: scheme.Group, Min: 1, Max: 5}
	for i, l := range labels {
		kind := scheme.Text
		if i > 0 {
			kind = scheme.Money
		}
		f.Fields = append(f.Fields, scheme.Field{ID: "c" + string(rune('a'+i)), Label: l, Type: kind})
	}
	return f
}

// TestAFormThatIsNotReadBackIsFound: labels that people can tell apart, and a reader of labelled lines cannot.
func TestAFormThatIsNotReadBackIsFound(t *testing.T) {
	text := func(id, label string) scheme.Field { return scheme.Field{ID: id, Label: label, Type: scheme.Text} }
	sum := func(id, label string) scheme.Field { return scheme.Field{ID: id, Label: label, Type: scheme.Money} }
	choice := func(labels ...string) scheme.Field {
		f := scheme.Field{ID: "c", Label: "Taille", Type: scheme.Choice}
		for _, l := range labels {
			f.Options = append(f.Options, scheme.Option{ID: scheme.Fold(l[len(l)-1:]), Label: l})
		}
		return f
	}
	for _, c := range []struct {
		name   string
		fields []scheme.Field
		keys   []string // with a fault
		says   string
	}{
		{"plain", []scheme.Field{text("a", "Entreprise"), sum("b", "Loyer"), groupOf("g", "Mois", "Période", "Montant")}, nil, ""},
		{"brackets", []scheme.Field{sum("a", "Loyer (mars)"), sum("b", "Loyer (avril)")}, []string{"a", "b"}, "brackets"},
		{"hyphens", []scheme.Field{sum("a", "Rez-de-chaussée"), sum("b", "Rez de chaussee")}, []string{"a", "b"}, "hyphens"},
		{"an equals sign", []scheme.Field{text("a", "SIREN = numéro")}, []string{"a"}, `no "="`},
		{"a colon that works", []scheme.Field{text("a", "Situation : effectif")}, nil, ""},
		{"a question that works", []scheme.Field{{ID: "a", Label: "Le local est-il « en pied d'immeuble » ?", Type: scheme.YesNo}}, nil, ""},
		{"one column", []scheme.Field{groupOf("g", "Associés", "Nom de l'associé")}, []string{"g.1.ca"}, "two columns"},
		{"a bar", []scheme.Field{groupOf("g", "Associés", "Nom | prénom", "Part")}, []string{"g.1.ca", "g.2.cb"}, `no "|"`},
		{"two groups with a column of one name", []scheme.Field{groupOf("g", "Charges", "Poste", "Montant"), groupOf("h", "Produits", "Origine", "Montant")},
			[]string{"h.1.ca", "h.1.cb"}, "another group"},
		{"options of which one holds the other", []scheme.Field{choice("Moins de 1", "Moins de 2")}, nil, ""},
	} {
		var keys []string
		var says []string
		for _, f := range Prove(&scheme.Version{Fields: c.fields}) {
			keys, says = append(keys, f.Key), append(says, f.Says)
		}
		slices.Sort(keys)
		expect.Equal(t, c.name, keys, c.keys)
		if !strings.Contains(strings.Join(says, "\n"), c.says) {
			t.Errorf("%s: want %q, got %s", c.name, c.says, says)
		}
	}
}

// TestOurSchemesReadTheirOwnForms: the sample schemes pass what scheme check proves.
func TestOurSchemesReadTheirOwnForms(t *testing.T) {
	names, err := fs.Glob(schemes.Files, "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	catalogue, problems := scheme.LoadFiles(schemes.Files, names)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, s := range catalogue.All() {
		for _, v := range s.Versions {
			for _, f := range Prove(v) {
				t.Errorf("%s %s: %s: %s", s.ID, v.Version, f.Key, f.Says)
			}
		}
	}
}

// TestTheRestOfALabelIsNoValue: tables are cut between the words of a label.
func TestTheRestOfALabelIsNoValue(t *testing.T) {
	v := &scheme.Version{Fields: []scheme.Field{{ID: "r", Label: "Représentant légal", Type: scheme.Text, Aliases: []string{"représentant"}}, {ID: "n", Label: "Nom de l'association", Type: scheme.Text, Aliases: []string{"nom"}}}}
	for text, want := range map[string]string{"Représentant : légal\n": "", "Représentant | légal\n": "", "Nom : de l'association\n": "", "Représentant : Philippe Lecluyse\n": "Philippe Lecluyse", "Nom : Association Légal\n": "Association Légal"} {
		got := ""
		if found := Read(Lines(text), v, nil).Found; len(found) > 0 {
			got = found[0].Value
		}
		expect.Equal(t, text, got, want)
	}
}
