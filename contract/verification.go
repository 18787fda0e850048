package contract

import (
	"relance/domain/casefile"
	"relance/proof/verify"
)

// VerificationWorkflow answers one mail that asks whether letters are of us.
const VerificationWorkflow = "Verification"

// VerificationID is the id of the workflow that answers a mail, by the SHA-256 of the mail.
func VerificationID(sha256 string) string { return "verification-" + sha256 }

// Verification asks for a mail to be answered.
type Verification struct {
	ID   string        `json:"id"` // of the asker (package index): whose folder the mail lies in
	Mail casefile.Mail `json:"mail"`
}

// VerificationFailed is why a mail is left to officers that could not be answered: a routing.Reason.
const VerificationFailed = "verify"

// Verified is what became of it.
type Verified struct {
	Leave     string            `json:"leave,omitempty"`     // a routing.Reason: it is left to officers, and not answered
	Standings []verify.Standing `json:"standings,omitempty"` // of its files, in their order
	Refused   string            `json:"refused,omitempty"`   // the status code with which the mail server refused the answer for good
}
