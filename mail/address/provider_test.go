package address_test

import (
	"testing"

	"relance/mail/address"
)

func TestAFirmsDomainIsNoProviders(t *testing.T) {
	for text, want := range map[string]string{
		"contact@boulangerie-martin.fr": "boulangerie-martin.fr", "Paie@Mail.Boulangerie-Martin.FR.": "boulangerie-martin.fr",
		"x@cabinet.co.uk": "cabinet.co.uk", "jeanne@orange.fr": "", "j@GMAIL.com": "", "j@yahoo.co.uk": "", "j@live.fr": "", "j@outlook.be": "",
		"j@gmx.net": "", "j@localhost": "", "j@firme.example": "", "j@x.invalid": "", "j@fr": "", "j@co.uk": "", "": "", "j@": "", "j@[192.0.2.1]": "",
	} {
		if got := address.Firm(text); got != want {
			t.Errorf("%q: %q, not %q", text, got, want)
		}
	}
}
