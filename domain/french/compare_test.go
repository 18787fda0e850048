package french_test

import (
	"testing"

	"relance/domain/french"
)

func TestNamesAreComparedInEitherOrder(t *testing.T) {
	same := french.NameKey("Jeanne Lefèvre")
	for _, name := range []string{"Mme Jeanne LEFEVRE", "LEFEVRE, Jeanne", "madame lefèvre jeanne", "Lefevre  Jeanne"} {
		if got := french.NameKey(name); got != same {
			t.Errorf("%q is compared as %q, not %q", name, got, same)
		}
	}
	for _, name := range []string{"Jean Lefèvre", "Jeanne Lefebvre", "Jeanne-Marie Lefèvre"} {
		if got := french.NameKey(name); got == same {
			t.Errorf("%q is taken for Jeanne Lefèvre", name)
		}
	}
	for _, name := range []string{"", "Lefèvre", "M. Lefèvre", "123"} {
		if got := french.NameKey(name); got != "" {
			t.Errorf("%q, which is many people's, is compared as %q", name, got)
		}
	}
}

func TestAddressesAreComparedAsTheyAreWritten(t *testing.T) {
	same := french.PlaceKey("12 boulevard Saint-Michel, 59000 Lille")
	for _, address := range []string{"12, Bd St Michel 59000 LILLE CEDEX", "12 bld. de Saint Michel\n59000 Lille (France)", "n° 12 BOULEVARD SAINT MICHEL - 59000 lille"} {
		if got := french.PlaceKey(address); got != same {
			t.Errorf("%q is compared as %q, not %q", address, got, same)
		}
	}
	for _, address := range []string{"14 boulevard Saint-Michel, 59000 Lille", "12 boulevard Saint-Michel, 59100 Roubaix", "12 bis boulevard Saint-Michel, 59000 Lille"} {
		if got := french.PlaceKey(address); got == same {
			t.Errorf("%q is taken for another address", address)
		}
	}
	for _, address := range []string{"", "Lille", "59000 Lille", "rue de la Paix, Lille", "12"} {
		if got := french.PlaceKey(address); got != "" {
			t.Errorf("%q, which is many people's, is compared as %q", address, got)
		}
	}
}
