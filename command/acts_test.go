package command

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"relance/domain/casefile"
	"relance/domain/round"
	"relance/letters/texts"
)

// lines are command lines that send each act; where a command is not derived from the table its code says so in some other way.
var lines = map[casefile.ActKind]string{
	casefile.Approve:              "case decide R -approve -amount 1200,00 -text x -seen abc",
	casefile.Reject:               "case decide R -reject -ground effectif",
	casefile.RequestAct:           "case request R -document bail,kbis -text x",
	casefile.Message:              "case message R -text x",
	casefile.Assign:               "case assign R -to agent-02",
	casefile.WithdrawAct:          "case withdraw R",
	casefile.SettleConcern:        "case settle R",
	casefile.Reexamine:            "case reexamine R",
	casefile.SendStopped:          "case resume R",
	casefile.AdmitMail:            "case admit R 3f9a81",
	casefile.DismissMail:          "case dismiss R 3f9a81",
	casefile.AcceptBank:           "case bank R accept",
	casefile.RefuseBank:           "case bank R refuse",
	casefile.AcceptSignature:      "case charter R accept",
	casefile.RefuseSignature:      "case charter R refuse -text x",
	casefile.OrderPayment:         "case pay R solde -order",
	casefile.RecordPayment:        "case pay R solde -paid",
	casefile.GiveUpPayment:        "case pay R solde -give-up",
	casefile.RecordRepayment:      "advance repay R 333,33 -on 2021-03-01 -key VIR-12",
	casefile.ReverseRepayment:     "advance repay R -reverse VIR-12",
	casefile.RecordRefund:         "advance repay R 1,00 -refund",
	casefile.ProposeSchedule:      "advance reschedule R -count 24 -first 2022-03-31",
	casefile.DeclareInsolvency:    "advance insolvency R -published 2022-03-31",
	casefile.DeclareClaim:         "advance insolvency R -claimed 2022-03-31",
	casefile.EndInsolvency:        "advance insolvency R -ended 2022-03-31",
	casefile.WriteOff:             "advance insolvency R -write-off irrécouvrable",
	casefile.NotifyAct:            "case notify R -way registered -date 2020-10-02 -proof 1A",
	casefile.ReceiveAppealAct:     "case appeal R receive -way paper -date 2020-11-02",
	casefile.GrantAppeal:          "case appeal R grant -amount 1200,00",
	casefile.RejectAppeal:         "case appeal R reject -text x",
	casefile.GiveReasons:          "case reasons R -ground effectif",
	casefile.ProposeWithdrawalAct: "case revoke R propose -ground conditions -keep 500,00 -text x",
	casefile.RecordObservations:   "case revoke R heard -way oral -date 2020-10-10",
	casefile.WithdrawGrant:        "case revoke R decide",
	casefile.DropWithdrawal:       "case revoke R drop",
	casefile.OpenRecovery:         "case recover R open -number T-1 -amount 500,00 -due 2020-12-31",
	casefile.RecordRecovered:      "case recover R paid -number VIR-1 -amount 500,00 -due 2020-12-31",
	casefile.WriteOffRecovery:     "case recover R write-off -number D-1",
	casefile.LookAct:              "case look R -text x",
	casefile.LiftBar:              "case lift R -text x",
	casefile.CorrectValue:         "case correct R loyer 480,50 -source bail -reason x",
	casefile.FileDocument:         "case document R file -file abc -as bail",
	casefile.RejectDocument:       "case document R reject -file abc -text x",
}

// elsewhere are acts that their command sends after it has looked at other things; it stands in the file named.
var elsewhere = map[casefile.ActKind]string{
	casefile.SignDecision:   "sign.go: who signs is asked of the delegations",
	casefile.ReturnDecision: "sign.go",
	casefile.SendPayment:    "pay.go: the file is made first",
	casefile.ReturnPayment:  "pay.go: an order names its case",
	casefile.AdmitLate:      "calls.go: it depends on the session",
}

