package round_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"relance/domain/casefile"
	"relance/domain/competition"
	"relance/domain/scheme"
	"relance/domain/sepa"
	"relance/mail/mailbox"
	"relance/mail/message"
	"relance/mail/outbox"
)

// luhn completes digits with their check digit.
func luhn(digits string) string {
	for check := '0'; check <= '9'; check++ {
		if whole := digits + string(check); len(whole) == 9 && scheme.ValidSIREN(whole) || len(whole) == 14 && scheme.ValidSIRET(whole) {
			return whole
		}
	}
	panic(digits)
}

// iban is a made-up account at a bank, with its inner key and its check digits.
func iban(i int) string {
	const bank, branch = 20041, 1005
	account := 50_000_000 + i
	bban := fmt.Sprintf("%05d%05d%011d%02d", bank, branch, account, 97-(89*bank+15*branch+3*account)%97)
	for check := range 98 {
		if whole := fmt.Sprintf("FR%02d%s", check, bban); sepa.ValidIBAN(whole) {
			return whole
		}
	}
	panic(i)
}

func address(i int) string { return fmt.Sprintf("%s+c%02d@localhost", account, i) }

// asked is what a candidate asks for, in cents: from 8,000 to 20,000 euros.
func asked(i int) int64 { return 8_000_00 + int64(i*7919%1_200_001) }

func (s *stage) apply(sender *outbox.Sender, i int, dated time.Time) {
	s.t.Helper()
	s.applyWith(sender, i, dated, false)
}

// applyWith lets a candidate apply, with all documents or without the last.
func (s *stage) applyWith(sender *outbox.Sender, i int, dated time.Time, lacking bool) {
	s.t.Helper()
	files, err := papers()
	if err != nil {
		s.t.Fatal(err)
	}
	if lacking {
		files = files[:len(files)-1]
	}
	siren := luhn(fmt.Sprintf("8%07d", 1000+i*37))
	text := fmt.Sprintf(`Structure : Coopérative numéro %d
SIRET : %s
Représentant légal : Camille Durand
Adresse du siège : %d rue du Moulin, 59710 Mérignies
Commune du projet : Templemars
Nom du projet : Projet %d
Résumé du projet : un lieu commun pour réparer, prêter et apprendre.
Statut : coopérative
Coût du projet : 90 000 €
Aide demandée : %d,%02d €
Autres aides publiques : 0
IBAN : %s
Déclaration sur l'honneur : oui`, i, luhn(siren+"0001"), i+1, i, asked(i)/100, asked(i)%100, iban(i))
	s.post(sender, outbox.Mail{From: message.Address{Name: "Camille Durand", Address: address(i)}, To: message.Address{Address: "aides+" + schemeID + "@localhost"},
		Subject: "Candidature", Text: text, Attachments: files, Date: dated})
}

// hashed is a number that anybody can know and nobody chose.
func hashed(texts ...string) int64 {
	sum := sha256.Sum256([]byte(strings.Join(texts, "/")))
	return int64(sum[0])<<8 | int64(sum[1])
}

// member plays a member of the panel: it answers every dossier it is sent, each in its own way.
func (s *stage) member(ctx context.Context, m int) {
	name := fmt.Sprintf("jury%02d", m+1)
	id := fmt.Sprintf("jury-%02d", m+1)
	sender := s.sender(name)
	defer sender.Close()
	answered := map[string]bool{}
	// One connection each: six members who look anew every second meet what mox admits of connections, 300 a minute.
	_ = s.mailbox(name).Watch(ctx, func(_ context.Context, raw mailbox.Mail) (mailbox.Destination, error) { // it ends with ctx
		mail, err := message.Read(raw.Reader())
		if err != nil {
			return "", err
		}
		kind := mailName(mail)
		lazy := m == members-1 && kind == "dossier" // the last one waits for the reminder
		if answered[mail.MessageID] || lazy || kind != "dossier" && kind != "reminder" && (kind != "received" || !strings.Contains(mail.Subject, "à corriger")) {
			return "", nil
		}
		answered[mail.MessageID] = true
		s.post(sender, outbox.Mail{From: message.Address{Name: name, Address: name + "@localhost"}, To: mail.ReplyTo, Subject: "Re: " + mail.Subject, Date: time.Now(),
			Text:      "Bonjour,\n\n" + strings.Join(s.sheets(id, kind, mail), "\n\n") + "\n\nBien à vous\n\nLe " + mail.Date.Format("02/01/2006 à 15:04") + ", Aides <aides@localhost> a écrit :\n> " + strings.ReplaceAll(mail.Text, "\n", "\n> "),
			InReplyTo: mail.MessageID, References: append(mail.References, mail.MessageID)})
		return "", nil
	})
}

// sheets answers a mail that asks for scores: the first member declares a conflict of interest for the first candidate, the second makes a mistake.
func (s *stage) sheets(id, kind string, mail *message.Message) []string {
	var blocks []string
	for _, reference := range casefile.FindReferences(mail.Text) {
		s.mu.Lock()
		declares := id == "jury-01" && len(s.bar) == 0
		if declares {
			s.bar = append(s.bar, competition.Pair{Candidate: reference, Member: id})
		}
		s.mu.Unlock()
		if declares {
			blocks = append(blocks, "Je déclare un conflit d'intérêts pour le dossier "+reference)
			continue
		}
		blocks = append(blocks, s.sheet(id, reference, id == "jury-02" && kind == "dossier" && len(blocks) == 0))
	}
	return blocks
}

// sheet writes the scores of one candidate; with a mistake, one of them is off the scale.
func (s *stage) sheet(id, reference string, mistake bool) string {
	lines := []string{strings.ToLower(reference)}
	given := map[string]int64{}
	for i, k := range s.scheme.Call.Criteria {
		score := 5 + 3*(hashed(id, reference, k.ID)%5)
		given[k.ID] = score * 100
		if mistake && i == 0 {
			lines = append(lines, k.Label+" : 25")
			continue
		}
		lines = append(lines, fmt.Sprintf("%s : %d", k.Label, score))
	}
	s.mu.Lock()
	s.said[competition.Pair{Candidate: reference, Member: id}] = given
	s.mu.Unlock()
	return strings.Join(lines, "\n")
}

func mailName(m *message.Message) string {
	name, _, _ := strings.Cut(m.MessageID, "@")
	parts := strings.Split(name, ".")
	return parts[len(parts)-1]
}
