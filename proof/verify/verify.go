// Package verify examines a case folder by itself: no server, no configuration and no DNS is asked. It checks every object against the
// hash in its name and in the journal, the journal's chain, case.json against the journal, what mails and letters that have left the
// authority say of the chain, the DKIM signatures with the keys that were kept, and the seals. It names what is wrong, and where it can, the byte.
//
// What it cannot do is told in docs/evidence.md: whoever may rewrite everything, locks included, leaves a folder that agrees with itself, and
// only copies that are elsewhere speak against it.
package verify

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"relance/domain/casefile"
	"relance/domain/chain"
)

// Folder is a case folder: the names of its objects are what stands behind cases/REFERENCE/.
type Folder interface {
	Names() ([]string, error)
	Read(name string) ([]byte, error)
}

// FS is a folder on a disk.
func FS(fsys fs.FS) Folder { return folderFS{fsys} }

type folderFS struct{ fs.FS }

func (f folderFS) Names() ([]string, error) {
	var names []string
	err := fs.WalkDir(f.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, name)
		}
		return err
	})
	return names, err
}

func (f folderFS) Read(name string) ([]byte, error) { return fs.ReadFile(f.FS, name) }

// What can be wrong.
const (
	Altered    = "altered"    // the content is not the one that was written
	Missing    = "missing"    // it is not there
	Added      = "added"      // an entry of the journal that no other knows
	Order      = "order"      // an entry of the journal in another place
	Unreadable = "unreadable" // it is not what it should be
	Unspoken   = "unspoken"   // no entry of the journal speaks of it
	Misnamed   = "misnamed"   // its name says another hash than its content has
	Disagrees  = "disagrees"  // a mail or a letter that has left the authority says another head of the journal
	Unproven   = "unproven"   // a signature that was good does not verify
	Unsealed   = "unsealed"   // a seal does not verify
)

// Finding is something wrong.
type Finding struct {
	Object string `json:"object"`          // its name in the folder
	Entry  int    `json:"entry,omitempty"` // of the journal
	What   string `json:"what"`
	Want   string `json:"want,omitempty"` // the SHA-256 that is expected
	Got    string `json:"got,omitempty"`  // the SHA-256 that was found
	Byte   *Byte  `json:"byte,omitempty"` // where the content differs first, where that can be told
	Detail string `json:"detail,omitempty"`
}

// Byte is where a content differs from the one that was written.
type Byte struct {
	Offset   int    `json:"offset"` // from 0; of the line, for an entry of the journal
	Found    string `json:"found"`  // two hexadecimal digits; empty where the content is too short
	Was      string `json:"was"`
	Original string `json:"original,omitempty"` // where the content that was written is still to be had; empty: it was found by trial
}

// Signature is a DKIM signature that was verified again.
type Signature struct {
	Object string `json:"object"`
	Domain string `json:"domain"`
	Result string `json:"result"`
}

// Seal is a seal that was examined.
type Seal struct {
	Object  string    `json:"object"`
	By      string    `json:"by"`      // as its certificate names them
	At      time.Time `json:"at"`      // when it was made
	Stamped bool      `json:"stamped"` // a timestamp authority says so, else the signer's own clock
	Trusted bool      `json:"trusted"` // the certificate leads to one of Options.Roots
}

// Report is what was found.
type Report struct {
	Reference  string      `json:"reference"`
	Objects    int         `json:"objects"`
	Entries    int         `json:"entries"`
	Head       string      `json:"head,omitempty"` // of the journal, as it stands in the folder
	Compared   bool        `json:"compared"`       // the journal is a chain, so that it could be compared with mails and letters
	Anchors    int         `json:"anchors"`        // mails and letters that have left the authority, and agree with the journal
	Evidence   int         `json:"evidence"`       // files of evidence of a signature
	Signatures []Signature `json:"signatures,omitempty"`
	Seals      []Seal      `json:"seals,omitempty"`
	Findings   []Finding   `json:"findings,omitempty"`
}

// Sound tells whether nothing is wrong.
func (r Report) Sound() bool { return len(r.Findings) == 0 }

// Options are what a folder does not have by itself.
type Options struct {
	Reference string // the case that it should be; empty: as it says itself
	// Roots are the certificates that seals have to lead to; nil: whose they are is told, and not judged.
	Roots *x509.CertPool
	// Against are mails and letters of the authority that somebody else has kept, by name: the journal is held against them.
	Against map[string][]byte
}

// ErrNoCase is returned for a folder that holds no case.
var ErrNoCase = errors.New("no case folder: it has neither case.json nor journal.jsonl")

