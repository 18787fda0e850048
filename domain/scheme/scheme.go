// Package scheme is the language in which an authority writes an aid scheme (dispositif): who may apply, what they have to
// say and to send, which rules decide, how much is granted from which budget, within which periods, in which words. It is
// pure: a scheme is data, and no Go code names one.
//
// A scheme is one YAML file and the texts and lists it refers to. It has dated versions; a case keeps the version it was
// received under, or takes a newer one where that says so. docs/schemes.md teaches the language.
package scheme

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"relance/domain/ledger"
	"relance/domain/money"
)

// Scheme is one aid scheme.
type Scheme struct {
	ID         string     `yaml:"id" json:"id"`                   // small letters, digits and hyphens; never changes
	Name       string     `yaml:"name" json:"name"`               // as people call it
	Title      string     `yaml:"title" json:"title"`             // as a letter calls it
	Prefix     string     `yaml:"prefix" json:"prefix"`           // of its case references, two to eight capitals
	Tag        string     `yaml:"tag" json:"tag"`                 // plus address applications are sent to: aides+TAG@…
	Opens      Date       `yaml:"opens" json:"opens,omitzero"`    // first day on which an application is in time; none: always
	Closes     Date       `yaml:"closes" json:"closes,omitzero"`  // last day on which an application is in time; none: never
	LegalBasis []string   `yaml:"legal_basis" json:"legal_basis"` // the "Vu" of its decisions
	Call       *Call      `yaml:"call" json:"call,omitempty"`     // it is a call for projects: applications compete in sessions
	Versions   []*Version `yaml:"versions" json:"versions"`       // its rules, each from a day on

	TellsStanding bool `yaml:"tells_standing" json:"tells_standing,omitempty"` // of natural persons: who has a letter verified is told whether it is still in force
}

// Date is a day: 2020-06-18.
type Date struct{ time.Time }

// UnmarshalYAML reads a day.
func (d *Date) UnmarshalYAML(node ast.Node) error {
	day, err := time.Parse(time.DateOnly, scalar(node))
	if err != nil {
		return wrong(node, "write a day as 2020-06-18, not %s", scalar(node))
	}
	d.Time = day
	return nil
}

// Amount is a sum of money as a person writes it: 20 000 000 €.
type Amount money.Cents

// UnmarshalYAML reads an amount.
func (a *Amount) UnmarshalYAML(node ast.Node) error {
	cents, err := money.Parse(scalar(node))
	if err != nil {
		return wrong(node, "write an amount as 1 500 € or 1 500,50 €, not %s", scalar(node))
	}
	*a = Amount(cents)
	return nil
}

// scalar is the text of a value, without its quotes.
func scalar(node ast.Node) string {
	if text, ok := node.(*ast.StringNode); ok {
		return strings.TrimSpace(text.Value)
	}
	return strings.TrimSpace(node.String())
}

// wrong is a mistake at a place of a file.
func wrong(node ast.Node, format string, args ...any) error {
	return &yaml.SyntaxError{Message: fmt.Sprintf(format, args...), Token: node.GetToken()}
}

