package casefile

import (
	"slices"
	"strings"
	"time"
)

// Held is a mail that came to the case and adds nothing by itself, since nothing proves that the applicant wrote it. It counts once its mailbox has
// answered that it did, or an officer who has made sure admits it.
type Held struct {
	Mail Mail      `json:"mail"`
	Why  Code      `json:"why"` // one of the codes below
	At   time.Time `json:"at"`  // legal
}

// Why mails are held.
const (
	HeldStranger Code = "stranger" // from another address
	HeldForged   Code = "forged"   // its domain disowns it
	HeldReplayed Code = "replayed" // it has counted elsewhere, or was written to another address of ours
	HeldUnproven Code = "unproven" // nothing proves who wrote it: its mailbox is asked
	HeldDenied   Code = "denied"   // its mailbox says that it did not write it
)

// MaxHeld is how many mails a case holds. One that comes on top waits in the officers' queue.
const MaxHeld = 100

// Hold keeps a mail back, or tells that there is no room. One that is held already is held for another reason.
func (s *State) Hold(mail Mail, why Code, at time.Time) (room bool) {
	i := s.held(mail.SHA256)
	switch {
	case i >= 0:
		s.Held[i].Why = why
	case len(s.Held) >= MaxHeld:
		return false
	default:
		s.Held = append(s.Held, Held{mail, why, at})
	}
	if s.HeldSince.IsZero() {
		s.HeldSince = at
	}
	s.Raise(ConcernHeld)
	return true
}

// held finds a held mail by its SHA-256 or the beginning of it; -1 where none or several fit.
func (s *State) held(sum string) int {
	found := -1
	for i, h := range s.Held {
		if sum != "" && strings.HasPrefix(h.Mail.SHA256, strings.ToLower(sum)) {
			if found >= 0 {
				return -1
			}
			found = i
		}
	}
	return found
}

// HeldMail finds a held mail by its SHA-256 or the beginning of it.
func (s *State) HeldMail(sum string) (Mail, bool) {
	i := s.held(sum)
	if i < 0 {
		return Mail{}, false
	}
	return s.Held[i].Mail, true
}

// Release takes a held mail off the list; ok is false where there is none.
func (s *State) Release(sum string) (held Held, ok bool) {
	i := s.held(sum)
	if i < 0 {
		return Held{}, false
	}
	held = s.Held[i]
	s.Held = slices.Delete(s.Held, i, i+1)
	if len(s.Held) == 0 {
		s.Settle(ConcernHeld, ConcernStranger)
	}
	return held, true
}

// mayRelease tells whether an officer can admit or dismiss a held mail.
func (s *State) mayRelease(a Act) error {
	var sums []string
	for _, h := range s.Held {
		sums = append(sums, h.Mail.SHA256[:12])
	}
	switch {
	case len(s.Held) == 0:
		return refuse("aucun message n'attend de vérification sur ce dossier")
	case s.held(a.Mail) < 0:
		return refuse("indiquez le message par le début de son empreinte (-mail) ; en attente : %s", strings.Join(sums, ", "))
	}
	return nil
}

// mayAcceptBank tells whether an officer can accept other bank details. He names the account that he has verified: another may have come since.
func (s *State) mayAcceptBank(a Act) error {
	if err := s.mayBank(a); err != nil {
		return err
	}
	switch {
	case s.NewAccount == "": // proposed before accounts had marks
		return nil
	case a.Account == "":
		return refuse("indiquez le compte que vous avez vérifié (-account)")
	case a.Account != s.NewAccount:
		return refuse("un autre compte a été proposé depuis ; vérifiez celui qui attend maintenant (relance case show)")
	}
	return nil
}

// mayBank tells whether an officer can settle a change of bank details.
func (s *State) mayBank(Act) error {
	if !slices.Contains(s.Concerns, ConcernBank) {
		return refuse("aucun changement de coordonnées bancaires n'attend de vérification")
	}
	return nil
}

// The acts. Their names are those of the updates that Temporal knows.
const (
	AdmitMail   ActKind = "admit-mail"   // the applicant wrote a mail that was held: the officer has made sure
	DismissMail ActKind = "dismiss-mail" // a mail that was held counts for nothing
)

// mailActs are what officers do with mails that are held.
var mailActs = actRows{
	{Kind: AdmitMail, Code: "act.admit-mail", Command: "case admit REFERENCE MAIL",
		About: "the applicant wrote a mail that was held: it counts",
		May:   (*State).mayRelease,
		Help:  `Admettre un message retenu, après s'être assuré que le demandeur l'a écrit. {"by": "agent-01", "mail": "début de l'empreinte"}`},
	{Kind: DismissMail, Code: "act.dismiss-mail", Command: "case dismiss REFERENCE MAIL",
		About: "a mail that was held counts for nothing",
		May:   (*State).mayRelease,
		Help:  `Écarter un message retenu. {"by": "agent-01", "mail": "début de l'empreinte"}`},
}

// The acts. Their names are those of the updates that Temporal knows.
const (
	AcceptBank ActKind = "accept-bank" // the bank details that came are the applicant's: the officer has made sure
	RefuseBank ActKind = "refuse-bank" // those known before stay
)

// bankActs are what officers do with bank details that came later.
var bankActs = actRows{
	{Kind: AcceptBank, Code: "act.accept-bank", Command: "case bank REFERENCE accept",
		About: "settle a change of bank details, after asking the applicant",
		Takes: []string{"account"},
		May:   (*State).mayAcceptBank,
		Help: `Accepter les nouvelles coordonnées bancaires, après vérification auprès du demandeur. {"by": "agent-01", "account": "marque du compte, ` +
			`affichée par relance case show"}`},
	{Kind: RefuseBank, Code: "act.refuse-bank", Command: "case bank REFERENCE refuse",
		About: "settle a change of bank details, after asking the applicant",
		May:   (*State).mayBank,
		Help:  `Garder les coordonnées bancaires connues. {"by": "agent-01"}`},
}
