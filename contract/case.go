package contract

import (
	"time"

	"go.temporal.io/sdk/temporal"

	"relance/domain/casefile"
	"relance/domain/ledger"
)

// Names by which a case is reached from outside.
const (
	ApplicationWorkflow = "Application"
	MailSignal          = "mail"  // casefile.Mail: a message has come for the case
	FoundSignal         = "found" // []casefile.Found: mails went out before the case was restored
	StateQuery          = "state" // casefile.State
)

// The search attributes of a case. None carries a name, an address or an email.
var (
	StageAttribute    = temporal.NewSearchAttributeKeyKeyword("RelanceStage")
	SchemeAttribute   = temporal.NewSearchAttributeKeyKeyword("RelanceScheme")
	DeadlineAttribute = temporal.NewSearchAttributeKeyTime("RelanceDeadline") // real time: when something happens by itself
	WaitsAttribute    = temporal.NewSearchAttributeKeyBool("RelanceWaitsForOfficer")
	AmountAttribute   = temporal.NewSearchAttributeKeyInt64("RelanceAmountCents")
)

// SearchAttributes are their names and Temporal types, for registering them.
var SearchAttributes = map[string]string{
	"RelanceStage": "Keyword", "RelanceScheme": "Keyword", "RelanceDeadline": "Datetime",
	"RelanceWaitsForOfficer": "Bool", "RelanceAmountCents": "Int",
}

// Receipt asks for a mail to be read into a case.
type Receipt struct {
	State casefile.State `json:"state"`
	Mail  casefile.Mail  `json:"mail"`
	At    time.Time      `json:"at"` // legal: now
}

// BankChange asks for proposed bank details to be taken or dropped.
type BankChange struct {
	State  casefile.State `json:"state"`
	Accept bool           `json:"accept"`
	At     time.Time      `json:"at"` // legal
}

// Correction asks for a value that an officer has corrected or entered to be taken into the facts.
type Correction struct {
	State   casefile.State `json:"state"`
	Entered casefile.Ref   `json:"entered"` // a casefile.Correction
	Field   casefile.Code  `json:"field"`
	By      string         `json:"by"`
	Decided bool           `json:"decided,omitempty"` // the decision that is taken rests on it
	At      time.Time      `json:"at"`                // legal
}

// AddressChange asks for another address of the applicant, which an officer has verified: in an object of the case folder, or the sender
// of a mail.
type AddressChange struct {
	State   casefile.State `json:"state"`
	Contact casefile.Ref   `json:"contact,omitzero"` // a casefile.Contact
	Mail    casefile.Ref   `json:"mail,omitzero"`
	By      string         `json:"by"`
	At      time.Time      `json:"at"` // legal
}

// Examination asks for the rules to be applied to a case as it stands now.
type Examination struct {
	State    casefile.State `json:"state"`
	At       time.Time      `json:"at"`             // legal
	Granting bool           `json:"granting"`       // an officer grants it: other cases of the same firm have to know first
	Dated    time.Time      `json:"dated,omitzero"` // legal: the first mail, by its sender's clock
	Act      casefile.Act   `json:"act,omitzero"`   // what is granted: its letter has to be one that may go
}

// Budget asks the plan for a move of one case.
type Budget struct {
	TaskQueue string      `json:"task_queue"`
	Move      ledger.Move `json:"move"`
}
