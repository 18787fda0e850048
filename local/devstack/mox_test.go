package devstack

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

func TestEditMoxConf(t *testing.T) {
	p := ports{smtp: 11, submission: 12, submissions: 13, imap: 14, imaps: 15, http: 16, https: 17, mon: 18}
	for name, c := range map[string]struct{ text, want string }{
		"log level":       {"LogLevel: traceauth\n", "LogLevel: error\n"},
		"smtp":            {"\t\tSMTP:\n\t\t\tEnabled: true\n\t\t\tPort: 1025\n", "\t\tSMTP:\n\t\t\tEnabled: true\n\t\t\tPort: 11\n"},
		"submission":      {"\t\tSubmission:\n\t\t\tPort: 1587\n", "\t\tSubmission:\n\t\t\tPort: 12\n"},
		"submissions":     {"\t\tSubmissions:\n\t\t\tPort: 1465\n", "\t\tSubmissions:\n\t\t\tPort: 13\n"},
		"imap and imaps":  {"\t\tIMAP:\n\t\t\tPort: 1143\n\t\tIMAPS:\n\t\t\tPort: 1993\n", "\t\tIMAP:\n\t\t\tPort: 14\n\t\tIMAPS:\n\t\t\tPort: 15\n"},
		"http and https":  {"\t\tAccountHTTP:\n\t\t\tPort: 1080\n\t\tAccountHTTPS:\n\t\t\tPort: 1443\n", "\t\tAccountHTTP:\n\t\t\tPort: 16\n\t\tAccountHTTPS:\n\t\t\tPort: 17\n"},
		"metrics":         {"\t\tMetricsHTTP:\n\t\t\tPort: 1081\n", "\t\tMetricsHTTP:\n\t\t\tPort: 18\n"},
		"comment between": {"\t\tSMTP:\n\t\t\t# Port, usual values:\n\t\t\tPort: 1025\n", "\t\tSMTP:\n\t\t\t# Port, usual values:\n\t\t\tPort: 11\n"},
		"nothing to edit": {"DataDir: .\n", "DataDir: .\n"},
	} {
		got := editMoxConf(c.text, p)
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if again := editMoxConf(got, p); again != got {
			t.Errorf("%s: a second edit changes it to %q", name, again)
		}
	}
}

func TestAddAccounts(t *testing.T) {
	const before = "Domains:\n\tlocalhost: nil\n\nAccounts:\n\tmox:\n\t\tDomain: localhost\n"
	one := addAccounts(before, []string{"aides"})
	for _, want := range []string{"\n\taides:\n\t\tDomain: localhost\n", "\t\t\taides@localhost: nil\n", "\t\tNoFirstTimeSenderDelay: true\n", "\n\tmox:\n"} {
		if !strings.Contains(one, want) {
			t.Errorf("%q is not in %q", want, one)
		}
	}
	if addAccounts(one, []string{"aides"}) != one {
		t.Error("an account was added twice")
	}
	two := addAccounts(one, []string{"aides", "garage", "aide"})
	for _, name := range []string{"aides", "garage", "aide"} {
		if n := strings.Count(two, "\n\t"+name+":\n"); n != 1 {
			t.Errorf("%s is there %d times", name, n)
		}
	}
}

func TestDropWebHandlers(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"at the end":  {"Accounts:\n\tmox: nil\nWebHandlers:\n\t-\n\n\t\t# Root.\n\t\tRoot: .\n", "Accounts:\n\tmox: nil\n"},
		"before more": {"WebHandlers:\n\t-\n\t\tRoot: .\n\n# Next.\nRoutes:\n\t-\n", "Routes:\n\t-\n"},
		"none":        {"Accounts:\n\tmox: nil\n", "Accounts:\n\tmox: nil\n"},
	} {
		if got := dropWebHandlers(c.text); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestTheResolverKnowsLocalhostAndItsTextsAlone(t *testing.T) {
	z := &zone{}
	z.set("S._domainkey.localhost.", strings.Repeat("k", 400))
	for _, c := range []struct {
		name    string
		kind    dnsmessage.Type
		rcode   dnsmessage.RCode
		answers int
	}{
		{"localhost.", dnsmessage.TypeA, dnsmessage.RCodeSuccess, 1},
		{"localhost.", dnsmessage.TypeMX, dnsmessage.RCodeSuccess, 0},
		{"s._domainkey.LOCALHOST.", dnsmessage.TypeTXT, dnsmessage.RCodeSuccess, 1},
		{"s._domainkey.localhost.", dnsmessage.TypeA, dnsmessage.RCodeSuccess, 0},
		{"t._domainkey.localhost.", dnsmessage.TypeTXT, dnsmessage.RCodeNameError, 0},
		{"example.org.", dnsmessage.TypeTXT, dnsmessage.RCodeNameError, 0},
	} {
		question := dnsmessage.Message{Header: dnsmessage.Header{ID: 7}, Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(c.name), Type: c.kind, Class: dnsmessage.ClassINET}}}
		packet, err := question.Pack()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := z.answerTo(packet)
		var reply dnsmessage.Message
		if err != nil || reply.Unpack(raw) != nil || reply.ID != 7 || reply.RCode != c.rcode || len(reply.Answers) != c.answers {
			t.Errorf("%s %v: %+v, %v", c.name, c.kind, reply, err)
		}
	}
	for _, packet := range []string{"", "x", "\x00\x07\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00"} {
		if _, err := z.answerTo([]byte(packet)); err == nil {
			t.Errorf("%q was answered", packet)
		}
	}
}

func TestTheKeyInTheZoneIsTheOneThatSigns(t *testing.T) {
	ed, edKey, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	conf := "Domains:\n\tlocalhost:\n\t\tDKIM:\n\t\t\tSelectors:\n"
	for name, key := range map[string]any{"ed": edKey, "rsa": rsaKey} {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		conf += "\t\t\t\t" + name + ":\n\n\t\t\t\t\t# Period.\n\t\t\t\t\tExpiration: 72h\n\n\t\t\t\t\t# Key.\n\t\t\t\t\tPrivateKeyFile: " + name + ".pem\n"
		if err := os.WriteFile(filepath.Join(dir, name+".pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "domains.conf"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	z := &zone{}
	if err := z.publishKeys(dir); err != nil {
		t.Fatal(err)
	}
	if text, _ := z.lookup("ed._domainkey.localhost."); text != "v=DKIM1; k=ed25519; p="+base64.StdEncoding.EncodeToString(ed) {
		t.Errorf("%q", text)
	}
	if text, found := z.lookup("rsa._domainkey.localhost."); !found || !strings.HasPrefix(text, "v=DKIM1; k=rsa; p=MIIB") {
		t.Errorf("%q", text)
	}
}
