package casefile

import (
	"slices"
	"time"
)

// Opening is what a case begins with: the input of its workflow.
type Opening struct {
	Reference string `json:"reference"`
	Scheme    string `json:"scheme"`
	Clock     Clock  `json:"clock"`
	Resume    bool   `json:"resume,omitempty"` // the case had ended and its state lies in the archive: a late mail has come
	State     *State `json:"state,omitempty"`  // after continue-as-new
}

// Kinds of sender and message, as far as the procedure tells them apart.
const (
	FromApplicant = "applicant"
	FromStranger  = "stranger"   // a person who is not the applicant
	FromExpert    = "expert"     // a third party whose opinion was asked
	FromMachine   = "automatic"  // an automatic reply, a receipt, a list
	FromBounce    = "bounce"     // a mail of ours was not delivered
	FromForged    = "forged"     // the applicant's address, disowned by its domain
	FromReplayed  = "replayed"   // a mail of the applicant's that has counted elsewhere
	FromAgain     = "again"      // a mail of the applicant's that has counted on this case
	FromUnproven  = "unproven"   // the applicant's address, and nothing proves it
	Unreadable    = "unreadable" // nothing can be told of it
)

// Reading is what one mail brought, as an activity read it. Codes, keys and figures only.
type Reading struct {
	Identity  string     `json:"identity"`
	From      string     `json:"from"`
	Intent    string     `json:"intent,omitempty"`   // of package reading
	Bounced   string     `json:"bounced,omitempty"`  // name of the mail of ours that was not delivered
	About     int        `json:"about,omitempty"`    // number of the mail of ours that it answers, or reports on
	Receipt   Code       `json:"receipt,omitempty"`  // of a receipt: SignRead or SignDeleted
	Status    string     `json:"status,omitempty"`   // of a delivery report (RFC 3463)
	Proven    bool       `json:"proven,omitempty"`   // the applicant surely wrote it
	Contests  Code       `json:"contests,omitempty"` // the words of an appeal: ContestsClearly or ContestsMaybe
	Delayed   bool       `json:"delayed,omitempty"`  // the server still tries to deliver it
	Unproven  bool       `json:"unproven,omitempty"` // asks for what takes more proof of its sender than it has: a signature, a withdrawal, other bank details
	Bank      bool       `json:"bank,omitempty"`     // names other bank details: they wait for an officer
	Account   string     `json:"account,omitempty"`  // the mark of those bank details (AccountMark)
	Offers    bool       `json:"offers,omitempty"`   // says otherwise than what the decision rests on: an officer looks at it
	Asks      bool       `json:"asks,omitempty"`     // has something for a person to read
	Useful    bool       `json:"useful,omitempty"`   // brought facts or documents
	Query     bool       `json:"query,omitempty"`    // asks where the case stands, and says nothing else
	Facts     Ref        `json:"facts,omitzero"`     // the facts with what this mail adds
	Heard     Ref        `json:"heard,omitzero"`     // the mail itself, where it adds nothing to them
	Documents []Document `json:"documents,omitempty"`
	Charter   Ref        `json:"charter,omitzero"`   // in older histories: a signed copy of the charter
	Unsigned  bool       `json:"unsigned,omitempty"` // in older histories: the charter as it was sent
	Return    *Return    `json:"return,omitempty"`   // what came back for the charter
	Missing   []Want     `json:"missing,omitempty"`
	Verdict   Verdict    `json:"verdict"`
	Terms     *Terms     `json:"terms,omitempty"`   // with the first mail, or with a newer version that the case takes
	Opinion   Code       `json:"opinion,omitempty"` // which third party answers
	Kin       Kin        `json:"kin,omitzero"`
	Proof     Ref        `json:"proof,omitzero"`      // what is kept beside it: what proves its sender
	Concerns  []Concern  `json:"concerns,omitempty"`  // what an officer has to look at
	Settled   []Concern  `json:"settled,omitempty"`   // what an officer had to look at, and is mended
	Candidacy *Candidacy `json:"candidacy,omitempty"` // with the first mail, where the scheme is a call
	Drawn     bool       `json:"drawn,omitempty"`     // the lot has fallen on this grant: somebody else looks at it before it is paid
	Says      *Says      `json:"says,omitempty"`      // what registers say of the firm, where they were asked
	Shared    []Shared   `json:"shared,omitempty"`    // what it has in common with cases of others
	Lacks     []string   `json:"lacks,omitempty"`     // why the letter that grants the aid may not go
	At        time.Time  `json:"at,omitzero"`         // legal: when the mail was read; zero in older histories
	Kept      Ref        `json:"kept,omitzero"`       // this reading itself, as the archive keeps it: with Proof, or by itself
}

