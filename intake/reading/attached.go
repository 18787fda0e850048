package reading

import (
	"maps"
	"slices"
	"strings"

	"relance/domain/casefile"
	"relance/intake/fields"
	"relance/mail/message"
)

// documents recognises and checks what is attached.
func (r *Result) documents(in Input) {
	names := maps.Clone(r.Facts.Names)
	if names == nil {
		names = map[string]string{}
	}
	for _, a := range in.Message.Files() {
		if isFurniture(a) || isLogo(a) && Recognise(a.Name, in.Version) == Other {
			continue
		}
		known := func(d casefile.Document) bool { return d.SHA256 == a.SHA256 }
		if a.SHA256 == in.State.Charter.SHA256 && a.SHA256 != "" {
			continue // it is looked at with the charter
		}
		if slices.ContainsFunc(r.Reading.Documents, known) || slices.ContainsFunc(in.State.Documents, known) && !r.renamed(a, in) {
			continue // the same file again
		}
		if len(r.Reading.Documents) >= MaxFiles || len(in.State.Documents)+len(r.Reading.Documents) >= MaxCaseFiles {
			names[a.SHA256] = a.Name
			r.Reading.Documents = append(r.Reading.Documents, casefile.Document{Kind: Other, SHA256: a.SHA256, Size: a.Size, Type: a.Type, Problem: ProblemTooMany,
				Received: in.State.Clock.Legal(in.Mail.Received), Mail: in.Mail.Identity})
			break
		}
		problem, flag := r.check(a, in)
		d := casefile.Document{Key: documentKey(in.State.Reference, a), SHA256: a.SHA256, Size: a.Size, Type: a.Type, Problem: problem, Flag: flag,
			Received: in.State.Clock.Legal(in.Mail.Received), Mail: in.Mail.Identity}
		if problem == ProblemProgram || problem == ProblemMacros {
			d.Key = "" // it is not handed on: it stays in the mail it came in
		}
		names[a.SHA256] = a.Name
		if d.Key != "" {
			r.Contents[d.Key] = a.Content
		}
		r.Reading.Documents = append(r.Reading.Documents, r.noted(d, a, in)...)
	}
	r.links(in, names)
	r.Facts.Names = names
}

// renamed tells whether a file that came before, and nobody knew what it was, is sent again under a name that says so.
func (r *Result) renamed(a message.Attachment, in Input) bool {
	return !slices.ContainsFunc(in.State.Documents, func(d casefile.Document) bool { return d.SHA256 == a.SHA256 && d.Kind != Other }) &&
		r.parts(a, in)[0].Kind != Other
}

// pairs are the values that a form, a sheet or a text document gives.
func (r *Result) pairs(a message.Attachment, in Input) []fields.Found {
	f := r.look(a, in)
	if len(f.Rows) > 0 || !isWritten(a.Type) {
		return fields.Pairs(f.Rows, in.Version)
	}
	return fields.Read(fields.Lines(strings.Join(f.Pages, "\n")), in.Version, nil).Found
}

// kind tells which document a file is. Where its name says nothing, what the case waits for does: the only thing that is
// missing, or the signed charter. An officer sees each document before anything is decided.
func (r *Result) kind(a message.Attachment, in Input) string {
	kind := Recognise(a.Name, in.Version)
	if kind != Other {
		return kind
	}
	if r.isForm(a, in) {
		return FormCopy
	}
	if in.State.Stage == casefile.AwaitingCharter {
		return CharterCopy
	}
	if missing := in.State.Missing; len(missing) == 1 && missing[0].What == casefile.WantDocument && accepted[a.Type] {
		return missing[0].ID
	}
	return Other
}

// extensions give a stored document a name that opens with a click.
var extensions = map[string]string{"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png", "image/heic": ".heic",
	"image/heif": ".heif", "image/tiff": ".tiff", "image/webp": ".webp", "text/plain": ".txt", "text/csv": ".csv", "application/zip": ".zip",
	"application/vnd.oasis.opendocument.text": ".odt", "application/vnd.oasis.opendocument.spreadsheet": ".ods",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":       ".xlsx",
	"application/msword": ".doc", "application/vnd.ms-excel": ".xls"}

// documentKey is where a document lies: its content names it, and no name of a person or firm is in it.
func documentKey(reference string, a message.Attachment) string {
	extension, ok := extensions[a.Type]
	if !ok {
		extension = ".bin"
	}
	return casefile.Folder(reference) + "documents/" + a.SHA256 + extension
}
