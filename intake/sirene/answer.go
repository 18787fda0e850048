package sirene

import (
	"cmp"
	"encoding/json"
	"fmt"
)

// answer is what is read of the API's answer. Every field may be null.
type answer struct {
	Results *[]unit `json:"results"` // a pointer, for an answer without results is not an answer of none
}

// unit is an unité légale.
type unit struct {
	SIREN     string  `json:"siren"`
	Name      string  `json:"nom_raison_sociale"` // of a legal person
	FullName  string  `json:"nom_complet"`        // of anyone, followed by (dénomination usuelle) and (sigle)
	State     string  `json:"etat_administratif"` // A or C
	LegalForm string  `json:"nature_juridique"`
	Status    string  `json:"statut_diffusion"` // O or P
	Seat      *place  `json:"siege"`
	Matching  []place `json:"matching_etablissements"` // for a SIRET, that one alone
}

// place is an établissement.
type place struct {
	SIRET      string `json:"siret"`
	State      string `json:"etat_administratif"` // A or F
	Status     string `json:"statut_diffusion_etablissement"`
	Created    string `json:"date_creation"`
	Closed     string `json:"date_fermeture"`
	Activity   string `json:"activite_principale"`
	Commune    string `json:"commune"`
	PostalCode string `json:"code_postal"`
	Address    string `json:"adresse"`
	Staff      string `json:"tranche_effectif_salarie"`
}

// decode finds the establishment with this very SIRET in the API's answer. Source and Asked are left to the caller.
func decode(body []byte, siret string) (Establishment, error) {
	var a answer
	if err := json.Unmarshal(body, &a); err != nil {
		return Establishment{}, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	if a.Results == nil {
		return Establishment{}, fmt.Errorf("%w: no results in it", ErrAnswer)
	}
	for _, u := range *a.Results {
		if p := u.place(siret); p != nil {
			e, err := establish(u, *p)
			if err != nil {
				return Establishment{}, fmt.Errorf("%w: %w", ErrAnswer, err)
			}
			return e, nil
		}
	}
	return Establishment{}, fmt.Errorf("%w: %s", ErrUnknown, siret)
}

// place returns the unit's establishment with this SIRET, nil when the answer has none.
func (u unit) place(siret string) *place {
	for i := range u.Matching {
		if u.Matching[i].SIRET == siret {
			return &u.Matching[i]
		}
	}
	if u.Seat != nil && u.Seat.SIRET == siret {
		return u.Seat
	}
	return nil
}

// establish puts unit and establishment together.
func establish(u unit, p place) (Establishment, error) {
	if u.SIREN != p.SIRET[:9] { // the SIRET is the one asked for, which has 14 digits
		return Establishment{}, fmt.Errorf("siren %q has the establishment %s", u.SIREN, p.SIRET)
	}
	name := cmp.Or(u.Name, u.FullName)
	e := Establishment{
		SIRET: p.SIRET, SIREN: u.SIREN, Name: shown(name),
		Published: published(u.Status, p.Status) && !masked(name),
		Activity:  shown(p.Activity), Commune: shown(p.Commune), PostalCode: shown(p.PostalCode),
		Address: shown(p.Address), LegalForm: shown(u.LegalForm),
	}
	here, err := state(p.State)
	if err != nil {
		return Establishment{}, fmt.Errorf("establishment: %w", err)
	}
	whole, err := state(u.State)
	if err != nil {
		return Establishment{}, fmt.Errorf("unit: %w", err)
	}
	e.Open = here && whole
	if e.Created, err = day(p.Created); err != nil {
		return Establishment{}, fmt.Errorf("creation: %w", err)
	}
	if e.Closed, err = day(p.Closed); err != nil {
		return Establishment{}, fmt.Errorf("closure: %w", err)
	}
	if r, err := staff(p.Staff); err == nil { // a code the Insee adds one day is a bracket we do not know
		e.Staff = r
	}
	return e, nil
}