// TakeIn adds what a mail brought to the case.
func (s *State) TakeIn(mail Mail, r Reading, at time.Time) {
	if !mail.Believed() || !s.HasSeen(mail.Identity) {
		s.MailsIn++
	}
	if s.Seen = append(s.Seen, mail.Identity); len(s.Seen) > 200 {
		s.Seen = s.Seen[len(s.Seen)-200:]
	}
	what := map[string]string{FromApplicant: EventMailRead, FromMachine: EventMailAuto, FromBounce: EventMailBounce,
		FromStranger: EventMailStranger, FromForged: EventMailForged, FromReplayed: EventMailReplayed, FromAgain: EventMailAgain, FromUnproven: EventMailDoubted,
		FromExpert: EventMailOpinion, Unreadable: EventMailUnread}[r.From]
	who := Applicant
	if r.From != FromApplicant {
		who = Outside
	}
	if mail.Assigned != "" {
		s.Note(Entry{At: at, Who: OfficerName(mail.Assigned), What: EventMailAssigned, On: mail.Key, Objects: []Ref{mail.Ref}})
	}
	objects := []Ref{mail.Ref}
	if r.Proof.Key != "" {
		objects = append(objects, r.Proof)
	}
	if r.Kept.Key != "" && r.Kept != r.Proof {
		objects = append(objects, r.Kept)
	}
	s.Note(Entry{At: at, Who: who, What: what, On: mail.Key, Note: r.Intent, Objects: objects})
	if r.From != FromApplicant {
		return // what others send adds nothing by itself
	}
	s.Heard = r.Heard
	if r.Bank {
		s.NewAccount = r.Account
	}
	for _, d := range r.Documents {
		if i := slices.IndexFunc(s.Documents, func(o Document) bool {
			return d.SHA256 != "" && o.SHA256 == d.SHA256 && (o.Kind == d.Kind || o.Mail != d.Mail)
		}); i >= 0 {
			s.Documents = slices.Clone(s.Documents)
			s.Documents[i] = d // the same file, sent again under a name that says what it is
		} else {
			s.Documents = append(s.Documents, d)
		}
		s.Note(Entry{At: at, Who: Applicant, What: "document", On: d.Key, Note: d.Kind, Objects: []Ref{{Key: d.Key, SHA256: d.SHA256}}})
	}
	before := s.Completed
	if s.Examined(r, at); mail.Believed() && !s.Completed.IsZero() && before.IsZero() {
		s.Completed = mail.Came(s.Clock)
	}
}

// Examined takes in what the rules say now.
func (s *State) Examined(r Reading, at time.Time) {
	if r.Terms != nil && r.Terms.SchemeDigest != s.Terms.SchemeDigest {
		if s.Terms.SchemeVersion != "" {
			s.Note(Entry{At: at, Who: Engine, What: EventVersion, On: r.Terms.SchemeVersion, Note: s.Terms.SchemeVersion})
		}
		s.Terms = *r.Terms
	}
	if r.Facts.Key != "" && r.Facts != s.Facts {
		s.Facts = r.Facts
		s.Note(Entry{At: at, Who: Engine, What: EventFacts, On: r.Facts.Key, Objects: []Ref{r.Facts}})
	}
	if s.Candidacy == nil {
		s.Candidacy = r.Candidacy
	}
	s.Missing, s.Verdict = r.Missing, r.Verdict
	noted := s.Kin.Noted
	if s.Kin = r.Kin; s.Kin.Noted == "" {
		s.Kin.Noted = noted
	}
	for _, c := range r.Concerns {
		s.Raise(c)
	}
	for _, c := range r.Settled {
		s.Settle(c)
	}
	s.share(r.Shared)
	s.Drawn = s.Drawn || r.Drawn
	if r.Says != nil {
		s.bar(r.Says.Bars)
	}
	if s.IsComplete() && s.Completed.IsZero() {
		s.Completed = at
	} else if !s.IsComplete() {
		s.Completed = time.Time{}
	}
}

