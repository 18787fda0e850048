package demo_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"relance/domain/casefile"
	"relance/local/bench"
	"relance/local/run"
	"relance/mail/message"
	"relance/mail/outbox"
)

// TestAnybodyMayHaveALetterVerified: a bank sends a grant to the address that stands on it and is told that it is ours, of a copy that was changed that
// nobody can confirm it, and of the case nothing.
func TestAnybodyMayHaveALetterVerified(t *testing.T) {
	l := started(t, run.Options{Day: 2 * time.Second, Applicants: []string{"boutique", "banque", "notaire"}})
	l.Run(t.Context())
	papers, err := bench.Papers()
	if err != nil {
		t.Fatal(err)
	}
	shop := firm{officers(t, l), "boutique", bench.Own(papers, 1)}
	reference, _ := shop.granted(bench.Application(1, ""))
	letter := mailTo(t, l, "boutique", casefile.GrantMail).Attachments[0].Content()
	asks := func(account string, content []byte, says string) {
		t.Helper()
		send(t, l, account, outbox.Mail{To: message.Address{Address: l.Engine.Addresses().Verifier()}, Subject: "Est-ce de vous ?", Text: "Cette décision est-elle de vous ?",
			Attachments: []outbox.Attachment{{Name: "décision.pdf", Type: "application/pdf", Content: content}}})
		text := strings.ReplaceAll(mailTo(t, l, account, "verification").Text, "\u00a0", " ")
		if !strings.Contains(text, says) || strings.Contains(text, reference) || strings.Contains(text, "Fil et Bouton") {
			t.Errorf("%s is told:\n%s", account, text)
		}
	}
	asks("banque", letter, "Ce fichier est de nous et n'a pas été modifié.")
	asks("notaire", append(slices.Clone(letter), '\n'), "Nous ne pouvons pas confirmer ce fichier.")
	keepHistories(t, l, "verification")
}
