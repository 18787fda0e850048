// Package routing says where a message belongs: to a case, to a scheme as a new application, to the officers' queue, or
// nowhere, with the reason. Its rules are written in docs/mail.md; Route reads in their order. It decides and does nothing; what it has to know
// of other cases it asks a Book.
package routing

import (
	"slices"
	"strings"

	"relance/domain/casefile"
	"relance/domain/scheme"
	"relance/mail/address"
	"relance/mail/auth"
	"relance/mail/message"
)

// Place is where a message belongs: to a case, a call, a scheme, an inquiry, the officers' queue, or nowhere.
type Place struct {
	Case       string         // reference of the case
	Call       string         // identifier of the session of a call, to whose panel the mail belongs
	Scheme     *scheme.Scheme // it is an application
	Second     *scheme.Scheme // it is one for this scheme as well
	Choose     bool           // nobody can tell which of the two is meant: its sender is asked
	Inquiry    string         // the inquiry that asked the question of that number, which the mail answers
	Question   int
	Verify     bool   // somebody asks whether letters are of us
	Unproven   bool   // of an application: nothing proves who wrote it, and its mailbox is asked first
	Unassigned Reason // an officer has to look at it
	Ignored    Reason // nobody has to
}

// Reason tells why a message belongs to no case by itself.
type Reason string

// The reasons.
const (
	Unreadable Reason = "unreadable"  // not a message at all
	NoSender   Reason = "no_sender"   // nobody could be answered
	TooLarge   Reason = "too_large"   // larger than the mailbox takes
	TwoCases   Reason = "two_cases"   // it names, or may mean, more than one
	TwoSchemes Reason = "two_schemes" // it was sent to the addresses of more than one, and an officer has to say what it is for
	WhichOf    Reason = "which_of"    // it was sent to two, and its sender is asked which is meant
	NoCase     Reason = "no_case"     // names a case that does not exist
	Erased     Reason = "erased"      // names a case that was erased
	NoScheme   Reason = "no_scheme"   // a new message, and no scheme's address
	Forged     Reason = "forged"      // the domain of its sender disowns it
	Spam       Reason = "spam"        // the mail server's verdict
	MaybeAway  Reason = "maybe_away"  // an automatic answer or a person's mail
	MaybeList  Reason = "maybe_list"  // came through a list, and may be a person's
	TooMany    Reason = "too_many"    // one correspondent has opened many cases today
	Crowd      Reason = "crowd"       // all correspondents together have
	Automatic  Reason = "automatic"   // a machine wrote, and to no case
	Bounced    Reason = "bounce"      // a delivery report on a mail that no case sent
	OwnMail    Reason = "own_mail"    // our own, come back
	Unproven   Reason = "unproven"    // nothing proves who wrote: its mailbox is asked
	Unanswered Reason = "unanswered"  // its mailbox does not answer
	Denied     Reason = "denied"      // its mailbox says that it did not write
	Unasked    Reason = "unasked"     // its mailbox is not asked at this time: it said no before, or never answers
	NoMailbox  Reason = "no_mailbox"  // its mailbox does not exist
	Verify     Reason = "verify"      // asks whether letters are of us, and nothing proves who asks
	Reply      Reason = "reply"       // an answer of a mailbox that an officer has to read
)

// Book is what is known of cases.
type Book interface {
	// Exists tells whether there is a case of that reference.
	Exists(reference string) (bool, error)
	// Sent tells whether a Message-ID is of a mail that its case, or session of a call, has sent.
	Sent(reference, messageID string) (bool, error)
	// Open lists the cases of a sender that have not ended, and how many were opened today.
	Open(sender string) (cases []Candidate, today int, err error)
	// Opened counts the cases that were opened today, whoever wrote.
	Opened() (int, error)
	// IsFirm tells whether a case is of the establishment with that SIRET; known is false while no SIRET is.
	IsFirm(reference, siret string) (same, known bool, err error)
}

// Candidate is an open case a message may belong to.
type Candidate struct{ Reference, Scheme string }

// Router routes the messages of one mailbox.
type Router struct {
	Addresses address.Addresses
	Catalogue *scheme.Catalogue
	ADay      int // how many cases one correspondent may open in a day; 0: 20
	InAll     int // how many all correspondents may open together; 0: any number
}

