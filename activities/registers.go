package activities

import (
	"context"
	"errors"
	"hash/fnv"
	"math"
	"slices"
	"strings"

	"relance/domain/casefile"
	"relance/domain/french"
	"relance/domain/scheme"
	"relance/intake/bodacc"
	"relance/intake/sirene"
)

// askRegisters asks the register of firms what it knows of the establishment, once a SIRET is known, and the bulletin whether the firm is in a
// collective proceeding. They are asked again where the aid is about to be granted or paid. A closed firm, or one in a proceeding, is barred until
// an officer lifts the bar; a register that does not answer stops nothing, and an officer is told.
func (a *Activities) askRegisters(ctx context.Context, v *scheme.Version, facts *casefile.Facts, r *casefile.Reading, again bool) error {
	field, has := v.ByType(scheme.SIRET)
	siret := facts.Fields[field.ID]
	if a.Register == nil && a.Bulletin == nil || !has || siret.Value == "" || siret.Problem != "" {
		return nil
	}
	if known := facts.Register; known != nil && known.SIRET == siret.Value && !again {
		return nil
	}
	asked := casefile.Register{SIRET: siret.Value, Asked: a.Now().UTC()}
	silent := false
	if a.Register != nil {
		e, err := a.Register.Find(ctx, siret.Value)
		switch {
		case errors.Is(err, sirene.ErrUnknown):
		case err != nil && ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			silent = true
		default:
			asked = casefile.Register{SIRET: siret.Value, Known: true, Published: e.Published, Active: e.Open, Name: e.Name, Created: e.Created,
				Commune: e.Commune, Activity: e.Activity, LegalForm: e.LegalForm, Source: e.Source, Asked: e.Asked}
		}
	}
	if a.Bulletin != nil {
		p, err := a.Bulletin.Proceeding(ctx, siret.Value[:min(len(siret.Value), 9)])
		switch {
		case err != nil && ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			silent = true
		case p != nil:
			asked.Proceeding = proceeding(p)
		}
	}
	if silent { // what was known before holds, and it is asked again with the next mail or examination
		r.Concerns = append(r.Concerns, casefile.ConcernSilent)
		return nil
	}
	facts.Register = &asked
	r.Says = &casefile.Says{Bars: asked.Bars()}
	if a.Register != nil && (!asked.Known || !asked.Active) {
		r.Concerns = append(r.Concerns, casefile.ConcernRegister)
	}
	if f, has := v.ByRole(scheme.Business); has && asked.Known && asked.Published && !likeName(facts.Fields[f.ID].Value, asked.Name) {
		r.Concerns = append(r.Concerns, casefile.ConcernOtherOne)
	}
	return nil
}

func proceeding(p *bodacc.Proceeding) string {
	return strings.TrimSpace(p.Judgement + " (BODACC " + strings.TrimSpace(p.ID+" "+p.On) + ")")
}

// forms are words of firms' names that tell none from another.
var forms = []string{"sarl", "eurl", "sas", "sasu", "sa", "sci", "snc", "scop", "scic", "ei", "eirl", "earl", "gaec", "association", "asso", "ste", "societe",
	"ets", "etablissement", "etablissements", "entreprise", "groupe", "maison", "et", "de", "du", "des", "la", "le", "les", "l", "d", "au", "aux", "cie", "fils"}

// likeName tells whether two names can be those of one firm: they have a word in common that tells something, or one says nothing. Signs differ from
// names of companies, so that nothing follows but a look.
func likeName(declared, registered string) bool {
	words := func(name string) []string {
		list := strings.FieldsFunc(french.Fold(name), func(r rune) bool { return !('a' <= r && r <= 'z' || '0' <= r && r <= '9') })
		return slices.DeleteFunc(list, func(w string) bool { return len(w) < 2 || slices.Contains(forms, w) })
	}
	one, other := words(declared), words(registered)
	if len(one) == 0 || len(other) == 0 || strings.Join(one, "") == strings.Join(other, "") {
		return true
	}
	return slices.ContainsFunc(one, func(w string) bool { return slices.Contains(other, w) })
}

// drawn tells whether the lot falls on a case, so that somebody else looks at its grant before it is paid. The lot is a keyed hash of the reference:
// nobody without the archive's key can tell, and it falls the same whenever it is asked.
func (a *Activities) drawn(ctx context.Context, reference string) (bool, error) {
	share := a.Writer.Authority.Looks()
	if share == 0 {
		return false, nil
	}
	key, err := a.index().Key(ctx, "second-look", reference)
	if err != nil {
		return false, err
	}
	lot := fnv.New64a()
	_, _ = lot.Write([]byte(key)) // it never fails
	return float64(lot.Sum64())/math.MaxUint64 < share, nil
}
