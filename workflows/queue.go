package workflows

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"relance/contract"
	"relance/domain/casefile"
)

// queue is what happens to a case, or to a session of a call, in the order in which it comes. Signals and acts wait in it until the workflow
// takes them (wait); one thing is dealt with at a time. An act is judged before it is let in, unless something else is dealt with or waits
// before it: the state may be in the middle of a change then, and the act is judged when its turn comes. Whoever acted is answered at one
// place, when the work is over (conclude).
type queue[E any] struct {
	pending []E
	unread  []workflow.ReceiveChannel // signals that Temporal has handed over and no coroutine has taken yet
	ready   bool                      // the state is there
	busy    bool                      // something is dealt with
	acting  asked                     // the act that is carried out; nil: none
}

// asked is an act under way, as far as the queue needs to know it.
type asked interface{ conclude(failed error) }

// idle tells whether the state is whole, and nothing waits that will change it.
func (q *queue[E]) idle() bool {
	for _, channel := range q.unread {
		if channel.Len() > 0 {
			return false
		}
	}
	return q.ready && !q.busy && len(q.pending) == 0
}

// add puts something at the end of the queue.
func (q *queue[E]) add(e E) { q.pending = append(q.pending, e) }

// take gives the oldest thing that has come.
func (q *queue[E]) take() E {
	e := q.pending[0]
	q.pending = q.pending[1:]
	return e
}

// alarm is when a workflow does something by itself.
type alarm struct {
	left    time.Duration // real
	summary string        // what Temporal's page says of the timer
}

// await waits until something has come, or until the alarm, where there is one; came is false then. Acts are judged at once meanwhile.
func (q *queue[E]) await(ctx workflow.Context, a *alarm, something func() bool) (came bool, err error) {
	q.busy = false
	defer func() { q.busy = true }()
	if a == nil {
		return true, workflow.Await(ctx, something)
	}
	timer, cancel := workflow.WithCancel(ctx)
	defer cancel() // else the timer would fire one day for nothing
	return workflow.AwaitWithOptions(timer, workflow.AwaitOptions{Timeout: max(a.left, time.Millisecond),
		TimerOptions: workflow.TimerOptions{Summary: a.summary}}, something)
}

// conclude answers whoever has asked for what has just been dealt with.
func (q *queue[E]) conclude(failed error) {
	if q.acting != nil {
		q.acting.conclude(failed)
		q.acting = nil
	}
}

// signals puts what a signal says into the queue.
func signals[T, E any](ctx workflow.Context, q *queue[E], signal string, event func(T) E) {
	channel := workflow.GetSignalChannel(ctx, signal)
	q.unread = append(q.unread, channel)
	workflow.GoNamed(ctx, signal, func(ctx workflow.Context) {
		for {
			var said T
			if more := channel.Receive(ctx, &said); !more {
				return
			}
			q.add(event(said))
		}
	})
}

// offer is an act that can be asked for by an update: A is its input, D what whoever acted is answered.
type offer[K ~string, A, D, E any] struct {
	kind  K
	help  string
	who   func(ctx workflow.Context, act A) error // whether whoever asks may do it; only a validator asks
	judge func(ctx workflow.Context, act A) error // whether it is possible now
	event func(ctx workflow.Context, act A, r *request[K, D]) E
}

// updates lets an act be asked for. A refused one leaves no trace in the history; an accepted one is answered once the work is over.
func updates[K ~string, A, D, E any](ctx workflow.Context, q *queue[E], o offer[K, A, D, E]) error {
	return workflow.SetUpdateHandlerWithOptions(ctx, string(o.kind),
		func(ctx workflow.Context, act A) (done D, err error) {
			answer, settle := workflow.NewFuture(ctx)
			q.add(o.event(ctx, act, &request[K, D]{kind: o.kind, settle: settle}))
			return done, answer.Get(ctx, &done)
		},
		workflow.UpdateHandlerOptions{Description: o.help, Validator: func(ctx workflow.Context, act A) error {
			if err := o.who(ctx, act); err != nil || !q.idle() {
				return refusal(err)
			}
			return refusal(o.judge(ctx, act))
		}})
}

// request is an act under way, with the answer of whoever asked for it. The handler says what comes of it in done, or refuses; it does not
// answer.
type request[K ~string, D any] struct {
	kind    K
	done    D
	refused error
	finish  func() // fills in done with the state as it then is, and remembers that the act was done
	settle  workflow.Settable
	said    bool
}

// refuse lets the answer be a refusal.
func (r *request[K, D]) refuse(why error) { r.refused = why }

// conclude answers, once: with the refusal, with the failure, or with what was done.
func (r *request[K, D]) conclude(failed error) {
	if r.said {
		return
	}
	r.said = true
	switch {
	case r.refused != nil:
		r.settle.SetError(refusal(r.refused))
	case failed != nil:
		r.settle.SetError(unfinished(failed))
	default:
		r.finish()
		r.settle.SetValue(r.done)
	}
}

// refusal makes a refusal readable across Temporal: its text is all there is.
func refusal(err error) error {
	if err == nil {
		return nil
	}
	kind := contract.Refused
	if errors.Is(err, casefile.ErrAnother) {
		kind = contract.RefusedAnother
	}
	return temporal.NewNonRetryableApplicationError(err.Error(), kind, nil)
}

// unfinished tells whoever acted that the work could not be finished. The cause is for an administrator, who finds it in Temporal and in the
// audit.
func unfinished(err error) error {
	return temporal.NewNonRetryableApplicationError("l'action n'a pas pu être menée à terme ; un administrateur doit examiner le dossier "+
		"(relance audit)", "unfinished", err)
}

// answerAfterWork is a change: before it, some acts were answered while a part of their work was still to be done.
const answerAfterWork = "answer-after-work"

// concludeEarly answers at the moment at which runs from before that change did.
func (q *queue[E]) concludeEarly(ctx workflow.Context) {
	if workflow.GetVersion(ctx, answerAfterWork, workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		q.conclude(nil)
	}
}
