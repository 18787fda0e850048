package sepa_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"relance/domain/sepa"
	"relance/local/chance"
)

const jeanne = "FR7620041518190937865797574"

// rib is a valid French account number: bank, branch and account, with both keys.
func rib(account int64) string {
	for key := range 97 {
		if iban := fmt.Sprintf("FR762004101005%011d%02d", account, key+1); sepa.ValidIBAN(iban) {
			return iban
		}
	}
	panic("no key fits")
}

func TestValidIBAN(t *testing.T) {
	for _, iban := range []string{jeanne, "FR1420041010050500013M02606", "DE89370400440532013000", "BE68539007547034", "MC5811222000010123456789030", "NO9386011117947",
		"MT84MALT011000012345MTLCAST001S", "PK36SCBL0000001123456702", rib(1), rib(99999999999)} {
		if !sepa.ValidIBAN(iban) {
			t.Errorf("%s is valid", iban)
		}
	}
	for iban, why := range map[string]string{
		"": "empty", "FR76": "short", "FR7620041518190937865797575": "a digit is wrong", "FR762004151819093786579757": "a digit is missing",
		"DE8937040044053201300": "too short for Germany", "FR3720041010059083016613186": "its own key is right, that of the RIB is not",
		"fr7620041518190937865797574": "small letters", "FR76 2004 1518 1909 3786 5797 574": "spaces", "FR7630006000011234567890188": "two digits exchanged",
	} {
		if sepa.ValidIBAN(iban) {
			t.Errorf("%s: %s", iban, why)
		}
	}
}

// TestOneWrongDigit: no account number with one wrong digit, or two neighbours exchanged, is taken for a valid one.
func TestOneWrongDigit(t *testing.T) {
	chance.Check(t, func(t *rapid.T) {
		iban := []byte(rib(rapid.Int64Range(0, 99_999_999_999).Draw(t, "account")))
		at := rapid.IntRange(2, 25).Draw(t, "at")
		wrong := bytes.Clone(iban)
		if rapid.Bool().Draw(t, "exchanged") {
			wrong[at], wrong[at+1] = wrong[at+1], wrong[at]
		} else {
			wrong[at] = byte('0' + rapid.IntRange(0, 9).Draw(t, "digit"))
		}
		if !bytes.Equal(wrong, iban) && sepa.ValidIBAN(string(wrong)) {
			t.Fatalf("%s for %s", wrong, iban)
		}
	})
}

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"Boulangerie Martin": "Boulangerie Martin", "L’Œuf à la coque & Cie": "L'OEuf a la coque + Cie", "Épicerie « du Coin » ❤": "Epicerie ' du Coin ' .",
		"//double//": "double", "a\nb\tc": "a b c", "Straße": "Strasse", "n° 12": "no 12", "Ñandú_": "Nandu-", "": "",
	} {
		if got := sepa.Text(text, 70); got != want {
			t.Errorf("%q = %q, want %q", text, got, want)
		}
	}
	if got := sepa.Text(strings.Repeat("é", 100), 70); got != strings.Repeat("e", 70) {
		t.Errorf("%q", got)
	}
}

func FuzzText(f *testing.F) {
	f.Add("Société // n° 1/", 5)
	f.Add("\u0301\xff/ ", 3)
	f.Fuzz(func(t *testing.T, text string, most int) {
		most = max(most%141, 1)
		if most < 0 {
			most = 35
		}
		got := sepa.Text(text, most)
		if len(got) > most || sepa.Text(got, most) != got || strings.Contains(got, "//") {
			t.Errorf("%q = %q", text, got)
		}
	})
}

