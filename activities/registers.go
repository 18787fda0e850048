package activities

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"relance/domain/casefile"
	"relance/domain/french"
	"relance/domain/scheme"
	"relance/intake/bodacc"
	"relance/intake/sirene"
)

// askRegisters asks the register of firms what it knows of the establishment, once a SIRET is known, and the bulletin whether
// the firm is in a collective proceeding. They are asked again where the aid is about to be granted or paid. A closed firm, or
// one in a proceeding, is barred until an officer lifts the bar. Of a register that does not answer what it said before holds;
// it bars nothing by itself, and an officer is told.
func (a *Activities) askRegisters(ctx context.Context, v *scheme.Version, facts *casefile.Facts, r *casefile.Reading, again bool) error {
	field, has := v.ByType(scheme.SIRET)
	siret := facts.Fields[field.ID]
	if a.Register == nil && a.Bulletin == nil || !has || siret.Value == "" || siret.Problem != "" {
		return nil
	}
	now := casefile.Register{SIRET: siret.Value}
	if known := facts.Register; known != nil && known.SIRET == siret.Value {
		if !again && !known.Silent {
			return nil
		}
		now = *known
	}
	now.Asked = a.Now().UTC()
	silent, err := a.askFirms(ctx, &now)
	if err != nil {
		return err
	}
	mute, err := a.askBulletin(ctx, &now)
	if err != nil {
		return err
	}
	if now.Silent = silent || mute; now.Silent {
		r.Concerns = append(r.Concerns, casefile.ConcernSilent)
	}
	facts.Register = &now
	r.Says = &casefile.Says{Bars: now.Bars()}
	if silent || a.Register == nil {
		return nil
	}
	if !now.Known || !now.Active {
		r.Concerns = append(r.Concerns, casefile.ConcernRegister)
	}
	if f, has := v.ByRole(scheme.Business); has && now.Known && now.Published && !likeName(facts.Fields[f.ID].Value, now.Name) {
		r.Concerns = append(r.Concerns, casefile.ConcernOtherOne)
	}
	return nil
}

// askFirms takes in what the register of firms says now. Silent tells that it does not answer.
func (a *Activities) askFirms(ctx context.Context, g *casefile.Register) (silent bool, err error) {
	if a.Register == nil {
		return false, nil
	}
	e, err := a.Register.Find(ctx, g.SIRET)
	switch {
	case errors.Is(err, sirene.ErrUnknown):
		*g = casefile.Register{SIRET: g.SIRET, Proceeding: g.Proceeding, Asked: g.Asked}
	case err != nil:
		return true, ctx.Err()
	default:
		*g = casefile.Register{SIRET: g.SIRET, Known: true, Published: e.Published, Active: e.Open, Name: e.Name, Created: e.Created, Commune: e.Commune,
			Activity: e.Activity, LegalForm: e.LegalForm, Source: e.Source, Proceeding: g.Proceeding, Asked: e.Asked}
	}
	return false, nil
}

// askBulletin takes in what the bulletin of announcements says now. Silent tells that it does not answer.
func (a *Activities) askBulletin(ctx context.Context, g *casefile.Register) (silent bool, err error) {
	if a.Bulletin == nil {
		return false, nil
	}
	p, err := a.Bulletin.Proceeding(ctx, g.SIRET[:min(len(g.SIRET), 9)])
	if err != nil {
		return true, ctx.Err()
	}
	if g.Proceeding = ""; p != nil {
		g.Proceeding = proceeding(p)
	}
	return false, nil
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
	const digits = 12
	lot, err := strconv.ParseUint(key[len(key)-digits:], 16, 64)
	return float64(lot) < share*float64(uint64(1)<<(4*digits)), err
}
