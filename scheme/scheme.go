// Package scheme is the language in which an authority writes an aid scheme (dispositif): who may apply, what they have to
// say and to send, which rules decide, how much is granted, within which periods, in which words. It is pure: a scheme
// is data, and no Go code names one.
//
// A scheme is one YAML file and the texts it refers to. It has dated versions; a case keeps the version it was received
// under.
package scheme

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"relance/money"
)

// Scheme is one aid scheme.
type Scheme struct {
	ID         string     `yaml:"id"`
	Name       string     `yaml:"name"`        // as people call it
	Title      string     `yaml:"title"`       // as a letter calls it
	Prefix     string     `yaml:"prefix"`      // of its case references, two to eight capitals
	Tag        string     `yaml:"tag"`         // plus address applications are sent to: aides+TAG@…
	LegalBasis []string   `yaml:"legal_basis"` // the "Vu" of its decisions
	Envelope   *Envelope  `yaml:"envelope"`    // none where no money is spent
	Versions   []*Version `yaml:"versions"`
}

// Envelope is the budget the scheme spends from.
type Envelope struct {
	ID     string `yaml:"id"`
	Amount Amount `yaml:"amount"`
}

// Amount is a sum of money as a person writes it: 20 000 000 €.
type Amount money.Cents

// UnmarshalYAML reads an amount.
func (a *Amount) UnmarshalYAML(text []byte) error {
	cents, err := money.Parse(strings.Trim(strings.TrimSpace(string(text)), `"'`))
	*a = Amount(cents)
	return err
}

// Version is the rules of a scheme from one day on.
type Version struct {
	Version        string     `yaml:"version"` // the day it comes into force, 2020-06-18
	Applicant      string     `yaml:"applicant"`
	Fields         []Field    `yaml:"fields"`
	Documents      []Document `yaml:"documents"`
	Rules          []Rule     `yaml:"rules"`
	Amount         Formula    `yaml:"amount"`
	Charter        *Charter   `yaml:"charter"`
	Periods        Periods    `yaml:"periods"`
	Grounds        []Ground   `yaml:"grounds"`
	Grant          Grant      `yaml:"grant"`
	RetentionYears int        `yaml:"retention_years"`

	from     time.Time
	compiled *compiled
}

// Field is something the applicant has to say.
type Field struct {
	ID      string   `yaml:"id"`
	Label   string   `yaml:"label"`
	Type    Type     `yaml:"type"`
	Role    Role     `yaml:"role"` // what letters use it for
	Unit    string   `yaml:"unit"`
	Aliases []string `yaml:"aliases"` // other labels people write
	Hint    string   `yaml:"hint"`    // what to write, told when it is asked for
}

// Role is what letters use a field for.
type Role string

// The roles: whom a letter is addressed to.
const (
	Business       Role = "business"
	Representative Role = "representative"
	Postal         Role = "address"
)

// Document is something the applicant has to send.
type Document struct {
	ID        string   `yaml:"id"`
	Label     string   `yaml:"label"`
	Short     string   `yaml:"short"`
	Recognise []string `yaml:"recognise"` // words in the file's name
	Required  string   `yaml:"required"`  // an expression; empty means always
}

// Rule is a condition of eligibility.
type Rule struct {
	ID    string `yaml:"id"`
	When  string `yaml:"when"`  // an expression that is true where the condition is met
	Told  string `yaml:"told"`  // the sentence told to the applicant where it is not
	Basis string `yaml:"basis"` // its legal basis
}

// Formula is what is granted.
type Formula struct {
	Formula string `yaml:"formula"` // an expression in integer cents
	Told    string `yaml:"told"`    // how it is reckoned, for the decision
}

// Charter is the commitment charter the applicant signs.
type Charter struct {
	Title   string `yaml:"title"`
	Version string `yaml:"version"`
	Text    string `yaml:"text"` // path of its text, beside the scheme file

	Body string `yaml:"-"` // the text itself
}

// Periods are the scheme's deadlines, in days or months.
type Periods struct {
	Documents         int   `yaml:"documents"`
	DocumentReminders []int `yaml:"document_reminders"`
	Charter           int   `yaml:"charter"`
	CharterReminders  []int `yaml:"charter_reminders"`
	SilenceMonths     int   `yaml:"silence_months"`
	AppealMonths      int   `yaml:"appeal_months"`
}

// Ground is a reason an officer may reject an application for, beside the rules.
type Ground struct {
	ID    string `yaml:"id"`
	Label string `yaml:"label"`
	Told  string `yaml:"told"`
	Basis string `yaml:"basis"`
}

// Grant is what the grant decision says of this scheme.
type Grant struct {
	Subject    string   `yaml:"subject"`
	Payment    string   `yaml:"payment"`
	Conditions []string `yaml:"conditions"`
	DeMinimis  string   `yaml:"de_minimis"`
}

