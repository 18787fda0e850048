package sepa_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"relance/domain/sepa"
)

// TestEverydayStatements: statements as banks really write them, which were once misread.
func TestEverydayStatements(t *testing.T) {
	for file, want := range map[string]string{
		"20-camt-latin1":                    "A1 -144150 RBD-YZJQ8-NRNQP.1.0 Épicerie Bénali",
		"22-camt-two-documents":             "Z1 +5000 PREMIER; Z2 +6000 SECOND",
		"22b-camt-two-documents-one-prolog": "Z1 +5000 PREMIER; Z2 +6000 SECOND",
		"23a-camt-debited-twice":            "B10 -144150 RBD-V96PG-FH8SM.1.0 X; B10 -144150 RBD-FF5TH-EDFBP.1.0 X; B11 -144150 RBD-V96PG-FH8SM.1.0 X; B11 -144150 RBD-FF5TH-EDFBP.1.0 X",
		"23b-camt-second-debit-undone":      "B12 +144150 RBD-V96PG-FH8SM.1.0 undoes; B12 +144150 RBD-FF5TH-EDFBP.1.0 undoes",
		"25-camt-reference-broken":          "R1 +144150 REJET VIREMENT SEPA RBD-ZHZ7S-ZC3 VJ.1.0 COMPTE CLOS AC04",
		"26-camt-zero-entry":                "I2 +7000 X",
	} {
		raw, err := os.ReadFile("testdata/everyday/" + file + ".xml")
		if err != nil {
			t.Fatal(err)
		}
		list, err := sepa.Statement(raw)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		var got []string
		for _, m := range list {
			sign := map[bool]string{true: "+", false: "-"}[m.In]
			undoes := map[bool]string{true: "undoes"}[m.Reversal]
			got = append(got, strings.Join(strings.Fields(fmt.Sprintf("%s %s%d %s %s %s %s %s", m.Servicer, sign, m.Cents, m.EndToEnd, m.Text, m.Name, m.Returned, undoes)), " "))
		}
		if all := strings.Join(got, "; "); all != want {
			t.Errorf("%s:\n got %s\nwant %s", file, all, want)
		}
	}
}
