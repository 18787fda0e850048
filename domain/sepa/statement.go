package sepa

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/net/html/charset"
)

// Movement is one movement on an account, as a statement tells it.
type Movement struct {
	Key      string    `json:"key"`                  // the same however often, and in whichever version, the bank tells of it
	Account  string    `json:"account"`              // IBAN of the account it is on
	In       bool      `json:"in"`                   // a credit: money came
	Cents    int64     `json:"cents"`                // in Currency
	Currency string    `json:"currency,omitempty"`   // where it is not EUR
	Servicer string    `json:"servicer,omitempty"`   // the bank's own reference of the entry (AcctSvcrRef)
	On       time.Time `json:"on"`                   // the day it was booked
	EndToEnd string    `json:"end_to_end,omitempty"` // the reference of who ordered it; empty where none was given
	Batch    string    `json:"batch,omitempty"`      // PmtInfId of the file that ordered it
	Text     string    `json:"text,omitempty"`       // what came with it: remittance information and references
	Name     string    `json:"name,omitempty"`       // of the other party
	IBAN     string    `json:"iban,omitempty"`       // of the other party
	Returned string    `json:"returned,omitempty"`   // why a transfer came back (RtrInf): an ISO code such as AC04; "-" where none was given
	Reversal bool      `json:"reversal,omitempty"`   // the bank undoes a movement of before, its own mistake (RvslInd)
	Whole    bool      `json:"whole,omitempty"`      // a batch that the bank tells as one, without its parts
}

// ErrStatement is returned for a file that is not a statement.
var ErrStatement = errors.New("not a camt.053 statement")

// The statement, of versions 02 and 08: names of elements are looked at without their namespace, and where the versions differ both
// places are read.
type (
	statements struct {
		XMLName xml.Name    `xml:"Document"`
		List    []statement `xml:"BkToCstmrStmt>Stmt"`
	}
	statement struct {
		ID      string  `xml:"Id"`
		IBAN    string  `xml:"Acct>Id>IBAN"`
		Other   string  `xml:"Acct>Id>Othr>Id"`
		Entries []entry `xml:"Ntry"`
	}
	entry struct {
		Reference string       `xml:"NtryRef"`
		Amount    money        `xml:"Amt"`
		Direction string       `xml:"CdtDbtInd"`
		Reversal  string       `xml:"RvslInd"`
		Status    status       `xml:"Sts"`
		Booked    when         `xml:"BookgDt"`
		Value     when         `xml:"ValDt"`
		Servicer  string       `xml:"AcctSvcrRef"`
		Details   []entryParts `xml:"NtryDtls"`
		Code      string       `xml:"BkTxCd>Domn>Fmly>SubFmlyCd"`
		Text      string       `xml:"AddtlNtryInf"`

		line int // of the file
	}
	status struct {
		Text string `xml:",chardata"` // version 02
		Code string `xml:"Cd"`        // version 08
	}
	when struct {
		Day     string `xml:"Dt"`
		Instant string `xml:"DtTm"`
	}
	money struct {
		Currency string `xml:"Ccy,attr"`
		Value    string `xml:",chardata"`
	}
	entryParts struct {
		Batch string `xml:"Btch>PmtInfId"`
		Parts []part `xml:"TxDtls"`
	}
	part struct {
		Servicer  string   `xml:"Refs>AcctSvcrRef"`
		EndToEnd  string   `xml:"Refs>EndToEndId"`
		Batch     string   `xml:"Refs>PmtInfId"`
		Amount    money    `xml:"Amt"`               // version 08
		Older     money    `xml:"AmtDtls>TxAmt>Amt"` // version 02
		Direction string   `xml:"CdtDbtInd"`
		Parties   parties  `xml:"RltdPties"`
		Texts     []string `xml:"RmtInf>Ustrd"`
		Creditor  []string `xml:"RmtInf>Strd>CdtrRefInf>Ref"`
		Document  []string `xml:"RmtInf>Strd>RfrdDocInf>Nb"`
		Return    *struct {
			Reason string `xml:"Rsn>Cd"`
		} `xml:"RtrInf"`
		Code string `xml:"BkTxCd>Domn>Fmly>SubFmlyCd"`
		Text string `xml:"AddtlTxInf"`
	}
	parties struct {
		Debtor       string `xml:"Dbtr>Nm"`
		DebtorNew    string `xml:"Dbtr>Pty>Nm"`
		DebtorIBAN   string `xml:"DbtrAcct>Id>IBAN"`
		Creditor     string `xml:"Cdtr>Nm"`
		CreditorNew  string `xml:"Cdtr>Pty>Nm"`
		CreditorIBAN string `xml:"CdtrAcct>Id>IBAN"`
	}
)

