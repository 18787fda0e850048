// Package authority is the public body that runs the schemes: its letterhead, its services, the people who act in its name
// and the court that judges its decisions. An authority writes it once, as a YAML file (RELANCE_AUTHORITY).
package authority

import (
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"relance/domain/sepa"
)

// Authority is one public body.
type Authority struct {
	Name     string    `yaml:"name"`
	SIRET    string    `yaml:"siret"` // fourteen digits; the open-data file of granted aid asks for it
	Motto    string    `yaml:"motto"`
	Address  []string  `yaml:"address"` // postal address, line by line
	Place    string    `yaml:"place"`   // where letters are dated from
	Phone    string    `yaml:"phone"`
	Email    string    `yaml:"email"` // of the service, for people; applications go to the mailbox
	Website  string    `yaml:"website"`
	Colour   string    `yaml:"colour"` // of the letterhead, #rrggbb
	Logo     string    `yaml:"logo"`   // path of a PNG beside this file
	Service  string    `yaml:"service"`
	Texts    string    `yaml:"texts"`    // folder beside this file with texts that replace the built-in ones (docs/letters.md)
	Officers []Officer `yaml:"officers"` // the first is in charge of a case that is assigned to nobody
	Court    Court     `yaml:"court"`
	Account  *Account  `yaml:"account"` // that aids are paid from and advances are repaid to; without it no file of transfers is made
	Privacy  Privacy   `yaml:"privacy"`

	// Separation says whether two people have to be two people: strict where nothing is said.
	Separation Separation `yaml:"separation"`

	// SecondLook is which share of grants somebody else looks at before they are paid, in per cent: five where nothing is said. Which ones they
	// are is known after the grant.
	SecondLook *int `yaml:"second_look"`

	// Signature is when decisions are signed: at once, with the officer's decision, where it is empty; in batches that the signatory approves.
	Signature string `yaml:"signature"`
	// AuthorProof is what proves who wrote a mail: by a signature of the sender's domain (DKIM), where it is empty; by server, also that a server of
	// that domain has sent it (SPF), for which everyone who can send by that server can write in the name of everyone there.
	AuthorProof string `yaml:"author_proof"`
	// Signatories are asked in this order: the first whose delegation covers a letter signs it.
	Signatories []Signatory `yaml:"signatories"`

	LogoPNG []byte `yaml:"-"`
}

// The values of AuthorProof.
const (
	BySignature = "signature"
	ByServer    = "server"
)

// TakesServers tells whether the authority takes the word of a domain's mail server for that of its users.
func (a *Authority) TakesServers() bool { return a.AuthorProof == ByServer }

// Looks is the share of grants that get a second look, from 0 to 1.
func (a *Authority) Looks() float64 {
	const usual = 5
	if a.SecondLook == nil {
		return usual / 100.0
	}
	return float64(*a.SecondLook) / 100
}

// InBatches is the signature where officers prepare decisions and the signatory signs several at once.
const InBatches = "batch"

// Officer handles cases; letters and mails name them (CRPA L111-2).
type Officer struct {
	ID       string `yaml:"id"` // stands in journals and commands; no name in it. It is never given to somebody else
	Name     string `yaml:"name"`
	Capacity string `yaml:"capacity"`
	Phone    string `yaml:"phone"`
	Email    string `yaml:"email"`
	Until    string `yaml:"until"` // the last day on which they act, 2026-03-31; who has left stays here: letters of before name them

	last time.Time
}

// Court is the administrative court appeals go to (CJA R312-1).
type Court struct {
	Name    string `yaml:"name"`
	Address string `yaml:"address"`
}

// Account is the bank account of the authority, as its public accountant (comptable public) keeps it.
type Account struct {
	Name string `yaml:"name"` // of its holder
	IBAN string `yaml:"iban"` // spaces do not matter
	BIC  string `yaml:"bic"`  // of the bank; may be left out
}

// check brings the number to its normal form, and tells what is wrong.
func (a *Account) check() (lacks []string) {
	if a == nil {
		return nil
	}
	a.IBAN = strings.ToUpper(strings.Join(strings.Fields(a.IBAN), ""))
	if strings.TrimSpace(a.Name) == "" {
		lacks = append(lacks, "account.name")
	}
	if !sepa.ValidIBAN(a.IBAN) {
		lacks = append(lacks, fmt.Sprintf("account.iban: a valid account number, not %q", a.IBAN))
	}
	return lacks
}

