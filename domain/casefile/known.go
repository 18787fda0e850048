package casefile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"relance/domain/chain"
	"relance/domain/money"
)

// Mark names what a decision rests on as the case is now, so that whoever approves approves what was read: the facts and
// the applicant's last word, the documents, what an officer has to look at, the stage, and the amount that the formula
// gives. A stranger, or a mail of an unproven author, changes none of it by writing. The last part is the length of the
// journal: it says since when, and is not compared.
//
// The parts are: facts.documents.concerns.stage.cents.entries; the first three are hashes of 48 bits.
func (s *State) Mark() string {
	var documents, looked []string
	for _, d := range s.Documents {
		documents = append(documents, d.Kind+" "+d.SHA256+" "+d.Problem+" "+d.Flag)
	}
	for _, c := range s.Concerns {
		if weighs[c] {
			looked = append(looked, string(c))
		}
	}
	for _, o := range s.Opinions {
		looked = append(looked, fmt.Sprint(o.ID, " ", o.Answer.SHA256, " ", o.Lapsed))
	}
	looked = append(looked, strconv.FormatInt(s.Charter.Signed.Unix(), 10), strings.Join(s.Verdict.Failed, " "))
	slices.Sort(looked)
	return strings.Join([]string{short(s.Facts.SHA256, s.Said), short(documents...), short(looked...), string(s.Stage),
		strconv.FormatInt(s.Verdict.Amount, 10), strconv.Itoa(s.Chain.Length)}, ".")
}

// weighs are the concerns that a decision rests on. The others tell of mails that are held, of letters that have not
// arrived, and of the decision itself; whoever raises them may be a stranger.
var weighs = map[Concern]bool{ConcernRegister: true, ConcernShared: true, ConcernBar: true, ConcernOtherOne: true, ConcernBank: true, ConcernFacts: true, ConcernLate: true, ConcernReport: true}

func short(parts ...string) string { return chain.Hash([]byte(strings.Join(parts, "\n")))[:12] }

// markParts are the parts of a mark.
const markParts = 6

// IsMark tells whether a text has the form of a mark; a hash of a letter has not.
func IsMark(text string) bool { return strings.Count(text, ".") == markParts-1 }

// MarkedAt is the length of the journal when a mark was made.
func MarkedAt(mark string) int {
	at, _ := strconv.Atoi(mark[strings.LastIndexByte(mark, '.')+1:])
	return at
}

// Since refuses an act that names what was seen where that has changed, and tells in which respect. An act that names
// nothing is not judged here.
func (s *State) Since(a Act) error {
	if a.Known == "" {
		return nil
	}
	if !IsMark(a.Known) {
		return refuse("« %s » n'est pas une marque de dossier (relance case show)", a.Known)
	}
	was, is := strings.Split(a.Known, "."), strings.Split(s.Mark(), ".")
	var changed []string
	for i, what := range []string{"le demandeur a écrit ou des informations ont changé", "des pièces sont arrivées ou ont changé",
		"un point à vérifier, un avis ou la charte a changé", fmt.Sprintf("l'étape n'est plus « %s » mais « %s »", was[3], is[3]),
		fmt.Sprintf("le barème donne %s au lieu de %s", euros(is[4]), euros(was[4]))} {
		if was[i] != is[i] {
			changed = append(changed, what)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return refuse("depuis votre lecture : %s ; relisez le dossier (relance case show %s)", strings.Join(changed, " ; "), s.Reference)
}

// euros writes cents that a mark names; what is no number stays as it is.
func euros(cents string) string {
	n, err := strconv.ParseInt(cents, 10, 64)
	if err != nil {
		return cents
	}
	return money.Cents(n).Format()
}

// Blind refuses an approval that says neither what was seen nor how much is granted, where the formula would say it. Only
// the door asks: acts of before said nothing.
func (s *State) Blind(kind ActKind, a Act) error {
	if kind != Approve || !s.Terms.Funded || a.Amount != 0 || a.Nothing || a.Known != "" || a.Seen != "" {
		return nil
	}
	return refuse("dites ce que vous avez lu : la marque du dossier (-seen, affichée par relance case show), ou le montant (-amount)")
}
