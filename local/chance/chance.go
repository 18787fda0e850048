// Package chance gives tests their luck: the same in every ordinary run, so that none fails by it, and another in a long
// run, which looks for what nobody thought of. RAPID_SEED=0 makes each run another; any other number is a run that can be
// had again (docs/testing.md). No code but tests imports it.
package chance

import (
	"flag"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

const (
	variable = "RAPID_SEED"
	usual    = 1 // the seed of ordinary runs
)

// init gives rapid the seed of ordinary runs where neither the environment nor, later, the command line names one.
func init() {
	if _, named := os.LookupEnv(variable); !named {
		f := flag.Lookup("rapid.seed")
		if err := f.Value.Set(strconv.Itoa(usual)); err != nil {
			panic(err)
		}
	}
}

// Check is rapid.Check: it looks for values under which a property does not hold.
func Check(t *testing.T, property func(*rapid.T)) {
	t.Helper()
	rapid.Check(t, property)
}

// New gives a source of random numbers, another one for each number that is asked for. Where the run is another one each
// time, the log of a test that failed tells how to have it again.
func New(t testing.TB, number uint64) *rand.Rand {
	t.Helper()
	seed, err := strconv.ParseUint(os.Getenv(variable), 10, 64)
	switch {
	case os.Getenv(variable) == "" || err != nil:
		seed = usual
	case seed == 0:
		seed = rand.Uint64()
		t.Logf("%s=%d", variable, seed)
	}
	return rand.New(rand.NewPCG(seed, number))
}
