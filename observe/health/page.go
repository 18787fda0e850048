package health

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Report is how a process does.
type Report struct {
	Process      string    `json:"process"`
	Status       Status    `json:"status"`
	Began        time.Time `json:"began"`
	Dependencies []State   `json:"dependencies"`
}

// Status is how a process does, in one word.
type Status string

// How a process does.
const (
	Well     Status = "ok"
	Degraded Status = "degraded" // some of its work waits
	Waiting  Status = "waiting"  // all of it does
	Starting Status = "starting"
)

// Works tells whether there is anything that the process can do.
func (s Status) Works() bool { return s == Well || s == Degraded }

// Standing is how one dependency does, in one word.
type Standing string

// How a dependency does.
const (
	Up      Standing = "up"
	Away    Standing = "away"
	Unknown Standing = "unknown" // nobody has heard of it yet
)

// State is how one dependency does. It holds no word of the server itself.
type State struct {
	Name        Dependency `json:"name"`
	Address     string     `json:"address,omitempty"`
	Vital       bool       `json:"vital"`
	Standing    Standing   `json:"state"`
	Since       time.Time  `json:"since,omitzero"`        // of the outage
	Reason      Reason     `json:"reason,omitempty"`      // of the outage, or of the last one
	Code        string     `json:"code,omitempty"`        // the server's own
	Says        string     `json:"says,omitempty"`        // what is wrong, and what to do
	Failures    int        `json:"failures,omitempty"`    // in a row
	LastSuccess time.Time  `json:"last_success,omitzero"` // when it last answered as it should
}

// Report tells how the process does now.
func (r *Recorder) Report() Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	report := Report{Process: r.process, Status: Well, Began: r.began.UTC(), Dependencies: []State{}}
	for _, p := range r.parts {
		s := State{Name: p.Of, Address: p.Address, Vital: p.Vital, Standing: p.standing(), LastSuccess: p.succeeded.UTC()}
		if s.Standing == Away {
			s.Since, s.Failures = p.since.UTC(), p.failures
			s.Reason, s.Code, s.Says = p.failure.Reason, p.failure.Code, p.failure.Sentence(p.Address)
			if report.Status != Waiting {
				report.Status = Degraded
			}
			if p.Vital {
				report.Status = Waiting
			}
		}
		report.Dependencies = append(report.Dependencies, s)
	}
	if !r.ready {
		report.Status = Starting
	}
	return report
}

func (p *part) standing() Standing {
	switch {
	case p.failures >= confirmed:
		return Away
	case p.succeeded.IsZero():
		return Unknown
	}
	return Up
}

// String is the report for a person: a line for the process, and one for each outage.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", r.Process, r.Status)
	for _, d := range r.Dependencies {
		if d.Standing == Away {
			fmt.Fprintf(&b, "%s, since %s: %s\n", d.Name, d.Since.Format(time.RFC3339), d.Says)
		}
	}
	return b.String()
}

// Pages serves /healthz, which answers 200 as long as the process lives, and /readyz, which answers 503 while nothing can be done. Both say how
// it does, as JSON. Neither asks a server.
func (r *Recorder) Pages(mux *http.ServeMux) {
	page := func(status func(Status) int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			report := r.Report()
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Cache-Control", "no-store")
			w.WriteHeader(status(report.Status))
			e := json.NewEncoder(w)
			e.SetIndent("", "  ")
			_ = e.Encode(report) // who asked has gone
		}
	}
	mux.HandleFunc("GET /healthz", page(func(Status) int { return http.StatusOK }))
	mux.HandleFunc("GET /readyz", page(func(s Status) int {
		if s.Works() {
			return http.StatusOK
		}
		return http.StatusServiceUnavailable
	}))
}
