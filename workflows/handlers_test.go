package workflows

import (
	"testing"

	"relance/domain/casefile"
)

// TestEveryActHasOneHandler holds the handlers of all topics to the table of acts.
func TestEveryActHasOneHandler(t *testing.T) {
	for _, row := range casefile.ActTable {
		if carriedOut[row.Kind] == nil {
			t.Errorf("%s has no handler", row.Kind)
		}
	}
	of := map[casefile.ActKind]int{}
	for _, topic := range topics {
		for kind := range topic {
			of[kind]++
		}
	}
	for kind, n := range of {
		if _, known := casefile.ActTable.Of(kind); !known || n != 1 {
			t.Errorf("%s: in the table %v, handlers %d", kind, known, n)
		}
	}
}
