package seal

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"software.sslmate.com/src/go-pkcs12"

	"relance/letters/pdf"
	"relance/letters/prose"
	"relance/proof/signature"
)

var now = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)

// authorities are a root, an authority below it, and the certificate of a seal below that.
type authorities struct {
	root, middle, leaf *x509.Certificate
	key                crypto.Signer
}

func certificate(t *testing.T, name string, key crypto.Signer, parent *x509.Certificate, parentKey crypto.Signer, change func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<60))
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: name, Organization: []string{"Métropole des Flandres"}},
		NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(2, 0, 0), BasicConstraintsValid: true,
		IsCA: strings.HasPrefix(name, "AC "), KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment}
	if c.IsCA {
		c.KeyUsage = x509.KeyUsageCertSign
	}
	if change != nil {
		change(c)
	}
	if parent == nil {
		parent, parentKey = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), parentKey)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func ecKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func rsaKey(t *testing.T, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newAuthorities(t *testing.T, key crypto.Signer, change func(*x509.Certificate)) authorities {
	t.Helper()
	rootKey, middleKey := ecKey(t), ecKey(t)
	root := certificate(t, "AC racine d'essai", rootKey, nil, nil, nil)
	middle := certificate(t, "AC intermédiaire", middleKey, root, rootKey, nil)
	return authorities{root, middle, certificate(t, "Cachet de la Métropole", key, middle, middleKey, change), key}
}

func (a authorities) pkcs12(t *testing.T, chain ...*x509.Certificate) []byte {
	t.Helper()
	file, err := pkcs12.Modern.Encode(a.key, a.leaf, chain, "mot de passe é")
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func (a authorities) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.root)
	return pool
}

func (a authorities) sealer(t *testing.T, change func(*Config)) *Sealer {
	t.Helper()
	c := Config{PKCS12: a.pkcs12(t, a.middle, a.root), Password: "mot de passe é", Now: func() time.Time { return now }}
	if change != nil {
		change(&c)
	}
	s, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func decision(t *testing.T) []byte {
	t.Helper()
	pdf, err := pdf.Render(pdf.Letter{Letterhead: pdf.Letterhead{Name: "Métropole des Flandres"}, Title: "Décision", Kind: "Décision d'attribution",
		Date: now, Reference: "RBD-7K3M9-QXD3A", Subject: "Aide", Body: prose.Parse("Une aide de 1 500,00 € vous est attribuée.")})
	if err != nil {
		t.Fatal(err)
	}
	return pdf
}

// modern is the same letter with cross-reference and object streams, as other programs write them.
func modern(t *testing.T, pdf []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	conf := model.NewDefaultConfiguration()
	conf.WriteObjectStream, conf.WriteXRefStream = true, true
	if err := api.Optimize(bytes.NewReader(pdf), &out, conf); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(out.Bytes(), []byte("/XRef")) {
		t.Fatal("the sample has no cross-reference stream")
	}
	return out.Bytes()
}

// judged lets poppler's pdfsig and qpdf judge a sealed file, where they are installed.
func judged(t *testing.T, pdf []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "sealed.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	if qpdf, err := exec.LookPath("qpdf"); err != nil {
		t.Log("qpdf is not installed: it did not judge")
	} else if out, err := exec.Command(qpdf, "--check", file).CombinedOutput(); err != nil || bytes.Contains(out, []byte("WARNING")) {
		t.Errorf("qpdf --check: %v\n%s", err, out)
	}
	tool, err := exec.LookPath("pdfsig")
	if err != nil {
		t.Log("pdfsig (poppler-utils) is not installed: it did not judge")
		return ""
	}
	out, err := exec.Command(tool, file).CombinedOutput()
	if err != nil {
		t.Logf("pdfsig: %v", err)
	}
	return string(out)
}

