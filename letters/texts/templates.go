// Package templates holds every word that applicants, officers and administrators read, one folder a language, and fills
// them in. Mails and letters are text templates whose result is prose (package prose); short labels are a YAML file.
package texts

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"text/template"
	"text/template/parse"
	"time"

	"relance/domain/calendar"
	"relance/domain/casefile"
	"relance/domain/money"
	"relance/letters/prose"
)

//go:embed fr
var files embed.FS

// Texts are the words of one language.
type Texts struct {
	Labels   Labels
	mails    map[string]*template.Template
	letters  map[string]*template.Template
	panel    map[string]*template.Template // mails to the panel of a call
	sessions map[string]*template.Template // documents of a session of a call
	inquiry  map[string]*template.Template // mails to a mailbox that is asked whether it wrote
}

// The parts of a mail and of a letter, as their templates define them.
var (
	mailParts   = []string{"subject", "body"}
	letterParts = []string{"kind", "subject", "body", "notice", "signed", "phrase"}
)

// Mail is a mail's words.
type Mail struct {
	Subject string
	Body    []prose.Block
}

// Letter is a letter's words.
type Letter struct {
	Kind    string // small, above the subject
	Subject string
	Body    []prose.Block
	Notice  []prose.Block // ways and time limits of appeal
	Signed  Signed        // by whom
	Phrase  string        // that signs by mail, where the beneficiary signs; printed as it is
}

// Signed tells who signs a letter.
type Signed string

// The ways to sign a letter, as its template's "signed" says.
const (
	SignedByAuthority   Signed = "authority"   // the signatory; where the template does not say
	SignedByBeneficiary Signed = "beneficiary" // a box for the recipient's signature
	SignedByBoth        Signed = "both"        // a contract
	SignedByNobody      Signed = "nobody"      // a record, that goes to nobody
)

// ByAuthority tells whether the authority signs.
func (s Signed) ByAuthority() bool { return s == SignedByAuthority || s == SignedByBoth }

// ByBeneficiary tells whether the recipient signs.
func (s Signed) ByBeneficiary() bool { return s == SignedByBeneficiary || s == SignedByBoth }

var french = mustLoad("fr")

// French are the built-in texts in French.
func French() *Texts { return french }

func mustLoad(language string) *Texts {
	t, err := load(language, nil)
	if err != nil {
		panic(err) // compiled in, and every text is rendered by a test
	}
	return t
}

// Files are the files of the built-in texts in French.
func Files() fs.FS {
	folder, err := fs.Sub(files, "fr")
	if err != nil {
		panic(err) // compiled in
	}
	return folder
}

// Load gives the built-in texts in French with an authority's own in their place: the files of a folder, called as the built-in
// ones (docs/letters.md). A file may define some parts only; the others stay as they are. The error is of type Problems.
func Load(own fs.FS) (*Texts, error) { return load("fr", own) }

func load(language string, own fs.FS) (*Texts, error) {
	builtIn, err := fs.Sub(files, language)
	if err != nil {
		return nil, err
	}
	t := &Texts{}
	var problems Problems
	if err := t.Labels.read(builtIn); err != nil {
		return nil, err
	}
	if own != nil {
		problems = append(strays(builtIn, own), t.Labels.replace(own)...)
	}
	for folder, set := range map[string]*map[string]*template.Template{"mail": &t.mails, "letter": &t.letters, "panel": &t.panel, "session": &t.sessions, "inquiry": &t.inquiry} {
		var wrong Problems
		*set, wrong = t.parse(builtIn, own, folder)
		problems = append(problems, wrong...)
	}
	if len(problems) > 0 {
		return nil, problems.sorted()
	}
	return t, nil
}

// parse reads every template of a folder, each with the shared parts beside it, and the authority's own after the built-in ones.
func (t *Texts) parse(builtIn, own fs.FS, folder string) (map[string]*template.Template, Problems) {
	var problems Problems
	names, err := fs.Glob(builtIn, folder+"/*.txt")
	if err != nil {
		return nil, Problems{{Text: err.Error()}}
	}
	set := map[string]*template.Template{}
	for _, name := range names {
		one := template.New(path.Base(name)).Option("missingkey=error").Funcs(t.functions())
		for _, source := range []struct {
			fs   fs.FS
			file string
			own  bool
		}{{builtIn, "shared.txt", false}, {own, "shared.txt", true}, {builtIn, name, false}, {own, name, true}} {
			if source.fs == nil {
				continue
			}
			text, err := fs.ReadFile(source.fs, source.file)
			if errors.Is(err, fs.ErrNotExist) && source.own {
				continue
			}
			if err == nil {
				err = add(one, source.file, string(text))
			}
			if err != nil {
				problems = append(problems, problem(source.file, err))
			}
		}
		set[strings.TrimSuffix(path.Base(name), ".txt")] = one
	}
	return set, problems
}