// Letter is a message with what is known of its sender.
type Letter struct {
	*message.Message
	Verdict auth.Verdict
	SIRETs  func() ([]string, error) // the establishments it names: reading them means reading the whole message
	// Gives counts the fields of a scheme that the message gives under their labels; that too means reading the whole.
	Gives func(*scheme.Scheme) (int, error)
}

// Route says where a message belongs. The error is the book's.
func (r *Router) Route(l Letter, book Book) (Place, error) {
	if l.Message == nil || l.Kind == message.KindUnreadable {
		return Place{Unassigned: Unreadable}, nil
	}
	if _, ours := r.Addresses.Detail(l.From.Address); ours && l.Kind == message.KindPerson && l.Maybe == message.NotMaybe && l.Verdict != auth.Forged {
		return Place{Ignored: OwnMail}, nil
	}
	if p := r.asked(l); p != (Place{}) {
		return p, nil
	}
	if p := r.verifies(l); p != (Place{}) {
		return p, nil
	}
	if why, err := r.doubtful(l); err != nil || why != "" {
		return Place{Unassigned: why}, err
	}
	if id, err := r.call(l, book); err != nil || id != "" {
		return Place{Call: id}, err
	}
	if p, err := r.named(l, book); err != nil || p != (Place{}) {
		return p, err
	}
	switch {
	case l.Kind == message.KindBounce:
		if p, err := r.undelivered(l, book); err != nil || p != (Place{}) {
			return p, err
		}
		return Place{Ignored: Bounced}, nil
	case l.Kind != message.KindPerson:
		return Place{Ignored: Automatic}, nil
	case !strings.Contains(l.From.Address, "@"):
		return Place{Unassigned: NoSender}, nil
	case l.Spam:
		return Place{Unassigned: Spam}, nil
	case l.Maybe == message.MaybeList:
		return Place{Unassigned: MaybeList}, nil
	case l.Verdict == auth.Forged:
		return Place{Unassigned: Forged}, nil
	}
	return r.fromSender(l, book)
}

// doubtful gives the reason why an officer looks at a message first: it looks like a machine's by weak signs alone. What names an
// establishment, and answers nothing, is an application under an odd subject. An answer to a case through a list or a mass mailer is a
// person's.
func (r *Router) doubtful(l Letter) (Reason, error) {
	switch {
	case l.Maybe == message.MaybeList && l.Kind == message.KindList:
		return MaybeList, nil
	case l.Maybe != message.MaybeAway:
		return "", nil
	case !l.Answers() && r.addressed(l.Message) != nil && l.SIRETs != nil:
		if sirets, err := l.SIRETs(); err != nil || len(sirets) > 0 {
			return "", err
		}
	}
	return MaybeAway, nil
}

// undelivered finds the case of a delivery report that names no mail of ours, as servers write that know no better: the one open case of
// the address that was not reached. Where several may be meant, an officer looks.
func (r *Router) undelivered(l Letter, book Book) (Place, error) {
	if l.Bounce == nil || l.Bounce.Recipient == "" {
		return Place{}, nil
	}
	open, _, err := book.Open(l.Bounce.Recipient)
	switch {
	case err != nil:
		return Place{}, err
	case len(open) == 1:
		return Place{Case: open[0].Reference}, nil
	case len(open) > 1:
		return Place{Unassigned: TwoCases}, nil
	}
	return Place{}, nil
}

// named follows what the message itself says: the signed address it was sent to, then the mails of ours it answers, then the
// references in its subject and in addresses that are not signed.
func (r *Router) named(l Letter, book Book) (Place, error) {
	for _, clues := range []func(Letter, Book) ([]string, error){r.signed, r.answered, r.tagged} {
		found, err := clues(l, book)
		if err != nil {
			return Place{}, err
		}
		switch len(found) {
		case 0:
		case 1:
			exists, err := book.Exists(found[0])
			if err != nil || exists {
				return Place{Case: found[0]}, err
			}
			if l.Kind == message.KindPerson {
				return Place{Unassigned: NoCase}, nil
			}
			return Place{Ignored: Automatic}, nil
		default:
			return Place{Unassigned: TwoCases}, nil
		}
	}
	return Place{}, nil
}

