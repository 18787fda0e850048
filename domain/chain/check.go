package chain

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"fmt"
	"slices"
)

// Fault is something wrong with a journal.
type Fault struct {
	Entry  int    // the number of the entry, or of its line where it cannot be read
	What   string // altered, missing, added, order, unreadable
	Want   string // the hash that is expected
	Got    string // the hash that was found
	Offset int    // altered: the byte of the line that is wrong, from 0; -1 where that cannot be told
	Found  byte   // altered: the byte that is there
	Was    byte   // altered: the byte that was there
}

// The kinds of fault.
const (
	Altered    = "altered"    // it is not what the entry after it has hashed
	Missing    = "missing"    // an entry is not there
	Added      = "added"      // no entry after it knows it
	Order      = "order"      // it stands in another place than its number says
	Unreadable = "unreadable" // it is no entry
)

func (f Fault) String() string {
	text := fmt.Sprintf("entry %d: %s", f.Entry, f.What)
	if f.Want != "" {
		text += fmt.Sprintf(", want %s", f.Want)
	}
	if f.Got != "" {
		text += fmt.Sprintf(", got %s", f.Got)
	}
	if f.What == Altered && f.Offset >= 0 {
		text += fmt.Sprintf(", byte %d is %q and was %q", f.Offset, f.Found, f.Was)
	}
	return text
}

// link is one line of a journal under examination.
type link struct {
	Entry
	line  []byte
	hash  string
	at    int  // its line, from 1
	read  bool // it is an entry, written as one is
	known bool // another entry or end of the chain has its hash
}

// Check examines the journal of a case: whether every entry carries the hash of the one before it, and whether the last is the one that is
// expected. End gives the tips that the chain is known to have had, that of case.json among them; last is what the last line has to be, nil
// where that is not known. It names what is wrong, and gives the entries that can be read, in the order of their numbers.
func Check(reference string, text []byte, ends []Tip, last []byte) ([]Entry, []Fault) {
	links := read(text)
	known := map[string]bool{} // hashes that something else vouches for
	for _, l := range links {
		known[l.Prev] = true
	}
	for _, end := range ends {
		known[end.Head] = true
	}
	if last != nil {
		known[Hash(last)] = true
	}
	for i := range links {
		links[i].known = known[links[i].hash]
	}
	tries := maxMends
	links, faults := inOrder(links)
	links, more := withoutStrangers(links)
	faults = append(append(faults, more...), follow(reference, links, len(ends) > 0 || last != nil, &tries)...)
	faults = append(faults, ending(links, ends, last, &tries)...)
	var entries []Entry
	for _, l := range links {
		if l.read {
			entries = append(entries, l.Entry)
		}
	}
	return entries, faults
}

func read(text []byte) []link {
	var links []link
	for i, line := range Split(text) {
		l := link{line: line, hash: Hash(line), at: i + 1}
		e, err := Parse(line)
		if l.Entry, l.read = e, err == nil && bytes.Equal(e.Line(), line); err != nil {
			l.Entry = Entry{Seq: i + 1}
		}
		links = append(links, l)
	}
	return links
}

// inOrder puts entries that are known, and stand in another order than their numbers say, where they belong.
func inOrder(links []link) ([]link, []Fault) {
	var faults []Fault
	last := link{}
	for _, l := range links {
		if !l.known {
			continue
		}
		if l.Seq < last.Seq {
			faults = append(faults, Fault{Entry: l.Seq, What: Order, Want: l.Prev, Got: last.hash})
		}
		last = l
	}
	if faults != nil {
		slices.SortStableFunc(links, func(a, b link) int { return cmp.Compare(a.Seq, b.Seq) })
	}
	return links, faults
}

// withoutStrangers takes out lines that no other entry knows, where the entries around them know each other.
func withoutStrangers(links []link) ([]link, []Fault) {
	var faults []Fault
	var kept []link
	for i, l := range links {
		if !l.known && len(kept) > 0 {
			before := kept[len(kept)-1].hash
			if slices.ContainsFunc(links[i+1:], func(after link) bool { return after.Prev == before }) {
				faults = append(faults, Fault{Entry: l.at, What: Added, Got: l.hash})
				continue
			}
		}
		kept = append(kept, l)
	}
	return kept, faults
}