// add parses a file into a set of templates.
func add(set *template.Template, file, text string) error {
	t, err := set.New(file).Parse(text)
	if err != nil {
		return err
	}
	if t.Tree != nil && !parse.IsEmptyTree(t.Root) {
		line, _, _ := strings.Cut(strings.TrimSpace(t.Root.String()), "\n")
		return fmt.Errorf("%q stands outside of {{define \"…\"}} … {{end}} and would never be printed", line)
	}
	return nil
}

func (t *Texts) functions() template.FuncMap {
	return template.FuncMap{
		"date":     calendar.InWords,
		"lastday":  func(d casefile.Deadline) string { return calendar.InWords(casefile.LastDay(d.At)) },
		"lastdate": func(end time.Time) string { return calendar.InWords(casefile.LastDay(end)) },
		"moment":   Moment,
		"hour":     func(t time.Time) string { return t.In(casefile.Paris).Format("15 h 04") },
		"money":    func(cents int64) string { return money.Cents(cents).Format() },
		"words":    func(cents int64) string { return money.Cents(cents).Words() },
		"number":   func(n int) string { return money.NumberWords(int64(n)) },
		"join":     func(list []string, sep string) string { return strings.Join(list, sep) },
		"line":     OneLine,
		"problem":  func(code string) string { return t.Labels.Problems[code] },
	}
}

// OneLine brings what somebody wrote onto one line, so that it cannot begin a heading, a list or a new paragraph.
func OneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// Mails lists the names of all mails.
func (t *Texts) Mails() []string { return keys(t.mails) }

// Letters lists the names of all letters.
func (t *Texts) Letters() []string { return keys(t.letters) }

// Of is the text of a case in a call, where it has one of its own, else the usual one.
func (t *Texts) Of(name string, inCall bool) string {
	if special := "call-" + name; inCall && t.mails[special] != nil {
		return special
	}
	return name
}

// Panel writes a mail to a member of the panel of a call.
func (t *Texts) Panel(name string, view any) (Mail, error) { return writeMail(t.panel, name, view) }

// Session writes a document of a session of a call.
func (t *Texts) Session(name string, view any) (Letter, error) {
	return writeLetter(t.sessions, name, view)
}

// Inquiry writes a mail to a mailbox that is asked whether it wrote.
func (t *Texts) Inquiry(name string, view any) (Mail, error) {
	return writeMail(t.inquiry, name, view)
}

// PanelMails lists the names of the mails to a panel.
func (t *Texts) PanelMails() []string { return keys(t.panel) }

// Mail writes a mail: the template's "subject" and its body.
func (t *Texts) Mail(name string, view any) (Mail, error) { return writeMail(t.mails, name, view) }

func writeMail(set map[string]*template.Template, name string, view any) (Mail, error) {
	parts, err := fill(set, name, view, mailParts...)
	if err != nil {
		return Mail{}, err
	}
	return Mail{Subject: OneLine(parts["subject"]), Body: prose.Parse(parts["body"])}, nil
}

// Letter writes a letter: the template's "kind", "subject", "body", "notice", "signed" and "phrase".
func (t *Texts) Letter(name string, view any) (Letter, error) {
	return writeLetter(t.letters, name, view)
}

func writeLetter(set map[string]*template.Template, name string, view any) (Letter, error) {
	parts, err := fill(set, name, view, letterParts...)
	if err != nil {
		return Letter{}, err
	}
	l := Letter{Kind: OneLine(parts["kind"]), Subject: OneLine(parts["subject"]), Body: prose.Parse(parts["body"]),
		Notice: prose.Parse(parts["notice"]), Signed: Signed(cmp.Or(OneLine(parts["signed"]), string(SignedByAuthority))), Phrase: OneLine(parts["phrase"])}
	switch l.Signed {
	case SignedByAuthority, SignedByBeneficiary, SignedByBoth, SignedByNobody:
		return l, nil
	}
	return Letter{}, fmt.Errorf("letter %s: signed is %q; it can be authority, beneficiary, both or nobody", name, l.Signed)
}

func fill(set map[string]*template.Template, name string, view any, parts ...string) (map[string]string, error) {
	tmpl, ok := set[name]
	if !ok {
		return nil, Problem{File: name, Text: "no text is called so"}
	}
	filled := map[string]string{}
	for _, part := range parts {
		if tmpl.Lookup(part) == nil {
			continue
		}
		var b strings.Builder
		if err := tmpl.ExecuteTemplate(&b, part, view); err != nil {
			return nil, problem(name, err)
		}
		filled[part] = b.String()
	}
	return filled, nil
}
