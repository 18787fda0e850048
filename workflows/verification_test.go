package workflows_test

import (
	"strings"
	"testing"

	"relance/contract"
	"relance/domain/casefile"
	"relance/domain/inquiry"
	"relance/intake/routing"
	"relance/local/expect"
)

// granted is a case that ends with a grant, in the archive of a world, and the letter that granted it.
func granted(t *testing.T) (w *world, letter []byte) {
	t.Helper()
	w = newWorld(t)
	w.on(0, whole())
	w.on(2*day, signature)
	w.act(5*day, casefile.Approve, casefile.Act{ID: "one"})
	s := w.run()
	return w, w.objects[s.Decision.Letter.Key]
}

// verifies asks, in the world of a case that was granted, about files.
func verifies(t *testing.T, of *world, m mail) *asking {
	t.Helper()
	a := newAsking(t)
	for key, content := range of.objects {
		if strings.HasPrefix(key, "cases/") || strings.HasPrefix(key, "schemes/") {
			a.objects[key] = content
		}
	}
	stored := a.store(m, received.Add(30*day), inquiry.Folder(a.id)+"mail/in/")
	a.env.ExecuteWorkflow(contract.VerificationWorkflow, contract.Verification{ID: a.id, Mail: stored})
	expect.NoError(t, "the workflow", a.env.GetWorkflowError())
	return a
}

// TestALetterIsVerifiedByMail: three answers, to a person whose mailbox is proven, and nothing else of the case.
func TestALetterIsVerifiedByMail(t *testing.T) {
	of, letter := granted(t)
	changed := append(append([]byte{}, letter...), '\n')
	for _, c := range []struct {
		name  string
		files map[string][]byte
		says  []string
	}{
		{"ours", map[string][]byte{"decision.pdf": letter}, []string{"# decision.pdf", "Ce fichier est de nous et n'a pas été modifié."}},
		{"changed by a byte", map[string][]byte{"decision.pdf": changed}, []string{"Nous ne pouvons pas confirmer ce fichier."}},
		{"of somebody else", map[string][]byte{"facture.pdf": onePage(t, "Facture")}, []string{"Nous ne pouvons pas confirmer ce fichier."}},
		{"none", nil, []string{"ne contient aucun fichier PDF"}},
		{"two", map[string][]byte{"a.pdf": letter, "b.pdf": changed}, []string{"Ce fichier est de nous", "Nous ne pouvons pas confirmer"}},
	} {
		a := verifies(t, of, mail{text: "Ce courrier est-il de vous ?", copies: c.files})
		if len(a.sent) != 1 || a.sent[0].to != jeanne {
			t.Fatalf("%s: %d mails went", c.name, len(a.sent))
		}
		text := a.sent[0].Text
		for _, want := range c.says {
			if !strings.Contains(strings.ReplaceAll(text, "\u00a0", " "), strings.TrimPrefix(want, "# ")) {
				t.Errorf("%s: %q does not stand in\n%s", c.name, want, text)
			}
		}
		if strings.Contains(text, reference) || strings.Contains(text, "Boulangerie") {
			t.Errorf("%s: it says something of the case:\n%s", c.name, text)
		}
	}
}

// TestALetterThatIsNotInForce: a decision that was withdrawn is ours, and in force no more.
func TestALetterThatIsNotInForce(t *testing.T) {
	w := newWorld(t)
	w.on(0, whole())
	w.on(2*day, signature)
	w.act(5*day, casefile.Approve, casefile.Act{ID: "one"})
	w.on(6*day, mail{text: "Je retire ma demande et renonce à l'aide."})
	s := w.run()
	if s.Decision == nil {
		t.Fatalf("stage %s", s.Stage)
	}
	a := verifies(t, w, mail{text: "?", copies: map[string][]byte{"d.pdf": w.objects[s.Decision.Letter.Key]}})
	want := "n'a pas été modifié."
	if s.Stage == casefile.Withdrawn {
		want = "n'est plus en vigueur"
	}
	if len(a.sent) != 1 || !strings.Contains(a.sent[0].Text, want) {
		t.Errorf("at the stage %s: %+v", s.Stage, a.sent)
	}
}

// TestWhoIsNotProvenIsNotAnswered: a forged mail makes us write to nobody; an officer reads it.
func TestWhoIsNotProvenIsNotAnswered(t *testing.T) {
	of, letter := granted(t)
	a := verifies(t, of, mail{text: "?", dmarc: "none", copies: map[string][]byte{"d.pdf": letter}})
	expect.Equal(t, "mails", len(a.sent), 0)
	if len(a.room.left) != 1 || a.room.left[0].Reason != string(routing.Verify) || !a.room.left[0].Copy {
		t.Errorf("left to officers: %+v", a.room.left)
	}
}

// TestVerifyingAgainAnswersOnce: what is tried again finds the answer that went.
func TestVerifyingAgainAnswersOnce(t *testing.T) {
	of, letter := granted(t)
	a := verifies(t, of, mail{text: "?", copies: map[string][]byte{"d.pdf": letter}})
	stored := casefile.Mail{Received: received.Add(30 * day)}
	for key := range a.objects {
		if strings.HasPrefix(key, inquiry.Folder(a.id)+"mail/in/") && strings.HasSuffix(key, ".eml") {
			stored.Key, stored.SHA256 = key, strings.TrimSuffix(key[strings.LastIndexByte(key, '/')+1:], ".eml")
		}
	}
	for range 2 {
		_, err := a.acts.AnswerVerification(t.Context(), contract.Verification{ID: a.id, Mail: stored})
		expect.NoError(t, "again", err)
	}
	expect.Equal(t, "mails", len(a.sent), 1)
}
