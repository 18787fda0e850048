package contract

import "relance/domain/casefile"

// Names by which a session of a call is reached.
const (
	CallWorkflow  = "Call"
	CallHeard     = "candidate" // signal: call.Heard, from a case
	CallMail      = "mail"      // signal: casefile.Mail, by a member of the panel
	CallQuery     = "state"     // query: call.State
	OutcomeSignal = "outcome"   // to a case: casefile.Outcome
)

// CallNotice asks for a session to be told how a case stands.
type CallNotice struct {
	TaskQueue string          `json:"task_queue"`
	State     casefile.State  `json:"state"`
	Notice    casefile.Notice `json:"notice"`
}

// PanelReceipt asks for a mail to a session to be read.
type PanelReceipt struct {
	Call  string              `json:"call"`
	Mail  casefile.Mail       `json:"mail"`
	Reads map[string][]string `json:"reads"` // by member: the candidates they read
}