// follow goes from link to link. A link that does not fit tells of the one before it, unless nothing vouches for itself. Ended says that the
// end is known otherwise.
func follow(reference string, links []link, ended bool, tries *int) []Fault {
	var faults []Fault
	before, number := link{hash: Genesis(reference), known: true}, 0
	for i, l := range links {
		fits := l.Prev == before.hash
		switch {
		case fits, !l.known && (i+1 < len(links) || ended): // what comes after it will tell
		case l.Seq > number+1:
			for n := number + 1; n < l.Seq; n++ {
				faults = append(faults, Fault{Entry: n, What: Missing, Want: map[bool]string{true: l.Prev}[n == l.Seq-1]})
			}
		case i == 0:
			faults = append(faults, Fault{Entry: 1, What: Altered, Want: before.hash, Got: l.Prev, Offset: -1})
		case l.Seq == number+1:
			faults = append(faults, before.altered(number, l.Prev, tries))
		default:
			faults = append(faults, Fault{Entry: l.at, What: Added, Got: l.hash})
			continue
		}
		if !l.read && l.known {
			faults = append(faults, Fault{Entry: l.at, What: Unreadable, Got: l.hash})
		}
		if before = l; l.known {
			number = l.Seq
		} else {
			number++
		}
	}
	return faults
}

// altered is the fault of a line that should have another hash.
func (l link) altered(number int, want string, tries *int) Fault {
	f := Fault{Entry: number, What: Altered, Want: want, Got: l.hash, Offset: -1}
	if *tries--; *tries < 0 {
		return f
	}
	if offset, was, ok := Mend(l.line, want); ok {
		f.Offset, f.Found, f.Was = offset, l.line[offset], was
	}
	return f
}

// ending compares the chain with what is known of it otherwise.
func ending(links []link, ends []Tip, last []byte, tries *int) []Fault {
	var faults []Fault
	for _, end := range ends {
		i := end.Length - 1
		switch {
		case i < 0 || i < len(links) && links[i].hash == end.Head:
		case i >= len(links):
			faults = append(faults, Fault{Entry: end.Length, What: Missing, Want: end.Head})
		case i+1 == len(links) || links[i+1].Prev == links[i].hash: // else it has been told of
			faults = append(faults, links[i].altered(end.Length, end.Head, tries))
		}
	}
	if len(links) == 0 || last == nil {
		return faults
	}
	l := links[len(links)-1]
	if e, err := Parse(last); err == nil && e.Seq > len(links) {
		return append(faults, Fault{Entry: e.Seq, What: Missing, Want: Hash(last)})
	}
	if !bytes.Equal(l.line, last) {
		f := Fault{Entry: len(links), What: Altered, Want: Hash(last), Got: l.hash, Offset: -1}
		for i := range min(len(l.line), len(last)) {
			if l.line[i] != last[i] {
				f.Offset, f.Found, f.Was = i, l.line[i], last[i]
				break
			}
		}
		faults = append(faults, f)
	}
	return faults
}

const (
	maxMends    = 10       // altered entries in which the byte is looked for: a journal that is nonsense is not tried to the end
	mendable    = 4 << 10  // bytes; of a longer content only flipped bits are looked for
	mendableBit = 32 << 10 // bytes; of a longer content nothing is
)

// Mend finds the one byte of a content that has to be another for the content to have a hash. It gives where, and what the byte was. A content
// in which more than one byte is wrong is not found out, nor one above 4 KiB in which more than one bit is, nor one above 32 KiB.
func Mend(content []byte, want string) (offset int, was byte, ok bool) {
	target, err := hex.DecodeString(want)
	if err != nil || len(target) != sha256.Size || len(content) > mendableBit {
		return 0, 0, false
	}
	const block = sha256.BlockSize
	changed := bytes.Clone(content)
	prefix := sha256.New()
	var changes []byte // what a byte may be off by
	for d := 1; d < 256; d++ {
		if len(content) <= mendable || d&(d-1) == 0 {
			changes = append(changes, byte(d))
		}
	}
	for start := 0; start < len(content); start += block {
		state, err := prefix.(encoding.BinaryMarshaler).MarshalBinary()
		if err != nil {
			return 0, 0, false
		}
		end := min(start+block, len(content))
		for i := start; i < end; i++ {
			for _, d := range changes {
				changed[i] = content[i] ^ d
				h := sha256.New()
				if err := h.(encoding.BinaryUnmarshaler).UnmarshalBinary(state); err != nil {
					return 0, 0, false
				}
				h.Write(changed[start:])
				if bytes.Equal(h.Sum(nil), target) {
					return i, changed[i], true
				}
			}
			changed[i] = content[i]
		}
		prefix.Write(content[start:end])
	}
	return 0, 0, false
}
