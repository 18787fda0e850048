// Package bench measures the engine: complete grant cases, from a real mail to the decision in the applicant's mailbox, through the real
// servers.
package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"relance/domain/casefile"
	"relance/domain/scheme"
	"relance/domain/sepa"
	"relance/intake/reading"
	"relance/letters/pdf"
	"relance/letters/prose"
	"relance/local/run"
	"relance/mail/mailbox"
	"relance/mail/message"
	"relance/mail/outbox"
	"relance/office/desk"
	"relance/process/config"
	"relance/process/engine"
)

// Options are what is measured.
type Options struct {
	Data     string
	Cases    int
	Mox      bool    // over mox, which takes some 300 mails a minute, instead of the quick mail server
	Pace     float64 // how many applications are sent in a second; 0: as fast as the server takes them
	Window   int     // how many applications are under way at once; 0: all
	Apart    bool    // worker and starter are processes of their own, started from this very program, and their memory is watched
	Rent     string  // each firm's rent in a month; empty: 480,50 €
	Progress io.Writer
	Log      *slog.Logger

	// Inspect looks at everything while it still runs, once every case is granted.
	Inspect func(context.Context, *run.Local) error
	// Twins lets as many twins run before the cases, and as many afterwards (twin.go).
	Twins bool
}

// Result is what was measured.
type Result struct {
	Cases          int     `json:"cases"`
	Seconds        float64 `json:"seconds"`          // from the first application sent to the last grant received
	CasesPerSecond float64 `json:"cases_per_second"` //
	EventsPerCase  float64 `json:"events_per_case"`  // of the history up to the grant
	BytesPerCase   float64 `json:"bytes_per_case"`   // of the history, as Temporal stores it
	AckP50         float64 `json:"ack_p50_ms"`       // from delivery of the application to the acknowledgement in the applicant's mailbox
	AckP95         float64 `json:"ack_p95_ms"`

	Processor     Processor `json:"cpu_ms_per_case"`
	TwinProcessor Processor `json:"cpu_ms_per_twin,omitzero"`
	TwinPerSecond float64   `json:"twin_per_second,omitempty"` // whole twins, on the same Temporal, before and after the cases (twin.go)
	Ratio         float64   `json:"ratio,omitempty"`           // cases for a twin
}

// account is the mailbox of all applicants of a run; each case has a plus address of its own.
const account = "banc"

// measurement is one run of the bench, beside its twins or alone.
type measurement struct {
	Options
	local  *run.Local
	desk   *desk.Desk
	sender *outbox.Sender
	papers []outbox.Attachment
	apart  *apart // nil: the engine works in this process

	mu      sync.Mutex
	sent    map[string]time.Time // by Message-ID of the application: when the server took it
	acks    []time.Duration
	ended   map[string]time.Time // by reference: when the grant came, or word that the case waits for money
	granted int
	under   chan struct{} // holds one for each application under way, where they are limited
	done    chan struct{}
	failed  chan error
}

// Run measures so many grant cases on servers of its own.
func Run(ctx context.Context, o Options) (Result, error) { return carry(ctx, o, nil) }

// carry starts everything, measures, and lets after look at the run before everything ends.
func carry(ctx context.Context, o Options, after func(context.Context, *measurement) error) (result Result, err error) {
	l, err := run.Start(ctx, run.Options{Data: o.Data, Applicants: []string{account}, QuickMail: !o.Mox, Progress: o.Progress, Log: o.Log})
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	r := newRun(o, l)
	if r.sender, err = engine.Outbox(l.Smtp(account), account+"@localhost"); err != nil {
		return result, err
	}
	defer r.sender.Close()
	if r.papers, err = Papers(); err != nil {
		return result, err
	}
	if o.Apart {
		apart, err := startApart(o.Data)
		if err != nil {
			return result, err
		}
		defer apart.stop()
		r.apart = apart
	} else {
		l.Run(ctx)
	}
	twins := &twins{l: l}
	if o.Twins {
		if err := twins.run(ctx, o.Cases); err != nil {
			return result, err
		}
	}
	if result, err = r.measure(ctx); err != nil {
		return result, err
	}
	if after != nil {
		err = after(ctx, r)
	}
	if err == nil && o.Inspect != nil {
		err = o.Inspect(ctx, l)
	}
	if err == nil && o.Twins {
		if err = twins.run(ctx, o.Cases); err == nil {
			twins.compare(&result)
		}
	}
	return result, err
}

func newRun(o Options, l *run.Local) *measurement {
	r := &measurement{Options: o, local: l, desk: &desk.Desk{Temporal: l.Engine.Temporal, Archive: l.Engine.Archive}, sent: map[string]time.Time{},
		ended: map[string]time.Time{}, done: make(chan struct{}), failed: make(chan error, 8)}
	if o.Window > 0 {
		r.under = make(chan struct{}, o.Window)
	}
	return r
}

