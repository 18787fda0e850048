package correspondence

import (
	"cmp"
	"fmt"

	"relance/domain/calendar"
	"relance/domain/casefile"
	"relance/letters/check"
	"relance/letters/pdf"
	"relance/letters/texts"
)

// Draft is a letter as it would go.
type Draft struct {
	PDF      []byte
	Said     pdf.Said
	Replaced []rune   // characters that the font lacks: □ stands for them
	Lacks    []string // why it may not go, a sentence in French each; empty where it may
}

// Draft writes a letter and reads it as a reviewer does. A text that cannot be filled in is one more thing it lacks: no waiting
// mends it, and an officer has to know.
func (w *Writer) Draft(r Request) Draft {
	d, owed, err := w.draft(r)
	if err != nil {
		return Draft{Lacks: []string{err.Error()}}
	}
	if owed != nil {
		d.Lacks = check.Check(*owed, check.Said(d.Said))
	}
	return d
}

// draft writes a letter, and tells what it owes; a record that goes to nobody owes nothing.
func (w *Writer) draft(r Request) (Draft, *check.Case, error) {
	r.lend()
	if casefile.Signable(r.Piece.Letter) {
		var err error
		if _, r.State.Charter.Fingerprint, err = w.CharterText(r); err != nil { // the phrase that signs it names it
			return Draft{}, nil, fmt.Errorf("le texte de la lettre ne peut pas être rempli : %w", err)
		}
	}
	view := w.view(r)
	text, err := w.Texts.Letter(w.Texts.Of(r.Piece.Letter, r.decidedByCall()), view)
	if err != nil {
		return Draft{}, nil, fmt.Errorf("le texte de la lettre ne peut pas être rempli : %w", err)
	}
	l := w.letter(r, view, text)
	file, err := recent.write(l)
	if err != nil {
		return Draft{}, nil, fmt.Errorf("la lettre ne peut pas être composée : %w", err)
	}
	d := Draft{PDF: file.PDF, Said: file.Said, Replaced: file.Replaced}
	if text.Signed == texts.SignedByNobody {
		return d, nil, nil
	}
	owed := w.owed(r, view, text, l)
	return d, &owed, nil
}

// owed is what a letter has to say, as the case has it.
func (w *Writer) owed(r Request, view View, text texts.Letter, l pdf.Letter) check.Case {
	author := view.Signatory
	c := check.Case{
		Letter: r.Piece.Letter, Reference: pdf.Printed(r.State.Reference), Date: l.Date,
		Author:   check.Person{Name: pdf.Printed(author.Name), Capacity: pdf.Printed(author.Capacity), Mention: pdf.Printed(author.Delegation)},
		ByAuthor: text.Signed.ByAuthority(), ByOther: text.Signed.ByBeneficiary(),
		Officer: check.Person{Name: pdf.Printed(view.Officer.Name), Capacity: pdf.Printed(view.Officer.Capacity),
			Reach: []string{pdf.Printed(view.Officer.Phone), pdf.Printed(view.Officer.Email)}},
		Amount: r.Amount(), Court: pdf.Printed(w.Authority.Court.Name), Months: r.Version.Periods.AppealMonths,
	}
	for _, line := range l.Recipient {
		c.Recipient = append(c.Recipient, pdf.Printed(line))
	}
	for _, value := range r.Facts.Fields {
		c.Given = append(c.Given, pdf.Printed(value.Written), pdf.Printed(value.Value))
	}
	if _, err := w.Authority.SignatoryFor(r.Piece.Letter, r.Amount(), r.day()); err != nil {
		c.Unsigned = err.Error()
	}
	if r.Piece.Letter == casefile.AppealDecidedLetter {
		c.Words = pdf.Printed(view.Message)
	}
	for _, reason := range reasonsOf(r, view) {
		c.Reasons = append(c.Reasons, check.Reason{Told: pdf.Printed(reason.Told), Basis: pdf.Printed(reason.Basis)})
	}
	if !view.Silence.At.IsZero() {
		c.Silence = calendar.LastDay(view.Silence.At)
	}
	if !view.Deadline.At.IsZero() {
		c.Answer = calendar.LastDay(view.Deadline.At)
	}
	if view.Contest != nil && r.Piece.Letter == casefile.AppealReceivedLetter {
		c.Silence = view.Contest.Silence
	}
	if view.Breach != nil && r.Piece.Letter == casefile.HearingLetter {
		c.Answer = view.Breach.AnswerBy
	}
	if contest := view.Contest; contest != nil {
		c.Final = contest.Reversed && r.Piece.Letter == casefile.AppealDecidedLetter || contest.Idle || !contest.Over.IsZero()
		c.Quiet = contest.Idle
	}
	c.Quiet = c.Quiet || view.Breach != nil && view.Breach.Days > 0 // the days to answer are counted from the receipt
	if r.Version.Charter != nil && r.State.Terms.Charter {
		c.Charter, c.Signed = pdf.Printed(view.CharterVersion), r.State.Charter.Signed
	}
	return c
}

// reasonsOf are the grounds that a letter gives.
func reasonsOf(r Request, view View) []Reason {
	switch {
	case r.Piece.Letter == casefile.RejectLetter:
		return view.Grounds
	case r.Piece.Letter == casefile.AppealDecidedLetter && view.Contest != nil:
		return view.Contest.Reasons
	case view.Breach != nil:
		return view.Breach.Reasons
	}
	return nil
}

// Letter writes a PDF letter, whatever it lacks: for samples. What goes to an applicant is a Draft that lacks nothing.
func (w *Writer) Letter(r Request) ([]byte, error) {
	d := w.Draft(r)
	if d.PDF == nil {
		return nil, fmt.Errorf("letter %s: %s", r.Piece.Letter, cmp.Or(d.Lacks...))
	}
	return d.PDF, nil
}