// Version is the rules of a scheme from one day on.
type Version struct {
	Version        string            `yaml:"version" json:"version"`                 // the day it comes into force, 2020-06-18
	Running        Running           `yaml:"running" json:"running,omitempty"`       // what becomes of cases received under an older version
	Applicant      Applicant         `yaml:"applicant" json:"applicant"`             // who may apply
	Lists          map[string]string `yaml:"lists" json:"lists,omitempty"`           // territory lists: a name for rules, and the CSV file beside this one
	Fields         []Field           `yaml:"fields" json:"fields"`                   // what an applicant has to say
	Documents      []Document        `yaml:"documents" json:"documents,omitempty"`   // what an applicant has to send
	Rules          []Rule            `yaml:"rules" json:"rules"`                     // conditions of eligibility
	Amount         Formula           `yaml:"amount" json:"amount,omitzero"`          // what is granted; none where no money is spent
	Funding        []Funding         `yaml:"funding" json:"funding,omitempty"`       // the lines of the plan that pay, and their shares
	Payments       []Payment         `yaml:"payments" json:"payments,omitempty"`     // instalments; none: everything at once after the decision
	Advance        *Advance          `yaml:"advance" json:"advance,omitempty"`       // the aid is lent: how much, for how long, and how it is repaid
	Charter        *Charter          `yaml:"charter" json:"charter,omitempty"`       // to be signed before the decision
	Review         Review            `yaml:"review" json:"review,omitzero"`          // who has to agree
	Periods        Periods           `yaml:"periods" json:"periods"`                 // deadlines and reminders
	Grounds        []Ground          `yaml:"grounds" json:"grounds,omitempty"`       // reasons for rejection beside the rules
	Grant          Grant             `yaml:"grant" json:"grant"`                     // words of the grant decision
	Sheets         bool              `yaml:"sheets" json:"sheets,omitempty"`         // an XLSX or CSV file may carry the fields
	RetentionYears int               `yaml:"retention_years" json:"retention_years"` // how long the case folder is kept

	Entries map[string][]Entry `yaml:"-" json:"entries,omitempty"` // the content of the lists

	from     time.Time
	compiled *compiled
	digest   string // of the snapshot
}

// Entry is one line of a list.
type Entry struct {
	Code    string   `json:"code"`
	Name    string   `json:"name,omitempty"`
	Aliases []string `json:"aliases,omitempty"` // other names, and those of parts of it
}

// Running says what becomes of a case that was received under an older version and is not decided.
type Running string

// The ways a version treats running cases.
const (
	Keep       Running = "keep"       // they stay with theirs; the default
	Favourable Running = "favourable" // they take this one where it is better for the applicant
	Replace    Running = "replace"    // they take this one
)

// Applicant is who may apply.
type Applicant string

// The kinds of applicant.
const (
	Firm        Applicant = "firm"        // entreprise
	Association Applicant = "association" // association
	Commune     Applicant = "commune"     // collectivité
	Person      Applicant = "person"      // particulier: no SIRET is asked for, and less is kept
)

// Field is something the applicant has to say.
type Field struct {
	ID       string   `yaml:"id" json:"id"`
	Label    string   `yaml:"label" json:"label"`                 // as the form and the mails call it
	Type     Type     `yaml:"type" json:"type"`                   // what kind of value it takes
	Role     Role     `yaml:"role" json:"role,omitempty"`         // what letters use it for
	Unit     string   `yaml:"unit" json:"unit,omitempty"`         // said behind the value
	Per      string   `yaml:"per" json:"per,omitempty"`           // of an amount: month or year, the time that it is for; else its label tells
	Losses   bool     `yaml:"losses" json:"losses,omitempty"`     // an amount may be below zero
	Aliases  []string `yaml:"aliases" json:"aliases,omitempty"`   // other labels people write
	Hint     string   `yaml:"hint" json:"hint,omitempty"`         // what to write, told when it is asked for
	Required string   `yaml:"required" json:"required,omitempty"` // an expression: asked for only where it is true
	Optional bool     `yaml:"optional" json:"optional,omitempty"` // never asked for
	Options  []Option `yaml:"options" json:"options,omitempty"`   // of a choice
	List     string   `yaml:"list" json:"list,omitempty"`         // of a choice or a commune: a list of codes and names
	Fields   []Field  `yaml:"fields" json:"fields,omitempty"`     // of a group, which is repeated
	Min      int      `yaml:"min" json:"min,omitempty"`           // entries of a group at least; 1 unless said
	Max      int      `yaml:"max" json:"max,omitempty"`           // entries of a group at most; 20 unless said
}