// Papers are the documents of an application.
func Papers() ([]outbox.Attachment, error) {
	var list []outbox.Attachment
	for _, name := range []string{"kbis", "bail", "quittances", "comptes", "rib"} {
		pdf, err := pdf.Render(pdf.Letter{Letterhead: pdf.Letterhead{Name: "Banc d'essai"}, Title: name, Subject: name, Date: time.Now(), Reference: "BANC", Body: prose.Parse(name)})
		if err != nil {
			return nil, err
		}
		list = append(list, outbox.Attachment{Name: name + ".pdf", Type: "application/pdf", Content: pdf})
	}
	return list, nil
}

// Own makes papers the own ones of an applicant of a number: what two of them have in common an officer looks at.
func Own(papers []outbox.Attachment, n int) []outbox.Attachment {
	own := slices.Clone(papers)
	for i := range own {
		own[i].Content = fmt.Appendf(slices.Clip(own[i].Content), "%%%% %d\n", n) // a comment behind the end
	}
	return own
}

// lettered writes a number in letters.
func lettered(n int) string {
	return strings.Map(func(digit rune) rune { return digit - '0' + 'a' }, strconv.Itoa(n))
}

// Application is the text of one that is granted, of the firm of a number, which pays so much rent a month (480,50 € where that is empty): each has
// a SIRET and an IBAN of its own, since a firm is granted the aid once, and an owner and an address.
func Application(n int, rent string) string {
	siren := completed(strconv.Itoa(10_000_000+n)+"%d", scheme.ValidSIREN)
	return strings.NewReplacer("{n}", strconv.Itoa(n), "{name}", lettered(n), "{siret}", completed(siren+"0001%d", scheme.ValidSIRET),
		"{rent}", cmp.Or(rent, "480,50 €"), "{iban}", completed("FR762004101005"+fmt.Sprintf("%011d", n)+"%02d", sepa.ValidIBAN)).Replace(application)
}

// completed puts the check digits into a number that make it valid.
func completed(form string, valid func(string) bool) string {
	for digits := 0; ; digits++ {
		if number := fmt.Sprintf(form, digits); valid(number) {
			return number
		}
	}
}

const application = `Entreprise : Banc d'essai
SIRET : {siret}
Représentant légal : Jeanne Martin-{name}
Adresse du local : {n} rue de la Monnaie, 59000 Lille
Commune : Lille
Activité : commerce
Local : vitrine
Effectif : 3
Date de création : 15/09/2012
Chiffre d'affaires annuel : 180 000 €
Bénéfice imposable : 21 000 €
Loyer mensuel : {rent}
Propriétaire du local : non
IBAN : {iban}
Déclaration sur l'honneur : oui`

func (r *measurement) measure(ctx context.Context) (Result, error) {
	ctx, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	c := config.Defaults()
	c.IMAP.Server = r.local.Imap(account)
	box, err := engine.Mailbox(c, slog.New(slog.DiscardHandler))
	if err != nil {
		return Result{}, err
	}
	running.Go(func() { _ = box.Watch(ctx, r.read) }) // it ends with ctx
	meter, began := newMeter(r.local.Stack, r.apart), time.Now()
	running.Go(func() { r.apply(ctx) })
	if r.apart != nil {
		running.Go(func() { r.apart.watch(ctx) })
	}
	for tick := time.NewTicker(5 * time.Second); ; {
		select {
		case <-ctx.Done():
			return Result{}, ctx.Err()
		case err := <-r.failed:
			return Result{}, err
		case err := <-r.local.Failed():
			return Result{}, err
		case <-tick.C:
			r.mu.Lock()
			fmt.Fprintf(r.Progress, "%.0f s: %d acknowledged, %d granted, %d waiting for money, of %d%s\n", time.Since(began).Seconds(), len(r.acks), r.granted, len(r.ended)-r.granted, r.Cases, r.apart.says())
			r.mu.Unlock()
		case <-r.done:
			took, processor := time.Since(began), meter.each(r.Cases)
			result, err := r.result(ctx, took)
			result.Processor = processor
			return result, err
		}
	}
}

