// Package form writes blank application forms and reads filled ones: fillable PDF, XLSX and CSV.
package form

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pdfcpu/pdfcpu/pkg/api"
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
