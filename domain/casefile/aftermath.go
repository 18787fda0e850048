package casefile

import (
	"slices"
	"strings"
	"time"
)

// What officers may do after the decision. Each refusal says why, and what could be done.

func day(t time.Time) string { return t.In(Paris).Format("02/01/2006") }

// Recall raises again what a word to the applicant or a general « dealt with » does not settle.
func (s *State) Recall(now time.Time) {
	switch w := s.Proposed(); {
	case s.Stage == UnderAppeal:
		s.Raise(ConcernAppeal)
	case s.Stage == ImplicitlyRejected && !s.Reasons.Asked.IsZero() && s.Reasons.Given.IsZero():
		s.Raise(ConcernReasons)
	case s.Stage == Hearing && (len(w.Observations) > 0 || w.Letter.Reached() && !now.Before(w.Until)):
		s.Raise(ConcernHearing)
	}
	if s.Decision != nil && s.Decision.Failed() && s.Over.IsZero() && s.Stage != Withdrawn {
		s.Raise(ConcernUndelivered)
	}
}

// notifiable finds the letter that an officer means: the one named, else the one that has not been notified, else the decision.
func (s *State) notifiable(letter Code) *Notification {
	list := map[Code]*Notification{}
	if s.Decision != nil {
		list["decision"] = &s.Decision.Notification
	}
	if n := len(s.Appeals); n > 0 {
		list["appeal"] = &s.Appeals[n-1].Receipt
	}
	if !s.Reasons.Given.IsZero() {
		list["reasons"] = &s.Reasons.Letter
	}
	if s.Proposed() != nil {
		list["hearing"] = &s.Withdrawal.Letter
	}
	if letter != "" {
		return list[letter]
	}
	for _, name := range []Code{"hearing", "reasons", "decision"} {
		if n := list[name]; n != nil && !n.Reached() {
			return n
		}
	}
	return list["decision"]
}

func (s *State) mayNotify(a Act) error {
	n := s.notifiable(a.Letter)
	switch {
	case n == nil || n.Seq == 0:
		return refuse("aucun courrier à notifier sur ce dossier (-letter decision, hearing, appeal ou reasons)")
	case !slices.Contains(NotifyWays, a.Way):
		return refuse("indiquez la voie (-way) : %s", strings.Join(NotifyWays, ", "))
	case a.Way == WayAddress && a.Contact.Key == "" && s.held(a.Mail) < 0:
		return refuse("indiquez l'autre adresse du demandeur, vérifiée (-to), ou le message retenu qui en vient (-mail)")
	case a.Way == WayAddress:
		return nil
	case a.Date.IsZero():
		return refuse("indiquez la date de la notification (-date)")
	case Date(a.Date).After(Date(a.At)):
		return refuse("la date du %s n'est pas encore venue", day(a.Date))
	case len(n.Signs) > 0 && Date(a.Date).Before(Date(n.Signs[0].At)):
		return refuse("le courrier a été établi le %s ; il n'a pas pu être notifié le %s", day(n.Signs[0].At), day(a.Date))
	case strings.TrimSpace(a.Proof) == "":
		return refuse("indiquez ce qui prouve la notification (-proof), par exemple le numéro du recommandé")
	}
	return nil
}

// Notify records that a letter was notified by another way.
func (s *State) Notify(a Act) {
	n := s.notifiable(a.Letter)
	if n.signed(Sign{What: a.Way, At: a.Date, By: a.By, Note: strings.TrimSpace(a.Proof)}, true) {
		s.reckonFrom(n)
	}
	s.Settle(ConcernUndelivered)
}

// Resend is the piece that carries a letter once more, to another address.
func (s *State) Resend(a Act) Piece {
	n := s.notifiable(a.Letter)
	return Piece{Mail: AgainMail, Attach: n.Letter, Again: n.Seq}
}

