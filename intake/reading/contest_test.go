package reading_test

import (
	"testing"

	"relance/domain/casefile"
	"relance/intake/reading"
)

func TestContest(t *testing.T) {
	const surely, perhaps, why, no = casefile.ContestsClearly, casefile.ContestsMaybe, casefile.AsksReasons, ""
	for text, want := range map[string]casefile.Code{
		"Bonjour,\n\nJe forme un recours gracieux contre votre décision du 18 septembre.":                surely,
		"Par la présente, je dépose un recours gracieux. Mon effectif est de huit salariés.":             surely,
		"Je conteste cette décision : nous sommes huit.":                                                 surely,
		"Nous contestons formellement votre décision.":                                                   surely,
		"Nous vous adressons par ce courriel un recours contre le rejet.":                                surely,
		"Je vous demande de bien vouloir reconsidérer votre décision.":                                   surely,
		"Je sollicite l'annulation de cette décision.":                                                   surely,
		"Ce courriel vaut recours gracieux.":                                                             surely,
		"Je fais appel de votre décision.":                                                               surely,
		"Je conteste le montant : mon loyer est de 520 €.":                                               surely,
		"Comment puis-je former un recours ?":                                                            perhaps,
		"Je ne conteste pas votre décision, merci.":                                                      perhaps,
		"Si vous ne répondez pas, je forme un recours devant le tribunal.":                               perhaps,
		"J'envisage de former un recours.":                                                               perhaps,
		"Je pense qu'il y a une erreur.":                                                                 perhaps,
		"C'est injuste !":                                                                                perhaps,
		"Je ne suis pas d'accord avec vous.":                                                             perhaps,
		"Pouvez-vous revoir mon dossier ?":                                                               perhaps,
		"Je souhaite connaître les motifs de ce rejet.":                                                  why,
		"Merci de me communiquer les motifs du rejet implicite de ma demande.":                           why,
		"Pourquoi ma demande est-elle rejetée ?":                                                         why,
		"Je souhaite connaître les motifs du rejet. Je forme un recours gracieux contre cette décision.": surely,
		"Merci beaucoup pour votre aide.":                                                                no,
		"Quand l'aide sera-t-elle versée ?":                                                              no,
		"Voici le rapport demandé.":                                                                      no,
		"":                                                                                               no,
	} {
		if got := reading.Contest("Re: [RBD-7K3M9-QXD3A] Décision sur votre demande", text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := reading.Contest("Recours gracieux, dossier RBD-7K3M9-QXD3A", "Bonjour, voici mes arguments."); got != surely {
		t.Errorf("the subject says it: %q", got)
	}
	if got := reading.Contest("Re: Recours gracieux", ""); got == surely {
		t.Error("a mail without a word contests nothing")
	}
}
