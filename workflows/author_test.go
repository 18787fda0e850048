package workflows_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"relance/domain/authority"
	"relance/domain/casefile"
	"relance/mail/auth"
	"relance/mail/dkimtest"
)

const (
	retreat = "Bonjour,\n\nJe retire ma demande.\n"
	domain  = "boulangerie.example"
)

// rawFrom is a mail with that From field, as it travels.
func rawFrom(from, to, text string) []byte {
	return []byte(strings.ReplaceAll("From: "+from+"\nTo: "+to+"\nSubject: Demande\nMessage-ID: <x@"+domain+">\nDate: Wed, 16 Sep 2020 10:00:00 +0200\n\n"+text, "\n", "\r\n"))
}

// TestAnAccountAtTheSameProviderIsNotTheApplicant: whoever writes by the applicant's provider, with the applicant's address somewhere in the From field,
// withdraws nothing.
func TestAnAccountAtTheSameProviderIsNotTheApplicant(t *testing.T) {
	for _, from := range []string{
		"salon@" + domain + " (<" + jeanne + ">)",
		"<salon@" + domain + "> (<" + jeanne + ">)",
		"salon@" + domain + "\n (<" + jeanne + ">)",
		"(<" + jeanne + ">) salon@" + domain,
		jeanne + " <salon@" + domain + ">",
		"\"<" + jeanne + ">\" <salon@" + domain + ">",
		"=?utf-8?q?=3C" + strings.Replace(jeanne, "@", "=40", 1) + "=3E?= <salon@" + domain + ">",
		"<" + jeanne + "> <salon@" + domain + ">",
		jeanne + ", salon@" + domain,
	} {
		w := newWorld(t)
		w.acts.DKIM = dkimtest.Lookup
		w.sign = dkimtest.Signer{Domain: domain}.Sign
		w.on(0, whole())
		w.on(day, mail{raw: rawFrom(from, "aides@metropole.example", retreat), dmarc: "pass"})
		if s := w.run(); s.Stage == casefile.Withdrawn || len(s.Held) != 1 {
			t.Errorf("%q: %s, held %+v", from, s.Stage, s.Held)
		}
	}
}

// TestTheServerLookedAtAnotherAuthor: the results are of evil.example, and we read the applicant's address.
func TestTheServerLookedAtAnotherAuthor(t *testing.T) {
	w := newWorld(t)
	w.on(0, whole())
	w.on(day, mail{text: retreat, says: "spf=pass smtp.mailfrom=evil.example; dkim=pass header.d=evil.example; dmarc=pass header.from=evil.example"})
	w.on(2*day, mail{text: "Effectif : 14", says: "dmarc=pass header.from=evil.example"})
	s := w.run()
	if s.Stage == casefile.Withdrawn || len(s.Held) != 2 || s.Held[0].Why != casefile.HeldForged || s.Held[1].Why != casefile.HeldForged {
		t.Errorf("%s, held %+v", s.Stage, s.Held)
	}
}

// TestSPFAloneHasNoConsequences unless the authority says so: everyone who can send by that server could write in the applicant's name.
func TestSPFAloneHasNoConsequences(t *testing.T) {
	const says = "spf=pass smtp.mailfrom=" + domain + "; dkim=none; dmarc=pass header.from=" + domain
	for _, proof := range []string{"", authority.ByServer} {
		for name, m := range map[string]mail{"withdraws": {text: retreat}, "signs": signature, "names another account": {text: newIBAN}} {
			w := newWorld(t)
			changed := *w.acts.Writer.Authority
			changed.AuthorProof = proof
			w.acts.Writer.Authority = &changed
			w.on(0, whole())
			m.says = says
			w.on(day, m)
			var at casefile.State
			w.env.RegisterDelayedCallback(func() { at = w.query() }, day+time.Hour)
			if end := w.run(); at.Reference == "" { // it had ended by then
				at = end
			}
			done := at.Stage == casefile.Withdrawn || !at.Charter.Signed.IsZero() || slices.Contains(at.Concerns, casefile.ConcernBank)
			held := len(at.Held) == 1 && at.Held[0].Why == casefile.HeldUnproven
			if done != (proof != "") || held == done {
				t.Errorf("SPF alone %s, with author_proof %q: done %v, held %+v", name, proof, done, at.Held)
			}
		}
	}
}

