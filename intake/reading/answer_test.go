package reading_test

import (
	"slices"
	"strings"
	"testing"

	"relance/domain/inquiry"
	"relance/intake/reading"
	"relance/mail/message"
)

// question is what our mail asks, as it stands quoted below an answer.
const question = "\n\nLe mar. 15 sept. 2020 à 10:03, Métropole <aides@metropole.example> a écrit :\n> Avez-vous envoyé ce message ?\n> Si oui, répondez OUI. Sinon, répondez NON.\n"

// TestOnlyOUIProvesAndOnlyNONDenies reads answers as people write them, and what machines and hasty people write.
func TestOnlyOUIProvesAndOnlyNONDenies(t *testing.T) {
	for _, c := range []struct {
		text  string
		want  inquiry.Word
		which []int
	}{
		{"OUI", inquiry.Yes, nil},
		{"oui", inquiry.Yes, nil},
		{"Oui.", inquiry.Yes, nil},
		{"« OUI »", inquiry.Yes, nil},
		{"Bonjour,\n\nOUI\n\nCordialement,\nJeanne Martin\nBoulangerie Martin\n12 rue de la Monnaie, 59000 Lille\n03 20 00 00 00", inquiry.Yes, nil},
		{"Oui, merci.", inquiry.Yes, nil},
		{"Oui c'est bien moi.", inquiry.Yes, nil},
		{"Bonjour oui je confirme l'envoi de ma demande\nJ. Martin", inquiry.Yes, nil},
		{"OUI\n\nEnvoyé de mon iPhone", inquiry.Yes, nil},
		{"OUI" + question, inquiry.Yes, nil},
		{"Oui" + strings.ReplaceAll(question, "\n> ", "\n>"), inquiry.Yes, nil},
		{"OUI\n-- \nSARL Martin, non assujettie", inquiry.Yes, nil},
		{"OUI 1 3", inquiry.Yes, []int{1, 3}},
		{"Oui pour le 2", inquiry.Yes, []int{2}},
		{"oui n° 1 et n° 2", inquiry.Yes, []int{1, 2}},
		{"OUI 1, 2 et 4", inquiry.Yes, []int{1, 2, 4}},
		{"Oui, les messages 1 et 2, merci", inquiry.Yes, []int{1, 2}},
		{"NON", inquiry.No, nil},
		{"non.", inquiry.No, nil},
		{"Non, ce n'est pas moi.", inquiry.No, nil},
		{"Bonjour,\nNon, je n'ai rien envoyé.\nM. Dubois", inquiry.No, nil},
		{"NON\nje n'ai jamais rien demandé", inquiry.No, nil},
		{"Non 2", inquiry.No, []int{2}},
		{"Madame,\n\nNON" + question, inquiry.No, nil},

		{"", "", nil},
		{"OK", "", nil},
		{"D'accord, je confirme", "", nil},
		{"Yes", "", nil},
		{"OUI ou NON", "", nil},
		{"Oui ?", "", nil},
		{"Oui mais je voudrais changer mon IBAN", "", nil},
		{"Oui bonjour, j'ai reçu un courriel bizarre de votre part", "", nil},
		{"Ouinon", "", nil},
		{"Je réponds OUI", "", nil},
		{"J'ai bien reçu votre message et je réponds oui dès mon retour le 3 août.", "", nil},
		{"Je suis absente jusqu'au 12 octobre. En cas d'urgence, écrivez à ma collègue.", "", nil},
		{"Votre demande a été enregistrée sous le numéro 4711.", "", nil},
		{"Oui\nEn fait non", "", nil},
		{"NON\nOUI", "", nil},
		{"Non, mais mon comptable a envoyé un message pour moi", "", nil},
		{"Qui êtes-vous ? Oui, c'est louche", "", nil},
		{"Si oui, répondez OUI. Sinon, répondez NON.", "", nil},
		{"Avez-vous envoyé ce message ?\nSi oui, répondez à ce courriel par le seul mot OUI.", "", nil},
		{"OUI\n" + strings.Repeat("lorem ipsum ", 400), "", nil},
		{"> OUI", "", nil},
		{"OUI\nJe retire ma demande, je ne souhaite plus rien", "", nil},
	} {
		m := &message.Message{Kind: message.KindPerson, Text: c.text, Reply: message.NewText(c.text)}
		if got := reading.AnswerTo(m); got.Word != c.want || !slices.Equal(got.Which, c.which) {
			t.Errorf("%q: %+v, want %q %v", c.text, got, c.want, c.which)
		}
		for _, kind := range []message.Kind{message.KindAutoReply, message.KindBounce, message.KindReceipt, message.KindList} {
			m.Kind = kind
			if got := reading.AnswerTo(m); got.Word != inquiry.Unclear {
				t.Errorf("%s %q: %+v", kind, c.text, got)
			}
		}
	}
}

// TestWhatAnAnswerSaysBesidesIsRead: an answer that brings something more is an answer all the same, and an officer reads it.
func TestWhatAnAnswerSaysBesidesIsRead(t *testing.T) {
	for text, want := range map[string]bool{
		"OUI":                       false,
		"Oui, merci.\nCordialement": false,
		"OUI\nJeanne Martin\nGérante, Boulangerie Martin\n03 20 00 00 00\njeanne@boulangerie.example": false,
		"OUI\nJe vous remercie.":                        false,
		"OUI\nJe confirme l'envoi de ma demande.":       false,
		"OUI\nJe retire ma demande.":                    true,
		"OUI\nIBAN : FR76 2004 1518 1909 3786 5797 574": true,
		"OUI\nMerci de m'appeler.":                      true,
		"OUI\nNous avons déménagé le mois dernier.":     true,
	} {
		m := &message.Message{Kind: message.KindPerson, Text: text, Reply: message.NewText(text)}
		if got := reading.AnswerTo(m); got.Word != inquiry.Yes || got.More != want {
			t.Errorf("%q: %+v, more %v", text, got, want)
		}
		m.Attachments = []message.Attachment{{Name: "bail.pdf"}, {Name: "logo.png", Inline: true}}
		if got := reading.AnswerTo(m); got.Word != inquiry.Yes || !got.More {
			t.Errorf("%q with a file: %+v", text, got)
		}
		m.Attachments = m.Attachments[1:]
		if got := reading.AnswerTo(m); got.More != want {
			t.Errorf("%q with a logo: %+v", text, got)
		}
	}
}

// FuzzAnswerTo looks for words that prove and deny at once, or take time.
func FuzzAnswerTo(f *testing.F) {
	f.Add("OUI 1 et 2, merci\nJeanne")
	f.Add("Non, ce n'est pas moi.")
	f.Fuzz(func(t *testing.T, text string) {
		said := reading.AnswerTo(&message.Message{Kind: message.KindPerson, Text: text, Reply: message.NewText(text)})
		folded := strings.ToLower(message.NewText(text))
		if said.Word == inquiry.Yes && !strings.Contains(folded, "oui") || said.Word == inquiry.No && !strings.Contains(folded, "non") {
			if !strings.ContainsFunc(folded, func(r rune) bool { return r > 127 }) { // full-width letters fold to the same words
				t.Errorf("%q: %+v", text, said)
			}
		}
	})
}
