package activities

import (
	"context"
	"fmt"
	"slices"

	"relance/domain/casefile"
	"relance/intake/reading"
	"relance/letters/correspondence"
	"relance/mail/message"
	"relance/proof/imprint"
	"relance/proof/seal"
)

// Sealer puts the authority's seal on a PDF (package seal).
type Sealer interface {
	Seal(ctx context.Context, pdf []byte, what seal.Seal) ([]byte, error)
}

// sealed writes a letter and seals it. Two seals of one letter differ: the caller stores the bytes once, under the letter's key, and every further attempt
// takes those. Where the seal or its timestamp cannot be had the letter waits, and Temporal shows why: a letter that goes out unsealed cannot be sealed later, since
// its bytes would be others.
func (a *Activities) sealed(ctx context.Context, r correspondence.Request) ([]byte, error) {
	pdf, err := a.Writer.Letter(r)
	if err != nil {
		return nil, err
	}
	return a.seal(ctx, r, pdf)
}

// seal puts the authority's seal behind a letter, where it has one: the letter's own bytes stay as they are.
func (a *Activities) seal(ctx context.Context, r correspondence.Request, pdf []byte) ([]byte, error) {
	if a.Sealer == nil {
		return pdf, nil
	}
	return a.Sealer.Seal(ctx, pdf, seal.Seal{Reason: a.Writer.Texts.Labels.Letters[r.Piece.Letter] + ", dossier " + r.State.Reference, Location: a.Writer.Authority.Place,
		Final: !casefile.Signable(r.Piece.Letter)})
}

// charterText keeps the text that a charter's fingerprint is of beside the charter. The fingerprint is read off the PDF that is stored: that is what is sent, though the
// texts have changed since it was written.
func (a *Activities) charterText(ctx context.Context, r correspondence.Request, p *casefile.SentPiece, pdf []byte) error {
	text, fingerprint, err := a.Writer.CharterText(r)
	if err != nil {
		return err
	}
	marks := imprint.Find(imprint.Text(pdf))
	if i := slices.IndexFunc(marks, func(m imprint.Mark) bool { return m.Reference == r.State.Reference }); i >= 0 {
		p.Fingerprint = marks[i].Fingerprint
	}
	if p.Fingerprint != fingerprint {
		return nil // it was written before the texts changed, and its text is stored already
	}
	p.Text.Key = fmt.Sprintf("%sletters/%03d-%s-%s.txt", r.State.Folder(), r.Piece.Seq, r.Piece.Letter, fingerprint)
	_, err = a.Archive.PutOnce(ctx, p.Text.Key, text, "text/plain; charset=utf-8")
	p.Text.SHA256 = hash(text)
	return err
}

// sent is the charter that the case waits for, to hold the copies against that a mail brings.
func (a *Activities) sent(ctx context.Context, s casefile.State, m *message.Message) (reading.Sent, error) {
	sent := reading.Sent{Roots: a.Signers, Stamps: a.Stampers}
	if s.Stage != casefile.AwaitingCharter || s.Charter.Key == "" || len(m.Files()) == 0 {
		return sent, nil
	}
	var err error
	sent.PDF, err = a.Archive.Get(ctx, s.Charter.Key)
	return sent, err
}

// keepCheck stores what was found on a copy of the charter, once: an attempt that comes later finds the same, but for the time.
func (a *Activities) keepCheck(ctx context.Context, r *reading.Result) error {
	if r.Reading.Return == nil || r.Reading.Return.Check.Key == "" {
		return nil
	}
	text, err := a.once(ctx, r.Reading.Return.Check.Key, "application/json", func() ([]byte, error) { return r.Check, nil })
	r.Reading.Return.Check.SHA256 = hash(text)
	return err
}
