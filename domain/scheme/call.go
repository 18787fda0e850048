package scheme

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"relance/domain/casefile"
	"relance/domain/competition"
	"relance/domain/money"
)

// Call makes a scheme a call for projects (appel à projets): its applications compete, session by session. A panel scores them, and
// they are awarded down the ranking until the session's envelope is spent.
type Call struct {
	Sessions  []Session   `yaml:"sessions" json:"sessions"`                       // each with a window and an envelope of its own
	Criteria  []Criterion `yaml:"criteria" json:"criteria"`                       // what candidates are judged by; the first breaks ties first
	Scale     Scale       `yaml:"scale" json:"scale"`                             // of a score
	Threshold Points      `yaml:"threshold" json:"threshold,omitempty"`           // a weighted mean below it eliminates
	Readers   int         `yaml:"readers" json:"readers"`                         // members who read each candidate
	Least     int         `yaml:"least_sheets" json:"least_sheets,omitempty"`     // complete sheets without which a candidate is not ranked; 1 unless said
	LeastPart Share       `yaml:"least_part" json:"least_part,omitempty"`         // the last award may be a part of what is asked, and at least this one; none: no parts
	Admission int         `yaml:"admission_days" json:"admission_days"`           // after the closing, in which incomplete applications may be completed
	Scoring   int         `yaml:"scoring_days" json:"scoring_days"`               // in which the panel scores
	Reminders []int       `yaml:"score_reminders" json:"score_reminders"`         // days after the dossiers went out
	Reserve   int         `yaml:"reserve_months" json:"reserve_months,omitempty"` // how long the reserve list stands; 6 unless said
	LateHours int         `yaml:"late_hours" json:"late_hours,omitempty"`         // a mail dated before the closing and received so many hours after it at most goes to an officer; 24 unless said
	Shared    []string    `yaml:"shared" json:"shared,omitempty"`                 // ids of the documents that the panel gets, beside the summary
	Panel     []Member    `yaml:"panel" json:"panel,omitempty"`                   // its members
	PanelFile string      `yaml:"panel_file" json:"panel_file,omitempty"`         // a YAML file beside this one with more members: a list like panel
}

// Session is one round of a call.
type Session struct {
	ID       string `yaml:"id" json:"id"`             // its number: the call's identifier is call-SCHEME-ID
	Opens    Minute `yaml:"opens" json:"opens"`       // the first minute at which an application is in time
	Closes   Minute `yaml:"closes" json:"closes"`     // the first minute at which it is too late
	Envelope Amount `yaml:"envelope" json:"envelope"` // what the session can award, from the lines that fund the scheme
}

// Criterion is what candidates are judged by.
type Criterion struct {
	ID      string   `yaml:"id" json:"id"`
	Label   string   `yaml:"label" json:"label"`               // as the form calls it
	Aliases []string `yaml:"aliases" json:"aliases,omitempty"` // other ways members write it
	Weight  int      `yaml:"weight" json:"weight"`
	Minimum Points   `yaml:"minimum" json:"minimum,omitempty"` // a mean below it eliminates
	Hint    string   `yaml:"hint" json:"hint,omitempty"`       // what it is about, for the panel
}

// Scale is the scores that can be given.
type Scale struct {
	From Points `yaml:"from" json:"from,omitempty"`
	To   Points `yaml:"to" json:"to"`
	Step Points `yaml:"step" json:"step,omitempty"` // 1 unless said
}

// Member is a member of the panel (jury), who reads and scores by mail.
type Member struct {
	ID        string   `yaml:"id" json:"id"` // stands in journals and files; no name in it
	Name      string   `yaml:"name" json:"name"`
	Capacity  string   `yaml:"capacity" json:"capacity,omitempty"`
	Email     string   `yaml:"email" json:"email"`
	Conflicts []string `yaml:"conflicts" json:"conflicts,omitempty"` // SIREN numbers of firms and associations that the member must not read
}

// Points is a score in hundredths of a point: 14,5 is 1450.
type Points int64

// UnmarshalYAML reads a score.
func (p *Points) UnmarshalYAML(node ast.Node) error {
	cents, err := money.Parse(scalar(node))
	if err != nil || cents < 0 {
		return wrong(node, "write points as 12 or 12,5, not %s", scalar(node))
	}
	*p = Points(cents)
	return nil
}

// Minute is an instant to the minute, on the clocks of Paris: 2020-09-30 12:00.
type Minute struct{ time.Time }

