package activities

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"relance/domain/casefile"
	"relance/domain/ledger"
	"relance/letters/correspondence"
	"relance/store/archive"
)

// letter writes a PDF that lacks nothing, or takes the one written before under the same key, which lacked nothing then.
func (a *Activities) letter(ctx context.Context, r correspondence.Request, p *casefile.SentPiece) (pdf []byte, lacks []string, err error) {
	key := letterKey(r)
	draft := a.Writer.Draft(r)
	if lacks = goes(draft, r.Piece.Seen); len(lacks) > 0 {
		if pdf, err = a.Archive.Get(ctx, key); errors.Is(err, archive.ErrNotFound) {
			return nil, lacks, nil
		}
	} else {
		pdf, err = a.once(ctx, key, "application/pdf", func() ([]byte, error) { return a.seal(ctx, r, draft.PDF) })
	}
	if err != nil {
		return nil, nil, err
	}
	p.LetterOf, p.Letter, p.Replaced = r.Piece.Letter, casefile.Ref{Key: key, SHA256: hash(pdf)}, points(draft.Replaced)
	if r.Piece.Letter == casefile.CharterLetter && r.Version.Charter != nil {
		p.Charter = r.Version.Charter.Version
	}
	return pdf, nil, nil
}

// goes tells why a letter may not go: what it lacks or, where an officer has seen a letter, that it is another.
func goes(draft correspondence.Draft, seen string) []string {
	if len(draft.Lacks) == 0 && !strings.HasPrefix(hash(draft.PDF), seen) {
		return []string{otherLetter}
	}
	return draft.Lacks
}

const otherLetter = "la lettre n'est plus celle que vous avez vue (les textes, le dossier ou la date ont changé) ; prévisualisez-la de nouveau"

// points names characters by their place in Unicode: U+1F956 U+2764.
func points(runes []rune) string {
	names := make([]string, len(runes))
	for i, r := range runes {
		names[i] = fmt.Sprintf("%U", r)
	}
	return strings.Join(names, " ")
}

// Wish is a letter to look at before it is sent: that of a decision not yet taken, or any other by its name.
type Wish struct {
	State  casefile.State
	Kind   casefile.ActKind // approve, reject; empty for another letter
	Act    casefile.Act     // the decision
	Letter string           // the other letter
	At     time.Time        // legal
}

// Preview is a letter as it would go today.
type Preview struct {
	Letter   string   `json:"letter"`
	SHA256   string   `json:"sha256,omitempty"`
	Lacks    []string `json:"lacks,omitempty"`    // why it may not go
	Replaced string   `json:"replaced,omitempty"` // characters that the font lacks
	PDF      []byte   `json:"-"`
}

// Preview writes a letter as Correspond would, and stores nothing. Taking the decision with its hash (casefile.Act.Seen) on the same
// day sends these bytes, or is refused; the seal is put behind them.
func (a *Activities) Preview(ctx context.Context, w Wish) (Preview, error) {
	facts, err := a.facts(ctx, w.State.Facts)
	if err != nil {
		return Preview{}, err
	}
	draft, letter, err := a.draft(ctx, w, facts)
	if err != nil {
		return Preview{}, err
	}
	p := Preview{Letter: letter, Lacks: draft.Lacks, Replaced: points(draft.Replaced), PDF: draft.PDF}
	if draft.PDF != nil {
		p.SHA256 = hash(draft.PDF)
	}
	return p, nil
}

// draft writes the letter of a wish, on the case as it would be then, and names it.
func (a *Activities) draft(ctx context.Context, w Wish, facts casefile.Facts) (correspondence.Draft, string, error) {
	sch, v, err := a.version(ctx, w.State)
	if err != nil {
		return correspondence.Draft{}, "", err
	}
	s := w.State.Clone()
	piece := casefile.Piece{Letter: w.Letter, Message: w.Act.Text}
	switch w.Kind {
	case casefile.Approve:
		s.Decide(true, w.Act, w.At)
		s.Instalments = ledger.Instalments(s.Terms, s.Decision.Amount, w.At, "")
		piece.Letter, s.Stage = casefile.GrantLetter, casefile.Granted
	case casefile.Reject:
		s.Decide(false, w.Act, w.At)
		piece.Letter, s.Stage = casefile.RejectLetter, casefile.Rejected
	}
	return a.Writer.Draft(correspondence.Request{Piece: piece, State: s, Facts: facts, Scheme: sch, Version: v, At: w.At}), piece.Letter, nil
}
