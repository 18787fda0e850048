package auth_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"relance/mail/auth"
	"relance/mail/message"
)

const (
	ours     = "mx.metropole.example"
	received = "Received: from mail.boulangerie.example (mail.boulangerie.example [203.0.113.7]) by mx.metropole.example with ESMTPS id 1; Tue, 15 Sep 2020 10:00:00 +0200\n"
	passes   = "Authentication-Results: mx.metropole.example; spf=pass smtp.mailfrom=boulangerie.example; dkim=pass header.d=boulangerie.example; dmarc=pass header.from=boulangerie.example\n"
	from     = "From: Jeanne Martin <jeanne@boulangerie.example>\n"
	body     = "To: aides@metropole.example\nSubject: Demande\nMessage-ID: <1@boulangerie.example>\nDate: Tue, 15 Sep 2020 10:00:00 +0200\n\nBonjour.\n"
)

// key is a key pair and the record by which a domain publishes it (RFC 8463).
func key() (ed25519.PrivateKey, string) {
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	return private, "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(private.Public().(ed25519.PublicKey))
}

// sign signs a message for a domain.
func sign(t *testing.T, raw, domain string) string {
	t.Helper()
	private, _ := key()
	var out bytes.Buffer
	err := dkim.Sign(&out, strings.NewReader(crlf(raw)), &dkim.SignOptions{Domain: domain, Selector: "s", Signer: private, HeaderKeys: []string{"From", "To", "Subject", "Date", "Message-ID"}})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// fatal is a test of either kind.
type fatal interface {
	Helper()
	Fatal(args ...any)
}

// verify verifies the signatures of a raw message now.
func verify(t fatal, raw []byte, lookup auth.Lookup) ([]auth.Signature, error) {
	t.Helper()
	m, err := message.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return auth.Verify(raw, m, lookup, time.Now())
}

func crlf(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
}

// judge is what Relance thinks of a raw message: the server's results, and its signatures where verify is set.
func judge(t *testing.T, raw string, verify bool) auth.Verdict {
	t.Helper()
	raw = crlf(raw)
	m, err := message.Parse([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	var own []auth.Signature
	if verify {
		_, record := key()
		if own, err = auth.Verify([]byte(raw), m, func(string) ([]string, error) { return []string{record}, nil }, time.Time{}); err != nil {
			own = nil
		}
	}
	return auth.Judge(auth.Evidence{Message: m, Server: auth.Read(m.Trace, auth.Server{Name: ours}), Signatures: own}).Verdict
}

// TestNobodyElseIsTakenForTheApplicant tries the ways by which a mail can look as if somebody else had sent it. Pretended is who the reader
// is to believe it comes from: no trick may make that address authenticated.
func TestNobodyElseIsTakenForTheApplicant(t *testing.T) {
	const (
		pretended = "jeanne@boulangerie.example"
		evil      = "Received: from evil.example (evil.example [198.51.100.9]) by mx.metropole.example with ESMTPS id 1; Tue, 15 Sep 2020 10:00:00 +0200\n"
		none      = "Authentication-Results: mx.metropole.example; spf=pass smtp.mailfrom=evil.example; dkim=none; dmarc=none header.from=evil.example\n"
		evilPass  = "Authentication-Results: mx.metropole.example; spf=pass smtp.mailfrom=evil.example; dkim=pass header.d=evil.example; dmarc=pass header.from=evil.example\n"
	)
	for name, raw := range map[string]string{
		"no results at all":                               evil + from + body,
		"nothing passed":                                  none + evil + from + body,
		"SPF of another domain":                           none + evil + from + body,
		"results that came with the mail":                 none + evil + passes + from + body,
		"results of a server that is called alike":        strings.Replace(passes, ours, ours+".evil.example", 1) + evil + from + body,
		"results below a Received that claims to be us":   none + evil + received + passes + from + body,
		"two From fields, the victim's first":             evilPass + evil + from + "From: pirate@evil.example\n" + body,
		"two From fields, the victim's last":              evilPass + evil + "From: pirate@evil.example\n" + from + body,
		"two authors in one field":                        evilPass + evil + "From: jeanne@boulangerie.example, pirate@evil.example\n" + body,
		"two authors in a group":                          evilPass + evil + "From: Nous: jeanne@boulangerie.example, pirate@evil.example;\n" + body,
		"a server that looked at another From":            evilPass + evil + from + body,
		"encoded address, of which the server saw none":   none + evil + "From: <=?utf-8?q?jeanne=40boulangerie.example?=>\n" + body,
		"the victim as Sender and Reply-To":               evilPass + evil + "From: pirate@evil.example\nSender: jeanne@boulangerie.example\nReply-To: jeanne@boulangerie.example\n" + body,
		"the victim as the name":                          evilPass + evil + "From: \"jeanne@boulangerie.example\" <pirate@evil.example>\n" + body,
		"the victim before the brackets":                  evilPass + evil + "From: jeanne@boulangerie.example <pirate@evil.example>\n" + body,
		"the victim as a comment":                         evilPass + evil + "From: pirate@evil.example (jeanne@boulangerie.example)\n" + body,
		"ARC of somebody":                                 none + evil + "ARC-Authentication-Results: i=1; mx.metropole.example; dmarc=pass header.from=boulangerie.example\nARC-Seal: i=1; cv=none\n" + from + body,
		"a Cyrillic letter":                               evilPass + evil + "From: Jeanne Martin <jeanne@b\u043eulangerie.example>\n" + body,
		"a parent domain":                                 strings.ReplaceAll(evilPass, "evil.example", "example") + evil + from + body,
		"results in a comment":                            "Authentication-Results: mx.metropole.example; dmarc=none (dmarc=pass header.from=boulangerie.example)\n" + evil + from + body,
		"results in a quoted reason":                      "Authentication-Results: mx.metropole.example; dmarc=none reason=\"x; dmarc=pass\"\n" + evil + from + body,
		"an envelope sender that is made to look aligned": "Authentication-Results: mx.metropole.example; spf=pass smtp.mailfrom=\"jeanne@boulangerie.example\"@evil.example; dmarc=none\n" + evil + from + body,
	} {
		for _, verify := range []bool{false, true} {
			m, err := message.Parse([]byte(crlf(raw)))
			if err != nil {
				t.Fatal(err)
			}
			if got := judge(t, raw, verify); got == auth.Proven && strings.EqualFold(m.From.Address, pretended) {
				t.Errorf("%s: %s is taken for %s", name, m.From.Address, pretended)
			}
		}
	}
}

func TestJudge(t *testing.T) {
	result := func(text string) string {
		return "Authentication-Results: mx.metropole.example; " + text + "\n" + received
	}
	for _, c := range []struct {
		name, raw string
		verify    bool
		want      auth.Verdict
	}{
		{"all pass", passes + received + from + body, false, auth.Proven},
		{"DMARC alone", result("dmarc=pass header.from=boulangerie.example") + from + body, false, auth.DomainOnly},
		{"DMARC without saying of whom", result("dmarc=pass") + from + body, false, auth.DomainOnly},
		{"SPF of a subdomain", result("spf=pass smtp.mailfrom=bounces.boulangerie.example; dmarc=none") + from + body, false, auth.DomainOnly},
		{"DKIM of a subdomain", result("dkim=pass header.d=mail.boulangerie.example; dmarc=none") + from + body, false, auth.Proven},
		{"a domain under a public suffix is nobody's subdomain", result("dkim=pass header.d=other.github.io") + "From: x@boulangerie.github.io\n" + body, false, auth.Unproven},
		{"DKIM of the mail host alone", result("dkim=pass header.d=hoster.example; dmarc=none") + from + body, false, auth.Unproven},
		{"SPF fails, no policy", result("spf=fail smtp.mailfrom=boulangerie.example; dmarc=none") + from + body, false, auth.Unproven},
		{"DMARC fails", result("spf=pass smtp.mailfrom=evil.example; dmarc=fail header.from=boulangerie.example") + from + body, false, auth.Forged},
		{"DMARC fails, two authors", result("dmarc=fail") + from + "From: x@evil.example\n" + body, false, auth.Forged},
		{"one author, written twice", passes + received + from + from + body, false, auth.Proven},
		{"no results", received + from + body, false, auth.Unproven},
		{"no sender", passes + received + body, false, auth.Unproven},
		{"a domain with an accent", result("dkim=pass header.d=xn--boulangre-63a.example") + "From: x@boulangère.example\n" + body, false, auth.Proven},
		{"signature verified here, the server says nothing", received + sign(t, from+body, "boulangerie.example"), true, auth.Proven},
		{"signature verified here, forwarded: SPF and DMARC failed", result("spf=fail; dkim=fail; dmarc=fail") + sign(t, from+body, "boulangerie.example"), true, auth.Proven},
		{"altered after the server had it", result("dkim=pass header.d=boulangerie.example") + strings.Replace(sign(t, from+body, "boulangerie.example"), "Bonjour", "Je retire ma demande", 1), true, auth.Forged},
		{"altered on the way, SPF holds", result("spf=pass smtp.mailfrom=boulangerie.example; dkim=fail") + strings.Replace(sign(t, from+body, "boulangerie.example"), "Bonjour", "Bonsoir", 1), true, auth.DomainOnly},
		{"signature of somebody else", received + sign(t, from+body, "evil.example"), true, auth.Unproven},
		{"another From above the one that is signed", received + "From: victime@boulangerie.example\n" + sign(t, from+body, "boulangerie.example"), true, auth.Ambiguous},
		{"a signature of a part of the body", received + strings.Replace(sign(t, from+body, "boulangerie.example"), "v=1;", "v=1; l=0;", 1), true, auth.Unproven},
		{"a signature of a part, which the server takes", result("dkim=pass header.d=boulangerie.example") + strings.Replace(sign(t, from+body, "boulangerie.example"), "v=1;", "v=1; l=0;", 1), true, auth.Unproven},
	} {
		if got := judge(t, c.raw, c.verify); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestVerify(t *testing.T) {
	_, record := key()
	signed := sign(t, from+body, "boulangerie.example")
	for _, c := range []struct {
		name, raw, record string
		want              string
	}{
		{"good", signed, record, auth.Pass},
		{"altered", strings.Replace(signed, "Bonjour", "Bonsoir", 1), record, auth.Fail},
		{"no such key", signed, "", auth.Fail},
		{"not a key", signed, "v=DKIM1; p=", auth.Fail},
	} {
		list, err := verify(t, []byte(c.raw), func(string) ([]string, error) {
			if c.record == "" {
				return nil, nil
			}
			return []string{c.record}, nil
		})
		if err != nil || len(list) != 1 || list[0].Result != c.want || list[0].Domain != "boulangerie.example" {
			t.Errorf("%s: %+v, %v", c.name, list, err)
		}
	}
	many := signed
	for range 50 {
		many = sign(t, many, "boulangerie.example")
	}
	asked := 0
	if _, err := verify(t, []byte(many), func(string) ([]string, error) { asked++; return []string{record}, nil }); err != nil || asked > 5 {
		t.Errorf("a mail with 51 signatures cost %d questions to the DNS (%v)", asked, err)
	}
}

// FuzzRead: whatever stands in the trace fields, only a field that names our server says anything.
func FuzzRead(f *testing.F) {
	f.Add("other.example; dmarc=pass", "from x by y")
	f.Add(" ; spf=pass (x;\"", "by mx.metropole.example")
	f.Fuzz(func(t *testing.T, results, hop string) {
		traces := []message.Trace{{Name: "Received", Value: hop}, {Name: "Authentication-Results", Value: results}, {Name: "Received", Value: "from a by b"}, {Name: "Authentication-Results", Value: results}}
		r := auth.Read(traces, auth.Server{Name: ours})
		if !strings.Contains(strings.ToLower(results), ours) && (r.DMARC != auth.None || r.DKIM != auth.None) {
			t.Errorf("%q is believed: %+v", results, r)
		}
	})
}
