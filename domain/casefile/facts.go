package casefile

import (
	"slices"
	"strings"
	"time"

	"relance/domain/chain"
)

// Facts is what the case folder knows of the people and figures of a case: personal data, kept out of the state and so
// out of Temporal's history. Each version is an object of its own, facts/<sha256>.json; the state points to the one in
// force.
type Facts struct {
	Reference string             `json:"reference"`
	Applicant Person             `json:"applicant"`
	Fields    map[string]Value   `json:"fields"`
	Proposed  map[string]Value   `json:"proposed,omitempty"` // other bank details that came: they count once an officer has accepted them
	Offered   map[string]Value   `json:"offered,omitempty"`  // what came after the decision in place of what it rests on: an officer may enter it
	Names     map[string]string  `json:"names,omitempty"`    // file name of a document as it came, by the document's SHA-256
	Papers    map[string]Extract `json:"papers,omitempty"`   // what was read from documents, by package supporting's key
	Thread    Thread             `json:"thread"`             // of the applicant's last message, unless State.Heard is newer
	Register  *Register          `json:"register,omitempty"` // what the register of firms says; nil while it was not asked
}

// Register is what the register of firms says of the applicant's establishment.
type Register struct {
	SIRET      string    `json:"siret"`
	Known      bool      `json:"known"`
	Published  bool      `json:"published"` // a unit that does not publish its data is no reason to reject
	Active     bool      `json:"active"`
	Name       string    `json:"name,omitempty"`
	Created    time.Time `json:"created,omitzero"`
	Commune    string    `json:"commune,omitempty"`
	Activity   string    `json:"activity,omitempty"`
	LegalForm  string    `json:"legal_form,omitempty"`
	Source     string    `json:"source,omitempty"`
	Silent     bool      `json:"silent,omitempty"`     // one of the registers did not answer: it is asked again
	Proceeding string    `json:"proceeding,omitempty"` // the collective proceeding that the firm is in
	Asked      time.Time `json:"asked"`
}

// Person is who writes to the authority.
type Person struct {
	Name   string   `json:"name,omitempty"`   // as the mail's From header gives it
	Email  string   `json:"email"`            // where the authority writes to
	Others []string `json:"others,omitempty"` // further addresses that are the applicant's
}

// Is tells whether an address is the person's.
func (p Person) Is(address string) bool {
	return strings.EqualFold(address, p.Email) || slices.ContainsFunc(p.Others, func(o string) bool { return strings.EqualFold(o, address) })
}

// Contact is an address of the applicant that an officer has verified, as an object of the case folder: it is personal data and stays
// out of Temporal.
type Contact struct {
	Email string `json:"email"`
	By    string `json:"by"`
}

// Value is one field of the application, with where it comes from.
type Value struct {
	Written string `json:"written"`           // as the applicant wrote it
	Value   string `json:"value,omitempty"`   // normalised: digits, cents, an ISO date, "true"; empty where it cannot be read
	Problem string `json:"problem,omitempty"` // why it cannot be used: a code of package reading
	Mail    string `json:"mail"`              // identity of the message it was read from
	From    string `json:"from,omitempty"`    // line, table, form, sheet; empty for a line
	File    string `json:"file,omitempty"`    // SHA-256 of the document it was read from
	Sure    Sure   `json:"sure,omitempty"`    // how surely it was read
	By      string `json:"by,omitempty"`      // the officer who entered it
	Source  string `json:"source,omitempty"`  // where the officer had it from
	Reason  string `json:"reason,omitempty"`  // why it replaced what was known
}

// ByOfficer is where a value is from that an officer entered (Value.From).
const ByOfficer = "officer"

// Sure is how surely a value was read.
type Sure string

// How surely.
const (
	Certain   Sure = ""          // written under its label, in one way only
	Doubtful  Sure = "doubtful"  // it can be read in two ways: the applicant is asked to confirm it
	Confirmed Sure = "confirmed" // it was doubtful, and the applicant has confirmed it
)

// AccountMark tells one account from another without naming it: an officer who has verified an account names it by its mark.
func AccountMark(reference, iban string) string {
	return chain.Hash([]byte(reference + " " + iban))[:8]
}

// Thread is what an answer needs to stand in the applicant's own thread (RFC 5322 §3.6.4).
type Thread struct {
	Subject    string    `json:"subject,omitempty"`
	MessageID  string    `json:"message_id,omitempty"` // of the applicant's last message
	References []string  `json:"references,omitempty"` // of the applicant's last message
	Date       time.Time `json:"date,omitzero"`
}
