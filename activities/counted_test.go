package activities

import (
	"strings"
	"testing"
	"time"

	"relance/contract"
	"relance/domain/casefile"
	"relance/mail/dkimtest"
)

// TestAMailCountsOnceForEachAddress: an applicant has two cases. A signed mail counts on the one that it reaches first by an address of ours, however it
// is changed around its signature; reading it again, as after a crash, changes nothing.
func TestAMailCountsOnceForEachAddress(t *testing.T) {
	const first, second = "RBD-7K3M9-QXD3A", "RBD-00000-00000"
	plain, both := "aides@localhost", "aides+"+strings.ToLower(first)+"@localhost, aides+"+strings.ToLower(second)+"@localhost"
	type delivery struct {
		to     string // the case
		change [2]string
		from   string // how it is read
	}
	a, correspondence, _ := sending(t, false)
	a.DKIM = dkimtest.Lookup
	again := [2]string{"<2@", "<9@"}
	for name, c := range map[string]struct {
		to         string
		signer     dkimtest.Signer
		deliveries []delivery
	}{
		"to the mailbox":              {to: plain, deliveries: []delivery{{first, [2]string{}, casefile.FromApplicant}, {first, [2]string{}, casefile.FromApplicant}, {second, [2]string{}, casefile.FromReplayed}}},
		"to the mailbox, changed":     {to: plain, deliveries: []delivery{{first, [2]string{}, casefile.FromApplicant}, {second, again, casefile.FromReplayed}, {first, again, casefile.FromAgain}}},
		"to both cases":               {to: both, deliveries: []delivery{{first, [2]string{}, casefile.FromApplicant}, {second, [2]string{}, casefile.FromApplicant}, {first, again, casefile.FromAgain}, {second, again, casefile.FromAgain}}},
		"to one case":                 {to: "aides+" + strings.ToLower(second) + "@localhost", deliveries: []delivery{{first, [2]string{}, casefile.FromReplayed}, {second, [2]string{}, casefile.FromApplicant}, {first, again, casefile.FromReplayed}}},
		"to nobody here":              {to: "mairie@example.org", deliveries: []delivery{{first, [2]string{}, casefile.FromApplicant}, {second, [2]string{}, casefile.FromReplayed}, {first, again, casefile.FromAgain}}},
		"a To that is not signed":     {to: plain, signer: dkimtest.Signer{Fields: "From:Subject:Date"}, deliveries: []delivery{{first, [2]string{}, casefile.FromApplicant}, {second, [2]string{"To: aides", "To: aides+" + strings.ToLower(second)}, casefile.FromReplayed}}},
		"with a second Cc":            {to: plain, deliveries: []delivery{{first, [2]string{}, casefile.FromApplicant}, {second, [2]string{"Message-ID", "Cc: aides+" + strings.ToLower(second) + "@localhost\r\nMessage-ID"}, casefile.FromReplayed}}},
		"from a second domain's hand": {to: plain, deliveries: []delivery{{first, [2]string{}, casefile.FromApplicant}, {first, [2]string{"DKIM-Signature", "X-Removed"}, casefile.FromUnproven}}},
	} {
		c.signer.Domain, c.signer.At = "x.example", time.Date(2020, 9, 15, 10, 0, 0, 0, time.UTC)
		if c.signer.Fields == "" {
			c.signer.Fields = "From:To:Subject:Date"
		}
		signed := string(c.signer.Sign([]byte(strings.NewReplacer("aides@localhost", c.to, "Merci", name).Replace(unseen))))
		for i, d := range c.deliveries {
			s := correspondence.State
			s.Reference = d.to
			mail := incoming(t, a, s, strings.Replace(signed, d.change[0], d.change[1], 1))
			mail.Received = c.signer.At
			r, err := a.receiveOnly(t, contract.Receipt{State: s, Mail: mail, At: s.Received})
			if err != nil || r.From != d.from {
				t.Errorf("%s: delivery %d, to %s: %s, %v; want %s", name, i+1, d.to, r.From, err, d.from)
			}
		}
	}
}

// receiveOnly reads a mail anew, as a worker does that finds no account of it.
func (a *Activities) receiveOnly(t *testing.T, r contract.Receipt) (casefile.Reading, error) {
	t.Helper()
	reading, _, err := a.receive(t.Context(), r)
	return reading, err
}
