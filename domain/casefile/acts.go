package casefile

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ActKind is an officer's action on a case.
type ActKind string

// ActTable has a row for each act of an officer, by what it is about. Adding an act: docs/changing.md.
var ActTable = slices.Concat(reviewActs, mailActs, bankActs, charterActs, signingActs, callActs, paymentActs, repaymentActs, notificationActs,
	appealActs, withdrawalActs, recoveryActs, lookActs, correctionActs)

// ActRow is a row of the table.
type ActRow = Row[ActKind, *State, Act]

type actRows = Rows[ActKind, *State, Act]

// Act is one action of an officer, as it is sent to the case.
//
// The tag flag is the name of a field on the command line where that differs from JSON's; help is what is said of it there.
type Act struct {
	ID        string `json:"id,omitempty"`                                    // the update id: the same action sent twice is one
	By        string `json:"by"`                                              // the officer's identifier
	Amount    int64  `json:"amount,omitempty" help:"an amount, e.g. 1200,00"` // cents; approve: zero means what the formula gives
	Grounds   []Code `json:"grounds,omitempty" flag:"ground" help:"why: an id of the scheme's rules or grounds; may be repeated"`
	Documents []Code `json:"documents,omitempty" flag:"document" help:"what to ask for: an id of the scheme's documents; may be repeated"`
	Text      string `json:"text,omitempty" help:"what the applicant is told, in your own words"`
	Officer   string `json:"officer,omitempty" flag:"to" help:"identifier of the officer who takes over"`
	Payment   Code   `json:"payment,omitempty"` // of the payment acts: the instalment
	Seen      string `json:"seen,omitempty"`    // approve, reject: the SHA-256 of the letter as it was previewed, or its beginning; any other is refused
	Known     string `json:"known,omitempty"`   // approve, reject, appeal, signature: the mark of the case as it was read (State.Mark)
	Mail      string `json:"mail,omitempty" help:"the mail that is meant, by the beginning of its SHA-256"`
	Bank      *Bank  `json:"bank,omitempty"` // of payments and repayments

	Account string    `json:"account,omitempty" help:"the account that you have verified, by its mark in case show"`
	Way     Code      `json:"way,omitempty" help:"how it came, otherwise than by mail: oral, paper, registered or hand"`
	Date    time.Time `json:"date,omitzero" help:"the day it came, 2020-10-02"`
	Proof   string    `json:"proof,omitempty"`  // what proves a notification: the number of a registered letter
	Letter  Code      `json:"letter,omitempty"` // notify: which letter; empty: the one that has not been notified
	Contact Ref       `json:"contact,omitzero"` // notify: an address of the applicant that the officer has verified, in the case folder
	Ground  Code      `json:"ground,omitempty" help:"conditions (not kept), illegal (within four months) or fraud"`
	Entered Ref       `json:"entered,omitzero"`  // correct-value: the value, in the case folder (Correction)
	Field   Code      `json:"field,omitempty"`   // correct-value: the key of the value
	Decided bool      `json:"decided,omitempty"` // correct-value: the decision that is taken rests on it from now on
	File    string    `json:"file,omitempty" help:"the document that is meant, by the beginning of its SHA-256"`
	As      Code      `json:"as,omitempty" help:"what the document is: an id of the scheme's documents"`
	// Alone says that the authority has one officer, who does what two people should; the door refuses it where it has more.
	Alone bool `json:"alone,omitempty"`
	// Payload is the input of an act that has a type of its own for it.
	Payload json.RawMessage `json:"payload,omitempty"`
	Nothing bool            `json:"-"` // an amount was given, and it is 0
	At      time.Time       `json:"-"` // legal: now, as the case knows it
}

// Done is what an officer is answered.
type Done struct {
	Reference string `json:"reference"`
	Stage     Stage  `json:"stage"`
	Amount    int64  `json:"amount,omitempty"`   // cents
	Again     bool   `json:"again,omitempty"`    // it had been carried out before
	Stopped   string `json:"stopped,omitempty"`  // why a letter that follows from it does not go yet
	More      int    `json:"more,omitempty"`     // approvals of other officers that are still needed
	Ahead     int    `json:"ahead,omitempty"`    // waitlisted: how many cases wait for money before this one
	Version   string `json:"version,omitempty"`  // reexamine: the version of the scheme the case is under
	Eligible  bool   `json:"eligible,omitempty"` // reexamine: what the rules say
}

// ErrRefused wraps every refusal of an action; its text says why, in words for an officer.
var ErrRefused = errors.New("action refusée")

func refuse(format string, args ...any) error {
	return fmt.Errorf("%w : "+format, append([]any{ErrRefused}, args...)...)
}

// Refuse makes a refusal of what an officer wanted.
func Refuse(format string, args ...any) error { return refuse(format, args...) }

// May tells whether an action can be carried out on the case as it stands. The error says why not and what could be done.
func (s *State) May(kind ActKind, a Act) error {
	if strings.TrimSpace(a.By) == "" {
		return refuse("indiquez l'agent qui agit (-by)")
	}
	if again, err := s.Acts.Again(a.ID, a.Sum(kind)); again || err != nil {
		return err // it is answered again, and not done again
	}
	if err := s.mayGoOn(kind); err != nil {
		return err
	}
	return ActTable.May(kind, s, a)
}
