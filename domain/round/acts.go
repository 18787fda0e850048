package round

import (
	"fmt"
	"slices"
	"strings"

	"relance/domain/casefile"
	"relance/domain/competition"
)

// ActKind is an officer's action on a session.
type ActKind string

// The actions an officer has.
const (
	ScoreAct    ActKind = "score"    // enter scores that came otherwise than by a proven mail
	ConflictAct ActKind = "conflict" // a member must not read a candidate
	TakeAct     ActKind = "take"     // a candidate that was completed late is read all the same
	BeginAct    ActKind = "begin"    // the panel begins to read, without waiting for the end of the period
	CloseAct    ActKind = "close"    // the committee has decided: awards, letters, minutes
)

// ActTable has a row for each act of an officer on a session.
var ActTable = casefile.Rows[ActKind, *State, Act]{
	{Kind: ScoreAct, Code: "call.score", Command: "call score CALL REFERENCE CRITERION=SCORE", May: (*State).mayScore,
		Help: `Saisir des notes, en centièmes de point. {"by": "agent-01", "member": "jury-01", "candidate": "ENT-…", "scores": {"utilite": 1450}}`},
	{Kind: ConflictAct, Code: "call.conflict", Command: "call score CALL REFERENCE -conflict", May: (*State).mayBar,
		Help: `Écarter un membre d'une candidature. {"by": "agent-01", "member": "jury-01", "candidate": "ENT-…"}`},
	{Kind: TakeAct, Code: "call.taken", Command: "call admit REFERENCE", May: (*State).mayTake,
		Help: `Soumettre au jury une candidature complétée en retard. {"by": "agent-01", "candidate": "ENT-…", "text": "raison"}`},
	{Kind: BeginAct, Code: "call.begun", Command: "call begin CALL", May: (*State).mayBegin,
		Help: `Envoyer les dossiers au jury sans attendre la fin du délai de recevabilité. {"by": "agent-01"}`},
	{Kind: CloseAct, Code: "call.closed", Command: "call close CALL", May: (*State).mayClose,
		Help: `Décider : attributions dans l'ordre du classement, lettres à tous, procès-verbal. {"by": "agent-01", "present": ["jury-01"], "text": "observations"}`},
}

// Act is one action of an officer.
type Act struct {
	ID        string           `json:"id,omitempty"` // the update id: the same action sent twice is one
	By        string           `json:"by"`           // the officer's identifier
	Member    string           `json:"member,omitempty"`
	Candidate string           `json:"candidate,omitempty"` // reference
	Scores    map[string]int64 `json:"scores,omitempty"`    // by criterion, hundredths of a point
	Text      string           `json:"text,omitempty"`      // close: for the minutes; take: why
	Present   []string         `json:"present,omitempty"`   // close: identifiers of the members who sat
	Missing   bool             `json:"missing,omitempty"`   // close: though scores are missing
}

// Done is what an officer is answered.
type Done struct {
	ID      string `json:"id"`
	Stage   Stage  `json:"stage"`
	Awarded int    `json:"awarded,omitempty"` // close: how many
	Cents   int64  `json:"cents,omitempty"`   // close: how much
	Reserve int    `json:"reserve,omitempty"` // close: how many are on the reserve list
	Missing int    `json:"missing,omitempty"` // sheets that are not complete
	More    int    `json:"more,omitempty"`    // close: other officers who still have to
	Again   bool   `json:"again,omitempty"`   // it had been carried out before
}

func refuse(format string, args ...any) error {
	return fmt.Errorf("%w : "+format, append([]any{casefile.ErrRefused}, args...)...)
}

// Sum is the hash of what an act asks for, whatever its key.
func (a Act) Sum(kind ActKind) string {
	a.ID = ""
	return casefile.SumOf(string(kind), a)
}

// May tells whether an action can be carried out on the session as it stands. The error says why not and what could be done.
func (s *State) May(kind ActKind, a Act) error {
	if strings.TrimSpace(a.By) == "" {
		return refuse("indiquez l'agent qui agit (-by)")
	}
	if again, err := s.Acts.Again(a.ID, a.Sum(kind)); again || err != nil {
		return err
	}
	return ActTable.May(kind, s, a)
}