// ErrUnknown is returned for a scheme or version that is not in the catalogue.
var ErrUnknown = errors.New("unknown scheme")

// Catalogue is every scheme an authority runs.
type Catalogue struct{ schemes []*Scheme }

// Load reads every *.yaml at the top of a folder. All files are read before it fails, so that one look shows every mistake.
func Load(folder fs.FS) (*Catalogue, error) {
	names, err := fs.Glob(folder, "*.yaml")
	if err != nil {
		return nil, err
	}
	c := &Catalogue{}
	var problems []error
	for _, name := range names {
		s, err := read(folder, name)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", name, err))
			continue
		}
		c.schemes = append(c.schemes, s)
	}
	if len(names) == 0 {
		problems = append(problems, errors.New("no scheme file (*.yaml) in the folder"))
	}
	problems = append(problems, c.check()...)
	return c, errors.Join(problems...)
}

func read(folder fs.FS, name string) (*Scheme, error) {
	text, err := fs.ReadFile(folder, name)
	if err != nil {
		return nil, err
	}
	s := &Scheme{}
	if err := yaml.UnmarshalWithOptions(text, s, yaml.Strict()); err != nil {
		return nil, errors.New(yaml.FormatError(err, false, true))
	}
	for _, v := range s.Versions {
		if v.Charter != nil {
			body, err := fs.ReadFile(folder, path.Clean(v.Charter.Text))
			if err != nil {
				return nil, fmt.Errorf("charter of version %s: %w", v.Version, err)
			}
			v.Charter.Body = string(body)
		}
		if err := v.prepare(); err != nil {
			return nil, fmt.Errorf("version %s: %w", v.Version, err)
		}
	}
	if len(s.Versions) == 0 {
		return nil, errors.New("versions: a scheme has at least one")
	}
	slices.SortFunc(s.Versions, func(a, b *Version) int { return a.from.Compare(b.from) })
	return s, s.check()
}

// All lists the schemes in the order of their files.
func (c *Catalogue) All() []*Scheme { return c.schemes }

// Find gives the scheme of an id.
func (c *Catalogue) Find(id string) (*Scheme, error) {
	for _, s := range c.schemes {
		if s.ID == id {
			return s, nil
		}
	}
	return nil, fmt.Errorf("%w: %q", ErrUnknown, id)
}

// ByTag gives the scheme whose plus address carries the tag, in any case of letters.
func (c *Catalogue) ByTag(tag string) (*Scheme, bool) {
	for _, s := range c.schemes {
		if strings.EqualFold(s.Tag, tag) {
			return s, true
		}
	}
	return nil, false
}

// At gives the version in force on the day an application was received: the newest that had begun, else the oldest.
func (s *Scheme) At(received time.Time) *Version {
	found := s.Versions[0]
	for _, v := range s.Versions {
		if !v.from.After(received) {
			found = v
		}
	}
	return found
}

// Version gives the version a case was received under.
func (s *Scheme) Version(name string) (*Version, error) {
	for _, v := range s.Versions {
		if v.Version == name {
			return v, nil
		}
	}
	return nil, fmt.Errorf("%w: %s has no version %q", ErrUnknown, s.ID, name)
}

// Field finds a field by its id.
func (v *Version) Field(id string) (Field, bool) {
	i := slices.IndexFunc(v.Fields, func(f Field) bool { return f.ID == id })
	if i < 0 {
		return Field{}, false
	}
	return v.Fields[i], true
}

// ByRole finds the field letters use for something.
func (v *Version) ByRole(role Role) (Field, bool) {
	i := slices.IndexFunc(v.Fields, func(f Field) bool { return f.Role == role })
	if i < 0 {
		return Field{}, false
	}
	return v.Fields[i], true
}

// ByType finds the first field of a type.
func (v *Version) ByType(t Type) (Field, bool) {
	i := slices.IndexFunc(v.Fields, func(f Field) bool { return f.Type == t })
	if i < 0 {
		return Field{}, false
	}
	return v.Fields[i], true
}

// Document finds a document by its id.
func (v *Version) Document(id string) (Document, bool) {
	i := slices.IndexFunc(v.Documents, func(d Document) bool { return d.ID == id })
	if i < 0 {
		return Document{}, false
	}
	return v.Documents[i], true
}

// Ground finds why an application is rejected, among the grounds for officers and the rules: both are told alike.
func (v *Version) Ground(id string) (Ground, bool) {
	for _, g := range v.Grounds {
		if g.ID == id {
			return g, true
		}
	}
	for _, r := range v.Rules {
		if r.ID == id {
			return Ground{ID: r.ID, Label: r.Told, Told: r.Told, Basis: r.Basis}, true
		}
	}
	return Ground{}, false
}
