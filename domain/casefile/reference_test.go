package casefile_test

import (
	"slices"
	"testing"

	"relance/domain/casefile"
)

// TestReferencesOfTransfers: banks break labels over lines of 35 characters, and people write words before a reference.
func TestReferencesOfTransfers(t *testing.T) {
	for label, want := range map[string][]string{
		"RBD-7K3M9-QXD3A":                           {"RBD-7K3M9-QXD3A"},
		"SOLDE RBD-7K3M9-QXD3A MERCI":               {"RBD-7K3M9-QXD3A"},
		"SOLDE RBD-7K3 M9-QXD3A":                    {"RBD-7K3M9-QXD3A"},
		"TITRE 2020-T-7 RBD-7K3M9-\nQXD3A":          {"RBD-7K3M9-QXD3A"},
		"REMBOURSEMENT RBD -7K3M9 -QXD3A DU 3 MARS": {"RBD-7K3M9-QXD3A"},
		"RBD-7K3M9-QXD3A ET AVA-1K3M9-QXD3B":        {"RBD-7K3M9-QXD3A", "AVA-1K3M9-QXD3B"},
		"rbd-7k3m9-qxd3a":                           {"RBD-7K3M9-QXD3A"},
		"MERCI":                                     nil,
		"":                                          nil,
		"RBD-7K3M9":                                 nil,
		"FACTURE F-12345-67890 DU 3 MARS 2021 SANS RE": nil,
	} {
		if got := casefile.FindBrokenReferences(label); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", label, got, want)
		}
	}
}
