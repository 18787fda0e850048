package casefile

import (
	"slices"
	"time"
)

// Notification is what is known of whether a letter has reached the applicant. The time of appeal runs from there (CJA
// R421-5), so each sign is kept with its date and with what proves it.
type Notification struct {
	Mail     string    `json:"mail,omitempty"` // name of the mail that carried the letter last
	Seq      int       `json:"seq,omitempty"`  // its number among the case's mails
	Letter   Ref       `json:"letter,omitzero"`
	Notified time.Time `json:"notified,omitzero"` // legal: when it reached the applicant; zero while it has not
	How      Code      `json:"how,omitempty"`     // the sign it is reckoned from
	Signs    []Sign    `json:"signs,omitempty"`
}

// Sign is one thing known of a letter's way.
type Sign struct {
	What Code      `json:"what"`           // SignAccepted, …, or the other way by which it was notified
	At   time.Time `json:"at"`             // legal
	On   string    `json:"on,omitempty"`   // key of the mail that says so
	By   string    `json:"by,omitempty"`   // the officer who notified it by another way
	Note string    `json:"note,omitempty"` // a status code, or what proves the other way: a number of a registered letter
}

// The signs a mail leaves.
const (
	SignAccepted Code = "accepted" // the applicant's mail server took it
	SignRefused  Code = "refused"  // it refused it for good (RFC 5321 §4.2.1)
	SignApart    Code = "apart"    // it was too large to go with its mail: an officer has to bring it there
	SignDelayed  Code = "delayed"  // a server still tries (RFC 3464 §2.3.3)
	SignBounced  Code = "bounced"  // it came back
	SignRead     Code = "read"     // a receipt says that it was opened (RFC 8098)
	SignDeleted  Code = "deleted"  // a receipt says that it was deleted unread
	SignReply    Code = "reply"    // the applicant answered it
)

// The other ways to notify.
const (
	WayRegistered Code = "registered" // lettre recommandée avec avis de réception, on paper or electronic (CRPA L112-15)
	WayPaper      Code = "paper"      // lettre simple
	WayHand       Code = "hand"       // remise en main propre contre récépissé
	WayAddress    Code = "address"    // by mail to another address of the applicant, which an officer has verified
)

// NotifyWays lists the other ways to notify.
var NotifyWays = []Code{WayRegistered, WayPaper, WayHand, WayAddress}

// Reached tells whether the letter counts as notified.
func (n *Notification) Reached() bool { return !n.Notified.IsZero() }

// Failed tells whether the newest sign says that the letter did not arrive.
func (n *Notification) Failed() bool {
	last := len(n.Signs) - 1
	return last >= 0 && slices.Contains([]Code{SignBounced, SignRefused, SignApart}, n.Signs[last].What)
}

// add keeps a sign, once, and not without end.
func (n *Notification) add(sign Sign) bool {
	if slices.ContainsFunc(n.Signs, func(s Sign) bool { return s.What == sign.What && s.On == sign.On && s.On != "" }) || len(n.Signs) >= 50 {
		return false
	}
	n.Signs = append(n.Signs, sign)
	return true
}

// carry notes that a mail with the letter was handed over, or refused. A plain mail proves neither identity nor delivery, so a
// scheme may ask for a surer sign than the server's acceptance (proof): then it is notified only by that.
func (n *Notification) carry(p SentPiece, proof bool, at time.Time) {
	n.Mail, n.Seq = p.Name, p.Seq
	if p.Letter.Key != "" {
		n.Letter = p.Letter
	}
	switch {
	case p.Refused != "":
		n.add(Sign{What: SignRefused, At: at, On: p.Mail.Key, Note: p.Refused})
		return
	case p.Accepted.IsZero():
		n.add(Sign{What: SignApart, At: at, On: p.Mail.Key})
		return
	}
	n.add(Sign{What: SignAccepted, At: p.Accepted, On: p.Mail.Key})
	if !proof && !n.Reached() { // sent once more, it stays notified as of the first time
		n.Notified, n.How = p.Accepted, SignAccepted
	}
}