// TestWithoutATrustedServerOnlySignaturesProve: an empty RELANCE_MAIL_AUTHSERV believes no server.
func TestWithoutATrustedServerOnlySignaturesProve(t *testing.T) {
	for _, signed := range []bool{false, true} {
		w := newWorld(t)
		w.acts.AuthServ, w.acts.DKIM = auth.Server{}, dkimtest.Lookup
		if signed {
			w.sign = dkimtest.Signer{Domain: domain}.Sign
		}
		w.on(0, whole())
		if signed {
			w.on(day, signature)
		}
		s := w.run()
		if applied := s.Facts.Key != ""; applied != signed || s.Charter.Signed.IsZero() == signed || (len(s.Held) == 1) == signed {
			t.Errorf("signed with DKIM: %v; applied %v, the charter: %v, held %d", signed, applied, s.Charter.Signed, len(s.Held))
		}
	}
}

// TestASignedMailHasNoConsequencesElsewhere: whoever has a mail can send it on. What its signature does not cover counts for nothing.
func TestASignedMailHasNoConsequencesElsewhere(t *testing.T) {
	const other = "aides+rbd-00000-00000@metropole.example"
	ours := func(from string) []byte {
		return rawFrom(from, "aides+"+strings.ToLower(reference)+"@metropole.example", retreat)
	}
	long := received.Add(day).AddDate(0, 0, -6)
	for name, c := range map[string]struct {
		raw       []byte
		signer    dkimtest.Signer
		above     string
		says      string
		withdrawn bool
		held      casefile.Code
	}{
		"written to this case":            {raw: ours(jeanne), withdrawn: true},
		"written to the mailbox":          {raw: rawFrom(jeanne, "aides@metropole.example", retreat), withdrawn: true},
		"written to another case":         {raw: rawFrom(jeanne, other, retreat), held: casefile.HeldReplayed},
		"written to another case, To new": {raw: rawFrom(jeanne, other, retreat), above: "To: aides@metropole.example\r\n", held: casefile.HeldReplayed},
		"written to another case, direct": {raw: rawFrom(jeanne, other, retreat), says: "spf=pass smtp.mailfrom=" + domain, held: casefile.HeldReplayed},
		"written to somebody else":        {raw: rawFrom(jeanne, "salon@x.example", retreat), held: casefile.HeldUnproven},
		"To is not signed":                {raw: ours(jeanne), signer: dkimtest.Signer{Fields: "From:Subject:Date"}, held: casefile.HeldUnproven},
		"To is not signed, direct":        {raw: ours(jeanne), signer: dkimtest.Signer{Fields: "From:Subject:Date"}, says: "spf=pass smtp.mailfrom=" + domain, withdrawn: true},
		"another subject above":           {raw: ours(jeanne), signer: dkimtest.Signer{Fields: "From:To:Date"}, above: "Subject: [" + reference + "]\r\n", held: casefile.HeldUnproven},
		"signed six days before it came":  {raw: ours(jeanne), signer: dkimtest.Signer{At: long}, held: casefile.HeldUnproven},
		"it had run out":                  {raw: ours(jeanne), signer: dkimtest.Signer{At: long, Expires: long.AddDate(0, 0, 1)}, held: casefile.HeldUnproven},
		"a part of the body":              {raw: ours(jeanne), signer: dkimtest.Signer{Part: true}, held: casefile.HeldUnproven},
		"on behalf of somebody else":      {raw: ours(jeanne), signer: dkimtest.Signer{Agent: "salon@" + domain}, held: casefile.HeldUnproven},
	} {
		w := newWorld(t)
		w.acts.DKIM = dkimtest.Lookup
		w.on(0, whole())
		c.signer.Domain = domain
		says := c.says
		if says == "" {
			says = "spf=none"
		}
		w.on(day, mail{raw: append([]byte(c.above), c.signer.Sign(c.raw)...), says: says})
		s := w.run()
		if withdrawn := s.Stage == casefile.Withdrawn; withdrawn != c.withdrawn || (c.held != "") != (len(s.Held) == 1) || c.held != "" && s.Held[0].Why != c.held {
			t.Errorf("%s: %s, held %+v", name, s.Stage, s.Held)
		}
	}
}