// maxStatement bounds a file, in bytes.
const maxStatement = 64 << 20

// UnmarshalXML notes in which line of the file the entry stands.
func (e *entry) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	type plain entry
	line, _ := d.InputPos()
	err := d.DecodeElement((*plain)(e), &start)
	e.line = line
	return err
}

// documents reads all the XML documents of a file, one behind the other, as some banks write them, in whatever charset they are. What is
// no document is an error, with its line: a file is read whole or not at all.
func documents[T any](file []byte) (list []T, err error) {
	d := xml.NewDecoder(bytes.NewReader(file))
	d.CharsetReader = charset.NewReaderLabel
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) && len(list) > 0 {
			return list, nil
		}
		if start, is := token.(xml.StartElement); is {
			var one T
			err = d.DecodeElement(&one, &start)
			list = append(list, one)
		}
		if words, is := token.(xml.CharData); is && strings.Trim(string(words), "\ufeff \t\r\n") != "" {
			err = errors.New("text outside a document")
		}
		if err != nil {
			line, _ := d.InputPos()
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
	}
}

// Statement reads the booked movements of a bank statement. An entry with parts gives a movement for each, if their sums are told and
// add up to the entry; else one for the whole, with all that its parts say. An entry of nothing is told for information, and left out.
func Statement(file []byte) ([]Movement, error) {
	if len(file) > maxStatement {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrStatement, len(file), maxStatement)
	}
	read, err := documents[statements](file)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStatement, err)
	}
	var told []statement
	for _, document := range read {
		if len(document.List) == 0 {
			return nil, fmt.Errorf("%w: it has no Stmt", ErrStatement)
		}
		told = append(told, document.List...)
	}
	var list []Movement
	for _, s := range told {
		again := map[string]int{}
		for _, e := range s.Entries {
			movements, err := s.movements(e)
			if err != nil {
				return nil, fmt.Errorf("%w: line %d, statement %s: %w", ErrStatement, e.line, s.ID, err)
			}
			for _, m := range movements {
				plain := m.Key
				again[plain]++
				m.Key = key(plain, fmt.Sprint(again[plain]))
				list = append(list, m)
			}
		}
	}
	return list, nil
}

// movements are those of one entry; none where it is not booked yet.
func (s statement) movements(e entry) ([]Movement, error) {
	if code := strings.TrimSpace(e.Status.Code + e.Status.Text); code != "BOOK" {
		return nil, nil
	}
	sum, err := e.Amount.cents()
	if foreign := e.Amount.foreign() != ""; !foreign && (err != nil || sum == 0) {
		return nil, err
	}
	in, err := credit053(e.Direction)
	if err != nil {
		return nil, err
	}
	on, err := e.day()
	if err != nil {
		return nil, err
	}
	whole := Movement{Account: strings.TrimSpace(s.IBAN + s.Other), In: in, Cents: sum, Currency: e.Amount.foreign(), On: on, Servicer: given(e.Servicer),
		Reversal: isTrue(e.Reversal), Text: join(e.Text, e.Reference)}
	var parts []part
	for _, d := range e.Details {
		for _, p := range d.Parts {
			if p.Batch == "" {
				p.Batch = d.Batch
			}
			parts = append(parts, p)
		}
		if len(d.Parts) == 0 && d.Batch != "" {
			whole.Batch = given(d.Batch)
		}
	}
	if returned(e.Code) {
		whole.Returned = "-"
	}
	if list, ok := whole.split(parts, e.Servicer); ok {
		return list, nil
	}
	for _, p := range parts {
		whole.Text = join(append([]string{whole.Text, given(p.EndToEnd)}, p.words()...)...)
		whole.Batch = given(p.Batch)
	}
	whole.Whole = len(parts) > 1 || whole.Batch != ""
	whole.identify(e.Servicer)
	return []Movement{whole}, nil
}