// call gives the session of a call that a message names: by the signed address it was sent to, by a mail of that session which it answers
// or reports on, or by its identifier in the subject.
func (r *Router) call(l Letter, book Book) (string, error) {
	for _, to := range recipients(l.Message) {
		if id := r.Addresses.SignedCall(to); id != "" {
			return id, nil
		}
	}
	for _, messageID := range answeredIDs(l) {
		if id := r.Addresses.CallOf(messageID); id != "" {
			if sent, err := book.Sent(id, messageID); err != nil || sent {
				return id, err
			}
		}
	}
	subject := strings.ToLower(l.Subject)
	for _, s := range r.Catalogue.All() {
		if s.Call == nil {
			continue
		}
		for _, session := range s.Call.Sessions {
			if id := s.CallID(session.ID); strings.Contains(subject, "["+id+"]") {
				return id, nil
			}
		}
	}
	return "", nil
}

// answeredIDs are the Message-IDs that a message answers, the last one first, or reports on.
func answeredIDs(l Letter) []string {
	ids := []string{l.InReplyTo}
	for _, id := range slices.Backward(l.References) {
		ids = append(ids, id)
	}
	if l.Bounce != nil {
		ids = append([]string{l.Bounce.OriginalMessageID}, ids...)
	}
	const enough = 50
	return ids[:min(len(ids), enough)]
}

// recipients are the addresses a message was sent to, the one it was delivered to first.
func recipients(m *message.Message) []string {
	list := append([]string{}, m.DeliveredTo...)
	for _, a := range append(append([]message.Address{}, m.To...), m.Cc...) {
		list = append(list, a.Address)
	}
	return list
}

// signed gives the cases of the signed addresses.
func (r *Router) signed(l Letter, _ Book) ([]string, error) {
	var found []string
	for _, to := range recipients(l.Message) {
		if reference := r.Addresses.Signed(to); reference != "" && !slices.Contains(found, reference) {
			found = append(found, reference)
		}
	}
	return found, nil
}

// answered gives the case of the last mail of ours that the message answers, or that a bounce reports on. A Message-ID counts
// only where the case has sent a mail of that name.
func (r *Router) answered(l Letter, book Book) ([]string, error) {
	for _, id := range answeredIDs(l) {
		reference := r.Addresses.CaseOf(id)
		if reference == "" {
			continue
		}
		if sent, err := book.Sent(reference, id); err != nil || sent {
			return []string{reference}, err
		}
	}
	return nil, nil
}

// tagged gives the references of our schemes in the subject, and in plain addresses of ours.
func (r *Router) tagged(l Letter, _ Book) ([]string, error) {
	var found []string
	add := func(text string) {
		for _, reference := range casefile.FindReferences(text) {
			if r.ours(reference) && !slices.Contains(found, reference) {
				found = append(found, reference)
			}
		}
	}
	for _, to := range recipients(l.Message) {
		if detail, ours := r.Addresses.Detail(to); ours {
			add(detail)
		}
	}
	add(l.Subject)
	return found, nil
}

// ours tells whether a reference has the prefix of one of our schemes.
func (r *Router) ours(reference string) bool {
	prefix, _, _ := strings.Cut(reference, "-")
	return slices.ContainsFunc(r.Catalogue.All(), func(s *scheme.Scheme) bool { return strings.EqualFold(s.Prefix, prefix) })
}

// fromSender finds where a new message of a person belongs: to the one open case of the sender that it can mean, else it is an
// application.
func (r *Router) fromSender(l Letter, book Book) (Place, error) {
	schemes := r.allAddressed(l.Message)
	switch len(schemes) {
	case 0, 1:
		return r.toScheme(l, book, r.addressed(l.Message))
	case 2:
		return r.toTwo(l, book, schemes[0], schemes[1])
	}
	return Place{Unassigned: TwoSchemes}, nil
}

