package reading_test

import (
	"strings"
	"testing"

	"relance/domain/casefile"
	"relance/intake/reading"
	"relance/mail/message"
)

var reservations = []string{
	"mais sous réserve que l'article 3 soit retiré", "sauf l'article 3",
	"à condition que l'aide soit versée avant mars", "Je n'accepte pas l'article 2.",
	"L'article 3 ne me concerne pas.",
	"sous réserve de l'accord de ma banque", "toutefois je conteste le point 2",
	"Cette signature ne vaut pas acceptation.", "excepté le remboursement", "à l'exception de la formation",
	"hormis le dernier engagement", "à moins que le bail soit résilié",
	"pour autant que je reste en activité, si possible", "si l'aide est versée avant juin",
	"tant que je reste dans les locaux",
	"dès lors que l'aide est payée", "une fois l'aide reçue", "jusqu'au 31 décembre seulement",
	"uniquement pour la première année", "partiellement", "à titre provisoire",
	"sans m'engager sur la formation", "Je signe sous la contrainte.", "en attendant d'en discuter",
	"Il faudra modifier la clause de remboursement.", "Je me réserve le droit de me retirer.",
	"Le remboursement est exclu.", "Merci de supprimer le remboursement.", "Cela n'engage pas la société.",
	"Je refuse le remboursement.", "pourvu que ma banque suive", "Signature annulée par mon associé.",
	"behalve artikel 3", "onder voorbehoud van financiering", "mits de steun op tijd komt",
	"tenzij het contract eindigt", "maar niet het laatste punt", "op voorwaarde dat alles klopt",
	"Ik ga niet akkoord met punt 3.",
	"except article 3", "subject to financing", "provided that the grant is paid", "unless the lease ends",
	"but not clause 3", "under protest", "I do not accept the repayment.", "only for one year",
	"außer Artikel 3", "unter Vorbehalt", "sofern die Hilfe gezahlt wird", "vorbehaltlich der Finanzierung",
	"aber nicht Punkt 3", "Ich lehne Punkt 3 ab.", "unter der Bedingung der Zahlung", "solange ich dort arbeite",
	"C'est un accord de principe.", "L'engagement de formation reste à préciser.", "dans la mesure du possible", "à hauteur de 50 %", "en contrepartie d'un versement immédiat",
	"étant entendu que le remboursement tombe", "faute de quoi je me désiste", "mis à part la formation", "save for the last point", "assuming the grant is paid", "in principle",
	"afgezien van punt 2", "enkel voor dit jaar", "bis auf Punkt 3", "im Prinzip", "abgesehen von der Schulung", "never for the training",
}

var courtesies = []string{
	"Cordialement,\nJeanne Martin", "Bien cordialement", "Merci beaucoup pour votre aide !",
	"Je vous remercie de votre accompagnement.", "N'hésitez pas à me contacter si besoin.",
	"N'hésitez pas à me contacter si vous avez des questions.",
	"Je reste à votre disposition pour tout renseignement complémentaire.", "Restant à votre disposition,",
	"Dans l'attente de votre retour,",
	"Dans l'attente de votre réponse, je vous prie d'agréer, Madame, Monsieur, mes salutations distinguées.",
	"Je vous souhaite une bonne journée.", "Bonne réception", "Merci d'avance",
	"Vous trouverez aussi la copie en pièce jointe.",
	"Veuillez agréer, Madame, Monsieur, l'expression de mes sentiments distingués.",
	"S'il vous plaît, accusez réception.",
	"Jeanne Martin\nGérante\nBoulangerie Martin SARL\n12 rue de la Monnaie, 59000 Lille\nTél. : 03 20 00 00 00\nwww.boulangerie-martin.example",
	"Envoyé de mon iPhone",
	"Arras, Pas-de-Calais", "Société à responsabilité limitée au capital de 8 000 €",
	"Ouvert du mardi au dimanche, sauf le lundi", "Restaurant Le Beffroi\nRéservations : 03 20 00 00 00",
	"Ce message est confidentiel. Si vous n'êtes pas le destinataire, merci de le détruire et d'en avertir l'expéditeur.",
	"N'imprimez ce message que si nécessaire : pensez à l'environnement.",
	"This message is confidential. If you are not the intended recipient, do not copy it.",
	"Désolée pour le retard.", "Merci d'avoir répondu si vite.", "Pas de souci.", "J'accepte sans réserve.",
	"Lu et approuvé.", "Fait à Lille, le 2 octobre 2020", "À bientôt", "Au revoir", "Comme discuté au téléphone.",
	"Kind regards", "Met vriendelijke groet", "Mit freundlichen Grüßen", "Many thanks", "Hartelijk dank",
	"Please do not hesitate to contact me if you have any questions.", "12 rue de la Barre, 59800 Lille",
	"Je vous l'enverrai dès que possible.",
}

// TestAReservationIsNeverASignature puts each reservation before the phrase, behind it and under it; and each
// courtesy there, which raises no doubt.
func TestAReservationIsNeverASignature(t *testing.T) {
	sent := charterOf(t, caseReference, fingerprint, commitments)
	phrase := reading.Phrase(caseReference, fingerprint)
	outcome := func(text string) casefile.Code {
		back := readCharter(t, sent, fingerprint, nil, message.Message{Text: text, Reply: message.NewText(text)}, nil).Reading.Return
		if back == nil {
			return ""
		}
		return back.Outcome
	}
	for _, said := range reservations {
		for _, text := range []string{phrase + ", " + said, phrase + ".\n\n" + said, "Bonjour,\n\n" + said + "\n\n" + phrase + "\n\nCordialement", phrase + " " + strings.ToUpper(said), phrase + "\n" + said,
			"Bonjour, " + said + ", " + phrase, phrase + ".\n\nJeanne Martin\nP.-S. : " + said} {
			if got := outcome(text); got == casefile.ReturnSigned {
				t.Errorf("a reservation is signed: %q", text)
			}
		}
	}
	for _, said := range courtesies {
		for _, text := range []string{phrase + ".\n\n" + said, "Bonjour,\n\n" + phrase + "\n\n" + said, phrase + "\n\n" + said + "\n\n-- \nJeanne Martin, gérante", phrase + ".\n" + said,
			phrase + "\n\n" + said + "\n\nLe 2 octobre 2020 à 10:00, Métropole <aides@x.example> a écrit :\n> Si vous ne souhaitez pas signer, dites-le-nous."} {
			if got := outcome(text); got != casefile.ReturnSigned {
				t.Errorf("a courtesy raises a doubt (%s): %q", got, text)
			}
		}
	}
}