func TestSealedLettersAreValidForOthers(t *testing.T) {
	for _, c := range []struct {
		name string
		key  crypto.Signer
		pdf  func(*testing.T) []byte
		what Seal
	}{
		{"ECDSA, a decision", ecKey(t), decision, Seal{Reason: "Décision (été)", Location: "Lille", Final: true}},
		{"RSA, a charter", rsaKey(t, 2048), decision, Seal{Reason: "Charte"}},
		{"RSA, cross-reference stream", rsaKey(t, 3072), func(t *testing.T) []byte { return modern(t, decision(t)) }, Seal{Final: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newAuthorities(t, c.key, nil)
			pdf := c.pdf(t)
			sealed, err := a.sealer(t, nil).Seal(context.Background(), pdf, c.what)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.HasPrefix(sealed, pdf) {
				t.Error("the bytes of the letter have changed")
			}
			r := signature.Read(sealed, signature.Options{Roots: a.roots()})
			if len(r.Signatures) != 1 || r.Added != 0 {
				t.Fatalf("read back: %+v", r)
			}
			s := r.Signatures[0]
			if len(s.Problems) > 0 || !s.Trusted || !s.Whole || s.Kind != signature.Detached || s.Reason != c.what.Reason || s.Location != c.what.Location ||
				s.Signer.Name != "Cachet de la Métropole" || s.Name != s.Signer.Name || !s.Claimed.Equal(now) || (s.Certifies == 1) != c.what.Final {
				t.Errorf("read back: %+v", s)
			}
			if err := api.Validate(bytes.NewReader(sealed), nil); err != nil {
				t.Errorf("pdfcpu: %v", err)
			}
			if out := judged(t, sealed); out != "" {
				for _, want := range []string{"Signature is Valid", "Total document signed", "ETSI.CAdES.detached", "Cachet de la M", "SHA-256"} {
					if !strings.Contains(out, want) {
						t.Errorf("pdfsig does not say %q:\n%s", want, out)
					}
				}
			}
		})
	}
}

// TestTwoSeals seals a sealed letter once more: the first seal still covers what it covered.
func TestTwoSeals(t *testing.T) {
	a := newAuthorities(t, ecKey(t), nil)
	s := a.sealer(t, nil)
	pdf := decision(t)
	for range 2 {
		var err error
		if pdf, err = s.Seal(context.Background(), pdf, Seal{}); err != nil {
			t.Fatal(err)
		}
	}
	r := signature.Read(pdf, signature.Options{Roots: a.roots()})
	if len(r.Signatures) != 2 || !r.Signatures[0].Intact() || !r.Signatures[1].Intact() || r.Signatures[0].Whole || !r.Signatures[1].Whole {
		t.Errorf("%+v", r)
	}
	if out := judged(t, pdf); out != "" && strings.Count(out, "Signature is Valid") != 2 {
		t.Errorf("pdfsig: %s", out)
	}
}

// TestAFlippedByteIsNoticed flips one byte at a time, all over the file.
func TestAFlippedByteIsNoticed(t *testing.T) {
	a := newAuthorities(t, ecKey(t), nil)
	sealed, err := a.sealer(t, nil).Seal(context.Background(), decision(t), Seal{Final: true})
	if err != nil {
		t.Fatal(err)
	}
	o := signature.Options{Roots: a.roots()}
	whole := signature.Read(sealed, o).Signatures[0]
	for i := 0; i < len(sealed); i += max(1, len(sealed)/700) {
		flipped := bytes.Clone(sealed)
		flipped[i] ^= 0x20
		r := signature.Read(flipped, o)
		if len(r.Signatures) != 1 {
			continue // the seal is no longer there to be read: noticed
		}
		s := r.Signatures[0]
		if s.Intact() && s.Covers == whole.Covers && !bytes.EqualFold(flipped, sealed) {
			hole := flipped[s.Covers-1]
			t.Errorf("byte %d of %d flipped, and nothing is said (%q)", i, len(sealed), hole)
		}
	}
	changed := bytes.Clone(sealed)
	changed[100] ^= 1
	if r := signature.Read(changed, o); !r.Signatures[0].Has(signature.Altered) {
		t.Errorf("an altered letter: %+v", r)
	}
	if r := signature.Read(append(bytes.Clone(sealed), "\n% added"...), o); !r.Signatures[0].Has(signature.AddedAfter) || r.Added != 8 {
		t.Errorf("something added: %+v", r)
	}
}

