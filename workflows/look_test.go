package workflows_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"relance/domain/casefile"
	"relance/intake/bodacc"
	"relance/intake/sirene"
)

// registers is both registers, as they are on each day.
type registers struct {
	*world
	on map[string]string // day: closed, proceeding, silent, other, unknown, open, mute, closed and mute
}

func (r registers) says() string {
	said := "open"
	today := r.env.Now().Format("2006-01-02")
	days := make([]string, 0, len(r.on))
	for day := range r.on {
		days = append(days, day)
	}
	slices.Sort(days)
	for _, day := range days {
		if day <= today {
			said = r.on[day]
		}
	}
	return said
}

func (r registers) Find(_ context.Context, siret string) (sirene.Establishment, error) {
	e := sirene.Establishment{SIRET: siret, SIREN: siret[:9], Open: true, Published: true, Name: r.name()}
	switch r.says() {
	case "closed", "closed and mute":
		e.Open = false
	case "other":
		e.Name = "QUINCAILLERIE DURAND"
	case "unknown":
		return e, sirene.ErrUnknown
	case "silent":
		return e, errors.New("out of order")
	}
	return e, nil
}

// name is that which the application gives.
func (r registers) name() string { return "BOULANGERIE MARTIN" }

func (r registers) Proceeding(_ context.Context, _ string) (*bodacc.Proceeding, error) {
	if strings.Contains(r.says(), "mute") {
		return nil, errors.New("out of order")
	}
	if r.says() == "proceeding" {
		return &bodacc.Proceeding{Judgement: "Jugement d'ouverture de liquidation judiciaire", On: "2020-09-10", ID: "A2020"}, nil
	}
	return nil, nil
}

// reviewed is a case that waits for its decision, with registers that say so from a day on.
func watched(t *testing.T, on map[string]string) *world {
	t.Helper()
	w := newWorld(t)
	r := registers{w, on}
	w.acts.Register, w.acts.Bulletin = r, r
	w.on(0, whole())
	w.on(day, signature)
	return w
}

// TestWhatRegistersSayBarsAGrantUntilItIsLifted: they are asked again when the aid is granted.
func TestWhatRegistersSayBarsAGrantUntilItIsLifted(t *testing.T) {
	began := on2020("2020-09-15")
	for said, words := range map[string]string{"closed": "obstacle", "proceeding": "obstacle", "closed and mute": "obstacle"} {
		w := watched(t, map[string]string{began.AddDate(0, 0, 2).Format("2006-01-02"): said})
		refused := w.act(3*day, casefile.Approve, casefile.Act{})
		barred := w.at(3*day + day/2)
		w.act(4*day, casefile.SettleConcern, casefile.Act{}) // does not make it go away
		still := w.act(5*day, casefile.Approve, casefile.Act{})
		empty := w.act(6*day, casefile.LiftBar, casefile.Act{})
		w.act(7*day, casefile.LiftBar, casefile.Act{Text: "Radiation par erreur, Kbis du 15/09 au dossier."})
		granted := w.act(8*day, casefile.Approve, casefile.Act{})
		w.run()
		for name, got := range map[string]*answer{"barred": refused, "settled, not lifted": still} {
			if got.err == nil || !strings.Contains(got.err.Error(), words) {
				t.Errorf("%s, %s: %v", said, name, got.err)
			}
		}
		if !slices.Contains(barred.Concerns, casefile.ConcernBar) || len(barred.Bars) != 1 || barred.Stage != casefile.UnderReview {
			t.Errorf("%s: stage %s, bars %v, concerns %v", said, barred.Stage, barred.Bars, barred.Concerns)
		}
		if empty.err == nil || granted.err != nil || granted.done.Stage != casefile.Granted {
			t.Errorf("%s: lifted without a reason %v; granted %s, %v", said, empty.err, granted.done.Stage, granted.err)
		}
	}
}

// TestWhatIsOnlyLookedAt: a register that does not answer, does not know the firm, or knows it under another name, bars nothing.
func TestWhatIsOnlyLookedAt(t *testing.T) {
	for said, concern := range map[string]casefile.Concern{"silent": casefile.ConcernSilent, "mute": casefile.ConcernSilent, "other": casefile.ConcernOtherOne, "unknown": casefile.ConcernRegister, "open": ""} {
		w := watched(t, map[string]string{"2020-01-01": said})
		before := w.at(2 * day)
		granted := w.act(3*day, casefile.Approve, casefile.Act{})
		w.run()
		if (concern != "") != slices.Contains(before.Concerns, concern) || len(before.Bars) > 0 {
			t.Errorf("%s: concerns %v, bars %v", said, before.Concerns, before.Bars)
		}
		if granted.err != nil || granted.done.Stage != casefile.Granted {
			t.Errorf("%s: %s, %v", said, granted.done.Stage, granted.err)
		}
	}
}

