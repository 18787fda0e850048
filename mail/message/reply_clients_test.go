package message_test

import (
	"strings"
	"testing"

	"relance/mail/message"
)

// written are texts of people, with what looks like a program's own words.
var written = []string{
	"Voici le bail.",
	"Bonjour,\n\nEnvoyé par la poste hier.\n\nCordialement",
	"Envoyée avec le RIB le 3 mars 2026.\n\nJ. Martin",
	"Envoyé depuis la mairie, le scan est mauvais.",
	"Envoyé par mail hier à 14:30, sans réponse.",
	"Sent by registered mail on 3 March.",
	"Sent from the town hall yesterday, sorry for the quality.",
	"Gesendet mit der Post am 3. März.\n\nGruß",
	"Verzonden met de post op 3 maart.\n\nGroet",
	"Le 14 septembre 2026 j'ai envoyé le bail.\nEt le RIB.",
	"Le 14 mai 2026, mon mari a écrit à la mairie, sans réponse.\nQue faire ?",
	"Le 14 mai 2026, mon mari a écrit : pas de réponse depuis.\nQue faire ?",
	"Madame Durand a écrit le 14/09/2026 que le dossier est complet :\n- bail\n- RIB",
	"On 14 May my landlord wrote to you. No answer so far.",
	"On Monday at 10:12 I wrote to my landlord: no answer yet.\nRegards",
	"Am 14. Mai schrieb ich der Bank: keine Antwort.\nGruß",
	"Op 14 mei schreef ik de bank: geen antwoord.\nGroet",
	"Bonjour,\n\nDe : Boulangerie Martin\nÀ : Métropole\nDate : 14 septembre 2026\nObjet : demande d'aide\n\nJe sollicite une aide de 5 000 euros.\nJe signe la charte.",
	"Von: Tischlerei Wiegand\nAn: Förderstelle\nDatum: 14. September 2026\nBetreff: Antrag\n\nIch beantrage 3.000 Euro.",
	"From: Finch Pottery\nTo: Grants office\nSubject: application\n\nI apply for 3,000 pounds.",
	"Effectif : 3\nLoyer mensuel : 480,50 €\nDate de création : 04/03/2017\nObjet : achat d'un four",
	"Horaires de la boutique :\nDe : 9:00\nÀ : 12:30\nObjet : vente de pain",
	"Réponses à vos questions du 14/09/2026 :\n1. trois salariés\n2. non",
	"Contacts :\n- notaire : me.durand@notaires.example\n- banque : agence@banque.example",
	"Mon comptable, M. Petit <petit@compta.example>, vous répondra :\nil a le bilan.",
	"Je vous confirme : la visite est le 3 mars 2026 à 10:30\nMerci",
	"Ce message concerne le dossier de ma mère.\n\nElle est malade.",
	"Absence de réponse depuis le 3 mars.\n\nMerci de me rappeler.",
	"Nous sommes d'accord.\n_____\nsignature ici",
	"Télécharger le bail : https://depot.example/bail\nObtenir la clé : me téléphoner.",
}

// old is the mail of ours that is quoted; none of its words stands in what people write.
const old = "Madame,\n\nle justificatif ancien manque toujours.\nRenvoyez-le vite.\n\nService instructeur"

