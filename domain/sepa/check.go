package sepa

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
)

// ErrFile is returned for transfers of which no file can be made that a bank would take.
var ErrFile = errors.New("not a file of credit transfers")

// rule is an element of the schema: how often it may stand, in which order its children come, or what its text is.
type rule struct {
	name        string
	least, most int
	choice      bool // exactly one of the children
	children    []rule
	text        func(string) error
	currency    bool // carries Ccy="EUR"
}

const many = 1 << 30

func leaf(name string, least int, text func(string) error) rule {
	return rule{name: name, least: least, most: 1, text: text}
}

func node(name string, least int, children ...rule) rule {
	return rule{name: name, least: least, most: 1, children: children}
}

// credit is pain.001.001.09 as the EPC's guidelines for customers restrict it (EPC132-08): the elements that Relance writes, each
// with the type of the schema.
var credit = node("Document", 1, node("CstmrCdtTrfInitn", 1,
	node("GrpHdr", 1, leaf("MsgId", 1, reference), leaf("CreDtTm", 1, instant), leaf("NbOfTxs", 1, number), leaf("CtrlSum", 0, sum(18, 2)),
		node("InitgPty", 1, leaf("Nm", 0, latin(70)))),
	rule{name: "PmtInf", least: 1, most: many, children: []rule{
		leaf("PmtInfId", 1, reference), leaf("PmtMtd", 1, words("TRF")), leaf("BtchBookg", 0, words("true", "false")), leaf("NbOfTxs", 0, number),
		leaf("CtrlSum", 0, sum(18, 2)), node("PmtTpInf", 0, node("SvcLvl", 0, leaf("Cd", 1, words("SEPA")))),
		{name: "ReqdExctnDt", least: 1, most: 1, choice: true, children: []rule{leaf("Dt", 1, day), leaf("DtTm", 1, instant)}},
		node("Dbtr", 1, leaf("Nm", 1, latin(70))), account("DbtrAcct"), bank("DbtrAgt", 1), leaf("ChrgBr", 0, words("SLEV")),
		{name: "CdtTrfTxInf", least: 1, most: many, children: []rule{
			node("PmtId", 1, leaf("InstrId", 0, reference), leaf("EndToEndId", 1, reference)),
			node("Amt", 1, rule{name: "InstdAmt", least: 1, most: 1, text: payable, currency: true}),
			bank("CdtrAgt", 0), node("Cdtr", 1, leaf("Nm", 1, latin(70))), account("CdtrAcct"), node("RmtInf", 0, leaf("Ustrd", 1, latin(140))),
		}},
	}}))

func account(name string) rule {
	return node(name, 1, node("Id", 1, leaf("IBAN", 1, func(text string) error {
		if !ValidIBAN(text) {
			return errors.New("not a valid IBAN")
		}
		return nil
	})))
}

func bank(name string, least int) rule {
	r := node("FinInstnId", 1, leaf("BICFI", 1, pattern(`[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?`, "not a BIC")), node("Othr", 1, leaf("Id", 1, words("NOTPROVIDED"))))
	r.choice = true
	return node(name, least, r)
}

func words(list ...string) func(string) error {
	return pattern(strings.Join(list, "|"), "it is "+strings.Join(list, " or "))
}

func pattern(shape, says string) func(string) error {
	compiled := regexp.MustCompile("^(?:" + shape + ")$")
	return func(text string) error {
		if !compiled.MatchString(text) {
			return errors.New(says)
		}
		return nil
	}
}

// number is Max15NumericText.
var number = pattern(`[0-9]{1,15}`, "one to fifteen digits")

// latin is a text of the basic Latin set (EPC217-08).
func latin(most int) func(string) error {
	return pattern(fmt.Sprintf(`[A-Za-z0-9/\-?:().,'+ ]{1,%d}`, most), fmt.Sprintf("one to %d characters of the basic Latin set", most))
}

// reference is an identifier: Max35Text of the basic Latin set that neither begins nor ends with a slash, nor has two in a row.
func reference(text string) error {
	if err := latin(35)(text); err != nil {
		return err
	}
	if strings.HasPrefix(text, "/") || strings.HasSuffix(text, "/") || strings.Contains(text, "//") {
		return errors.New("a reference neither begins nor ends with a slash, nor has two in a row")
	}
	return nil
}

// instant is ISODateTime.
func instant(text string) error {
	_, err := time.Parse("2006-01-02T15:04:05Z07:00", text)
	if err != nil {
		_, err = time.Parse("2006-01-02T15:04:05", text)
	}
	return err
}

// day is ISODate.
func day(text string) error {
	_, err := time.Parse(time.DateOnly, text)
	return err
}

// sum is a decimal of so many digits, so many of them behind the point.
func sum(digits, behind int) func(string) error {
	shape := pattern(fmt.Sprintf(`[0-9]+(\.[0-9]{1,%d})?`, behind), fmt.Sprintf("a decimal with at most %d digits behind its point", behind))
	return func(text string) error {
		err := shape(text)
		if err == nil && len(strings.Replace(text, ".", "", 1)) > digits {
			err = fmt.Errorf("at most %d digits", digits)
		}
		return err
	}
}

