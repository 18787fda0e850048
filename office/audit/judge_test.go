package audit

import (
	"os"
	"regexp"
	"slices"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"relance/domain/casefile"
	"relance/domain/ledger"
	"relance/letters/texts"
	"relance/proof/verify"
)

const reference = "RBD-7K3M9-QXD3A"

// sound is a granted case that every place agrees on.
func sound() Case {
	folder := casefile.Folder(reference)
	s := &casefile.State{Reference: reference, Stage: casefile.Granted, MailsOut: 2, Terms: casefile.Terms{Funded: true},
		Claims: []string{reference}, Instalments: []casefile.Instalment{{ID: "versement", Cents: 150000, Claim: reference, Status: casefile.PaymentPaid}},
		Decision: &casefile.Decision{Grant: true, Amount: 150000, Notification: casefile.Notification{Mail: "grant", Seq: 2, Letter: casefile.Ref{Key: folder + "letters/002-grant.pdf"}}}}
	return Case{Reference: reference, State: s, Key: true,
		Names: []string{"case.json", "journal.jsonl", "letters/002-grant.pdf", "mail/out/001-acknowledgement.eml", "mail/out/001-acknowledgement.eml.accepted.json",
			"mail/out/002-grant.eml", "mail/out/002-grant.eml.accepted.json"},
		Copies:   map[string]uint8{"mail/out/001-acknowledgement.eml": 1, "mail/out/002-grant.eml": 1},
		Accepted: map[string]bool{}, Workflow: &Workflow{Status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, Stage: "granted", Encrypted: true},
		Claims: map[string]*ledger.Claim{reference: {Status: ledger.Committed, Portions: []ledger.Portion{{Line: "a", Cents: 150000}},
			Paid: map[string]int64{"versement": 150000}, Spent: map[string]int64{"a": 150000}}}}
}

