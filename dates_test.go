package main

import (
	"bufio"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

// daysOnly are the files that write days which have no hour, and so none in Paris: those of schemes, mandates, orders and sheets; and the dates of
// mails, which carry their own zone.
var daysOnly = map[string]string{
	"domain/authority/people.go": "first days of the authority's file", "domain/authority/signatory.go": "days of delegations",
	"domain/scheme/call.go": "sessions carry Paris", "domain/scheme/check.go": "days of schemes", "domain/scheme/quantities.go": "days of fields",
	"domain/sepa/statement.go": "the bank's own days", "domain/sepa/transfer.go": "the day of execution", "intake/form/cell.go": "days of sheets",
	"letters/correspondence/blank.go": "the first day of a version", "office/report/monthly.go": "months", "local/demo/applicant.go": "a mail's own date",
	"proof/seal/identity.go": "a certificate's own dates", "mail/auth/proof.go": "in the words of RFC 6376, for programs",
}

var written = regexp.MustCompile(`\.Format\((?:time\.(?:DateOnly|DateTime)|"[^"]*(?:2006-01|02/01|01/2006)[^"]*")\)`)

// TestDatesAreOfParis: an instant is written as a day of Paris, by package calendar or with its zone said, in every file, list and report. At 00:47 in
// Paris it is yesterday in UTC.
func TestDatesAreOfParis(t *testing.T) {
	found, used := 0, map[string]bool{}
	err := fs.WalkDir(os.DirFS("."), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		n := 0
		for lines := bufio.NewScanner(f); lines.Scan(); {
			n++
			line := lines.Text()
			if !written.MatchString(line) {
				continue
			}
			if found++; daysOnly[path] != "" {
				used[path] = true
				continue
			}
			if !strings.Contains(line, "In(") && !strings.Contains(line, "Date(") && !strings.Contains(line, "UTC()") {
				t.Errorf("%s:%d writes a day without saying where: calendar.Day or calendar.French\n%s", path, n, strings.TrimSpace(line))
			}
		}
		return nil
	})
	if err != nil || found < 10 {
		t.Errorf("%d dates looked at, %v", found, err)
	}
	for path := range daysOnly {
		if !used[path] {
			t.Errorf("%s writes no days, and needs no leave to", path)
		}
	}
}