// UnmarshalYAML reads an instant.
func (m *Minute) UnmarshalYAML(node ast.Node) error {
	at, err := time.ParseInLocation("2006-01-02 15:04", scalar(node), casefile.Paris)
	if err != nil {
		return wrong(node, "write an instant, on the clocks of Paris, as 2020-09-30 12:00, not %s", scalar(node))
	}
	m.Time = at
	return nil
}

// CallID is the identifier of a session of a call.
func (s *Scheme) CallID(session string) string { return "call-" + s.ID + "-" + session }

// SessionAt is the session that an application belongs to that counts as filed at an instant: the one that opened last; the
// first one where none has opened yet.
func (c *Call) SessionAt(filed time.Time) Session {
	found := c.Sessions[0]
	for _, s := range c.Sessions {
		if !s.Opens.After(filed) {
			found = s
		}
	}
	return found
}

// Session finds a session by its id.
func (c *Call) Session(id string) (Session, bool) {
	for _, s := range c.Sessions {
		if s.ID == id {
			return s, true
		}
	}
	return Session{}, false
}

// Member finds a member of the panel by its id.
func (c *Call) Member(id string) (Member, bool) {
	for _, m := range c.Panel {
		if m.ID == id {
			return m, true
		}
	}
	return Member{}, false
}

// Rules are how the candidates of a session are ranked.
func (s *Scheme) Rules(session string) competition.Rules {
	c := s.Call
	r := competition.Rules{Call: s.CallID(session), Threshold: int64(c.Threshold), Least: max(c.Least, 1)}
	for _, k := range c.Criteria {
		r.Criteria = append(r.Criteria, competition.Criterion{ID: k.ID, Label: k.Label, Weight: int64(k.Weight), Minimum: int64(k.Minimum)})
	}
	return r
}

// Points is the scale in hundredths of a point.
func (s Scale) Points() competition.Scale {
	step := int64(s.Step)
	if step == 0 {
		step = 100
	}
	return competition.Scale{From: int64(s.From), To: int64(s.To), Step: step}
}

// The grounds on which a session rejects a candidate.
const (
	GroundThreshold = "note-eliminatoire"    // its weighted mean is below the threshold
	GroundMinimum   = "critere-eliminatoire" // its mean on a criterion is
	GroundFunds     = "rang"                 // the envelope was spent on those before it
	GroundUnread    = "non-classe"           // the panel could not score it
)

// grounds gives the rejections that every call has.
func (c *Call) grounds(name string) []Rule {
	if c == nil {
		return nil
	}
	basis := "règlement de l'appel à projets « " + name + " », examen et classement des candidatures"
	return []Rule{
		{ID: GroundThreshold, Told: "La note moyenne attribuée au projet par le jury est inférieure à la note minimale de " + competition.Points(int64(c.Threshold)) + ".", Basis: basis},
		{ID: GroundMinimum, Told: "La note moyenne attribuée au projet par le jury sur l'un des critères est inférieure au minimum exigé.", Basis: basis},
		{ID: GroundFunds, Told: "Le rang du projet au classement n'a pas permis de le retenir dans la limite des crédits de la session.", Basis: basis},
		{ID: GroundUnread, Told: "Le jury n'a pas été en mesure de noter le projet.", Basis: basis},
	}
}

// attach reads the members that lie in a file of their own.
func (c *Call) attach(folder fs.FS, src *source) {
	if c == nil || c.PanelFile == "" {
		return
	}
	text, err := fs.ReadFile(folder, path.Clean(c.PanelFile))
	var more []Member
	if err == nil {
		err = yaml.UnmarshalWithOptions(text, &more, yaml.Strict())
	}
	if err != nil {
		src.say("call.panel_file", "the members of the panel cannot be read: %v", err)
	}
	c.Panel = append(c.Panel, more...)
}

