package round

// The kinds of journal entry of a session, beside those of a case.
const (
	EventStage        = "call.stage"
	EventCandidate    = "call.candidate"
	EventConflict     = "call.conflict"
	EventAssigned     = "call.assigned"
	EventScores       = "call.scores"
	EventScore        = "call.score"
	EventTaken        = "call.taken"
	EventBegun        = "call.begun"
	EventClosedFirst  = "call.closed.first"
	EventClosed       = "call.closed"
	EventUp           = "call.up"
	EventBack         = "call.back"
	EventReserveEnd   = "call.reserve.end"
	EventMailMember   = "mail.member"
	EventMailUnproven = "mail.unproven"
)

// Events lists them.
var Events = []string{EventStage, EventCandidate, EventConflict, EventAssigned, EventScores, EventScore, EventTaken, EventBegun, EventClosedFirst, EventClosed, EventUp, EventBack, EventReserveEnd, EventMailMember, EventMailUnproven}

// The mails to the panel. The dossier and the minutes are documents of a session as well.
const (
	DossierMail  = "dossier"
	ReminderMail = "reminder"
	ReceivedMail = "received"
	UnprovenMail = "unproven"
	MinutesMail  = "minutes"
)

// PanelMails lists them. Their words are the templates of the folder panel.
var PanelMails = []string{DossierMail, ReminderMail, ReceivedMail, UnprovenMail, MinutesMail}