// signed takes in a later sign, and tells whether it changes when the letter was notified. Proven says that the applicant surely
// gave the sign: a receipt and a reply prove reception only then.
func (n *Notification) signed(sign Sign, proven bool) (changed bool) {
	if !n.add(sign) {
		return false
	}
	switch sign.What {
	case SignBounced, SignRefused:
		changed = n.Reached()
		n.Notified, n.How = time.Time{}, ""
	case SignRead, SignReply:
		if changed = proven && !n.Reached(); changed {
			n.Notified, n.How = sign.At, sign.What
		}
	case WayRegistered, WayPaper, WayHand, WayAddress:
		changed = true
		n.Notified, n.How = sign.At, sign.What
	}
	return changed
}

// Letters that are notified carry a Notification: the decision in force, the acknowledgement of an appeal, the letter that opens
// a hearing, the reasons of an implicit rejection.
func (s *State) notifications() []*Notification {
	var list []*Notification
	if s.Withdrawal != nil {
		list = append(list, &s.Withdrawal.Letter)
	}
	for i := range s.Appeals {
		list = append(list, &s.Appeals[i].Receipt)
	}
	list = append(list, &s.Reasons.Letter)
	if s.Decision != nil {
		list = append(list, &s.Decision.Notification)
	}
	return list
}

// notification finds the letter that a mail of ours carried, by the mail's number.
func (s *State) notification(seq int) *Notification {
	for _, n := range s.notifications() {
		if seq != 0 && n.Seq == seq {
			return n
		}
	}
	return nil
}

// TakeSign takes in what a mail says of one of ours: that it bounced, is delayed, was read, or is answered. It tells whether that
// letter is one whose notification counts.
func (s *State) TakeSign(about int, sign Sign, proven bool) bool {
	n := s.notification(about)
	if n == nil {
		return false
	}
	s.Note(Entry{At: sign.At, Who: map[bool]string{true: Applicant, false: Outside}[proven], What: EventSign(sign.What), On: sign.On, Note: n.Mail})
	if n.signed(sign, proven) {
		s.reckonFrom(n)
	}
	return true
}

// reckonFrom puts the periods in force that run from a notification, or takes them out of force while there is none.
func (s *State) reckonFrom(n *Notification) {
	switch {
	case s.Decision != nil && n == &s.Decision.Notification:
		s.reckonAppeal()
	case s.Withdrawal != nil && n == &s.Withdrawal.Letter && s.Stage == Hearing:
		s.reckonHearing()
	case n == &s.Reasons.Letter && s.Stage == ImplicitlyRejected:
		if s.Clear(AppealDeadline); n.Reached() {
			s.Set(Appeal(n.Notified, RuleReasons, s.Terms.AppealMonths))
		}
	}
}

// notifiedBy is the rule by which a sign counts as the notification.
var notifiedBy = map[Code]Rule{SignAccepted: RuleNotified, SignRead: RuleRead, SignReply: RuleReply, WayRegistered: RuleRegistered,
	WayPaper: RulePaper, WayHand: RuleHand, WayAddress: RuleNotified}

// reckonAppeal puts the end of the time of appeal in force, which runs from the notification of the decision.
func (s *State) reckonAppeal() {
	d := s.Decision
	if s.Stage == UnderAppeal || s.Stage == Hearing || d.Confirms || !d.Final.IsZero() {
		return
	}
	s.Clear(AppealDeadline, ProofDeadline)
	switch {
	case d.Reached():
		s.Set(Appeal(d.Notified, notifiedBy[d.How], s.Terms.AppealMonths))
		s.Settle(ConcernUndelivered)
	case s.Terms.Proof && !d.Failed():
		s.Set(Allotted(ProofDeadline, d.Signs[0].At, RuleAccepted, s.Terms.ProofDays))
	}
}