// Grouped is the account number in groups of four, as people read it.
func (a *Account) Grouped() string {
	var groups []string
	for rest := a.IBAN; rest != ""; rest = rest[min(4, len(rest)):] {
		groups = append(groups, rest[:min(4, len(rest))])
	}
	return strings.Join(groups, "\u00a0")
}

// Privacy is whom to ask about personal data (RGPD art. 13).
type Privacy struct {
	Controller string `yaml:"controller"`
	Contact    string `yaml:"contact"`
}

//go:embed example.yaml
var example []byte

// Example is the made-up authority of the demonstration.
func Example() *Authority {
	a, err := Parse(example)
	if err != nil {
		panic(err) // compiled in and tested
	}
	return a
}

// Parse reads the text of an authority's file. Logo and Texts stay as they are written there: paths beside the file.
func Parse(text []byte) (*Authority, error) {
	a := &Authority{}
	if err := yaml.UnmarshalWithOptions(text, a, yaml.Strict()); err != nil {
		return nil, errors.New(yaml.FormatError(err, false, true))
	}
	return a, a.Check()
}

// Check tells everything a lawful letter needs and this file lacks.
func (a *Authority) Check() error {
	var lacks []string
	for _, need := range []struct{ what, value string }{
		{"name", a.Name}, {"address", strings.Join(a.Address, "")}, {"place", a.Place}, {"phone", a.Phone}, {"email", a.Email},
		{"service", a.Service},
		{"court.name", a.Court.Name}, {"court.address", a.Court.Address}, {"privacy.contact", a.Privacy.Contact},
	} {
		if strings.TrimSpace(need.value) == "" {
			lacks = append(lacks, need.what)
		}
	}
	if len(a.Officers) == 0 {
		lacks = append(lacks, "officers")
	}
	for i, o := range a.Officers {
		if o.ID == "" || o.Name == "" || o.Capacity == "" || o.Email == "" {
			lacks = append(lacks, fmt.Sprintf("officers[%d]: id, name, capacity or email", i))
		}
	}
	if a.AuthorProof != "" && a.AuthorProof != BySignature && a.AuthorProof != ByServer {
		lacks = append(lacks, fmt.Sprintf("author_proof: %q is neither %s nor %s", a.AuthorProof, BySignature, ByServer))
	}
	if a.Signature != "" && a.Signature != InBatches {
		lacks = append(lacks, fmt.Sprintf("signature: %q is not %s", a.Signature, InBatches))
	}
	for i, s := range a.Signatories {
		if a.Signature == InBatches && s.ID == "" {
			lacks = append(lacks, fmt.Sprintf("signatories[%d].id: who signs in batches has one", i))
		}
	}
	if a.SIRET != "" && (len(a.SIRET) != 14 || strings.Trim(a.SIRET, "0123456789") != "") {
		lacks = append(lacks, "siret: fourteen digits, without spaces")
	}
	if len(a.Signatories) == 0 {
		lacks = append(lacks, "signatories")
	}
	for i := range a.Signatories {
		lacks = append(lacks, a.Signatories[i].check(fmt.Sprintf("signatories[%d]", i))...)
	}
	lacks = append(lacks, a.Account.check()...)
	if a.SecondLook != nil && (*a.SecondLook < 0 || *a.SecondLook > 100) {
		lacks = append(lacks, "second_look: between 0 and 100 (per cent)")
	}
	lacks = append(lacks, a.checkPeople()...)
	if len(lacks) > 0 {
		return fmt.Errorf("a letter needs what the authority does not say: %s", strings.Join(lacks, ", "))
	}
	return nil
}

// Accent is the letterhead's colour; a sober blue where none or a wrong one is given.
func (a *Authority) Accent() [3]uint8 {
	var r, g, b uint8
	if n, err := fmt.Sscanf(a.Colour, "#%02x%02x%02x", &r, &g, &b); err != nil || n != 3 {
		return [3]uint8{0x1f, 0x3a, 0x6e}
	}
	return [3]uint8{r, g, b}
}

// Officer finds who is in charge: the one of that identifier, else the first.
func (a *Authority) Officer(id string) Officer {
	for _, o := range a.Officers {
		if o.ID == id {
			return o
		}
	}
	return a.Officers[0]
}

// Knows tells whether the authority has an officer of that identifier.
func (a *Authority) Knows(id string) bool { return a.Officer(id).ID == id }
