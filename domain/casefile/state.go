// Package casefile is the case (dossier): its state, the stages it goes through, the dates it carries and why they are what
// they are, and its journal. It is pure: no network, no clock of its own, no Temporal. The workflow holds the state,
// the query returns it, the archive stores it; there is no second copy.
//
// The state knows people and facts by reference. Names, addresses, bank details and what the applicant wrote lie in
// the case folder (see Facts); the state has their key and hash.
package casefile

import (
	"fmt"
	"slices"
	"time"

	"relance/domain/chain"
	"relance/domain/loan"
)

// Ref points to an object of the case folder.
type Ref = chain.Object

// Mail is a message that reached the case, as the starter hands it over: the raw bytes are in the archive already.
type Mail struct {
	Ref
	Identity string         `json:"identity"`           // the same for two deliveries of one message (message.Identity)
	Received time.Time      `json:"received"`           // when the authority's server received it: real time, as IMAP's INTERNALDATE
	Size     int64          `json:"size"`               // bytes
	Assigned string         `json:"assigned,omitempty"` // the officer who put it on the case; empty where it came by itself
	Vouched  string         `json:"vouched,omitempty"`  // the officer who made sure that the applicant wrote it
	Asked    *MailboxAnswer `json:"asked,omitempty"`    // what the mailbox it seems to come from has answered; nil: it was not asked, or is silent
}

// Document is a supporting document (pièce justificative) as it came.
type Document struct {
	Kind     string    `json:"kind"` // the scheme's id of the document, or "other"
	Key      string    `json:"key"`  // empty where it is dangerous: it stays in the mail
	SHA256   string    `json:"sha256"`
	Size     int64     `json:"size"`
	Type     string    `json:"type"`              // media type, told from the content
	Flag     string    `json:"flag,omitempty"`    // what to mind when opening it: a code of package reading
	Problem  string    `json:"problem,omitempty"` // why it cannot be used: a code of package reading; empty when it can
	Received time.Time `json:"received"`          // legal
	Mail     string    `json:"mail"`              // identity of the message that brought it
	Pages    string    `json:"pages,omitempty"`   // of a file with several documents, the pages of this one: 2-3
	Count    int       `json:"count,omitempty"`   // how many of the kind it holds; 0: one
	Judged   bool      `json:"judged,omitempty"`  // an officer has said that it is of this kind, and does
}

// Want is something the case still lacks.
type Want struct {
	What    string `json:"what"`              // "document" or "field"
	ID      string `json:"id"`                // the scheme's id
	Problem string `json:"problem,omitempty"` // what was wrong with what came; empty when nothing came
}

// Request is a document an officer asked for, though one of its kind may have come before: only a newer one answers it.
type Request struct {
	ID Code      `json:"id"`
	At time.Time `json:"at"`
}

// The things a case can lack.
const (
	WantDocument = "document"
	WantField    = "field"
)

// Verdict is what the scheme's rules say of the facts.
type Verdict struct {
	Eligible bool     `json:"eligible"`
	Failed   []string `json:"failed,omitempty"`   // ids of the rules that are not met
	Broken   string   `json:"broken,omitempty"`   // the rule that could not be applied: there is no verdict, through no fault of the applicant's
	Amount   int64    `json:"amount"`             // cents; what the scheme's formula gives
	Lines    []Share  `json:"lines,omitempty"`    // the lines of the plan that pay; none where no money is spent
	Opinions []Asked  `json:"opinions,omitempty"` // the third parties to be asked

	Loan *loan.Terms `json:"loan,omitempty"` // of a repayable advance: what it would be repaid by
}

// Share is a part of an amount.
type Share struct {
	ID   string `json:"id"`   // of an instalment, or the path of a line of the plan
	Part int    `json:"part"` // hundredths of a percent
}

// Asked is a third party whose opinion (avis) has to be asked, without its address.
type Asked struct {
	ID   Code   `json:"id"`
	Of   string `json:"of"`
	Days int    `json:"days"` // until the review goes on without it
}

