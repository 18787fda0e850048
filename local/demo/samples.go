// Package demo sends sample applicants through the whole engine: they write real mails with real attachments, answer what the
// authority writes to them, and a scripted officer decides. It is how a newcomer sees Relance, and how the tests see that
// all of it works together.
package demo

import (
	"fmt"
	"strings"

	"relance/domain/casefile"
	"relance/intake/reading"
)

// Sample is one sample applicant: who they are, what they send first, and how they answer each mail of the authority.
type Sample struct {
	Account  string            // on the local mail server
	Scheme   string            // its plus address; empty: the Fonds Rebond's rent aid
	Expert   bool              // asked for opinions; does not apply
	Name     string            // of the person who writes
	Business string            // of the firm
	About    string            // what the sample shows, for the table
	Fields   string            // labelled lines of the first mail
	Papers   []string          // names of the documents attached to it
	Twice    bool              // the first mail is delivered twice
	Answers  map[string]answer // by the name of the authority's mail
	End      casefile.Stage    // where the case has to end
	Cents    int64             // granted
	Officer  Verdict           // what the officer does with it
}

// Verdict is what the scripted officer does with a case.
type Verdict struct {
	Grounds []string // reject for these; none: approve
}

// answer is how an applicant answers one mail.
type answer struct {
	text    string
	papers  []string
	signed  bool // sends the charter back with a signature
	digital bool // signs the charter with a certificate
	auto    bool // an out-of-office reply
}

// whole is everything the Fonds Rebond's rent aid asks for.
var whole = []string{"kbis.pdf", "bail commercial.pdf", "quittances mars-avril-mai 2020.pdf", "comptes 2019.pdf", "RIB.pdf"}

// form writes the fields of an application the way people do.
func form(business, siret, person, address, staff, created, turnover, profit, rent, iban string) string {
	return fmt.Sprintf(`Bonjour,

Je vous adresse ma demande pour le Fonds Rebond.

Entreprise : %s
SIRET : %s
Représentant légal : %s
Adresse du local : %s
Commune : %s
Activité : commerce
Local : boutique avec vitrine
Effectif : %s
Date de création : %s
Chiffre d'affaires annuel : %s
Bénéfice imposable : %s
Loyer mensuel : %s
Propriétaire du local : non
IBAN : %s
Déclaration sur l'honneur : oui

Vous trouverez les documents en pièces jointes.

Bien cordialement,
%s`, business, siret, person, address, strings.TrimSpace(address[strings.LastIndexByte(address, ' '):]), staff, created, turnover, profit, rent, iban, person)
}

// Samples are the demonstration's applicants.
func Samples() []Sample { return append(rentAid(), others...) }