// IsComplete tells whether everything the scheme asks for is there.
func (s *State) IsComplete() bool { return len(s.Missing) == 0 }

// Piece is one mail to write and send, with the letter it carries.
type Piece struct {
	Seq     int    `json:"seq"`               // its number among the case's mails: with the name, its key
	Mail    string `json:"mail"`              // name of the mail's text
	Letter  string `json:"letter,omitempty"`  // name of the letter's text, for a PDF attached
	Attach  Ref    `json:"attach,omitzero"`   // an existing PDF to attach instead
	Message string `json:"message,omitempty"` // the officer's own words
	To      Ref    `json:"to,omitzero"`       // the mail whose sender is answered, where that is not the applicant
	Opinion Code   `json:"opinion,omitempty"` // the third party that is asked, where that is who is written to
	Payment Code   `json:"payment,omitempty"` // the instalment it is about
	Field   Code   `json:"field,omitempty"`   // the key of the value, or the SHA-256 of the document, that an officer corrected
	Seen    string `json:"seen,omitempty"`    // the SHA-256 of the letter as an officer saw it, or its beginning: no other goes
	Receipt string `json:"receipt,omitempty"` // the repayment it is about
	Again   int    `json:"again,omitempty"`   // the number of the mail whose letter it carries once more
}

// Correspondence asks for mails to be written and sent, in order.
type Correspondence struct {
	State  State     `json:"state"`
	At     time.Time `json:"at"` // legal: the date of the letters
	Pieces []Piece   `json:"pieces,omitempty"`
	About  Deadline  `json:"about,omitzero"` // the deadline that has passed, where the mail tells of one
}

// Sent is what became of correspondence.
type Sent struct {
	Pieces []SentPiece `json:"pieces"`
	Noted  string      `json:"noted,omitempty"` // what the index of cases was told
	Case   Ref         `json:"case,omitzero"`   // case.json as it was stored
	// Evidence of a signature, where it was gathered.
	Evidence *Evidence `json:"evidence,omitempty"`

	Stopped *Stop    `json:"stopped,omitempty"` // what does not go, and why; the pieces after it were not written
	Orders  []Placed `json:"orders,omitempty"`  // payment orders that were placed
}

// Placed is a payment order of an instalment.
type Placed struct {
	Payment Code   `json:"payment"`
	Order   string `json:"order,omitempty"`
	Bars    []Bar  `json:"bars,omitempty"`   // what a register says against it by now: there is no order
	Silent  bool   `json:"silent,omitempty"` // a register was asked and did not answer
}

// SentPiece is one mail that was accepted for delivery, or refused for good.
type SentPiece struct {
	Seq      int       `json:"seq"`
	Name     string    `json:"name"`
	Mail     Ref       `json:"mail"`
	Letter   Ref       `json:"letter,omitzero"`
	Accepted time.Time `json:"accepted,omitzero"` // legal; zero where the server refused it for good, or its document did not go with it
	Refused  string    `json:"refused,omitempty"` // the server's status code
	LetterOf string    `json:"letter_of,omitempty"`
	Charter  string    `json:"charter,omitempty"`  // the version of the charter that the letter is
	Replaced string    `json:"replaced,omitempty"` // characters that the font lacks, as U+1F956
	Again    int       `json:"again,omitempty"`    // as of the piece
	Apart    Apart     `json:"apart,omitempty"`
	// Acceptance is the mail server's answer, stored beside the mail.
	Acceptance Ref `json:"acceptance,omitzero"`
	// Unfiled: its copy is not in the folder of sent mails.
	Unfiled bool `json:"unfiled,omitempty"`
	// Fingerprint is that of a charter (Charter.Fingerprint), and Text what it is of.
	Fingerprint string `json:"fingerprint,omitempty"`
	Text        Ref    `json:"text,omitzero"`
}