// Opinion is what became of asking a third party.
type Opinion struct {
	Asked
	At       time.Time `json:"at"`
	Answered time.Time `json:"answered,omitzero"`
	Answer   Ref       `json:"answer,omitzero"` // the mail
	Lapsed   bool      `json:"lapsed,omitempty"`
}

// Open tells whether the opinion is still waited for.
func (o Opinion) Open() bool { return o.Answered.IsZero() && !o.Lapsed }

// Approval is one officer's agreement to a grant.
type Approval struct {
	By     string    `json:"by"`
	Amount int64     `json:"amount"`         // cents
	Text   string    `json:"text,omitempty"` // what the applicant is told besides
	At     time.Time `json:"at"`
}

// Terms are the periods of the scheme's version under which the case was received. They belong to the case: an edited
// scheme file never moves the deadlines of a running case.
type Terms struct {
	SchemeVersion     string  `json:"scheme_version"`
	SchemeDigest      string  `json:"scheme_digest"`          // SHA-256 of the version's content: an edited file changes nothing for this case
	Funded            bool    `json:"funded"`                 // money is spent
	DeMinimis         bool    `json:"de_minimis"`             // the aid counts towards the de minimis ceiling
	Approvals         int     `json:"approvals"`              // how many officers have to approve
	FourEyesAbove     int64   `json:"four_eyes_above"`        // cents above which two have to; 0: no such amount
	Instalments       []Due   `json:"instalments,omitempty"`  // how the aid is paid; none: at once
	Charter           bool    `json:"charter"`                // a charter has to be signed
	DocumentDays      int     `json:"document_days"`          // allotted for missing documents
	DocumentReminders []int   `json:"document_reminders"`     // days after the request
	Batch             bool    `json:"batch,omitempty"`        // decisions wait for the signatory, who signs several at once
	CharterWays       []Code  `json:"charter_ways,omitempty"` // the ways to sign it; none: all
	CharterDays       int     `json:"charter_days"`           // allotted for signing
	CharterReminders  []int   `json:"charter_reminders"`      // days after it was sent
	SilenceMonths     int     `json:"silence_months"`         // silence means rejection after so many months
	AppealMonths      int     `json:"appeal_months"`          // time of appeal
	Proof             bool    `json:"proof,omitempty"`        // a decision is notified by a proof of reception only, not by the server's acceptance
	ProofDays         int     `json:"proof_days,omitempty"`   // days after which an officer is told that there is no proof
	HearingDays       int     `json:"hearing_days,omitempty"` // in which the holder of an aid may answer before it is withdrawn; 0: 15
	Grounds           []Named `json:"grounds,omitempty"`      // what an officer may reject on
	Documents         []Named `json:"documents,omitempty"`    // what an officer may ask for

	Repayment *Repayment `json:"repayment,omitempty"` // of a repayable advance
}

// Due is an instalment as the scheme has it.
type Due struct {
	ID      Code   `json:"id"`
	Name    string `json:"name"`
	Part    int    `json:"part"`              // hundredths of a percent
	Against Code   `json:"against,omitempty"` // the report that has to come first
	Months  int    `json:"months,omitempty"`  // after the decision, until when it may come

	Milestone string `json:"milestone,omitempty"` // what an officer has to confirm first
}

// Code is an identifier of a scheme file.
type Code = string

// Named is something of a scheme with the name people call it by.
type Named struct {
	ID   Code   `json:"id"`
	Name string `json:"name"`
}

// Name finds what people call an identifier; an unknown one is called by itself.
func Name(list []Named, id Code) string {
	for _, n := range list {
		if n.ID == id {
			return n.Name
		}
	}
	return id
}

// Evidence is where the proof of a signature lies.
type Evidence struct {
	Of   string `json:"of"`   // SHA-256 of what carries the signature
	File Ref    `json:"file"` // for programs
	Page Ref    `json:"page"` // for people
}

