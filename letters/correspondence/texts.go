package correspondence

import (
	_ "embed"
	"fmt"
	"reflect"
	"slices"
	"time"

	"relance/domain/casefile"
	"relance/domain/scheme"
	"relance/letters/check"
	"relance/letters/texts"
)

// Variables documents what a text may speak of, type by type, in Markdown. A test keeps it up to date.
//
//go:embed variables.md
var Variables string

// CheckTexts finds the mistakes of texts before they are used: it looks at each without running it, so that a variable that there
// is not is found even in a branch that is never taken, and fills each in with made-up cases of every scheme. The error is of type
// templates.Problems.
func (w *Writer) CheckTexts(all []*scheme.Scheme, now time.Time) error {
	if err := w.Texts.Check(reflect.TypeFor[View]()); err != nil {
		return err // running them would but say the same again
	}
	if err := w.checkInquiry(all, now); err != nil {
		return err
	}
	return w.eachSample(all, now, func(r Request) []string {
		view, err := w.view(r), error(nil)
		if r.Piece.Letter != "" {
			_, err = w.Texts.Letter(w.Texts.Of(r.Piece.Letter, r.decidedByCall()), view)
		} else {
			_, err = w.Texts.Mail(w.Texts.Of(r.Piece.Mail, r.decidedByCall()), view)
		}
		if err != nil {
			return []string{err.Error()}
		}
		return nil
	})
}

// CheckLetters writes the letters of made-up cases of every scheme and reads them as a reviewer does: a text that has lost the
// court is found before a case meets it. Signatories are not looked at: who may sign is for the day to say.
func (w *Writer) CheckLetters(all []*scheme.Scheme, now time.Time) error {
	return w.eachSample(all, now, func(r Request) []string {
		if r.Piece.Letter == "" {
			return nil
		}
		d, owed, err := w.draft(r)
		if err != nil {
			return []string{err.Error()}
		}
		if owed == nil {
			return nil
		}
		if owed.Unsigned != "" {
			owed.ByAuthor = false
		}
		return check.Check(*owed, check.Said(d.Said))
	})
}

// eachSample looks at made-up cases of every scheme for every text.
func (w *Writer) eachSample(all []*scheme.Scheme, now time.Time, look func(Request) []string) error {
	var problems texts.Problems
	for _, s := range all {
		v := s.At(now)
		for _, r := range w.samples(s, v, now) {
			file := "mail/" + w.Texts.Of(r.Piece.Mail, r.decidedByCall()) + ".txt"
			if r.Piece.Letter != "" {
				file = "letter/" + w.Texts.Of(r.Piece.Letter, r.decidedByCall()) + ".txt"
			}
			for _, told := range look(r) {
				p := texts.Problem{File: file, Text: told}
				if !slices.Contains(problems, p) {
					problems = append(problems, p)
				}
			}
		}
	}
	if len(problems) > 0 {
		return problems
	}
	return nil
}

// samples are made-up cases for every text of a scheme. What a case has not got when a text is used, its sample has not either.
func (w *Writer) samples(s *scheme.Scheme, v *scheme.Version, now time.Time) []Request {
	var list []Request
	for _, text := range w.Texts.Mails() {
		if piece, call, ok := previewPiece(s, v, text); ok {
			list = append(list, competed(w.previewOf(s, v, piece, now), call))
		}
	}
	for _, text := range w.Texts.Letters() {
		name, call := ofCall(text)
		letter, known := casefile.LetterOf(name)
		if !known || !has(s, v, letter.Needs) || call && s.Call == nil {
			continue
		}
		r := competed(w.previewOf(s, v, casefile.Piece{Letter: name}, now), call || letter.Needs&casefile.NeedsCall != 0)
		if letter.Before {
			r.State.Decision, r.State.Instalments = nil, nil
		}
		switch name {
		case casefile.FormalNoticeLetter:
			other := r
			other.Loan = nil
			list = append(list, other)
			r.Breach = nil
		case casefile.AppealDecidedLetter:
			other := r
			contest := *r.Contest
			contest.Reversed, contest.Amount = true, r.State.Decision.Amount
			other.Contest = &contest
			list = append(list, other)
		}
		list = append(list, r)
	}
	return list
}

// competed makes of a sample one that the committee of a call has decided on.
func competed(r Request, did bool) Request {
	if did {
		r.State.Candidacy = &casefile.Candidacy{Call: "appel-2021", Outcome: &casefile.Outcome{Call: "appel-2021", At: r.At, Cents: r.State.Decision.Amount, Rank: 4, Of: 12, Place: 1,
			Score: "14,25", Marks: []casefile.Mark{{Label: "Utilité sociale", Mean: "15,00"}, {Label: "Viabilité économique", Mean: "13,50"}}, Grounds: r.State.Decision.Grounds, Until: r.At.AddDate(0, 6, 0)}}
	}
	return r
}

// fileOf is what a sample is called on disk.
func (w *Writer) fileOf(r Request, taken map[string][]byte) string {
	if r.Piece.Letter == "" {
		return "courriel-" + w.Texts.Of(r.Piece.Mail, r.decidedByCall()) + ".eml"
	}
	letter := w.Texts.Of(r.Piece.Letter, r.decidedByCall())
	name := "lettre-" + letter + ".pdf"
	for n := 2; taken[name] != nil; n++ {
		name = fmt.Sprintf("lettre-%s-%d.pdf", letter, n)
	}
	return name
}
