package contract

import "relance/domain/ledger"

// Names by which the plan's workflow is reached.
const (
	PlanWorkflow = "Plan"
	PlanMove     = "move"  // update: ledger.Move, answered by a ledger.Answer
	PlanQuery    = "state" // query: Head
	FundsSignal  = "funds" // to a case: money it has waited for is held
)

// PlanID is the id of a plan's workflow.
func PlanID(plan string) string { return "plan-" + plan }

// Head is where a plan's book stands. The book itself lies in the archive: plan/ID/log/SEQ.json holds what has happened,
// record by record, each written once (If-None-Match), so that two writers can never both write the same record; whoever
// comes second reads the first one's and decides again. A snapshot now and then shortens the reading.
type Head struct {
	Plan     string                    `json:"plan"`
	Seq      int                       `json:"seq"`            // of the last record
	Snapshot int                       `json:"snapshot"`       // record that the last snapshot includes
	Notified int                       `json:"notified"`       // record up to which those who were served have been told
	Runs     int                       `json:"runs,omitempty"` // of the workflow that have ended
	Lines    map[string]ledger.Figures `json:"lines,omitempty"`
}

// Posting asks for moves to be entered in a plan's book.
type Posting struct {
	Head  Head          `json:"head"`
	Moves []ledger.Move `json:"moves"`
}

// Posted is what became of them.
type Posted struct {
	Head    Head            `json:"head"`
	Answers []ledger.Answer `json:"answers"`
	Served  bool            `json:"served"` // money was given to cases that waited: they are to be told
}
