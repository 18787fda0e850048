package reading

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"relance/domain/casefile"
	"relance/domain/competition"
	"relance/domain/scheme"
	"relance/intake/fields"
	"relance/mail/message"
)

// Sheet is the scoring form that a member of a panel answers.
type Sheet struct {
	Call       *scheme.Call
	Candidates []string // references that the member has to read
}

// Scored is what a member's mail says.
type Scored struct {
	Scores    []Score
	Conflicts []string // references
	Problems  []ScoreProblem
}

// Score is one score, in hundredths of a point.
type Score struct {
	Candidate, Criterion string
	Score                int64
	Old                  bool // written into the mail that was answered, among what is quoted: it counts where there is none yet
}

// ScoreProblem is a line that could not be taken.
type ScoreProblem struct {
	Line string // as it was written, shortened
	Code string
}

// What can be wrong with a line.
const (
	ScoreOffScale    = "score_off_scale"    // not on the scale
	ScoreNoNumber    = "score_no_number"    // not one number
	ScoreNoCandidate = "score_no_candidate" // it is not said whom it is for
	ScoreNotYours    = "score_not_yours"    // a reference the member does not read
	ScoreNoCriterion = "score_no_criterion" // no such criterion
)

var (
	quoteMark   = regexp.MustCompile(`^(?:\s*>)+ ?`)
	scoreValue  = regexp.MustCompile(`^(-?\d+(?:[.,]\d+)?)\s*(?:(?:/|sur)\s*(\d+)|points?|pts?)?\s*[.;!]?$`)
	scoreBehind = regexp.MustCompile(`^(.*[^\d\s.,/-])\s+(-?\d+(?:[.,]\d+)?(?:\s*(?:/|sur)\s*\d+)?)$`)
	noConflict  = regexp.MustCompile(`\b(?:pas|aucun|aucune|sans|non|ni|plus|eviter)\b`)
	conflict    = regexp.MustCompile(`\bconflits?\b`)
)

// Scores reads the scores and the conflicts of interest that a member newly wrote: « Utilité sociale : 14,5 » below the reference of a
// candidate, « conflit ENT-7K3M9-QXD3A ». Scores that were written into the form of the mail that is answered, between the quoted
// lines, count as old ones: they fill what is not known. What cannot be taken is a problem, and keeps nothing else from being
// taken.
func Scores(m *message.Message, sheet Sheet) Scored {
	r := scoreReader{sheet: sheet}
	for _, line := range strings.Split(m.Reply, "\n") {
		r.line(line)
	}
	fresh := r.found
	r = scoreReader{sheet: sheet, old: true}
	for _, line := range strings.Split(m.Text, "\n") {
		r.line(quoteMark.ReplaceAllString(line, ""))
	}
	for _, s := range r.found.Scores {
		if !slices.ContainsFunc(fresh.Scores, func(f Score) bool { return f.Candidate == s.Candidate && f.Criterion == s.Criterion }) {
			fresh.Scores = append(fresh.Scores, s)
		}
	}
	return fresh
}

// scoreReader reads line by line.
type scoreReader struct {
	sheet   Sheet
	old     bool // only scores are taken, and nothing is a problem
	current string
	foreign bool // the last reference was of a candidate the member does not read
	found   Scored
}

func (r *scoreReader) line(line string) {
	line = plainLine(line)
	references := casefile.FindReferences(line)
	folded := scheme.Fold(line)
	if conflict.MatchString(folded) {
		r.conflict(line, folded, references)
		return
	}
	if len(references) > 0 {
		r.turn(line, references[0])
		line = strings.TrimLeft(line[strings.Index(strings.ToUpper(line), references[0])+len(references[0]):], " :–—-|")
	}
	label, written, ok := fields.Split(line)
	if !ok {
		if m := scoreBehind.FindStringSubmatch(line); m != nil {
			label, written = m[1], m[2]
		}
	}
	if written == "" || strings.Trim(written, "._… -") == "" { // a line of the form that was left empty
		return
	}
	if id := r.criterion(label); id != "" {
		r.take(line, id, written)
	} else if scoreValue.MatchString(strings.TrimSpace(written)) && r.current != "" && len(references) == 0 && len(written) < 8 {
		r.problem(line, ScoreNoCriterion)
	}
}

