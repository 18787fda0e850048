package chain_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"relance/domain/chain"
	"relance/local/chance"
)

const reference = "RBD-7K3M9-QXD3A"

// journal is a journal as it is stored: n entries, and the one that closes it.
func journal(n int) (lines [][]byte, tip chain.Tip) {
	at := time.Date(2020, 9, 15, 8, 0, 0, 0, time.UTC)
	for i := range n {
		e := tip.Add(reference, chain.Entry{At: at.Add(time.Duration(i) * time.Hour), Who: "applicant", What: "document", On: fmt.Sprint("cases/X/documents/", i),
			Note: "lettre & « bail »", Objects: []chain.Object{{Key: fmt.Sprint("cases/X/documents/", i), SHA256: chain.Hash([]byte{byte(i)})}}})
		lines = append(lines, e.Line())
	}
	return lines, tip
}

func check(lines [][]byte, tip chain.Tip, last []byte) []chain.Fault {
	_, faults := chain.Check(reference, chain.Join(lines), []chain.Tip{tip}, last)
	return faults
}

func TestAWholeJournalHasNoFault(t *testing.T) {
	for _, n := range []int{1, 2, 30} {
		lines, tip := journal(n)
		if faults := check(lines, tip, lines[n-1]); faults != nil {
			t.Errorf("%d entries: %v", n, faults)
		}
	}
}

func TestTheFirstEntryBelongsToItsCase(t *testing.T) {
	lines, tip := journal(4)
	if _, faults := chain.Check("RBD-00000-00000", chain.Join(lines), []chain.Tip{tip}, nil); len(faults) != 1 || faults[0].Entry != 1 || faults[0].What != chain.Altered {
		t.Errorf("%v", faults)
	}
}

func TestALineIsTheJSONOfItsEntry(t *testing.T) {
	for _, e := range []chain.Entry{
		{}, {What: "\b\t\n\v\f\r\x00\x1f\x7f\"\\/<>&\u2028é€😀\xff"}, {Seq: 12, Prev: "p", Who: "w", What: "x", On: "o", Note: "n", At: time.Date(2020, 9, 15, 8, 0, 0, 5e8, time.UTC)},
		{Objects: []chain.Object{{}, {Key: "k"}, {SHA256: "s"}, {Key: "k", SHA256: "s"}}},
	} {
		var want, got any
		text, err := json.Marshal(e)
		if err != nil || json.Unmarshal(text, &want) != nil || json.Unmarshal(e.Line(), &got) != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s, want the same as %s", e.Line(), text)
		}
	}
	if line := string(chain.Entry{What: "\t\x01\u2028&"}.Line()); line != `{"seq":0,"prev":"","what":"\t\u0001`+"\u2028"+`&"}` {
		t.Error(line)
	}
}

func TestALineSurvivesJSON(t *testing.T) {
	chance.Check(t, func(t *rapid.T) {
		var tip chain.Tip
		e := tip.Add(reference, chain.Entry{At: time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "s"), rapid.Int64Range(0, 999999999).Draw(t, "ns")),
			Who: rapid.String().Draw(t, "who"), What: rapid.String().Draw(t, "what"), On: rapid.String().Draw(t, "on"), Note: rapid.String().Draw(t, "note")})
		text, err := json.Marshal(e) // as Temporal carries it
		if err != nil {
			t.Fatal(err)
		}
		var back chain.Entry
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(back.Line(), e.Line()) || chain.Hash(back.Line()) != tip.Head || bytes.ContainsRune(e.Line(), '\n') {
			t.Fatalf("%s became %s", e.Line(), back.Line())
		}
		parsed, err := chain.Parse(e.Line())
		if err != nil || !bytes.Equal(parsed.Line(), e.Line()) {
			t.Fatalf("%s parsed as %s, %v", e.Line(), parsed.Line(), err)
		}
	})
}

// Every flipped byte is found, and the entry and the byte named.
func TestAFlippedByteIsNamed(t *testing.T) {
	lines, tip := journal(6)
	for n := range lines {
		for i := n; i < len(lines[n]); i += 13 {
			broken := slices.Clone(lines)
			broken[n] = bytes.Clone(lines[n])
			broken[n][i] ^= 1
			if broken[n][i] == '\n' {
				continue
			}
			faults := check(broken, tip, nil)
			if len(faults) == 0 || !slices.ContainsFunc(faults, func(f chain.Fault) bool {
				return f.What == chain.Altered && f.Entry == n+1 && f.Offset == i && f.Was == lines[n][i]
			}) {
				t.Fatalf("byte %d of entry %d: %v\n%s", i, n+1, faults, broken[n])
			}
			if len(faults) > 1 {
				t.Errorf("byte %d of entry %d: more than one thing is said to be wrong: %v", i, n+1, faults)
			}
		}
	}
}

