package sepa

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strconv"
	"time"
)

// Account is whose account it is.
type Account struct {
	Name string `json:"name"`
	IBAN string `json:"iban"`
	BIC  string `json:"bic,omitempty"` // of the bank; not needed within the euro area
}

// Transfer is one credit transfer.
type Transfer struct {
	ID    string // EndToEndId: comes back with the statement, the status report and the return; at most 35 characters
	Cents int64
	To    Account
	Text  string // told to who is paid; cut to 140 characters
}

// Order is a file of transfers from one account on one day.
type Order struct {
	ID        string    // MsgId and PmtInfId: the bank takes it once
	Created   time.Time // of the file
	Execution time.Time // the day on which the account is debited
	From      Account
	Transfers []Transfer
}

// Total is the control total, in cents.
func (o Order) Total() (cents int64) {
	for _, t := range o.Transfers {
		cents += t.Cents
	}
	return cents
}

// Namespace is that of the version written.
const Namespace = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"

// The document, its elements in the order of the schema.
type (
	document struct {
		XMLName    xml.Name   `xml:"Document"`
		Namespace  string     `xml:"xmlns,attr"`
		Initiation initiation `xml:"CstmrCdtTrfInitn"`
	}
	initiation struct {
		Header  header  `xml:"GrpHdr"`
		Payment payment `xml:"PmtInf"`
	}
	header struct {
		ID      string `xml:"MsgId"`
		Created string `xml:"CreDtTm"`
		Count   string `xml:"NbOfTxs"`
		Sum     string `xml:"CtrlSum"`
		By      string `xml:"InitgPty>Nm"`
	}
	payment struct {
		ID        string     `xml:"PmtInfId"`
		Method    string     `xml:"PmtMtd"`
		Batch     bool       `xml:"BtchBookg"`
		Count     string     `xml:"NbOfTxs"`
		Sum       string     `xml:"CtrlSum"`
		Service   string     `xml:"PmtTpInf>SvcLvl>Cd"`
		Day       string     `xml:"ReqdExctnDt>Dt"`
		Debtor    string     `xml:"Dbtr>Nm"`
		Account   string     `xml:"DbtrAcct>Id>IBAN"`
		Agent     agent      `xml:"DbtrAgt>FinInstnId"`
		Charges   string     `xml:"ChrgBr"`
		Transfers []transfer `xml:"CdtTrfTxInf"`
	}
	transfer struct {
		ID       string `xml:"PmtId>EndToEndId"`
		Amount   amount `xml:"Amt>InstdAmt"`
		Agent    *agent `xml:"CdtrAgt>FinInstnId"`
		Creditor string `xml:"Cdtr>Nm"`
		Account  string `xml:"CdtrAcct>Id>IBAN"`
		Text     string `xml:"RmtInf>Ustrd,omitempty"`
	}
	agent struct {
		BIC   string `xml:"BICFI,omitempty"`
		Other *other `xml:"Othr"`
	}
	other struct {
		ID string `xml:"Id"`
	}
	amount struct {
		Currency string `xml:"Ccy,attr"`
		Value    string `xml:",chardata"`
	}
)

// Write gives the file of an order: the same order gives the same bytes. It fails where Check would find fault with it.
func Write(o Order) ([]byte, error) {
	count, sum := strconv.Itoa(len(o.Transfers)), decimal(o.Total())
	p := payment{ID: o.ID, Method: "TRF", Batch: true, Count: count, Sum: sum, Service: "SEPA", Day: o.Execution.Format(time.DateOnly),
		Debtor: Text(o.From.Name, 70), Account: o.From.IBAN, Agent: agent{BIC: o.From.BIC}, Charges: "SLEV"}
	if o.From.BIC == "" {
		p.Agent.Other = &other{"NOTPROVIDED"}
	}
	for _, t := range o.Transfers {
		line := transfer{ID: t.ID, Amount: amount{"EUR", decimal(t.Cents)}, Creditor: Text(t.To.Name, 70), Account: t.To.IBAN, Text: Text(t.Text, 140)}
		if t.To.BIC != "" {
			line.Agent = &agent{BIC: t.To.BIC}
		}
		p.Transfers = append(p.Transfers, line)
	}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	e := xml.NewEncoder(&b)
	e.Indent("", "  ")
	if err := e.Encode(document{Namespace: Namespace, Initiation: initiation{
		Header:  header{ID: o.ID, Created: o.Created.UTC().Format("2006-01-02T15:04:05Z"), Count: count, Sum: sum, By: Text(o.From.Name, 70)},
		Payment: p,
	}}); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	if problems := Check(b.Bytes()); len(problems) > 0 {
		return nil, fmt.Errorf("%w: %s", ErrFile, problems[0])
	}
	return b.Bytes(), nil
}
