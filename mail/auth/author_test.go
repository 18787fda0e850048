package auth_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"relance/mail/auth"
	"relance/mail/dkimtest"
	"relance/mail/message"
)

// arrived is when our server had the mails of these tests.
var arrived = time.Date(2020, 9, 15, 8, 0, 0, 0, time.UTC)

// case1 tells whether an address is the one of the case to which these mails come.
func case1(address string) bool { return strings.EqualFold(address, "aides+rbd-1@metropole.example") }

// letter is a mail in the making.
type letter struct {
	from, to, cc, subject, date, more string
	signer                            *dkimtest.Signer
	results                           string // of our own server; empty: it wrote none
	above, below                      string // fields that somebody put above the signature, or below our Received field
}

// raw puts it together as our server stores it.
func (l letter) raw() []byte {
	or := func(text, otherwise string) string {
		if text == "" {
			return otherwise
		}
		return strings.TrimPrefix(text, "-")
	}
	field := func(name, value string) string {
		if value == "" {
			return ""
		}
		return name + ": " + value + "\n"
	}
	text := field("From", or(l.from, "Jeanne Martin <jeanne@boulangerie.example>")) + field("To", or(l.to, "aides+rbd-1@metropole.example")) + field("Cc", l.cc) +
		field("Subject", or(l.subject, "Demande")) + field("Message-ID", "<1@boulangerie.example>") + field("Date", or(l.date, "Tue, 15 Sep 2020 09:59:00 +0200")) + l.more + "\nJe retire ma demande.\n"
	raw := []byte(crlf(text))
	if l.signer != nil {
		raw = l.signer.Sign(raw)
	}
	top := ""
	if l.results != "" {
		top = "Authentication-Results: " + ours + "; " + l.results + "\n"
	}
	top += "Received: from mail.boulangerie.example (mail.boulangerie.example [203.0.113.7]) by " + ours + " with ESMTPS id 1; Tue, 15 Sep 2020 10:00:00 +0200\n"
	return append([]byte(crlf(top+l.below+l.above)), raw...)
}

