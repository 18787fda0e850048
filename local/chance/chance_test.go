package chance_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"relance/local/chance"
)

// TestDraws is what the other tests run in processes of their own; it writes what chance gave it.
func TestDraws(t *testing.T) {
	if os.Getenv("CHANCE_TEST") == "" {
		t.Skip("for TestOrdinaryRunsAreTheSame")
	}
	var drawn []uint64
	chance.Check(t, func(r *rapid.T) { drawn = append(drawn, rapid.Uint64().Draw(r, "n")) })
	t.Log("drawn", drawn[:50], chance.New(t, 1).Uint64(), chance.New(t, 2).Uint64())
}

func TestOrdinaryRunsAreTheSame(t *testing.T) {
	draws := func(flags []string, environment ...string) string {
		t.Helper()
		c := exec.Command(os.Args[0], append([]string{"-test.run=TestDraws", "-test.v"}, flags...)...)
		c.Env = append(append(os.Environ(), "CHANCE_TEST=1"), environment...)
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		_, drawn, _ := strings.Cut(string(out), "drawn")
		drawn, _, _ = strings.Cut(drawn, "\n")
		return drawn
	}
	t.Setenv("RAPID_SEED", "") // for t.Setenv to give it back
	os.Unsetenv("RAPID_SEED")
	once := draws(nil)
	if once == "" || draws(nil) != once {
		t.Errorf("two ordinary runs draw\n%s\nand\n%s", once, draws(nil))
	}
	for name, other := range map[string]string{
		"a seed in the environment":       draws(nil, "RAPID_SEED=7"),
		"a seed on the command line":      draws([]string{"-rapid.seed=7"}),
		"a run that is another each time": draws(nil, "RAPID_SEED=0"),
	} {
		if other == once {
			t.Errorf("%s: the same draws as in an ordinary run", name)
		}
	}
	for seed, same := range map[string]bool{"RAPID_SEED=7": true, "RAPID_SEED=0": false} {
		first, second := draws(nil, seed), draws(nil, seed)
		if (first == second) != same {
			t.Errorf("%s: the same draws twice is %v", seed, !same)
		}
	}
}