// plainLine is a line without what mail programs put around it.
func plainLine(line string) string {
	return strings.TrimSpace(strings.NewReplacer("\u00a0", " ", "\u202f", " ", "*", "", "\u200b", "").Replace(line))
}

// turn goes on to another candidate.
func (r *scoreReader) turn(line, reference string) {
	r.current, r.foreign = reference, false
	if !slices.Contains(r.sheet.Candidates, reference) {
		r.current, r.foreign = "", true
		r.problem(line, ScoreNotYours)
	}
}

func (r *scoreReader) conflict(line, folded string, references []string) {
	if r.old || noConflict.MatchString(folded) {
		return
	}
	if len(references) == 0 && len(r.sheet.Candidates) == 1 {
		references = r.sheet.Candidates
	}
	if len(references) == 0 {
		r.problem(line, ScoreNoCandidate)
	}
	for _, reference := range references {
		if !slices.Contains(r.sheet.Candidates, reference) {
			r.problem(line, ScoreNotYours)
		} else if !slices.Contains(r.found.Conflicts, reference) {
			r.found.Conflicts = append(r.found.Conflicts, reference)
		}
	}
}

// criterion finds the criterion that a label means: its name, an alias or its identifier; or the beginning of one of them,
// where it is the beginning of no other criterion's.
func (r *scoreReader) criterion(label string) string {
	label = fields.FoldLabel(label)
	if label == "" {
		return ""
	}
	var begun []string
	for _, k := range r.sheet.Call.Criteria {
		for _, name := range append([]string{k.Label, k.ID}, k.Aliases...) {
			switch name = fields.FoldLabel(name); {
			case name == label:
				return k.ID
			case len(label) >= 4 && strings.HasPrefix(name, label) && !slices.Contains(begun, k.ID):
				begun = append(begun, k.ID)
			}
		}
	}
	if len(begun) == 1 {
		return begun[0]
	}
	return ""
}

func (r *scoreReader) take(line, criterion, written string) {
	candidate := r.current
	if candidate == "" && !r.foreign && len(r.sheet.Candidates) == 1 {
		candidate = r.sheet.Candidates[0]
	}
	scale := r.sheet.Call.Scale.Points()
	m := scoreValue.FindStringSubmatch(strings.TrimSpace(written))
	switch {
	case r.foreign: // it was said of the reference already
	case candidate == "":
		r.problem(line, ScoreNoCandidate)
	case m == nil:
		r.problem(line, ScoreNoNumber)
	default:
		score, ok := hundredths(m[1])
		if !ok || !scale.Takes(score) || m[2] != "" && m[2] != competition.Points(scale.To) {
			r.problem(line, ScoreOffScale)
			return
		}
		r.found.Scores = slices.DeleteFunc(r.found.Scores, func(s Score) bool { return s.Candidate == candidate && s.Criterion == criterion })
		r.found.Scores = append(r.found.Scores, Score{candidate, criterion, score, r.old})
	}
}

// hundredths reads a number with at most two decimals.
func hundredths(text string) (int64, bool) {
	whole, part, _ := strings.Cut(strings.ReplaceAll(text, ",", "."), ".")
	if len(part) > 2 || len(whole) > 6 || strings.HasPrefix(whole, "-") {
		return 0, false
	}
	n, err := strconv.ParseInt(whole+(part + "00")[:2], 10, 64)
	return n, err == nil
}

func (r *scoreReader) problem(line, code string) {
	const longest, most = 80, 20
	if r.old || len(r.found.Problems) >= most {
		return
	}
	if cut := []rune(line); len(cut) > longest {
		line = string(cut[:longest]) + "…"
	}
	r.found.Problems = append(r.found.Problems, ScoreProblem{line, code})
}
