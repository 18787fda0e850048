package contract

import (
	"time"

	"relance/domain/casefile"
	"relance/domain/inquiry"
)

// Names by which an inquiry is reached.
const (
	InquiryWorkflow = "Inquiry"
	InquiryMail     = "mail"    // signal: inquiry.Waiting
	InquiryReply    = "reply"   // signal: inquiry.Reply, a mail to the address of a question
	InquirySettled  = "settled" // signal: the SHA-256 of a mail that an officer has dealt with
	InquiryQuery    = "state"   // query: inquiry.State
)

// InquiryID is the id of an inquiry's workflow.
func InquiryID(name string) string { return "inquiry-" + name }

// Weighed is what is known of who wrote a mail, once its signatures have been verified as well.
type Weighed struct {
	Proven bool `json:"proven,omitempty"`
	Forged bool `json:"forged,omitempty"`
	Gone   bool `json:"gone,omitempty"` // an officer has dealt with it
}

// Asking asks for a question to be sent.
type Asking struct {
	ID       string            `json:"id"`
	Question inquiry.Question  `json:"question"`
	Mails    []inquiry.Waiting `json:"mails"` // that it asks about, in its order
}

// Asked is what became of a question.
type Asked struct {
	Question inquiry.Question `json:"question"`          // as it went: an attempt before this one may have asked about fewer mails
	Refused  string           `json:"refused,omitempty"` // the status code with which the mail server refused it for good
	Later    bool             `json:"later,omitempty"`   // enough questions were asked today
}

// Reply asks for an answer to be read.
type Reply struct {
	ID    string        `json:"id"`
	Reply inquiry.Reply `json:"reply"`
}

// Believing asks for a mail to be put where it belongs, by what its mailbox has answered.
type Believing struct {
	ID       string                 `json:"id"`
	Mail     inquiry.Waiting        `json:"mail"`
	Answer   casefile.MailboxAnswer `json:"answer,omitzero"` // zero: the mail is proven without
	Question int                    `json:"question,omitempty"`
}

// Leaving asks for a mail to be left to officers.
type Leaving struct {
	Mail   casefile.Mail `json:"mail"`
	Reason string        `json:"reason"`         // a routing.Reason
	Copy   bool          `json:"copy,omitempty"` // it does not lie in the officers' queue yet
}

// Doubt asks for a mail that a case holds to be asked about.
type Doubt struct {
	Mail    casefile.Mail `json:"mail"`
	Case    string        `json:"case"`
	Own     bool          `json:"own,omitempty"`     // it seems to come from the applicant
	Settled bool          `json:"settled,omitempty"` // an officer has dealt with it: nothing more is asked
	At      time.Time     `json:"at"`                // legal: when it was received
}