// examination is one folder under examination.
type examination struct {
	Report
	folder Folder
	o      Options
	names  []string
	sums   map[string]string  // SHA-256 by name
	spoken map[string][]entry // entries by the name of the object they speak of
	told   map[string]bool    // objects that a finding is about

	light bool     // only names are compared: what the objects hold was not read
	mends int      // objects in which the byte was looked for by trial
	lines [][]byte // of the journal, where it is a chain without a fault
}

type entry struct {
	number int
	sum    string
}

// Case examines a case folder. The error is the folder's: what is wrong with the case is in the report.
func Case(folder Folder, o Options) (Report, error) {
	x := &examination{folder: folder, o: o, sums: map[string]string{}, spoken: map[string][]entry{}, told: map[string]bool{}}
	var err error
	if x.names, err = folder.Names(); err != nil {
		return x.Report, err
	}
	slices.Sort(x.names)
	if !x.has("case.json") && !x.has("journal.jsonl") {
		return x.Report, ErrNoCase
	}
	for _, name := range x.names {
		content, err := folder.Read(name)
		if err != nil {
			return x.Report, err
		}
		x.sums[name] = chain.Hash(content)
	}
	x.Objects = len(x.names)
	for _, step := range []func() error{x.journal, x.objects, x.byName, x.strangers, x.abroad, x.mails, x.evidence, x.seals} {
		if err := step(); err != nil {
			return x.Report, err
		}
	}
	return x.Report, nil
}

// Journal examines what can be examined without reading the objects: the journal's chain, case.json against it, and whether what the
// journal speaks of is there and nothing else. What the objects hold is not looked at.
func Journal(folder Folder, o Options) (Report, error) {
	x := &examination{folder: folder, o: o, light: true, sums: map[string]string{}, spoken: map[string][]entry{}, told: map[string]bool{}}
	var err error
	if x.names, err = folder.Names(); err != nil {
		return x.Report, err
	}
	slices.Sort(x.names)
	if !x.has("case.json") && !x.has("journal.jsonl") {
		return x.Report, ErrNoCase
	}
	x.Objects = len(x.names)
	for _, step := range []func() error{x.journal, x.objects, x.strangers} {
		if err := step(); err != nil {
			return x.Report, err
		}
	}
	return x.Report, nil
}

func (x *examination) has(name string) bool {
	_, found := slices.BinarySearch(x.names, name)
	return found
}

func (x *examination) find(f Finding) {
	if f.Object != "journal.jsonl" {
		x.told[f.Object] = true
	}
	x.Findings = append(x.Findings, f)
}

// name is the name in the folder of an object that the journal has under its whole key; ok is false for one of another folder.
func (x *examination) name(key string) (name string, ok bool) {
	return strings.CutPrefix(key, casefile.Folder(x.Reference))
}

// objects compares every object with the hash that the journal has of it.
func (x *examination) objects() error {
	names := make([]string, 0, len(x.spoken))
	for name := range x.spoken {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		said := x.spoken[name]
		last := said[len(said)-1]
		if name == "case.json" {
			continue
		}
		for _, earlier := range said {
			if earlier.sum != last.sum {
				x.find(Finding{Object: name, Entry: last.number, What: Altered, Want: earlier.sum, Got: last.sum,
					Detail: fmt.Sprintf("entry %d has another hash", earlier.number)})
				break
			}
		}
		switch sum := x.sums[name]; {
		case !x.has(name):
			x.find(Finding{Object: name, Entry: last.number, What: Missing, Want: last.sum})
		case sum != last.sum && !x.light:
			if err := x.altered(name, last.sum, last.number); err != nil {
				return err
			}
		}
	}
	return nil
}

// byName compares objects that are called by their hash with their name.
func (x *examination) byName() error {
	for _, name := range x.names {
		base := strings.TrimSuffix(path.Base(name), path.Ext(name))
		called := slices.Contains([]string{"mail/in", "facts", "documents"}, path.Dir(name)) && len(base) == 64
		if !called || base == x.sums[name] || x.told[name] {
			continue
		}
		if len(x.spoken[name]) > 0 { // it is the object that the journal speaks of
			x.find(Finding{Object: name, Entry: x.spoken[name][0].number, What: Misnamed, Want: base, Got: x.sums[name]})
			continue
		}
		if err := x.altered(name, base, 0); err != nil {
			return err
		}
	}
	return nil
}

// strangers tells of objects that no entry speaks of.
func (x *examination) strangers() error {
	for _, name := range x.names {
		if name == "case.json" || name == "journal.jsonl" || len(x.spoken[name]) > 0 || x.told[name] {
			continue
		}
		x.find(Finding{Object: name, What: Unspoken, Got: x.sums[name]})
	}
	for _, name := range []string{"case.json", "journal.jsonl"} {
		if !x.has(name) && !x.told[name] {
			x.find(Finding{Object: name, What: Missing})
		}
	}
	return nil
}
