package demo

import "relance/domain/casefile"

// expertAccount is who is asked for opinions.
const expertAccount = "mairie"

// others are applicants of the other schemes: one each, and the third party that is asked.
var others = []Sample{
	{
		Account: "hotel", Scheme: "tourisme", Name: "Hélène Caron", Business: "Hôtel du Vieux Pont", About: "tourisme : tableau dans le courriel, deux agents d'accord",
		Fields: `Bonjour,

Notre hôtel demande l'aide au tourisme.

Entreprise : Hôtel du Vieux Pont
SIRET : 637 129 263 00017
Représentante : Hélène Caron
Représentant légal : Hélène Caron
Adresse : 4 place du Pont, 59000 Lille
Commune : Lille
Activité : hôtel
Effectif : 7 salariés
IBAN : FR76 2004 1010 0590 8301 6613 163
Déclaration sur l'honneur : oui

| Mois | CA 2019 | CA 2020 |
|------|---------|---------|
| mars | 42 000 € | 19 500 € |
| avril | 45 000 € | 0 € |
| mai | 51 000 € | 3 200,50 € |

Hélène Caron`,
		Papers: []string{"kbis.pdf", "attestation mars.pdf", "attestation avril.pdf", "attestation mai.pdf", "RIB.pdf"}, End: casefile.Closed, Cents: 600000,
	},
	{
		Account: "boutique", Scheme: "boutiques", Name: "Samia Belkacem", Business: "Les Fils de Samia", About: "boutique à l'essai : avis de la commune, versements contre preuves",
		Fields: `Entreprise : Les Fils de Samia
SIRET : 124 171 414 00012
Représentant légal : Samia Belkacem
Adresse du local : 60 rue de l'Alma, 59100 Roubaix
Commune : Roubaix
Quartier prioritaire : Alma
Projet : atelier et boutique de couture
Coût de l'aménagement : 9 999,99 €
Durée du bail : 6 mois
IBAN : FR76 2004 1010 0582 4628 1948 261
Déclaration sur l'honneur : oui`,
		Papers:  []string{"avis de situation.pdf", "bail.pdf", "devis.pdf", "RIB.pdf"},
		Answers: map[string]answer{"grant": {text: "Bonjour,\n\nLa boutique est ouverte, et voici déjà le bilan.\n\nSamia Belkacem", papers: []string{"factures ouverture.pdf", "bilan.pdf"}}},
		End:     casefile.Closed, Cents: 500000,
	},
	{
		Account: "conciergerie", Scheme: "conciergeries", Name: "Marc Vasseur", Business: "Les Voisins de Moulins", About: "conciergerie de quartier : deux agents d'accord",
		Fields: `Association : Les Voisins de Moulins
SIRET : 462 921 487 00015
Président : Marc Vasseur
Adresse du siège : 9 rue de Wazemmes, 59000 Lille
Quartier prioritaire : Moulins
Habitants desservis : 2 400
Budget de la première année : 38 000 €
Autres aides publiques : 0
IBAN : FR76 2004 1010 0586 5797 5432 392
Déclaration sur l'honneur : oui`,
		Papers: []string{"statuts.pdf", "budget previsionnel.pdf", "contrat engagement republicain.pdf", "RIB.pdf"}, End: casefile.Closed, Cents: 1520000,
	},
	{
		Account: "fabrique", Scheme: "fabrique", Name: "Nadège Roussel", Business: "La Fabrique de l'emploi des Oliveaux", About: "fabrique de l'emploi : versements contre rapports",
		Fields: `Association : La Fabrique de l'emploi des Oliveaux
SIRET : 598 685 220 00017
Directrice : Nadège Roussel
Adresse du siège : 2 allée des Oliveaux, 59120 Loos
Emplois créés : 4
Besoin local couvert : ressourcerie de quartier
Besoin déjà couvert par une entreprise : non
Téléphone : 03 20 00 00 00
IBAN : FR76 2004 1010 0586 2527 6018 957
Déclaration sur l'honneur : oui`,
		Papers:  []string{"statuts.pdf", "budget.pdf", "engagement republicain.pdf", "RIB.pdf"},
		Answers: map[string]answer{"grant": {text: "Bonjour,\n\nVoici nos rapports.\n\nNadège Roussel", papers: []string{"rapport intermediaire.pdf", "compte rendu financier.pdf"}}},
		End:     casefile.Closed, Cents: 2000000,
	},
	{
		Account: "menuiserie", Scheme: "achats", Name: "Victor Lemaire", Business: "Menuiserie Lemaire", About: "achats responsables : une inscription, aucune somme",
		Fields: `Entreprise : Menuiserie Lemaire
SIRET : 688 225 820 00010
Gérant : Victor Lemaire
Adresse : 17 rue du Bois, 59200 Tourcoing
Secteur d'activité : menuiserie
Engagement principal : insertion
Heures d'insertion par an : 320
Déclaration sur l'honneur : oui`,
		Papers: []string{"kbis.pdf", "convention insertion.pdf"}, Answers: map[string]answer{"charter": {text: "phrase"}}, End: casefile.Closed,
	},
	{
		Account: "maison", Scheme: "renovation", Name: "Lucie Hennebel", Business: "Lucie Hennebel", About: "rénovation : une particulière, un montant à confirmer",
		Fields: `Nom et prénom : Lucie Hennebel
Adresse du logement : 33 rue des Lilas, 59650 Villeneuve-d'Ascq
Commune : Villeneuve-d'Ascq
Occupation : propriétaire occupant
Année de construction : 1958
Personnes au foyer : 3
Revenu fiscal de référence : 31 400 €
Montant des travaux : 12.500 €
IBAN : FR76 2004 1010 0507 9244 0268 532
Déclaration sur l'honneur : oui`,
		Papers:  []string{"avis d'impot 2025.pdf", "taxe fonciere.pdf", "devis isolation.pdf", "RIB.pdf"},
		Answers: map[string]answer{"acknowledgement": {text: "Bonjour,\n\nJe confirme.\n\nLucie Hennebel"}},
		End:     casefile.Closed, Cents: 375000,
	},
	{Account: expertAccount, Expert: true, Name: "Service commerce", Business: "La mairie", About: "donne son avis",
		Answers: map[string]answer{"opinion": {text: "Bonjour,\n\nAvis favorable : il n'y a pas d'atelier de couture dans le quartier.\n\nLe service commerce"}}},
}