// Apart is how a document reaches its reader that is too large to go with its mail.
type Apart string

// The ways of a document that is not attached.
const (
	ByLink   Apart = "link"  // the mail says where it can be read for a while
	ByPerson Apart = "other" // an officer has to bring it there some other way; until then it has not reached its reader
)

// Account records what was sent. Both the workflow and the activity that stores the case call it, so that the stored
// case is the one the workflow holds.
func (s *State) Account(sent Sent, at time.Time) {
	if sent.Noted != "" {
		s.Kin.Noted = sent.Noted
	}
	for _, o := range sent.Orders {
		if o.Silent {
			s.Raise(ConcernSilent)
		}
		if len(o.Bars) > 0 {
			s.bar(o.Bars)
			s.Note(Entry{At: at, Who: Engine, What: EventBarred, On: o.Payment, Note: string(o.Bars[0].Kind)})
			continue
		}
		if i := s.Instalment(o.Payment); i != nil {
			i.Order = o.Order
			s.Note(Entry{At: at, Who: Engine, What: EventOrder, On: o.Payment, Note: o.Order})
		}
	}
	if e := sent.Evidence; e != nil {
		s.Evidence = append(s.Evidence, *e)
		s.Note(Entry{At: at, Who: Engine, What: EventEvidence, On: e.File.Key, Objects: []Ref{e.File, e.Page}})
	}
	for _, p := range sent.Pieces {
		s.numbered(p.Seq)
		if p.LetterOf != "" {
			objects := []Ref{p.Letter}
			if p.Text.Key != "" {
				objects = append(objects, p.Text)
			}
			s.Note(Entry{At: at, Who: Engine, What: EventLetter, On: p.LetterOf, Note: p.Letter.Key, Objects: objects})
			if p.Replaced != "" {
				s.Note(Entry{At: at, Who: Engine, What: EventLetterReplaced, On: p.LetterOf, Note: p.Replaced})
			}
		}
		s.keep(p, at)
		if p.Unfiled {
			s.Unfiled = append(s.Unfiled, p.Mail.Key)
		}
		objects := []Ref{p.Mail, p.Acceptance}
		if p.Acceptance.Key == "" {
			objects = objects[:1]
		}
		if p.Refused != "" {
			s.Note(Entry{At: at, Who: Engine, What: EventMailRefused, On: p.Name, Note: p.Refused, Objects: objects})
			s.Raise(ConcernUndelivered)
			continue
		}
		s.Note(Entry{At: at, Who: Engine, What: EventMailSent, On: p.Name, Note: p.Mail.Key, Objects: objects})
		s.count(at)
		if p.Apart == ByPerson {
			s.Raise(ConcernOversized)
		}
	}
}

// keep remembers the charter that was sent, and the letters whose notification counts: periods run from there (CJA R421-5).
func (s *State) keep(p SentPiece, at time.Time) {
	var n *Notification
	proof := false
	switch p.LetterOf {
	case CharterLetter, AdvanceLetter:
		s.Charter.keep(p)
		s.Charter.Loan = s.Verdict.Loan
	case ReserveLetter:
		s.Candidacy.Letter, s.Candidacy.Notified = p.Letter, p.Accepted
	case GrantLetter, RejectLetter, AppealDecidedLetter, WithdrawalLetter:
		n, proof = &s.Decision.Notification, s.Terms.Proof
	case AppealReceivedLetter:
		n = &s.Appeals[len(s.Appeals)-1].Receipt
	case HearingLetter:
		n = &s.Withdrawal.Letter
	case ReasonsLetter:
		n = &s.Reasons.Letter
	}
	if p.Name == AgainMail {
		n = s.notification(p.Again)
		proof = n != nil && s.Decision != nil && n == &s.Decision.Notification && s.Terms.Proof
	}
	if n != nil {
		n.carry(p, proof, at)
		s.reckonFrom(n)
	}
}