// send runs a command line and gives the act that it sends.
func send(line string) (kind casefile.ActKind, act casefile.Act, status int, said string) {
	var out bytes.Buffer
	words := strings.Fields(line)
	for _, e := range entries() {
		name := strings.Fields(e.name)
		if len(words) < len(name) || !slices.Equal(words[:len(name)], name) {
			continue
		}
		c := &call{args: append(words[len(name):], "-by", "agent-01"), stdout: &out, stderr: &out, flags: flag.NewFlagSet(e.name, flag.ContinueOnError)}
		c.flags.SetOutput(&out)
		c.flags.Usage = func() {}
		c.sent = func(k casefile.ActKind, a casefile.Act) error {
			kind, act = k, a
			return nil
		}
		err := e.run(context.Background(), c)
		if err != nil {
			fmt.Fprintln(&out, err)
			return kind, act, 1, out.String()
		}
		return kind, act, 0, out.String()
	}
	return "", act, 2, "no command"
}

// TestEveryActHasWordsRightsACommandAndAScreen walks the tables of acts.
func TestEveryActHasWordsRightsACommandAndAScreen(t *testing.T) {
	events := texts.French().Labels.Events
	check := func(kind, code, help, command string, role casefile.Role) {
		if events[code] == "" {
			t.Errorf("%s: the journal's %q has no words in labels.yaml", kind, code)
		}
		if help == "" {
			t.Errorf("%s: Temporal's page says nothing of it", kind)
		}
		if role != "" && role != casefile.RoleOfficer && role != casefile.RoleSignatory {
			t.Errorf("%s: nobody is a %q", kind, role)
		}
		if !slices.ContainsFunc(entries(), func(e entry) bool { return strings.HasPrefix(command+" ", e.name+" ") }) {
			t.Errorf("%s: there is no command %q", kind, command)
		}
	}
	for _, row := range casefile.ActTable {
		check(string(row.Kind), row.Code, row.Help, row.Command, row.Role)
		line := lines[row.Kind]
		if line == "" && elsewhere[row.Kind] == "" {
			t.Errorf("%s: no command line of this test sends it", row.Kind)
		}
		if line == "" {
			continue
		}
		if kind, act, status, said := send(line); kind != row.Kind || act.By != "agent-01" || act.ID == "" || status != 0 {
			t.Errorf("%q sends %q by %q with key %q, status %d: %s", line, kind, act.By, act.ID, status, said)
		}
	}
	for _, row := range round.ActTable {
		check(string(row.Kind), row.Code, row.Help, row.Command, row.Role)
	}
}

// TestDerivedCommandsReadTheirFlags: what is written on a command line arrives in the act, and what an act does not take is refused.
func TestDerivedCommandsReadTheirFlags(t *testing.T) {
	if _, act, _, _ := send(lines[casefile.ProposeWithdrawalAct]); act.Ground != "conditions" || act.Amount != 50000 || act.Text != "x" {
		t.Errorf("propose: ground %q, keep %d, text %q", act.Ground, act.Amount, act.Text)
	}
	if _, act, _, _ := send(lines[casefile.ReceiveAppealAct]); act.Way != "paper" || act.Date.Format("2006-01-02 MST") != "2020-11-02 CET" {
		t.Errorf("receive: way %q, date %v", act.Way, act.Date)
	}
	if _, act, _, _ := send(lines[casefile.RequestAct]); !slices.Equal(act.Documents, []string{"bail", "kbis"}) {
		t.Errorf("request: %v", act.Documents)
	}
	if _, act, _, _ := send(lines[casefile.AdmitMail]); act.Mail != "3f9a81" {
		t.Errorf("admit: %q", act.Mail)
	}
	for line, want := range map[string]string{
		"case revoke R drop -ground fraud":         "-ground does not go with case revoke REFERENCE drop",
		"case revoke R forget":                     "usage",
		"case bank R":                              "usage",
		"case appeal R receive -date 2/11/2020":    "is not a day as 2020-10-02",
		"case appeal R grant -amount beaucoup":     "not an amount",
		"case appeal R grant -amount 0":            "an amount is more than nothing",
		"case decide R -approve -amount 0":         "an amount is more than nothing",
		"case decide R -approve -amount 0,00":      "an amount is more than nothing",
		"case revoke R propose -keep 0":            "an amount is more than nothing",
		"case message R -text x -amount 5":         "usage",
		"case request R -document bail -text x -z": "usage",
	} {
		if kind, _, status, said := send(line); status == 0 || !strings.Contains(said, want) {
			t.Errorf("%q sends %q: %s", line, kind, said)
		}
	}
}
