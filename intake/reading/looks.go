package reading

import (
	"bytes"
	"crypto/x509"

	"relance/intake/papers"
	"relance/mail/message"
)

// looks are what was seen in the files of a mail.
type looks struct {
	known  map[string]papers.Findings // by SHA-256
	failed error                      // the first: the mail is read again
}

// look looks into a file once, for all that any file is looked into for: whether it can be opened, and the values of a form or a sheet. Of one
// mail as many files are opened as are taken of it.
func (r *Result) look(a message.Attachment, in Input) papers.Findings {
	f, known := r.looks.known[a.SHA256]
	if known || in.Shut || a.Size == 0 || a.Size > MaxDocument || a.Danger == message.Program || a.Danger == message.Macros || r.looks.failed != nil {
		return f
	}
	if len(r.looks.known) < 2*MaxFiles {
		q := papers.Request{Type: a.Type, Check: a.Type == "application/pdf", Table: papers.TableOf(a.Name, a.Type, in.Version.Sheets), Rows: maxRows}
		q.Text = papers.HasText(a.Type) && (readsText(in.Version) || isWritten(a.Type))
		content := a.Content()
		if q.Table == papers.Form && Recognise(a.Name, in.Version) == Other {
			q.Title = in.Scheme.Title
		}
		if q.Table == papers.Form && q.Title == "" && !mayHoldForm(content) {
			q.Table = papers.NoTable
		}
		if q.Check || q.Text || q.Table != papers.NoTable {
			f = r.ask(in, q, content)
		}
	}
	r.looks.known[a.SHA256] = f
	return f
}

// maxRows is how many rows of a sheet are read.
const maxRows = 200

// mayHoldForm tells whether a PDF is worth reading for a form: where it names one, or hides its objects in streams.
func mayHoldForm(pdf []byte) bool {
	for _, mark := range []string{"/AcroForm", "/ObjStm", "/Widget"} {
		if bytes.Contains(pdf, []byte(mark)) {
			return true
		}
	}
	return false
}

// lookAtCopy compares a copy of the charter with the charter that was sent.
func (r *Result) lookAtCopy(a message.Attachment, in Input) papers.Copy {
	nothing := papers.Copy{Scanned: a.Type != "application/pdf"}
	if r.looks.known[a.SHA256].Problem != "" {
		return nothing
	}
	against := papers.Against{At: in.At, Roots: certificates(in.Sent.Roots), Stamps: certificates(in.Sent.Stamps)}
	f := r.ask(in, papers.Request{Type: a.Type, Copy: &against}, a.Content())
	if f.Copy != nil {
		return *f.Copy
	}
	for i, d := range r.Reading.Documents {
		if d.SHA256 == a.SHA256 && d.Problem == "" {
			r.Reading.Documents[i].Problem = f.Problem
		}
	}
	return nothing
}

func (r *Result) ask(in Input, q papers.Request, content []byte) papers.Findings {
	if r.looks.failed != nil {
		return papers.Findings{}
	}
	f, err := in.Papers.Look(q, content, in.Sent.PDF)
	if err != nil {
		r.looks.failed = err
	}
	return f
}

func certificates(list []*x509.Certificate) (der [][]byte) {
	for _, c := range list {
		der = append(der, c.Raw)
	}
	return der
}
