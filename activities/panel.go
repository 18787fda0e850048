package activities

import (
	"context"
	"encoding/json"
	"fmt"

	"relance/domain/casefile"
	"relance/domain/round"
	"relance/domain/scheme"
	"relance/intake/reading"
	"relance/letters/correspondence"
	"relance/mail/outbox"
)

// maxDossier is how many bytes of documents a mail to a member carries beside the summary; the rest is left to the officer.
const maxDossier = 10 << 20

// panelPiece writes one mail to a member, archives it and sends it.
func (a *Activities) panelPiece(ctx context.Context, c round.Correspondence, sch *scheme.Scheme, piece round.Piece, minutes []byte) (round.SentPiece, error) {
	p := round.SentPiece{Piece: piece, Key: fmt.Sprintf("%smail/out/%03d-%s.eml", round.Folder(c.State.ID), piece.Seq, piece.Mail)}
	member, known := sch.Call.Member(piece.Member)
	if !known { // taken out of the scheme since
		p.Refused = "unknown"
		return p, nil
	}
	raw, first, err := a.written(ctx, p.Key, "message/rfc822", func() ([]byte, error) { return a.writePanel(ctx, c, sch, piece, minutes) })
	if err != nil {
		return p, err
	}
	sent, err := a.send(ctx, casefile.SentPiece{Mail: casefile.Ref{Key: p.Key}}, member.Email, raw, first, casefile.State{Clock: c.State.Clock})
	p.Refused = sent.Refused
	if sent.Unfiled {
		a.logger().WarnContext(ctx, "no copy in the folder of sent mails: relance audit -repair keeps one", "object", p.Key)
	}
	return p, err
}

func (a *Activities) writePanel(ctx context.Context, c round.Correspondence, sch *scheme.Scheme, piece round.Piece, minutes []byte) ([]byte, error) {
	r := correspondence.PanelRequest{Piece: piece, State: c.State, Scheme: sch, At: c.At, Sent: a.Now()}
	var err error
	if r.Dossier, err = a.dossier(ctx, piece.Candidates); err != nil {
		return nil, err
	}
	if piece.About.Key != "" {
		release, err := a.hold(ctx, piece.About.Key, 0)
		if err != nil {
			return nil, err
		}
		defer release()
		m, _, err := a.panelMail(ctx, piece.About)
		if err != nil {
			return nil, err
		}
		r.Thread = reading.Thread(m)
		if piece.Mail == round.ReceivedMail {
			reads := append(c.State.Of(piece.Member), c.State.BarredFor(piece.Member)...)
			r.Scored = reading.Scores(m, reading.Sheet{Call: sch.Call, Candidates: reads})
		}
	}
	var files []outbox.Attachment
	switch piece.Mail {
	case round.DossierMail:
		if files, err = a.papers(ctx, r); err != nil {
			return nil, err
		}
	case round.MinutesMail:
		files = []outbox.Attachment{{Name: "proces-verbal-" + c.State.ID + ".pdf", Type: "application/pdf", Content: minutes}}
	}
	raw, _, err := a.Writer.Panel(r, files...)
	return raw, err
}

// papers are what a member gets to read: a summary of the candidates, and the documents that the call shares with the panel.
func (a *Activities) papers(ctx context.Context, r correspondence.PanelRequest) ([]outbox.Attachment, error) {
	summary, err := a.Writer.Session(round.DossierMail, r)
	if err != nil {
		return nil, err
	}
	files := []outbox.Attachment{{Name: "candidatures-" + r.State.ID + ".pdf", Type: "application/pdf", Content: summary}}
	left := int64(maxDossier)
	for _, d := range r.Dossier {
		for _, id := range r.Scheme.Call.Shared {
			for n, doc := range newest(d.State, id) {
				if doc.Size > left {
					continue
				}
				content, err := a.Archive.Get(ctx, doc.Key)
				if err != nil {
					return nil, err
				}
				left -= doc.Size
				files = append(files, outbox.Attachment{Name: fmt.Sprintf("%s-%s-%d%s", d.State.Reference, id, n+1, extension(doc.Key)), Type: doc.Type, Content: content})
			}
		}
	}
	return files, nil
}

// newest are the usable documents of a kind.
func newest(s casefile.State, kind string) (list []casefile.Document) {
	for _, d := range s.Documents {
		if d.Kind == kind && d.Problem == "" && d.Key != "" {
			list = append(list, d)
		}
	}
	return list
}

func extension(key string) string {
	for i := len(key) - 1; i >= 0 && key[i] != '/'; i-- {
		if key[i] == '.' {
			return key[i:]
		}
	}
	return ""
}

// dossier loads candidates as their folders have them.
func (a *Activities) dossier(ctx context.Context, references []string) ([]correspondence.Candidature, error) {
	var list []correspondence.Candidature
	for _, reference := range references {
		var d correspondence.Candidature
		text, err := a.Archive.Get(ctx, casefile.Folder(reference)+"case.json")
		if err == nil {
			err = json.Unmarshal(text, &d.State)
		}
		if err == nil {
			d.Facts, err = a.facts(ctx, d.State.Facts)
		}
		if err == nil {
			_, d.Version, err = a.version(ctx, d.State)
		}
		if err != nil {
			return nil, fmt.Errorf("candidate %s: %w", reference, err)
		}
		list = append(list, d)
	}
	return list, nil
}

// minutes writes the minutes of the committee, or takes those written before.
func (a *Activities) minutes(ctx context.Context, c round.Correspondence, sch *scheme.Scheme) (casefile.Ref, []byte, error) {
	key := round.Folder(c.State.ID) + "minutes.pdf"
	pdf, err := a.once(ctx, key, "application/pdf", func() ([]byte, error) {
		r := correspondence.PanelRequest{State: c.State, Scheme: sch, Minutes: *c.Minutes, At: c.At, Sent: a.Now()}
		var references []string
		for _, p := range c.State.Ranking {
			references = append(references, p.Reference)
		}
		var err error
		if r.Dossier, err = a.dossier(ctx, references); err != nil {
			return nil, err
		}
		return a.Writer.Session(round.MinutesMail, r)
	})
	return casefile.Ref{Key: key, SHA256: hash(pdf)}, pdf, err
}
