package reading

import (
	"crypto/x509"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"relance/domain/casefile"
	"relance/domain/scheme"
	"relance/intake/papers"
	"relance/mail/message"
	"relance/proof/imprint"
	"relance/proof/signature"
)

// Sent is the charter that waits for a signature, and whose certificates are believed.
type Sent struct {
	PDF    []byte              // as it was sent; nil where none is awaited
	Roots  []*x509.Certificate // of people who sign
	Stamps []*x509.Certificate // of timestamp authorities; none: Roots
}

// Check is what was found when a copy of the charter was looked at. It lies in the case folder beside the copy: an officer and, later, a court see
// why it was taken for signed or not.
type Check struct {
	At         time.Time           `json:"at"` // legal
	Way        casefile.Code       `json:"way"`
	Outcome    casefile.Code       `json:"outcome"`
	Sent       casefile.Ref        `json:"sent"`
	Copy       casefile.Ref        `json:"copy"`
	Prefix     bool                `json:"prefix"` // it begins with the bytes that were sent
	Scanned    bool                `json:"scanned"`
	Pages      int                 `json:"pages,omitempty"`
	Marks      []imprint.Mark      `json:"marks,omitempty"`      // read on it
	Recognised bool                `json:"recognised,omitempty"` // its text was read off a scan, and does not show
	Text       *imprint.Comparison `json:"text,omitempty"`       // with the text that was sent; nil where it has none
	Look       *imprint.Look       `json:"look,omitempty"`       // with the look of what was sent; nil for a picture
	Signatures *signature.Report   `json:"signatures,omitempty"` // without the authority's own seal
	Declared   string              `json:"declared,omitempty"`   // who may sign, as declared
	Revocation string              `json:"revocation,omitempty"`
}

// notAsked says in a check what was not checked.
const notAsked = "not asked: whether a certificate was revoked is for the officer to look up"

// Phrase is the sentence that signs the charter of a case by mail. It names the case and the fingerprint of the charter, so that a sentence copied from
// another thread, or from an older charter, signs nothing here.
func Phrase(reference, fingerprint string) string {
	phrase := "Je signe la charte d'engagement du dossier " + reference
	if fingerprint != "" {
		phrase += ", empreinte " + fingerprint
	}
	return phrase
}

var quoted = regexp.MustCompile(`«[\s\x{a0}\x{202f}]*(Je signe[^»]+?)[\s\x{a0}\x{202f}]*»`)

// PhraseIn is the phrase that one of our mails asks for; empty where it asks for none.
func PhraseIn(mail string) string {
	if m := quoted.FindStringSubmatch(mail); m != nil {
		return m[1]
	}
	return ""
}

// signing is the phrase in any case of letters, with or without accents and marks, as people write it by hand or between quotation marks.
var signing = regexp.MustCompile(`\b(?:je signe|nous signons) (?:(?:la )?charte(?: d'? ?engagement)?|(?:le )?contrat(?: d'? ?avance(?: remboursable)?)?)(?: du| pour le| de)? dossier ([a-z]{2,8}) ?([0-9a-z]{5}) ?([0-9a-z]{5})\b(?:(?: avec)?(?: l')? ?(empreinte)?(?: de la charte)? ([0-9a-z]{4}) ?([0-9a-z]{4})\b)?`)

// phrase finds the phrase in a text, and which charter it signs; ok is false where there is none, or it is asked about or denied.
func phrase(reply string) (mark imprint.Mark, ok bool) {
	for _, sentence := range sentences(reply) {
		words := plain(sentence)
		m := signing.FindStringSubmatchIndex(words)
		if m == nil || strings.Contains(sentence, "?") || negated.MatchString(words[:m[0]]) {
			continue
		}
		group := func(n int) string {
			if m[2*n] < 0 {
				return ""
			}
			return words[m[2*n]:m[2*n+1]]
		}
		mark.Reference = casefile.FindReference(strings.ToUpper(group(1) + "-" + unread(group(2)) + "-" + unread(group(3))))
		code := group(5) + group(6)
		if group(4) != "" || strings.ContainsAny(code, "0123456789") {
			mark.Fingerprint = imprint.Normal(code)
		}
		return mark, mark.Reference != ""
	}
	return imprint.Mark{}, false
}

// unread puts right the letters that a reference does not have.
func unread(code string) string {
	return strings.NewReplacer("o", "0", "i", "1", "l", "1").Replace(code)
}

// judgePhrase judges a signature by mail.
func judgePhrase(mark imprint.Mark, in Input) casefile.Return {
	c := in.State.Charter
	r := casefile.Return{Way: casefile.SignedByPhrase, Outcome: casefile.ReturnSigned, Evidence: in.Mail.Ref}
	switch {
	case mark.Reference != in.State.Reference:
		r.Outcome, r.Other = casefile.ReturnOtherCase, mark.Reference
	case !in.allows(r.Way):
		r.Outcome = casefile.ReturnWay
	case c.Fingerprint == "" || mark.Fingerprint == c.Fingerprint:
	case slices.Contains(c.Earlier, mark.Fingerprint):
		r.Outcome = casefile.ReturnOlder
	default:
		r.Outcome = casefile.ReturnFingerprint
	}
	return r
}

