package sirene

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

func open(t *testing.T, file string) *Extract {
	t.Helper()
	r, err := os.Open("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	x, err := OpenExtract(r, func() time.Time { return asked })
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestExtractFinds(t *testing.T) {
	stock, semicolon := open(t, "stock.csv"), open(t, "semicolon.csv")
	for _, c := range []struct {
		from *Extract
		want Establishment
	}{
		{stock, Establishment{SIRET: "90000001900019", SIREN: "900000019", Name: "EPICERIE IMAGINAIRE", Published: true, Open: true,
			Created: date(2019, 3, 4), Activity: "47.11B", Commune: "21231", PostalCode: "21000",
			Address: "BATIMENT B, ESCALIER 2 12 RUE DES INVENTIONS 21000 DIJON", Staff: StaffRange{6, 9, true}, LegalForm: "5710"}},
		{stock, Establishment{SIRET: "90000001900027", SIREN: "900000019", Name: "PANIER CORSE", Published: true, Open: true,
			Created: date(2022, 9, 1), Activity: "47.11B", Commune: "2A004", PostalCode: "20000", Address: "3 QUAI DU RÊVE 20000 AJACCIO",
			Staff: StaffRange{0, 0, true}}},
		{stock, Establishment{SIRET: "90000002700012", SIREN: "900000027", Name: "CANTINE FICTIVE", Published: true,
			Created: date(2010, 1, 1), Closed: date(2025, 6, 30), Activity: "56.10A", Commune: "01053", PostalCode: "01000",
			Address: "1 RUE VIDE 01000 BOURG-EN-BRESSE", LegalForm: "5499"}},
		{stock, Establishment{SIRET: "90000004300019", SIREN: "900000043", Open: true, Created: date(2020, 2, 2), Activity: "96.02A",
			Commune: "59350", Staff: StaffRange{0, 0, true}, LegalForm: "1000"}},
		{semicolon, Establishment{SIRET: "90000006800016", SIREN: "900000068", Name: "BOULANGERIE RÊVÉE", Published: true, Open: true,
			Created: date(2001, 5, 6), Activity: "47.24Z", Commune: "67482", PostalCode: "67000", Address: "67000", Staff: StaffRange{50, 99, true}}},
	} {
		c.want.Source, c.want.Asked = SourceExtract, asked
		if got, err := c.from.Find(t.Context(), c.want.SIRET); err != nil || got != c.want {
			t.Errorf("got  %+v\nwant %+v\n%v", got, c.want, err)
		}
	}
	if _, err := stock.Find(t.Context(), "90000007600019"); !errors.Is(err, ErrUnknown) || Temporary(err) {
		t.Error(err)
	}
	if _, err := stock.Find(t.Context(), "90000007600018"); !errors.Is(err, ErrSIRET) {
		t.Error(err)
	}
}

func TestExtractRefuses(t *testing.T) {
	head := strings.Join(required, ",") + ",siren,etatAdministratifUniteLegale,dateDebut,enseigne1Etablissement\n"
	good := "90000001900019,O,2019-03-04,03,A,21000,21231,47.11B,900000019,A,,\n"
	for name, c := range map[string]struct{ text, complaint string }{
		"empty":           {"", "empty"},
		"mark alone":      {"\ufeff", "empty"},
		"missing columns": {"siret;etatAdministratifEtablissement;codeCommuneEtablissement\n", "no column statutDiffusionEtablissement, dateCreation"},
		"column twice":    {strings.TrimSuffix(head, "\n") + ",siret\n", "siret appears twice"},
		"short row":       {head + good + "90000001900027,O\n", "line 3"},
		"after two lines": {head + strings.TrimSuffix(good, "\n") + "\"LE\nPANIER\"\n" + "1" + good, "line 4"},
		"quote":           {head + "\"90000001900019,O\n", "line"},
		"siret":           {head + strings.Replace(good, "00019,O", "00018,O", 1), "line 2: not a siret"},
		"scientific":      {head + strings.Replace(good, "90000001900019", "9E+13", 1), "line 2: not a siret"},
		"siren":           {head + strings.Replace(good, ",900000019,", ",900000027,", 1), "line 2: siren"},
		"lost zero":       {head + strings.Replace(good, "21000", "1000", 1), "line 2: codePostalEtablissement"},
		"staff":           {head + strings.Replace(good, ",03,", ",3,", 1), "line 2: trancheEffectifsEtablissement"},
		"state":           {head + strings.Replace(good, ",A,21000", ",,21000", 1), "line 2: etatAdministratifEtablissement"},
		"unit state":      {head + strings.Replace(good, "900000019,A", "900000019,X", 1), "line 2: etatAdministratifUniteLegale"},
		"date":            {head + strings.Replace(good, "2019-03-04", "04/03/2019", 1), "line 2: dateCreationEtablissement"},
		"row twice":       {head + good + good, "line 3: 90000001900019 appears twice"},
	} {
		if _, err := OpenExtract(strings.NewReader(c.text), nil); err == nil || !strings.Contains(err.Error(), c.complaint) {
			t.Errorf("%s: %v", name, err)
		}
	}
	x, err := OpenExtract(strings.NewReader(strings.TrimSuffix(head+good, "\n")), nil)
	if err != nil {
		t.Fatal(err)
	}
	if e, err := x.Find(t.Context(), "90000001900019"); err != nil || e.Asked.IsZero() {
		t.Error(e, err)
	}
}
