package verify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/mail"
	"path"
	"regexp"
	"slices"
	"strings"

	"relance/domain/casefile"
	"relance/domain/chain"
	"relance/mail/message"
)

// journal examines the chain: by itself, against case.json, and against what mails and letters that have left the authority say of it.
func (x *examination) journal() error {
	text, snapshot, err := x.both()
	if err != nil {
		return err
	}
	var state casefile.State
	broken := json.Unmarshal(snapshot, &state) != nil
	x.Reference = x.reference(state, text)
	lines := chain.Split(text)
	x.Entries, x.Head = len(lines), chain.TipOf(lines).Head
	last := x.last(lines, snapshot, state, broken)
	var ends []chain.Tip
	if !broken && bytes.Equal(last, closing(x.Reference, state.Chain, snapshot)) {
		ends = append(ends, state.Chain)
	}
	entries, faults := chain.Check(x.Reference, text, ends, last)
	for _, f := range faults {
		x.fault(f)
		if f.What != chain.Altered || f.Offset < 0 || f.Entry > len(lines) || f.Offset >= len(lines[f.Entry-1]) {
			continue
		}
		was := bytes.Clone(lines[f.Entry-1]) // what it was is known: its objects are compared with that
		was[f.Offset] = f.Was
		if e, err := chain.Parse(was); err == nil {
			entries = append(slices.DeleteFunc(entries, func(other chain.Entry) bool { return other.Seq == f.Entry }), e)
		}
	}
	if len(faults) == 0 {
		x.lines = lines
	}
	slices.SortStableFunc(entries, func(a, b chain.Entry) int { return a.Seq - b.Seq })
	for _, e := range entries {
		for _, o := range e.Objects {
			if name, ours := x.name(o.Key); ours {
				x.spoken[name] = append(x.spoken[name], entry{e.Seq, o.SHA256})
			}
		}
	}
	return nil
}

func (x *examination) both() (text, snapshot []byte, err error) {
	for name, into := range map[string]*[]byte{"journal.jsonl": &text, "case.json": &snapshot} {
		if x.has(name) {
			if *into, err = x.folder.Read(name); err != nil {
				return nil, nil, err
			}
		}
	}
	return text, snapshot, nil
}

var folderKey = regexp.MustCompile(`cases/([A-Z]{2,8}-[0-9A-Z]{5}-[0-9A-Z]{5})/`)

// reference is the case's: as asked for, else as most of what is in the folder says.
func (x *examination) reference(state casefile.State, text []byte) string {
	if x.o.Reference != "" {
		return x.o.Reference
	}
	count, most := map[string]int{state.Reference: 1}, state.Reference
	for _, found := range folderKey.FindAllSubmatch(text, -1) {
		reference := string(found[1])
		if count[reference]++; count[reference] > count[most] {
			most = reference
		}
	}
	return most
}

// closing is the line with which the journal has to end for a case.json.
func closing(reference string, tip chain.Tip, snapshot []byte) []byte {
	return tip.Add(reference, chain.Entry{What: chain.Stored, Objects: []chain.Object{{Key: casefile.Folder(reference) + "case.json", SHA256: chain.Hash(snapshot)}}}).Line()
}

// last is the line that the journal has to end with. Where the last line and case.json do not fit each other, it finds out which of the two was
// altered: a line that is right but for the hash of case.json speaks against case.json, unless that hash itself differs by one digit.
func (x *examination) last(lines [][]byte, snapshot []byte, state casefile.State, broken bool) []byte {
	if len(lines) == 0 || snapshot == nil {
		return nil
	}
	line, before := lines[len(lines)-1], chain.TipOf(lines[:len(lines)-1])
	if !broken && bytes.Equal(line, closing(x.Reference, state.Chain, snapshot)) {
		return line
	}
	e, err := chain.Parse(line)
	if err == nil && e.What == chain.Stored && len(e.Objects) == 1 {
		right := closing(x.Reference, before, snapshot)
		sum := e.Objects[0].SHA256
		same := e
		same.Objects = []chain.Object{{Key: e.Objects[0].Key, SHA256: chain.Hash(snapshot)}}
		if bytes.Equal(same.Line(), right) && differ(sum, chain.Hash(snapshot)) > 1 {
			x.snapshotAltered(snapshot, sum, e.Seq)
			return line
		}
	}
	if broken {
		x.find(Finding{Object: "case.json", What: Unreadable, Got: chain.Hash(snapshot)})
		return nil
	}
	return closing(x.Reference, state.Chain, snapshot)
}

func (x *examination) snapshotAltered(snapshot []byte, want string, number int) {
	f := Finding{Object: "case.json", Entry: number, What: Altered, Want: want, Got: chain.Hash(snapshot)}
	f.Byte = x.mended(snapshot, want)
	x.find(f)
}

// differ counts the places in which two texts of one length differ.
func differ(a, b string) int {
	n := max(len(a), len(b)) - min(len(a), len(b))
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}