// Proven tells whether the evidence of the charter's signature, where there is one, has been gathered.
func (s *State) Proven() bool {
	return s.Charter.Signed.IsZero() || s.Charter.Evidence.SHA256 == "" ||
		slices.ContainsFunc(s.Evidence, func(e Evidence) bool { return e.Of == s.Charter.Evidence.SHA256 })
}

// Decision is an express decision on the application, or on what became of it: on an appeal, or on the withdrawal of a grant.
type Decision struct {
	Kind     Code      `json:"kind,omitempty"` // DecisionFirst, …
	Grant    bool      `json:"grant"`
	Revokes  bool      `json:"revokes,omitempty"`  // the whole of a grant is withdrawn
	Amount   int64     `json:"amount,omitempty"`   // cents: granted; of a withdrawal, what is kept
	Grounds  []Code    `json:"grounds,omitempty"`  // why it was rejected, or the ground of a withdrawal
	Reason   string    `json:"reason,omitempty"`   // what the officer adds, told to the applicant
	By       string    `json:"by"`                 // the officer's identifier, not a name
	Officers []string  `json:"officers,omitempty"` // all who took part
	At       time.Time `json:"at"`
	Facts    Ref       `json:"facts,omitzero"`     // what it rests on; unknown in decisions of older histories
	Seen     string    `json:"seen,omitempty"`     // the hash of the letter that the officer had seen: no other was sent
	Confirms bool      `json:"confirms,omitempty"` // of a late or second appeal: it opens no new time of appeal
	Final    time.Time `json:"final,omitzero"`     // when it could no longer be contested
	Notification
}

// The kinds of decision.
const (
	DecisionFirst      Code = ""           // on the application
	DecisionAppeal     Code = "appeal"     // on an appeal (recours gracieux): it replaces the one that was contested
	DecisionWithdrawal Code = "withdrawal" // of a grant, whole or in part (retrait)
)

// Concern is something an officer has to look at. While there is one, the case waits for an officer.
type Concern string

// The concerns.
const (
	ConcernDecision    Concern = "decision"      // the case is ready to be decided
	ConcernQuestion    Concern = "question"      // a mail that the engine does not answer by itself
	ConcernStranger    Concern = "stranger"      // a mail from an address that is not the applicant's
	ConcernUndelivered Concern = "undelivered"   // the applicant was not reached
	ConcernOversized   Concern = "oversized"     // a document was too large for its mail, and has to reach the applicant some other way
	ConcernAppeal      Concern = "appeal"        // a mail after the decision, or an appeal to be decided
	ConcernReasons     Concern = "reasons"       // the reasons of an implicit rejection are asked for: they are owed within a month
	ConcernHearing     Concern = "hearing"       // observations on a withdrawal have come, or the time for them is over
	ConcernEnvelope    Concern = "envelope"      // the envelope has not enough left
	ConcernAfterEnd    Concern = "after_end"     // a mail to a case that had ended
	ConcernReport      Concern = "report"        // a report has come, or has not come in time
	ConcernRegister    Concern = "register"      // the register of firms says otherwise, or does not know the firm
	ConcernContradict  Concern = "contradiction" // a document says otherwise than the applicant
	ConcernRule        Concern = "rule"          // a rule of the scheme cannot be applied to the case
	ConcernShared      Concern = "shared"        // it has something in common with cases of others
	ConcernBank        Concern = "bank"          // other bank details have come; they count once an officer has accepted them
	ConcernFacts       Concern = "facts"         // after the decision the applicant says otherwise than what it rests on
	ConcernLetter      Concern = "letter"        // a letter lacks something, and does not go
	ConcernCharter     Concern = "charter"       // a signature of the charter that is in doubt
	ConcernSignature   Concern = "signature"     // a prepared decision waits for the signatory
	ConcernHeld        Concern = "held"          // a mail whose sender is not proven waits for an officer
	ConcernLate        Concern = "late"          // it came after the closing of its call, and says that it was sent before
	ConcernFound       Concern = "found"         // a mail went out that the case, restored from a backup, did not know
)

