package verify

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"path"
	"slices"
	"strings"

	"relance/domain/casefile"
	"relance/domain/chain"
)

// Standing is what a case folder says of a file that somebody holds for a letter of ours.
type Standing string

// The standings. A letter that a program saved anew has other bytes: it is Unconfirmed, and not false.
const (
	InForce     Standing = "in_force"    // ours, unchanged, and nothing has taken its place
	Superseded  Standing = "superseded"  // ours and unchanged: a decision that was replaced or withdrawn, a charter that a newer one replaced
	Authentic   Standing = "authentic"   // ours and unchanged; whether it is in force is not told
	Unconfirmed Standing = "unconfirmed" // it is not, byte by byte, a letter of this folder
)

// Letter tells how a file stands. Its bytes alone are compared, with what the journal says of each letter; nothing in
// the file is read. An error is one of reading the folder.
func Letter(f Folder, file []byte) (Standing, error) {
	text, err := f.Read("journal.jsonl")
	if err != nil {
		return Unconfirmed, err
	}
	hash := sha256.Sum256(file)
	sum := hex.EncodeToString(hash[:])
	var name string
	for _, line := range chain.Split(text) {
		entry, err := chain.Parse(line)
		if err != nil {
			continue // Case tells of it
		}
		for _, o := range entry.Objects {
			if o.SHA256 == sum && path.Base(path.Dir(o.Key)) == "letters" && path.Ext(o.Key) == ".pdf" {
				name = path.Base(o.Key)
			}
		}
	}
	if name == "" {
		return Unconfirmed, nil
	}
	snapshot, err := f.Read("case.json")
	if err != nil {
		return Unconfirmed, err
	}
	var s casefile.State
	if err := json.Unmarshal(snapshot, &s); err != nil {
		return Unconfirmed, err
	}
	if superseded(s, sum, name) {
		return Superseded, nil
	}
	return InForce, nil
}

// superseded tells whether something has taken the place of a letter.
func superseded(s casefile.State, sum, name string) bool {
	is := func(d casefile.Decision) bool { return d.Letter.SHA256 == sum }
	switch {
	case slices.ContainsFunc(s.Earlier, is):
		return true // replaced on an appeal, or withdrawn (CRPA L242-1)
	case s.Decision != nil && is(*s.Decision):
		return s.Stage == casefile.Withdrawn && s.Decision.Grant // given up by the applicant
	}
	_, kind, _ := strings.Cut(strings.TrimSuffix(name, ".pdf"), "-")
	return casefile.Signable(kind) && s.Charter.SHA256 != "" && s.Charter.SHA256 != sum
}