func TestWhatIsWrongWithACertificate(t *testing.T) {
	good := newAuthorities(t, ecKey(t), nil)
	old := newAuthorities(t, ecKey(t), func(c *x509.Certificate) { c.NotAfter = now.AddDate(0, 0, -1) })
	early := newAuthorities(t, ecKey(t), func(c *x509.Certificate) { c.NotBefore = now.AddDate(0, 0, 1) })
	other := newAuthorities(t, ecKey(t), func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment })
	small := newAuthorities(t, rsaKey(t, 1024), nil)
	for _, c := range []struct {
		name, password string
		file           []byte
		want           error
		says           string
	}{
		{"wrong password", "faux", good.pkcs12(t, good.middle), ErrPassword, "password"},
		{"no PKCS#12", "x", []byte("-----BEGIN CERTIFICATE-----"), ErrPKCS12, "PKCS#12"},
		{"empty", "", nil, ErrPKCS12, ""},
		{"expired", "mot de passe é", old.pkcs12(t, old.middle), ErrExpired, "2026-03-01"},
		{"not yet valid", "mot de passe é", early.pkcs12(t, early.middle), ErrNotYet, "2026-03-03"},
		{"missing chain", "mot de passe é", good.pkcs12(t), ErrChain, "AC intermédiaire"},
		{"another use", "mot de passe é", other.pkcs12(t, other.middle), ErrUse, ""},
		{"small key", "mot de passe é", small.pkcs12(t, small.middle), ErrKey, "2048"},
	} {
		_, err := Open(Config{PKCS12: c.file, Password: c.password, Now: func() time.Time { return now }})
		if !errors.Is(err, c.want) || !strings.Contains(fmt.Sprint(err), c.says) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	later := good.sealer(t, nil)
	later.now = func() time.Time { return now.AddDate(3, 0, 0) }
	if _, err := later.Seal(context.Background(), decision(t), Seal{}); !errors.Is(err, ErrExpired) {
		t.Errorf("a certificate that expires while the worker runs: %v", err)
	}
}