// Option is one answer to a choice.
type Option struct {
	ID      string   `yaml:"id" json:"id"`
	Label   string   `yaml:"label" json:"label"`
	Aliases []string `yaml:"aliases" json:"aliases,omitempty"` // other ways people write it
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
	ID        string   `yaml:"id" json:"id"`
	Label     string   `yaml:"label" json:"label"`                   // as a request names it
	Short     string   `yaml:"short" json:"short"`                   // as a table names it
	Recognise []string `yaml:"recognise" json:"recognise,omitempty"` // words in the file's name
	Required  string   `yaml:"required" json:"required,omitempty"`   // an expression; empty means always
	Later     bool     `yaml:"later" json:"later,omitempty"`         // a report: asked for after the decision, by a payment
	AtLeast   int      `yaml:"at_least" json:"at_least,omitempty"`   // how many of them have to come; 1 unless said
	Says      *Says    `yaml:"says" json:"says,omitempty"`           // words of its text by which it is recognised
	Checks    Checks   `yaml:"checks" json:"checks,omitempty"`       // what its text must agree with
	Ask       bool     `yaml:"ask" json:"ask,omitempty"`             // what does not agree is asked back; else an officer alone is told
}

// Rule is a condition of eligibility.
type Rule struct {
	ID    string `yaml:"id" json:"id"`
	When  string `yaml:"when" json:"when"`   // an expression that is true where the condition is met
	Told  string `yaml:"told" json:"told"`   // the sentence told to the applicant where it is not
	Basis string `yaml:"basis" json:"basis"` // its legal basis
}

// Formula is what is granted.
type Formula struct {
	Formula string `yaml:"formula" json:"formula,omitempty"` // an expression in integer cents
	Told    string `yaml:"told" json:"told,omitempty"`       // how it is reckoned, for the decision
}

// Funding is a line of the plan that pays a share.
type Funding struct {
	Line  string `yaml:"line" json:"line"`           // its path in plan.yaml: proximite/boutiques
	By    string `yaml:"by" json:"by,omitempty"`     // a field: the line below it that is called as its value, where there is one
	Share Share  `yaml:"share" json:"share"`         // all shares add up to 100 %
	Name  string `yaml:"name" json:"name,omitempty"` // of the funder, for the decision
}

// Share is a percentage, in hundredths of a percent: 33,33 % is 3333.
type Share int

// Whole is all of it.
const Whole Share = 10000

// UnmarshalYAML reads a share.
func (s *Share) UnmarshalYAML(node ast.Node) error {
	cents, err := money.Parse(strings.TrimSpace(strings.TrimSuffix(scalar(node), "%")))
	if err != nil || cents <= 0 || cents > money.Cents(Whole) {
		return wrong(node, "write a share as 60 %% or 33,33 %%, above zero and at most 100 %%, not %s", scalar(node))
	}
	*s = Share(cents)
	return nil
}

// Payment is an instalment.
type Payment struct {
	ID      string `yaml:"id" json:"id"`
	Label   string `yaml:"label" json:"label"`
	Share   Share  `yaml:"share" json:"share"`               // all shares add up to 100 %
	Against string `yaml:"against" json:"against,omitempty"` // a later document: the report that has to come first
	Months  int    `yaml:"months" json:"months,omitempty"`   // after the decision, until when it has to come

	Milestone string `yaml:"milestone" json:"milestone,omitempty"` // what an officer has to confirm first: the opening of the shop
}

// Charter is the commitment charter the applicant signs.
type Charter struct {
	Title   string   `yaml:"title" json:"title"`
	Version string   `yaml:"version" json:"version"`
	Text    string   `yaml:"text" json:"text"`           // path of its text, beside the scheme file
	Ways    []string `yaml:"ways" json:"ways,omitempty"` // how it may be signed: phrase, copy, digital; all unless said

	Body string `yaml:"-" json:"body"` // the text itself
}

// Review is who has to agree before a grant.
type Review struct {
	Approvals     int       `yaml:"approvals" json:"approvals,omitempty"`             // different officers who approve; 1 unless said
	FourEyesAbove *Amount   `yaml:"four_eyes_above" json:"four_eyes_above,omitempty"` // above this amount at least two officers approve
	Opinions      []Opinion `yaml:"opinions" json:"opinions,omitempty"`               // asked of third parties by mail
}

