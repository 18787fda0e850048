package command

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// TestSchemeTryKeepsItsContract: programs read the account of « scheme try » by these keys.
func TestSchemeTryKeepsItsContract(t *testing.T) {
	mail := filepath.Join(t.TempDir(), "demande.eml")
	text := "From: Jeanne Martin <jeanne@boulangerie.example>\r\nTo: aides@metropole.example\r\nDate: Mon, 6 Jul 2020 09:00:00 +0200\r\n" +
		"Message-ID: <1@boulangerie.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nEntreprise : Boulangerie Martin\r\nLoyer mensuel : 480,50 €\r\nEffectif : beaucoup\r\n"
	if err := os.WriteFile(mail, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if status := Run(context.Background(), []string{"scheme", "try", "../schemes/fonds-rebond.yaml", mail, "-json"}, &stdout, &stderr); status != 0 {
		t.Fatalf("status %d: %s", status, stderr.String())
	}
	var account struct {
		Fields  map[string]struct{ Value, Sure, From, Says string }
		Missing struct{ Fields, Documents []string }
		Verdict struct{ Failed []string }
		Answer  struct{ Mail, Text string }
	}
	decoder := json.NewDecoder(&stdout)
	if err := decoder.Decode(&account); err != nil {
		t.Fatal(err)
	}
	rent, staff := account.Fields["loyer_mensuel"], account.Fields["effectif"]
	if rent.Value != "48050" || rent.Sure != "certain" || rent.From != mail || rent.Says != "480,50 €" {
		t.Errorf("the rent is %+v", rent)
	}
	if staff.Value != "" || staff.Sure != "refused" {
		t.Errorf("the staff is %+v", staff)
	}
	if account.Answer.Mail != "acknowledgement" || len(account.Missing.Documents) != 5 || account.Missing.Fields[0] != "siret" || account.Verdict.Failed == nil {
		t.Errorf("missing %v, answer %s", account.Missing, account.Answer.Mail)
	}
}
