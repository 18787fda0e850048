package fields

import (
	"strings"

	"relance/domain/scheme"
)

// What people call things beside the names that a scheme gives, by what a letter uses the field for and by its type. It counts for the only field
// of that role or type.
var (
	byRole = map[scheme.Role]string{
		scheme.Business:       "entreprise, société, raison sociale, nom commercial, nom de l'entreprise, nom de la société, nom de la structure, nom de l'établissement, nom du commerce, nom du magasin, nom de la boutique, dénomination, dénomination sociale, enseigne, établissement, structure",
		scheme.Representative: "représentant, représentant légal, représentante, représentante légale, gérant, gérante, nom du gérant, nom de la gérante, nom du représentant, nom du responsable, responsable, responsable légal, dirigeant, dirigeante, nom du dirigeant, président, présidente, nom du président, nom de la présidente, chef d'entreprise, exploitant, exploitante",
		scheme.Postal:         "adresse, adresse postale, adresse complète",
	}
	ofPeople = "nom, nom et prénom, nom prénom, prénom et nom, prénom nom, nom du demandeur, demandeur, demandeuse, nom de famille et prénom"
	byType   = map[scheme.Type]string{
		scheme.SIRET: "siret, siret siren, siren siret, siret ape, siret naf, code siret, identifiant siret",
		scheme.SIREN: "siren, code siren",
		scheme.IBAN:  "iban, coordonnées bancaires, compte bancaire, numéro de compte, numéro de compte bancaire, rib, iban bic, iban et bic, rib iban, compte, compte courant, références bancaires",
		scheme.Phone: "téléphone, tél, portable, mobile, gsm, téléphone portable, tél portable, tél mobile, numéro de téléphone, tél fixe",
		scheme.Email: "courriel, mail, e-mail, email, adresse mail, adresse e-mail, adresse email, adresse électronique, adresse de courriel, mél",
		scheme.INSEE: "commune, ville, localité",
	}
	onHonour = "déclaration sur l'honneur, attestation sur l'honneur, sur l'honneur, j'atteste sur l'honneur, je certifie sur l'honneur, je déclare sur l'honneur, certification sur l'honneur, engagement sur l'honneur"
)

// vocabulary lists further names of a field. Fields of a group have none.
func vocabulary(v *scheme.Version, f scheme.Field, group string) []string {
	if group != "" {
		return nil
	}
	list := ""
	if f.Role != "" && only(v, func(o scheme.Field) bool { return o.Role == f.Role }) {
		if list = byRole[f.Role]; f.Role == scheme.Business && v.Applicant == scheme.Person {
			list = ofPeople
		}
	} else if f.Role == "" && only(v, func(o scheme.Field) bool { return o.Type == f.Type && o.Role == "" }) {
		list = byType[f.Type]
	}
	if f.Type == scheme.YesNo && strings.Contains(scheme.Fold(f.Label), "honneur") {
		list = onHonour
	}
	if f.Type == scheme.YesNo && strings.Contains(scheme.Fold(f.Label), "proprietaire") {
		list = "proprio, propriétaire, propriétaire des murs"
	}
	if list == "" {
		return nil
	}
	return strings.Split(list, ", ")
}

// only tells whether one field alone is such.
func only(v *scheme.Version, is func(scheme.Field) bool) bool {
	n := 0
	for _, f := range v.Fields {
		if is(f) {
			n++
		}
	}
	return n == 1
}

// foreign are words that make a label another thing's: with them, a label that says more than a name of a field does not mean it.
var foreign = strings.Fields(`courriel electronique web internet site telephone portable fax mobile bic swift banque titulaire naf ape code postal proprietaire bailleur comptable
	expert conjoint conjointe mandataire correspondance personnelle personnel privee prive domicile precedent precedente ancien ancienne futur future autre autres impaye impayes retard
	charges caution garantie mari epouse femme pere mere enfant enfants pret credit naissance date lieu signature quittance quittances bail kbis rib`)

// otherWords are words of other things' names that look like a typing error of ours.
var otherWords = strings.Fields("foyer loyer loyers bail total totale locaux commande communes date dates nom noms mois moins rien revenu revenus travail cout coup annee armee code mode salaire salaires salaries avis ville vile")