func TestSelfSigned(t *testing.T) {
	file, err := SelfSigned("Cachet de la Métropole", "Métropole des Flandres", "x", now)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(Config{PKCS12: file, Password: "x", Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := s.Seal(context.Background(), decision(t), Seal{Final: true})
	if err != nil {
		t.Fatal(err)
	}
	r := signature.Read(sealed, signature.Options{})
	if !r.Signatures[0].Has(signature.Untrusted) || !r.Signatures[0].Signer.SelfSigned || !r.Signatures[0].Intact() {
		t.Errorf("nobody vouches for it: %+v", r)
	}
	own := x509.NewCertPool()
	own.AddCert(s.Certificate())
	if r := signature.Read(sealed, signature.Options{Roots: own}); !r.Signatures[0].Trusted {
		t.Errorf("trusted for itself: %+v", r)
	}
}

func TestWhatCannotBeSealed(t *testing.T) {
	s := newAuthorities(t, ecKey(t), nil).sealer(t, nil)
	for name, pdf := range map[string][]byte{"nothing": nil, "text": []byte("bonjour"), "half": decision(t)[:2000], "header": []byte("%PDF-1.4\nstartxref\n0\n%%EOF")} {
		if _, err := s.Seal(context.Background(), pdf, Seal{}); !errors.Is(err, ErrPDF) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// tsa is a real timestamp authority: openssl ts behind a small HTTP server.
func tsa(t *testing.T) (address string, root *x509.Certificate) {
	t.Helper()
	tool, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed, and it is the timestamp authority of this test")
	}
	folder := t.TempDir()
	run := func(args ...string) {
		t.Helper()
		c := exec.Command(tool, args...)
		c.Dir = folder
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("openssl %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	files := map[string]string{"ext.cnf": "extendedKeyUsage=critical,timeStamping\nkeyUsage=digitalSignature\n", "serial": "01\n",
		"tsa.cnf": "[tsa]\ndefault_tsa=t\n[t]\nserial=serial\nsigner_cert=tsa.pem\ncerts=ca.pem\nsigner_key=tsa.key\nsigner_digest=sha256\ndefault_policy=1.2.3.4\ndigests=sha256,sha384,sha512\naccuracy=secs:1\nordering=yes\ntsa_name=yes\ness_cert_id_chain=no\ness_cert_id_alg=sha256\n"}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=AC horodatage", "-days", "30")
	run("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Horodatage d'essai")
	run("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "ext.cnf", "-out", "tsa.pem", "-days", "30")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Content-Type") != "application/timestamp-query" {
			http.Error(w, "not a query", http.StatusUnsupportedMediaType)
			return
		}
		var query bytes.Buffer
		_, _ = query.ReadFrom(r.Body)
		in, out := filepath.Join(folder, "q.tsq"), filepath.Join(folder, "r.tsr")
		_ = os.WriteFile(in, query.Bytes(), 0o600)
		c := exec.Command(tool, "ts", "-reply", "-config", "tsa.cnf", "-section", "t", "-queryfile", in, "-out", out)
		c.Dir = folder
		if told, err := c.CombinedOutput(); err != nil {
			t.Errorf("openssl ts: %v\n%s", err, told)
		}
		reply, _ := os.ReadFile(out)
		w.Header().Set("Content-Type", "application/timestamp-reply")
		_, _ = w.Write(reply)
	}))
	t.Cleanup(server.Close)
	text, err := os.ReadFile(filepath.Join(folder, "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	pool := decodePEM(t, text)
	return server.URL, pool
}

func TestTimestamp(t *testing.T) {
	address, root := tsa(t)
	stamps := x509.NewCertPool()
	stamps.AddCert(root)
	a := newAuthorities(t, ecKey(t), func(c *x509.Certificate) { c.NotAfter = time.Now().AddDate(1, 0, 0) })
	down := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(down.Close)
	s := a.sealer(t, func(c *Config) { c.TSA, c.TSARoots = []string{down.URL, address}, stamps })
	sealed, err := s.Seal(context.Background(), decision(t), Seal{Final: true})
	if err != nil {
		t.Fatal(err)
	}
	read := signature.Read(sealed, signature.Options{Roots: a.roots(), Stamps: stamps}).Signatures[0]
	if len(read.Problems) > 0 || time.Since(read.Stamped) > time.Minute || time.Since(read.Stamped) < -time.Minute || read.Stamper != "Horodatage d'essai" || !read.At().Equal(read.Stamped) {
		t.Errorf("read back: %+v", read)
	}
	if out := judged(t, sealed); out != "" && !strings.Contains(out, "Signature is Valid") {
		t.Errorf("pdfsig: %s", out)
	}
	if other := signature.Read(sealed, signature.Options{Roots: a.roots(), Stamps: a.roots()}).Signatures[0]; !other.Has(signature.StrangeTSA) || !other.Stamped.IsZero() {
		t.Errorf("a timestamp authority that is not trusted: %+v", other)
	}

	strict := a.sealer(t, func(c *Config) { c.TSA, c.TSARoots = []string{address}, a.roots() })
	if _, err := strict.Seal(context.Background(), decision(t), Seal{}); !errors.Is(err, ErrTimestamp) || !strings.Contains(err.Error(), "not trusted") {
		t.Errorf("an authority that is not trusted: %v", err)
	}
	for name, answer := range map[string]http.HandlerFunc{
		"error page": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "maintenance", http.StatusServiceUnavailable)
		},
		"nonsense": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"refusal":  func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte{0x30, 5, 0x30, 3, 2, 1, 2}) },
		"empty":    func(http.ResponseWriter, *http.Request) {},
	} {
		server := httptest.NewServer(answer)
		out := a.sealer(t, func(c *Config) { c.TSA = []string{server.URL} })
		if _, err := out.Seal(context.Background(), decision(t), Seal{}); !errors.Is(err, ErrTimestamp) || !strings.Contains(err.Error(), server.URL) {
			t.Errorf("%s: %v", name, err)
		}
		server.Close()
	}
}
