package address_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"relance/mail/address"
)

func signer(key string) func(string) string {
	return func(text string) string {
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte(text))
		return hex.EncodeToString(mac.Sum(nil))[:8]
	}
}

// TestOnlyTheAddressOfAQuestionAnswersIt: not one that was changed, guessed, made for another question or by another authority.
func TestOnlyTheAddressOfAQuestionAnswersIt(t *testing.T) {
	a := address.Addresses{Mailbox: "aides@metropole.example", Sign: signer("ours")}
	const id = "2f8k0w6t9d3m"
	right := a.Question(id, 3)
	if local, _, _ := strings.Cut(right, "@"); len(local) > 44 { // RFC 5321 §4.5.3.1.1 leaves 64 for the whole
		t.Errorf("%s is long", right)
	}
	for _, good := range []string{right, strings.ToUpper(right), strings.Replace(right, "aides", "Aides", 1)} {
		if inquiry, n := a.Asked(good); inquiry != id || n != 3 {
			t.Errorf("%s: %q, %d", good, inquiry, n)
		}
	}
	signature := right[strings.LastIndexByte(right, '-')+1 : strings.IndexByte(right, '@')]
	theirs := address.Addresses{Mailbox: a.Mailbox, Sign: signer("theirs")}
	for _, bad := range []string{
		"", a.Mailbox, a.Case("RBD-7K3M9-QXD3A"), a.Scheme("rebond"), theirs.Question(id, 3),
		strings.Replace(right, "-3-", "-4-", 1), strings.Replace(right, "-3-", "-03-", 1), strings.Replace(right, id, id[1:]+"0", 1),
		strings.Replace(right, signature, signature[1:], 1), strings.Replace(right, signature, "", 1), strings.Replace(right, signature, signature[:8], 1),
		strings.Replace(right, signature, strings.Repeat("0", len(signature)-1)+"x", 1), strings.Replace(right, "@metropole", "@autre", 1),
		strings.Replace(right, "aides+", "aide+", 1), strings.Replace(right, "-3-", "--3-", 1), strings.Replace(right, "-3-", "-99999999999999999999-", 1),
	} {
		if inquiry, n := a.Asked(bad); n != 0 {
			t.Errorf("%s answers question %d of %s", bad, n, inquiry)
		}
	}
	if reference := a.Signed(right); reference != "" {
		t.Errorf("it leads to the case %s", reference)
	}
	unsigned := address.Addresses{Mailbox: a.Mailbox}
	if to := unsigned.Question(id, 1); to != "" {
		t.Errorf("without a key there is an address: %s", to)
	}
	if _, n := unsigned.Asked(right); n != 0 {
		t.Error("without a key an address answers")
	}
}