func order() sepa.Order {
	return sepa.Order{ID: "RELANCE-000001", Created: time.Date(2020, 10, 1, 9, 30, 0, 0, time.UTC), Execution: time.Date(2020, 10, 2, 0, 0, 0, 0, time.UTC),
		From: sepa.Account{Name: "Métropole des Flandres", IBAN: rib(1)},
		Transfers: []sepa.Transfer{
			{ID: "RBD-7K3M9-QXD3A.1.0", Cents: 144150, To: sepa.Account{Name: "Boulangerie Martin & fils", IBAN: jeanne}, Text: "Fonds Rebond – RBD-7K3M9-QXD3A"},
			{ID: "FDE-7K3M9-QXD3A.2.1", Cents: 5, To: sepa.Account{Name: "La Fabrique", IBAN: "DE89370400440532013000", BIC: "COBADEFFXXX"}, Text: "Avance"},
		}}
}

func TestAFileOfTransfers(t *testing.T) {
	got, err := sepa.Write(order())
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "transfers.xml", got)
	if again, _ := sepa.Write(order()); !bytes.Equal(got, again) {
		t.Error("the same order gives another file")
	}
	againstSchema(t, got)
}

var golden = func(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if os.Getenv("RELANCE_UPDATE") != "" {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s (%v) is not\n%s", file, err, got)
	}
}

// againstSchema validates a file with xmllint where RELANCE_PAIN_XSD names the schema of ISO 20022, which is not ours to
// hand on.
func againstSchema(t *testing.T, file []byte) {
	schema := os.Getenv("RELANCE_PAIN_XSD")
	if schema == "" {
		return
	}
	name := filepath.Join(t.TempDir(), "file.xml")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.Command("xmllint", "--noout", "--schema", schema, name).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, said)
	}
}

// TestAnyOrderMakesAGoodFile: whatever people are called and whatever they are told, the file is one that a bank takes.
func TestAnyOrderMakesAGoodFile(t *testing.T) {
	chance.Check(t, func(t *rapid.T) {
		o := order()
		o.Transfers = nil
		for i := range rapid.IntRange(1, 20).Draw(t, "transfers") {
			o.Transfers = append(o.Transfers, sepa.Transfer{ID: fmt.Sprintf("RBD-7K3M9-QXD3A.%d.0", i), Cents: rapid.Int64Range(1, 99_999_999_999).Draw(t, "cents"),
				To: sepa.Account{Name: "A" + rapid.String().Draw(t, "name"), IBAN: rib(rapid.Int64Range(0, 1_000_000).Draw(t, "account"))}, Text: "B" + rapid.String().Draw(t, "text")})
		}
		file, err := sepa.Write(o)
		if err != nil {
			t.Fatal(err)
		}
		if problems := sepa.Check(file); len(problems) > 0 {
			t.Fatal(problems)
		}
	})
}