// apply sends the applications, one after another, as fast as the server takes them.
func (r *measurement) apply(ctx context.Context) {
	to := r.local.Engine.Addresses().Scheme("rebond")
	began := time.Now()
	for i := range r.Cases {
		if r.Pace > 0 {
			select {
			case <-time.After(time.Until(began.Add(time.Duration(float64(i) / r.Pace * float64(time.Second))))):
			case <-ctx.Done():
				return
			}
		}
		if r.under != nil {
			select {
			case r.under <- struct{}{}:
			case <-ctx.Done():
				return
			}
		}
		id := fmt.Sprintf("%d.%d@banc.localhost", time.Now().UnixNano(), i)
		if err := r.send(ctx, outbox.Mail{From: message.Address{Name: "Banc", Address: fmt.Sprintf("%s+%d@localhost", account, i)}, To: message.Address{Address: to}, Subject: "Demande", Text: Application(i, r.Rent), MessageID: id, Attachments: Own(r.papers, i)}); err != nil {
			r.fail(err)
			return
		}
	}
}

func (r *measurement) fail(err error) {
	select {
	case r.failed <- err:
	default:
	}
}

func (r *measurement) send(ctx context.Context, m outbox.Mail) error {
	m.Date = time.Now()
	raw, err := outbox.Compose(m)
	if err != nil {
		return err
	}
	if _, err := r.sender.Send(ctx, account+"@localhost", []string{m.To.Address}, raw); err != nil {
		return err
	}
	r.mu.Lock()
	r.sent[m.MessageID] = time.Now()
	r.mu.Unlock()
	return nil
}

// read plays the applicant and, as the file reaches review, the officer.
func (r *measurement) read(ctx context.Context, raw mailbox.Mail) (mailbox.Destination, error) {
	now := time.Now()
	head, err := mail.ReadMessage(raw.Reader()) // only what is answered is read further
	if err != nil {
		return "Lus", nil
	}
	local, _, _ := strings.Cut(strings.Trim(head.Header.Get("Message-ID"), "<> "), "@")
	parts := strings.Split(local, ".")
	reference := casefile.FindReference(parts[0])
	switch parts[len(parts)-1] {
	case "acknowledgement":
		r.mu.Lock()
		if sent, ok := r.sent[strings.Trim(head.Header.Get("In-Reply-To"), "<> ")]; ok {
			r.acks = append(r.acks, now.Sub(sent))
		}
		r.mu.Unlock()
	case "charter":
		m, err := message.Read(raw.Reader())
		if err != nil {
			return "Lus", err
		}
		err = r.send(ctx, outbox.Mail{From: m.To[0], To: m.ReplyTo, Subject: "Re: " + m.Subject, Text: reading.PhraseIn(m.Text),
			MessageID: "re." + m.MessageID, InReplyTo: m.MessageID, References: append(m.References, m.MessageID)})
		if err != nil {
			return "Lus", err
		}
	case "charter-signed":
		go func() { // deciding waits for the letter to be sent, and must not hold up the reading
			if _, err := r.desk.Act(ctx, reference, casefile.Approve, casefile.Act{By: "agent-01", ID: "banc", Amount: r.grant()}); err != nil && ctx.Err() == nil {
				r.fail(fmt.Errorf("%s: %w", reference, err))
			}
		}()
	case "grant", "waitlisted":
		r.end(reference, parts[len(parts)-1] == "grant", now)
	}
	return "Lus", nil
}

// grant is what the formula gives, in cents: the officer names it, as one does who has read the case.
func (r *measurement) grant() int64 {
	if r.Rent == "" {
		return 3 * 480_50
	}
	return fullGrant
}

// end notes that a case has come to its grant, or to the line of those who wait for money.
func (r *measurement) end(reference string, granted bool, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, again := r.ended[reference]; again {
		return
	}
	r.ended[reference] = at
	if granted {
		r.granted++
	}
	if r.under != nil {
		<-r.under
	}
	if len(r.ended) == r.Cases {
		close(r.done)
	}
}

// inspected is of how many cases the histories are read.
const inspected = 500

// result reckons what was measured, histories included.
func (r *measurement) result(ctx context.Context, took time.Duration) (Result, error) {
	result := Result{Cases: r.Cases, Seconds: took.Seconds(), CasesPerSecond: float64(r.Cases) / took.Seconds()}
	r.mu.Lock()
	slices.Sort(r.acks)
	result.AckP50, result.AckP95 = percentile(r.acks, 50), percentile(r.acks, 95)
	r.mu.Unlock()
	var events, size, read int
	for reference := range r.ended {
		if read == inspected {
			break
		}
		read++
		history := r.local.Engine.Temporal.GetWorkflowHistory(ctx, reference, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for history.HasNext() {
			e, err := history.Next()
			if err != nil {
				return result, err
			}
			events++
			size += e.Size()
		}
	}
	result.EventsPerCase, result.BytesPerCase = float64(events)/float64(read), float64(size)/float64(read)
	return result, nil
}

// percentile is in milliseconds; the list is sorted.
func percentile(list []time.Duration, p int) float64 {
	if len(list) == 0 {
		return 0
	}
	return float64(list[min(len(list)-1, len(list)*p/100)].Microseconds()) / 1000
}
