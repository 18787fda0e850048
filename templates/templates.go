// Package templates holds every word that applicants, officers and administrators read, one folder a language, and fills
// them in. Mails and letters are text templates whose result is prose (package prose); short labels are a YAML file.
package templates

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"text/template"
	"time"

	"github.com/goccy/go-yaml"

	"relance/casefile"
	"relance/money"
	"relance/prose"
)

//go:embed fr
var files embed.FS

// Texts are the words of one language.
type Texts struct {
	Labels  Labels
	mails   map[string]*template.Template
	letters map[string]*template.Template
}

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
)

var french = mustLoad("fr")

// French are the texts in French.
func French() *Texts { return french }

func mustLoad(language string) *Texts {
	t, err := load(files, language)
	if err != nil {
		panic(err) // compiled in, and every text is rendered by a test
	}
	return t
}

func load(fsys fs.FS, language string) (*Texts, error) {
	t := &Texts{}
	text, err := fs.ReadFile(fsys, language+"/labels.yaml")
	if err != nil {
		return nil, err
	}
	if err := yaml.UnmarshalWithOptions(text, &t.Labels, yaml.Strict()); err != nil {
		return nil, err
	}
	if t.mails, err = t.parse(fsys, language, "mail"); err != nil {
		return nil, err
	}
	t.letters, err = t.parse(fsys, language, "letter")
	return t, err
}

// parse reads every template of a folder, each with the shared parts beside it.
func (t *Texts) parse(fsys fs.FS, language, folder string) (map[string]*template.Template, error) {
	shared, err := fs.ReadFile(fsys, language+"/shared.txt")
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(fsys, language+"/"+folder+"/*.txt")
	if err != nil {
		return nil, err
	}
	set := map[string]*template.Template{}
	for _, name := range names {
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		key := strings.TrimSuffix(name[strings.LastIndex(name, "/")+1:], ".txt")
		one, err := template.New(key).Option("missingkey=error").Funcs(t.functions()).Parse(string(shared))
		if err == nil {
			one, err = one.Parse(string(text))
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		set[key] = one
	}
	return set, nil
}

func (t *Texts) functions() template.FuncMap {
	return template.FuncMap{
		"date":     prose.Date,
		"lastday":  func(d casefile.Deadline) string { return prose.Date(casefile.LastDay(d.At)) },
		"lastdate": func(end time.Time) string { return prose.Date(casefile.LastDay(end)) },
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

// Mail writes a mail: the template's "subject" and its body.
func (t *Texts) Mail(name string, view any) (Mail, error) {
	parts, err := fill(t.mails, name, view, "subject", "body")
	if err != nil {
		return Mail{}, err
	}
	return Mail{Subject: OneLine(parts["subject"]), Body: prose.Parse(parts["body"])}, nil
}

// Letter writes a letter: the template's "kind", "subject", "body", "notice", "signed" and "phrase".
func (t *Texts) Letter(name string, view any) (Letter, error) {
	parts, err := fill(t.letters, name, view, "kind", "subject", "body", "notice", "signed", "phrase")
	if err != nil {
		return Letter{}, err
	}
	l := Letter{Kind: OneLine(parts["kind"]), Subject: OneLine(parts["subject"]), Body: prose.Parse(parts["body"]),
		Notice: prose.Parse(parts["notice"]), Signed: Signed(cmp.Or(OneLine(parts["signed"]), string(SignedByAuthority))), Phrase: OneLine(parts["phrase"])}
	switch l.Signed {
	case SignedByAuthority, SignedByBeneficiary, SignedByBoth:
		return l, nil
	}
	return Letter{}, fmt.Errorf("letter %s: signed is %q; it can be authority, beneficiary or both", name, l.Signed)
}

func fill(set map[string]*template.Template, name string, view any, parts ...string) (map[string]string, error) {
	tmpl, ok := set[name]
	if !ok {
		return nil, fmt.Errorf("no text called %q", name)
	}
	filled := map[string]string{}
	for _, part := range parts {
		if tmpl.Lookup(part) == nil {
			continue
		}
		var b strings.Builder
		if err := tmpl.ExecuteTemplate(&b, part, view); err != nil {
			return nil, err
		}
		filled[part] = b.String()
	}
	return filled, nil
}
