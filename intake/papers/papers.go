// Package papers looks into one file that somebody sent: whether it can be opened and is harmless, its text, the values of a form or a sheet, what a signed
// copy of a charter shows, the files inside an archive. It is pure. Decoders of other people's files take as much memory and time as the file
// wants: a worker has them run by a process of their own (package reader), and only files of our own and tests are looked into in place (Here).
package papers

import (
	"errors"
	"path"
	"strings"
	"time"

	"relance/domain/casefile"
	"relance/intake/form"
	"relance/mail/message"
	"relance/proof/imprint"
)

// The problems that are found by opening a file, as codes.
const (
	ProblemPDF       = "pdf_unreadable"
	ProblemEncrypted = "pdf_encrypted"
	ProblemUnread    = "document_unread" // it takes more memory or time than a file may, or nobody opens it any more
)

// FlagActive marks a document that does something when it is opened: it is kept, and an officer is warned.
const FlagActive = "pdf_active"

// FlagStructure marks a PDF that breaks ISO 32000 and that readers open all the same: it is taken, and an officer is told.
const FlagStructure = "pdf_structure"

// Table is how the values of a file are laid out.
type Table string

// The tables.
const (
	NoTable Table = ""
	Form    Table = "form" // a filled PDF form
	XLSX    Table = "xlsx"
	CSV     Table = "csv"
)

// Request says what is to be looked for in a file.
type Request struct {
	Type  string   `json:"type,omitempty"`  // media type, told from the content
	Check bool     `json:"check,omitempty"` // whether a PDF can be opened, and acts
	Table Table    `json:"table,omitempty"`
	Rows  int      `json:"rows,omitempty"`  // of a sheet, at most
	Title string   `json:"title,omitempty"` // of our form, whose values may be drawn on its pages; empty: it is no candidate
	Marks bool     `json:"marks,omitempty"` // of a charter, on a PDF or a picture
	Text  bool     `json:"text,omitempty"`  // the text of a PDF or a text document
	Cases bool     `json:"cases,omitempty"` // references of cases that the text of a PDF names
	Copy  *Against `json:"copy,omitempty"`  // of a charter: compare it with the original
}

// Against is what the signatures of a copy are held against.
type Against struct {
	At     time.Time `json:"at"`
	Roots  [][]byte  `json:"roots,omitempty"`  // trusted certificates of people who sign, DER
	Stamps [][]byte  `json:"stamps,omitempty"` // of timestamp authorities; empty: Roots
}

// Findings are what a file shows.
type Findings struct {
	Problem string              `json:"problem,omitempty"`
	Flag    string              `json:"flag,omitempty"`
	Rows    []map[string]string `json:"rows,omitempty"`
	Marks   []imprint.Mark      `json:"marks,omitempty"`
	Pages   []string            `json:"pages,omitempty"` // the text, page by page
	Cases   []string            `json:"cases,omitempty"` // references, each once, in their order
	Copy    *Copy               `json:"copy,omitempty"`
}

// Reader looks into files. An error says that a file could not be looked into now, through no fault of its own.
type Reader interface {
	Look(q Request, content, original []byte) (Findings, error)
	Open(file message.Packed, left message.Limits) (message.Opened, error)
}

// Unread are the findings of a file that nobody could read.
var Unread = Findings{Problem: ProblemUnread}

// Here looks into files in place: into our own, and into those of tests.
type Here struct{}

// Open opens a file that holds others.
func (Here) Open(file message.Packed, left message.Limits) (message.Opened, error) {
	return message.Unpack(file, left), nil
}

// Look looks into a file.
func (Here) Look(q Request, content, original []byte) (f Findings, err error) {
	if (q.Check || q.Copy != nil || q.Marks || q.Cases) && q.Type == pdfType { // other readers are given what this one finds sound
		if f.Problem, f.Flag = checkPDF(content); f.Problem != "" {
			return f, nil
		}
	}
	f.Rows = table(q, content)
	if q.Text {
		f.Pages = textOf(q.Type, content)
	}
	if q.Cases && q.Type == pdfType {
		f.Cases = casefile.FindReferences(imprint.Text(content))
	}
	switch {
	case q.Copy != nil:
		c := copyOf(q, content, original)
		f.Copy = &c
	case q.Marks && q.Type == pdfType:
		f.Marks = imprint.ReadPDF(content).Marks
	case q.Marks:
		f.Marks = imprint.ReadPicture(content)
	}
	return f, nil
}

const pdfType = "application/pdf"

// TableOf tells which table a file may be, by its name and type; a sheet counts where sheets do.
func TableOf(name, mediaType string, sheets bool) Table {
	switch extension := strings.ToLower(path.Ext(name)); {
	case mediaType == pdfType:
		return Form
	case sheets && extension == ".xlsx":
		return XLSX
	case sheets && extension == ".csv":
		return CSV
	}
	return NoTable
}

// table reads the values of a form or a sheet; none where it is none.
func table(q Request, content []byte) (rows []map[string]string) {
	var list []form.Row
	err := errors.ErrUnsupported
	switch q.Table {
	case Form:
		if values, err := form.ReadPDF(content); err == nil && len(values) > 0 {
			return []map[string]string{values}
		}
		return printed(content, q.Title)
	case XLSX:
		list, err = form.ReadXLSX(content, q.Rows)
	case CSV:
		list, err = form.ReadCSV(content, q.Rows)
	}
	if err != nil {
		return nil
	}
	for _, row := range list {
		rows = append(rows, row)
	}
	return rows
}