func (s *State) mayReceiveAppeal(a Act) error {
	mail, found := s.WrittenMail(a.Mail)
	switch {
	case s.Stage == UnderAppeal:
		return refuse("un recours est déjà en instruction")
	case s.Stage == Hearing:
		return refuse("un retrait de l'aide est envisagé ; terminez d'abord cette procédure")
	case !s.Stage.CanBecome(UnderAppeal) || s.Stage == AwaitingCharter || s.Stage == Waitlisted:
		return refuse("il n'y a pas encore de décision à contester ; le dossier est à l'étape « %s »", s.Stage)
	case a.Way == "" && len(s.Written) == 0:
		return refuse("aucun message n'est arrivé depuis la décision ; pour un recours venu autrement, indiquez -way et -date")
	case a.Way == "" && !found:
		return refuse("indiquez le message par le début de son empreinte (-mail) ; reçus depuis la décision : %s", sums(s.Written))
	case a.Way != "" && !slices.Contains([]Code{WayPaper, WayRegistered, WayHand}, a.Way):
		return refuse("voie inconnue « %s » ; possibles : paper, registered, hand", a.Way)
	case a.Way != "" && a.Date.IsZero():
		return refuse("indiquez la date à laquelle le recours est arrivé (-date)")
	case a.Way != "" && Date(a.Date).After(Date(a.At)):
		return refuse("la date du %s n'est pas encore venue", day(a.Date))
	case a.Way != "" && s.Decision != nil && Date(a.Date).Before(Date(s.Decision.At)):
		return refuse("la décision est du %s ; un recours ne peut pas la précéder", day(s.Decision.At))
	case a.Way == "" && mail.Key == "":
		return refuse("ce message n'est pas au dossier")
	}
	return nil
}

func sums(list []Mail) string {
	var names []string
	for _, m := range list {
		names = append(names, m.SHA256[:min(12, len(m.SHA256))])
	}
	return strings.Join(names, ", ")
}

// another refuses officers who took part in what is contested.
func (s *State) another(by string) error {
	switch {
	case s.Stage != UnderAppeal:
		return refuse("aucun recours n'est en instruction ; le dossier est à l'étape « %s »", s.Stage)
	case s.TookPart(by):
		return refuse("vous avez pris part à la décision contestée ; un autre agent doit statuer sur le recours")
	}
	return nil
}

func (s *State) mayGrantAppeal(a Act) error {
	if err := s.another(a.By); err != nil {
		return err
	}
	standing := s.Standing()
	sum := s.SumOnAppeal(a)
	switch {
	case !s.IsComplete():
		return refuse("il manque des éléments au dossier : %s", s.lacking())
	case slices.Contains(s.Concerns, ConcernBank):
		return refuse("d'autres coordonnées bancaires sont arrivées : vérifiez-les d'abord (relance case bank)")
	case !s.Verdict.Eligible && standing != Revoked:
		return refuse("le dossier ne remplit pas les conditions suivantes : %s", strings.Join(s.Verdict.Failed, ", "))
	case !s.Terms.Funded && standing == Granted:
		return refuse("la demande est déjà acceptée")
	case !s.Terms.Funded:
	case a.Nothing:
		return refuse("le montant accordé est supérieur à zéro ; sans montant, c'est celui du barème")
	case sum <= 0:
		return refuse("le barème ne donne aucun montant")
	case standing == Granted && sum < s.Decision.Amount:
		return refuse("un recours ne réduit pas l'aide ; pour la réduire, proposez un retrait partiel (relance case withdrawal … propose)")
	case standing == Granted && sum == s.Decision.Amount:
		return refuse("ce montant est déjà attribué ; rejetez le recours, ou indiquez un montant supérieur")
	case sum > s.mostOnAppeal():
		return refuse("le montant accordé va jusqu'à ce que donne le barème, soit %d centimes", s.mostOnAppeal())
	}
	if slices.ContainsFunc(s.Approvals, func(p Approval) bool { return p.By == a.By && p.Amount == sum }) {
		return refuse("vous avez déjà accepté ce recours ; un autre agent doit l'accepter aussi")
	}
	return nil
}

func (s *State) mayRejectAppeal(a Act) error {
	if err := s.another(a.By); err != nil {
		return err
	}
	switch {
	case strings.TrimSpace(a.Text) == "":
		return refuse("le rejet d'un recours est motivé (CRPA L. 211-2) : répondez à ses arguments (-text)")
	case s.Standing() == ImplicitlyRejected && len(a.Grounds) == 0:
		return refuse("la décision contestée est implicite ; donnez les motifs du rejet (-ground) : %s", ids(s.Terms.Grounds))
	case s.Standing() != Rejected && s.Standing() != ImplicitlyRejected && len(a.Grounds) > 0:
		return refuse("les motifs (-ground) sont ceux d'un rejet de la demande ; répondez au recours avec -text")
	}
	return known("motif", a.Grounds, s.Terms.Grounds)
}