// allows tells whether the scheme lets the charter be signed in a way.
func (in Input) allows(way casefile.Code) bool {
	return len(in.State.Terms.CharterWays) == 0 || slices.Contains(in.State.Terms.CharterWays, way)
}

// awaitsCharter tells whether the case waits for its charter to be signed.
func (in Input) awaitsCharter() bool { return in.State.Stage == casefile.AwaitingCharter }

// judgeCopy judges a copy of the charter. What was found comes with it, to be kept.
func (r *Result) judgeCopy(a message.Attachment, in Input) (casefile.Return, Check) {
	back := casefile.Return{Way: casefile.SignedByCopy, Evidence: casefile.Ref{Key: documentKey(in.State.Reference, a), SHA256: a.SHA256}}
	found := r.lookAtCopy(a, in)
	c := Check{At: in.At, Sent: in.State.Charter.Ref, Copy: back.Evidence, Declared: in.declared(), Prefix: found.Prefix, Scanned: found.Scanned,
		Pages: found.Pages, Marks: found.Marks, Recognised: found.Recognised, Text: found.Text, Look: found.Look, Signatures: found.Signatures}
	switch {
	case a.Type != "application/pdf":
		back.Outcome = c.marked(in, casefile.ReturnPicture, casefile.ReturnUnclear)
	case found.Signatures != nil:
		c.Revocation = notAsked
		back.Way, back.Outcome = casefile.SignedDigitally, c.digital(in)
	default:
		back.Outcome = c.copied(in)
	}
	if back.Outcome == casefile.ReturnOtherCase {
		back.Other = c.Marks[slices.IndexFunc(c.Marks, func(m imprint.Mark) bool { return m.Reference != in.State.Reference })].Reference
	}
	if back.Outcome == casefile.ReturnSigned && !in.allows(back.Way) {
		back.Outcome = casefile.ReturnWay
	}
	c.Way, c.Outcome = back.Way, back.Outcome
	return back, c
}

// digital judges a digital signature: that of the charter that was sent, whole, by who may sign, under a certificate that is believed.
func (c *Check) digital(in Input) casefile.Code {
	if outcome := c.marked(in, casefile.ReturnSigned, casefile.ReturnSigned); outcome != casefile.ReturnSigned {
		return outcome
	}
	last := c.Signatures.Signatures[len(c.Signatures.Signatures)-1]
	switch {
	case slices.ContainsFunc(c.Signatures.Signatures, func(s signature.Signature) bool { return !s.Intact() }):
		return casefile.ReturnBroken
	case last.Has(signature.AddedAfter) && c.Look != nil && len(c.Look.Changed) == 0:
		return casefile.ReturnAdded
	case c.Text == nil || len(c.Text.Missing) > 0, c.Look == nil, len(c.Look.Changed) > 0:
		return casefile.ReturnChanged
	case len(c.Look.Over) > 0, !c.harmless(in):
		return casefile.ReturnAdded
	case len(last.Problems) > 0 || !last.Trusted:
		return casefile.ReturnUntrusted
	case !slices.ContainsFunc(c.Signatures.Signatures, func(s signature.Signature) bool { return samePerson(s.Signer, c.Declared) }):
		return casefile.ReturnName
	}
	return casefile.ReturnSigned
}

// copied judges a copy without digital signature. It is signed where it looks as it was sent, but for words in plain type that say who signs.
func (c *Check) copied(in Input) casefile.Code {
	if c.Text == nil || c.Look == nil {
		return c.marked(in, casefile.ReturnPicture, casefile.ReturnUnclear)
	}
	outcome := c.marked(in, casefile.ReturnSigned, casefile.ReturnSigned)
	switch {
	case outcome != casefile.ReturnSigned:
		return outcome
	case c.Recognised:
		return c.marked(in, casefile.ReturnPicture, casefile.ReturnUnclear)
	case len(c.Text.Missing) > 0 && len(c.Marks) == 0 && c.Text.Share() < 0.5:
		return casefile.ReturnUnclear // a document of its own: nothing says that it is the charter
	case len(c.Text.Missing) > 0, c.Prefix && len(c.Look.Changed) > 0:
		return casefile.ReturnChanged
	case !c.harmless(in), len(c.Look.Over) > 0 && len(c.Look.Changed) == 0:
		return casefile.ReturnAdded
	case !c.Look.Same():
		return casefile.ReturnUnclear // printed anew by another program, or other type under the same words: a person compares
	case c.signs(in):
		return casefile.ReturnSigned
	case len(c.Look.Words) > 0 || len(c.Text.Added) > 0:
		return casefile.ReturnAdded
	}
	return casefile.ReturnUnsigned
}