// checkCall tells what is wrong with a call.
func (s *Scheme) checkCall(src *source) {
	c := s.Call
	if c == nil {
		return
	}
	if !s.Opens.IsZero() || !s.Closes.IsZero() {
		src.say("opens", "a call has its windows in call.sessions, to the minute")
	}
	s.checkSessions(src)
	s.checkCriteria(src)
	s.checkPanel(src)
	if c.Admission <= 0 || c.Scoring <= 0 {
		src.say("call", "say how many days remain after the closing to complete an application (admission_days) and to score (scoring_days)")
	}
	for i, day := range c.Reminders {
		if day <= 0 || day >= c.Scoring || i > 0 && day <= c.Reminders[i-1] {
			src.say(fmt.Sprintf("call.score_reminders[%d]", i), "reminders rise and come before the end of their period, not on day %d of %d", day, c.Scoring)
		}
	}
	if c.Reserve < 0 || c.LateHours < 0 || c.Least < 0 || c.Least > c.Readers {
		src.say("call", "reserve_months and late_hours are not below zero, and least_sheets is at most readers")
	}
	for i, id := range c.Shared {
		if !slices.ContainsFunc(s.Versions, func(v *Version) bool { _, ok := v.Document(id); return ok }) {
			src.say(fmt.Sprintf("call.shared[%d]", i), "there is no document %q", id)
		}
	}
}

func (s *Scheme) checkSessions(src *source) {
	c := s.Call
	if len(c.Sessions) == 0 {
		src.say("call.sessions", "a call has at least one session")
	}
	seen := map[string]bool{}
	for i, session := range c.Sessions {
		at := fmt.Sprintf("call.sessions[%d]", i)
		switch {
		case !idShape.MatchString(session.ID) || seen[session.ID]:
			src.say(at+".id", "%q: small letters, digits and hyphens, and each session another one", session.ID)
		case !session.Opens.Before(session.Closes.Time):
			src.say(at+".closes", "the session closes at %s, not after it opens", session.Closes.Format("2006-01-02 15:04"))
		case i > 0 && session.Opens.Before(c.Sessions[i-1].Closes.Time):
			src.say(at+".opens", "it opens before the session above closes: an application would belong to both")
		}
		if session.Envelope <= 0 && slices.ContainsFunc(s.Versions, func(v *Version) bool { return len(v.Funding) > 0 }) {
			src.say(at+".envelope", "a session has an envelope above zero, such as 300 000 €")
		}
		seen[session.ID] = true
	}
}

func (s *Scheme) checkCriteria(src *source) {
	c := s.Call
	scale := c.Scale.Points()
	if scale.From >= scale.To || (scale.To-scale.From)%scale.Step != 0 {
		src.say("call.scale", "a scale goes from less to more in whole steps: {from: 0, to: 20, step: \"0,5\"}")
	}
	if len(c.Criteria) == 0 {
		src.say("call.criteria", "a call has at least one criterion")
	}
	seen := map[string]bool{}
	for i, k := range c.Criteria {
		at := fmt.Sprintf("call.criteria[%d]", i)
		if !idShape.MatchString(k.ID) || k.Label == "" {
			src.say(at+".id", "a criterion has an id (small letters, digits, hyphens) and a label")
		}
		if k.Weight <= 0 || k.Weight > 1000 {
			src.say(at+".weight", "a weight is a whole number from 1 to 1000")
		}
		for _, name := range append([]string{k.ID, k.Label}, k.Aliases...) {
			if other := Fold(name); seen[other+"\n"] {
				src.say(at+".label", "%q is also how another criterion is called: a line in a mail could mean either", name)
			}
		}
		for _, name := range append([]string{k.ID, k.Label}, k.Aliases...) {
			seen[Fold(name)+"\n"] = true
		}
		if k.Minimum > c.Scale.To {
			src.say(at+".minimum", "it is above the scale")
		}
	}
	if c.Threshold > c.Scale.To {
		src.say("call.threshold", "it is above the scale")
	}
}

func (s *Scheme) checkPanel(src *source) {
	c := s.Call
	if c.Readers <= 0 || c.Readers > len(c.Panel) {
		src.say("call.readers", "from one to as many as the panel has members (%d)", len(c.Panel))
	}
	seen := map[string]bool{}
	for i, m := range c.Panel {
		at := fmt.Sprintf("call.panel[%d]", i)
		if !idShape.MatchString(m.ID) || m.Name == "" {
			src.say(at+".id", "a member has an id (small letters, digits, hyphens; no name in it) and a name")
		}
		if _, err := email(m.Email); err != nil {
			src.say(at+".email", "%q is not an email address", m.Email)
		}
		if seen[m.ID] || seen[strings.ToLower(m.Email)] {
			src.say(at, "another member has that id or address")
		}
		seen[m.ID], seen[strings.ToLower(m.Email)] = true, true
		for k, siren := range m.Conflicts {
			if !ValidSIREN(siren) {
				src.say(fmt.Sprintf("%s.conflicts[%d]", at, k), "%q is not a SIREN; other conflicts are declared by mail or by command", siren)
			}
		}
	}
}
