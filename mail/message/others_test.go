package message_test

import (
	"testing"

	"relance/mail/message"
)

// TestRepliesOfOtherPrograms: what is new in answers of programs and languages that the held-out set has not.
func TestRepliesOfOtherPrograms(t *testing.T) {
	const letter = "Bonjour,\n\nLe 20 octobre 2026, j'ai écrit :\nvotre demande est incomplète, pourquoi ?\n\nJeanne"
	for body, want := range map[string]string{
		"Oui.\n\nAides, 20 Eki 2026 Sal, 10:12 tarihinde şunu yazdı:\n\n> old\n":                                                                                          "Oui.",
		"Oui.\n\nwt., 20 paź 2026 o 10:12 Aides <aides@m.example> napisał(a):\n\n> old\n":                                                                                 "Oui.",
		"Oui.\n\nEm ter., 20 de out. de 2026 às 10:12, Aides <aides@m.example>\nescreveu:\n\n> old\n":                                                                     "Oui.",
		"Oui.\n\nV út 20. 10. 2026 v 10:12 odesílatel Aides napsal:\n> old\n":                                                                                             "Oui.",
		"Oui.\n\n2026年10月20日(火) 10:12 Aides <aides@m.example>:\n\n> old\n":                                                                                                "Oui.",
		"Voici.\n\nGet BlueMail for Android\n":                                                                                                                            "Voici.",
		"Voici.\n\n----- Mail original -----\nDe: \"Aides\" <aides@m.example>\nÀ: \"Moi\" <moi@x.example>\nEnvoyé: Mardi 20 Octobre 2026 10:12:00\nObjet: Dossier\n\nold": "Voici.",
		"Voici.\n\n> Message du 20/10/26 10:12\n> De : \"Aides\" <aides@m.example>\n> A : moi@orange.example\n> Objet : Dossier\n>\n> old\n":                              "Voici.",
		"> Quel est votre loyer ?\n480 €\n> Êtes-vous locataire ?\noui\n":                                                                                                 "480 €\noui",
		"Merci ! Le mar. 20 oct. 2026 à 10:12, Aides <aides@m.example> a écrit :\n> old":                                                                                  "Merci !",
		letter: letter,
		"Réponses à vos questions du 20/10/2026 :\n> Quel loyer ?\n480 €":                "Réponses à vos questions du 20/10/2026 :\n480 €",
		"Le 20/10/2026 à 10:12 j'ai déposé ceci :\n- bail\n- RIB":                        "Le 20/10/2026 à 10:12 j'ai déposé ceci :\n- bail\n- RIB",
		"Je vous ai dit le 20/10/2026 à 10:12 :\nle bail suit.\n\n> Quand ?\n\nBientôt.": "Je vous ai dit le 20/10/2026 à 10:12 :\nle bail suit.\n\nBientôt.",
	} {
		m, err := message.Parse([]byte("From: a@x.example\r\nTo: aides@m.example\r\nIn-Reply-To: <rbd-1.1.x@m.example>\r\nSubject: Re: Dossier\r\n" +
			"Content-Type: text/plain; charset=utf-8\r\n\r\n" + body))
		if err != nil || m.Reply != want {
			t.Errorf("%q\n got %q\nwant %q (%v)", body, m.Reply, want, err)
		}
	}
}
