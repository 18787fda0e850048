package histories

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	historypb "go.temporal.io/api/history/v1"
)

const appealed = "../../workflows/testdata/histories/cordonnerie.json"

func TestShape(t *testing.T) {
	s, err := Read(appealed)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(s.Stages, " "); s.Workflow != "Application" || got != "under_review rejected under_appeal awaiting_charter granted closed" || s.Goes || s.Came {
		t.Errorf("%+v", s)
	}
	if !slices.Equal(s.Updates, []string{"reject", "grant-appeal"}) || !slices.Equal(s.Signals, []string{"mail"}) {
		t.Errorf("%+v", s)
	}
	if _, err := Of(&historypb.History{}); err == nil {
		t.Error("nothing has a shape")
	}
	if _, err := Read("histories.go"); err == nil {
		t.Error("this is no history")
	}
}

// A history that is kept is frozen: recording again does not touch it.
func TestAFileThatIsThereStays(t *testing.T) {
	r := Recorder{Folder: t.TempDir()}
	first := &historypb.History{Events: []*historypb.HistoryEvent{{EventId: 1}}}
	if kept, err := r.Keep("one", first); err != nil || !kept {
		t.Fatal(kept, err)
	}
	file := filepath.Join(r.Folder, "one.json")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if kept, err := r.Keep("one", &historypb.History{}); err != nil || kept {
		t.Error(kept, err)
	}
	if after, err := os.ReadFile(file); err != nil || string(after) != string(before) {
		t.Errorf("%s became %s (%v)", before, after, err)
	}
	r.Folder = filepath.Join(r.Folder, "none")
	if _, err := r.Keep("one", first); err == nil {
		t.Error("kept in a folder that is not there")
	}
}

// What is kept is what no file covers yet, and of two runs alike the shorter.
func TestWhatIsNew(t *testing.T) {
	known := map[string]bool{}
	s, err := Read("../../workflows/testdata/histories/cordonnerie.json")
	if err != nil {
		t.Fatal(err)
	}
	if s.news(known) == 0 {
		t.Error("the first history covers nothing")
	}
	s.mark(known)
	if n := s.news(known); n != 0 {
		t.Errorf("the same again covers %d more", n)
	}
	other := s
	other.Updates = append(slices.Clone(s.Updates), "notify")
	other.Stages = append(slices.Clone(s.Stages), "hearing")
	if n := other.news(known); n != 2 {
		t.Errorf("an action and a way more are %d", n)
	}
	if n := (Shape{}).news(known); n != 0 {
		t.Errorf("nothing covers %d", n)
	}
}
