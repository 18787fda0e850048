package reading

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"relance/domain/casefile"
	"relance/domain/scheme"
	"relance/intake/fields"
)

// placed gives what was found with the entries of groups in their places. A list that is whole takes the place of the one before; a part of one
// is added to it: by the number that the person wrote, by the name of the entry, or where that very answer was missing. An answer that has no
// place is left out.
func placed(known map[string]casefile.Value, found []fields.Found, from casefile.Value, in Input) []fields.Found {
	groups := map[string][]fields.Found{}
	var list []fields.Found
	for _, f := range found {
		if group, _, is := strings.Cut(f.Field, "."); is {
			groups[group] = append(groups[group], f)
		} else {
			list = append(list, f)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(groups)) {
		if g, is := in.Version.Field(id); is {
			list = append(list, group{g, known, from, in}.place(groups[id])...)
		}
	}
	return list
}

// group is a group of fields with what is known of it.
type group struct {
	field scheme.Field
	known map[string]casefile.Value
	from  casefile.Value
	in    Input
}

// earlier tells whether a value of the group came before this mail or file.
func (g group) earlier(key string, v casefile.Value) bool {
	return strings.HasPrefix(key, g.field.ID+".") && (v.Mail != g.from.Mail || v.File != g.from.File)
}

func (g group) place(found []fields.Found) []fields.Found {
	old := 0
	for key, v := range g.known {
		if g.earlier(key, v) {
			old = max(old, entryOf(key))
		}
	}
	if old == 0 || slices.ContainsFunc(found, func(f fields.Found) bool { return f.Numbered }) {
		return found
	}
	entries := map[int][]fields.Found{}
	for _, f := range found {
		entries[entryOf(f.Field)] = append(entries[entryOf(f.Field)], f)
	}
	if g.whole(entries) && (len(entries) >= old || !g.names(entries)) {
		maps.DeleteFunc(g.known, g.earlier)
		return found
	}
	var list []fields.Found
	taken := map[string]bool{}
	for _, n := range slices.Sorted(maps.Keys(entries)) {
		to := g.named(entries[n], old)
		if to > old {
			old = to
		}
		for _, f := range entries[n] {
			id := f.Field[strings.LastIndexByte(f.Field, '.')+1:]
			key := scheme.EntryKey(g.field.ID, to, id)
			if to == 0 {
				key = g.missing(id, taken)
			}
			if _, _, ok := g.in.Version.FieldAt(key); ok && !taken[key] {
				taken[key], f.Field = true, key
				list = append(list, f)
			}
		}
	}
	return list
}

// whole tells whether entries are a whole list: each with all its fields, and enough of them.
func (g group) whole(entries map[int][]fields.Found) bool {
	for _, e := range entries {
		for _, below := range g.field.Fields {
			if !below.Optional && !slices.ContainsFunc(e, func(f fields.Found) bool { return strings.HasSuffix(f.Field, "."+below.ID) && f.Value != "" }) {
				return false
			}
		}
	}
	return len(entries) >= max(g.field.Min, 1)
}

// names tells whether entries have names of their own.
func (g group) names(entries map[int][]fields.Found) bool {
	for _, e := range entries {
		if g.nameIn(e) == "" {
			return false
		}
	}
	return true
}

// nameIn is the name of an entry: its first text.
func (g group) nameIn(entry []fields.Found) string {
	i := slices.IndexFunc(g.field.Fields, func(f scheme.Field) bool { return f.Type == scheme.Text })
	if i < 0 {
		return ""
	}
	for _, f := range entry {
		if strings.HasSuffix(f.Field, "."+g.field.Fields[i].ID) {
			return scheme.Fold(f.Value)
		}
	}
	return ""
}

// named finds the place of an entry by its name: where one of that name is known, else behind the last; 0 where it has none.
func (g group) named(entry []fields.Found, last int) int {
	name := g.nameIn(entry)
	if name == "" {
		return 0
	}
	for key, v := range g.known {
		if g.earlier(key, v) && scheme.Fold(v.Value) == name {
			return entryOf(key)
		}
	}
	return last + 1
}

// missing is the first entry that lacks a field, as the applicant was told.
func (g group) missing(id string, taken map[string]bool) string {
	for _, w := range g.in.State.Missing {
		if strings.HasPrefix(w.ID, g.field.ID+".") && strings.HasSuffix(w.ID, "."+id) && !taken[w.ID] {
			return w.ID
		}
	}
	return ""
}

// entryOf is the number of the entry that a key belongs to.
func entryOf(key string) int {
	parts := strings.Split(key, ".")
	if len(parts) != 3 {
		return 0
	}
	n, err := strconv.Atoi(parts[1])
	if err != nil {
		return 0
	}
	return n
}
