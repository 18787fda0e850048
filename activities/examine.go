package activities

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"relance/contract"
	"relance/domain/authority"
	"relance/domain/casefile"
	"relance/domain/scheme"
	"relance/intake/reading"
	"relance/intake/supporting"
	"relance/store/index"
)

// Examine applies the rules to a case again: under a newer version where that takes running cases, and with what is known
// by now of the firm's other cases. Where the case is about to be granted, the index is told before it is asked, so that of
// two cases that exclude each other at most one is granted however close together they are decided.
func (a *Activities) Examine(ctx context.Context, x contract.Examination) (casefile.Reading, error) {
	r, err := a.examine(ctx, x)
	return r, classify(err)
}

func (a *Activities) examine(ctx context.Context, x contract.Examination) (casefile.Reading, error) {
	facts, err := a.facts(ctx, x.State.Facts)
	if err != nil {
		return casefile.Reading{}, err
	}
	r := casefile.Reading{Kin: x.State.Kin, Missing: x.State.Missing, Verdict: x.State.Verdict}
	before := x.State
	if x.Granting {
		x.State.Decision = &casefile.Decision{Grant: true, Amount: cmp.Or(x.Act.Amount, x.State.Verdict.Amount), At: x.At}
	}
	if err := a.judge(ctx, x, &facts, &r); err != nil {
		return r, err
	}
	if x.Granting {
		if r.Drawn, err = a.drawn(ctx, x.State.Reference); err != nil {
			return r, err
		}
	}
	if r.Facts, err = a.storeFacts(ctx, x.State, facts); err != nil || x.Act.By == "" || len(r.Missing) > 0 || !r.Verdict.Eligible {
		return r, err
	}
	after := before.Clone()
	after.Examined(r, x.At)
	draft, _, err := a.draft(ctx, Wish{State: after, Kind: casefile.Approve, Act: x.Act, At: x.At}, facts)
	r.Lacks = goes(draft, x.Act.Seen)
	return r, err
}

// judge applies the rules to facts: it asks the register of firms, the index of cases and the plan, chooses the version, and
// notes the case in the index.
func (a *Activities) judge(ctx context.Context, x contract.Examination, facts *casefile.Facts, r *casefile.Reading) error {
	sch, base, err := a.version(ctx, x.State)
	if err != nil {
		return err
	}
	if err := a.askRegisters(ctx, base, facts, r, x.Granting); err != nil {
		return err
	}
	state := x.State
	if state.Terms.SchemeDigest == "" { // with the first mail
		state.Terms = sch.Terms(base)
	}
	if r.Kin, err = a.note(ctx, state, *facts, base); err != nil {
		return err
	}
	if err := a.compare(ctx, state, *facts, base, r); err != nil {
		return err
	}
	rules := scheme.Context{Received: casefile.Date(x.State.Received), Register: registered(facts.Register)}
	if c := candidacy(sch, x); c != nil {
		if x.State.Candidacy == nil {
			r.Candidacy = c
		}
		if c.Admitted == "" {
			rules.Filed = c.Filed
		}
	}
	if rules.Others, rules.DeMinimis, err = a.others(ctx, x.State, r.Kin, x.At); err != nil {
		return err
	}
	v := base
	if !x.State.Stage.Decided() && !x.State.Stage.Final() { // a decided case keeps its version
		v = sch.Choose(base, reading.Known(*facts), rules, x.At)
	}
	r.Terms = nil
	terms := sch.Terms(v)
	terms.Batch = a.Writer.Authority.Signature == authority.InBatches
	if terms.SchemeDigest != x.State.Terms.SchemeDigest {
		r.Terms = &terms
		if err := a.keepVersion(ctx, sch, v); err != nil {
			return err
		}
	}
	r.Missing, r.Verdict = reading.Examine(reading.Examination{State: x.State, Facts: *facts, Scheme: sch, Version: v, Context: rules, HasLine: a.hasLine})
	switch told := slices.Contains(x.State.Concerns, casefile.ConcernRule); {
	case r.Verdict.Broken != "" && !told:
		r.Concerns = append(r.Concerns, casefile.ConcernRule)
	case r.Verdict.Broken == "" && told:
		r.Settled = append(r.Settled, casefile.ConcernRule)
	}
	if slices.Contains(x.State.Concerns, casefile.ConcernContradict) && len(supporting.Contradictions(v, x.State.Documents, *facts)) == 0 {
		r.Settled = append(r.Settled, casefile.ConcernContradict)
	}
	return nil
}

