package scheme_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"relance/domain/scheme"
)

var block = regexp.MustCompile("(?ms)^```(yaml|json) (append )?(\\S+)\n(.*?)^```$")

// TestTheTutorial does what docs/schemes.md says, and gets what it says.
func TestTheTutorial(t *testing.T) {
	text, err := os.ReadFile("../../docs/schemes.md")
	if err != nil {
		t.Fatal(err)
	}
	folder := fstest.MapFS{}
	for _, m := range block.FindAllStringSubmatch(string(text), -1) {
		name, content := m[3], []byte(m[4])
		if m[2] != "" {
			content = append(append(folder[name].Data, '\n'), content...)
		}
		folder[name] = &fstest.MapFile{Data: content}
	}
	c, problems := scheme.LoadFiles(folder, []string{"fonds-livre.yaml", "plan.yaml"})
	if len(problems) > 0 || len(c.All()) != 1 {
		t.Fatal(problems)
	}
	s := c.All()[0]
	in, err := scheme.ReadInput(folder["facts.json"].Data)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		day, loss string
		want      int64
	}{{"2026-03-01", "1 000,50 €", 50025}, {"2026-06-30", "9 000 €", 80000}, {"2026-07-01", "9 000 €", 120000}} {
		day, want := c.day, c.want
		in.Fields["perte"] = c.loss
		received, _ := time.Parse(time.DateOnly, day)
		v := s.At(received)
		facts, unread, err := v.Normalised(in.Fields)
		if err != nil || len(unread) > 0 {
			t.Fatal(err, unread)
		}
		if o, err := s.Evaluate(v, facts, scheme.Context{Received: received}); err != nil || !o.Eligible || int64(o.Amount) != want {
			t.Errorf("%s: %+v, %v", day, o, err)
		}
	}
	folder["broken.yaml"] = &fstest.MapFile{Data: []byte(strings.Replace(string(folder["fonds-livre.yaml"].Data), "when: perte > 0", "when: pertes > 0", 1))}
	_, problems = scheme.LoadFiles(folder, []string{"broken.yaml"})
	if want := `:27:15: versions[0].rules[0].when: there is no field or name "pertes"; did you mean "perte"?`; len(problems) != 1 || !strings.HasSuffix(problems[0].Error(), want) || !strings.Contains(string(text), want) {
		t.Errorf("the mistake is told as %s", problems)
	}
}
