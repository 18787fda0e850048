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
	"regexp"
	"strconv"
	"time"
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

// Line is the entry as it stands in journal.jsonl, without the line feed.
func (e Entry) Line() []byte {
	var b bytes.Buffer
	w := json.NewEncoder(&b)
	w.SetEscapeHTML(false)
	//workflowcheck:ignore an entry has no map, so that its JSON is the same on every machine
	if err := w.Encode(e); err != nil {
		panic(err) // an instant beyond the year 9999, which no clock gives
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
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