// clients are the ways in which programs put our mail below an answer.
func clients() map[string]string {
	marked := "> " + strings.ReplaceAll(old, "\n", "\n> ")
	barred := "| " + strings.ReplaceAll(old, "\n", "\n| ")
	const from = "Aides <aides@metropole.example>"
	return map[string]string{
		"Thunderbird fr":        "Le 14/09/2026 à 10:12, Aides a écrit :\n" + marked,
		"Thunderbird en":        "On 14/09/2026 10:12, Aides wrote:\n" + marked,
		"Thunderbird de":        "Am 14.09.26 um 10:12 schrieb Aides:\n" + marked,
		"Thunderbird nl":        "Op 14-09-2026 om 10:12 schreef Aides:\n" + marked,
		"Thunderbird es":        "El 14/9/26 a las 10:12, Aides escribió:\n" + marked,
		"Thunderbird it":        "Il 14/09/2026 10:12, Aides ha scritto:\n" + marked,
		"Thunderbird sv":        "Den 2026-09-14 kl. 10:12, skrev Aides:\n" + marked,
		"Thunderbird cs":        "Dne 14. 09. 26 v 10:12 " + from + " napsal(a):\n" + marked,
		"Gmail fr":              "Le lun. 14 sept. 2026 à 10:12, " + from + " a écrit :\n\n" + marked,
		"Gmail fr, wrapped":     "Le lun. 14 sept. 2026 à 10:12, Aides de la métropole\n<aides@metropole.example> a écrit :\n\n" + marked,
		"Gmail fr, cut":         "Le lun. 14 sept. 2026 à 10:12, Aides <aides@metropole.example\n> a écrit :\n\n" + marked,
		"Gmail de":              from + " schrieb am Mo., 14. Sept. 2026, 10:12:\n\n" + marked,
		"Gmail nl":              "Op ma 14 sep 2026 om 10:12 schreef " + from + ":\n\n" + marked,
		"Gmail, ISO date":       "2026-09-14 10:12 GMT+02:00 " + from + ":\n\n" + marked,
		"Gmail vi":              "Vào 10:12, Th 2, 14 thg 9, 2026 " + from + " đã viết:\n\n" + marked,
		"Gmail ja":              "2026年9月14日(月) 10:12 " + from + ":\n\n" + marked,
		"Gmail pt":              from + " escreveu (segunda, 14/09/2026 à(s) 10:12):\n\n" + marked,
		"Apple fr":              "Le 14 sept. 2026 à 10:12, " + from + " a écrit :\n\n" + marked,
		"Apple nl":              "Op 14 sep. 2026 om 10:12 heeft " + from + " het volgende geschreven:\n\n" + marked,
		"Apple fi":              from + " kirjoitti 14.9.2026 kello 10.12:\n\n" + marked,
		"Yahoo de":              "Am Montag, 14. September 2026 um 10:12:41 MESZ hat " + from + " Folgendes geschrieben:\n\n" + old,
		"Yandex":                "14.09.2026, 10:12, \"Aides\" <aides@metropole.example>:\n\n" + marked,
		"Roundcube":             "Aides schreef op 2026-09-14 10:12:\n" + marked,
		"Horde":                 "Quoting " + from + ":\n\n" + marked,
		"Mutt":                  "* " + from + " [2026-09-14 10:12]:\n" + marked,
		"Zimbra":                "----- Mail original -----\nDe: " + from + "\nÀ: x@y.example\nEnvoyé: Lundi 14 Septembre 2026 10:12:00\nObjet: x\n\n" + old,
		"Zimbra, bars":          "- Le 14 Sept 26, à 10:12, Aides aides@metropole.example a écrit :\n\n" + barred,
		"Zoho":                  "---- On Mon, 14 Sep 2026 10:12:00 +0200 " + from + " wrote ---\n\n" + old,
		"GroupWise":             ">>> " + from + " 14/09/2026 10:12 >>>\n" + old,
		"BlackBerry":            "  Message d'origine  \nDe: " + from + "\nEnvoyé: lundi 14 septembre 2026 10:12\nÀ: x@y.example\nObjet: x\n\n" + old,
		"eM Client":             "------ Originalnachricht ------\nVon \"Aides\" <aides@metropole.example>\nAn \"X\" <x@y.example>\nDatum 14.09.2026 10:12:00\nBetreff x\n\n" + old,
		"Samsung":               "-------- Message d'origine --------\nDe : " + from + "\nDate : 14/09/2026 10:12 (GMT+01:00)\nÀ : x@y.example\nObjet : x\n\n" + old,
		"Outlook fr":            "De : " + from + "\nEnvoyé : lundi 14 septembre 2026 10:12\nÀ : x@y.example\nObjet : x\n\n" + old,
		"Outlook, rule":         "________________________________\nDe : " + from + "\nEnvoyé : lundi 14 septembre 2026 10:12\nÀ : x@y.example\nObjet : x\n\n" + old,
		"Outlook 2003, rule":    "  _____  \n\nFrom: " + from + "\nSent: Monday, September 14, 2026 10:12 AM\nTo: x@y.example\nSubject: x\n\n" + old,
		"Outlook, Date first":   "Date: Mon, 14 Sep 2026 10:12:00 +0200\nFrom: aides@metropole.example\nTo: x@y.example\nSubject: x\n\n" + old,
		"Hotmail, no From":      "Date: Mon, 14 Sep 2026 10:12:00 +0200\nTo: x@y.example\nSubject: x\n\n" + old,
		"GMX":                   "Gesendet: Montag, 14. September 2026 um 10:12 Uhr\nVon: " + from + "\nAn: x@y.example\nBetreff: x\n\n" + old,
		"Orange":                "envoyé : 14 septembre 2026 à 10:12\nde : " + from + "\nà : x@y.example\nobjet : x\n\n" + old,
		"Outlook it":            "Da: " + from + "\nInviato: lunedì 14 settembre 2026 10:12\nA: x@y.example\nOggetto: x\n\n" + old,
		"Outlook es":            "De: " + from + "\nEnviado: lunes, 14 de septiembre de 2026 10:12\nPara: x@y.example\nAsunto: x\n\n" + old,
		"iPhone":                "Envoyé de mon iPhone\n\n> Le 14 sept. 2026 à 10:12, " + from + " a écrit :\n> \n" + marked,
		"Outlook iOS":           "Obtenir Outlook pour iOS<https://aka.ms/o0ukef>\n________________________________\nDe : " + from + "\nEnvoyé : lundi 14 septembre 2026 10:12:00\nÀ : x@y.example\nObjet : x\n\n" + old,
		"Mailspring":            "Envoyé depuis Mailspring (https://getmailspring.com/), le meilleur client mail gratuit\nLe 14/09/2026 à 10:12, Aides a écrit :\n" + marked,
		"you wrote":             "Vous avez écrit le 14/09/2026 10:12 :\n" + marked,
		"quotation alone":       marked,
		"no quotation":          "",
		"a rule and quotations": "________________________________\n" + marked,
	}
}