// candidacy is the part that a case takes in a call: the one it has, or with its first mail that in the session open when our mail
// server had it. docs/calls.md has the rule for mails that come late.
func candidacy(sch *scheme.Scheme, x contract.Examination) *casefile.Candidacy {
	if sch.Call == nil || x.State.Candidacy != nil {
		return x.State.Candidacy
	}
	filed := x.State.Received
	session := sch.Call.SessionAt(filed)
	c := &casefile.Candidacy{Call: sch.CallID(session.ID), Closes: session.Closes.UTC(), Filed: filed, Late: !filed.Before(session.Closes.Time)}
	hours := sch.Call.LateHours
	if hours == 0 {
		hours = 24
	}
	c.Dated = c.Late && !x.Dated.IsZero() && x.Dated.Before(session.Closes.Time) && filed.Before(session.Closes.Add(time.Duration(hours)*time.Hour))
	return c
}

// hasLine tells whether the plan has a line.
func (a *Activities) hasLine(line string) bool {
	_, found := a.Plan.Find(line)
	return found
}

// version finds the scheme of a case and the version it was received under, as it was then.
func (a *Activities) version(ctx context.Context, s casefile.State) (*scheme.Scheme, *scheme.Version, error) {
	sch, err := a.Catalogue.Find(s.Scheme)
	if err != nil && s.Terms.SchemeDigest == "" {
		return nil, nil, err
	}
	if s.Terms.SchemeVersion == "" {
		return sch, sch.At(casefile.Date(s.Received)), nil
	}
	if err == nil {
		if v, err := sch.Version(s.Terms.SchemeVersion); err == nil && v.Digest() == s.Terms.SchemeDigest {
			return sch, v, nil
		}
	}
	kept, err := a.Archive.Get(ctx, scheme.SnapshotKey(s.Scheme, s.Terms.SchemeVersion, s.Terms.SchemeDigest))
	if err != nil {
		return nil, nil, fmt.Errorf("version %s of scheme %s as the case was received under it: %w", s.Terms.SchemeVersion, s.Scheme, err)
	}
	old, v, err := scheme.Restore(kept)
	if err == nil && sch != nil { // the versions that have come since
		whole := *sch
		whole.Versions = append([]*scheme.Version{v}, sch.Versions...)
		return &whole, v, nil
	}
	return old, v, err
}

// keepVersion keeps a version of a scheme whole, for the cases that are received under it.
func (a *Activities) keepVersion(ctx context.Context, sch *scheme.Scheme, v *scheme.Version) error {
	if _, known := a.keptVersions.Load(v.Digest()); known {
		return nil
	}
	content, digest, err := sch.Snapshot(v)
	if err != nil {
		return err
	}
	if _, err := a.Archive.PutOnce(ctx, scheme.SnapshotKey(sch.ID, v.Version, digest), content, "application/json"); err != nil {
		return err
	}
	a.keptVersions.Store(v.Digest(), true)
	return nil
}

func registered(g *casefile.Register) scheme.Registered {
	if g == nil {
		return scheme.Registered{}
	}
	return scheme.Registered{Known: g.Known && g.Published, Active: g.Active, Created: g.Created, Commune: g.Commune, Code: g.Activity, Form: g.LegalForm}
}

// kinEntry is what the index says of one case to the others of the same firm. It names neither. It lies under the SIREN or, where none is known, under
// the IBAN; where both are, the IBAN says that it is there.
type kinEntry struct {
	Reference string    `json:"reference"`
	Under     string    `json:"under,omitempty"` // the key that has the entry; all else is empty then
	Scheme    string    `json:"scheme"`
	Status    string    `json:"status"` // casefile.KinOpen, …
	Cents     int64     `json:"cents,omitempty"`
	DeMinimis bool      `json:"de_minimis,omitempty"`
	Received  time.Time `json:"received"`
	At        time.Time `json:"at,omitzero"` // of the decision
}

// note tells the index how a case stands, under the keys of its firm, and gives those keys. The index lies in the archive:
// index/KEY/REFERENCE.json.
func (a *Activities) note(ctx context.Context, s casefile.State, facts casefile.Facts, v *scheme.Version) (casefile.Kin, error) {
	kin := s.Kin
	firm := identifiers(facts, v)
	for _, id := range []struct {
		key  *string
		kind string
		now  string
	}{{&kin.SIREN, index.SIREN, firm.siren}, {&kin.IBAN, index.IBAN, firm.iban}, {&kin.SIRET, index.SIRET, firm.siret}} {
		if id.now == "" {
			continue
		}
		key, err := a.index().Key(ctx, id.kind, id.now)
		if err != nil {
			return kin, err
		}
		if *id.key != "" && *id.key != key && id.kind != index.SIRET { // it was corrected: the firm it was first taken for does not have this case
			if err := a.forget(ctx, *id.key, s.Reference); err != nil {
				return kin, err
			}
		}
		*id.key = key
	}
	s.Kin = kin
	return a.noteKin(ctx, s)
}

