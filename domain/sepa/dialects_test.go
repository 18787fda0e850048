package sepa_test

import (
	"errors"
	"strings"
	"testing"

	"relance/domain/sepa"
)

// stated is a statement with entries.
func stated(entries ...string) string {
	return `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><Stmt><Id>S1</Id><Acct><Id><IBAN>FR7620041010050000000000141</IBAN></Id></Acct>` +
		strings.Join(entries, "\n") + `</Stmt></BkToCstmrStmt></Document>`
}

func line(amount, currency, more string) string {
	return `<Ntry><Amt Ccy="` + currency + `">` + amount + `</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2020-12-07</Dt></BookgDt><AcctSvcrRef>R</AcctSvcrRef>` + more + `</Ntry>`
}

// TestStatementsOfManyBanks: charsets, several documents in a file, entries of nothing, other currencies, and the signs of a return.
func TestStatementsOfManyBanks(t *testing.T) {
	plain := stated(line("70.00", "EUR", "<AddtlNtryInf>Loyer remboursé</AddtlNtryInf>"))
	latin := strings.ReplaceAll(plain, "é", "\xe9")
	prolog := func(charset string) string { return `<?xml version="1.0" encoding="` + charset + `"?>` + "\n" }
	for name, c := range map[string]struct {
		file     string
		n        int
		text     string
		returned string
		currency string
	}{
		"UTF-8":                         {prolog("UTF-8") + plain, 1, "Loyer remboursé", "", ""},
		"a byte order mark":             {"\ufeff" + prolog("UTF-8") + plain, 1, "Loyer remboursé", "", ""},
		"ISO-8859-1":                    {prolog("ISO-8859-1") + latin, 1, "Loyer remboursé", "", ""},
		"Windows-1252":                  {prolog("windows-1252") + latin, 1, "Loyer remboursé", "", ""},
		"iso-8859-15, in small letters": {prolog("iso-8859-15") + latin, 1, "Loyer remboursé", "", ""},
		"two documents":                 {prolog("UTF-8") + plain + plain, 2, "Loyer remboursé", "", ""},
		"two documents, two prologs":    {prolog("UTF-8") + plain + "\n" + prolog("UTF-8") + plain + "\n<!-- fin -->\n", 2, "Loyer remboursé", "", ""},
		"an entry of nothing":           {stated(line("0.00", "EUR", ""), line("70.00", "EUR", "")), 1, "", "", ""},
		"dollars":                       {stated(line("70.00", "USD", "")), 1, "", "", "USD"},
		"dinars, of three decimals":     {stated(line("70.125", "TND", "")), 1, "", "", "TND"},
		"a return by its code":          {stated(line("70.00", "EUR", "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>RRTN</SubFmlyCd></Fmly></Domn></BkTxCd>")), 1, "", "-", ""},
		"a return by the part's code": {stated(line("70.00", "EUR", "<NtryDtls><TxDtls><Refs><EndToEndId>A</EndToEndId></Refs><BkTxCd><Domn><Fmly><SubFmlyCd>RRTN</SubFmlyCd></Fmly></Domn></BkTxCd></TxDtls></NtryDtls>")),
			1, "", "-", ""},
		"a reversal as 1": {stated(strings.Replace(line("70.00", "EUR", ""), "<Sts>", "<RvslInd>1</RvslInd><Sts>", 1)), 1, "", "", ""},
	} {
		list, err := sepa.Statement([]byte(c.file))
		if err != nil || len(list) != c.n {
			t.Errorf("%s: %d movements, %v; want %d", name, len(list), err, c.n)
			continue
		}
		if m := list[0]; m.Text != c.text || m.Returned != c.returned || m.Currency != c.currency || m.Servicer != "R" || m.Reversal != (name == "a reversal as 1") {
			t.Errorf("%s: text %q, returned %q, currency %q, the bank's reference %q, reversal %v", name, m.Text, m.Returned, m.Currency, m.Servicer, m.Reversal)
		}
	}
}

// TestAStatementIsReadWholeOrNotAtAll, and the line is told.
func TestAStatementIsReadWholeOrNotAtAll(t *testing.T) {
	good := stated(line("70.00", "EUR", ""))
	for name, c := range map[string]struct{ file, line string }{
		"words behind it":         {good + "\n\nfin", "line 3"},
		"half a second document":  {good + "\n<Document><BkToCstmrStmt>", "line 2"},
		"another second document": {good + "\n<Facture/>", "line 2"},
		"an amount that is none":  {stated(line("70.00", "EUR", ""), line("7O.00", "EUR", "")), "line 2"},
		"an unknown charset":      {`<?xml version="1.0" encoding="ebcdic-x"?>` + good, "line 1"},
	} {
		list, err := sepa.Statement([]byte(c.file))
		if len(list) > 0 || !errors.Is(err, sepa.ErrStatement) || !strings.Contains(err.Error(), c.line) {
			t.Errorf("%s: %d movements, %v; want an error of %s", name, len(list), err, c.line)
		}
	}
}