func TestOrdersOfWhichNoFileIsMade(t *testing.T) {
	for what, change := range map[string]func(*sepa.Order){
		"no transfer":                func(o *sepa.Order) { o.Transfers = nil },
		"nothing is paid":            func(o *sepa.Order) { o.Transfers[0].Cents = 0 },
		"too much":                   func(o *sepa.Order) { o.Transfers[0].Cents = 100_000_000_000 },
		"one identifier twice":       func(o *sepa.Order) { o.Transfers[1].ID = o.Transfers[0].ID },
		"a long identifier":          func(o *sepa.Order) { o.Transfers[0].ID = strings.Repeat("A", 36) },
		"an identifier with a slash": func(o *sepa.Order) { o.Transfers[0].ID = "/A" },
		"an identifier with accents": func(o *sepa.Order) { o.Transfers[0].ID = "É" },
		"nobody":                     func(o *sepa.Order) { o.Transfers[0].To.Name = "" },
		"a wrong account":            func(o *sepa.Order) { o.Transfers[0].To.IBAN = "FR7620041518190937865797575" },
		"no account to pay from":     func(o *sepa.Order) { o.From.IBAN = "" },
		"a wrong bank":               func(o *sepa.Order) { o.From.BIC = "COBA" },
	} {
		o := order()
		change(&o)
		if _, err := sepa.Write(o); !errors.Is(err, sepa.ErrFile) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestCheckFindsWhatIsWrong(t *testing.T) {
	good, err := sepa.Write(order())
	if err != nil || len(sepa.Check(good)) > 0 {
		t.Fatal(err, sepa.Check(good))
	}
	for _, c := range []struct{ from, to, says string }{
		{"pain.001.001.09", "pain.001.001.03", "the root is"},
		{"<MsgId>RELANCE-000001</MsgId>", "", "MsgId stands 0 times"},
		{"<PmtMtd>TRF</PmtMtd>", "<PmtMtd>CHK</PmtMtd>", "it is TRF"},
		{"<NbOfTxs>2</NbOfTxs>", "<NbOfTxs>3</NbOfTxs>", "there are 2 transfers"},
		{"<CtrlSum>1441.55</CtrlSum>", "<CtrlSum>1441.56</CtrlSum>", "add up to 1441.55"},
		{"<CtrlSum>1441.55</CtrlSum>", "<CtrlSum>1441.555</CtrlSum>", "behind its point"},
		{`Ccy="EUR"`, `Ccy="CHF"`, "it has to be EUR"},
		{"<Dt>2020-10-02</Dt>", "<Dt>2020-10-32</Dt>", "2020-10-32"},
		{"<Dt>2020-10-02</Dt>", "<Dt>2020-10-02</Dt><DtTm>2020-10-02T00:00:00</DtTm>", "exactly one element"},
		{"<ChrgBr>SLEV</ChrgBr>", "<ChrgBr>SLEV</ChrgBr><UltmtDbtr/>", "UltmtDbtr stands where it may not"},
		{"<Nm>La Fabrique</Nm>", "<Nm>La Fabriqué</Nm>", "basic Latin"},
		{"<Id>NOTPROVIDED</Id>", "<Id>UNKNOWN</Id>", "NOTPROVIDED"},
		{"<InstdAmt Ccy=\"EUR\">0.05", "<InstdAmt Ccy=\"EUR\">0.055", "whole cents"},
		{"</CstmrCdtTrfInitn>", "", "not XML"},
		{"<PmtInf>", "<PmtInf>x", "elements alone"},
	} {
		broken := bytes.Replace(good, []byte(c.from), []byte(c.to), 1)
		if bytes.Equal(broken, good) {
			t.Errorf("%q is not there", c.from)
		}
		if said := strings.Join(sepa.Check(broken), "\n"); !strings.Contains(said, c.says) {
			t.Errorf("%s → %s: want %q, got %q", c.from, c.to, c.says, said)
		}
	}
}

func TestAStatement(t *testing.T) {
	var both [2][]sepa.Movement
	for i, version := range []string{"02", "08"} {
		file, err := os.ReadFile("testdata/statement." + version + ".xml")
		if err != nil {
			t.Fatal(err)
		}
		if both[i], err = sepa.Statement(file); err != nil {
			t.Fatal(err)
		}
	}
	day := func(d int) time.Time { return time.Date(2021, 3, d, 0, 0, 0, 0, time.UTC) }
	want := []sepa.Movement{
		{Account: rib(1), In: true, Cents: 33333, On: day(1), EndToEnd: "VIR-12", Text: "Echeance 3 AVR-7K3M9-QXD3A", Name: "Boulangerie Martin", IBAN: jeanne},
		{Account: rib(1), In: true, Cents: 20000, On: day(2), Text: "avance remboursable avr-7k3m9-qxd3a", Name: "SARL Lemaire"},
		{Account: rib(1), In: true, Cents: 20000, On: day(2), Text: "avance remboursable avr-7k3m9-qxd3a", Name: "SARL Lemaire"},
		{Account: rib(1), Cents: 144150, On: day(3), EndToEnd: "RBD-7K3M9-QXD3A.1.0", Batch: "RELANCE-000001", Name: "Boulangerie Martin", IBAN: jeanne},
		{Account: rib(1), Cents: 5, On: day(3), EndToEnd: "FDE-7K3M9-QXD3A.2.1", Batch: "RELANCE-000001", Name: "La Fabrique"},
		{Account: rib(1), In: true, Cents: 5, On: day(4), EndToEnd: "FDE-7K3M9-QXD3A.2.1", Returned: "AC04"},
		{Account: rib(1), Cents: 99999, On: day(5), Batch: "RELANCE-000002", Whole: true},
		{Account: rib(1), Cents: 33333, On: day(6), Text: "Rejet de prelevement", Reversal: true},
	}
	for i, got := range both {
		if len(got) != len(want) {
			t.Fatalf("%d movements, want %d: %+v", len(got), len(want), got)
		}
		keys := map[string]bool{}
		for k, m := range got {
			if keys[m.Key] || m.Key == "" {
				t.Errorf("movement %d has the key of another: %+v", k, m)
			}
			keys[m.Key] = true
			if m.Key != both[0][k].Key {
				t.Errorf("version %d: movement %d has another key", i, k)
			}
			m.Key, m.Servicer = "", ""
			if m != want[k] {
				t.Errorf("version %d, movement %d:\n%+v, want\n%+v", i, k, m, want[k])
			}
		}
	}
}

func TestWhatIsNoStatement(t *testing.T) {
	for _, text := range []string{"", "x", "<Document/>", "<Document><BkToCstmrStmt/></Document>",
		`<Document><BkToCstmrStmt><Stmt><Ntry><Amt Ccy="EUR">1.234</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2021-03-01</Dt></BookgDt></Ntry></Stmt></BkToCstmrStmt></Document>`,
		`<Document><BkToCstmrStmt><Stmt><Ntry><Amt Ccy="EUR">1.23</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts></Ntry></Stmt></BkToCstmrStmt></Document>`} {
		if list, err := sepa.Statement([]byte(text)); !errors.Is(err, sepa.ErrStatement) {
			t.Errorf("%s: %+v, %v", text, list, err)
		}
	}
}

func FuzzStatement(f *testing.F) {
	for _, version := range []string{"02", "08"} {
		file, err := os.ReadFile("testdata/statement." + version + ".xml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		list, err := sepa.Statement(file)
		keys := map[string]bool{}
		for _, m := range list {
			if err != nil || m.Cents < 0 || m.Key == "" {
				t.Fatalf("%+v, %v", m, err)
			}
			keys[m.Key] = true
		}
		again, _ := sepa.Statement(file)
		for i, m := range again {
			if m.Key != list[i].Key {
				t.Fatal("the same statement has other keys")
			}
		}
		_, _ = sepa.StatusReport(file)
		sepa.Check(file)
	})
}

func TestAStatusReport(t *testing.T) {
	r, err := sepa.StatusReport([]byte(`<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt><GrpHdr><MsgId>B1</MsgId></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>RELANCE-000001</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId><GrpSts>PART</GrpSts></OrgnlGrpInfAndSts>
<OrgnlPmtInfAndSts><OrgnlPmtInfId>RELANCE-000001</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>RBD-7K3M9-QXD3A.1.0</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC01</Cd></Rsn></StsRsnInf></TxInfAndSts>
<TxInfAndSts><OrgnlEndToEndId>FDE-7K3M9-QXD3A.2.1</OrgnlEndToEndId><TxSts>ACSC</TxSts></TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>`))
	if err != nil || r.File != "RELANCE-000001" || len(r.Transfers) != 2 || r.Transfers[0] != (sepa.Status{ID: "RBD-7K3M9-QXD3A.1.0", Status: "RJCT", Reason: "AC01"}) || !sepa.Rejected("RJCT") || sepa.Rejected(r.Status) {
		t.Errorf("%+v, %v", r, err)
	}
	for _, text := range []string{"", "<Document/>", "<x/>"} {
		if _, err := sepa.StatusReport([]byte(text)); !errors.Is(err, sepa.ErrReport) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