// noteKin writes how a case stands under the keys of its firm, unless that is known already. It gives the keys with what tells one entry from another.
func (a *Activities) noteKin(ctx context.Context, s casefile.State) (casefile.Kin, error) {
	entry := kinEntry{Reference: s.Reference, Scheme: s.Scheme, Status: s.KinStatus(), Received: s.Received, DeMinimis: s.Terms.DeMinimis}
	switch {
	case s.Decision != nil:
		entry.Cents, entry.At = s.Decision.Amount, s.Decision.At
	case s.Stage == casefile.Waitlisted:
		entry.Cents = s.Verdict.Amount
	}
	text, err := json.Marshal(entry)
	if err != nil {
		return s.Kin, err
	}
	kin := s.Kin
	kin.Noted, kin.Tied = hash(append(text, kin.SIREN+kin.IBAN...))[:16], hash([]byte(kin.SIREN + kin.IBAN))[:16]
	if kin.Noted == s.Kin.Noted {
		return s.Kin, nil
	}
	put := func(key string, text []byte) error {
		return a.Archive.PutVersion(ctx, index.Path(key, s.Reference), text, "application/json")
	}
	key := cmp.Or(kin.SIREN, kin.IBAN)
	if key == "" {
		return kin, nil
	}
	if err := put(key, text); err != nil || kin.IBAN == "" || key == kin.IBAN || kin.Tied == s.Kin.Tied {
		return kin, err
	}
	if text, err = json.Marshal(kinEntry{Reference: s.Reference, Under: key}); err != nil {
		return s.Kin, err
	}
	return kin, put(kin.IBAN, text)
}

func (a *Activities) forget(ctx context.Context, key, reference string) error {
	text, err := json.Marshal(kinEntry{Reference: reference, Status: casefile.KinEnded})
	if err != nil {
		return err
	}
	return a.Archive.PutVersion(ctx, index.Path(key, reference), text, "application/json")
}

// identity is what tells a firm apart: its SIREN, also as the first nine digits of its SIRET, its establishment and its IBAN.
type identity struct{ siren, siret, iban string }

func identifiers(facts casefile.Facts, v *scheme.Version) identity {
	sure := func(t scheme.Type) string {
		f, ok := v.ByType(t)
		if value := facts.Fields[f.ID]; ok && value.Problem == "" {
			return value.Value
		}
		return ""
	}
	id := identity{siret: sure(scheme.SIRET), iban: sure(scheme.IBAN)}
	if len(id.siret) == 14 {
		id.siren = id.siret[:9]
	} else {
		id.siret, id.siren = "", sure(scheme.SIREN)
	}
	return id
}

// others lists the firm's other cases, and the de minimis aid it was granted in the three years before (regulation (EU)
// 2023/2831, article 3(2)).
func (a *Activities) others(ctx context.Context, s casefile.State, kin casefile.Kin, at time.Time) ([]scheme.Other, int, error) {
	found := map[string]*scheme.Other{}
	minimis := 0
	for _, key := range []string{kin.SIREN, kin.IBAN} {
		if key == "" {
			continue
		}
		names, err := a.Archive.Names(ctx, "index/"+key+"/")
		if err != nil {
			return nil, 0, err
		}
		for _, name := range names {
			if name == index.Path(key, s.Reference) {
				continue
			}
			e, err := a.kinEntry(ctx, name)
			if err != nil {
				return nil, 0, fmt.Errorf("index: %w", err)
			}
			if e.Scheme == "" {
				continue
			}
			o := found[e.Reference]
			if o == nil {
				o = &scheme.Other{Scheme: e.Scheme, Open: e.Status == casefile.KinOpen, Granted: e.Status == casefile.KinGranted, DeMinimis: e.DeMinimis,
					Amount: int(e.Cents), Earlier: e.Received.Before(s.Received)}
				found[e.Reference] = o
				if o.Granted && e.DeMinimis && e.At.After(at.AddDate(-3, 0, 0)) {
					minimis += int(e.Cents)
				}
			}
			o.SameSIREN = o.SameSIREN || key == kin.SIREN
			o.SameIBAN = o.SameIBAN || key == kin.IBAN
		}
	}
	var list []scheme.Other
	for _, o := range found {
		list = append(list, *o)
	}
	return list, minimis, nil
}

// kinEntry gives what the index says of a case, wherever it says it.
func (a *Activities) kinEntry(ctx context.Context, name string) (e kinEntry, err error) {
	for range 2 {
		e = kinEntry{}
		text, err := a.Archive.Get(ctx, name)
		if err == nil {
			err = json.Unmarshal(text, &e)
		}
		if err != nil || e.Under == "" {
			return e, err
		}
		name = index.Path(e.Under, e.Reference)
	}
	return e, nil
}