// toScheme finds where a new message of a person belongs that was sent to the address of a scheme; nil: to none.
func (r *Router) toScheme(l Letter, book Book, addressed *scheme.Scheme) (Place, error) {
	open, today, err := book.Open(l.From.Address)
	if err != nil {
		return Place{}, err
	}
	if addressed != nil {
		open = slices.DeleteFunc(slices.Clone(open), func(c Candidate) bool { return c.Scheme != addressed.ID })
	}
	if len(open) > 0 {
		p, err := r.among(l, book, open, addressed != nil)
		if err != nil || p != (Place{}) {
			return p, err
		}
	}
	limit := r.ADay
	if limit == 0 {
		limit = 20
	}
	switch {
	case addressed == nil && len(r.Catalogue.All()) == 1:
		addressed = r.Catalogue.All()[0]
	case addressed == nil:
		return Place{Unassigned: NoScheme}, nil
	}
	if l.Verdict != auth.Proven { // it spends nobody's limit: another may have written in that name
		return Place{Scheme: addressed, Unproven: true}, nil
	}
	if today >= limit {
		return Place{Unassigned: TooMany}, nil
	}
	if r.InAll > 0 {
		if opened, err := book.Opened(); err != nil || opened >= r.InAll {
			return Place{Unassigned: Crowd}, err
		}
	}
	return Place{Scheme: addressed}, nil
}

// addressed is the scheme whose address the message was sent to, the first of several.
func (r *Router) addressed(m *message.Message) *scheme.Scheme {
	if schemes := r.allAddressed(m); len(schemes) > 0 {
		return schemes[0]
	}
	return nil
}

// allAddressed are the schemes to whose addresses the message was sent.
func (r *Router) allAddressed(m *message.Message) (schemes []*scheme.Scheme) {
	for _, to := range recipients(m) {
		if detail, ours := r.Addresses.Detail(to); ours && detail != "" {
			if s, ok := r.Catalogue.ByTag(detail); ok && !slices.Contains(schemes, s) {
				schemes = append(schemes, s)
			}
		}
	}
	return schemes
}

// among chooses among the sender's open cases: the one of the establishment that the message names; where it names none, the only
// one there is. A message that names another establishment, sent to a scheme's address, is a second application.
func (r *Router) among(l Letter, book Book, open []Candidate, toScheme bool) (Place, error) {
	sirets, err := l.SIRETs()
	if err != nil {
		return Place{}, err
	}
	var same []string
	other := 0 // cases that are surely of another establishment
	for _, c := range open {
		matched, foreign := false, len(sirets) > 0
		for _, siret := range sirets {
			is, known, err := book.IsFirm(c.Reference, siret)
			if err != nil {
				return Place{}, err
			}
			matched, foreign = matched || is, foreign && known && !is
		}
		if matched {
			same = append(same, c.Reference)
		}
		if foreign {
			other++
		}
	}
	switch {
	case len(same) == 1:
		return Place{Case: same[0]}, nil
	case len(same) == 0 && other == len(open) && toScheme:
		return Place{}, nil // a second application
	case len(same) == 0 && len(open) == 1:
		return Place{Case: open[0].Reference}, nil
	}
	return Place{Unassigned: TwoCases}, nil
}

// verifies gives the place of a message that asks whether letters are of us. A machine gets no answer, and who is not proven an officer's.
func (r *Router) verifies(l Letter) Place {
	if !slices.ContainsFunc(recipients(l.Message), r.Addresses.IsVerifier) {
		return Place{}
	}
	switch {
	case l.Kind != message.KindPerson:
		return Place{Ignored: Automatic}
	case l.Maybe != message.NotMaybe, l.Verdict == auth.Forged, l.Verdict != auth.Proven, l.Spam:
		return Place{Unassigned: Verify}
	}
	return Place{Verify: true}
}

// asked gives the question of an inquiry that a message answers: it was sent to the one-time address of that question. No machine knows what its owner
// wrote.
func (r *Router) asked(l Letter) Place {
	for _, to := range recipients(l.Message) {
		inquiry, n := r.Addresses.Asked(to)
		switch {
		case n == 0:
		case l.Kind == message.KindPerson:
			return Place{Inquiry: inquiry, Question: n}
		default:
			return Place{Ignored: Automatic}
		}
	}
	return Place{}
}
