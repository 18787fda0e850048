package reading_test

import (
	"testing"

	"relance/intake/reading"
)

func TestAgrees(t *testing.T) {
	const reference = "AVR-7K3M9-QXD3A"
	for reply, want := range map[string]bool{
		"J'accepte le nouvel échéancier du dossier AVR-7K3M9-QXD3A":                     true,
		"Bonjour,\n\nJ’accepte le nouvel échéancier du dossier avr-7k3m9-qxd3a.\nMerci": true,
		"Bonjour,\n\nJe vous donne mon accord.\n\nJeanne":                               true,
		"Accord":    true,
		"D'accord.": true,
		"Nous sommes d'accord avec cet échéancier.":                 true,
		"Bon pour accord\nJeanne Martin":                            true,
		"J'accepte votre proposition.":                              true,
		"J'accepte le nouvel échéancier du dossier AVR-00000-00000": true, // the mail is of this case: its words are plain enough
		"Je ne suis pas d'accord.":                                  false,
		"Je suis d'accord, mais à partir de mars.":                  false,
		"D'accord sous réserve de décaler d'un mois":                false,
		"Êtes-vous d'accord ?":                                      false,
		"Je n'accepte pas ce calendrier":                            false,
		"Merci de me rappeler.":                                     false,
		"":                                                          false,
		"Je refuse. Pas d'accord.":                                  false,
	} {
		if got := reading.Agrees(reply, reference); got != want {
			t.Errorf("%q: %v", reply, got)
		}
	}
}

func TestTheContractIsSignedByItsPhrase(t *testing.T) {
	phrase := reading.AgreementPhrase("AVR-7K3M9-QXD3A", "8Q2V-KT5M")
	if phrase != "Je signe le contrat d'avance du dossier AVR-7K3M9-QXD3A, empreinte 8Q2V-KT5M" {
		t.Error(phrase)
	}
	for reply, want := range map[string]reading.Intent{
		phrase:                      reading.Sign,
		"Bonjour,\n" + phrase + ".": reading.Sign,
		"Je ne signe pas le contrat d'avance du dossier AVR-7K3M9-QXD3A": reading.Decline,
		"Le contrat d'avance est-il signé ?":                             reading.NoIntent,
	} {
		if got := reading.IntentOf(reply); got != want {
			t.Errorf("%q: %q", reply, got)
		}
	}
}