// TestAGrantThatIsDrawnIsLookedAtBeforeItIsPaid: by somebody who took no part in it.
func TestAGrantThatIsDrawnIsLookedAtBeforeItIsPaid(t *testing.T) {
	w := newWorld(t)
	all := 100
	w.acts.Writer.Authority.SecondLook = &all
	w.on(0, whole())
	w.on(day, signature)
	before := w.at(2 * day)
	w.act(3*day, casefile.Approve, casefile.Act{})
	after := w.at(3*day + day/2)
	early := w.act(4*day, casefile.OrderPayment, casefile.Act{Payment: "versement", By: "agent-02"})
	own := w.act(5*day, casefile.LookAct, casefile.Act{Text: "Tout est en ordre."})
	silent := w.act(6*day, casefile.LookAct, casefile.Act{By: "agent-02"})
	looked := w.act(7*day, casefile.LookAct, casefile.Act{By: "agent-02", Text: "Bail et RIB vérifiés auprès du bailleur et de la banque."})
	paid := w.at(8 * day)
	again := w.act(9*day, casefile.LookAct, casefile.Act{By: "agent-02", Text: "Encore."})
	w.run()
	if before.Look != nil || slices.Contains(before.Concerns, casefile.ConcernLook) {
		t.Error("it is known before the grant")
	}
	if !after.Look.Pending() || !slices.Contains(after.Concerns, casefile.ConcernLook) || len(after.Instalments) == 0 || after.Instalments[0].Order != "" {
		t.Errorf("after the grant: look %v, concerns %v, instalments %v", after.Look, after.Concerns, after.Instalments)
	}
	for name, got := range map[string]*answer{"paid before": early, "looked at by who granted": own, "without a word": silent, "twice": again} {
		if got.err == nil {
			t.Errorf("%s: done", name)
		}
	}
	if looked.err != nil || paid.Look.Pending() || paid.Look.By != "agent-02" || paid.Instalments[0].Order == "" {
		t.Errorf("after the second look: %v, look %v, order %q", looked.err, paid.Look, paid.Instalments[0].Order)
	}
}

// TestAFirmThatClosesBeforeItIsPaid: the registers are asked once more, and an order waits until an officer has lifted what they say.
func TestAFirmThatClosesBeforeItIsPaid(t *testing.T) {
	w := watched(t, map[string]string{on2020("2020-09-15").AddDate(0, 0, 6).Format("2006-01-02"): "closed"})
	all := 100
	w.acts.Writer.Authority.SecondLook = &all
	w.act(3*day, casefile.Approve, casefile.Act{})
	w.act(10*day, casefile.LookAct, casefile.Act{By: "agent-02", Text: "Vu."})
	barred := w.at(11 * day)
	w.act(12*day, casefile.LiftBar, casefile.Act{Text: "Transfert du siège, même exploitant."})
	lifted := w.at(13 * day)
	w.run()
	if barred.Instalments[0].Order != "" || !slices.Contains(barred.Concerns, casefile.ConcernBar) {
		t.Errorf("the firm is closed: order %q, concerns %v", barred.Instalments[0].Order, barred.Concerns)
	}
	if lifted.Instalments[0].Order == "" || slices.Contains(lifted.Concerns, casefile.ConcernBar) {
		t.Errorf("the bar is lifted: order %q, concerns %v", lifted.Instalments[0].Order, lifted.Concerns)
	}
}

// TestARegisterThatWasSilentIsAskedBeforeItIsPaid: an outage at the application and the grant is no way past it.
func TestARegisterThatWasSilentIsAskedBeforeItIsPaid(t *testing.T) {
	w := watched(t, map[string]string{"2020-01-01": "silent", on2020("2020-09-15").AddDate(0, 0, 4).Format("2006-01-02"): "closed"})
	all := 100
	w.acts.Writer.Authority.SecondLook = &all
	granted := w.act(3*day, casefile.Approve, casefile.Act{})
	w.act(4*day+time.Hour, casefile.LookAct, casefile.Act{By: "agent-02", Text: "Vu."})
	s := w.at(5 * day)
	w.run()
	if granted.err != nil || s.Instalments[0].Order != "" || !slices.Contains(s.Concerns, casefile.ConcernBar) {
		t.Errorf("granted %v, order %q, concerns %v", granted.err, s.Instalments[0].Order, s.Concerns)
	}
}
