package audit

import (
	"context"
	"path"
	"strings"

	"relance/domain/casefile"
	"relance/starter"
)

// readErased reads which cases were erased, and which erasures were not finished.
func (a *audit) readErased(ctx context.Context) error {
	a.erased = map[string]bool{}
	done := map[string]bool{}
	for o, err := range a.Archive.Each(ctx, "erased/") {
		if err != nil {
			return err
		}
		name := strings.TrimSuffix(path.Base(o.Key), ".json")
		if reference, is := strings.CutSuffix(name, ".done"); is {
			done[reference] = true
		} else {
			a.erased[name] = true
		}
	}
	for reference := range a.erased {
		if !done[reference] {
			a.suspect(Finding{Code: ErasureUnfinished, Case: reference, Object: starter.ErasedKey(reference)})
		}
	}
	return nil
}

// readKeys reads whose data keys there are.
func (a *audit) readKeys(ctx context.Context) error {
	a.keys = map[string]bool{}
	for o, err := range a.Archive.Each(ctx, "keys/") {
		if err != nil {
			return err
		}
		if name, is := strings.CutSuffix(strings.TrimPrefix(o.Key, "keys/"), "/key.json"); is {
			a.keys[name] = true
		}
	}
	return nil
}

// compareRest looks for what speaks of cases that are not there.
func (a *audit) compareRest(ctx context.Context) error {
	if a.box != nil {
		if err := a.compareMails(ctx); err != nil {
			return err
		}
	}
	stray := func(code, reference, object, detail string) {
		if a.references[reference] {
			return
		}
		if a.erased[reference] {
			code = ErasureLeftover
		}
		a.suspect(Finding{Code: code, Case: reference, Object: object, Detail: detail})
	}
	for reference := range a.erased {
		if a.references[reference] {
			a.suspect(Finding{Code: ErasureLeftover, Case: reference, Object: casefile.Folder(reference)})
		}
	}
	for name := range a.keys {
		if casefile.IsReference(name) {
			stray(KeyNoCase, name, "keys/"+name+"/key.json", "")
		}
	}
	for code, prefix := range map[string]string{IndexNoCase: "index/", HoldNoCase: "holds/"} {
		for o, err := range a.Archive.Each(ctx, prefix) {
			if err != nil {
				return err
			}
			if reference := strings.TrimSuffix(path.Base(o.Key), ".json"); casefile.IsReference(reference) {
				stray(code, reference, o.Key, "")
			}
		}
	}
	for reference, keys := range a.book.claims {
		for _, key := range keys {
			if c := a.book.Claims[key]; !a.references[reference] && c.Status != "released" {
				a.suspect(Finding{Code: BookNoCase, Case: reference, Object: key, Detail: string(c.Status)})
			}
		}
	}
	for id := range a.orders.placed {
		reference, _, _ := strings.Cut(id, ".")
		if !a.references[reference] && !a.erased[reference] { // orders outlast the case that was erased
			a.suspect(Finding{Code: OrderNoCase, Case: reference, Object: "plan/" + a.Catalogue.Plan.ID + "/orders/" + id + ".json"})
		}
	}
	return nil
}
