package casefile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
)

// Role is what a person has to be for the authority to do an act.
type Role string

// The roles. The authority's file says who has which.
const (
	RoleOfficer   Role = "officer"   // handles cases
	RoleSignatory Role = "signatory" // signs decisions that officers have prepared
)

// Row is everything the house knows of one kind of act but its handler, which package workflows has. The updates, Temporal's page, the command
// line, rights and the journal follow from it. K is the kind, S the state that the act changes, A the act.
type Row[K ~string, S, A any] struct {
	Kind K
	// Code is the act's entry in the journal. Its words are the label of events of that name.
	Code string
	// Role is who may do it; the zero value is an officer.
	Role Role
	// Help says in French, on Temporal's page, what the act does, with an example of its input.
	Help string
	// Command is the command that does it, with its verb where it has one: "case appeal receive".
	Command string
	// About explains the command in English, where the command follows from this row. A command with arguments of its own stands in package command.
	About string
	// Takes are the inputs beside who acts, as the act's JSON calls them.
	Takes []string
	// Payload is the type of the act's own input, where it has one.
	Payload reflect.Type
	// May tells whether the act can be done on the state as it stands. A refusal says why not, and what could be done. No May: always.
	May func(S, A) error
}

// Rows is a table of acts.
type Rows[K ~string, S, A any] []Row[K, S, A]

// Kinds lists the acts of a table.
func (rows Rows[K, S, A]) Kinds() []K {
	kinds := make([]K, len(rows))
	for i, r := range rows {
		kinds[i] = r.Kind
	}
	return kinds
}

// Of finds the row of an act.
func (rows Rows[K, S, A]) Of(kind K) (Row[K, S, A], bool) {
	i := slices.IndexFunc(rows, func(r Row[K, S, A]) bool { return r.Kind == kind })
	if i < 0 {
		return Row[K, S, A]{}, false
	}
	return rows[i], true
}

// May tells whether an act can be done on the state as it stands.
func (rows Rows[K, S, A]) May(kind K, state S, act A) error {
	row, known := rows.Of(kind)
	switch {
	case !known:
		return refuse("action inconnue « %s »", kind)
	case row.May == nil:
		return nil
	}
	return row.May(state, act)
}

// Journal is the code of an act in the journal.
func (rows Rows[K, S, A]) Journal(kind K) string {
	row, _ := rows.Of(kind)
	return row.Code
}

// Payload is the input of an act of its own type. A field that the type does not have is refused: it would be lost without a word.
func Payload[P any](a Act) (P, error) {
	var p P
	d := json.NewDecoder(bytes.NewReader(a.Payload))
	d.DisallowUnknownFields()
	if len(a.Payload) == 0 {
		return p, nil
	}
	if err := d.Decode(&p); err != nil {
		return p, refuse("saisie incomprise : %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := d.Token(); err != io.EOF {
		return p, refuse("saisie incomprise : il y a quelque chose après le contenu")
	}
	return p, nil
}

// MayWith makes the May of an act with an input of its own type.
func MayWith[P any](may func(*State, Act, P) error) func(*State, Act) error {
	return func(s *State, a Act) error {
		p, err := Payload[P](a)
		if err != nil {
			return err
		}
		return may(s, a, p)
	}
}

// Pack puts an input of its own type into an act.
func (a Act) Pack(p any) (Act, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return a, fmt.Errorf("input of an act: %w", err)
	}
	a.Payload = text
	return a, nil
}
