package starter_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"relance/domain/casefile"
	"relance/domain/inquiry"
	"relance/intake/routing"
	"relance/local/expect"
	"relance/mail/message"
	"relance/starter"
)

// Two mails to two schemes: one serves both, one gives only what the fund asks for.
var (
	forBoth = written(jeanne, addresses.Scheme("rebond")+", "+addresses.Scheme("avances"), "demande pour deux aides") +
		"Entreprise : Boulangerie Jeanne\r\nSIRET : " + bakery + "\r\nReprésentant légal : Jeanne Martin\r\nIBAN : FR7630006000011234567890189\r\nEffectif : 3\r\n"
	forOne = written(jeanne, addresses.Scheme("rebond")+", "+addresses.Scheme("renovation"), "demande pour le loyer") +
		"Entreprise : Boulangerie Jeanne\r\nSIRET : " + bakery + "\r\nLoyer mensuel : 480,50 €\r\nEffectif : 3\r\n"
)

func referenceIn(raw, prefix string) string {
	return casefile.NewReference(prefix, message.Identity([]byte(raw)))
}

// TestAMailThatServesTwoSchemesOpensTwoCases, however often it is delivered, and whichever of them was opened before a crash.
func TestAMailThatServesTwoSchemesOpensTwoCases(t *testing.T) {
	avances, err := catalogue.Find("avances-remboursables")
	if err != nil {
		for _, s := range catalogue.All() {
			if s.Tag == "avances" {
				avances = s
			}
		}
	}
	for name, again := range map[string]func(w *world){
		"once": func(*world) {}, "twice": func(w *world) { w.takes(forBoth) },
		"after a crash between the two": func(w *world) {
			delete(w.temporal.runs, referenceIn(forBoth, avances.Prefix))
			w.takes(forBoth)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.takes(forBoth)
				again(w)
				for _, prefix := range []string{"RBD", avances.Prefix} {
					id := referenceIn(forBoth, prefix)
					run := w.temporal.runs[id]
					if run == nil {
						t.Fatalf("there is no case %s", id)
					}
					for _, m := range run.mails {
						if !strings.HasPrefix(m.Key, casefile.Folder(id)) {
							t.Errorf("the mail of %s lies at %s", id, m.Key)
						}
					}
				}
				expect.Equal(t, "what no starter may do", w.temporal.wrong, nil)
			})
		})
	}
}

// TestWhoWritesToTwoSchemesIsAskedWhichIsMeant: the mail waits, and opens the case of each scheme that its sender names.
func TestWhoWritesToTwoSchemesIsAskedWhichIsMeant(t *testing.T) {
	for name, chosen := range map[string][]string{"the fund": {"fonds-rebond"}, "the other": {"renovation"}, "both": {"fonds-rebond", "renovation"}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.takes(forOne)
				s := w.starter(&wire{})
				list, err := s.Asides(t.Context(), starter.Unassigned, true)
				expect.NoError(t, "listing", err)
				if len(list) != 1 || list[0].Reason != routing.WhichOf {
					t.Fatalf("%d mails set aside", len(list))
				}
				shown, err := s.Asides(t.Context(), starter.Unassigned, false)
				expect.NoError(t, "listing", err)
				expect.Equal(t, "what an officer has to look at", len(shown), 0)
				id, _ := question(w)
				b := answered(w, w.temporal.runs[id].mails[0])
				for _, is := range chosen {
					b.Mail = inquiry.Waiting{Mail: b.Mail.Mail, Scheme: is, Choice: true, At: b.Mail.At}
					for range 2 {
						_, err := s.Believe(t.Context(), b)
						expect.NoError(t, "believing", err)
					}
				}
				for is, prefix := range map[string]string{"fonds-rebond": "RBD", "renovation": prefixOf("renovation")} {
					opened, wanted := w.temporal.runs[referenceIn(forOne, prefix)] != nil, strings.Contains(strings.Join(chosen, " "), is)
					if opened != wanted {
						t.Errorf("a case of %s is open: %v, want %v", is, opened, wanted)
					}
				}
				w.takes(forOne) // it is delivered again
				expect.Equal(t, "what no starter may do", w.temporal.wrong, nil)
			})
		})
	}
}

func prefixOf(id string) string {
	s, err := catalogue.Find(id)
	if err != nil {
		panic(err)
	}
	return s.Prefix
}