// TestAnOfficerAdmitsWhatWasSentOn: nothing is lost of a mail that has no consequences by itself.
func TestAnOfficerAdmitsWhatWasSentOn(t *testing.T) {
	w := newWorld(t)
	w.acts.DKIM = dkimtest.Lookup
	w.on(0, whole())
	w.on(day, mail{raw: dkimtest.Signer{Domain: domain}.Sign(rawFrom(jeanne, "aides+rbd-00000-00000@metropole.example", retreat)), says: "spf=none"})
	w.env.RegisterDelayedCallback(func() {
		w.env.UpdateWorkflowNoRejection(string(casefile.AdmitMail), "admit", t, casefile.Act{By: "agent-01", Mail: w.query().Held[0].Mail.SHA256})
	}, 2*day)
	if s := w.run(); s.Stage != casefile.Withdrawn || len(s.Held) != 0 {
		t.Errorf("%s, held %+v", s.Stage, s.Held)
	}
}

// TestAForwardedMailBringsDocuments: signed by the applicant, to an accountant who sends it on.
func TestAForwardedMailBringsDocuments(t *testing.T) {
	w := newWorld(t)
	w.acts.DKIM = dkimtest.Lookup
	part := whole()
	part.files = slices.DeleteFunc(slices.Clone(part.files), func(name string) bool { return strings.HasPrefix(name, "bail") })
	w.on(0, part)
	w.sign = dkimtest.Signer{Domain: domain}.Sign
	w.on(day, mail{text: "Voici le bail.", files: []string{"bail.pdf"}, to: "comptable@cabinet.example", says: "spf=none"})
	if s := w.run(); len(s.Missing) != 0 || len(s.Held) != 0 {
		t.Errorf("missing %v, held %+v", s.Missing, s.Held)
	}
}

// TestAnOldMailIsKnownHoweverManyCame: a signed mail that comes again after two hundred others, in another shape, changes nothing.
func TestAnOldMailIsKnownHoweverManyCame(t *testing.T) {
	w := newWorld(t)
	w.acts.DKIM = dkimtest.Lookup
	w.on(0, whole())
	sign := dkimtest.Signer{Domain: domain, Fields: "From:To:Subject:Date"}.Sign
	old := sign(rawFrom(jeanne, "aides@metropole.example", "Effectif : 5\n"))
	w.on(day, mail{raw: old, says: "spf=none"})
	w.on(day+time.Minute, mail{raw: sign(rawFrom(jeanne, "aides@metropole.example", "Effectif : 3\n")), says: "spf=none"})
	for i := range 205 {
		w.on(day+time.Hour+time.Duration(i)*time.Minute, mail{from: fmt.Sprintf("%d@x.example", i), text: "Bonjour", dmarc: "none"})
	}
	again := strings.Replace(string(old), "<x@", "<y@", 1) // the Message-ID is not signed
	w.on(2*day, mail{raw: []byte(again), says: "spf=none"})
	w.on(2*day+time.Hour, mail{raw: append([]byte("Received: from relay.example by mx.metropole.example; Thu, 17 Sep 2020 10:00:00 +0200\r\n"), old...), says: "spf=none"})
	var s casefile.State
	w.env.RegisterDelayedCallback(func() { s = w.query() }, 3*day)
	w.run()
	var facts casefile.Facts
	if err := json.Unmarshal(w.objects[s.Facts.Key], &facts); err != nil {
		t.Fatal(err)
	}
	if got := facts.Fields["effectif"].Value; got != "3" {
		t.Errorf("an old mail is in force again: %s", got)
	}
	known := 0
	for _, e := range w.journal(s) {
		if e.What == "mail.again" {
			known++
		}
	}
	if known != 2 {
		t.Errorf("%d mails were known", known)
	}
}
