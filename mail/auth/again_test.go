package auth_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"pgregory.net/rapid"

	"relance/local/chance"
	"relance/mail/auth"
)

// signer is a key with its record.
type signer struct {
	crypto.Signer
	record string
}

func signers(t testing.TB) map[string]signer {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return map[string]signer{
		"ed25519": {private, "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)},
		"rsa":     {key, "v=DKIM1; p=" + base64.StdEncoding.EncodeToString(der)},
		"pkcs1":   {key, "k=rsa; p=" + base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PublicKey(&key.PublicKey))},
	}
}

func signMail(t interface{ Fatal(...any) }, raw string, s signer, o dkim.SignOptions) []byte {
	o.Domain, o.Selector, o.Signer, o.Hash = "example.org", "s1", s.Signer, crypto.SHA256
	var out bytes.Buffer
	if err := dkim.Sign(&out, strings.NewReader(raw), &o); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const plain = "From: Jeanne <jeanne@example.org>\r\nTo: aides@metropole.example\r\nSubject: La  charte\r\n\tsignée\r\n\r\nJe signe \t la charte.  \r\n\r\nJeanne\r\n\r\n\r\n"

// Two programs have to agree: the library that verifies when a mail comes, and ours that verifies again.
func TestAgainAgreesWithTheLibrary(t *testing.T) {
	keys := signers(t)
	ways := []dkim.Canonicalization{dkim.CanonicalizationSimple, dkim.CanonicalizationRelaxed}
	chance.Check(t, func(t *rapid.T) {
		s := keys[rapid.SampledFrom([]string{"ed25519", "rsa", "pkcs1"}).Draw(t, "key")]
		line := rapid.StringMatching(`[a-z .,\t]{0,20}`)
		body := strings.Join(rapid.SliceOfN(line, 0, 8).Draw(t, "lines"), "\r\n")
		raw := "From: a@example.org\r\nSubject: " + line.Draw(t, "subject") + "\r\n" + "Subject:x\r\n" + "\r\n" + body
		signed := signMail(t, raw, s, dkim.SignOptions{HeaderCanonicalization: rapid.SampledFrom(ways).Draw(t, "header"), BodyCanonicalization: rapid.SampledFrom(ways).Draw(t, "body")})
		if rapid.Bool().Draw(t, "break") {
			signed[rapid.IntRange(0, len(signed)-1).Draw(t, "at")] ^= 1 << rapid.IntRange(0, 6).Draw(t, "bit")
		}
		lookup := func(string) ([]string, error) { return []string{s.record}, nil }
		theirs, err := verify(t, signed, lookup)
		if err != nil {
			t.Skip("the library cannot read it")
		}
		ours := auth.Again(signed, []auth.Key{{Name: "s1._domainkey.example.org", TXT: []string{s.record}}}, time.Now())
		for i, o := range ours {
			// A name that was broken has no record here; the library asks for any.
			if i < len(theirs) && o.Result == auth.Pass != (theirs[i].Result == auth.Pass) && o.Result != "temperror" {
				t.Fatalf("the library says %+v, we say %+v of\n%q", theirs[i], o, signed)
			}
		}
		if len(theirs) > 0 && theirs[0].Result == auth.Pass && len(ours) == 0 {
			t.Fatalf("we do not see the signature of\n%q", signed)
		}
	})
}

// A proof is whole by itself: no DNS, and ten years later.
func TestAProofVerifiesWhenTheKeyHasGoneAndTheSignatureHasRunOut(t *testing.T) {
	for name, s := range signers(t) {
		signed := signMail(t, plain, s, dkim.SignOptions{Expiration: time.Now().Add(2 * time.Second), HeaderCanonicalization: dkim.CanonicalizationRelaxed})
		came := time.Now()
		notes := &auth.Notebook{Ask: func(string) ([]string, error) { return []string{s.record}, nil }, Resolver: "192.0.2.53:53", Now: time.Now}
		found, err := verify(t, signed, notes.Lookup)
		if err != nil || len(found) != 1 || found[0].Result != auth.Pass {
			t.Fatalf("%s: %+v %v", name, found, err)
		}
		proof := auth.Proof{At: came, Signatures: found, Keys: notes.Keys()}
		if k := proof.Keys; len(k) != 1 || k[0].Name != "s1._domainkey.example.org" || k[0].TXT[0] != s.record || k[0].Resolver != "192.0.2.53:53" || k[0].At.IsZero() {
			t.Errorf("%s: the key that was kept: %+v", name, k)
		}
		if late := auth.Again(signed, proof.Keys, came.AddDate(10, 0, 0)); late[0].Result != auth.Fail {
			t.Errorf("%s: a signature that has run out is good: %+v", name, late)
		}
		if again, err := proof.Verify(signed); err != nil || again[0].Result != auth.Pass {
			t.Errorf("%s: %+v %v", name, again, err)
		}
		if _, err := proof.Verify(bytes.Replace(signed, []byte("signe"), []byte("refus"), 1)); err == nil {
			t.Errorf("%s: another text verifies", name)
		}
		without := proof
		without.Keys = nil
		if _, err := without.Verify(signed); err == nil {
			t.Errorf("%s: it verifies without a key", name)
		}
		if _, err := proof.Verify([]byte(plain)); err == nil {
			t.Errorf("%s: a mail without its signature verifies", name)
		}
	}
}

func TestWhatTheDNSDidNotAnswerIsWrittenDown(t *testing.T) {
	notes := &auth.Notebook{Ask: func(string) ([]string, error) { return nil, errors.New("no such host") }, Resolver: "system", Now: time.Now}
	if _, err := notes.Lookup("s1._domainkey.example.org"); err == nil {
		t.Error("it was answered")
	}
	if k := notes.Keys(); len(k) != 1 || k[0].Error != "no such host" || k[0].TXT != nil {
		t.Errorf("%+v", k)
	}
}

func FuzzAgain(f *testing.F) {
	s := signers(f)["ed25519"]
	f.Add(signMail(f, plain, s, dkim.SignOptions{}))
	f.Add([]byte("DKIM-Signature: b=; h=from; ;;=\n \n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, found := range auth.Again(raw, []auth.Key{{Name: "s1._domainkey.example.org", TXT: []string{s.record}}}, time.Now()) {
			if found.Result == "" {
				t.Error("no result")
			}
		}
	})
}