// TestNoNewTextIsLost puts each text above each program's quotation: all of it is new, and nothing else is.
func TestNoNewTextIsLost(t *testing.T) {
	count := 0
	for client, below := range clients() {
		for _, text := range written {
			count++
			if got := message.NewText(text + "\n\n" + below + "\n"); got != text {
				t.Errorf("%s\n got %q\nwant %q", client, got, text)
			}
		}
	}
	t.Logf("%d replies", count)
}

// TestNewTextBelow: an answer below or inside a marked quotation is new as well.
func TestNewTextBelow(t *testing.T) {
	for client, below := range clients() {
		if !strings.HasSuffix(below, "> Service instructeur") || strings.Contains(below, "mon iPhone") {
			continue
		}
		for _, text := range written {
			if got := message.NewText(below + "\n\n" + text + "\n"); got != text {
				t.Errorf("%s\n got %q\nwant %q", client, got, text)
			}
		}
	}
}

// TestNewTextOnTheLine: programs put the attribution behind the last words where the line was not ended.
func TestNewTextOnTheLine(t *testing.T) {
	for _, attribution := range []string{"Le lun. 14 sept. 2026 à 10:12, Aides <aides@x.example> a écrit :", "On Mon, 14 Sep 2026 at 10:12, Aides <aides@x.example> wrote:",
		"Op ma 14 sep 2026 om 10:12 schreef Aides <aides@x.example>:", "Am So., 6. Dez. 2026 um 17:13 Uhr schrieb Aides <aides@x.example>:", "Le vendredi 13 novembre 2026 à 03:19:12 UTC+2, Aides <aides@x.example> a écrit :"} {
		for _, text := range []string{"Voici le bail.", "D'accord pour le 22, Jeanne", "Le 3 mars je ne peux pas ; le 4 oui.", "Here is the lease. Regards, J."} {
			if got := message.NewText(text + " " + attribution + "\n> ancien"); got != text {
				t.Errorf("%q behind %q: %q", attribution, text, got)
			}
		}
	}
}
