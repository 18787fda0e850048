package supporting

import (
	"slices"
	"strings"
	"testing"
	"time"

	"relance/domain/casefile"
	"relance/domain/scheme"
	"relance/local/expect"
)

// aid is a scheme with documents of each check.
var aid = &scheme.Version{
	Fields: []scheme.Field{{ID: "firm", Type: scheme.Text}, {ID: "boss", Type: scheme.Text}, {ID: "siret", Type: scheme.SIRET}, {ID: "iban", Type: scheme.IBAN},
		{ID: "rent", Type: scheme.Money, Per: "month"},
		{ID: "months", Type: scheme.Group, Fields: []scheme.Field{{ID: "month", Type: scheme.Text}, {ID: "before", Type: scheme.Money}, {ID: "now", Type: scheme.Money}}}},
	Documents: []scheme.Document{
		{ID: "kbis", Says: &scheme.Says{Any: []string{"extrait Kbis", "registre du commerce"}}, Checks: scheme.Checks{"siren": "siret", "issued": "within 3 months"}, Ask: true},
		{ID: "rib", Says: &scheme.Says{Any: []string{"relevé d'identité bancaire", "/titulaire.{0,80} iban/"}, None: []string{"facture"}}, Checks: scheme.Checks{"iban": "iban", "holder": "like firm or boss"}, Ask: true},
		{ID: "receipts", Says: &scheme.Says{Any: []string{"quittance de loyer"}}, Checks: scheme.Checks{"amount": "rent"}},
		{ID: "turnover", Says: &scheme.Says{All: []string{"attestation", "chiffre d'affaires"}}, Checks: scheme.Checks{"amount": "months.before or months.now"}},
	},
}

const (
	rib   = "BANQUE DU NORD\nRELEVÉ D'IDENTITÉ BANCAIRE\nTitulaire du compte\nBOULANGERIE DELATTRE\n12 rue de la Monnaie\nIBAN : FR76 2004 1010 1000 0505 0001 359\n"
	kbis  = "Greffe de Lille\nExtrait Kbis\nEXTRAIT DU REGISTRE DU COMMERCE ET DES\nSOCIÉTÉS à jour au 2 juillet 2020\nImmatriculation 628 194 821 R.C.S. Lille 15/09/2012\n"
	march = "ATTESTATION\nLe chiffre d'affaires de mars 2019 est de 27 500,00 €, celui de mars 2020 de 14 800,00 €.\n"
	april = "ATTESTATION\nLe chiffre d'affaires d'avril 2019 est de 21 000,00 €, celui d'avril 2020 de 0,00 €.\n"
)

func TestPagesTellWhatTheyAre(t *testing.T) {
	letter := "Madame, veuillez trouver l'extrait Kbis et le relevé d'identité bancaire demandés.\n"
	for _, c := range []struct {
		name  string
		pages []string
		parts []Part
	}{
		{"one document", []string{rib}, []Part{{"rib", []int{1}, 1}}},
		{"a page that says nothing belongs to the one before", []string{kbis, "Fin de l'extrait\n"}, []Part{{"kbis", []int{1, 2}, 1}}},
		{"several documents in a file", []string{kbis, rib, "suite\n"}, []Part{{"kbis", []int{1}, 1}, {"rib", []int{2, 3}, 1}}},
		{"a kind that comes again", []string{march, rib, april}, []Part{{"turnover", []int{1, 3}, 2}, {"rib", []int{2}, 1}}},
		{"three receipts on a page", []string{strings.Repeat("Quittance de loyer – mars\nreçu 480 €\n", 3)}, []Part{{"receipts", []int{1}, 3}}},
		{"a list of documents is none of them", []string{letter}, nil},
		{"an invoice with an account", []string{"Facture n° 12\nTitulaire : Durand, IBAN FR76 2004 1010 1000 0505 0001 359\n"}, nil},
		{"a pattern", []string{"Titulaire : Durand, IBAN FR76 2004 1010 1000 0505 0001 359\n"}, []Part{{"rib", []int{1}, 1}}},
		{"half of what it needs", []string{"Attestation de présence\n"}, nil},
		{"a scan", []string{"", ""}, nil},
	} {
		expect.Equal(t, c.name, Parts(c.pages, aid), c.parts)
	}
}

func day(text string) time.Time {
	d, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return d
}

// declared are facts of an applicant.
func declared() map[string]casefile.Value {
	return map[string]casefile.Value{"firm": {Value: "SARL Boulangerie Delattre"}, "boss": {Value: "Sophie Delattre"}, "siret": {Value: "62819482100011"},
		"iban": {Value: "FR7620041010100005050001359"}, "rent": {Value: "48050"}, "months.1.month": {Value: "mars"}, "months.1.before": {Value: "2750000"},
		"months.1.now": {Value: "1480000"}, "months.2.month": {Value: "avril"}, "months.2.before": {Value: "2100000"}, "months.2.now": {Value: "0"}}
}

