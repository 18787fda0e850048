package casefile

import (
	"encoding/json"
	"slices"
	"strings"

	"relance/domain/chain"
)

// Carried are the keys of the acts that were carried out, the last hundred: Temporal's own memory of update ids ends with a run. Each key
// is bound to what was asked for under it.
type Carried []string

// bound parts a key from the hash of what it was used for. Keys of before have none.
const bound = "#sha256:"

// Has tells whether an act was carried out under a key.
func (c Carried) Has(id string) bool {
	return id != "" && slices.ContainsFunc(c, func(k string) bool { return k == id || strings.HasPrefix(k, id+bound) })
}

// Again tells whether the same act was carried out before. A key that was used for something else is refused: whoever acts would be told
// that it is done.
func (c Carried) Again(id, sum string) (bool, error) {
	if !c.Has(id) {
		return false, nil
	}
	if slices.Contains(c, id) || slices.Contains(c, id+bound+sum) {
		return true, nil
	}
	return false, refuse("la clé « %s » a déjà servi à une autre action ; prenez-en une autre (-id)", id)
}

// Add remembers an act.
func (c *Carried) Add(id, sum string) {
	if *c = append(*c, id+bound+sum); len(*c) > 100 {
		*c = (*c)[len(*c)-100:]
	}
}

// Sum is the hash of what an act asks for, whatever its key and whatever it presupposes: a mark that is read once more has
// grown, and an act that is repeated with it is the same.
func (a Act) Sum(kind ActKind) string {
	a.ID, a.Known, a.Alone = "", "", false
	return SumOf(string(kind), a)
}

// SumOf is the hash of what is asked for by a kind of act.
func SumOf(kind string, act any) string {
	//workflowcheck:ignore a struct is written field by field, and a map by its sorted keys
	text, err := json.Marshal(act)
	if err != nil {
		panic(err) // it is plain data, and came as JSON
	}
	return chain.Hash([]byte(kind + "\n" + string(text)))[:16]
}

// UnmarshalJSON tells an amount of nothing from none, which means all.
func (a *Act) UnmarshalJSON(text []byte) error {
	type plain Act
	if err := json.Unmarshal(text, (*plain)(a)); err != nil {
		return err
	}
	var given struct {
		Amount *int64 `json:"amount"`
	}
	err := json.Unmarshal(text, &given)
	a.Nothing = given.Amount != nil && *given.Amount == 0
	return err
}