// rentAid are applicants of the Fonds Rebond's rent aid.
func rentAid() []Sample {
	return []Sample{
		{
			Account: "boulangerie", Name: "Jeanne Martin", Business: "Boulangerie Martin", About: "complète d'emblée, charte signée par phrase",
			Fields: form("Boulangerie Martin", "628 194 821 00011", "Jeanne Martin", "12 rue de la Monnaie, 59000 Lille", "3", "15/09/2012", "180 000 €", "21 000 €", "480,50 €", "FR76 2004 1518 1909 3786 5797 574"),
			Papers: whole, Answers: map[string]answer{"charter": {text: "phrase"}}, End: casefile.Closed, Cents: 144150,
		},
		{
			Account: "librairie", Name: "Paul Dubois", Business: "Librairie des Quais", About: "pièces manquantes, envoyées en deux fois, copie signée",
			Fields: form("Librairie des Quais", "393 363 387 00018", "Paul Dubois", "3 quai du Wault, 59800 Lille", "1", "1er mars 2015", "95 000 €", "8 200 €", "650 €", "FR76 1027 8004 7439 5755 1313 796"),
			Papers: []string{"kbis.pdf", "RIB.pdf", "comptes 2019.pdf"},
			Answers: map[string]answer{
				"acknowledgement": {text: "Bonjour,\n\nVoici le bail. Je cherche les quittances.\n\nPaul Dubois", papers: []string{"bail.pdf"}},
				"still-missing":   answer{text: "Bonjour,\n\nVoici les quittances. Mon numéro était faux, le voici corrigé :\nSIRET : 393 363 387 00019\n\nPaul Dubois", papers: []string{"quittances.pdf"}},
				"charter":         answer{text: "Bonjour,\n\nVous trouverez la charte signée en pièce jointe.\n\nPaul Dubois", signed: true},
			},
			End: casefile.Closed, Cents: 150000,
		},
		{
			Account: "garage", Name: "Sophie Leroy", Business: "Garage Leroy et Fils", About: "quatorze salariés : rejet motivé",
			Fields: form("Garage Leroy et Fils", "353 799 075 00018", "Sophie Leroy", "88 rue de Douai, 59000 Lille", "14", "04/05/1998", "870 000 €", "41 000 €", "2 100 €", "FR76 3000 4163 7265 1676 1222 035"),
			Papers: whole, End: casefile.Closed, Officer: Verdict{Grounds: []string{"effectif"}},
		},
		{
			Account: "fleuriste", Name: "Inès Moreau", Business: "Au Jardin d'Inès", About: "ne signe jamais la charte",
			Fields: form("Au Jardin d'Inès", "297 299 752 00016", "Inès Moreau", "27 place du Concert, 59800 Lille", "0", "2018-02-12", "62 000 €", "9 400 €", "390 €", "FR76 2004 1001 8263 3043 4839 550"),
			Papers: whole, End: casefile.Expired,
		},
		{
			Account: "salon", Name: "Karim Haddad", Business: "Salon Haddad", About: "se désiste par courriel",
			Fields: form("Salon Haddad", "741 374 847 00019", "Karim Haddad", "5 rue Gambetta, 59100 Roubaix", "2", "10/10/2016", "74 000 €", "12 000 €", "520 €", "FR76 1670 6718 3417 0471 8746 350"),
			Papers: whole, Answers: map[string]answer{"charter": {text: "Bonjour,\n\nFinalement, je retire ma demande : j'ai trouvé un autre local.\n\nKarim Haddad"}}, End: casefile.Withdrawn,
		},
		{
			Account: "bijouterie", Name: "Anne Lefebvre", Business: "Bijouterie Lefebvre", About: "absente : ses réponses automatiques restent sans suite, signe après relance",
			Fields: form("Bijouterie Lefebvre", "130 445 166 00015", "Anne Lefebvre", "14 rue Esquermoise, 59000 Lille", "4", "20/06/2009", "310 000 €", "33 500 €", "1 250 €", "FR76 3000 4564 0410 4234 6853 575"),
			Papers: whole,
			Answers: map[string]answer{
				"acknowledgement":  answer{text: "Je suis absente jusqu'au 5. Je répondrai à mon retour.", auto: true},
				"charter":          answer{text: "Je suis absente jusqu'au 5. Je répondrai à mon retour.", auto: true},
				"reminder-charter": {text: "phrase"},
			},
			End: casefile.Closed, Cents: 150000,
		},
		{
			Account: "epicerie", Name: "Luc Petit", Business: "Épicerie du Coin ❤️", About: "le même courriel deux fois : un seul dossier",
			Fields: form("Épicerie du Coin ❤️", "606 883 106 00019", "Luc Petit", "41 rue Jules-Guesde, 59200 Tourcoing", "2", "03/03/2014", "145 000 €", "15 800 €", "333,33 €", "FR76 1670 6924 7082 2765 4444 609"),
			Papers: whole, Twice: true, Answers: map[string]answer{"charter": {text: "Bonjour,\n\nVoici la charte, signée électroniquement.", digital: true}}, End: casefile.Closed, Cents: 99999,
		},
		{
			Account: "cordonnerie", Name: "Nadia Vasseur", Business: "Cordonnerie Vasseur", About: "rejetée, puis acceptée sur recours gracieux par un autre agent",
			Fields: form("Cordonnerie Vasseur", "812 345 676 00017", "Nadia Vasseur", "9 rue Basse, 59000 Lille", "12", "11/04/2011", "68 000 €", "14 200 €", "410 €", "FR76 3000 4001 2300 0123 4567 843"),
			Papers: whole,
			Answers: map[string]answer{
				"reject":         {text: "Bonjour,\n\nJe forme un recours gracieux contre votre décision : j'ai écrit douze au lieu de deux.\n\nEffectif : 2\n\nNadia Vasseur"},
				"appeal-charter": {text: "phrase"},
			},
			End: casefile.Closed, Cents: 123000, Officer: Verdict{Grounds: []string{"effectif"}},
		},
	}
}

// answerTo is how a sample answers a mail of the authority; ok is false where it says nothing.
func (s Sample) answerTo(name, mail string) (answer, bool) {
	a, ok := s.Answers[name]
	if a.text == "phrase" {
		a.text = "Bonjour,\n\n" + reading.PhraseIn(mail) + ".\n\nBien cordialement"
	}
	return a, ok
}

// paperTitle is what a sample document is headed with.
func paperTitle(file string) string {
	name := strings.ToLower(file)
	for word, title := range map[string]string{"attestation": "Attestation", "devis": "Devis", "statuts": "Statuts", "rapport": "Rapport", "compte rendu": "Compte rendu financier",
		"bilan": "Bilan", "impot": "Avis d'impôt", "fonciere": "Taxe foncière", "republicain": "Contrat d'engagement républicain", "kbis": "Extrait Kbis", "bail": "Bail commercial", "quittance": "Quittances de loyer",
		"comptes": "Comptes annuels", "rib": "Relevé d'identité bancaire"} {
		if strings.Contains(name, word) {
			return title
		}
	}
	return "Document"
}
