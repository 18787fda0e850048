// Package chain is the journal of a case as evidence: each entry carries the hash of the one before it and of every object it
// speaks of, so that one hash, the chain's head, stands for the whole case up to then.
//
// An entry is one line of journal.jsonl, and its hash is the SHA-256 of exactly the bytes of that line, without the line feed. Nothing has to be
// parsed or brought into a canonical form to check it: sed and sha256sum do (docs/evidence.md). The package is pure.
package chain

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Object is an object of the case folder with the hash of its content. One that stays inside a mail has no key.
type Object struct {
	Key    string `json:"key,omitempty"`
	SHA256 string `json:"sha256,omitempty"` // hexadecimal
}

// Entry is one line of the case's journal: when, who, what, on which message or document.
type Entry struct {
	Seq     int       `json:"seq"`               // its number, from 1
	Prev    string    `json:"prev"`              // the hash of the entry before it; Genesis for the first
	At      time.Time `json:"at,omitzero"`       // legal, UTC
	Who     string    `json:"who,omitempty"`     //
	What    string    `json:"what"`              // a code: "stage", "mail.read", "mail.sent", "document", "act.approve", …
	On      string    `json:"on,omitempty"`      // what it is about: a key, a stage, a kind of mail
	Note    string    `json:"note,omitempty"`    // further codes, space separated
	Objects []Object  `json:"objects,omitempty"` // what it speaks of
}

// Stored is the code of the entry that ends each writing of the journal: it carries the hash of case.json, and nothing that could be
// altered unseen.
const Stored = "state"

// Line is the entry as it stands in journal.jsonl, without the line feed. It is written here, and not by a library whose habits may change: the
// same entry has to give the same bytes for as long as there are cases.
func (e Entry) Line() []byte {
	b := append([]byte(`{"seq":`), strconv.Itoa(e.Seq)...)
	b = text(append(b, `,"prev":`...), e.Prev)
	if !e.At.IsZero() {
		b = text(append(b, `,"at":`...), e.At.Format(time.RFC3339Nano))
	}
	b = optional(b, "who", e.Who)
	b = text(append(b, `,"what":`...), e.What)
	b = optional(b, "on", e.On)
	b = optional(b, "note", e.Note)
	for i, o := range e.Objects {
		b = append(b, map[bool]string{true: `,"objects":[{`, false: `,{`}[i == 0]...)
		if o.Key != "" {
			b = text(append(b, `"key":`...), o.Key)
		}
		if o.Key != "" && o.SHA256 != "" {
			b = append(b, ',')
		}
		if o.SHA256 != "" {
			b = text(append(b, `"sha256":`...), o.SHA256)
		}
		b = append(b, '}')
	}
	if len(e.Objects) > 0 {
		b = append(b, ']')
	}
	return append(b, '}')
}

func optional(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	return text(append(b, `,"`+name+`":`...), value)
}

// text writes a JSON string, escaped as RFC 8785 §3.2.2.2 has it.
func text(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s { // what is not UTF-8 becomes U+FFFD
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r >= ' ':
			b = utf8.AppendRune(b, r)
		case strings.ContainsRune("\b\t\n\f\r", r):
			b = append(b, '\\', "btn?fr"[r-'\b'])
		default:
			b = fmt.Appendf(b, `\u%04x`, r)
		}
	}
	return append(b, '"')
}

// Hash is the hash of a line, in hexadecimal.
func Hash(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}

// Genesis is what the first entry of a case has for the hash of the one before: the hash of the case's reference, so that the journal
// of one case cannot stand in the folder of another.
func Genesis(reference string) string { return Hash([]byte(reference)) }

// Tip is where a chain ends: how many entries it has, and the hash of the last. The zero Tip is that of an empty journal.
type Tip struct {
	Length int    `json:"length"`
	Head   string `json:"head,omitempty"`
}

// Field is the field of the authority's mails that carries a Tip: whoever has such a mail can hold it against the journal.
const Field = "Relance-Journal"

// String is how a Tip stands in mails and letters: the number of entries and the hash of the last. That of an empty journal is empty.
func (t Tip) String() string {
	if t.Length == 0 {
		return ""
	}
	return strconv.Itoa(t.Length) + " " + t.Head
}

var written = regexp.MustCompile(`(?:^|journal |\s)(\d{1,9}) ([0-9a-f]{64})\b`)

// FindTip finds the first Tip in a text; ok is false where there is none.
func FindTip(text string) (t Tip, ok bool) {
	found := written.FindStringSubmatch(text)
	if found == nil {
		return t, false
	}
	n, err := strconv.Atoi(found[1])
	return Tip{n, found[2]}, err == nil && n > 0
}

// Add puts an entry at the end of a case's chain: it gives the entry with its number and link.
func (t *Tip) Add(reference string, e Entry) Entry {
	e.Seq, e.Prev = t.Length+1, t.Head
	if t.Length == 0 {
		e.Prev = Genesis(reference)
	}
	e.At = e.At.UTC().Round(0)
	t.Length, t.Head = e.Seq, Hash(e.Line())
	return e
}

// Split gives the lines of a journal, each without its line feed.
func Split(text []byte) [][]byte {
	if len(text) == 0 {
		return nil
	}
	return bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
}

// Join makes a journal of lines.
func Join(lines [][]byte) []byte {
	var b bytes.Buffer
	for _, line := range lines {
		b.Write(line)
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// TipOf is where lines end, without a look at what they say.
func TipOf(lines [][]byte) Tip {
	if len(lines) == 0 {
		return Tip{}
	}
	return Tip{len(lines), Hash(lines[len(lines)-1])}
}

// Parse reads one line. Fields that an entry does not have are an error.
func Parse(line []byte) (Entry, error) {
	var e Entry
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	return e, d.Decode(&e)
}
