package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"relance/activities"
	"relance/contract"
	"relance/domain/casefile"
	"relance/letters/correspondence"
	"relance/mail/mailbox"
	"relance/mail/message"
	"relance/proof/verify"
	"relance/store/archive"
)

// acceptance is the proof that a mail went out (activities), as far as the audit writes and reads it.
type acceptance struct {
	At       time.Time `json:"at"`
	Response string    `json:"response,omitempty"`
	Found    bool      `json:"found,omitempty"` // it was made from the copy in the folder of sent mails, after a restoring
}

// earlier tells whether a mail, or the letter that it carried, went out before the bucket was restored: it says where the journal stood that was
// lost.
func (a *audit) earlier(ctx context.Context, reference, name string, names []string) bool {
	n, _, _ := number(name)
	for _, mail := range names {
		if m, _, _ := number(mail); m != n || path.Dir(mail) != "mail/out" || path.Ext(mail) != ".eml" {
			continue
		}
		var proof acceptance
		return a.note(ctx, casefile.Folder(reference)+mail+".accepted.json", &proof) == nil && proof.Found
	}
	return false
}

// compareSent looks for mails of ours in the folder of copies that no case folder has: the bucket was restored, and they are younger than its
// backup.
func (a *audit) compareSent(ctx context.Context) error {
	if a.sent == nil || len(a.unknown) == 0 {
		return nil
	}
	for _, folder := range append(slices.Clone(a.Config.IMAP.SentEarlier), a.Config.IMAP.Sent) {
		err := a.box.SentIDs(ctx, folder, func(id string) {
			if !a.unknown[textSum(id)] {
				return
			}
			reference, object, ok := a.objectOf(id)
			if ok && !a.erased[reference] {
				a.suspect(Finding{Code: SentUnknown, Case: reference, Object: object, Detail: "le dossier ne l'a pas"})
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// objectOf is the key under which the case folder has a mail of ours, by its Message-ID: reference.number.name@domain.
func (a *audit) objectOf(id string) (reference, key string, ok bool) {
	reference = a.Addresses().CaseOf(id)
	name, _, _ := strings.Cut(strings.Trim(id, "<> "), "@")
	parts := strings.Split(name, ".")
	if reference == "" || len(parts) != 3 {
		return "", "", false
	}
	n, err := strconv.Atoi(parts[1])
	return reference, fmt.Sprintf("%smail/out/%03d-%s.eml", casefile.Folder(reference), n, parts[2]), err == nil && n > 0
}

// adopt puts a mail that was sent, its letter and the proof that it was sent into the case folder, under the keys under which the engine
// stores them: a step that comes to this mail finds it there, and does not send it again.
func (a *audit) adopt(ctx context.Context, f Finding) error {
	there, err := a.Archive.Exists(ctx, f.Object+".accepted.json")
	if err != nil || there {
		return err
	}
	name := strings.TrimPrefix(f.Object, casefile.Folder(f.Case))
	return a.sent.Copy(ctx, a.messageID(f.Case, name), func(m mailbox.Mail) error {
		raw, err := m.Bytes()
		if err != nil {
			return err
		}
		if err := a.adoptLetter(ctx, f.Case, name, raw); err != nil {
			return err
		}
		if _, err := a.Archive.PutOnce(ctx, f.Object, raw, "message/rfc822"); err != nil {
			return err
		}
		proof, err := json.Marshal(acceptance{At: m.Received.UTC(), Found: true, Response: "retrouvé dans le dossier des messages envoyés"})
		if err != nil {
			return err
		}
		_, err = a.Archive.PutOnce(ctx, f.Object+".accepted.json", proof, "application/json") // last: it says that the rest is there
		return err
	})
}

// adoptLetter stores the letter that a mail carries: the name of its file tells which it is.
func (a *audit) adoptLetter(ctx context.Context, reference, name string, raw []byte) error {
	n, called, _ := number(name)
	m, err := message.Parse(raw)
	if err != nil { // one that cannot be read carries none
		return nil
	}
	w := a.Writer()
	row, _ := casefile.MailOf(called)
	for _, letter := range row.Letters {
		_, file := w.Document(correspondence.Request{Piece: casefile.Piece{Letter: letter}, State: casefile.State{Reference: reference}})
		for _, attached := range m.Attachments {
			if attached.Name == file {
				_, err := a.Archive.PutOnce(ctx, fmt.Sprintf("%sletters/%03d-%s.pdf", casefile.Folder(reference), n, letter), attached.Content(), "application/pdf")
				return err
			}
		}
	}
	return nil
}

// tell tells a running case of the mails that its folder has and it does not know; false where no workflow runs that could be told.
func (a *audit) tell(ctx context.Context, reference string) (told bool, err error) {
	mails, err := a.untold(ctx, reference)
	if err != nil || len(mails) == 0 {
		return err == nil, err
	}
	if _, err := a.Archive.Stat(ctx, casefile.Folder(reference)+"case.json"); err == nil {
		return true, a.signalFound(ctx, reference, mails)
	} else if !errors.Is(err, archive.ErrNotFound) {
		return false, err
	}
	err = a.Temporal.SignalWorkflow(ctx, reference, "", contract.FoundSignal, mails)
	if errors.As(err, new(*serviceerror.NotFound)) {
		return false, nil
	}
	return err == nil, err
}

// signalFound tells a case, and wakes it from its folder where it has ended.
func (a *audit) signalFound(ctx context.Context, reference string, mails []casefile.Found) error {
	_, err := a.Temporal.SignalWithStartWorkflow(ctx, reference, contract.FoundSignal, mails, client.StartWorkflowOptions{TaskQueue: contract.TaskQueue,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE}, contract.ApplicationWorkflow,
		casefile.Opening{Reference: reference, Clock: a.Config.Clock(), Resume: true})
	return err
}

// untold are the accepted mails of a case folder that its journal does not speak of, in the order of their numbers.
func (a *audit) untold(ctx context.Context, reference string) ([]casefile.Found, error) {
	prefix := casefile.Folder(reference)
	names, err := a.Archive.Names(ctx, prefix)
	if err != nil {
		return nil, err
	}
	for i := range names {
		names[i] = strings.TrimPrefix(names[i], prefix)
	}
	unspoken := func(string) bool { return true }
	if slices.Contains(names, "case.json") {
		s, err := activities.Load(ctx, a.Archive, reference)
		if err != nil {
			return nil, err
		}
		r, err := verify.Journal(folder{ctx, a.Archive, prefix, names}, verify.Options{Reference: reference})
		if err != nil {
			return nil, err
		}
		unspoken = func(name string) bool {
			n, _, _ := number(name)
			return n > s.MailsOut && slices.ContainsFunc(r.Findings, func(f verify.Finding) bool { return f.What == verify.Unspoken && f.Object == name })
		}
	}
	var list []casefile.Found
	for _, name := range names {
		if path.Dir(name) != "mail/out" || path.Ext(name) != ".eml" || !slices.Contains(names, name+".accepted.json") || !unspoken(name) {
			continue
		}
		f, err := a.found(ctx, prefix, name, names)
		if err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	return list, nil
}

// found describes one mail of a folder.
func (a *audit) found(ctx context.Context, prefix, name string, names []string) (f casefile.Found, err error) {
	f.Seq, f.Name, _ = number(name)
	var accepted acceptance
	if err := a.note(ctx, prefix+name+".accepted.json", &accepted); err != nil {
		return f, err
	}
	f.At = a.Config.Clock().Legal(accepted.At).UTC()
	if f.Mail, err = a.ref(ctx, prefix+name); err != nil {
		return f, err
	}
	if f.Proof, err = a.ref(ctx, prefix+name+".accepted.json"); err != nil {
		return f, err
	}
	number := fmt.Sprintf("letters/%03d-", f.Seq)
	if i := slices.IndexFunc(names, func(name string) bool { return strings.HasPrefix(name, number) && path.Ext(name) == ".pdf" }); i >= 0 {
		f.Letter, err = a.ref(ctx, prefix+names[i])
	}
	return f, err
}

func (a *audit) ref(ctx context.Context, key string) (casefile.Ref, error) {
	content, err := a.Archive.Get(ctx, key)
	sum := sha256.Sum256(content)
	return casefile.Ref{Key: key, SHA256: hex.EncodeToString(sum[:])}, err
}
