package check

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"relance/domain/money"
	"relance/local/chance"
)

var on = time.Date(2020, 11, 20, 10, 0, 0, 0, time.UTC)

// sound is a withdrawal, which owes the most, and what it has to say.
func sound() (Case, Said) {
	c := Case{Letter: "withdrawal", Reference: "RBD-1", Date: on, Recipient: []string{"Boulangerie Martin", "12 rue de la Monnaie", "59000 Lille"},
		Author: Person{Name: "Hélène Vandamme", Capacity: "Directrice générale adjointe", Mention: "Pour le Président et par délégation"}, ByAuthor: true,
		Officer: Person{Name: "Claire Delattre", Capacity: "Gestionnaire", Reach: []string{"03 53 01 00 11", "claire@x.example"}},
		Amount:  144150, Reasons: []Reason{{"L'établissement a fermé.", "charte, article 2"}}, Court: "tribunal administratif de Lille", Months: 2,
		Silence: on, Answer: on.AddDate(0, 0, 21), Charter: "2020-06", Signed: on.AddDate(0, 0, -30)}
	s := Said{Address: "Boulangerie Martin\n12 rue de la\nMonnaie\n59000 Lille\n", Officer: "Référence\nRBD-1\nClaire Delattre\nGestionnaire\n03 53 01 00 11\n",
		Body: "Lille, le 20 novembre 2020\nla charte, version 2020-06, signée le 21 octobre 2020\nune aide de 1\u202f441,50\u00a0€ (mille quatre cent\nquarante et un euros et cinquante centimes)\n" +
			"L'établissement\na fermé. (Fondement\u00a0: charte, article 2.)\njusqu'au 11 décembre 2020\n",
		Signature: "Fait à Lille, le 20 novembre 2020\nPour le Président et par délégation\nDirectrice générale adjointe\nHélène Vandamme\n",
		Notice:    "Voies et délais de recours\ndeux mois\ntribunal administratif\nde Lille\n"}
	return c, s
}