// split gives a movement for each part of an entry, where their sums are told and add up.
func (m Movement) split(parts []part, servicer string) ([]Movement, bool) {
	var list []Movement
	var total int64
	for _, p := range parts {
		one := m
		value := p.Amount
		if value.Value == "" {
			value = p.Older
		}
		c, err := value.cents()
		switch {
		case err == nil:
			one.Cents = c
		case len(parts) > 1:
			return nil, false
		}
		if in, err := credit053(p.Direction); err == nil {
			one.In = in
		}
		if one.In == m.In {
			total += one.Cents
		} else {
			total -= one.Cents
		}
		one.EndToEnd, one.Batch = given(p.EndToEnd), given(p.Batch)
		one.Text = join(append([]string{m.Text}, p.words()...)...)
		if one.Name, one.IBAN = first(p.Parties.Debtor, p.Parties.DebtorNew), p.Parties.DebtorIBAN; !one.In {
			one.Name, one.IBAN = first(p.Parties.Creditor, p.Parties.CreditorNew), p.Parties.CreditorIBAN
		}
		if p.Return != nil || returned(p.Code) {
			one.Returned = "-"
		}
		if p.Return != nil {
			one.Returned = first(p.Return.Reason, "-")
		}
		one.Servicer = first(given(p.Servicer), one.Servicer)
		one.identify(first(given(p.Servicer), servicer))
		list = append(list, one)
	}
	return list, len(list) > 0 && total == m.Cents
}

// words are what a part tells in free text.
func (p part) words() []string {
	return append(append(append(append([]string{}, p.Texts...), p.Creditor...), p.Document...), p.Text)
}

// identify gives the movement its key: from the bank's own reference where there is one, else from all that is told of it.
func (m *Movement) identify(servicer string) {
	parts := []string{m.Account, fmt.Sprint(m.In, m.Cents, m.Reversal), m.On.Format(time.DateOnly), m.EndToEnd, m.Batch}
	if servicer = given(servicer); servicer != "" {
		m.Key = key(append(parts, servicer)...)
		return
	}
	m.Key = key(append(parts, m.IBAN, strings.ToLower(m.Name), strings.ToLower(m.Text))...)
}

func key(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// given is a reference, or nothing where it says that none was given.
func given(reference string) string {
	reference = strings.TrimSpace(reference)
	switch strings.ToUpper(reference) {
	case "NOTPROVIDED", "NONREF", "NOT PROVIDED", "NOTAVAILABLE":
		return ""
	}
	return reference
}

func first(texts ...string) string {
	for _, text := range texts {
		if text = strings.TrimSpace(text); text != "" {
			return text
		}
	}
	return ""
}

// join puts what is said together, each thing once.
func join(texts ...string) string {
	var said []string
	for _, text := range texts {
		if text = strings.Join(strings.Fields(text), " "); text != "" && !strings.Contains(strings.Join(said, " "), text) {
			said = append(said, text)
		}
	}
	return strings.Join(said, " ")
}

func (m money) cents() (int64, error) { return cents(m.Value) }

// foreign is the currency of a sum that is not in euros.
func (m money) foreign() string {
	if m.Currency == "EUR" {
		return ""
	}
	return m.Currency
}

// isTrue reads an XML boolean (XML Schema, part 2, §3.2.2).
func isTrue(text string) bool {
	text = strings.TrimSpace(text)
	return text == "true" || text == "1"
}

// returned tells whether a bank transaction code says that a transfer came back (ISO 20022, external code set: RRTN, reimbursement due to a return).
func returned(code string) bool { return strings.TrimSpace(code) == "RRTN" }

func credit053(indicator string) (bool, error) {
	switch strings.TrimSpace(indicator) {
	case "CRDT":
		return true, nil
	case "DBIT":
		return false, nil
	}
	return false, fmt.Errorf("CdtDbtInd is %q", indicator)
}

// day is the day an entry was booked, or that of its value.
func (e entry) day() (time.Time, error) {
	for _, w := range []when{e.Booked, e.Value} {
		if text := first(w.Day, w.Instant); len(text) >= len(time.DateOnly) {
			return time.Parse(time.DateOnly, text[:len(time.DateOnly)])
		}
	}
	return time.Time{}, errors.New("it has no date")
}