// Opinion is what a third party is asked by mail (avis).
type Opinion struct {
	ID       string `yaml:"id" json:"id"`
	Of       string `yaml:"of" json:"of"`                       // name of the third party
	Email    string `yaml:"email" json:"email"`                 // where it is asked
	Question string `yaml:"question" json:"question"`           // what it is asked
	Days     int    `yaml:"days" json:"days"`                   // until the review goes on without it
	Required string `yaml:"required" json:"required,omitempty"` // an expression; empty means always
}

// Periods are the scheme's deadlines, in days or months.
type Periods struct {
	Documents         int   `yaml:"documents" json:"documents"`
	DocumentReminders []int `yaml:"document_reminders" json:"document_reminders,omitempty"`
	Charter           int   `yaml:"charter" json:"charter,omitempty"`
	CharterReminders  []int `yaml:"charter_reminders" json:"charter_reminders,omitempty"`
	SilenceMonths     int   `yaml:"silence_months" json:"silence_months"`
	AppealMonths      int   `yaml:"appeal_months" json:"appeal_months"`
	Proof             int   `yaml:"proof" json:"proof,omitempty"`     // a decision is notified only by proof of its reception; after so many days without, an officer is told. None: the acceptance by the applicant's server is enough
	Hearing           int   `yaml:"hearing" json:"hearing,omitempty"` // days to answer before a grant is withdrawn; none: 15
}

// Ground is a reason an officer may reject an application for, beside the rules.
type Ground struct {
	ID    string `yaml:"id" json:"id"`
	Label string `yaml:"label" json:"label"`
	Told  string `yaml:"told" json:"told"`
	Basis string `yaml:"basis" json:"basis"`
}

// Grant is what the grant decision says of this scheme.
type Grant struct {
	Subject    string   `yaml:"subject" json:"subject"`
	Payment    string   `yaml:"payment" json:"payment,omitempty"`
	Conditions []string `yaml:"conditions" json:"conditions,omitempty"`
	DeMinimis  string   `yaml:"de_minimis" json:"de_minimis,omitempty"` // said where the aid is de minimis; it then counts towards the ceiling
}

// ErrUnknown is returned for a scheme or version that is not in the catalogue.
var ErrUnknown = errors.New("unknown scheme")

// Catalogue is every scheme an authority runs.
type Catalogue struct {
	Plan    *ledger.Plan // the budget plan; nil where no scheme spends money
	schemes []*Scheme
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
	return v.field(func(f Field) bool { return f.ID == id })
}

// ByRole finds the field letters use for something.
func (v *Version) ByRole(role Role) (Field, bool) {
	return v.field(func(f Field) bool { return f.Role == role })
}

// ByType finds the first field of a type.
func (v *Version) ByType(t Type) (Field, bool) {
	return v.field(func(f Field) bool { return f.Type == t })
}

func (v *Version) field(is func(Field) bool) (Field, bool) {
	if i := slices.IndexFunc(v.Fields, is); i >= 0 {
		return v.Fields[i], true
	}
	return Field{}, false
}

// Document finds a document by its id.
func (v *Version) Document(id string) (Document, bool) {
	i := slices.IndexFunc(v.Documents, func(d Document) bool { return d.ID == id })
	if i < 0 {
		return Document{}, false
	}
	return v.Documents[i], true
}

// Ground finds why an application is rejected, among the grounds for officers, the rules and the window of the scheme: all
// are told alike.
func (s *Scheme) Ground(v *Version, id string) (Ground, bool) {
	for _, g := range v.Grounds {
		if g.ID == id {
			return g, true
		}
	}
	for _, r := range s.allRules(v) {
		if r.ID == id {
			return Ground{ID: r.ID, Label: r.Told, Told: r.Told, Basis: r.Basis}, true
		}
	}
	return Ground{}, false
}
