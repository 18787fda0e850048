package workflows_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"relance/contract"
	"relance/domain/casefile"
	"relance/domain/round"
	"relance/domain/scheme"
	"relance/process/histories"
	"relance/schemes"
)

// neverShown are stages that no history can hold, with the reason.
var neverShown = map[casefile.Stage]string{
	casefile.Received: "the starter sets the attribute when it starts the workflow; the workflow shows a change alone",
	casefile.Complete: "a case goes on from it at once, and shows a stage when it waits",
}

// recorded are the shapes of the recorded histories, by the file's name without its ending.
func recorded(t *testing.T) map[string]histories.Shape {
	t.Helper()
	files, err := filepath.Glob("testdata/histories/*.json")
	if err != nil {
		t.Fatal(err)
	}
	shapes := map[string]histories.Shape{}
	for _, file := range files {
		s, err := histories.Read(file)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		shapes[strings.TrimSuffix(filepath.Base(file), ".json")] = s
	}
	return shapes
}

// lacking names what no history covers: kinds of workflow, schemes, side effects, stages and actions of a case and of a session, a run that goes on and one that came.
func lacking(t *testing.T, shapes map[string]histories.Shape) []string {
	t.Helper()
	seen := map[string]bool{}
	for _, s := range shapes {
		seen[s.Workflow] = true
		for _, stage := range s.Stages {
			seen[s.Workflow+" "+stage] = true
		}
		seen[s.Workflow+" of "+s.Scheme] = true
		for _, update := range s.Updates {
			seen[s.Workflow+" does "+update] = true
		}
		for _, effect := range s.Effects {
			seen["effect "+effect] = true
		}
		seen["continued"] = seen["continued"] || s.Goes
		seen["next"] = seen["next"] || s.Came
	}
	wanted := []string{contract.ApplicationWorkflow, contract.CallWorkflow, contract.PlanWorkflow, "continued", "next"}
	for _, stage := range casefile.Stages {
		if neverShown[stage] == "" {
			wanted = append(wanted, contract.ApplicationWorkflow+" "+string(stage))
		}
	}
	for _, stage := range round.Stages {
		wanted = append(wanted, contract.CallWorkflow+" "+string(stage))
	}
	catalogue, err := scheme.Load(schemes.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range catalogue.All() {
		wanted = append(wanted, contract.ApplicationWorkflow+" of "+one.ID)
	}
	for _, effect := range effects(t) {
		wanted = append(wanted, "effect "+effect)
	}
	for _, kind := range casefile.ActTable.Kinds() {
		wanted = append(wanted, contract.ApplicationWorkflow+" does "+string(kind))
	}
	for _, kind := range round.ActTable.Kinds() {
		wanted = append(wanted, contract.CallWorkflow+" does "+string(kind))
	}
	return slices.DeleteFunc(wanted, func(one string) bool { return seen[one] })
}

// effects are the activities that workflows begin, as their source says.
func effects(t *testing.T) (names []string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, m := range regexp.MustCompile(`\bdo\.([A-Z]\w+)`).FindAllSubmatch(source, -1) {
			names = append(names, string(m[1]))
		}
	}
	slices.Sort(names)
	if names = slices.Compact(names); len(names) < 10 {
		t.Errorf("only %v are seen", names)
	}
	return names
}

// TestTheHistoriesCoverTheProcedure: no scheme, no stage, no action and no side effect goes without a recorded history.
func TestTheHistoriesCoverTheProcedure(t *testing.T) {
	shapes := recorded(t)
	if lack := lacking(t, shapes); len(lack) > 0 {
		t.Errorf("no recorded history covers %v: record one (docs/versioning.md)", lack)
	}
	for name, s := range shapes {
		for stage, why := range neverShown {
			if s.Workflow == contract.ApplicationWorkflow && slices.Contains(s.Stages, string(stage)) {
				t.Errorf("%s holds %s, of which it is said that %s", name, stage, why)
			}
		}
	}
	only := map[string]histories.Shape{} // the test sees what is missing
	for name, s := range shapes {
		if s.Workflow == contract.ApplicationWorkflow && !slices.Contains(s.Stages, string(casefile.Revoked)) {
			only[name] = s
		}
	}
	lack := lacking(t, only)
	for _, want := range []string{"Application revoked", "Application does withdraw-grant", contract.CallWorkflow, contract.PlanWorkflow} {
		if !slices.Contains(lack, want) {
			t.Errorf("without its histories, %s is not missed: %v", want, lack)
		}
	}
}

// TestTheTableOfHistories holds docs/versioning.md to the files: what each covers.
func TestTheTableOfHistories(t *testing.T) {
	shapes := recorded(t)
	var b strings.Builder
	b.WriteString("| history | workflow | stages | actions |\n|---|---|---|---|\n")
	var names []string
	for name := range shapes {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		s := shapes[name]
		kind := s.Workflow
		if s.Came {
			kind += ", from an earlier run"
		}
		if s.Goes {
			kind += ", goes on"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", name, kind, strings.Join(s.Stages, " → "), strings.Join(s.Updates, ", "))
	}
	page, err := os.ReadFile("../docs/versioning.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), b.String()) {
		t.Errorf("docs/versioning.md does not say what the histories cover; it should say\n\n%s", b.String())
	}
}

// TestRunsFromBeforeTheChangeGoOnAsBefore: an advance of which 37 actions filled one run, recorded before officers were answered first, still replays
// (TestRecordedHistories) since it takes the old branch; one recorded after it goes on in a next run.
func TestRunsFromBeforeTheChangeGoOnAsBefore(t *testing.T) {
	const change = "answer-before-next-run"
	shapes := recorded(t)
	old, is := shapes["endings-awaiting_charter-under_review-granted-repaying"]
	if !is || old.Goes || len(old.Changes) > 0 || !slices.Contains(old.Updates, string(casefile.WriteOff)) {
		t.Errorf("before: %+v", old)
	}
	next, is := shapes["endings-awaiting_charter-under_review-granted-repaying-continued"]
	if !is || !next.Goes || !slices.Contains(next.Changes, change) {
		t.Errorf("after: %+v", next)
	}
}
