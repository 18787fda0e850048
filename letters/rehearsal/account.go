package rehearsal

import (
	"cmp"
	"strconv"
	"strings"

	"relance/domain/casefile"
	"relance/intake/reading"
	"relance/intake/supporting"
)

// Account is what has been understood of the mails, as programs read it. docs/schemes.md describes it; its keys are a contract.
type Account struct {
	Fields         map[string]Field `json:"fields"` // by the scheme's id; of the entries of a group as id[0].field
	Documents      []Document       `json:"documents"`
	Contradictions []Contradiction  `json:"contradictions"`
	Missing        Missing          `json:"missing"`
	Verdict        Verdict          `json:"verdict"`
	Answer         Mail             `json:"answer"` // the last mail of ours
}

// Sure tells what becomes of a value.
type Sure string

// What becomes of values.
const (
	Certain Sure = "certain" // it counts
	Confirm Sure = "confirm" // the applicant is asked to confirm it
	Refused Sure = "refused" // it cannot be read, and is asked for again
)

// Field is a value that was read.
type Field struct {
	Value string `json:"value"` // in its normal form; empty where it cannot be read
	Sure  Sure   `json:"sure"`
	From  string `json:"from"` // the mail or the attached file that says it
	Says  string `json:"says"` // the words it was read from
}

// Document is a file that came.
type Document struct {
	Name    string   `json:"name"`
	Kinds   []string `json:"kinds"`   // none where it is not known what it is
	Problem string   `json:"problem"` // why it does not do; empty where it does
}

// Contradiction is a document that says something else than the applicant.
type Contradiction struct {
	Field    string `json:"field"`
	Document string `json:"document"`
	Declared string `json:"declared"`
	Read     string `json:"read"`
}

// Missing is what the applicant is asked for. What they are only asked to confirm is not among it.
type Missing struct {
	Fields    []string `json:"fields"`
	Documents []string `json:"documents"`
}

// Verdict is what the rules say of a case from which no field is missing.
type Verdict struct {
	Eligible bool     `json:"eligible"`
	Failed   []string `json:"failed"`
	Amount   int64    `json:"amount"` // cents
}

// Mail is a mail of ours.
type Mail struct {
	Mail string `json:"mail"` // the name of its text
	Text string `json:"text"`
}

// Account gives what has been understood so far. Answer is the last mail of ours; nil: none was sent.
func (c *Case) Account(answer *Answer) Account {
	a := Account{Fields: map[string]Field{}, Documents: []Document{}, Contradictions: []Contradiction{},
		Missing: Missing{Fields: []string{}, Documents: []string{}},
		Verdict: Verdict{Eligible: c.State.Verdict.Eligible, Failed: append([]string{}, c.State.Verdict.Failed...), Amount: c.State.Verdict.Amount}}
	for key, v := range c.Facts.Fields {
		a.Fields[entryName(key)] = Field{Value: v.Value, Sure: sureOf(v), From: cmp.Or(c.Facts.Names[v.File], c.names[v.Mail]), Says: v.Written}
	}
	for _, d := range c.State.Documents {
		kinds := []string{}
		if d.Kind != reading.Other {
			kinds = append(kinds, d.Kind)
		}
		if n := len(a.Documents); n > 0 && d.Pages != "" && a.Documents[n-1].Name == c.Facts.Names[d.SHA256] { // another part of the same file
			a.Documents[n-1].Kinds = append(a.Documents[n-1].Kinds, kinds...)
			continue
		}
		a.Documents = append(a.Documents, Document{Name: c.Facts.Names[d.SHA256], Kinds: kinds, Problem: d.Problem})
	}
	for _, x := range supporting.Contradictions(c.Version, c.State.Documents, c.Facts) {
		a.Contradictions = append(a.Contradictions, Contradiction{Field: entryName(cmp.Or(x.Field, x.Property)), Document: c.Facts.Names[x.Document],
			Declared: x.Declared, Read: x.Read.Value})
	}
	for _, w := range c.State.Missing {
		switch {
		case w.What == casefile.WantDocument:
			a.Missing.Documents = append(a.Missing.Documents, w.ID)
		case sureOf(c.Facts.Fields[w.ID]) != Confirm:
			a.Missing.Fields = append(a.Missing.Fields, entryName(w.ID))
		}
	}
	if answer != nil {
		a.Answer = Mail{Mail: answer.Name, Text: answer.Text}
	}
	return a
}

func sureOf(v casefile.Value) Sure {
	switch {
	case v.Problem == "":
		return Certain
	case v.Sure == casefile.Doubtful && v.Value != "":
		return Confirm
	}
	return Refused
}

// entryName is a key of the facts as programs call it: periodes[0].mois for periodes.1.mois.
func entryName(key string) string {
	parts := strings.Split(key, ".")
	if len(parts) != 3 {
		return key
	}
	n, err := strconv.Atoi(parts[1])
	if err != nil {
		return key
	}
	return parts[0] + "[" + strconv.Itoa(n-1) + "]." + parts[2]
}
