package telemetry

// Metric is one thing that a process counts or measures.
type Metric struct {
	Name    string
	Type    string // counter, gauge or histogram
	Unit    string // empty: a number of things
	Labels  []string
	Help    string
	Buckets []float64 // of a histogram, in Unit
}

const (
	minute = 60.0
	hour   = 60 * minute
	day    = 24 * hour
)

// short is for what should take moments, long for what takes days.
var (
	short = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}
	mail  = []float64{.1, .25, .5, 1, 2, 5, 10, 30, minute, 5 * minute, 15 * minute, hour, 6 * hour, day}
	long  = []float64{hour, 6 * hour, day, 2 * day, 5 * day, 10 * day, 15 * day, 30 * day, 45 * day, 60 * day, 90 * day, 180 * day, 365 * day}
)

// The metrics, by the names that the code uses.
const (
	mailsReceived   = "relance_mails_received_total"
	mailsAside      = "relance_mails_set_aside_total"
	readersEnded    = "relance_readers_ended_total"
	mailsSent       = "relance_mails_sent_total"
	MailsHeld       = "relance_mails_held_total"
	intake          = "relance_intake_seconds"
	acknowledgement = "relance_acknowledgement_seconds"
	StageTime       = "relance_stage_seconds"
	StageEntries    = "relance_stage_entries_total"
	failures        = "relance_activity_failures_total"
	retries         = "relance_activity_retries_total"
	retrying        = "relance_activities_retrying"
	retryingSince   = "relance_activity_retrying_seconds"
	imapContact     = "relance_imap_last_contact_timestamp_seconds"
	inbox           = "relance_inbox_mails"
	connection      = "relance_connection_errors_total"
	Cases           = "relance_cases"
	CasesWaiting    = "relance_cases_waiting_for_officer"
	CasesOverdue    = "relance_cases_overdue"
	Unassigned      = "relance_unassigned_mails"
	UnassignedAge   = "relance_unassigned_oldest_seconds"
	Envelope        = "relance_envelope_cents"
	EnvelopeWaiting = "relance_envelope_waiting_cases"
	collectUp       = "relance_collect_up"
	collectSeconds  = "relance_collect_seconds"
	DependencyUp    = "relance_dependency_up"
	DependencyAway  = "relance_dependency_away_seconds"
)

// Catalogue lists the metrics of this program; docs/observability.md explains each. Temporal's SDK and the Go runtime add theirs.
var Catalogue = []Metric{
	{Name: mailsReceived, Type: "counter", Labels: []string{"kind", "destination"}, Help: "Mails taken from the inbox, by who wrote (a person or which sort of machine) and where they went."},
	{Name: mailsAside, Type: "counter", Labels: []string{"reason"}, Help: "Mails that reached no case, by reason."},
	{Name: readersEnded, Type: "counter", Labels: []string{"why"}, Help: "Files that ended the process that read them, by how: it took too much time of the processor or memory, or broke."},
	{Name: mailsSent, Type: "counter", Labels: []string{"mail", "outcome"}, Help: "Mails handed to the mail server, by text and by whether it took them for good (accepted) or refused them for good (refused)."},
	{Name: MailsHeld, Type: "counter", Labels: []string{"reason"}, Help: "Mails that a case holds until an officer admits them."},
	{Name: intake, Type: "histogram", Unit: "seconds", Help: "From a mail's arrival at the authority's server until its case has it.", Buckets: mail},
	{Name: acknowledgement, Type: "histogram", Unit: "seconds", Help: "From an application's arrival at the authority's server until the mail server has taken its acknowledgement.", Buckets: mail},
	{Name: StageTime, Type: "histogram", Unit: "seconds", Labels: []string{"stage"}, Help: "How long a case was in a stage, when it leaves it; legal time.", Buckets: long},
	{Name: StageEntries, Type: "counter", Labels: []string{"stage"}, Help: "Cases that came into a stage."},
	{Name: failures, Type: "counter", Labels: []string{"activity", "cause"}, Help: "Attempts of a side effect that failed, by cause."},
	{Name: retries, Type: "counter", Labels: []string{"activity"}, Help: "Attempts of a side effect after its first one."},
	{Name: retrying, Type: "gauge", Labels: []string{"activity"}, Help: "Side effects that failed on this worker and wait for another attempt."},
	{Name: retryingSince, Type: "gauge", Unit: "seconds", Labels: []string{"activity"}, Help: "Since when the oldest of them has been tried."},
	{Name: imapContact, Type: "gauge", Unit: "seconds", Help: "When the inbox was last read, as Unix time."},
	{Name: inbox, Type: "gauge", Help: "Mails that lay in the inbox when it was last read."},
	{Name: connection, Type: "counter", Labels: []string{"server"}, Help: "Connections that were lost or did not come about: imap, smtp, s3."},
	{Name: Cases, Type: "gauge", Labels: []string{"stage"}, Help: "Cases that have not ended, by stage."},
	{Name: CasesWaiting, Type: "gauge", Labels: []string{"stage"}, Help: "Cases that wait for an officer."},
	{Name: CasesOverdue, Type: "gauge", Labels: []string{"stage"}, Help: "Cases whose next deadline has passed ten minutes ago without anything having come of it."},
	{Name: Unassigned, Type: "gauge", Help: "Mails that wait for an officer to say to which case they belong."},
	{Name: UnassignedAge, Type: "gauge", Unit: "seconds", Help: "How long the oldest of them has waited; 0 where there is none."},
	{Name: Envelope, Type: "gauge", Unit: "cents", Labels: []string{"plan", "line", "figure"}, Help: "The budget: total, reserved, committed, paid and left; an empty line is the whole plan."},
	{Name: EnvelopeWaiting, Type: "gauge", Labels: []string{"plan", "line"}, Help: "Cases that wait for money on this line."},
	{Name: collectUp, Type: "gauge", Labels: []string{"source"}, Help: "1 where the source answered when it was last asked for these figures, else 0."},
	{Name: collectSeconds, Type: "gauge", Unit: "seconds", Labels: []string{"source"}, Help: "How long the source took to answer."},
	{Name: DependencyUp, Type: "gauge", Labels: []string{"dependency", "reason"}, Help: "1 where what the process needs does what it should, else 0 and why; as /healthz says."},
	{Name: DependencyAway, Type: "gauge", Unit: "seconds", Labels: []string{"dependency"}, Help: "How long the outage has lasted; 0 where there is none."},
}
