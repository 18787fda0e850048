package casefile

import (
	"slices"
	"strings"
	"time"
)

// Look is the second look at a grant that was drawn by lot, before any of it is paid. Nobody knows before the grant whether it is drawn.
type Look struct {
	By   string    `json:"by,omitempty"` // who has looked; empty: nobody yet
	At   time.Time `json:"at,omitzero"`  // legal
	Note string    `json:"note,omitempty"`
}

// Pending tells whether somebody has to look.
func (l *Look) Pending() bool { return l != nil && l.By == "" }

// Bar is what a register says of a firm that keeps an aid from it until an officer lifts the bar, with a reason.
type Bar struct {
	Kind   Code   `json:"kind"`             // BarClosed, BarProceeding
	Detail string `json:"detail,omitempty"` // what the register says: the judgement and its day
	Lifted string `json:"lifted,omitempty"` // the officer's reason
}

// Bars lists what keeps an aid from the firm. A firm that the register does not know is for an officer to look at, and no more.
func (g *Register) Bars() (bars []Bar) {
	if g.Known && !g.Active {
		bars = append(bars, Bar{Kind: BarClosed})
	}
	if g.Proceeding != "" {
		bars = append(bars, Bar{Kind: BarProceeding, Detail: g.Proceeding})
	}
	return bars
}

// Lifted tells whether an officer has lifted all of what the registers say now.
func (s *State) Lifted(now []Bar) bool {
	c := State{Bars: s.Bars}
	c.bar(now)
	return !c.Barred()
}

// Says is what registers say of a firm.
type Says struct {
	Bars []Bar `json:"bars,omitempty"`
}

// The kinds of bar.
const (
	BarClosed     Code = "closed"     // the firm, or its establishment, is closed
	BarProceeding Code = "proceeding" // it is in a collective proceeding (Code de commerce, book VI)
)

// What an officer has to look at.
const (
	ConcernLook     Concern = "second_look"   // the grant was drawn by lot: another officer looks at it before it is paid
	ConcernBar      Concern = "bar"           // a register says what keeps the aid from the firm
	ConcernSilent   Concern = "silent"        // a register did not answer
	ConcernOtherOne Concern = "register_name" // the register has the firm under another name
)

// bar takes in what the registers say now. A bar that was lifted stays so while they say the same.
func (s *State) bar(now []Bar) {
	bars := slices.Clone(now)
	for i, b := range bars {
		for _, was := range s.Bars {
			if was.Kind == b.Kind && was.Detail == b.Detail {
				bars[i].Lifted = was.Lifted
			}
		}
	}
	if s.Bars = bars; s.Barred() {
		s.Raise(ConcernBar)
	}
}

// Barred tells whether a register says something that no officer has lifted.
func (s *State) Barred() bool {
	return slices.ContainsFunc(s.Bars, func(b Bar) bool { return b.Lifted == "" })
}

// draw has a grant looked at by somebody else before it is paid, where the lot has fallen on it.
func (s *State) draw(drawn bool) {
	if drawn && s.Look == nil {
		s.Look = &Look{}
		s.Raise(ConcernLook)
	}
}

// mayPayYet tells whether payment waits for a second look or a bar.
func (s *State) mayPayYet() error {
	switch {
	case s.Look.Pending():
		return refuse("ce dossier est tiré au sort pour un second regard avant le versement (relance case look %s)", s.Reference)
	case s.Barred():
		return refuse("le registre fait obstacle au versement ; levez l'obstacle, avec votre motif (relance case lift %s)", s.Reference)
	}
	return nil
}

// The acts. Their names are those of the updates that Temporal knows.
const (
	LookAct ActKind = "second-look" // another officer has looked at a grant that was drawn
	LiftBar ActKind = "lift-bar"    // what a register says does not stand in the way
)

var lookActs = actRows{
	{Kind: LookAct, Code: "act.second-look", Command: "case look REFERENCE",
		About: "a second look at a grant that was drawn by lot", Takes: []string{"text"},
		May: (*State).mayLook,
		Help: `Noter le second regard d'un autre agent sur une aide tirée au sort : le versement peut partir. ` +
			`{"by": "agent-02", "text": "ce qui a été vérifié"}`},
	{Kind: LiftBar, Code: "act.lift-bar", Command: "case lift REFERENCE",
		About: "what a register says does not stand in the way", Takes: []string{"text"},
		May:  (*State).mayLift,
		Help: `Lever l'obstacle d'un registre (établissement fermé, procédure collective). {"by": "agent-01", "text": "motif"}`},
}

func (s *State) mayLook(a Act) error {
	switch {
	case !s.Look.Pending():
		return refuse("aucun second regard n'est attendu")
	case strings.TrimSpace(a.Text) == "":
		return refuse("dites ce que vous avez vérifié (-text)")
	}
	return nil
}

func (s *State) mayLift(a Act) error {
	switch {
	case !s.Barred():
		return refuse("aucun obstacle n'est à lever")
	case strings.TrimSpace(a.Text) == "":
		return refuse("donnez le motif pour lequel l'obstacle est levé (-text)")
	}
	return nil
}

// Looked notes the second look.
func (s *State) Looked(a Act, at time.Time) {
	s.Look = &Look{By: a.By, At: at, Note: a.Text}
	s.Settle(ConcernLook)
}

// Lift lifts what bars the aid, for an officer's reason.
func (s *State) Lift(a Act) {
	s.Bars = slices.Clone(s.Bars)
	for i := range s.Bars {
		if s.Bars[i].Lifted == "" {
			s.Bars[i].Lifted = a.Text
		}
	}
	s.Settle(ConcernBar)
}