// fault tells of something wrong with the chain.
func (x *examination) fault(f chain.Fault) {
	found := Finding{Object: "journal.jsonl", Entry: f.Entry, What: f.What, Want: f.Want, Got: f.Got}
	if f.What == chain.Altered && f.Offset >= 0 {
		found.Byte = &Byte{Offset: f.Offset, Found: fmt.Sprintf("%02x", f.Found), Was: fmt.Sprintf("%02x", f.Was)}
	}
	if !slices.ContainsFunc(x.Findings, func(other Finding) bool {
		return other.Object == found.Object && other.Entry == found.Entry && other.What == found.What
	}) {
		x.find(found)
	}
}

// abroad compares the chain with what has left the authority: the mails and letters in the folder, and the copies that others have kept.
func (x *examination) abroad() error {
	if x.lines == nil {
		return nil // it has been told of
	}
	x.Compared = true
	for _, name := range x.names {
		if place := path.Dir(name); x.told[name] || place != "mail/out" && place != "letters" {
			continue
		}
		content, err := x.folder.Read(name)
		if err != nil {
			return err
		}
		x.compare(name, content)
	}
	for _, name := range slices.Sorted(maps.Keys(x.o.Against)) {
		if !x.compare(name, x.o.Against[name]) {
			x.find(Finding{Object: name, What: Unreadable, Detail: "it does not say where the journal stood"})
		}
	}
	return nil
}

// compare compares the chain with what a mail or a letter says of it; says is false where that says nothing.
func (x *examination) compare(name string, content []byte) (says bool) {
	tip, says := anchor(name, content)
	switch {
	case !says:
	case tip.Length > len(x.lines):
		x.find(Finding{Object: name, Entry: tip.Length, What: Disagrees, Want: tip.Head, Detail: fmt.Sprintf("it knows of %d entries", tip.Length)})
	case chain.Hash(x.lines[tip.Length-1]) != tip.Head:
		x.find(Finding{Object: name, Entry: tip.Length, What: Disagrees, Want: tip.Head, Got: chain.Hash(x.lines[tip.Length-1])})
	default:
		x.Anchors++
	}
	return says
}

// anchor is what a mail or a letter says of the chain.
func anchor(name string, content []byte) (tip chain.Tip, ok bool) {
	switch path.Ext(name) {
	case ".eml":
		m, err := mail.ReadMessage(bytes.NewReader(content))
		if err != nil {
			return tip, false
		}
		return chain.FindTip(m.Header.Get(chain.Field))
	case ".pdf":
		if i := bytes.Index(content, []byte("journal ")); i >= 0 {
			return chain.FindTip(string(content[i:min(len(content), i+100)]))
		}
	}
	return tip, false
}

// altered tells of an object whose content is another, and looks for the byte: in the content that was written, where that is still to be had in
// another place, else by trial.
func (x *examination) altered(name, want string, number int) error {
	f := Finding{Object: name, Entry: number, What: Altered, Want: want, Got: x.sums[name]}
	content, err := x.folder.Read(name)
	if err != nil {
		return err
	}
	original, where, err := x.original(name, want)
	if err != nil {
		return err
	}
	if original != nil {
		f.Byte = difference(content, original)
		f.Byte.Original = where
	} else {
		f.Byte = x.mended(content, want)
	}
	x.find(f)
	return nil
}

// maxMends is in how many objects the byte is looked for by trial, which takes a second for one of 32 KiB.
const maxMends = 20

func (x *examination) mended(content []byte, want string) *Byte {
	if x.mends++; x.mends > maxMends {
		return nil
	}
	offset, was, ok := chain.Mend(content, want)
	if !ok {
		return nil
	}
	return &Byte{Offset: offset, Found: fmt.Sprintf("%02x", content[offset]), Was: fmt.Sprintf("%02x", was)}
}

// difference is the first byte in which a content is not the original.
func difference(content, original []byte) *Byte {
	i := 0
	for i < len(content) && i < len(original) && content[i] == original[i] {
		i++
	}
	b := &Byte{Offset: i}
	if i < len(content) {
		b.Found = fmt.Sprintf("%02x", content[i])
	}
	if i < len(original) {
		b.Was = fmt.Sprintf("%02x", original[i])
	}
	return b
}

// original looks for a content in other objects: under another name, or attached to a mail.
func (x *examination) original(except, want string) (content []byte, where string, err error) {
	for _, name := range x.names {
		if name == except {
			continue
		}
		if x.sums[name] == want {
			content, err := x.folder.Read(name)
			return content, name, err
		}
		if !strings.HasPrefix(name, "mail/") || path.Ext(name) != ".eml" {
			continue
		}
		raw, err := x.folder.Read(name)
		if err != nil {
			return nil, "", err
		}
		m, err := message.Parse(raw)
		if err != nil {
			continue
		}
		if a := inside(m.Files(), want); a != nil {
			return a.Content(), name, nil
		}
	}
	return nil, "", nil
}

// inside finds a content among files, and in what they contain.
func inside(files []message.Attachment, want string) *message.Attachment {
	for i := range files {
		if files[i].SHA256 == want && chain.Hash(files[i].Content()) == want {
			return &files[i]
		}
		if a := inside(files[i].Contains, want); a != nil {
			return a
		}
	}
	return nil
}
