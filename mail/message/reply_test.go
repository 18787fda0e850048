package message_test

import (
	"strings"
	"testing"

	"relance/mail/message"
)

func TestNewText(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"alone", "Bonjour,\n\nvoici le bail.", "Bonjour,\n\nvoici le bail."},
		{"above, Thunderbird", "Voici.\n\nLe 14/09/2020 à 10:12, Aides a écrit :\n> Il manque le bail.\n> Merci", "Voici."},
		{"above, Gmail, wrapped", "Voici.\n\nLe lun. 14 sept. 2020 à 10:12, Métropole – Fonds Rebond\n<aides@metropole.example> a écrit :\n\n> Il manque le bail.", "Voici."},
		{"below", "Le 14/09/2020 à 10:12, Aides a écrit :\n> Il manque le bail.\n\nLe voici.", "Le voici."},
		{"between", "> Il manque le bail.\nIci.\n> Et le RIB.\nLà.", "Ici.\nLà."},
		{"English", "Here.\n\nOn Mon, Sep 14, 2020 at 10:12 AM Aides <a@b.example> wrote:\n> Missing", "Here."},
		{"Dutch", "Hier.\n\nOp ma 14 sep. 2020 om 10:12 schreef Aides <a@b.example>:\n> x", "Hier."},
		{"German", "Hier.\n\nAm 14.09.2020 um 10:12 schrieb Aides:\n> x", "Hier."},
		{"Outlook divider", "Voici.\n\n-----Message d'origine-----\nDe : Aides\nEnvoyé : lundi\nÀ : Jeanne\nObjet : x\n\nJe signe la charte", "Voici."},
		{"Outlook block", "Voici.\n\nDe : Aides <a@b.example>\nEnvoyé : lundi 14 septembre 2020 10:12\nÀ : Jeanne\nObjet : Charte\n\nJe signe la charte", "Voici."},
		{"Outlook line", "Voici.\n________________________________\nDe : Aides\nancien", "Voici."},
		{"not marked", "Voici.\n\nLe 14/09/2020 à 10:12, Aides a écrit :\n\nIl manque le bail.\nJe signe la charte", "Voici."},
		{"signature", "Voici.\n\n-- \nJeanne Martin\nBoulangerie", "Voici."},
		{"signature above the quotation, answer below", "-- \nJeanne\n\n> Question ?\nOui.", "Oui."},
		{"telephone", "Voici.\n\nEnvoyé de mon iPhone\n\nLe 14 sept. 2020 à 10:12, Aides <a@b.example> a écrit :\n> x", "Voici."},
		{"a sentence that begins like an attribution", "Le 14 septembre 2020 j'ai envoyé le bail.\nEt le RIB.", "Le 14 septembre 2020 j'ai envoyé le bail.\nEt le RIB."},
		{"labelled lines are no header block", "De : Jeanne Martin\nEffectif : 3", "De : Jeanne Martin\nEffectif : 3"},
		{"nothing new", "> tout\n> est ancien", ""},
	} {
		if got := message.NewText(c.text); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// bare is a line as texts are compared.
func bare(line string) string {
	return strings.TrimSpace(strings.NewReplacer("\u00a0", " ", "\u202f", " ", "*", "", "\u200b", "").Replace(line))
}

// FuzzNewText: what is new is made of lines of the text, in their order; of one that an attribution ends, of its beginning.
func FuzzNewText(f *testing.F) {
	f.Add("Voici.\n\nLe 14/09/2020 à 10:12, Aides a écrit :\n> x")
	seeds(f, func(raw []byte) {
		if m, err := message.Parse(raw); err == nil {
			f.Add(m.Text)
		}
	})
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
		for _, line := range strings.Split(message.NewText(text), "\n") {
			if line == "" {
				continue
			}
			for len(lines) > 0 && !strings.Contains(bare(lines[0]), bare(line)) {
				lines = lines[1:]
			}
			if len(lines) == 0 {
				t.Fatalf("%q is not of the text %q", line, text)
			}
			lines = lines[1:]
		}
	})
}
