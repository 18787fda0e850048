package workflows_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"relance/contract"
	"relance/domain/casefile"
)

// room stands in for the starter: it notes what it is asked for.
type room struct {
	world    *world
	asked    []contract.Doubt
	believed []contract.Believing
	left     []contract.Leaving
	settled  map[string]bool // mails that an officer has put on a case
}

func (r *room) Ask(_ context.Context, d contract.Doubt, _ string) error {
	r.world.mu.Lock()
	defer r.world.mu.Unlock()
	r.asked = append(r.asked, d)
	return nil
}

func (r *room) Believe(_ context.Context, b contract.Believing) (string, error) {
	r.world.mu.Lock()
	defer r.world.mu.Unlock()
	r.believed = append(r.believed, b)
	return b.Mail.Case, nil
}

func (r *room) Leave(_ context.Context, l contract.Leaving) error {
	r.world.mu.Lock()
	defer r.world.mu.Unlock()
	r.left = append(r.left, l)
	return nil
}

func (r *room) Settled(_ context.Context, mail casefile.Mail) (bool, error) {
	return r.settled[mail.SHA256], nil
}

// answers lets the mailbox of everything that is held answer, so long after the case began, as its inquiry hands the answer on.
func (w *world) answers(after time.Duration, said casefile.Code) {
	w.env.RegisterDelayedCallback(func() {
		for _, held := range w.query().Held {
			mail := held.Mail
			question, reply := w.keep(mail, "question", "Avez-vous envoyé ce message ?"), w.keep(mail, "reply", "OUI")
			mail.Asked = &casefile.MailboxAnswer{Said: said, At: w.env.Now(), Question: question, Reply: reply}
			w.env.SignalWorkflow(contract.MailSignal, mail)
		}
	}, after)
}

// keep stores what proves a mail beside it.
func (w *world) keep(mail casefile.Mail, what, text string) casefile.Ref {
	content := []byte("Subject: " + what + "\r\n\r\n" + text + "\r\n")
	key := casefile.Folder(reference) + "mail/in/" + mail.SHA256 + "." + what + ".eml"
	w.mu.Lock()
	w.objects[key] = content
	w.mu.Unlock()
	return casefile.Ref{Key: key, SHA256: fmt.Sprintf("%x", sha256.Sum256(content))}
}

// dismisses lets an officer dismiss everything that is held, so long after the case began.
func (w *world) dismisses(after time.Duration) {
	w.env.RegisterDelayedCallback(func() {
		for _, held := range w.query().Held {
			w.ask(casefile.DismissMail, casefile.Act{By: "agent-01", Mail: held.Mail.SHA256}, &answer{})
		}
	}, after)
}

// writes counts how often the journal was written until so long after the case began.
func (w *world) writes(after time.Duration) *counted {
	c := &counted{}
	w.env.RegisterDelayedCallback(func() { c.journals = w.journals }, after)
	return c
}

type counted struct{ journals int }

// letsGo has an officer dismiss what is still held when nothing else happens any more, and gives the state of before.
func (w *world) letsGo() *casefile.State {
	const long = 400 * day
	waited := &casefile.State{}
	w.env.RegisterDelayedCallback(func() {
		if s := w.query(); len(s.Held) > 0 {
			*waited = s
		}
	}, long)
	for n := range 5 { // what follows from it may be answered, and held again
		w.dismisses(long + time.Duration(n)*30*day + time.Hour)
	}
	return waited
}