// TestExamine breaks one thing of a sound case at a time.
func TestExamine(t *testing.T) {
	without := func(name string) func(*Case) {
		return func(c *Case) {
			c.Names = slices.DeleteFunc(slices.Clone(c.Names), func(n string) bool { return n == name })
		}
	}
	ended := func(c *Case) { c.State.Stage, c.Workflow.Stage = casefile.Withdrawn, "withdrawn" }
	for name, test := range map[string]struct {
		change func(*Case)
		want   []string
	}{
		"sound":                        {func(*Case) {}, nil},
		"no state":                     {func(c *Case) { c.State, c.Names = nil, []string{"mail/in/a.eml"} }, []string{CaseUnreadable, MailUnknown}},
		"no state, and about to begin": {func(c *Case) { c.State = nil; c.Known = map[string]bool{} }, []string{CaseUnreadable}},
		"no workflow":                  {func(c *Case) { c.Workflow = nil }, []string{CaseNoWorkflow}},
		"no workflow, and over": {func(c *Case) {
			c.Workflow, c.State.Stage = nil, casefile.Closed
		}, nil},
		"ended too early": {func(c *Case) { c.Workflow.Status = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED }, []string{CaseNoWorkflow}},
		"failed":          {func(c *Case) { c.Workflow.Status = enumspb.WORKFLOW_EXECUTION_STATUS_FAILED }, []string{WorkflowFailed}},
		"other stage":     {func(c *Case) { c.Workflow.Stage = "under_review" }, []string{CaseStale}},
		"failing step":    {func(c *Case) { c.Workflow.Attempt = 9 }, []string{WorkflowStuck}},
		"step at work":    {func(c *Case) { c.Workflow.Attempt, c.Workflow.Waits = 1, time.Second }, nil},
		"no worker":       {func(c *Case) { c.Workflow.Attempt, c.Workflow.Waits = 1, time.Hour }, []string{WorkflowIdle}},
		"retrying":        {func(c *Case) { c.Workflow.Retrying = []Retrying{{"Correspond", 12, "refused"}} }, []string{WorkflowRetrying}},
		"tried once more": {func(c *Case) { c.Workflow.Retrying = []Retrying{{"Correspond", 2, "refused"}} }, nil},
		"no key":          {func(c *Case) { c.Key = false }, []string{KeyMissing}},
		"journal":         {func(c *Case) { c.Journal = []verify.Finding{{Object: "journal.jsonl", What: verify.Altered}} }, []string{JournalBroken}},
		"object gone":     {func(c *Case) { c.Journal = []verify.Finding{{Object: "facts/a.json", What: verify.Missing}} }, []string{ObjectMissing}},
		"object from nowhere": {func(c *Case) {
			c.Journal = []verify.Finding{{Object: "facts/a.json", What: verify.Unspoken}}
		}, []string{ObjectUnspoken}},
		"mail that nobody told of": {func(c *Case) { c.Journal = []verify.Finding{{Object: "mail/in/a.eml", What: verify.Unspoken}} }, []string{MailUnknown}},
		"mail that waits": {func(c *Case) {
			c.Journal = []verify.Finding{{Object: "mail/in/a.eml", What: verify.Unspoken}}
			c.Known = map[string]bool{casefile.Folder(reference) + "mail/in/a.eml": true}
		}, nil},
		"mail that cannot go": {func(c *Case) {
			c.Names = append(slices.Clone(c.Names), "mail/out/003-closing.eml")
			c.Journal = []verify.Finding{{Object: "mail/out/003-closing.eml", What: verify.Unspoken}}
		}, []string{LetterNoAcceptance}},
		"no letter":     {without("letters/002-grant.pdf"), []string{DecisionNoLetter}},
		"no mail":       {without("mail/out/002-grant.eml"), []string{DecisionNoLetter, LetterGap}},
		"no acceptance": {without("mail/out/001-acknowledgement.eml.accepted.json"), []string{LetterNoAcceptance}},
		"decided and not told": {func(c *Case) {
			c.State.Decision = &casefile.Decision{Grant: true, Amount: 150000}
		}, []string{DecisionNoLetter}},
		"number twice": {func(c *Case) {
			c.Names = append(slices.Clone(c.Names), "mail/out/002-reject.eml", "mail/out/002-reject.eml.accepted.json")
			c.Copies["mail/out/002-reject.eml"] = 1
		}, []string{LetterNumberTwice}},
		"no copy": {func(c *Case) { c.Copies["mail/out/002-grant.eml"] = 0; c.Accepted["mail/out/002-grant.eml"] = true }, []string{SentMissing}},
		"no copy of what was refused": {func(c *Case) {
			c.Copies["mail/out/002-grant.eml"] = 0
			c.Accepted["mail/out/002-grant.eml"] = false
		}, nil},
		"no folder for copies":    {func(c *Case) { c.Copies = nil }, nil},
		"two copies":              {func(c *Case) { c.Copies["mail/out/002-grant.eml"] = 2 }, []string{SentTwice}},
		"no commitment":           {func(c *Case) { c.Claims = nil }, []string{BookMissing}},
		"reserved, not committed": {func(c *Case) { c.Claims[reference] = &ledger.Claim{Status: ledger.Held} }, []string{BookMissing, BookUnjustified}},
		"other amount": {func(c *Case) {
			c.Claims[reference].Portions = []ledger.Portion{{Line: "a", Cents: 140000}}
		}, []string{BookAmount}},
		"not paid":       {func(c *Case) { c.Claims[reference].Paid = nil }, []string{BookPayment}},
		"paid in secret": {func(c *Case) { c.State.Instalments[0].Status = casefile.PaymentDue }, []string{BookPayment}},
		"given back":     {func(c *Case) { ended(c); c.Claims[reference].Status = ledger.Released }, nil},
		"not given back": {func(c *Case) { ended(c); c.Claims[reference] = &ledger.Claim{Status: ledger.Held} }, []string{BookUnjustified}},
		"queue forgotten": {func(c *Case) {
			c.State.Stage, c.Workflow.Stage, c.State.Instalments, c.Claims = casefile.Waitlisted, "waitlisted", nil, nil
		}, []string{BookMissing}},
	} {
		c := sound()
		test.change(&c)
		var got []string
		for _, f := range Examine(c) {
			if got = append(got, f.Code); f.Case != reference || f.Object == "" {
				t.Errorf("%s: %+v", name, f)
			}
		}
		slices.Sort(got)
		slices.Sort(test.want)
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// TestSums lets moves be made, and then a figure be another.
func TestSums(t *testing.T) {
	plan := &ledger.Plan{ID: "p", Amount: 1000, Lines: []*ledger.Line{{ID: "a", Amount: 600, Lines: []*ledger.Line{{ID: "b", Amount: 300}}}}}
	b := &ledger.Book{}
	for _, m := range []ledger.Move{{Op: ledger.Open, Plan: plan},
		{Op: ledger.Reserve, Key: "1", Portions: []ledger.Portion{{Line: "a/b", Cents: 200}}}, {Op: ledger.Commit, Key: "1"}, {Op: ledger.Pay, Key: "1", Payment: "x", Cents: 50},
		{Op: ledger.Reserve, Key: "2", Portions: []ledger.Portion{{Line: "a", Cents: 100}}},
		{Op: ledger.Reserve, Key: "3", Portions: []ledger.Portion{{Line: "a", Cents: 900}}}, {Op: ledger.Release, Key: "3"},
		{Op: ledger.Reserve, Key: "4", Portions: []ledger.Portion{{Line: "a/b", Cents: 60}}}, {Op: ledger.Release, Key: "4"},
		{Op: ledger.Reserve, Key: "5", Portions: []ledger.Portion{{Line: "a", Cents: 70}}}, {Op: ledger.Commit, Key: "5"}, {Op: ledger.Pay, Key: "5", Payment: "y", Cents: 30}, {Op: ledger.Release, Key: "5"}} {
		b.Do(m)
		if found := Sums(b); len(found) > 0 {
			t.Fatalf("%+v: %+v", m, found)
		}
	}
	b.Lines["a"].Committed++
	if found := Sums(b); len(found) != 1 || found[0].Code != BookSums || found[0].Object != "a" {
		t.Errorf("%+v", found)
	}
	b.Lines["a"].Committed = 700
	if found := Sums(b); len(found) != 2 {
		t.Errorf("%+v", found)
	}
}

// TestTheCodesAreTold holds the labels and docs/audit.md against the codes.
func TestTheCodesAreTold(t *testing.T) {
	labels := texts.French().Labels.Audit
	for _, code := range Codes {
		if labels[code] == "" {
			t.Errorf("nothing is said of %s", code)
		}
	}
	if len(labels) != len(Codes) {
		t.Errorf("%d labels for %d codes", len(labels), len(Codes))
	}
	text, err := os.ReadFile("../../docs/audit.md")
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z.-]+)` \\|").FindAllSubmatch(text, -1) {
		told = append(told, string(row[1]))
	}
	if !slices.Equal(told, Codes) {
		t.Errorf("docs/audit.md tells of\n%q, the codes are\n%q", told, Codes)
	}
}
