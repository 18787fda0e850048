package casefile

import (
	"time"

	"relance/domain/loan"
)

// The ways to sign a charter; a scheme says which it allows.
const (
	SignedByPhrase  = "phrase"  // a mail with the agreed phrase
	SignedByCopy    = "copy"    // the signed copy, as a PDF, a scan or a photo
	SignedDigitally = "digital" // a PDF with a digital signature
)

// Ways lists them.
var Ways = []Code{SignedByPhrase, SignedByCopy, SignedDigitally}

// Charter is the commitment charter (charte d'engagement) and its signature.
type Charter struct {
	Ref                   // the PDF that was sent
	Version     string    `json:"version,omitempty"`
	Fingerprint string    `json:"fingerprint,omitempty"` // of what it says, as every page carries it (package imprint)
	Earlier     []string  `json:"earlier,omitempty"`     // fingerprints of charters sent before it
	Sent        time.Time `json:"sent,omitzero"`
	Signed      time.Time `json:"signed,omitzero"`
	How         string    `json:"how,omitempty"`      // the way it was signed
	Evidence    Ref       `json:"evidence,omitzero"`  // the mail or the copy that carries the signature
	Check       Ref       `json:"check,omitzero"`     // what was found on the copy: a JSON object of package reading
	Accepted    string    `json:"accepted,omitempty"` // the officer who accepted a doubtful signature
	Doubt       *Doubt    `json:"doubt,omitempty"`    // a signature that waits for an officer

	Loan *loan.Terms `json:"loan,omitempty"` // where it is the contract of an advance: what that was agreed on
}

// Signable tells whether a letter is what the applicant signs before the decision: the charter or, of an advance, its contract.
func Signable(letter string) bool { return letter == CharterLetter || letter == AdvanceLetter }

// Return is what came back for a charter, and how it was judged.
type Return struct {
	Way      Code   `json:"way"`
	Outcome  Code   `json:"outcome"`
	Evidence Ref    `json:"evidence,omitzero"` // the copy; the mail where that carries the signature
	Check    Ref    `json:"check,omitzero"`    // what was found on the copy
	Other    string `json:"other,omitempty"`   // the reference of the other case it belongs to
}

// What is made of what came back. The first group is told the applicant; the second is for an officer, who sees both documents.
const (
	ReturnSigned      Code = "signed"
	ReturnUnsigned    Code = "unsigned"    // the charter as it was sent
	ReturnOtherCase   Code = "other_case"  // the charter, or the phrase, of another case
	ReturnOlder       Code = "older"       // of a charter sent before
	ReturnFingerprint Code = "fingerprint" // a phrase without the fingerprint, or with a wrong one
	ReturnWay         Code = "way"         // signed in a way that the scheme does not allow

	ReturnChanged   Code = "changed"        // its text is not the text that was sent
	ReturnPicture   Code = "picture"        // a scan or a photo with the right mark: a person looks whether it is signed
	ReturnReserved  Code = "reserved"       // signed, by a mail with a reservation
	ReturnUnclear   Code = "unclear"        // neither its text nor its code could be read
	ReturnAdded     Code = "added"          // something was written on it besides a signature
	ReturnName      Code = "signer_name"    // its certificate names somebody else than the declared representative
	ReturnAddress   Code = "signer_address" // somebody signs from another address than the applicant's
	ReturnBroken    Code = "broken"         // its digital signature does not hold
	ReturnUntrusted Code = "untrusted"      // its certificate is not trusted, or was not valid
)

// Doubtful tells whether an officer has to look at what came back.
func (r Return) Doubtful() bool {
	switch r.Outcome {
	case ReturnChanged, ReturnPicture, ReturnReserved, ReturnUnclear, ReturnAdded, ReturnName, ReturnAddress, ReturnBroken, ReturnUntrusted:
		return true
	}
	return false
}

// Contradicts tells whether what came back says something else than the charter, so that no other signature of the same mail outweighs it.
func (r Return) Contradicts() bool {
	switch r.Outcome {
	case ReturnChanged, ReturnAdded, ReturnReserved, ReturnBroken:
		return true
	}
	return false
}

// Doubt is a signature that an officer accepts or refuses, with the charter that was sent beside it.
type Doubt struct {
	Return
	Mail Ref       `json:"mail"` // that brought it
	At   time.Time `json:"at"`   // legal
}

// Question puts a doubtful signature before an officer; a newer one takes the place of an older.
func (s *State) Question(r Return, mail Ref, at time.Time) {
	s.Charter.Doubt = &Doubt{r, mail, at}
	s.Raise(ConcernCharter)
}

// Unquestion takes it off an officer's desk.
func (s *State) Unquestion() {
	s.Charter.Doubt = nil
	s.Settle(ConcernCharter)
}

// mayJudge tells whether an officer can accept or refuse a signature.
func (s *State) mayJudge(Act) error {
	switch {
	case s.Charter.Doubt == nil:
		return refuse("aucune signature de la charte n'attend de vérification sur ce dossier")
	case s.Stage != AwaitingCharter:
		return refuse("la charte n'est plus à signer ; le dossier est à l'étape « %s »", s.Stage)
	}
	return nil
}

// keep remembers a charter that was sent.
func (c *Charter) keep(p SentPiece) {
	if c.Fingerprint != "" && c.Fingerprint != p.Fingerprint {
		c.Earlier = append(c.Earlier, c.Fingerprint)
	}
	c.Ref, c.Version, c.Fingerprint, c.Sent = p.Letter, p.Charter, p.Fingerprint, p.Accepted
}

// The acts. Their names are those of the updates that Temporal knows.
const (
	AcceptSignature ActKind = "accept-signature" // a doubtful signature of the charter counts: the officer has made sure
	RefuseSignature ActKind = "refuse-signature" // it does not, and the applicant is asked again
)

// charterActs are what officers do with a doubtful signature of the charter.
var charterActs = actRows{
	{Kind: AcceptSignature, Code: "act.accept-signature", Command: "case charter REFERENCE accept",
		May:  (*State).mayJudge,
		Help: `Accepter une signature douteuse de la charte, après avoir comparé les deux documents. {"by": "agent-01"}`},
	{Kind: RefuseSignature, Code: "act.refuse-signature", Command: "case charter REFERENCE refuse",
		May:  (*State).mayJudge,
		Help: `Refuser une signature douteuse de la charte ; le demandeur est invité à signer de nouveau. {"by": "agent-01", "text": "raison"}`},
}
