package workflows_test

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"

	"relance/contract"
	"relance/domain/casefile"
)

// Mails that follow from a mail go inside the workflow task: what led to them is in the history and in the archive. Those that follow from what an
// officer does go by an activity of Temporal's own: the action stands nowhere before the task ends, and a letter that is out by then could be one that
// nobody remembers having decided.
func TestALetterThatAnOfficerDecidesGoesOnlyOnceThatIsWrittenDown(t *testing.T) {
	w := newWorld(t)
	w.on(0, whole())
	w.on(2*day, signature)
	w.act(10*day, casefile.Approve, casefile.Act{ID: "one"})
	var within, apart []string
	w.env.SetOnLocalActivityStartedListener(func(info *activity.Info, _ context.Context, args []any) {
		if info.ActivityType.Name == "Correspond" {
			within = append(within, w.env.Now().Format(time.DateOnly))
		}
	})
	w.env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
		if info.ActivityType.Name == "Correspond" {
			apart = append(apart, w.env.Now().Format(time.DateOnly))
		}
	})
	w.run()
	if want := []string{"2020-09-15", "2020-09-17"}; !slices.Equal(within, want) {
		t.Errorf("within the task: %v, want %v", within, want)
	}
	if len(apart) == 0 || apart[0] != "2020-09-25" {
		t.Errorf("apart: %v", apart)
	}
	w.expect("2020-09-15 acknowledgement", "2020-09-15 charter", "2020-09-17 charter-signed", "2020-09-25 grant", "2020-11-27 closing")
}

// A worker that dies after mails went, and before Temporal knows, leaves the mail to be read again by another, later, when registers and other cases say
// something else: the reading is the one that the mails went on.
func TestAMailIsReadOnce(t *testing.T) {
	w := newWorld(t)
	m := w.put(whole(), received)
	receipt := contract.Receipt{State: casefile.State{Reference: reference, Scheme: "fonds-rebond", Stage: casefile.Received, Received: received}, Mail: m, At: received}
	first, err := w.acts.ReceiveMail(context.Background(), receipt)
	if err != nil || !first.Verdict.Eligible || len(first.Missing) > 0 || !first.At.Equal(received) || first.Kept.Key == "" {
		t.Fatalf("%+v %v", first, err)
	}
	later := receipt
	later.At = received.AddDate(1, 0, 0) // the time to apply is over
	if again, err := w.acts.ReceiveMail(context.Background(), later); err != nil || !reflect.DeepEqual(again, first) {
		t.Errorf("read again a year later: %+v %v", again, err)
	}
	later.State.Chain.Length = 3 // an officer admits it: the case has noted something since
	anew, err := w.acts.ReceiveMail(context.Background(), later)
	if err != nil || anew.Kept == first.Kept || !anew.At.Equal(later.At) {
		t.Errorf("read anew: %+v %v", anew, err)
	}
}

// An officer who answers at once what a case has just told meets it as it will be when that is written down: a mail goes from inside the workflow task, and where
// that task is lost, what the officer does comes together with the mail that led to it.
func TestAnOfficerMayBeFasterThanTheTask(t *testing.T) {
	w := newWorld(t)
	w.on(0, whole())
	approved, again := &answer{}, &answer{}
	w.env.RegisterDelayedCallback(func() {
		w.env.SignalWorkflow(contract.MailSignal, w.put(w.signed(signature), w.env.Now()))
		w.ask(casefile.Approve, casefile.Act{By: "agent-01", ID: "one", Amount: 144150}, approved)
		w.ask(casefile.Approve, casefile.Act{By: "agent-02", ID: "two", Amount: 144150}, again)
	}, 2*day)
	s := w.run()
	if approved.err != nil || approved.done.Stage != casefile.Granted || s.Decision == nil {
		t.Errorf("%+v", approved)
	}
	if again.err == nil || !strings.Contains(again.err.Error(), "déjà été prise") {
		t.Errorf("a second decision: %+v", again)
	}
	w.expect("2020-09-15 acknowledgement", "2020-09-15 charter", "2020-09-17 charter-signed", "2020-09-17 grant", "2020-11-19 closing")
}
