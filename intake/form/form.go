// Package form writes blank application forms and reads filled ones: fillable PDF, XLSX and CSV.
package form

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/form"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
)

// MaxSize is the largest file that is read, in bytes.
const MaxSize = 20 << 20

var (
	// ErrNoForm is returned for a PDF without form fields, or one that cannot be read.
	ErrNoForm = errors.New("no form that can be read")
	// ErrTooLarge is returned for a file over MaxSize.
	ErrTooLarge = errors.New("file too large")
)

func init() { api.DisableConfigDir() } // pdfcpu would otherwise write a folder into the user's home

// Kind is how a field is filled in.
type Kind string

// The kinds of field.
const (
	Text   Kind = "text"
	Choice Kind = "choice"
)

// Field is a place to fill in. Its ID is the name of the PDF's field.
type Field struct {
	ID, Label, Hint string
	Kind            Kind
	Options         []string // of a choice
	Required        bool
}

// Section is a heading with fields below it.
type Section struct {
	Title, Intro string
	Fields       []Field
}

// Form is a form to be written.
type Form struct {
	Title, Subtitle string
	Intro           []string // paragraphs
	Sections        []Section
	Footer          string
}

// ReadPDF gives the values that a person filled in, by field name; empty fields are left out, a ticked box says "oui".
func ReadPDF(pdf []byte) (values map[string]string, err error) {
	defer func() {
		if recover() != nil { // a parser of other people's files must not take the case down with it
			values, err = nil, ErrNoForm
		}
	}()
	if len(pdf) > MaxSize {
		return nil, ErrTooLarge
	}
	conf := model.NewDefaultConfiguration()
	conf.ValidationMode = model.ValidationRelaxed
	group, err := api.ExportForm(bytes.NewReader(pdf), "", conf)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoForm, err)
	}
	values = map[string]string{}
	for _, f := range group.Forms {
		collect(f, values)
	}
	if len(values) == 0 {
		return nil, ErrNoForm
	}
	return values, nil
}

func collect(f form.Form, values map[string]string) {
	take := func(id, name, value string) {
		if value = strings.TrimSpace(value); value != "" {
			values[cmp.Or(name, id)] = value
		}
	}
	for _, t := range f.TextFields {
		take(t.ID, t.Name, t.Value)
	}
	for _, d := range f.DateFields {
		take(d.ID, d.Name, d.Value)
	}
	for _, c := range f.ComboBoxes {
		take(c.ID, c.Name, c.Value)
	}
	for _, r := range f.RadioButtonGroups {
		take(r.ID, r.Name, r.Value)
	}
	for _, l := range f.ListBoxes {
		take(l.ID, l.Name, strings.Join(l.Values, ", "))
	}
	for _, b := range f.CheckBoxes {
		if b.Value {
			take(b.ID, b.Name, "oui")
		}
	}
}

// Fill fills a form in, as an applicant would; samples and tests use it, with letters of ISO 8859-1 (pdfcpu asks for a font
// otherwise). A value for a field that is not there is an error.
func Fill(pdf []byte, values map[string]string) ([]byte, error) {
	conf := model.NewDefaultConfiguration()
	group, err := api.ExportForm(bytes.NewReader(pdf), "", conf)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoForm, err)
	}
	left := len(values)
	for _, f := range group.Forms {
		for _, t := range f.TextFields {
			if v, ok := values[t.Name]; ok {
				t.Value = v
				left--
			}
		}
		for _, c := range f.ComboBoxes {
			if v, ok := values[c.Name]; ok {
				c.Value = v
				left--
			}
		}
	}
	if left != 0 {
		return nil, fmt.Errorf("%d values have no field in the form", left)
	}
	text, err := json.Marshal(group)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = api.FillForm(bytes.NewReader(pdf), bytes.NewReader(text), &out, model.NewDefaultConfiguration())
	return out.Bytes(), err
}
