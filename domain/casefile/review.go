package casefile

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// The acts. Their names are those of the updates that Temporal knows.
const (
	Approve       ActKind = "approve"           // grant the aid
	Reject        ActKind = "reject"            // reject the application, with reasons
	RequestAct    ActKind = "request-documents" // ask for documents or facts
	Message       ActKind = "write-message"     // write to the applicant
	Assign        ActKind = "assign"            // put an officer in charge
	WithdrawAct   ActKind = "withdraw"          // record a withdrawal received otherwise than by mail
	SettleConcern ActKind = "settle"            // what was raised has been dealt with
	Reexamine     ActKind = "reexamine"         // apply the rules again: a newer version, other cases, the register
	SendStopped   ActKind = "send-stopped"      // what a letter lacked is mended: try again
)

// reviewActs are what officers do on an application until it is decided.
var reviewActs = actRows{
	{Kind: Approve, Code: "act.approve", Command: "case decide REFERENCE -approve",
		May: (*State).mayApprove,
		Help: `Attribuer l'aide. {"by": "agent-01", "known": "marque affichée par relance case show"} ; ou, au lieu de la marque, "amount" ` +
			`en centimes, qui peut être moins que le barème`},
	{Kind: Reject, Code: "act.reject", Command: "case decide REFERENCE -reject",
		May:  (*State).mayReject,
		Help: `Rejeter la demande, avec ses motifs. {"by": "agent-01", "grounds": ["effectif"], "text": "précisions"}`},
	{Kind: RequestAct, Code: "act.request", Command: "case request REFERENCE",
		About: "ask the applicant for documents", Takes: []string{"documents", "text"},
		May:  (*State).mayRequest,
		Help: `Demander des pièces. {"by": "agent-01", "documents": ["bail"], "text": "précisions"}`},
	{Kind: Message, Code: "act.message", Command: "case message REFERENCE",
		About: "write to the applicant", Takes: []string{"text"},
		May:  (*State).mayWrite,
		Help: `Écrire au demandeur. {"by": "agent-01", "text": "votre message"}`},
	{Kind: Assign, Code: "act.assign", Command: "case assign REFERENCE",
		About: "put an officer in charge", Takes: []string{"officer"},
		May:  (*State).mayAssign,
		Help: `Confier le dossier à un agent. {"by": "agent-01", "officer": "agent-02"}`},
	{Kind: WithdrawAct, Code: "act.withdraw", Command: "case withdraw REFERENCE",
		About: "record a withdrawal that came otherwise than by mail",
		May:   (*State).mayWithdraw,
		Help:  `Enregistrer un désistement reçu autrement que par courriel. {"by": "agent-01"}`},
	{Kind: SettleConcern, Code: "act.settle", Command: "case settle REFERENCE",
		About: "what had to be looked at has been dealt with",
		Help:  `Lever les signalements après les avoir traités. {"by": "agent-01"}`},
	{Kind: Reexamine, Code: "act.reexamine", Command: "case reexamine REFERENCE",
		May:  (*State).mayReexamine,
		Help: `Appliquer de nouveau les règles du dispositif. {"by": "agent-01"}`},
	{Kind: SendStopped, Code: "act.send-stopped", Command: "case resume REFERENCE",
		Help: `Faire partir un courrier qui attendait d'être corrigé. {"by": "agent-01"}`},
}

func (s *State) mayApprove(a Act) error {
	switch {
	case s.Decision != nil:
		return refuse("une décision a déjà été prise le %s", Date(s.Decision.At).Format("02/01/2006"))
	case s.Unsigned != nil:
		return refuse("une décision attend déjà la signature ; le signataire peut la renvoyer (relance sign return)")
	case s.Candidacy != nil:
		return refuse("ce dossier concourt à l'appel %s : il est classé avec les autres (relance call)", s.Candidacy.Call)
	case s.Stage != UnderReview:
		return refuse("seul un dossier en instruction peut être accepté ; celui-ci est à l'étape « %s »", s.Stage)
	case !s.IsComplete():
		return refuse("il manque des éléments au dossier : %s", s.lacking())
	case slices.Contains(s.Concerns, ConcernBank):
		return refuse("d'autres coordonnées bancaires sont arrivées : vérifiez-les d'abord (relance case bank)")
	case s.Barred():
		return refuse("un registre fait obstacle à l'aide ; levez l'obstacle, avec votre motif (relance case lift %s)", s.Reference)
	case s.Verdict.Broken != "":
		return refuse("la règle « %s » n'a pas pu être appliquée à ce dossier : corrigez le dispositif, puis réexaminez le dossier (relance case reexamine %s)", s.Verdict.Broken, s.Reference)
	case !s.Verdict.Eligible:
		return refuse("le dossier ne remplit pas les conditions suivantes : %s", strings.Join(s.Verdict.Failed, ", "))
	case a.Nothing && s.Terms.Funded, a.Amount < 0 || a.Amount > s.Verdict.Amount:
		return refuse("le montant accordé va de 0,01 € à ce que donne le barème, soit %d centimes", s.Verdict.Amount)
	case s.Verdict.Amount <= 0 && s.Terms.Funded:
		return refuse("le barème ne donne aucun montant")
	case s.awaited() != "":
		return refuse("un avis est attendu : %s", s.awaited())
	case slices.ContainsFunc(s.Approvals, func(p Approval) bool { return p.By == a.By && p.Amount == s.sum(a) }):
		return refuse("vous avez déjà accepté ce dossier ; un autre agent doit l'accepter aussi")
	case s.Terms.Charter && s.Charter.Signed.IsZero():
		return refuse("la charte d'engagement n'est pas signée")
	case s.mayContradict(GrantLetter) != nil:
		return s.mayContradict(GrantLetter)
	case s.AgreementChanged():
		return refuse("le montant, la durée ou le différé ont changé depuis la signature du contrat d'avance ; il doit être signé de nouveau")
	case s.Verdict.Loan != nil && s.sum(a) != s.Verdict.Loan.Cents:
		return refuse("le contrat signé porte sur %d centimes ; pour prêter moins, demandez au demandeur d'écrire un autre montant : il signera un nouveau contrat", s.Verdict.Loan.Cents)
	}
	return nil
}