// payable is what one transfer may carry: from 0.01 to 999,999,999.99 (EPC132-08, AT-T002).
func payable(text string) error {
	c, err := cents(text)
	if err == nil && (c < 1 || c > 99_999_999_999) {
		err = errors.New("a transfer carries from 0.01 to 999999999.99")
	}
	return err
}

// Check tells what a bank would find wrong with a file of credit transfers: the order and number of its elements, the type of each text,
// control totals that are not those of its transfers, and one identifier given twice. It is empty where all is well.
func Check(file []byte) []string {
	root, err := parse(file)
	if err != nil {
		return []string{err.Error()}
	}
	if root.name != "Document" || root.space != Namespace {
		return []string{fmt.Sprintf("the root is %s in %q, and has to be Document in %q", root.name, root.space, Namespace)}
	}
	c := &check{}
	c.element("", root, credit)
	if len(c.problems) == 0 {
		c.totals(root)
	}
	return c.problems
}

type check struct{ problems []string }

func (c *check) say(at, format string, args ...any) {
	c.problems = append(c.problems, at+": "+fmt.Sprintf(format, args...))
}

func (c *check) element(at string, e *element, r rule) {
	at += "/" + e.name
	if r.text != nil {
		if len(e.children) > 0 {
			c.say(at, "holds a text alone")
		} else if err := r.text(e.text); err != nil {
			c.say(at, "%q: %v", e.text, err)
		}
		if r.currency && e.currency != "EUR" {
			c.say(at, "Ccy=%q, and it has to be EUR", e.currency)
		}
		return
	}
	if strings.TrimSpace(e.text) != "" {
		c.say(at, "holds elements alone, not %q", strings.TrimSpace(e.text))
	}
	if r.choice && len(e.children) != 1 {
		c.say(at, "holds exactly one element, not %d", len(e.children))
		return
	}
	rest := e.children
	for _, below := range r.children {
		n := 0
		for len(rest) > 0 && rest[0].name == below.name {
			c.element(at, rest[0], below)
			rest = rest[1:]
			n++
		}
		if n < below.least && !r.choice || n > below.most {
			c.say(at, "%s stands %d times", below.name, n)
		}
	}
	if len(rest) > 0 {
		c.say(at, "%s stands where it may not", rest[0].name)
	}
}

// totals compares the control totals with the transfers.
func (c *check) totals(root *element) {
	seen := map[string]bool{}
	var all, count int64
	initiation := root.children[0]
	for _, p := range initiation.children[1:] {
		var sum, n int64
		for _, e := range p.children {
			if e.name != "CdtTrfTxInf" {
				continue
			}
			value, _ := cents(e.find("Amt").find("InstdAmt").text)
			sum, n = sum+value, n+1
			id := e.find("PmtId").find("EndToEndId").text
			if seen[id] && id != "NOTPROVIDED" {
				c.say("/Document", "EndToEndId %q is given twice", id)
			}
			seen[id] = true
		}
		c.total("PmtInf", p, sum, n)
		all, count = all+sum, count+n
	}
	c.total("GrpHdr", initiation.children[0], all, count)
}

func (c *check) total(at string, e *element, sum, count int64) {
	if n := e.find("NbOfTxs").text; n != "" && n != fmt.Sprint(count) {
		c.say(at, "NbOfTxs is %s, and there are %d transfers", n, count)
	}
	if text := e.find("CtrlSum").text; text != "" {
		if control, _ := cents(text); control != sum {
			c.say(at, "CtrlSum is %s, and the transfers add up to %s", text, decimal(sum))
		}
	}
}

// element is an XML element, without the space around its parts.
type element struct {
	name, space, text, currency string
	children                    []*element
}

// find gives the first child of a name; an empty element where there is none.
func (e *element) find(name string) *element {
	for _, child := range e.children {
		if child.name == name {
			return child
		}
	}
	return &element{}
}

// maxDepth bounds how deep elements lie in one another.
const maxDepth = 40

// parse reads a whole document.
func parse(file []byte) (*element, error) {
	d := xml.NewDecoder(bytes.NewReader(file))
	holder := &element{}
	stack := []*element{holder}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("not XML: %w", err)
		}
		top := stack[len(stack)-1]
		switch t := token.(type) {
		case xml.StartElement:
			e := &element{name: t.Name.Local, space: t.Name.Space}
			for _, a := range t.Attr {
				if a.Name.Local == "Ccy" {
					e.currency = a.Value
				}
			}
			top.children = append(top.children, e)
			if stack = append(stack, e); len(stack) > maxDepth {
				return nil, errors.New("elements lie too deep in one another")
			}
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if text := string(t); strings.TrimSpace(text) != "" { // the space between elements says nothing
				top.text += text
			}
		}
	}
	if len(holder.children) != 1 {
		return nil, errors.New("a document has one root")
	}
	return holder.children[0], nil
}
