package deploy

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheThreatModelNamesTests: each control of docs/threat-model.md is held by a test that exists, and no row of its tables is without one.
func TestTheThreatModelNamesTests(t *testing.T) {
	named := regexp.MustCompile("`([a-z]+)\\.((?:Test|Fuzz)\\w+)`")
	seen := 0
	for number, line := range strings.Split(read(t, "../docs/threat-model.md"), "\n") {
		tests := named.FindAllStringSubmatch(line, -1)
		if strings.HasPrefix(line, "|") && !strings.HasPrefix(line, "|---") && !strings.HasPrefix(line, "| what an attacker") && len(tests) == 0 {
			t.Errorf("line %d names no test: %s", number+1, line)
		}
		for _, test := range tests {
			seen++
			if !defined(t, test[1], test[2]) {
				t.Errorf("line %d: there is no %s in %s", number+1, test[2], test[1])
			}
		}
	}
	if seen < 40 {
		t.Errorf("only %d tests are named", seen)
	}
}

// defined tells whether a package, in whatever group, has a test of that name.
func defined(t *testing.T, folder, name string) bool {
	t.Helper()
	var files []string
	for _, group := range []string{"..", "../*"} {
		found, err := filepath.Glob(filepath.Join(group, folder, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	for _, file := range files {
		if strings.Contains(read(t, file), "\nfunc "+name+"(") {
			return true
		}
	}
	return false
}