// marked judges the marks that were read: they tell which charter it is, and never that it was signed.
func (c *Check) marked(in Input, right, without casefile.Code) casefile.Code {
	charter := in.State.Charter
	for _, m := range c.Marks {
		switch {
		case m.Reference != in.State.Reference:
			return casefile.ReturnOtherCase
		case charter.Fingerprint != "" && m.Fingerprint != charter.Fingerprint:
			return casefile.ReturnOlder
		}
	}
	if len(c.Marks) > 0 {
		return right
	}
	return without
}

// declared is who may sign: the representative that was declared, else who applied.
func (in Input) declared() string {
	if field, ok := in.Version.ByRole(scheme.Representative); ok {
		if v := in.Facts.Fields[field.ID]; v.Problem == "" && v.Value != "" {
			return v.Value
		}
	}
	return in.Facts.Applicant.Name
}

// samePerson tells whether a certificate names a person: every word of the shorter name is in the other, two at least.
func samePerson(p signature.Person, declared string) bool {
	want := strings.Fields(plain(declared))
	for _, name := range []string{p.Name, p.GivenName + " " + p.Surname} {
		have := strings.Fields(plain(name))
		short, long := want, have
		if len(short) > len(long) {
			short, long = long, short
		}
		if len(short) >= 2 && !slices.ContainsFunc(short, func(word string) bool { return !slices.Contains(long, word) }) {
			return true
		}
	}
	return false
}

// charter reads what came back for the charter: the phrase, else the copies. What contradicts a signature counts before it, a
// signature before a doubt, and a doubt before what is only told.
func (r *Result) charter(written string, in Input) {
	mark, said := phrase(written)
	said = said && Intent(r.Reading.Intent) == Sign
	if !in.awaitsCharter() {
		return
	}
	var judged []casefile.Return
	var checks []Check
	if said {
		judged, checks = append(judged, judgePhrase(mark, in)), append(checks, Check{})
	}
	const most = 4 // copies of one mail
	for _, a := range in.Message.Files() {
		if !r.isCopy(a, in) || len(judged) > most {
			continue
		}
		back, check := casefile.Return{Way: casefile.SignedByCopy, Outcome: casefile.ReturnUnsigned}, Check{}
		if a.SHA256 != in.State.Charter.SHA256 {
			back, check = r.judgeCopy(a, in)
		}
		judged, checks = append(judged, back), append(checks, check)
	}
	if len(judged) == 0 {
		return
	}
	for i := range judged {
		if judged[i].Outcome == casefile.ReturnSigned && in.reserved(written) {
			judged[i].Outcome, checks[i].Outcome = casefile.ReturnReserved, casefile.ReturnReserved
		}
	}
	best := 0
	for i := range judged {
		if rank(judged[i]) > rank(judged[best]) {
			best = i
		}
	}
	back := judged[best]
	if !checks[best].At.IsZero() {
		text, err := json.MarshalIndent(checks[best], "", "  ")
		if err == nil {
			back.Check.Key = casefile.Folder(in.State.Reference) + "charter/" + back.Evidence.SHA256 + ".check.json"
			r.Check = text
		}
	}
	r.Reading.Return = &back
}

// isCopy tells whether an attachment is taken for the charter sent back: the file itself, or a document recognised as it that can be opened. One that
// nobody could read may be signed: an officer looks at it.
func (r *Result) isCopy(a message.Attachment, in Input) bool {
	if a.SHA256 == in.State.Charter.SHA256 {
		return true
	}
	return slices.ContainsFunc(r.Reading.Documents, func(d casefile.Document) bool {
		return d.SHA256 == a.SHA256 && d.Kind == CharterCopy && (d.Problem == "" || d.Problem == ProblemUnread)
	})
}

func rank(r casefile.Return) int {
	switch {
	case r.Contradicts():
		return 3
	case r.Outcome == casefile.ReturnSigned:
		return 2
	case r.Doubtful():
		return 1
	}
	return 0
}

// signs tells whether a person who is not the applicant signs the charter: that is for an officer, who knows who may.
func (r *Result) signs(in Input) {
	if !in.awaitsCharter() {
		return
	}
	found := casefile.Return{Outcome: casefile.ReturnAddress, Evidence: in.Mail.Ref}
	if mark, said := phrase(in.Message.Reply); said && mark.Reference == in.State.Reference && IntentOf(in.Message.Reply) == Sign {
		found.Way = casefile.SignedByPhrase
	}
	const most = 2 // files that are looked into, for somebody nobody knows
	for i, a := range in.Message.Files() {
		if i >= most || a.Size > MaxDocument || found.Way != "" || in.Shut {
			break
		}
		marks := r.ask(in, papers.Request{Type: a.Type, Check: true, Marks: true}, a.Content()).Marks
		if slices.ContainsFunc(marks, func(m imprint.Mark) bool { return m.Reference == in.State.Reference }) {
			found.Way = casefile.SignedByCopy
		}
	}
	if found.Way != "" {
		r.Reading.Return = &found
	}
}