// State is everything the procedure knows of one case.
type State struct {
	Reference   string                 `json:"reference"`
	Scheme      string                 `json:"scheme"`
	Clock       Clock                  `json:"clock"`
	Stage       Stage                  `json:"stage"`
	Received    time.Time              `json:"received"` // legal: when the application reached the authority
	Terms       Terms                  `json:"terms"`
	Facts       Ref                    `json:"facts,omitzero"`
	Heard       Ref                    `json:"heard,omitzero"` // the applicant's last mail, where it changed nothing in the facts
	Said        string                 `json:"said,omitempty"` // the SHA-256 of the applicant's last proven mail
	Documents   []Document             `json:"documents,omitempty"`
	Requests    []Request              `json:"requests,omitempty"` // what an officer asked for
	Missing     []Want                 `json:"missing,omitempty"`
	Verdict     Verdict                `json:"verdict"`
	Charter     Charter                `json:"charter,omitzero"`
	Stopped     *Stop                  `json:"stopped,omitempty"` // correspondence that does not go, and why
	Opinions    []Opinion              `json:"opinions,omitempty"`
	Approvals   []Approval             `json:"approvals,omitempty"`
	Evidence    []Evidence             `json:"evidence,omitempty"` // of signatures
	Unsigned    *Unsigned              `json:"unsigned,omitempty"` // prepared, and waiting for the signatory
	Decision    *Decision              `json:"decision,omitempty"`
	Earlier     []Decision             `json:"earlier,omitempty"` // decisions that a later one has replaced, the oldest first
	Appeals     []AdministrativeAppeal `json:"appeals,omitempty"`
	Reasons     Reasons                `json:"reasons,omitzero"`     // of an implicit rejection, where they were asked for
	Withdrawal  *Withdrawal            `json:"withdrawal,omitempty"` // of the grant: proposed, decided or dropped
	Recoveries  []Recovery             `json:"recoveries,omitempty"` // of what was paid and has to come back
	Written     []Mail                 `json:"written,omitempty"`    // what the applicant wrote after a decision: an officer may take one for an appeal
	Over        time.Time              `json:"over,omitzero"`        // when the decision, an implicit one too, could no longer be contested
	Claims      []string               `json:"claims,omitempty"`     // keys under which the plan's book holds money of this case
	Instalments []Instalment           `json:"instalments,omitempty"`
	Completed   time.Time              `json:"completed,omitzero"` // legal: when everything asked for was there; who waits for money does so in this order
	Ahead       int                    `json:"ahead,omitempty"`    // how many cases wait for money before this one
	Kin         Kin                    `json:"kin,omitzero"`
	Candidacy   *Candidacy             `json:"candidacy,omitempty"` // its part in a call for projects
	Officer     string                 `json:"officer,omitempty"`   // the identifier of the officer in charge, empty until assigned
	Concerns    []Concern              `json:"concerns,omitempty"`
	Drawn       bool                   `json:"drawn,omitempty"`       // the lot has fallen on its grant
	Look        *Look                  `json:"look,omitempty"`        // the second look that the lot asks for
	Bars        []Bar                  `json:"bars,omitempty"`        // what registers say against the aid
	Shared      []Shared               `json:"shared,omitempty"`      // with cases of others
	NewAccount  string                 `json:"new_account,omitempty"` // the mark of other bank details that wait for an officer
	AccountBy   string                 `json:"account_by,omitempty"`  // the officer who last accepted or changed the account
	Held        []Held                 `json:"held,omitempty"`        // mails that add nothing until they are proven, or an officer admits them
	HeldSince   time.Time              `json:"held_since,omitzero"`   // legal: since when some mail has been held
	Advance     *Advance               `json:"advance,omitempty"`
	Suspensions []Suspension           `json:"suspensions,omitempty"`
	Deadlines   Deadlines              `json:"deadlines,omitempty"`
	Reminded    int                    `json:"reminded,omitempty"` // reminders already sent for the deadline in force
	Seen        []string               `json:"seen,omitempty"`     // identities of messages taken in
	Acts        Carried                `json:"acts,omitempty"`     // ids of officers' actions carried out
	MailsIn     int                    `json:"mails_in"`
	Unfiled     []string               `json:"unfiled,omitempty"` // mails that were sent and whose copies are still to be kept where people look for them
	MailsOut    int                    `json:"mails_out"`
	Found       []Found                `json:"found,omitempty"`   // mails that went out before the case was restored, and that no step has come to since
	Today       Tally                  `json:"today,omitzero"`    // mails sent
	Chain       chain.Tip              `json:"chain,omitzero"`    // the whole journal: how many entries, and the hash of the last
	Stored      chain.Tip              `json:"stored,omitzero"`   // the journal as far as it is known to lie in the case folder
	Journal     []Entry                `json:"journal,omitempty"` // the newest entries; all are in journal.jsonl
}

