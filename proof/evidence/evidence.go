// Package evidence is what proves a signature by mail: who is said to have signed, what, when, by which mail, and what is known of that mail's
// sender. Each signature has a file evidence/NUMBER.json, which this package describes, and a page for people beside it. It is pure.
package evidence

import (
	"encoding/json"
	"time"

	"relance/domain/casefile"
	"relance/domain/chain"
	"relance/mail/auth"
	"relance/mail/message"
)

// Format names the form of the file.
const Format = "relance-evidence-1"

// File is the evidence of one signature. Everything it points to lies in the same case folder, under the hash it gives.
type File struct {
	Format    string       `json:"format"`
	Reference string       `json:"reference"`
	Charter   Charter      `json:"charter"`
	Signature Signature    `json:"signature"`
	Signer    Signer       `json:"signer"`
	Mail      Mail         `json:"mail"`
	Copy      casefile.Ref `json:"copy,omitzero"`  // the signed copy that came back
	Check     casefile.Ref `json:"check,omitzero"` // what was found on the copy: text, marks, digital signatures
	Proof     auth.Proof   `json:"proof"`          // what is known of the mail's sender
	ProofFile casefile.Ref `json:"proof_file,omitzero"`
	Journal   chain.Tip    `json:"journal"` // as it was stored before the signature
}

// Charter is what was signed.
type Charter struct {
	casefile.Ref
	Version     string    `json:"version,omitempty"`
	Fingerprint string    `json:"fingerprint,omitempty"` // as it stands on every page
	Sent        time.Time `json:"sent"`                  // legal: accepted for delivery
}

// Signature is how and when it was signed.
type Signature struct {
	How string    `json:"how"`                   // as casefile.Charter.How
	At  time.Time `json:"at"`                    // legal: when the mail was taken in
	By  string    `json:"accepted_by,omitempty"` // the officer who accepted it, where it was in doubt
}

// Signer is who signed, as declared.
type Signer struct {
	Name    string `json:"name,omitempty"` // as the mail's From field gives it
	Address string `json:"address"`
	For     string `json:"for,omitempty"` // the business, as the application gives it
	As      string `json:"as,omitempty"`  // the representative, as the application gives it
}

// Mail is the mail that signed.
type Mail struct {
	casefile.Ref
	MessageID string    `json:"message_id,omitempty"`
	Subject   string    `json:"subject,omitempty"`
	Date      time.Time `json:"date,omitzero"`   // as its author's program wrote it
	Size      int       `json:"size"`            // bytes
	Words     string    `json:"words,omitempty"` // what its author newly wrote, the first 2,000 characters
}

// maxWords is how much of what was written the file repeats; the whole lies in the mail.
const maxWords = 2000

// Of gathers the evidence of a case's signature from the mail that brought it.
func Of(s casefile.State, mail casefile.Ref, raw []byte, m *message.Message, proof auth.Proof, proofFile casefile.Ref) File {
	f := File{Format: Format, Reference: s.Reference,
		Charter:   Charter{s.Charter.Ref, s.Charter.Version, s.Charter.Fingerprint, s.Charter.Sent},
		Signature: Signature{s.Charter.How, s.Charter.Signed, s.Charter.Accepted}, Check: s.Charter.Check,
		Signer: Signer{Name: m.From.Name, Address: m.From.Address},
		Mail:   Mail{Ref: mail, MessageID: m.MessageID, Subject: m.Subject, Date: m.Date, Size: len(raw), Words: firstOf(m.Reply, maxWords)},
		Proof:  proof, ProofFile: proofFile, Journal: s.Stored}
	if s.Charter.Evidence != mail {
		f.Copy = s.Charter.Evidence
	}
	return f
}

func firstOf(text string, n int) string {
	for i := range text {
		if n--; n < 0 {
			return text[:i] + "…"
		}
	}
	return text
}

// Refs are the objects that the evidence speaks of.
func (f File) Refs() []casefile.Ref {
	var refs []casefile.Ref
	for _, r := range []casefile.Ref{f.Charter.Ref, f.Mail.Ref, f.Copy, f.Check, f.ProofFile} {
		if r.Key != "" {
			refs = append(refs, r)
		}
	}
	return refs
}

// JSON is the file's content.
func (f File) JSON() ([]byte, error) { return json.MarshalIndent(f, "", "  ") }