// lacking names what the case lacks.
func (s *State) lacking() string {
	var names []string
	for _, w := range s.Missing {
		names = append(names, Name(s.Terms.Documents, w.ID))
	}
	return strings.Join(names, ", ")
}

// awaited names the opinions that are still waited for.
func (s *State) awaited() string {
	var names []string
	for _, o := range s.Opinions {
		if o.Open() {
			names = append(names, cmp.Or(o.Of, o.ID))
		}
	}
	return strings.Join(names, ", ")
}

func (s *State) mayReject(a Act) error {
	switch {
	case s.Decision != nil:
		return refuse("une décision a déjà été prise le %s", Date(s.Decision.At).Format("02/01/2006"))
	case s.Unsigned != nil:
		return refuse("une décision attend déjà la signature ; le signataire peut la renvoyer (relance sign return)")
	case s.Appealing() != nil:
		return refuse("le recours est accepté et attend des crédits ou la charte")
	case s.Stage != UnderReview && s.Stage != Waitlisted && s.Stage != OnReserve:
		return refuse("seul un dossier en instruction peut être rejeté ; celui-ci est à l'étape « %s »", s.Stage)
	case len(a.Grounds) == 0:
		return refuse("une décision de rejet est motivée (CRPA L. 211-2) ; motifs possibles : %s", ids(s.Terms.Grounds))
	case s.mayContradict(RejectLetter) != nil:
		return s.mayContradict(RejectLetter)
	}
	return known("motif", a.Grounds, s.Terms.Grounds)
}

func (s *State) mayRequest(a Act) error {
	switch {
	case s.Unsigned != nil:
		return refuse("une décision attend la signature ; le signataire peut la renvoyer (relance sign return)")
	case s.Stage != UnderReview && s.Stage != Incomplete:
		return refuse("des pièces se demandent pendant l'instruction ; le dossier est à l'étape « %s »", s.Stage)
	case len(a.Documents) == 0:
		return refuse("indiquez les pièces à demander ; pièces possibles : %s", ids(s.Terms.Documents))
	}
	return known("pièce", a.Documents, s.Terms.Documents)
}

func (s *State) mayWrite(a Act) error {
	if strings.TrimSpace(a.Text) == "" {
		return refuse("le message est vide")
	}
	return nil
}

func (s *State) mayAssign(a Act) error {
	if strings.TrimSpace(a.Officer) == "" {
		return refuse("indiquez à quel agent confier le dossier (-to)")
	}
	return nil
}

func (s *State) mayWithdraw(Act) error {
	switch {
	case s.Stage == Granted && s.Gone() > 0:
		return refuse("l'aide est versée ou en cours de versement : elle reste attribuée jusqu'à ce qu'elle soit rendue (relance case recover)")
	case !s.Stage.CanBecome(Withdrawn):
		return refuse("un dossier à l'étape « %s » ne peut plus être retiré", s.Stage)
	}
	return nil
}

func (s *State) mayReexamine(Act) error {
	if s.Stage.Decided() || s.Stage.Final() {
		return refuse("la décision est prise ; les règles ne s'appliquent plus")
	}
	return nil
}

func known(what string, wanted []Code, list []Named) error {
	for _, id := range wanted {
		if !slices.ContainsFunc(list, func(n Named) bool { return n.ID == id }) {
			return refuse("%s inconnu(e) « %s » ; possibles : %s", what, id, ids(list))
		}
	}
	return nil
}

func ids(list []Named) string {
	names := make([]string, len(list))
	for i, n := range list {
		names[i] = n.ID
	}
	return strings.Join(names, ", ")
}

// sum is the amount an approval is about.
func (s *State) sum(a Act) int64 {
	if a.Amount == 0 {
		return s.Verdict.Amount
	}
	return a.Amount
}

// Decide records an express decision. The stage allows it once.
func (s *State) Decide(grant bool, a Act, at time.Time) {
	d := Decision{Grant: grant, By: a.By, At: at, Reason: a.Text, Seen: a.Seen, Officers: s.Approvers(a.By)}
	if grant {
		d.Amount = s.sum(a)
		s.draw(s.Drawn)
	} else {
		d.Grounds = a.Grounds
	}
	s.Replace(d)
}

// Approvers are all who took part in a decision: who approved, and who decided.
func (s *State) Approvers(by string) []string { return signers(s.Approvals, by) }

func signers(list []Approval, by string) []string {
	officers := []string{by}
	for _, a := range list {
		if !slices.Contains(officers, a.By) {
			officers = append(officers, a.By)
		}
	}
	return officers
}