func parsed(t testing.TB, raw []byte) *message.Message {
	t.Helper()
	m, err := message.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// author judges a mail, with our own verification of its signatures.
func author(t testing.TB, raw []byte, server auth.Server, servers bool) auth.Author {
	t.Helper()
	m := parsed(t, raw)
	own, err := auth.Verify(raw, m, dkimtest.Lookup, arrived)
	if err != nil {
		own = nil
	}
	return auth.Judge(auth.Evidence{Message: m, Server: auth.Read(m.Trace, server), Signatures: own, Arrived: arrived, Servers: servers})
}

var boulangerie = &dkimtest.Signer{Domain: "boulangerie.example", At: arrived}

const (
	passed = "spf=pass smtp.mailfrom=boulangerie.example; dkim=pass header.d=boulangerie.example; dmarc=pass header.from=boulangerie.example"
	spf    = "spf=pass smtp.mailfrom=boulangerie.example; dkim=none; dmarc=pass header.from=boulangerie.example"
)

// TestReach: what a mail may do by itself.
func TestReach(t *testing.T) {
	signer := func(change func(*dkimtest.Signer)) *dkimtest.Signer {
		s := *boulangerie
		change(&s)
		return &s
	}
	fields := func(names string) *dkimtest.Signer { return signer(func(s *dkimtest.Signer) { s.Fields = names }) }
	at := func(at time.Time) *dkimtest.Signer { return signer(func(s *dkimtest.Signer) { s.At = at }) }
	for name, c := range map[string]struct {
		letter
		server  string // empty: ours
		servers bool
		verdict auth.Verdict
		reach   auth.Reach
	}{
		"signed, straight":      {letter: letter{signer: boulangerie, results: passed}, verdict: auth.Proven, reach: auth.Act},
		"signed, and no server": {letter: letter{signer: boulangerie}, verdict: auth.Proven, reach: auth.Act},
		"signed, server silent": {letter: letter{signer: boulangerie, results: passed}, server: "other.example", verdict: auth.Proven, reach: auth.Act},
		"nothing":               {letter: letter{results: "spf=none; dkim=none; dmarc=none"}, verdict: auth.Unproven, reach: auth.Ask},

		// An empty name of the server proves nobody (D2).
		"no server is trusted, SPF and DKIM passed": {letter: letter{results: passed}, server: "-none-", verdict: auth.Unproven, reach: auth.Ask},
		"no server is trusted, DMARC failed":        {letter: letter{results: "dmarc=fail header.from=boulangerie.example"}, server: "-none-", verdict: auth.Unproven, reach: auth.Ask},
		"no server is trusted, signed":              {letter: letter{signer: boulangerie, results: "dmarc=fail"}, server: "-none-", verdict: auth.Proven, reach: auth.Act},

		// SPF alone (F24).
		"SPF alone":                               {letter: letter{results: "spf=pass smtp.mailfrom=boulangerie.example; dkim=none; dmarc=none"}, verdict: auth.DomainOnly, reach: auth.Ask},
		"SPF and DMARC":                           {letter: letter{results: spf}, verdict: auth.DomainOnly, reach: auth.Ask},
		"SPF of the whole address":                {letter: letter{results: "spf=pass smtp.mailfrom=jeanne@boulangerie.example"}, verdict: auth.DomainOnly, reach: auth.Ask},
		"SPF, and the signature of its host":      {letter: letter{results: spf + "; dkim=pass header.d=hoster.example"}, verdict: auth.DomainOnly, reach: auth.Ask},
		"SPF, and a signature that does not fit":  {letter: letter{results: spf, signer: boulangerie, above: "To: aides+rbd-1@metropole.example\n", more: "X: y\n"}, verdict: auth.Proven, reach: auth.Act},
		"SPF, which the authority takes":          {letter: letter{results: spf}, servers: true, verdict: auth.Proven, reach: auth.Act},
		"SPF, to somebody else":                   {letter: letter{results: spf, to: "mairie@example.org"}, servers: true, verdict: auth.Proven, reach: auth.Bring},
		"DMARC without a word on how":             {letter: letter{results: "dmarc=pass header.from=boulangerie.example"}, verdict: auth.DomainOnly, reach: auth.Ask},
		"the server's word on a signature":        {letter: letter{results: "dkim=pass header.d=boulangerie.example header.s=s"}, verdict: auth.Proven, reach: auth.Bring},
		"the server's word, and straight from it": {letter: letter{results: passed}, verdict: auth.Proven, reach: auth.Act},

		// What the server looked at (F1, 03).
		"a From of another organisation":            {letter: letter{signer: boulangerie, results: strings.ReplaceAll(passed, "header.from=boulangerie", "header.from=evil")}, verdict: auth.Forged, reach: auth.Nothing},
		"another address of the domain":             {letter: letter{results: strings.Replace(passed, "header.from=boulangerie.example", "header.from=pirate@boulangerie.example", 1)}, verdict: auth.Forged, reach: auth.Nothing},
		"this very address":                         {letter: letter{results: strings.Replace(passed, "header.from=boulangerie.example", "header.from=Jeanne@Boulangerie.example", 1)}, verdict: auth.Proven, reach: auth.Act},
		"another host of the organisation":          {letter: letter{results: strings.Replace(spf, "header.from=", "header.from=mail.", 1)}, verdict: auth.DomainOnly, reach: auth.Ask},
		"DMARC of another host of the organisation": {letter: letter{results: "dmarc=pass header.from=mail.boulangerie.example"}, verdict: auth.Unproven, reach: auth.Ask},
		"somebody else handed it in":                {letter: letter{results: passed + "; auth=pass smtp.auth=pirate@boulangerie.example"}, verdict: auth.Unproven, reach: auth.Ask},
		"the author handed it in":                   {letter: letter{results: "auth=pass smtp.auth=Jeanne@boulangerie.example"}, verdict: auth.Proven, reach: auth.Act},
		"the author, by a subaddress": {letter: letter{from: "Jeanne <jeanne+aides@boulangerie.example>",
			results: "auth=pass smtp.auth=jeanne@boulangerie.example"}, verdict: auth.Proven, reach: auth.Act},
		"another by a subaddress of the author": {letter: letter{results: "auth=pass smtp.auth=jeanne+pirate@boulangerie.example"},
			verdict: auth.Unproven, reach: auth.Ask},
		"a subaddress of another": {letter: letter{from: "Jeanne <jeanne+aides@boulangerie.example>",
			results: "auth=pass smtp.auth=pirate@boulangerie.example"}, verdict: auth.Unproven, reach: auth.Ask},
		"somebody who failed to prove who they are": {letter: letter{results: "auth=fail smtp.auth=jeanne@boulangerie.example"}, verdict: auth.Unproven, reach: auth.Ask},
		"signed on behalf of somebody else":         {letter: letter{signer: signer(func(s *dkimtest.Signer) { s.Agent = "pirate@boulangerie.example" })}, verdict: auth.Unproven, reach: auth.Ask},
		"signed on behalf of the author":            {letter: letter{signer: signer(func(s *dkimtest.Signer) { s.Agent = "jeanne@boulangerie.example" })}, verdict: auth.Proven, reach: auth.Act},
		"signed on behalf of the author, who writes as a subaddress": {letter: letter{from: "jeanne+aides@boulangerie.example",
			signer: signer(func(s *dkimtest.Signer) { s.Agent = "jeanne@boulangerie.example" })}, verdict: auth.Proven, reach: auth.Act},
		"signed on behalf of a subaddress, for its mailbox": {letter: letter{
			signer: signer(func(s *dkimtest.Signer) { s.Agent = "jeanne+pirate@boulangerie.example" })}, verdict: auth.Unproven, reach: auth.Ask},
		"signed on behalf of the domain":             {letter: letter{signer: signer(func(s *dkimtest.Signer) { s.Agent = "@boulangerie.example" })}, verdict: auth.Proven, reach: auth.Act},
		"the server says on behalf of somebody else": {letter: letter{results: "dkim=pass header.d=boulangerie.example header.i=pirate@boulangerie.example"}, verdict: auth.Unproven, reach: auth.Ask},
		"signed for a part of the body":              {letter: letter{signer: signer(func(s *dkimtest.Signer) { s.Part = true })}, verdict: auth.Unproven, reach: auth.Ask},
		"signed for a part, which the server takes":  {letter: letter{signer: signer(func(s *dkimtest.Signer) { s.Part = true }), results: "dkim=pass header.d=boulangerie.example"}, verdict: auth.Unproven, reach: auth.Ask},

		// Where the results stand (02).
		"results below our Received field":              {letter: letter{below: "Authentication-Results: " + ours + "; " + passed + "\n"}, verdict: auth.Unproven, reach: auth.Ask},
		"results of our name without a dot below":       {letter: letter{below: "Authentication-Results: localhost; " + passed + "\n"}, server: "localhost", verdict: auth.Unproven, reach: auth.Ask},
		"results below, of a server that writes there":  {letter: letter{below: "Authentication-Results: " + ours + "; " + passed + "\n"}, server: "below", verdict: auth.Proven, reach: auth.Act},
		"in three fields":                               {letter: letter{below: "Authentication-Results: " + ours + "; dmarc=pass header.from=boulangerie.example\nAuthentication-Results: " + ours + "; spf=pass smtp.mailfrom=boulangerie.example\nAuthentication-Results: " + ours + "; dkim=pass header.d=boulangerie.example\n"}, server: "below", verdict: auth.Proven, reach: auth.Act},
		"below the next Received field":                 {letter: letter{below: "Received: from evil.example by relay.example\nAuthentication-Results: " + ours + "; " + passed + "\n"}, server: "below", verdict: auth.Unproven, reach: auth.Ask},
		"below, where the server says otherwise itself": {letter: letter{below: "Authentication-Results: " + ours + "; spf=none; dkim=none; dmarc=none\nAuthentication-Results: " + ours + "; " + passed + "\n"}, server: "below", verdict: auth.Unproven, reach: auth.Ask},

		// To whom it was signed (F15).
		"To is not ours":                         {letter: letter{signer: boulangerie, to: "mairie@example.org"}, verdict: auth.Proven, reach: auth.Bring},
		"to another case":                        {letter: letter{signer: boulangerie, to: "aides+rbd-2@metropole.example"}, verdict: auth.Proven, reach: auth.Bring},
		"to another case, and straight":          {letter: letter{signer: boulangerie, to: "aides+rbd-2@metropole.example", results: passed}, verdict: auth.Proven, reach: auth.Bring},
		"in Cc":                                  {letter: letter{signer: boulangerie, to: "mairie@example.org", cc: "aides+rbd-1@metropole.example"}, verdict: auth.Proven, reach: auth.Act},
		"no To at all":                           {letter: letter{signer: boulangerie, to: "-"}, verdict: auth.Proven, reach: auth.Bring},
		"To is not signed":                       {letter: letter{signer: fields("From:Date:Subject")}, verdict: auth.Proven, reach: auth.Bring},
		"To is not signed, straight":             {letter: letter{signer: fields("From:Date:Subject"), results: passed}, verdict: auth.Proven, reach: auth.Act},
		"To is not signed, SPF of somebody else": {letter: letter{signer: fields("From:Date:Subject"), results: "spf=pass smtp.mailfrom=evil.example; dkim=pass header.d=boulangerie.example"}, verdict: auth.Proven, reach: auth.Bring},
		"a second To above":                      {letter: letter{signer: boulangerie, to: "mairie@example.org", above: "To: aides+rbd-1@metropole.example\n"}, verdict: auth.Proven, reach: auth.Bring},
		"a Cc above":                             {letter: letter{signer: fields("From:To:Subject:Date"), to: "mairie@example.org", above: "Cc: aides+rbd-1@metropole.example\n"}, verdict: auth.Proven, reach: auth.Bring},
		"an address in a comment":                {letter: letter{signer: boulangerie, to: "mairie@example.org (aides+rbd-1@metropole.example)"}, verdict: auth.Proven, reach: auth.Bring},
		"among many":                             {letter: letter{signer: boulangerie, to: "\"Martin, J.\" <j@x.example>, Aides <aides+rbd-1@metropole.example>, k@x.example"}, verdict: auth.Proven, reach: auth.Act},
		"a second Subject above":                 {letter: letter{signer: boulangerie, above: "Subject: [RBD-2] recours\n"}, verdict: auth.Proven, reach: auth.Bring},
		"Subject is not signed":                  {letter: letter{signer: fields("From:To:Date")}, verdict: auth.Proven, reach: auth.Bring},
		"a second Subject that cannot be added":  {letter: letter{signer: fields("From:From:To:To:Subject:Subject:Date:Date"), above: "Subject: x\n"}, verdict: auth.Unproven, reach: auth.Ask},
		"the same From above":                    {letter: letter{signer: boulangerie, above: "From: Jeanne Martin <jeanne@boulangerie.example>\n"}, verdict: auth.Unproven, reach: auth.Ask},

		// When it was signed.
		"six days ago":                       {letter: letter{signer: at(arrived.AddDate(0, 0, -6))}, verdict: auth.Proven, reach: auth.Bring},
		"six days ago, straight":             {letter: letter{signer: at(arrived.AddDate(0, 0, -6)), results: passed}, verdict: auth.Proven, reach: auth.Bring},
		"four days ago":                      {letter: letter{signer: at(arrived.AddDate(0, 0, -4))}, verdict: auth.Proven, reach: auth.Act},
		"in two days":                        {letter: letter{signer: at(arrived.AddDate(0, 0, 2))}, verdict: auth.Proven, reach: auth.Bring},
		"no time, Date of today":             {letter: letter{signer: at(time.Time{})}, verdict: auth.Proven, reach: auth.Act},
		"no time, Date of last year":         {letter: letter{signer: at(time.Time{}), date: "Sun, 15 Sep 2019 10:00:00 +0200"}, verdict: auth.Proven, reach: auth.Bring},
		"a wrong clock, straight":            {letter: letter{signer: at(time.Time{}), date: "Sun, 15 Sep 2019 10:00:00 +0200", results: passed}, verdict: auth.Proven, reach: auth.Act},
		"no time, Date is not signed":        {letter: letter{signer: signer(func(s *dkimtest.Signer) { s.At, s.Fields = time.Time{}, "From:To:Subject" })}, verdict: auth.Proven, reach: auth.Bring},
		"no time, another Date above":        {letter: letter{signer: at(time.Time{}), date: "Sun, 15 Sep 2019 10:00:00 +0200", above: "Date: Tue, 15 Sep 2020 09:59:00 +0200\n"}, verdict: auth.Proven, reach: auth.Bring},
		"it had run out when it came":        {letter: letter{signer: signer(func(s *dkimtest.Signer) { s.Expires = arrived.Add(-time.Hour) })}, verdict: auth.Unproven, reach: auth.Ask},
		"it has run out since":               {letter: letter{signer: signer(func(s *dkimtest.Signer) { s.Expires = arrived.Add(time.Hour) })}, verdict: auth.Proven, reach: auth.Act},
		"it had run out, the server took it": {letter: letter{signer: signer(func(s *dkimtest.Signer) { s.Expires = arrived.Add(-time.Hour) }), results: "dkim=pass header.d=boulangerie.example"}, verdict: auth.Forged, reach: auth.Nothing},
	} {
		t.Run(name, func(t *testing.T) {
			server := auth.Server{Name: ours}
			switch c.server {
			case "":
			case "-none-":
				server.Name = ""
			case "below":
				server.Below = true
			default:
				server.Name = c.server
			}
			a := author(t, c.raw(), server, c.servers)
			if a.Verdict != c.verdict || a.Reach(case1) != c.reach {
				t.Errorf("%s %q, reach %d, bound to %q, stale %v; want %s, reach %d", a.Verdict, a.Why, a.Reach(case1), a.Bound, a.Stale, c.verdict, c.reach)
			}
		})
	}
}

// TestOneSignatureOneName: a signature keeps its name whatever is written around what it signs.
func TestOneSignatureOneName(t *testing.T) {
	signed := letter{signer: &dkimtest.Signer{Domain: "boulangerie.example", At: arrived, Fields: "From:To:Subject:Date"}}
	name := author(t, signed.raw(), auth.Server{}, false).Once
	if len(name) != 1 {
		t.Fatalf("%q", name)
	}
	for what, change := range map[string][2]string{
		"another Message-ID": {"<1@boulangerie.example>", "<2@boulangerie.example>"}, "another way": {"id 1;", "id 2;"}, "a line at the end": {"demande.\r\n", "demande.\r\n\r\n"},
		"a Cc": {"Message-ID", "Cc: x@x.example\r\nMessage-ID"}, "spaces in the signature": {"; b=", ";\r\n\tb="},
	} {
		raw := []byte(strings.Replace(string(signed.raw()), change[0], change[1], 1))
		if a := author(t, raw, auth.Server{}, false); what != "spaces in the signature" && (a.Verdict != auth.Proven || !slices.Equal(a.Once, name)) {
			t.Errorf("%s: %+v, not %q", what, a, name)
		}
	}
	other := signed
	other.subject = "Autre"
	if a := author(t, other.raw(), auth.Server{}, false); a.Verdict != auth.Proven || slices.Equal(a.Once, name) {
		t.Errorf("two mails have one name: %+v", a)
	}
	two := dkimtest.Signer{Domain: "boulangerie.example", Selector: "zwei", At: arrived, Fields: "From:To:Subject:Date"}
	if a := author(t, two.Sign(signed.raw()), auth.Server{}, false); len(a.Once) != 2 || !slices.Contains(a.Once, name[0]) {
		t.Errorf("two signatures: %+v", a)
	}
}

// TestNobodyIsProvenByAnAmbiguousFrom: whoever has an account at the applicant's provider is not the applicant (F1). The provider signs, and looks at
// another author than a careless reader sees.
func TestNobodyIsProvenByAnAmbiguousFrom(t *testing.T) {
	for _, from := range []string{
		"pirate@boulangerie.example (<jeanne@boulangerie.example>)",
		"<pirate@boulangerie.example> (<jeanne@boulangerie.example>)",
		"pirate@boulangerie.example\n (<jeanne@boulangerie.example>)",
		"(<jeanne@boulangerie.example>) pirate@boulangerie.example",
		"pirate@boulangerie.example (a (<jeanne@boulangerie.example>))",
		"pirate@boulangerie.example, jeanne@boulangerie.example",
		"jeanne@boulangerie.example <pirate@boulangerie.example>",
		"<jeanne@boulangerie.example> <pirate@boulangerie.example>",
		"Nous: jeanne@boulangerie.example, pirate@boulangerie.example;",
		"<@boulangerie.example:jeanne@boulangerie.example>",
		"=?utf-8?q?=3Cjeanne=40boulangerie.example=3E?= <pirate@boulangerie.example>",
		"\"<jeanne@boulangerie.example>\" <pirate@boulangerie.example>",
		"<=?utf-8?q?jeanne=40boulangerie.example?=>",
		"\"jeanne@boulangerie.example\"@boulangerie.example",
		"Jeanne Martin jeanne@boulangerie.example",
		"jeanne@boulangerie.example\x00 <pirate@boulangerie.example>",
		"x\rFrom: jeanne@boulangerie.example",
		"jeanne@boulangerie.example\n \n <pirate@boulangerie.example>",
		"jeanne@boulangerie\u3002example",
		"\xff\xfej\x00e\x00",
	} {
		for _, results := range []string{"", passed} {
			a := author(t, letter{from: from, signer: boulangerie, results: results}.raw(), auth.Server{Name: ours}, true)
			if a.Verdict == auth.Proven || a.Reach(func(string) bool { return true }) > auth.Ask {
				t.Errorf("%q is proven: %+v", from, a)
			}
		}
	}
	for name, raw := range map[string]string{
		"a lone LF in the header":       strings.Replace(string(letter{signer: boulangerie}.raw()), "Subject: Demande\r\n", "Subject: Demande\nX: y\r\n", 1),
		"a field with a space":          strings.Replace(string(letter{signer: boulangerie}.raw()), "\r\nFrom: ", "\r\nFrom : ", 1),
		"a line that is no field":       strings.Replace(string(letter{signer: boulangerie}.raw()), "\r\nSubject", "\r\nnothing\r\nSubject", 1),
		"an empty line above":           "\r\n" + string(letter{signer: boulangerie}.raw()),
		"a From field above, continued": "From: pirate@evil.example\r\n" + string(letter{signer: boulangerie}.raw()),
	} {
		if a := author(t, []byte(raw), auth.Server{Name: ours}, true); a.Verdict == auth.Proven {
			t.Errorf("%s: %+v", name, a)
		}
	}
}
