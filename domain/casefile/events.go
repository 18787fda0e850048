package casefile

import "slices"

// On is what the object of a journal entry is, so that people read its name and not its code.
type On string

// The objects that have names. Those of other entries are keys, references and identifiers, which stay as they are.
const (
	OnStage        On = "stage"
	OnMail         On = "mail"           // the name of a mail's text
	OnLetter       On = "letter"         // the name of a letter's text
	OnLetterOrMail On = "letter or mail" // a letter or, where the mail has none, the mail
	OnFaultyLetter On = "faulty letter"  // a letter, with what is wrong in the note
	OnDocument     On = "document"       // a supporting document, with the scheme's name for it in the note
)

// EventRow is what the house knows of a kind of journal entry. Its words are the label of that name. The acts of officers have their
// entries in ActTable.
type EventRow struct {
	Name string
	On   On
}

// The kinds of journal entry.
const (
	EventOutcome           = "outcome"
	EventOutcomeRefused    = "outcome.refused"
	EventCallLeftOut       = "call.left-out"
	EventOpened            = "opened"
	EventStage             = "stage"
	EventMailRead          = "mail.read"
	EventMailAgain         = "mail.again"
	EventMailAuto          = "mail.auto"
	EventMailBounce        = "mail.bounce"
	EventMailStranger      = "mail.stranger"
	EventMailReplayed      = "mail.replayed"
	EventMailDoubted       = "mail.doubted"
	EventMailConfirmed     = "mail.confirmed"
	EventMailDenied        = "mail.denied"
	EventMailElsewhere     = "mail.elsewhere"
	EventMailForged        = "mail.forged"
	EventMailAssigned      = "mail.assigned"
	EventMailLate          = "mail.late"
	EventMailUnread        = "mail.unread"
	EventMailSent          = "mail.sent"
	EventMailFound         = "mail.found"
	EventMailRefused       = "mail.refused"
	EventMailMuted         = "mail.muted"
	EventMailQuery         = "mail.query"
	EventLetter            = "letter"
	EventLetterStopped     = "letter.stopped"
	EventLetterReplaced    = "letter.replaced"
	EventFacts             = "facts"
	EventEvidence          = "evidence"
	EventCharterSigned     = "charter.signed"
	EventCharterDeclined   = "charter.declined"
	EventReminder          = "reminder"
	EventDecisionSubmitted = "decision.submitted"
	EventAlone             = "alone"
	EventNotCorrected      = "correction.refused"
	EventBudgetReserved    = "budget.reserved"
	EventBudgetRefused     = "budget.refused"
	EventBudgetCommitted   = "budget.committed"
	EventBudgetReleased    = "budget.released"
	EventWithdraw          = "withdraw"
	EventGivenUp           = "given-up"
	EventRecoveryOverdue   = "recovery.overdue"
	EventVersion           = "version"
	EventMailOpinion       = "mail.opinion"
	EventOpinionAsked      = "opinion.asked"
	EventOpinionAnswered   = "opinion.answered"
	EventOpinionLapsed     = "opinion.lapsed"
	EventReport            = "report"
	EventReportOverdue     = "report.overdue"
	EventOrder             = "order"
	EventBarred            = "order.barred"
	EventPaymentStopped    = "payment.stopped"
	EventRescheduled       = "rescheduled"
	EventClaimLate         = "claim.late"
	EventDischarged        = "discharged"
	EventNoticeUnproven    = "notice.unproven"
	EventAppealReceived    = "appeal.received"
	EventAppealLate        = "appeal.late"
	EventAppealMaybe       = "appeal.maybe"
	EventAppealImplicit    = "appeal.implicit"
	EventAppealCharter     = "appeal.charter"
	EventReasonsAsked      = "reasons.asked"
	EventReasonsOverdue    = "reasons.overdue"
	EventObservations      = "observations"
	EventHearingOver       = "hearing.over"
	EventWithdrawalLimit   = "withdrawal.limit"
	EventClaim             = "claim"
)

// The kinds whose end is a code: what came back for the charter, and what is known of a letter's way.
const (
	eventReturn = "charter."
	eventSign   = "notice."
)

// EventReturn is the entry of something that came back for the charter.
func EventReturn(outcome Code) string { return eventReturn + outcome }

// EventSign is the entry of a sign of a letter's way.
func EventSign(sign Code) string { return eventSign + sign }

// Events is the catalogue of journal entries.
var Events = []EventRow{
	{Name: EventOutcome},
	{Name: EventOutcomeRefused},
	{Name: EventCallLeftOut},
	{Name: EventOpened},
	{Name: EventStage, On: OnStage},
	{Name: EventMailRead},
	{Name: EventMailAgain},
	{Name: EventMailAuto},
	{Name: EventMailBounce},
	{Name: EventMailStranger},
	{Name: EventMailReplayed},
	{Name: EventMailDoubted},
	{Name: EventMailConfirmed},
	{Name: EventMailDenied},
	{Name: EventMailElsewhere},
	{Name: EventMailForged},
	{Name: EventMailAssigned},
	{Name: EventMailLate},
	{Name: EventMailUnread},
	{Name: EventMailSent, On: OnMail},
	{Name: EventMailFound, On: OnMail},
	{Name: EventMailRefused, On: OnMail},
	{Name: EventMailMuted},
	{Name: EventMailQuery},
	{Name: EventLetter, On: OnLetter},
	{Name: EventLetterStopped, On: OnLetterOrMail},
	{Name: EventLetterReplaced, On: OnFaultyLetter},
	{Name: EventFacts},
	{Name: EventEvidence},
	{Name: EventCharterSigned},
	{Name: EventCharterDeclined},
	{Name: EventReminder, On: OnMail},
	{Name: EventDecisionSubmitted},
	{Name: EventBudgetReserved},
	{Name: EventBudgetRefused},
	{Name: EventBudgetCommitted},
	{Name: EventBudgetReleased},
	{Name: EventWithdraw},
	{Name: EventGivenUp},
	{Name: EventAlone},
	{Name: EventNotCorrected},
	{Name: EventRecoveryOverdue},
	{Name: EventVersion},
	{Name: EventMailOpinion},
	{Name: EventOpinionAsked},
	{Name: EventOpinionAnswered},
	{Name: EventOpinionLapsed},
	{Name: EventReport},
	{Name: EventReportOverdue},
	{Name: EventOrder},
	{Name: EventBarred},
	{Name: EventPaymentStopped},
	{Name: EventRescheduled},
	{Name: EventClaimLate},
	{Name: EventDischarged},
	{Name: EventNoticeUnproven},
	{Name: EventAppealReceived},
	{Name: EventAppealLate},
	{Name: EventAppealMaybe},
	{Name: EventAppealImplicit},
	{Name: EventAppealCharter},
	{Name: EventReasonsAsked},
	{Name: EventReasonsOverdue},
	{Name: EventObservations},
	{Name: EventHearingOver},
	{Name: EventWithdrawalLimit},
	{Name: EventClaim},
}

// EventOf finds a kind of entry in the catalogue.
func EventOf(name string) (EventRow, bool) {
	i := slices.IndexFunc(Events, func(e EventRow) bool { return e.Name == name })
	if i < 0 {
		return EventRow{}, false
	}
	return Events[i], true
}