func TestEntriesDroppedSwappedAndAddedAreNamed(t *testing.T) {
	lines, tip := journal(8)
	for n := range lines {
		dropped := slices.Delete(slices.Clone(lines), n, n+1)
		if faults := check(dropped, tip, lines[7]); !named(faults, chain.Missing, n+1) {
			t.Errorf("entry %d dropped: %v", n+1, faults)
		}
		if n > 0 {
			swapped := slices.Clone(lines)
			swapped[n-1], swapped[n] = swapped[n], swapped[n-1]
			if faults := check(swapped, tip, lines[7]); !named(faults, chain.Order, n) || len(faults) != 1 {
				t.Errorf("entries %d and %d swapped: %v", n, n+1, faults)
			}
		}
		// A forger knows the rules: the entry is linked to the one before it.
		forged := chain.Tip{Length: n, Head: chain.TipOf(lines[:n]).Head}
		line := forged.Add(reference, chain.Entry{Who: "officer:agent-01", What: "act.approve"}).Line()
		if faults := check(slices.Insert(slices.Clone(lines), n, line), tip, lines[7]); len(faults) == 0 || n > 0 && !named(faults, chain.Added, n+1) {
			t.Errorf("an entry added as %d: %v", n+1, faults)
		}
	}
	for n := range 8 {
		if faults := check(lines[:n], tip, lines[7]); !named(faults, chain.Missing, 8) {
			t.Errorf("cut to %d entries: %v", n, faults)
		}
	}
}

func TestARewrittenJournalDoesNotHaveTheKnownHead(t *testing.T) {
	lines, tip := journal(8)
	text := strings.Replace(string(chain.Join(lines)), "lettre", "letter", 1)
	var rewritten chain.Tip
	var forged [][]byte
	for _, line := range chain.Split([]byte(text)) {
		e, err := chain.Parse(line)
		if err != nil {
			t.Fatal(err)
		}
		forged = append(forged, rewritten.Add(reference, e).Line())
	}
	if faults := check(forged, rewritten, nil); faults != nil {
		t.Fatalf("the forgery is not a chain: %v", faults)
	}
	_, faults := chain.Check(reference, chain.Join(forged), []chain.Tip{rewritten, {Length: 5, Head: chain.TipOf(lines[:5]).Head}}, nil)
	if !named(faults, chain.Altered, 5) {
		t.Errorf("a mail that carries the head after five entries speaks against it: %v", faults)
	}
	if faults := check(forged, tip, nil); len(faults) == 0 {
		t.Error("nothing is found")
	}
}

func TestNothingIsMendedThatIsNotOneByte(t *testing.T) {
	want := chain.Hash([]byte("Boulangerie"))
	if _, _, ok := chain.Mend([]byte("Bovlengerie"), want); ok {
		t.Error("two bytes were mended")
	}
	if offset, was, ok := chain.Mend([]byte("Bovlangerie"), want); !ok || offset != 2 || was != 'u' {
		t.Error(offset, was, ok)
	}
	if _, _, ok := chain.Mend(make([]byte, 1<<20), want); ok {
		t.Error("something too long was mended")
	}
}

func named(faults []chain.Fault, what string, entry int) bool {
	return slices.ContainsFunc(faults, func(f chain.Fault) bool { return f.What == what && f.Entry == entry })
}

func FuzzCheck(f *testing.F) {
	lines, tip := journal(3)
	f.Add(chain.Join(lines))
	f.Add([]byte("{}\n\n{\"seq\":1}\nx"))
	f.Fuzz(func(t *testing.T, text []byte) {
		_, faults := chain.Check(reference, text, []chain.Tip{tip}, lines[2])
		if faults == nil && !bytes.Equal(text, chain.Join(lines)) && !bytes.Equal(append(bytes.Clone(text), '\n'), chain.Join(lines)) {
			t.Errorf("another journal is taken for the one that was written:\n%s", text)
		}
	})
}