func TestCheck(t *testing.T) {
	without := func(part func(*Said) *string, words, instead string) func(*Case, *Said) {
		return func(_ *Case, s *Said) {
			if !strings.Contains(*part(s), words) {
				t.Fatalf("%q is not there", words)
			}
			*part(s) = strings.ReplaceAll(*part(s), words, instead)
		}
	}
	body := func(s *Said) *string { return &s.Body }
	signature := func(s *Said) *string { return &s.Signature }
	officer := func(s *Said) *string { return &s.Officer }
	notice := func(s *Said) *string { return &s.Notice }
	for name, c := range map[string]struct {
		spoil func(*Case, *Said)
		want  string
	}{
		"sound":               {func(*Case, *Said) {}, ""},
		"no author":           {without(signature, "Hélène Vandamme", ""), "le prénom et le nom du signataire"},
		"surname only":        {func(c *Case, _ *Said) { c.Author.Name = "Vandamme" }, "le prénom et le nom du signataire"},
		"nobody may sign":     {func(c *Case, _ *Said) { c.Unsigned = "aucun signataire" }, "aucun signataire"},
		"no capacity":         {without(signature, "Directrice générale adjointe", ""), "la qualité du signataire"},
		"no delegation":       {without(signature, "Pour le Président et par délégation", ""), "la mention de la délégation"},
		"signed another day":  {without(signature, "20 novembre", "19 novembre"), "la date de la signature"},
		"no officer":          {without(officer, "Claire Delattre", "Jean"), "l'agent en charge"},
		"officer no capacity": {without(officer, "Gestionnaire", ""), "l'agent en charge"},
		"officer unreachable": {without(officer, "03 53 01 00 11", ""), "le moyen de joindre"},
		"no reference":        {without(officer, "RBD-1", "RBD-2"), "la référence"},
		"no date":             {without(body, "20 novembre 2020", ""), "la date du 20 novembre 2020"},
		"no reason":           {func(c *Case, _ *Said) { c.Reasons = nil }, "les motifs manquent"},
		"reason not told":     {without(body, "a fermé", "a rouvert"), "un motif de la décision manque"},
		"no basis":            {without(body, "charte, article 2", ""), "le fondement juridique"},
		"basis unknown":       {func(c *Case, _ *Said) { c.Letter, c.Reasons[0].Basis = "reject", "" }, "le fondement juridique"},
		"no figures":          {without(body, "1\u202f441,50\u00a0€", ""), "manque en chiffres"},
		"other figures":       {without(body, "441,50", "441,05"), "manque en chiffres"},
		"other words":         {without(body, "cinquante centimes", "cinq centimes"), "manque en lettres"},
		"no words":            {without(body, "(mille quatre cent\nquarante et un euros et cinquante centimes)", ""), "manque en lettres"},
		"no court":            {without(notice, "administratif\nde Lille", "de Lille"), "la juridiction manque"},
		"no time":             {without(notice, "deux mois", ""), "les voies de recours et leur délai"},
		"another time":        {without(notice, "deux mois", "trois mois"), "les voies de recours et leur délai"},
		"no charter":          {without(body, "version 2020-06", "version 2020-07"), "la version de la charte"},
		"never signed":        {func(c *Case, _ *Said) { c.Signed = time.Time{} }, "la version de la charte"},
		"address cut":         {func(_ *Case, s *Said) { s.Address = "Boulangerie Martin\n12 rue de la\n" }, "le destinataire n'est pas entier"},
		"no address":          {func(c *Case, _ *Said) { c.Recipient = c.Recipient[:1] }, "l'adresse du destinataire"},
		"no box":              {func(c *Case, _ *Said) { c.ByOther = true }, "la place de la signature du bénéficiaire"},
		"unfilled":            {func(_ *Case, s *Said) { s.Notice += "{montant_lettres}" }, "un texte contient « {montant_lettres} »"},
		"written so":          {func(c *Case, s *Said) { s.Body += "{nom}"; c.Given = []string{"chez {nom}"} }, ""},
		"no value":            {func(_ *Case, s *Said) { s.Body += "<no value>" }, "un texte contient « <no value> »"},
		"no such day":         {func(_ *Case, s *Said) { s.Body += "reçue le 1er janvier\u00a01." }, "une date dont parle la lettre"},
		"a real day":          {func(_ *Case, s *Said) { s.Body += "le 1er janvier 1 500,00 € (mille cinq cents euros)" }, ""},
		"two sums differ":     {func(_ *Case, s *Said) { s.Body += " et 500,00 € (cinq cent euros)" }, "ne disent pas la même somme"},
	} {
		kase, said := sound()
		c.spoil(&kase, &said)
		lacks := Check(kase, said)
		if c.want == "" && len(lacks) > 0 || c.want != "" && !slices.ContainsFunc(lacks, func(l string) bool { return strings.Contains(l, c.want) }) {
			t.Errorf("%s: %q, want %q", name, lacks, c.want)
		}
	}
}

// TestWhatEachLetterOwes: a letter that says nothing is told everything it owes.
func TestWhatEachLetterOwes(t *testing.T) {
	told := map[duty]string{reasons: "motif", amount: "en lettres", appeal: "voies de recours", court: "juridiction", silence: "le silence", answer: "date limite", charter: "version de la charte"}
	for letter, owes := range owed {
		c, s := sound()
		c.Letter = letter
		s.Body, s.Notice = "", ""
		lacks := strings.Join(Check(c, s), "\n")
		for d, words := range told {
			owed := owes&d != 0 || d == court && owes&appeal != 0
			if strings.Contains(lacks, words) != owed {
				t.Errorf("%s: %q is %v in\n%s", letter, words, !owed, lacks)
			}
		}
	}
}

// TestSumsAreReadAsTheyAreWritten: whatever the sum, figures and words as money writes them agree, and those of another sum do not.
func TestSumsAreReadAsTheyAreWritten(t *testing.T) {
	chance.Check(t, func(t *rapid.T) {
		sum := money.Cents(rapid.Int64Range(1, 1e11).Draw(t, "cents"))
		other := money.Cents(rapid.Int64Range(1, 1e11).Draw(t, "other"))
		r := &report{said: Said{Body: "une aide de " + sum.Format() + " (" + sum.Words() + ") est attribuée"}}
		if r.sums(); len(r.lacks) > 0 {
			t.Fatalf("%v", r.lacks)
		}
		if other == sum {
			return
		}
		r.said.Body = "une aide de " + sum.Format() + " (" + other.Words() + ")"
		if r.sums(); len(r.lacks) != 1 {
			t.Fatalf("%s passes for %s", other.Words(), sum.Format())
		}
	})
}