func (s *State) mayGiveReasons(a Act) error {
	switch {
	case s.Stage != ImplicitlyRejected:
		return refuse("seuls les motifs d'un rejet implicite se communiquent ainsi ; le dossier est à l'étape « %s »", s.Stage)
	case !s.Reasons.Given.IsZero():
		return refuse("les motifs ont été communiqués le %s", day(s.Reasons.Given))
	case len(a.Grounds) == 0:
		return refuse("donnez les motifs (-ground) : %s", ids(s.Terms.Grounds))
	}
	return known("motif", a.Grounds, s.Terms.Grounds)
}

func (s *State) mayPropose(a Act) error {
	switch {
	case s.Stage == Hearing:
		return refuse("un retrait est déjà envisagé")
	case s.Stage == UnderAppeal:
		return refuse("un recours est en instruction ; statuez d'abord")
	case s.Stage != Granted && s.Stage != Closed || s.Decision == nil || !s.Decision.Grant:
		return refuse("seule une aide attribuée peut être retirée ; le dossier est à l'étape « %s »", s.Stage)
	case !slices.Contains(WithdrawalGrounds, a.Ground):
		return refuse("indiquez le fondement (-ground) : %s", strings.Join(WithdrawalGrounds, ", "))
	case strings.TrimSpace(a.Text) == "":
		return refuse("indiquez les faits reprochés (-text) : le bénéficiaire doit pouvoir y répondre (CRPA L. 122-1)")
	case a.Amount < 0 || a.Amount > 0 && a.Amount >= s.Decision.Amount:
		return refuse("le montant maintenu (-keep) est inférieur à l'aide attribuée, soit %d centimes", s.Decision.Amount)
	case a.Ground == GroundIllegal:
		return s.withinLimit(a.At)
	}
	return nil
}

// withinLimit refuses the withdrawal of an illegal grant after four months.
func (s *State) withinLimit(at time.Time) error {
	if limit := WithdrawalLimit(s.grantedAt()); !at.Before(limit.At) {
		return refuse("une décision illégale ne peut être retirée que dans les quatre mois (CRPA L. 242-1) ; celle-ci est du %s, le délai a pris fin le %s",
			day(s.grantedAt()), day(LastDay(limit.At)))
	}
	return nil
}

func (s *State) mayHear(kind ActKind, a Act) error {
	w := s.Proposed()
	if s.Stage != Hearing || w == nil {
		return refuse("aucun retrait n'est envisagé ; le dossier est à l'étape « %s »", s.Stage)
	}
	switch {
	case kind == DropWithdrawal:
		return nil
	case kind == RecordObservations && !slices.Contains([]Code{WayOral, WayPaper, WayRegistered, WayHand}, a.Way):
		return refuse("indiquez comment les observations sont venues (-way) : oral, paper, registered, hand")
	case kind == RecordObservations && (a.Date.IsZero() || Date(a.Date).After(Date(a.At)) || Date(a.Date).Before(Date(w.At))):
		return refuse("indiquez la date des observations (-date), depuis le %s", day(w.At))
	case kind == RecordObservations:
		return nil
	case !w.Letter.Reached() && len(w.Observations) == 0:
		return refuse("la lettre qui annonce le retrait n'a pas atteint le bénéficiaire ; notifiez-la d'abord par une autre voie (relance case notify)")
	case len(w.Observations) == 0 && a.At.Before(w.Until):
		return refuse("le bénéficiaire peut présenter ses observations jusqu'au %s (CRPA L. 122-1)", day(LastDay(w.Until)))
	case slices.ContainsFunc(w.Approvals, func(p Approval) bool { return p.By == a.By }):
		return refuse("vous avez déjà approuvé ce retrait ; un autre agent doit l'approuver aussi")
	case w.Ground == GroundIllegal:
		return s.withinLimit(a.At)
	}
	return nil
}

// The acts. Their names are those of the updates that Temporal knows.
const (
	NotifyAct ActKind = "notify" // a letter was notified by another way, or goes to another address
)

// notificationActs are what officers do so that a letter reaches the applicant.
var notificationActs = actRows{
	{Kind: NotifyAct, Code: "act.notify", Command: "case notify REFERENCE",
		May:  (*State).mayNotify,
		Help: `Notifier un courrier par une autre voie. {"by": "agent-01", "way": "registered", "date": "2020-10-02T00:00:00+02:00", "proof": "1A 123 456 7890 1"} ; "way": "address" avec "mail", un message retenu : le renvoyer à l'adresse d'où il vient`},
}
