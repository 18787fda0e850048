package inspect_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"relance/intake/inspect"
	"relance/mail/auth"
)

// The corpus was written by hand for this project, each message with what a careful reader would say of it, before this program had
// read any. What stands in the JSON beside a message is compared; what is debatable was left out of it. text_contains, text_lacks,
// reply_contains and reply_lacks are about parts of a text; warnings is [] for a sound message and ["*"] where one is due.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("testdata/corpus/*.eml")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 150 {
		t.Errorf("%d messages", len(files))
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".eml"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(strings.TrimSuffix(file, ".eml") + ".json")
			if err != nil {
				t.Fatal(err)
			}
			var want map[string]any
			if err := json.Unmarshal(text, &want); err != nil {
				t.Fatal(err)
			}
			compare(t, want, inspected(t, raw))
		})
	}
}

// inspected is an inspection as a program reads it.
func inspected(t *testing.T, raw []byte) map[string]any {
	t.Helper()
	text, err := json.Marshal(inspect.Message(raw, auth.Server{}))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	return got
}

// compare compares what is wanted, key by key.
func compare(t *testing.T, want, got map[string]any) {
	t.Helper()
	for key, value := range want {
		base, how, _ := strings.Cut(key, "_")
		text, _ := got[base].(string)
		switch {
		case how == "contains" || how == "lacks":
			for _, part := range value.([]any) {
				if strings.Contains(squeeze(text), squeeze(part.(string))) != (how == "contains") {
					t.Errorf("%s %s %q: %q", base, how, part, text)
				}
			}
		case key == "text" || key == "reply":
			if squeeze(got[key].(string)) != squeeze(value.(string)) {
				t.Errorf("%s\n got %q\nwant %q", key, got[key], value)
			}
		case key == "warnings":
			if list := got[key].([]any); (len(list) > 0) != (len(value.([]any)) > 0) {
				t.Errorf("warnings %q, want %q", list, value)
			}
		default:
			if problem := differ(value, got[key]); problem != "" {
				t.Errorf("%s: %s", key, problem)
			}
		}
	}
}

// differ tells where a value differs; of objects only the wanted keys count, of lists each element and their number.
func differ(want, got any) string {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return fmt.Sprintf("%v, want %v", got, want)
		}
		for key, value := range w {
			if key == "contains" && g[key] == nil && len(value.([]any)) == 0 {
				continue
			}
			if problem := differ(value, g[key]); problem != "" {
				return key + ": " + problem
			}
		}
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return fmt.Sprintf("%v, want %v", got, want)
		}
		for i := range w {
			if problem := differ(w[i], g[i]); problem != "" {
				return fmt.Sprintf("%d: %s", i, problem)
			}
		}
	default:
		if !reflect.DeepEqual(want, got) {
			return fmt.Sprintf("%q, want %q", got, want)
		}
	}
	return ""
}

var (
	lineEnds  = regexp.MustCompile(`[ \t]+\n`)
	blankRuns = regexp.MustCompile(`\n{2,}`)
)

// squeeze makes texts comparable: line ends without blanks, one empty line at most.
func squeeze(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n") + "\n"
	return strings.TrimSpace(blankRuns.ReplaceAllString(lineEnds.ReplaceAllString(text, "\n"), "\n\n"))
}
