package address_test

import (
	"strings"
	"testing"

	"relance/mail/address"
)

// An answer finds its case whatever the signature, and no address ends in what mox localserve takes for an error.
func TestSignedAddresses(t *testing.T) {
	const reference, call = "RBD-7K3M9-QXD3A", "call-ecole-1"
	for _, signature := range []string{"k7q2m9ab", "k7q2m482", "k7q2m55x", "00000000"} {
		a := address.Addresses{Mailbox: "aides@metropole.example", Sign: func(string) string { return signature }}
		if got, want := a.Case(reference), "aides+rbd-7k3m9-qxd3a-"+signature+"x@metropole.example"; got != want {
			t.Errorf("%s, not %s", got, want)
		}
		if got := a.Signed(strings.ToUpper(a.Case(reference))); got != reference {
			t.Errorf("%s leads to %q", a.Case(reference), got)
		}
		if got := a.SignedCall(a.Call(call)); got != call {
			t.Errorf("%s leads to %q", a.Call(call), got)
		}
		if before := "aides+rbd-7k3m9-qxd3a-" + signature + "@metropole.example"; a.Signed(before) != reference {
			t.Errorf("%s, of a mail sent before, leads nowhere", before)
		}
		for _, forged := range []string{"", "x", "k7q2m9a", signature + "xx", "y" + signature, signature[:7] + "y"} {
			if got := a.Signed("aides+rbd-7k3m9-qxd3a-" + forged + "@metropole.example"); got != "" {
				t.Errorf("the signature %q, where %q is right, leads to %s", forged, signature, got)
			}
		}
	}
}

func TestAddresses(t *testing.T) {
	a := address.Addresses{Mailbox: "aides@metropole.example"}
	for written, want := range map[string]string{"aides+rebond@metropole.example": "rebond", "AIDES+RBD-1@Metropole.example": "rbd-1", "aides@metropole.example": ""} {
		if got, ok := a.Detail(written); !ok || got != want {
			t.Errorf("%s: %q %v", written, got, ok)
		}
	}
	for _, written := range []string{"aidesx+rebond@metropole.example", "aides+rebond@autre.example", "", "@"} {
		if got, ok := a.Detail(written); ok {
			t.Errorf("%s is ours: %q", written, got)
		}
	}
	for _, id := range []string{"rbd-7k3m9-qxd3a.3.grant@autre.example", "x@metropole.example", "", "rbd-7k3m9.1.x@metropole.example"} {
		if got := a.CaseOf(id); got != "" {
			t.Errorf("%s belongs to %q", id, got)
		}
	}
}
