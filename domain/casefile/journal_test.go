package casefile_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"relance/domain/casefile"
	"relance/domain/chain"
	"relance/local/chance"
)

// A case of five years: the state that travels with every activity does not grow with its journal, and loses nothing that is not stored.
func TestTheStateCarriesWhatIsNotStoredAndTheNewest(t *testing.T) {
	chance.Check(t, func(t *rapid.T) {
		s := casefile.State{Reference: "RBD-7K3M9-QXD3A"}
		var lines [][]byte // the journal in the folder
		for i := range rapid.IntRange(1, 20).Draw(t, "steps") {
			for range rapid.IntRange(0, 60).Draw(t, "entries") {
				s.Note(casefile.Entry{At: time.Unix(int64(i), 0), Who: casefile.Engine, What: "reminder"})
			}
			text, err := json.Marshal(s) // through Temporal, and into the next run
			if err != nil {
				t.Fatal(err)
			}
			s = casefile.State{}
			if err := json.Unmarshal(text, &s); err != nil {
				t.Fatal(err)
			}
			if !rapid.Bool().Draw(t, "store") {
				continue
			}
			for _, e := range s.Unstored() {
				lines = append(lines, e.Line())
			}
			s.Keep(casefile.Ref{Key: "cases/RBD-7K3M9-QXD3A/case.json", SHA256: fmt.Sprint(i)})
			lines = append(lines, s.Journal[len(s.Journal)-1].Line())
			if len(s.Unstored()) != 0 || len(s.Journal) > 40 {
				t.Fatalf("%d unstored, %d carried", len(s.Unstored()), len(s.Journal))
			}
		}
		for _, e := range s.Unstored() {
			lines = append(lines, e.Line())
		}
		if _, faults := chain.Check(s.Reference, chain.Join(lines), []chain.Tip{s.Chain, s.Stored}, nil); faults != nil || len(lines) != s.Chain.Length {
			t.Fatalf("%d lines of %d: %v", len(lines), s.Chain.Length, faults)
		}
	})
}

func TestMailsAreCountedPerLegalDay(t *testing.T) {
	var s casefile.State
	at := time.Date(2020, 9, 15, 21, 59, 0, 0, time.UTC) // a minute before midnight in Paris
	piece := casefile.Sent{Pieces: []casefile.SentPiece{{Name: "noted"}, {Name: "noted"}}}
	s.Account(piece, at)
	if s.SentOn(at) != 2 || s.SentOn(at.Add(2*time.Minute)) != 0 {
		t.Errorf("%d, %d", s.SentOn(at), s.SentOn(at.Add(2*time.Minute)))
	}
	s.Account(piece, at.Add(2*time.Minute))
	if s.SentOn(at) != 0 || s.SentOn(at.Add(time.Hour)) != 2 {
		t.Errorf("the next day: %d", s.SentOn(at.Add(time.Hour)))
	}
}
