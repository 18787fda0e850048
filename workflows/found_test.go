package workflows_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"relance/contract"
	"relance/domain/casefile"
)

// TestACaseRestoredFromAnOldBackupSendsNothingTwice lets a case come to its grant, and then lets the same case live once more from a backup that is
// older than the answer to the charter: what it sent then is put into its folder and it is told. The same reply and the same decision lead to the same
// mails, which are not sent again; the opposite decision is refused; what is new is sent.
func TestACaseRestoredFromAnOldBackupSendsNothingTwice(t *testing.T) {
	before := newWorld(t)
	before.on(0, whole())
	before.on(2*day, signature)
	before.act(10*day, casefile.Approve, casefile.Act{ID: "one"})
	before.run()
	before.expect("2020-09-15 acknowledgement", "2020-09-15 charter", "2020-09-17 charter-signed", "2020-09-25 grant", "2020-11-27 closing")

	after := newWorld(t)
	after.restored = true
	folder := casefile.Folder(reference)
	var found []casefile.Found
	for n, name := range map[int]string{3: "charter-signed", 4: "grant"} {
		f := casefile.Found{Seq: n, Name: name, At: time.Date(2020, 9, 17, 12, 0, 0, 0, casefile.Paris)}
		for _, object := range []struct {
			key string
			ref *casefile.Ref
		}{{fmt.Sprintf("mail/out/%03d-%s.eml", n, name), &f.Mail}, {fmt.Sprintf("mail/out/%03d-%s.eml.accepted.json", n, name), &f.Proof},
			{fmt.Sprintf("letters/%03d-%s.pdf", n, name), &f.Letter}} {
			if content, there := before.objects[folder+object.key]; there {
				after.objects[folder+object.key] = content
				*object.ref = casefile.Ref{Key: folder + object.key, SHA256: digest(content)}
			}
		}
		found = append(found, f)
	}
	slices.SortFunc(found, func(a, b casefile.Found) int { return a.Seq - b.Seq })
	after.on(0, whole())
	for range 2 { // told twice is told once
		after.later(day, func() { after.env.SignalWorkflow(contract.FoundSignal, found) })
	}
	waits := after.at(day + time.Hour)
	after.on(2*day, signature)
	contrary := after.act(3*day, casefile.Reject, casefile.Act{ID: "contrary", Grounds: []casefile.Code{"effectif"}})
	after.act(4*day, casefile.Message, casefile.Act{ID: "new", Text: "Votre dossier a été restauré."})
	after.act(10*day, casefile.Approve, casefile.Act{ID: "again"})
	s := after.run()
	after.expect("2020-09-15 acknowledgement", "2020-09-15 charter", "2020-09-19 message", "2020-11-27 closing")
	if !slices.Contains(waits.Concerns, casefile.ConcernFound) || len(waits.Found) != 2 || waits.MailsOut != 4 {
		t.Errorf("told of two mails, it has %v, %d of them and %d mails", waits.Concerns, len(waits.Found), waits.MailsOut)
	}
	if contrary.err == nil || !strings.Contains(contrary.err.Error(), "attribution est déjà partie") {
		t.Errorf("a rejection after a grant had gone out: %v", contrary.err)
	}
	if s.Stage != casefile.Closed || s.Found != nil || s.MailsOut != 6 || slices.Contains(s.Concerns, casefile.ConcernFound) {
		t.Errorf("it ends %s with %d mails, %v, %v", s.Stage, s.MailsOut, s.Found, s.Concerns)
	}
	if letter := s.Decision.Letter; digest(after.objects[letter.Key]) != digest(before.objects[letter.Key]) || letter.SHA256 != digest(before.objects[letter.Key]) {
		t.Errorf("the grant is another letter: %v", letter)
	}
}

func digest(content []byte) string { return fmt.Sprintf("%x", sha256.Sum256(content)) }