// Become moves the case to another stage. It fails on an arrow the procedure does not have.
func (s *State) Become(next Stage, at time.Time) error {
	if !s.Stage.CanBecome(next) {
		return fmt.Errorf("a case that is %s cannot become %s", s.Stage, next)
	}
	s.Stage = next
	s.Note(Entry{At: at, Who: Engine, What: EventStage, On: string(next)})
	return nil
}

// HasSeen tells whether a message was taken in before.
func (s *State) HasSeen(identity string) bool { return slices.Contains(s.Seen, identity) }

// Raise puts a concern before an officer, once.
func (s *State) Raise(c Concern) {
	if !slices.Contains(s.Concerns, c) {
		s.Concerns = append(s.Concerns, c)
	}
}

// Settle takes concerns off an officer's desk. A copy of the state keeps them.
func (s *State) Settle(settled ...Concern) {
	s.Concerns = slices.DeleteFunc(slices.Clone(s.Concerns), func(c Concern) bool { return slices.Contains(settled, c) })
}

// SettleAll takes back what was raised, except what an action of its own settles.
func (s *State) SettleAll() {
	s.Concerns = slices.DeleteFunc(s.Concerns, func(c Concern) bool {
		return c != ConcernBank && c != ConcernCharter && c != ConcernSignature && (c != ConcernLook || !s.Look.Pending()) && (c != ConcernBar || !s.Barred()) && (c != ConcernLetter || s.Stopped == nil) && (c != ConcernHeld || len(s.Held) == 0)
	})
}

// WaitsForOfficer tells whether somebody at the authority has to act.
func (s *State) WaitsForOfficer() bool { return len(s.Concerns) > 0 }

// Amount is the sum at stake, in cents: granted, else what the formula gives for an eligible case, else nothing.
func (s *State) Amount() int64 {
	switch {
	case s.Stage == Withdrawn, s.Stage == Expired, s.Stage == ImplicitlyRejected, s.Stage == Closed && s.Decision == nil:
		return 0
	case s.Decision != nil:
		return s.Decision.Amount
	case s.Verdict.Eligible:
		return s.Verdict.Amount
	}
	return 0
}

// Folder is where everything about the case lies in the archive.
func (s *State) Folder() string { return Folder(s.Reference) }

// Folder is the case folder of a reference, with its trailing slash.
func Folder(reference string) string { return "cases/" + reference + "/" }

// Lack adds something to what the case lacks, once.
func (s *State) Lack(w Want) {
	if !slices.ContainsFunc(s.Missing, func(m Want) bool { return m.What == w.What && m.ID == w.ID }) {
		s.Missing = append(s.Missing, w)
	}
}