func (s *State) mayBegin(Act) error {
	if s.Stage != Admission {
		return refuse("les dossiers partent au jury après la clôture ; la session est à l'étape « %s »", s.Stage)
	}
	return nil
}

func (s *State) mayScore(a Act) error {
	p := competition.Pair{Candidate: a.Candidate, Member: a.Member}
	switch {
	case s.Stage != Scoring && s.Stage != Session:
		return refuse("les notes se donnent quand le jury a les dossiers ; la session est à l'étape « %s »", s.Stage)
	case !slices.Contains(s.Pairs, p):
		return refuse("le dossier %s n'est pas confié à %s ; ses dossiers : %s", a.Candidate, a.Member, strings.Join(s.Of(a.Member), ", "))
	case len(a.Scores) == 0:
		return refuse("indiquez les notes (-score critère=note) ; critères : %s", s.criteria())
	}
	for _, id := range sortedKeys(a.Scores) {
		if !slices.ContainsFunc(s.Terms.Rules.Criteria, func(c competition.Criterion) bool { return c.ID == id }) {
			return refuse("critère inconnu « %s » ; critères : %s", id, s.criteria())
		}
		if !s.Terms.Scale.Takes(a.Scores[id]) {
			return refuse("la note %s n'est pas sur l'échelle de %s à %s, par pas de %s", competition.Points(a.Scores[id]),
				competition.Points(s.Terms.Scale.From), competition.Points(s.Terms.Scale.To), competition.Points(s.Terms.Scale.Step))
		}
	}
	return nil
}

func sortedKeys(m map[string]int64) []string {
	list := make([]string, 0, len(m))
	//workflowcheck:ignore the keys are sorted before anything is made of them
	for k := range m {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}

func (s *State) criteria() string {
	var ids []string
	for _, c := range s.Terms.Rules.Criteria {
		ids = append(ids, c.ID)
	}
	return strings.Join(ids, ", ")
}

func (s *State) mayBar(a Act) error {
	switch {
	case s.Stage == Decided || s.Stage == Closed:
		return refuse("la session est décidée")
	case !slices.Contains(s.Terms.Members, a.Member):
		return refuse("membre inconnu « %s » ; membres du jury : %s", a.Member, strings.Join(s.Terms.Members, ", "))
	case s.Candidate(a.Candidate) == nil:
		return refuse("le dossier %s ne concourt pas à cette session", a.Candidate)
	}
	return nil
}

func (s *State) mayTake(a Act) error {
	c := s.Candidate(a.Candidate)
	switch {
	case c == nil:
		return refuse("le dossier %s ne concourt pas à cette session", a.Candidate)
	case s.Stage != Scoring && s.Stage != Session:
		return refuse("un dossier s'ajoute quand le jury lit ; la session est à l'étape « %s »", s.Stage)
	case c.Admitted:
		return refuse("le dossier %s est déjà confié au jury", a.Candidate)
	case c.Status != casefile.CandidateAdmissible:
		return refuse("le dossier %s n'est pas recevable : il est incomplet, tardif ou ne remplit pas les conditions", a.Candidate)
	case strings.TrimSpace(a.Text) == "":
		return refuse("indiquez pourquoi le dossier est admis (-text)")
	}
	return nil
}

func (s *State) mayClose(a Act) error {
	missing := len(s.Missing(""))
	switch {
	case s.Stage == Decided || s.Stage == Closed:
		return refuse("la session a été décidée le %s", casefile.Date(s.DecidedAt).Format("02/01/2006"))
	case s.Stage != Scoring && s.Stage != Session:
		return refuse("le jury n'a pas encore les dossiers ; la session est à l'étape « %s »", s.Stage)
	case missing > 0 && !a.Missing:
		return refuse("il manque %d fiches de notation ; attendez-les, ou décidez sans elles (-missing)", missing)
	case slices.ContainsFunc(s.Approvals, func(p casefile.Approval) bool { return p.By == a.By }):
		return refuse("vous avez déjà validé cette session ; un autre agent doit la valider aussi")
	}
	for _, m := range a.Present {
		if !slices.Contains(s.Terms.Members, m) {
			return refuse("membre inconnu « %s » ; membres du jury : %s", m, strings.Join(s.Terms.Members, ", "))
		}
	}
	return nil
}
