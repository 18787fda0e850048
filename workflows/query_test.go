package workflows_test

import (
	"strings"
	"testing"
	"time"

	"relance/domain/casefile"
)

// TestWhoAsksWhereTheCaseStandsIsAnswered: at each stage, at once, from the state; no officer is called, and what only looks so goes to one as before.
func TestWhoAsksWhereTheCaseStandsIsAnswered(t *testing.T) {
	question := mail{text: "Bonjour,\n\nOù en est mon dossier ?\n\nMerci"}
	for name, c := range map[string]struct {
		prepare func(*world)
		has     []string // of the answer
	}{
		"incomplete": {func(w *world) { w.on(0, mail{text: fields}) }, []string{"« incomplète »", "Il manque encore « ", "Nous attendons ces éléments de vous jusqu'au", "L. 114-5"}},
		"charter":    {func(w *world) { w.on(0, whole()) }, []string{"« charte à signer »", "Aucune pièce ni information ne manque", "la signature de la charte d'engagement jusqu'au"}},
		"review":     {func(w *world) { w.on(0, whole()); w.on(day, signature) }, []string{"« en instruction »", "C'est à nous de décider, au plus tard le", "L. 231-4"}},
		"granted": {func(w *world) { w.on(0, whole()); w.on(day, signature); w.act(2*day, casefile.Approve, casefile.Act{}) },
			[]string{"« attribuée »", "accordée est de", "C'est à nous de confirmer le versement"}},
		"rejected": {func(w *world) {
			w.on(0, whole())
			w.on(day, signature)
			w.act(2*day, casefile.Reject, casefile.Act{Grounds: []string{"territoire"}})
		}, []string{"« rejetée »", "Vous pouvez contester la décision jusqu'au"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c.prepare(w)
			before := w.at(5*day - time.Hour)
			w.on(5*day, question)
			after := w.at(5*day + time.Hour)
			w.run()
			if len(after.Concerns) != len(before.Concerns) || after.Stage != before.Stage {
				t.Errorf("an officer is called: %v, before %v", after.Concerns, before.Concerns)
			}
			var answer string
			for _, m := range w.sent {
				if m.name == casefile.StateMail {
					answer += text(m)
				}
			}
			for _, want := range append(c.has, "Nous avons votre demande du 15 septembre 2020") {
				if !strings.Contains(answer, want) {
					t.Errorf("%q is not in the answer:\n%s", want, answer)
				}
			}
		})
	}
}

// TestWhatIsNotOnlyAQuestionTakesItsWay: new facts, an account, a file, an appeal, a stranger, somebody in the applicant's name.
func TestWhatIsNotOnlyAQuestionTakesItsWay(t *testing.T) {
	for name, m := range map[string]mail{
		"a fact":         {text: "Où en est mon dossier ?\nEffectif : 4"},
		"an account":     {text: "Quand serai-je payé ? Versez sur ce compte : FR76 3000 3011 4400 0503 9117 657."},
		"a complaint":    {text: "Je me plains de votre agent. Où en est mon dossier ?"},
		"the reasons":    {text: "Où en est mon dossier ? Pourquoi ce silence ?"},
		"a stranger":     {from: "autre@x.example", text: "Où en est mon dossier ?"},
		"nothing proven": {text: "Où en est mon dossier ?", dmarc: "none"},
		"a machine":      {text: "Où en est mon dossier ?", header: map[string]string{"Auto-Submitted": "auto-replied"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.on(0, whole())
			w.on(day, signature)
			w.on(2*day, m)
			w.run()
			for _, sent := range w.sent {
				if sent.name == casefile.StateMail {
					t.Errorf("it is answered as a question about the state:\n%s", text(sent))
				}
			}
		})
	}
}

// TestMachinesThatAskComeToRest: whoever asks at once whatever is answered is answered so often a day, then not, and an officer is told.
func TestMachinesThatAskComeToRest(t *testing.T) {
	w := newWorld(t)
	w.on(0, whole())
	for i := range 60 {
		w.on(day+time.Duration(i)*time.Minute, mail{text: "Où en est mon dossier ?" + strings.Repeat(" ", i)})
	}
	s := w.at(2*day - time.Hour)
	w.dismisses(3 * day)
	w.run()
	answered := 0
	for _, sent := range w.sent {
		if sent.name == casefile.StateMail {
			answered++
		}
	}
	if answered == 0 || answered > 12 || len(s.Concerns) == 0 {
		t.Errorf("%d answers, concerns %v", answered, s.Concerns)
	}
}