// contradictions reads files as documents and compares them: NAME is KIND/anything.
func contradictions(fields map[string]casefile.Value, files map[string]string) []casefile.Contradiction {
	f := casefile.Facts{Fields: fields, Papers: map[string]casefile.Extract{}}
	var documents []casefile.Document
	received := day("2020-07-06")
	for _, name := range sortedKeys(files) {
		kind, _, _ := strings.Cut(name, "/")
		d, _ := aid.Document(kind)
		documents = append(documents, casefile.Document{Kind: kind, SHA256: name, Received: received})
		if files[name] != "" {
			f.Papers[Key(name, kind)] = Read([]string{files[name]}, []int{1}, d.Checks, received)
		}
	}
	return Contradictions(aid, documents, f)
}

func sortedKeys(m map[string]string) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// TestHonestDocumentsContradictNothing: people and banks write the same thing in many ways.
func TestHonestDocumentsContradictNothing(t *testing.T) {
	fields := declared()
	for name, files := range map[string]map[string]string{
		"all of them":                     {"rib/1": rib, "kbis/1": kbis, "turnover/1": march, "turnover/2": april},
		"the owner's account":             {"rib/1": strings.Replace(rib, "BOULANGERIE DELATTRE", "MME DELATTRE SOPHIE", 1)},
		"a name that the bank cut":        {"rib/1": strings.Replace(rib, "BOULANGERIE DELATTRE", "SARL BOULANGER DELATT", 1)},
		"a couple by its initials":        {"rib/1": strings.Replace(rib, "BOULANGERIE DELATTRE", "M OU MME DELATTRE S ET J", 1)},
		"accents and hyphens":             {"rib/1": strings.Replace(rib, "BOULANGERIE DELATTRE", "Boulangerie-Délattre", 1)},
		"an account written together":     {"rib/1": strings.Replace(rib, "FR76 2004 1010 1000 0505 0001 359", "FR7620041010100005050001359 BIC PSSTFRPPLIL", 1)},
		"a SIREN written together":        {"kbis/1": strings.Replace(kbis, "628 194 821", "628194821", 1)},
		"a SIRET instead":                 {"kbis/1": strings.Replace(kbis, "628 194 821", "628 194 821 00011", 1)},
		"two firms, one of them ours":     {"kbis/1": kbis + "Mandataire : 477 889 901 R.C.S. Lille\n"},
		"a rent with its charges":         {"receipts/1": "Quittance de loyer\nLoyer 480,50 € charges 45,00 € total 525,50 €\n"},
		"a rent of a year":                {"receipts/1": "Quittance de loyer\nLoyer annuel 5 766,00 €\n"},
		"a rent in whole euros":           {"receipts/1": "Quittance de loyer\nSomme de 480 €\n"},
		"a sum broken over lines":         {"turnover/1": strings.Replace(march, "27 500,00 €", "27\n500,00 €", 1), "turnover/2": april},
		"a scan beside it":                {"turnover/1": march, "turnover/2": ""},
		"nothing but a scan":              {"rib/1": ""},
		"no figure that is money":         {"receipts/1": "Quittance de loyer\nvoir détail page 2\n"},
		"a second account statement":      {"rib/1": strings.Replace(rib, "0505 0001 359", "1300 0044 1223 339", 1), "rib/2": rib},
		"an old extract and a new one":    {"kbis/1": strings.Replace(kbis, "2 juillet 2020", "2 janvier 2020", 1), "kbis/2": kbis},
		"an extract without its day":      {"kbis/1": strings.ReplaceAll(strings.Replace(kbis, "à jour au 2 juillet 2020", "", 1), "15/09/2012", "")},
		"three months to the day":         {"kbis/1": strings.Replace(kbis, "2 juillet 2020", "6 avril 2020", 1)},
		"a value that is not yet settled": {"rib/1": strings.Replace(rib, "BOULANGERIE DELATTRE", "M POTTIER", 1)},
	} {
		own := fields
		if name == "a couple by its initials" {
			own = declared()
			own["firm"], own["boss"] = casefile.Value{Value: "Delattre Sophie et Julien"}, casefile.Value{Value: "Delattre Sophie et Julien"}
		}
		if name == "a value that is not yet settled" {
			own = declared()
			own["boss"] = casefile.Value{Value: "M Pottier", Problem: "to_confirm"}
		}
		if got := contradictions(own, files); len(got) > 0 {
			t.Errorf("%s: %+v", name, got[0])
		}
	}
}

