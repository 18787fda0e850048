package auth_test

import (
	"strings"
	"testing"

	"relance/mail/auth"
	"relance/mail/dkimtest"
)

// TestProviders: honest mail as large providers send it, with the fields that each signs, as receiving servers of several kinds see it.
func TestProviders(t *testing.T) {
	week := arrived.AddDate(0, 0, 7)
	gmail := func(domain string) []dkimtest.Signer {
		return []dkimtest.Signer{{Domain: domain, Selector: "20230601", Fields: "to:subject:message-id:date:from:in-reply-to:references:mime-version:from:to:cc:subject:date:message-id:reply-to", At: arrived, Expires: week}}
	}
	microsoft := func(domain string) []dkimtest.Signer {
		return []dkimtest.Signer{{Domain: domain, Selector: "selector1", Fields: "From:Date:Subject:Message-ID:Content-Type:MIME-Version:X-MS-Exchange-SenderADCheck"}}
	}
	one := func(s dkimtest.Signer) []dkimtest.Signer { return []dkimtest.Signer{s} }
	orange := one(dkimtest.Signer{Domain: "orange.fr", Selector: "t20230301", Fields: "From:To:Subject:Date:Message-ID:MIME-Version:Content-Type", At: arrived})
	laposte := []dkimtest.Signer{{Domain: "laposte.net", Selector: "lpn-wlmd", Fields: "From:To:Cc:Subject:Date:Message-Id:MIME-Version:Content-Type:Content-Transfer-Encoding", At: arrived},
		{Domain: "laposte.net", Selector: "mail0", Fields: "From:To:Cc:Subject:Date", At: arrived}}
	free := one(dkimtest.Signer{Domain: "free.fr", Selector: "smtp-20201208", Fields: "Date:From:To:Subject:Message-ID:MIME-Version:Content-Type:From", At: arrived})

	// What the receiving server says, in the words of several.
	mox := func(from, d string) string {
		return ours + "; iprev=pass; dkim=pass (2048 bit rsa) header.d=" + d + " header.s=s header.a=rsa-sha256; spf=pass smtp.mailfrom=" + from + "; dmarc=pass header.from=" + from
	}
	rspamd := func(from, d string) string {
		return ours + ";\n\tdkim=pass header.d=" + d + " header.s=s;\n\tspf=pass (" + ours + ": domain of \"x@" + from + "\" designates 192.0.2.1 as permitted sender) smtp.mailfrom=\"x@" + from + "\";\n\tdmarc=pass (policy=quarantine) header.from=" + from
	}
	google := func(from, d string) string {
		return ours + ";\n       dkim=pass header.i=@" + d + " header.s=s;\n       spf=pass (google.com: domain of x@" + from + " designates 192.0.2.1 as permitted sender) smtp.mailfrom=x@" + from + ";\n       dmarc=pass (p=NONE sp=QUARANTINE dis=NONE) header.from=" + from
	}
	exchange := func(from, d string) string {
		return "spf=pass (sender IP is 192.0.2.1)\n smtp.mailfrom=" + from + "; metropole.example; dkim=pass (signature was verified)\n header.d=" + d + ";metropole.example; dmarc=pass action=none\n header.from=" + from + ";compauth=pass reason=100"
	}
	exchangeWithout := func(from, d string) string { // no DMARC record
		return strings.NewReplacer("dmarc=pass", "dmarc=bestguesspass", "reason=100", "reason=109").Replace(exchange(from, d))
	}
	unsigned := func(from, _ string) string {
		return ours + "; dkim=none; spf=pass smtp.mailfrom=" + from + "; dmarc=pass header.from=" + from
	}
	forwarded := func(from, d string) string {
		return ours + "; dkim=pass header.d=" + d + "; spf=pass smtp.mailfrom=relais.example; dmarc=pass header.from=" + from
	}
	broken := func(from, _ string) string {
		return ours + "; dkim=fail reason=\"body hash did not verify\" header.d=" + from + "; spf=pass smtp.mailfrom=liste.example; dmarc=none header.from=" + from
	}
	const arc = "ARC-Seal: i=1; a=rsa-sha256; t=1600156800; cv=none; d=relais.example; s=arc; b=eA==\nARC-Authentication-Results: i=1; relais.example; dkim=pass header.d=gmail.com; dmarc=pass header.from=gmail.com\n"
	type says = func(from, d string) string
	for name, c := range map[string]struct {
		from    string
		signers []dkimtest.Signer
		says    says
		more    letter
		verdict auth.Verdict
		reach   auth.Reach
	}{
		"Gmail, seen by mox":          {"Jeanne Martin <jeanne@gmail.com>", gmail("gmail.com"), mox, letter{}, auth.Proven, auth.Act},
		"Gmail, seen by rspamd":       {"=?UTF-8?Q?H=C3=A9l=C3=A8ne_Martin?= <jeanne@gmail.com>", gmail("gmail.com"), rspamd, letter{}, auth.Proven, auth.Act},
		"Gmail, seen by Google":       {"\"Martin, Jeanne\" <jeanne@gmail.com>", gmail("gmail.com"), google, letter{}, auth.Proven, auth.Act},
		"Gmail, seen by Exchange":     {"Jeanne Martin <jeanne@gmail.com>", gmail("gmail.com"), exchange, letter{}, auth.Proven, auth.Act},
		"Gmail, and no server":        {"Jeanne Martin <jeanne@gmail.com>", gmail("gmail.com"), nil, letter{}, auth.Proven, auth.Act},
		"Orange":                      {"Jeanne MARTIN <jeanne.martin@orange.fr>", orange, rspamd, letter{}, auth.Proven, auth.Act},
		"Orange, seen by Exchange":    {"jeanne.martin@orange.fr", orange, exchange, letter{}, auth.Proven, auth.Act},
		"La Poste":                    {"Jeanne Martin <jeanne.martin@laposte.net>", laposte, mox, letter{}, auth.Proven, auth.Act},
		"La Poste, and no server":     {"Jeanne Martin <jeanne.martin@laposte.net>", laposte, nil, letter{}, auth.Proven, auth.Act},
		"Free":                        {"jeanne.martin@free.fr", free, rspamd, letter{}, auth.Proven, auth.Act},
		"Free, unsigned":              {"jeanne.martin@free.fr", nil, unsigned, letter{}, auth.DomainOnly, auth.Ask},
		"Outlook.com, seen by mox":    {"Jeanne Martin <jeanne@outlook.com>", microsoft("outlook.com"), mox, letter{}, auth.Proven, auth.Act},
		"Outlook.com, seen by Google": {"Jeanne Martin <jeanne@outlook.fr>", microsoft("outlook.fr"), google, letter{}, auth.Proven, auth.Act},
		"Outlook.com, seen by itself": {"Jeanne Martin <jeanne@hotmail.fr>", microsoft("hotmail.fr"), exchange, letter{}, auth.Proven, auth.Act},
		"Outlook.com, and no server":  {"Jeanne Martin <jeanne@outlook.com>", microsoft("outlook.com"), nil, letter{}, auth.Proven, auth.Bring},
		"Outlook.com, slow clock":     {"Jeanne Martin <jeanne@outlook.com>", microsoft("outlook.com"), mox, letter{date: "Mon, 1 Jun 2020 10:00:00 +0200"}, auth.Proven, auth.Act},
		"iCloud":                      {"Jeanne Martin <jeanne@icloud.com>", one(dkimtest.Signer{Domain: "icloud.com", Selector: "1a1hai", Fields: "from:Content-Type:Mime-Version:Subject:Date:Message-Id:To", At: arrived}), mox, letter{}, auth.Proven, auth.Act},
		"Yahoo":                       {"Jeanne Martin <jeanne@yahoo.fr>", one(dkimtest.Signer{Domain: "yahoo.fr", Selector: "s2048", Fields: "Date:From:To:Subject:References:From:Subject:Reply-To", At: arrived}), rspamd, letter{}, auth.Proven, auth.Act},
		"a firm at OVH with a key":    {"contact@boulangerie.example", one(dkimtest.Signer{Domain: "boulangerie.example", Selector: "ovhmo1", Fields: "Date:Subject:From:To:References:In-Reply-To:Message-ID"}), mox, letter{}, auth.Proven, auth.Act},
		"a firm at OVH without":       {"contact@boulangerie.example", nil, unsigned, letter{}, auth.DomainOnly, auth.Ask},
		"Workspace with a key":        {"contact@boulangerie.example", gmail("boulangerie.example"), mox, letter{}, auth.Proven, auth.Act},
		"Workspace with no key":       {"contact@boulangerie.example", gmail("boulangerie-example.20230601.gappssmtp.com"), mox, letter{}, auth.Proven, auth.Act},
		"Workspace of another domain": {"contact@boulangerie.example", gmail("evil-example.20230601.gappssmtp.com"), mox, letter{}, auth.DomainOnly, auth.Ask},
		"Workspace, no server":        {"contact@boulangerie.example", gmail("boulangerie-example.20230601.gappssmtp.com"), nil, letter{}, auth.Unproven, auth.Ask},
		"Microsoft 365 with a key":    {"contact@boulangerie.example", microsoft("boulangerie.example"), exchange, letter{}, auth.Proven, auth.Act},
		"Microsoft 365 with no key":   {"contact@boulangerie.example", microsoft("boulangerieexample.onmicrosoft.com"), exchange, letter{}, auth.Proven, auth.Act},
		"Microsoft 365, seen by mox":  {"contact@boulangerie.example", microsoft("boulangerieexample.onmicrosoft.com"), mox, letter{}, auth.Proven, auth.Act},
		"Microsoft 365 without DMARC": {"contact@boulangerie.example", microsoft("boulangerieexample.onmicrosoft.com"), exchangeWithout, letter{}, auth.DomainOnly, auth.Ask},
		"Microsoft 365, no server":    {"contact@boulangerie.example", microsoft("boulangerieexample.onmicrosoft.com"), nil, letter{}, auth.Unproven, auth.Ask},
		"forwarded with ARC":          {"Jeanne Martin <jeanne@gmail.com>", gmail("gmail.com"), forwarded, letter{above: arc}, auth.Proven, auth.Act},
		"forwarded from elsewhere":    {"Jeanne Martin <jeanne@gmail.com>", gmail("gmail.com"), forwarded, letter{above: arc, to: "contact@mairie.example"}, auth.Proven, auth.Bring},
		"Outlook, forwarded with ARC": {"Jeanne Martin <jeanne@outlook.com>", microsoft("outlook.com"), forwarded, letter{above: arc}, auth.Proven, auth.Bring},
		"ARC alone":                   {"Jeanne Martin <jeanne@gmail.com>", nil, broken, letter{above: arc}, auth.Unproven, auth.Ask},
		"through a list, rewritten":   {"Jeanne via Liste <liste@liste.example>", one(dkimtest.Signer{Domain: "liste.example", Selector: "s", At: arrived}), mox, letter{more: "List-Id: <liste.liste.example>\n"}, auth.Proven, auth.Act},
		"through a list, with a foot": {"Jeanne Martin <jeanne@gmail.com>", nil, broken, letter{more: "List-Id: <liste.liste.example>\n"}, auth.Unproven, auth.Ask},
		"through a list, left as is":  {"Jeanne Martin <jeanne@gmail.com>", gmail("gmail.com"), forwarded, letter{to: "liste@liste.example"}, auth.Proven, auth.Bring},
		"a newsletter service for a firm": {"contact@boulangerie.example", []dkimtest.Signer{{Domain: "boulangerie.example", Selector: "mail", Agent: "contact@boulangerie.example", Fields: "From:Subject:Date:To:Message-ID", At: arrived}, {Domain: "sendinblue.com", Selector: "mail", Fields: "From:Subject:Date:To", At: arrived}},
			func(from, d string) string {
				return ours + "; dkim=pass header.d=" + from + "; dkim=pass header.d=" + d + "; spf=pass smtp.mailfrom=bounces.sender-sib.com; dmarc=pass header.from=" + from
			}, letter{}, auth.Proven, auth.Act},
	} {
		for _, verify := range []bool{true, false} {
			if !verify && c.says == nil {
				continue
			}
			l := c.more
			l.from = c.from
			raw := l.raw()
			head, rest, _ := strings.Cut(string(raw), "From: "+c.from)
			signed := []byte("From: " + c.from + rest)
			d := ""
			for _, s := range c.signers {
				signed, d = s.Sign(signed), s.Domain
			}
			top := ""
			if c.says != nil {
				from := strings.Trim(c.from[strings.LastIndexByte(c.from, '@')+1:], "<> ")
				top = crlf("Authentication-Results: " + c.says(from, d) + "\n")
				if verify == false { // the selector that it names is the one that is there
					for _, s := range c.signers {
						top = strings.ReplaceAll(top, "header.s=s", "header.s="+s.Selector)
					}
				}
			}
			server := auth.Server{Name: ours}
			if strings.HasPrefix(top, "Authentication-Results: spf=") {
				server.Name = auth.Unnamed
			}
			raw = append([]byte(top+head), signed...)
			a := judged(t, raw, server, verify)
			if a.Verdict != c.verdict || a.Reach(case1) != c.reach {
				t.Errorf("%s (verified here: %v): %s %q, reach %d, bound to %q; want %s, reach %d\n%s", name, verify, a.Verdict, a.Why, a.Reach(case1), a.Bound, c.verdict, c.reach, raw)
			}
			if a.Verdict == auth.Proven && len(c.signers) > 0 && len(a.Once) == 0 {
				t.Errorf("%s: nobody knows it again", name)
			}
		}
	}
}

// judged is author, with our own verification or without.
func judged(t *testing.T, raw []byte, server auth.Server, verify bool) auth.Author {
	if verify {
		return author(t, raw, server, false)
	}
	m := parsed(t, raw)
	return auth.Judge(auth.Evidence{Message: m, Server: auth.Read(m.Trace, server), Arrived: arrived})
}
