// Package pdf writes the letters of an authority as A4 PDF files: letterhead, recipient, body, signature, ways of appeal.
//
// The same letter always gives the same bytes, so that a letter written again after a failure is the letter already archived.
package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"relance/letters/prose"
)

// Letterhead is what stands at the top of the first page.
type Letterhead struct {
	Name, Motto           string
	Lines                 []string // postal address
	Phone, Email, Website string
	Logo                  []byte   // PNG, optional
	Color                 [3]uint8 // red, green, blue; darkened for text that would be too pale to read
}

// Officer is who handles the case (CRPA L111-2).
type Officer struct{ Name, Capacity, Phone, Email string }

// Signature is who decides: name and capacity in readable characters (CRPA L212-1), and the act that lets them sign.
type Signature struct {
	Name, Capacity, Delegation string
	Date                       time.Time // of the signature; zero leaves the line out
}

// Acceptance is the box in which the recipient signs. Phrase is the sentence that signs by mail instead; it is printed
// exactly as given.
type Acceptance struct{ Phrase string }

// Letter is everything that is written. Empty fields leave no trace on the page, except those that Render asks for.
type Letter struct {
	Letterhead Letterhead
	Title      string // of the document, for readers and screen readers
	Kind       string // « Décision d'attribution »
	Place      string // where it is dated from
	Date       time.Time
	Reference  string
	Officer    Officer
	Recipient  []string // address block, line by line
	Subject    string
	Body       []prose.Block
	Signature  *Signature
	Acceptance *Acceptance
	Notice     []prose.Block // ways and time limits of appeal, in small type
	Language   string        // RFC 5646 tag, fr-FR when empty
	Check      string        // a small line at the foot of every page: how others can have the letter verified
	Mark       string        // a small line at the foot of every page, that others can hold the letter against
	Keywords   string        // of the document, ASCII, for programs
	// Fingerprint is a short fingerprint of what the letter says (package imprint). With it every page carries reference and fingerprint, as text and as
	// a QR code.
	Fingerprint string
}

// ErrIncomplete is returned for a letter that lacks a field without which it could not be identified or filed.
var ErrIncomplete = errors.New("incomplete letter")

// Written is a letter as it came out.
type Written struct {
	PDF      []byte
	Said     Said
	Replaced []rune // characters that the font lacks: □ stands for each, in the order of the letter
}

// Said is what the pages say, line by line as they are printed, part by part; footers are left out.
type Said struct {
	Letterhead, Address, Officer, Body, Signature, Acceptance, Notice string
}

// Render writes the letter as a PDF file: Write, for who needs nothing else.
func Render(l Letter) ([]byte, error) {
	w, err := Write(l)
	return w.PDF, err
}

// Write writes the letter. The error wraps ErrIncomplete and names what lacks: Title, Date, Reference, Letterhead.Name.
// Characters that the font lacks are printed as □. It may be called by many goroutines at once.
func Write(l Letter) (Written, error) {
	if err := l.complete(); err != nil {
		return Written{}, err
	}
	d, said := written(l, (*document).compose)
	if d.err != nil {
		return Written{}, fmt.Errorf("letter %s: %w", l.Reference, d.err)
	}
	var out bytes.Buffer
	if err := d.pdf.Output(&out); err != nil {
		return Written{}, fmt.Errorf("letter %s: %w", l.Reference, err)
	}
	file, err := archival(out.Bytes(), l)
	if err != nil {
		return Written{}, fmt.Errorf("letter %s: %w", l.Reference, err)
	}
	return Written{PDF: file, Said: said, Replaced: lacking(l.texts())}, nil
}

// written composes and writes a document in the faces or, where it has a character that these lack, in the whole typeface.
func written(l Letter, compose func(*document) [][]placed) (*document, Said) {
	d := newDocument(l, false)
	said := d.write(compose(d))
	if d.rare {
		d = newDocument(l, true)
		said = d.write(compose(d))
	}
	return d, said
}

// texts is everything of a letter that is printed.
func (l Letter) texts() []string {
	texts := []string{l.Title, l.Letterhead.Name, l.Letterhead.Motto, l.Letterhead.Phone, l.Letterhead.Email, l.Letterhead.Website, l.Kind, l.Place, l.Reference,
		l.Officer.Name, l.Officer.Capacity, l.Officer.Phone, l.Officer.Email, l.Subject}
	texts = append(append(texts, l.Letterhead.Lines...), l.Recipient...)
	for _, b := range append(slices.Clone(l.Body), l.Notice...) {
		texts = append(append(texts, b.Text), b.Items...)
		for _, r := range b.Rows {
			texts = append(texts, r...)
		}
	}
	if l.Signature != nil {
		texts = append(texts, l.Signature.Name, l.Signature.Capacity, l.Signature.Delegation)
	}
	if l.Acceptance != nil {
		texts = append(texts, l.Acceptance.Phrase)
	}
	return texts
}

func (l Letter) complete() error {
	var lacks []string
	for _, field := range []struct {
		name string
		ok   bool
	}{
		{"Title", strings.TrimSpace(l.Title) != ""},
		{"Date", !l.Date.IsZero()},
		{"Reference", strings.TrimSpace(l.Reference) != ""},
		{"Letterhead.Name", strings.TrimSpace(l.Letterhead.Name) != ""},
	} {
		if !field.ok {
			lacks = append(lacks, field.name)
		}
	}
	if lacks != nil {
		return fmt.Errorf("%w: %s", ErrIncomplete, strings.Join(lacks, ", "))
	}
	return nil
}