func TestContradictionsAreFound(t *testing.T) {
	for name, c := range map[string]struct {
		files                 map[string]string
		field, property, read string
		ask                   bool
	}{
		"another account":            {map[string]string{"rib/1": strings.Replace(rib, "FR76 2004 1010 1000 0505 0001 359", "FR76 3000 3011 2000 0099 8877 606", 1)}, "iban", "iban", "FR7630003011200000998877606", true},
		"somebody else's account":    {map[string]string{"rib/1": strings.Replace(rib, "BOULANGERIE DELATTRE", "M. JEAN-LUC POTTIER", 1)}, "firm", "holder", "M. JEAN-LUC POTTIER", true},
		"initials without a surname": {map[string]string{"rib/1": strings.Replace(rib, "BOULANGERIE DELATTRE", "M POTTIER S B D", 1)}, "firm", "holder", "M POTTIER S B D", true},
		"another firm":               {map[string]string{"kbis/1": strings.Replace(kbis, "628 194 821", "477 889 901", 1)}, "siret", "siren", "477889901", true},
		"an old extract":             {map[string]string{"kbis/1": strings.Replace(kbis, "2 juillet 2020", "5 avril 2020", 1)}, "", "issued", "2020-04-05", true},
		"another rent":               {map[string]string{"receipts/1": "Quittance de loyer\nLoyer : 580,00 € charges 45,00 €\n"}, "rent", "amount", "58000", false},
		"another month's turnover":   {map[string]string{"turnover/1": strings.Replace(march, "27 500", "26 400", 1), "turnover/2": april}, "months.1.before", "amount", "2640000", false},
		"a holder behind the colon":  {map[string]string{"rib/1": "Relevé d'identité bancaire\nTitulaire : Association Les Voisins de Moulins\nCode banque 123\n"}, "firm", "holder", "Association Les Voisins de Moulins", true},
	} {
		got := contradictions(declared(), c.files)
		if len(got) != 1 {
			t.Errorf("%s: %d contradictions: %+v", name, len(got), got)
			continue
		}
		expect.Equal(t, name+": field", got[0].Field, c.field)
		expect.Equal(t, name+": property", string(got[0].Property), c.property)
		expect.Equal(t, name+": read", got[0].Read.Value, c.read)
		expect.Equal(t, name+": ask", got[0].Ask, c.ask)
		if got[0].Read.Page != 1 || got[0].Read.Words == "" {
			t.Errorf("%s: the place is not told: %+v", name, got[0].Read)
		}
	}
}

// TestAnOfficerHasTheLastWord: what somebody has filed by hand is not compared.
func TestAnOfficerHasTheLastWord(t *testing.T) {
	f := casefile.Facts{Fields: declared(), Papers: map[string]casefile.Extract{Key("a", "rib"): {IBANs: []casefile.Said{{Value: "FR7630003011200000998877606"}}}}}
	d := casefile.Document{Kind: "rib", SHA256: "a"}
	if got := Contradictions(aid, []casefile.Document{d}, f); len(got) != 1 {
		t.Errorf("before: %+v", got)
	}
	d.Judged = true
	if got := Contradictions(aid, []casefile.Document{d}, f); len(got) != 0 {
		t.Errorf("afterwards: %+v", got)
	}
}

// TestNoSocialSecurityNumberIsKept: no file of ours needs one, and wage slips and attestations are full of them.
func TestNoSocialSecurityNumberIsKept(t *testing.T) {
	for _, line := range []string{"Salaire 1 480,00 € NIR 1 85 05 78 006 084 36", "N° SS : 185057800608436, montant 1 480,00 €", "2 69 05 2A 588 157 80 payé 1 480,00 €"} {
		e := Read([]string{"Quittance de loyer\n" + line + "\n"}, []int{1}, scheme.Checks{"amount": "rent", "holder": "like firm"}, day("2020-07-06"))
		for _, s := range e.Amounts {
			if strings.ContainsAny(strings.NewReplacer("1 480,00", "", "1480", "").Replace(s.Words), "23456789") {
				t.Errorf("%q keeps %q", line, s.Words)
			}
		}
		if len(e.Amounts) == 0 {
			t.Errorf("%q: no amount was read", line)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, text := range []string{rib, kbis, march, "FR76", "1 85 05 78 006 084 36", strings.Repeat("9", 400), "Titulaire"} {
		f.Add(text)
	}
	all := scheme.Checks{"iban": "iban", "siren": "siret", "siret": "siret", "amount": "rent", "holder": "like firm", "issued": "within 3 months"}
	f.Fuzz(func(t *testing.T, text string) {
		e := Read([]string{text}, []int{1}, all, day("2020-07-06"))
		for _, s := range e.IBANs {
			if !strings.Contains(strings.NewReplacer(" ", "", "\u00a0", "").Replace(text), s.Value) {
				t.Errorf("%q does not stand in %q", s.Value, text)
			}
		}
		if len(e.Names) > mostNames || len(e.Numbers) > mostNumbers || len(e.Amounts) > mostSaid {
			t.Errorf("too much is kept of %d bytes", len(text))
		}
		if !slices.IsSorted(e.Numbers) {
			t.Error("the figures are not in order")
		}
	})
}
