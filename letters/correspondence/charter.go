package correspondence

import (
	"fmt"
	"slices"
	"strings"

	"relance/letters/prose"
	"relance/proof/imprint"
)

// CharterText is what a charter says, as the text that its fingerprint is of: case, version, who signs, the commitments. The PDF carries the fingerprint on
// every page, so it is not of the PDF; the text lies beside it in the case folder.
func (w *Writer) CharterText(r Request) (text []byte, fingerprint string, err error) {
	r.lend()
	view := w.view(r)
	written, err := w.Texts.Letter(r.Piece.Letter, view)
	if err != nil {
		return nil, "", fmt.Errorf("letter %s: %w", r.Piece.Letter, err)
	}
	parts := append([]string{view.Authority.Name, "Dossier " + view.Reference}, recipient(view.Applicant)...)
	parts = append(parts, written.Kind, written.Subject, prose.Text(written.Body), prose.Text(written.Notice))
	text = []byte(strings.Join(parts, "\n") + "\n")
	return text, imprint.Fingerprint(text), nil
}

// May tells whether the charter may be signed in a way.
func (view View) May(way string) bool {
	ways := view.Case.Terms.CharterWays
	return len(ways) == 0 || slices.Contains(ways, way)
}
