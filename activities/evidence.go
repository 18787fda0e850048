package activities

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"relance/domain/casefile"
	"relance/domain/chain"
	"relance/letters/correspondence"
	"relance/mail/auth"
	"relance/mail/message"
	"relance/proof/evidence"
)

// prove tells how far the sender of a mail can be believed: by what our own mail server found out, and by its signatures, verified once more on
// the raw bytes. It is kept beside the mail, with the keys as the DNS gave them, so that it can be verified again ten years later.
func (a *Activities) prove(mail casefile.Mail, raw []byte, m *message.Message) auth.Proof {
	proof := auth.Proof{Mail: mail.SHA256, At: a.Now().UTC(), Server: auth.Read(m.Trace, a.AuthServ)}
	if a.DKIM != nil && message.Ends(raw) {
		notes := &auth.Notebook{Ask: a.DKIM, Resolver: cmp.Or(a.Resolver, "system"), Now: a.Now}
		var err error
		if proof.Signatures, err = auth.Verify(raw, m, notes.Lookup, mail.Received); err != nil {
			proof.Signatures = nil // a header that cannot be read proves nothing
		}
		proof.Keys = notes.Keys()
	}
	proof.Author = auth.Judge(auth.Evidence{Message: m, Server: proof.Server, Signatures: proof.Signatures, Arrived: mail.Received,
		Strict: auth.Strict(m.From.Address, proof.Signatures, proof.Server, a.DKIM), Servers: a.Writer.Authority.TakesServers()})
	return proof
}

// proofEnding is how the account of a mail is called, behind the key of the mail.
const proofEnding = ".proof.json"

// evidence gathers the evidence of the charter's signature, once: a file for programs and a page for people. It is nil where nothing was signed, or
// the evidence is there.
func (a *Activities) evidence(ctx context.Context, r correspondence.Request) (*casefile.Evidence, error) {
	s := r.State
	if s.Proven() {
		return nil, nil
	}
	mail, raw, m, release, err := a.carrier(ctx, s)
	if err != nil || m == nil {
		return nil, err
	}
	defer release()
	var proof auth.Proof
	proofFile := casefile.Ref{Key: mail.Key + proofEnding}
	text, err := a.mail(ctx, proofFile.Key)
	if err == nil {
		proofFile.SHA256 = hash(text)
		err = json.Unmarshal(text, &proof)
	} else if missing(err) { // nothing was known of its sender
		proofFile, err = casefile.Ref{}, nil
		proof = auth.Proof{Mail: mail.SHA256, Author: auth.Author{Verdict: auth.Unproven}, Server: auth.Read(m.Trace, a.AuthServ)}
	}
	if err != nil {
		return nil, err
	}
	f := evidence.Of(s, mail, raw, m, proof, proofFile)
	f.Signer.For, f.Signer.As = a.Writer.Signer(r)
	if c := r.Version.Charter; c != nil {
		f.Charter.Version = cmp.Or(f.Charter.Version, c.Version)
	}
	r.Matters.Evidence, r.Piece = &f, casefile.Piece{Letter: casefile.EvidenceLetter, Seq: r.Piece.Seq}
	e := &casefile.Evidence{Of: s.Charter.Evidence.SHA256}
	key := fmt.Sprintf("%sevidence/%03d", s.Folder(), r.Piece.Seq)
	e.File, err = a.kept(ctx, key+".json", "application/json", f.JSON)
	if err == nil {
		e.Page, err = a.kept(ctx, key+".pdf", "application/pdf", func() ([]byte, error) { return a.sealed(ctx, r) })
	}
	return e, err
}

// kept is once, for those who need the object's hash alone.
func (a *Activities) kept(ctx context.Context, key, contentType string, make func() ([]byte, error)) (casefile.Ref, error) {
	content, err := a.once(ctx, key, contentType, make)
	return casefile.Ref{Key: key, SHA256: hash(content)}, err
}

// carrier finds the mail that brought the signature: it carries the signature itself, or the copy that was signed. There is room for it until it is
// released.
func (a *Activities) carrier(ctx context.Context, s casefile.State) (mail casefile.Ref, raw []byte, m *message.Message, release func(), err error) {
	signed := s.Charter.Evidence
	names := []string{signed.Key}
	if in := s.Folder() + "mail/in/"; !strings.HasPrefix(signed.Key, in) {
		if names, err = a.Archive.Names(ctx, in); err != nil {
			return mail, nil, nil, nil, err
		}
	}
	for _, name := range names {
		if !strings.HasSuffix(name, ".eml") {
			continue
		}
		if release, err = a.hold(ctx, name, 0); err != nil {
			return mail, nil, nil, nil, err
		}
		if raw, err = a.mail(ctx, name); err == nil {
			m, err = a.parse(ctx, raw, a.reader(ctx).Open)
		}
		if err == nil && (name == signed.Key || carries(m.Files(), signed.SHA256)) {
			return casefile.Ref{Key: name, SHA256: chain.Hash(raw)}, raw, m, release, nil
		}
		release()
		if err != nil && !errors.Is(err, message.ErrEmpty) {
			return mail, nil, nil, nil, err
		}
	}
	return mail, nil, nil, nil, nil // it came otherwise than by mail
}

// carries tells whether a file is among others, or inside one of them.
func carries(files []message.Attachment, sum string) bool {
	return slices.ContainsFunc(files, func(f message.Attachment) bool { return f.SHA256 == sum || carries(f.Contains, sum) })
}
