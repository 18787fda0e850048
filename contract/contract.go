// Package contract is what stands in Temporal's histories and passes between processes: the task queue, the names of workflows, signals,
// updates, queries and search attributes, and the inputs and results of side effects. A name here outlives the process that uses
// it: it never changes its meaning, and a field is added and never renamed (docs/versioning.md).
package contract

// TaskQueue is where cases wait for a worker.
const TaskQueue = "relance"

// Deployment is the name under which Temporal knows the workers of all versions (docs/rollout.md).
const Deployment = "relance"

// The types of failure by which an act is refused.
const (
	Refused        = "refused"
	RefusedAnother = "refused-another" // whoever asked has done the other half of it: another person may
)

// The types of failure that a retry cannot mend.
const (
	FailBroken  = "broken"  // what is stored cannot be understood
	FailUnknown = "unknown" // a scheme or object that does not exist
)
