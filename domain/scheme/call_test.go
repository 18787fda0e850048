package scheme_test

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"relance/domain/casefile"
	"relance/domain/scheme"
	"relance/schemes"
)

// calls loads the call for social projects with one change.
func calls(t *testing.T, from, to string) (*scheme.Scheme, scheme.Problems) {
	t.Helper()
	folder := fstest.MapFS{}
	for _, name := range []string{"plan.yaml", "entreprendre-autrement.yaml", "jurys/entreprendre-autrement.yaml", "listes/communes.csv", "listes/communes-periurbaines.csv"} {
		text, err := fs.ReadFile(schemes.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		if name == "entreprendre-autrement.yaml" {
			if !strings.Contains(string(text), from) {
				t.Fatalf("nothing to change: %q", from)
			}
			text = []byte(strings.Replace(string(text), from, to, 1))
		}
		folder[name] = &fstest.MapFile{Data: text}
	}
	c, problems := scheme.LoadFiles(folder, []string{"entreprendre-autrement.yaml"})
	if len(problems) > 0 {
		return nil, problems
	}
	return c.All()[0], nil
}

func TestBrokenCallsAreTold(t *testing.T) {
	for _, c := range []struct{ name, from, to, says string }{
		{"an instant without its minute", "closes: 2020-09-30 12:00", "closes: 2020-09-30", "2020-09-30 12:00"},
		{"it closes before it opens", "closes: 2020-09-30 12:00", "closes: 2020-06-18 08:59", "not after it opens"},
		{"two windows that overlap", "opens: 2020-10-01 09:00", "opens: 2020-09-30 11:59", "belong to both"},
		{"two sessions of one number", `id: "2"`, `id: "1"`, "each session another one"},
		{"a session without an envelope", ", envelope: 150 000 €}\n    - {id: \"2\"", "}\n    - {id: \"2\"", "envelope"},
		{"a window of the scheme beside", "\ncall:", "\nopens: 2020-06-18\ncall:", "call.sessions"},
		{"more readers than members", "readers: 3", "readers: 7", "as many as the panel has members (6)"},
		{"a scale that is none", `{from: 0, to: 20, step: "0,5"}`, "{from: 5, to: 5}", "from less to more"},
		{"steps that do not fit", `step: "0,5"`, `step: "0,3"`, "whole steps"},
		{"a threshold above the scale", "threshold: 10", "threshold: 21", "above the scale"},
		{"a weight of nothing", "weight: 4", "weight: 0", "from 1 to 1000"},
		{"two criteria called alike", "aliases: [transition, écologie]", "aliases: [ancrage]", "could mean either"},
		{"a reminder after the end", "score_reminders: [10, 17]", "score_reminders: [10, 21]", "day 21 of 21"},
		{"no time to score", "scoring_days: 21", "scoring_days: 0", "scoring_days"},
		{"a document that is not there", "shared: [presentation, budget]", "shared: [presentation, bilan]", `no document "bilan"`},
		{"a panel that is not there", "panel_file: jurys/entreprendre-autrement.yaml", "panel_file: jurys/x.yaml", "cannot be read"},
		{"points nobody can read", "threshold: 10", "threshold: dix", "12,5"},
		{"a key that does not exist", "readers: 3", "reader: 3", `did you mean "readers"`},
	} {
		if _, problems := calls(t, c.from, c.to); !strings.Contains(problems.Error(), c.says) {
			t.Errorf("%s: want %q, got\n%s", c.name, c.says, problems)
		}
	}
}

func TestWhichSessionAnApplicationBelongsTo(t *testing.T) {
	s, problems := calls(t, "readers: 3", "readers: 3")
	if problems != nil {
		t.Fatal(problems)
	}
	at := func(text string) time.Time {
		instant, err := time.ParseInLocation("2006-01-02 15:04", text, casefile.Paris)
		if err != nil {
			t.Fatal(err)
		}
		return instant
	}
	facts := s.Versions[0].Sample()
	for _, c := range []struct{ filed, session, failed string }{
		{"2020-06-18 08:59", "1", scheme.TooEarly}, {"2020-06-18 09:00", "1", ""}, {"2020-09-30 11:59", "1", ""}, {"2020-09-30 12:00", "1", scheme.TooLate},
		{"2020-10-01 08:59", "1", scheme.TooLate}, {"2020-10-01 09:00", "2", ""}, {"2020-12-15 12:00", "2", scheme.TooLate}, {"2026-09-01 09:00", "3", ""},
	} {
		if got := s.Call.SessionAt(at(c.filed)); got.ID != c.session {
			t.Errorf("%s belongs to session %s, not %s", c.filed, got.ID, c.session)
		}
		o, err := s.Evaluate(s.Versions[0], facts, scheme.Context{Received: at(c.filed), Filed: at(c.filed)})
		failed := ""
		for _, id := range o.Failed {
			if id == scheme.TooEarly || id == scheme.TooLate {
				failed = id
			}
		}
		if err != nil || failed != c.failed {
			t.Errorf("%s: %q (%v), want %q", c.filed, failed, err, c.failed)
		}
	}
}
