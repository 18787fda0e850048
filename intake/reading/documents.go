package reading

import (
	"path"
	"regexp"
	"strings"

	"relance/domain/scheme"
	"relance/intake/papers"
	"relance/mail/message"
)

// MaxDocument is the largest document that is taken into a case, in bytes. What is larger stays in the archived mail, and
// the applicant is asked for a smaller copy.
const MaxDocument = 20 << 20

// MaxFiles is how many files are taken of one mail, and MaxCaseFiles how many into one case. What comes beyond stays in the archived mail.
const (
	MaxFiles     = 100
	MaxCaseFiles = 500
)

// The problems a document can have, as codes.
const (
	ProblemEmpty     = "document_empty"
	ProblemTooLarge  = "document_too_large"
	ProblemType      = "document_type"
	ProblemPDF       = papers.ProblemPDF
	ProblemEncrypted = papers.ProblemEncrypted
	ProblemUnread    = papers.ProblemUnread // it took more memory or time than a file may
	ProblemTooFew    = "document_too_few"
	ProblemProgram   = "document_program" // it can be run
	ProblemMacros    = "document_macros"
	ProblemVirus     = "document_virus"
	ProblemLink      = "document_link"     // a link to a file, instead of the file
	ProblemForm      = "form_unread"       // a form without an answer that can be read
	ProblemTooMany   = "document_too_many" // this file and those behind it
	ProblemLocked    = "archive_locked"    // with a password
	ProblemTooMuch   = "archive_too_large" // when it is unpacked, or with too many files in it
	ProblemArchive   = "archive_unreadable"

	ProblemContradicts = "document_contradicts" // it says otherwise than the applicant, who is asked
)

// The kinds of document that no scheme lists.
const (
	CharterCopy = "charter" // the signed charter, sent back
	Other       = "other"   // anything else: kept, and shown to the officer
)

// accepted are the media types a case file takes; an officer can open each without risk or special software.
var accepted = map[string]bool{
	"application/pdf": true, "image/jpeg": true, "image/png": true, "image/heic": true, "image/heif": true, "image/tiff": true,
	"image/webp": true, "application/vnd.oasis.opendocument.text": true, "application/vnd.oasis.opendocument.spreadsheet": true,
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document": true,
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":       true,
	"application/msword": true, "application/vnd.ms-excel": true, "text/csv": true,
	"message/rfc822": true, // a mail that was forwarded
}

// closed are the problems of files that hold others and cannot be opened.
var closed = map[message.Closed]string{message.Locked: ProblemLocked, message.TooMuch: ProblemTooMuch, message.Damaged: ProblemArchive,
	message.Unread: ProblemUnread}

// FlagActive marks a document that does something when it is opened.
const FlagActive = papers.FlagActive

// check tells what is wrong with a document as it came, by its content; the empty string means it can be used. Flag warns of what can be used
// with care.
func (r *Result) check(a message.Attachment, in Input) (problem, flag string) {
	switch {
	case a.Danger == message.Program:
		return ProblemProgram, ""
	case a.Danger == message.Macros:
		return ProblemMacros, ""
	case a.Closed != message.Open && a.Type != "message/rfc822":
		return closed[a.Closed], ""
	case a.Size == 0:
		return ProblemEmpty, ""
	case a.Size > MaxDocument:
		return ProblemTooLarge, ""
	case !accepted[a.Type]:
		return ProblemType, ""
	}
	f := r.look(a, in)
	if f.Problem == "" && r.isSilentForm(a, in) {
		return ProblemForm, ""
	}
	return f.Problem, f.Flag
}

// isSilentForm tells whether a PDF is called a form, and gives no value: it is blank, or a program has printed or flattened
// it, so that its answers are drawn on its pages and no fields any more.
func (r *Result) isSilentForm(a message.Attachment, in Input) bool {
	if a.Type != "application/pdf" || in.Shut || !strings.Contains(fileWords(a.Name), " formulaire ") || Recognise(a.Name, in.Version) != Other {
		return false
	}
	return len(r.look(a, in).Rows) == 0
}

var (
	camel      = regexp.MustCompile(`(\p{Ll})(\p{Lu})|(\pL)(\pN)`)
	nameBreaks = regexp.MustCompile(`[^\p{L}\p{N}]+`)
)

// FormCopy is the filled application form: its values are read into the facts, and it is no supporting document.
const FormCopy = "form"

// fileWords are the words of a file's name: « KBIS_Dupont-2020.pdf » is « kbis dupont 2020 ».
func fileWords(name string) string {
	base := strings.TrimSuffix(path.Base(strings.ReplaceAll(name, `\`, "/")), path.Ext(name))
	base = camel.ReplaceAllString(base, "$1$3 $2$4")
	return " " + strings.TrimSpace(nameBreaks.ReplaceAllString(scheme.Fold(base), " ")) + " "
}

// Recognise tells which document of the scheme a file is, by the words of its name: the longest match wins, so that
// « quittance loyer bail rue X » is a receipt and not a lease. It is Other where no word matches.
func Recognise(name string, v *scheme.Version) string {
	words := fileWords(name)
	if v.Charter != nil && (strings.Contains(words, " charte ") || strings.Contains(words, " charte")) {
		return CharterCopy
	}
	best, length := Other, 0
	for _, d := range v.Documents {
		for _, word := range append([]string{d.ID}, d.Recognise...) {
			word = strings.TrimSpace(nameBreaks.ReplaceAllString(scheme.Fold(word), " "))
			if len(word) > length && (strings.Contains(words, " "+word+" ") || strings.Contains(words, " "+word+"s ")) {
				best, length = d.ID, len(word)
			}
		}
	}
	return best
}
