package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"

	"relance/contract"
	"relance/domain/casefile"
	"relance/domain/inquiry"
	"relance/domain/scheme"
	"relance/intake/papers"
	"relance/intake/reading"
	"relance/intake/routing"
	"relance/letters/correspondence"
	"relance/mail/auth"
	"relance/mail/message"
	"relance/proof/verify"
	"relance/store/archive"
)

// What of one mail is verified.
const (
	mostLetters  = 10 // files
	mostMentions = 3  // cases that one file names: a letter names its own, and seldom another
)

// AnswerVerification answers a mail that asks whether its files are letters of ours. Only a person whose mailbox is proven is answered: a forged mail must
// not make us write to somebody. What was found and the answer are stored before it goes: whatever is tried again says the same, and once.
func (a *Activities) AnswerVerification(ctx context.Context, v contract.Verification) (contract.Verified, error) {
	done, err := a.answerVerification(ctx, v)
	return done, classify(err)
}

func (a *Activities) answerVerification(ctx context.Context, v contract.Verification) (done contract.Verified, err error) {
	release, err := a.hold(ctx, v.Mail.Key, v.Mail.Size)
	if err != nil {
		return done, err
	}
	defer release()
	raw, err := a.mail(ctx, v.Mail.Key)
	if err != nil {
		return done, fmt.Errorf("raw mail: %w", err)
	}
	m, err := message.ParseHeader(raw)
	if err != nil {
		done.Leave = string(routing.Unreadable)
		return done, nil
	}
	if a.proveBehindLists(v.Mail, raw, m).Verdict != auth.Proven {
		done.Leave = string(routing.Verify)
		return done, nil
	}
	key := inquiry.Folder(v.ID) + "verifications/" + v.Mail.SHA256
	answer, first, err := a.written(ctx, key+".eml", "message/rfc822", func() ([]byte, error) {
		files, err := a.letters(ctx, raw)
		if err != nil {
			return nil, err
		}
		return a.Writer.Verification(correspondence.VerificationRequest{Of: v.Mail.SHA256, To: m.From.Address, InReplyTo: m.MessageID,
			References: append(m.References, m.MessageID), Files: files, Sent: a.Now()})
	})
	if err != nil {
		return done, err
	}
	acc, _, err := a.handOver(ctx, key+".eml", "verification", m.From.Address, answer, first)
	if done.Refused = acc.Refused; err == nil && done.Refused == "" {
		_ = a.file(ctx, answer, acc.At, !first) // officers find the answer beside the mail; nothing depends on it
	}
	return done, err
}

// letters tells how the PDF files of a mail stand.
func (a *Activities) letters(ctx context.Context, raw []byte) (list []correspondence.VerifiedFile, err error) {
	files := a.reader(ctx)
	m, err := a.parse(ctx, raw, files.Open)
	if err != nil {
		return nil, err
	}
	for _, f := range m.Files() {
		if f.Type != "application/pdf" || f.Size == 0 || f.Size > reading.MaxDocument || len(list) >= mostLetters {
			continue
		}
		standing, err := a.standing(ctx, files, f.Content())
		if err != nil {
			return nil, err
		}
		list = append(list, correspondence.VerifiedFile{Name: path.Base(f.Name), Standing: standing})
	}
	return list, nil
}

// standing tells how a file stands. The cases that its text names are looked at, and its hash alone decides.
func (a *Activities) standing(ctx context.Context, files papers.Reader, content []byte) (verify.Standing, error) {
	found, err := files.Look(papers.Request{Type: "application/pdf", Cases: true}, content, nil)
	if err != nil {
		return verify.Unconfirmed, err
	}
	for _, reference := range found.Cases[:min(len(found.Cases), mostMentions)] {
		s, err := verify.Letter(caseFolder{ctx, a.Archive, casefile.Folder(reference)}, content)
		switch {
		case errors.Is(err, archive.ErrNotFound):
			continue // no case of that reference, or it was erased
		case err != nil:
			return verify.Unconfirmed, err
		case s == verify.Unconfirmed:
			continue
		}
		told, err := a.tellsStanding(ctx, reference)
		if err == nil && !told {
			s = verify.Authentic
		}
		return s, err
	}
	return verify.Unconfirmed, nil
}

// tellsStanding tells whether others may know whether a letter of a case is still in force: of a natural person only where the scheme says so.
func (a *Activities) tellsStanding(ctx context.Context, reference string) (bool, error) {
	text, err := a.Archive.Get(ctx, casefile.Folder(reference)+"case.json")
	if err != nil {
		return false, err
	}
	var s casefile.State
	if err := json.Unmarshal(text, &s); err != nil {
		return false, err
	}
	sch, v, err := a.version(ctx, s)
	if err != nil {
		return false, err
	}
	return v.Applicant != scheme.Person || sch.TellsStanding, nil
}

// caseFolder is a case folder in the archive.
type caseFolder struct {
	ctx     context.Context
	archive Archive
	prefix  string
}

func (f caseFolder) Names() ([]string, error) { return f.archive.Names(f.ctx, f.prefix) }

func (f caseFolder) Read(name string) ([]byte, error) { return f.archive.Get(f.ctx, f.prefix+name) }
