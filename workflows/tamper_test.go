package workflows_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"relance/domain/casefile"
	"relance/domain/chain"
	"relance/local/chance"
	"relance/mail/dkimtest"
	"relance/proof/verify"
	"relance/store/archive"
)

// copied is a copy of a case folder, to tamper with: object names to contents.
type copied map[string][]byte

func (c copied) Names() ([]string, error) { return slices.Sorted(maps.Keys(c)), nil }

func (c copied) Read(name string) ([]byte, error) {
	content, there := c[name]
	if !there {
		return nil, archive.ErrNotFound
	}
	return content, nil
}

// with is the folder with one object changed; nil takes it away.
func (c copied) with(name string, content []byte) copied {
	changed := maps.Clone(c)
	if changed[name] = content; content == nil {
		delete(changed, name)
	}
	return changed
}

func (c copied) examine(t *testing.T) verify.Report {
	t.Helper()
	report, err := verify.Case(c, verify.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// wholeFolder is the folder of a case that was granted and closed: its charter came back as a signed copy, and the applicant's mails are signed
// with DKIM. RELANCE_FOLDER names a folder to keep it in.
func wholeFolder(t *testing.T) copied {
	t.Helper()
	w := newWorld(t)
	w.acts.Resolver = "192.0.2.53:53"
	w.acts.DKIM = func(name string) ([]string, error) {
		if name != "s2020._domainkey.boulangerie.example" {
			return nil, fmt.Errorf("no such name %s", name)
		}
		return dkimtest.Lookup(name)
	}
	w.sign = dkimtest.Signer{Domain: "boulangerie.example", Selector: "s2020"}.Sign
	w.on(0, whole())
	w.on(2*day, mail{text: "Voici la charte signée.", sign: byHand})
	w.act(10*day, casefile.Approve, casefile.Act{ID: "one", Text: "Bonne reprise !"})
	if s := w.run(); s.Stage != casefile.Closed {
		t.Fatalf("%s", s.Stage)
	}
	folder := copied{}
	for key, content := range w.objects {
		if name, ours := strings.CutPrefix(key, casefile.Folder(reference)); ours {
			folder[name] = content
		}
	}
	if keep := os.Getenv("RELANCE_FOLDER"); keep != "" {
		for name, content := range folder {
			file := filepath.Join(keep, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return folder
}

func TestAFolderIsWhole(t *testing.T) {
	r := wholeFolder(t).examine(t)
	if !r.Sound() || r.Evidence != 1 || r.Anchors == 0 {
		t.Errorf("%+v", r)
	}
	passed := 0
	for _, s := range r.Signatures {
		if s.Domain == "boulangerie.example" && s.Result == "pass" {
			passed++
		}
	}
	if passed != 2 {
		t.Errorf("signatures verified again: %+v", r.Signatures)
	}
}

// Every object, at places drawn at random: the object is named, and the byte where it can be told.
func TestOneFlippedByteIsNamed(t *testing.T) {
	folder := wholeFolder(t)
	random := chance.New(t, 7)
	places := 2
	for name, content := range folder {
		for range places {
			i, bit := random.IntN(len(content)), byte(1)<<random.IntN(8)
			broken := bytes.Clone(content)
			broken[i] ^= bit
			r := folder.with(name, broken).examine(t)
			if name == "journal.jsonl" {
				line := bytes.Count(content[:i], []byte("\n")) + 1
				if !slices.ContainsFunc(r.Findings, func(f verify.Finding) bool { return f.Object == name && (f.Entry == line || f.Entry == line+1) }) {
					t.Errorf("byte %d of the journal, line %d: %+v", i, line, r.Findings)
				}
				continue
			}
			found := slices.IndexFunc(r.Findings, func(f verify.Finding) bool { return f.Object == name && f.What == verify.Altered })
			if found < 0 {
				t.Errorf("byte %d of %s: %+v", i, name, r.Findings)
				continue
			}
			f := r.Findings[found]
			if f.Got != chain.Hash(broken) || f.Want != chain.Hash(content) {
				t.Errorf("%s: the hashes are %+v", name, f)
			}
			told := len(content) <= 32<<10 || strings.HasPrefix(name, "documents/") || strings.HasPrefix(name, "letters/")
			if told && (f.Byte == nil || f.Byte.Offset != i || f.Byte.Was != fmt.Sprintf("%02x", content[i])) {
				t.Errorf("byte %d of %s (%d bytes) is not named: %+v", i, name, len(content), f)
			}
			if len(r.Findings) != 1 {
				t.Errorf("byte %d of %s: %+v", i, name, r.Findings)
			}
		}
	}
}

func TestTamperingIsFoundAndNamed(t *testing.T) {
	folder := wholeFolder(t)
	lines := chain.Split(folder["journal.jsonl"])
	journal := func(lines ...[]byte) copied { return folder.with("journal.jsonl", chain.Join(lines)) }
	without := func(i int) [][]byte { return slices.Delete(slices.Clone(lines), i, i+1) }
	forged := chain.Tip{Length: 4, Head: chain.TipOf(lines[:4]).Head}
	extra := forged.Add(reference, chain.Entry{Who: "officer:agent-01", What: "act.approve"}).Line()
	swapped := slices.Clone(lines)
	swapped[3], swapped[4] = swapped[4], swapped[3]
	for name, c := range map[string]struct {
		folder copied
		object string
		what   string
		entry  int
	}{
		"a dropped entry":              {journal(without(5)...), "journal.jsonl", verify.Missing, 6},
		"the first entry dropped":      {journal(without(0)...), "journal.jsonl", verify.Missing, 1},
		"the last entry dropped":       {journal(lines[:len(lines)-1]...), "journal.jsonl", verify.Missing, len(lines)},
		"a truncated journal":          {journal(lines[:8]...), "journal.jsonl", verify.Missing, 0},
		"swapped entries":              {journal(swapped...), "journal.jsonl", verify.Order, 4},
		"an added entry":               {journal(slices.Insert(slices.Clone(lines), 4, extra)...), "journal.jsonl", verify.Added, 5},
		"no journal":                   {folder.with("journal.jsonl", nil), "journal.jsonl", verify.Missing, 0},
		"no case":                      {folder.with("case.json", nil), "case.json", verify.Missing, 0},
		"a replaced charter":           {folder.with("letters/002-charter.pdf", onePage(t, "Une autre charte")), "letters/002-charter.pdf", verify.Altered, 0},
		"a charter that is gone":       {folder.with("letters/002-charter.pdf", nil), "letters/002-charter.pdf", verify.Missing, 0},
		"an object put there":          {folder.with("documents/"+chain.Hash([]byte("x"))+".txt", []byte("x")), "documents/" + chain.Hash([]byte("x")) + ".txt", verify.Unspoken, 0},
		"an object under a false hash": {folder.with("documents/"+chain.Hash([]byte("y"))+".txt", []byte("x")), "documents/" + chain.Hash([]byte("y")) + ".txt", verify.Altered, 0},
		"a forged head": {folder.with("case.json", bytes.Replace(folder["case.json"], []byte(chain.TipOf(lines[:len(lines)-1]).Head), []byte(chain.Hash(nil)), 1)),
			"case.json", verify.Altered, 0},
		"an amount in case.json": {folder.with("case.json", bytes.Replace(folder["case.json"], []byte(`"amount": 144150`), []byte(`"amount": 944150`), 1)), "case.json", verify.Altered, len(lines)},
	} {
		r := c.folder.examine(t)
		if !slices.ContainsFunc(r.Findings, func(f verify.Finding) bool {
			return f.Object == c.object && f.What == c.what && (c.entry == 0 || f.Entry == c.entry)
		}) {
			t.Errorf("%s: %+v", name, r.Findings)
		}
	}
}

// rewrite makes a journal of other entries that agrees with itself, and the case.json that goes with it.
func (c copied) rewrite(t *testing.T, change func(e *chain.Entry) (keep bool)) copied {
	t.Helper()
	var tip, before chain.Tip
	var lines [][]byte
	for _, line := range chain.Split(c["journal.jsonl"]) {
		e, err := chain.Parse(line)
		if err != nil {
			t.Fatal(err)
		}
		if change(&e) {
			before = tip
			lines = append(lines, tip.Add(reference, e).Line())
		}
	}
	old := chain.Split(c["journal.jsonl"])
	was := chain.TipOf(old[:len(old)-1])
	snapshot := bytes.Replace(c["case.json"], []byte(was.Head), []byte(before.Head), 1)
	snapshot = bytes.Replace(snapshot, fmt.Appendf(nil, `"length": %d`, was.Length), fmt.Appendf(nil, `"length": %d`, before.Length), 1)
	tip = before
	lines[len(lines)-1] = tip.Add(reference, chain.Entry{What: chain.Stored, Objects: []chain.Object{{Key: casefile.Folder(reference) + "case.json", SHA256: chain.Hash(snapshot)}}}).Line()
	return c.with("journal.jsonl", chain.Join(lines)).with("case.json", snapshot)
}

// Whoever rewrites the journal, case.json and an object so that they agree is told by the mails and letters that carry the journal's head. Where
// those in the folder were taken away or rewritten as well, nothing in the folder speaks against it: a copy that the applicant has does.
func TestARewrittenFolderDisagreesWithWhatHasLeftIt(t *testing.T) {
	folder := wholeFolder(t)
	charter := onePage(t, "Une autre charte")
	object := casefile.Folder(reference) + "letters/002-charter.pdf"
	forged := folder.with("letters/002-charter.pdf", charter).rewrite(t, func(e *chain.Entry) bool {
		for i, o := range e.Objects {
			if o.Key == object {
				e.Objects[i].SHA256 = chain.Hash(charter)
			}
		}
		return true
	})
	r := forged.examine(t)
	var disagree []string
	for _, f := range r.Findings {
		if f.What == verify.Disagrees {
			disagree = append(disagree, f.Object)
		}
	}
	if !slices.Contains(disagree, "letters/004-grant.pdf") || !slices.Contains(disagree, "mail/out/004-grant.eml") {
		t.Errorf("%+v", r.Findings)
	}
	// Everything that speaks of it is taken away, from the folder and the journal.
	gone := func(name string) bool {
		return strings.HasPrefix(name, "mail/out/") || strings.HasPrefix(name, "evidence/") || name == "letters/004-grant.pdf" || name == "letters/005-closing.pdf"
	}
	for name := range maps.Clone(forged) {
		if gone(name) {
			forged = forged.with(name, nil)
		}
	}
	forged = forged.rewrite(t, func(e *chain.Entry) bool {
		return !slices.ContainsFunc(e.Objects, func(o chain.Object) bool { return gone(strings.TrimPrefix(o.Key, casefile.Folder(reference))) })
	})
	if r := forged.examine(t); !r.Sound() {
		t.Fatalf("the forgery is not whole: %+v", r.Findings)
	}
	applicants := map[string][]byte{"décision.eml": folder["mail/out/004-grant.eml"]}
	r, err := verify.Case(forged, verify.Options{Against: applicants})
	if err != nil || len(r.Findings) != 1 || r.Findings[0].What != verify.Disagrees || r.Findings[0].Object != "décision.eml" {
		t.Errorf("the applicant's copy: %+v %v", r.Findings, err)
	}
}
