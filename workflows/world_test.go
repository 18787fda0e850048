package workflows_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	sdk "go.temporal.io/sdk/worker"

	"relance/activities"
	"relance/contract"
	"relance/domain/authority"
	"relance/domain/casefile"
	"relance/domain/chain"
	"relance/domain/ledger"
	"relance/domain/scheme"
	"relance/letters/correspondence"
	"relance/letters/pdf"
	"relance/letters/prose"
	"relance/letters/texts"
	"relance/mail/address"
	"relance/mail/auth"
	"relance/mail/message"
	"relance/mail/outbox"
	"relance/proof/verify"
	"relance/schemes"
	"relance/store/archive"
	"relance/worker"
	"relance/workflows"
)

const (
	reference = "RBD-7K3M9-QXD3A"
	jeanne    = "jeanne@boulangerie.example"
	day       = 24 * time.Hour
)

// received is when every case of these tests begins: a Tuesday.
var received = time.Date(2020, 9, 15, 10, 0, 0, 0, casefile.Paris)

// world is one case with everything around it: the real activities on an archive and an outbox in memory, an envelope,
// and a clock that skips.
type world struct {
	t   *testing.T
	env *testsuite.TestWorkflowEnvironment

	mu      sync.Mutex
	objects map[string][]byte
	sent    []letterOut
	refuse  map[string]error      // by name of mail: what the applicant's server answers
	echo    func(letterOut) *mail // what answers a mail of ours at once
	book    *ledger.Book          // of the plan
	mails   int
	began   time.Time
	maxSize int64 // bytes; 0: no limit
	scheme  string
	acts    *activities.Activities
	sign    func(raw []byte) []byte // signs the applicant's mails with DKIM; nil: nobody does
	room    *room                   // to which mails go that wait for their mailbox

	journals int  // how often the journal was written
	restored bool // mails went out before the case began
}

// letterOut is a mail that was sent.
type letterOut struct {
	name string
	day  string // legal
	to   string
	*message.Message
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOf(t, "fonds-rebond", nil)
}

// load reads the schemes that come with Relance, some lines of a file changed.
func load(t *testing.T, file string, change func(text string) string) *scheme.Catalogue {
	t.Helper()
	folder := fstest.MapFS{}
	err := fs.WalkDir(schemes.Files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(schemes.Files, path)
		if path == file {
			text = []byte(change(string(text)))
		}
		folder[path] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := scheme.Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	return catalogue
}

// newWorldOf is a case of another scheme, or of a catalogue of one's own.
func newWorldOf(t *testing.T, id string, catalogue *scheme.Catalogue) *world {
	t.Helper()
	if catalogue == nil {
		catalogue = load(t, "", nil)
	}
	w := &world{t: t, objects: map[string][]byte{}, refuse: map[string]error{}, book: &ledger.Book{}, scheme: id, began: received}
	w.book.Do(ledger.Move{Op: ledger.Open, Plan: catalogue.Plan})
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	w.env = suite.NewTestWorkflowEnvironment()
	w.env.SetStartTime(received)
	w.env.SetTestTimeout(20 * time.Second)
	w.env.SetWorkerOptions(sdk.Options{DeadlockDetectionTimeout: 20 * time.Second}) // a busy machine is no deadlock
	a := &activities.Activities{Archive: w, Outbox: w, Catalogue: catalogue, Plan: catalogue.Plan, Now: w.env.Now, AuthServ: auth.Server{Name: "mx.metropole.example"},
		Writer: &correspondence.Writer{Authority: authority.Example(), Addresses: address.Addresses{Mailbox: "aides@metropole.example"}, Texts: texts.French()}}
	w.room = &room{world: w}
	w.acts, a.Mailroom = a, w.room
	worker.Register(w.env, &workflows.Procedure{Labels: &texts.French().Labels, People: a.Writer.Authority}, a)
	w.env.OnActivity(a.MoveBudget, mock.Anything, mock.Anything).Return(func(_ context.Context, b contract.Budget) (ledger.Answer, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		answer, _ := w.book.Do(b.Move)
		return answer, nil
	}).Maybe()
	return w
}

func (w *world) PutOnce(_ context.Context, key string, content []byte, _ string) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, there := w.objects[key]; there {
		return false, nil
	}
	w.objects[key] = bytes.Clone(content)
	return true, nil
}

func (w *world) Names(_ context.Context, prefix string) ([]string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var names []string
	for key := range w.objects {
		if strings.HasPrefix(key, prefix) {
			names = append(names, key)
		}
	}
	slices.Sort(names)
	return names, nil
}

// move makes a move on the plan's book from outside the case, and tells the case where it is given money.
func (w *world) move(after time.Duration, m ledger.Move) {
	w.env.RegisterDelayedCallback(func() {
		w.mu.Lock()
		_, effects := w.book.Do(m)
		w.mu.Unlock()
		for _, e := range effects {
			if key, _, _ := strings.Cut(e.Key, "/"); e.What == "served" && key == reference {
				w.env.SignalWorkflow(contract.FundsSignal, ledger.Held)
			}
		}
	}, after)
}

// rebond are the figures of the envelope.
func (w *world) rebond() ledger.Figures { return *w.book.Lines["fonds-rebond"] }

func (w *world) PutVersion(_ context.Context, key string, content []byte, _ string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if strings.HasSuffix(key, "/journal.jsonl") {
		w.journals++
	}
	w.objects[key] = bytes.Clone(content)
	return nil
}

func (w *world) PutSnapshot(ctx context.Context, key string, content []byte, contentType string) error {
	return w.PutVersion(ctx, key, content, contentType)
}

func (w *world) Get(_ context.Context, key string) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	content, there := w.objects[key]
	if !there {
		return nil, archive.ErrNotFound
	}
	return content, nil
}

// MaxSize is what the mail server takes.
func (w *world) MaxSize(context.Context) (int64, error) { return w.maxSize, nil }

func (w *world) Send(_ context.Context, _ string, to []string, raw []byte) (outbox.Acceptance, error) {
	m, err := message.Parse(raw)
	if err != nil {
		return outbox.Acceptance{}, err
	}
	name := strings.Split(strings.Split(m.MessageID, "@")[0], ".")[2]
	w.inCatalogue(name, m)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.refuse[name]; err != nil {
		return outbox.Acceptance{}, err
	}
	w.sent = append(w.sent, letterOut{name, w.env.Now().In(casefile.Paris).Format(time.DateOnly), to[0], m})
	if w.echo != nil {
		if answer := w.echo(w.sent[len(w.sent)-1]); answer != nil {
			w.env.SignalWorkflow(contract.MailSignal, w.put(*answer, w.env.Now()))
		}
	}
	return outbox.Acceptance{At: w.env.Now(), Response: "ok"}, nil
}

// inCatalogue holds a mail of a case to its row: who it says has written it (RFC 3834), and whether it carries a PDF.
func (w *world) inCatalogue(name string, m *message.Message) {
	if !strings.HasPrefix(m.MessageID, strings.ToLower(reference)) {
		return // to the panel of a call
	}
	row, known := casefile.MailOf(name)
	carries := len(m.Attachments) > 0
	if wants := len(row.Letters) > 0 || row.Attach; !known || carries != wants && w.maxSize == 0 || m.AutoSubmitted != string(row.Auto) {
		w.t.Errorf("the mail %s: in the catalogue %v, carries a PDF %v, Auto-Submitted %q", name, known, carries, m.AutoSubmitted)
	}
}

// mail is a message to the case.
type mail struct {
	from   string
	text   string
	files  []string
	copies map[string][]byte                         // further files, by name
	sign   func(t *testing.T, charter []byte) []byte // makes of the charter that was sent what comes back as « scan.pdf »
	header map[string]string                         // instead of a person's headers
	raw    []byte                                    // instead of all of the above
	dmarc  string                                    // what the mail server says of the sender; empty: pass
	says   string                                    // all that the mail server says, instead
	to     string                                    // empty: the scheme's address
	answer string                                    // the number and name of the mail of ours that it answers: 4.grant
	title  string                                    // its subject; empty: Demande
}

// pdf is a document with something in it, so that two differ.
func onePage(t *testing.T, title string) []byte {
	t.Helper()
	if known, ok := pdfs.Load(title); ok {
		return known.([]byte)
	}
	content, err := pdf.Render(pdf.Letter{Letterhead: pdf.Letterhead{Name: "Exemple"}, Title: title, Subject: title, Date: received, Reference: "X", Body: prose.Parse(title)})
	if err != nil {
		t.Fatal(err)
	}
	pdfs.Store(title, content)
	return content
}

var pdfs sync.Map // by title: writing one costs more than anything else here

// put stores a mail as the starter does.
func (w *world) put(m mail, at time.Time) casefile.Mail {
	w.t.Helper()
	w.mails++
	raw := m.raw
	if raw == nil {
		from := m.from
		if from == "" {
			from = jeanne
		}
		out := outbox.Mail{From: message.Address{Name: "Jeanne Martin", Address: from}, To: message.Address{Address: cmp.Or(m.to, "aides+rebond@metropole.example")},
			Subject: cmp.Or(m.title, "Demande"), Text: m.text, Date: at, MessageID: fmt.Sprintf("%d@test.example", w.mails), Headers: m.header}
		if m.answer != "" {
			out.InReplyTo = strings.ToLower(reference) + "." + m.answer + "@metropole.example"
		}
		for name, content := range m.copies {
			out.Attachments = append(out.Attachments, outbox.Attachment{Name: name, Type: "application/pdf", Content: content})
		}
		for _, name := range m.files {
			out.Attachments = append(out.Attachments, outbox.Attachment{Name: name, Type: "application/pdf", Content: onePage(w.t, fmt.Sprint(name, w.mails))})
		}
		var err error
		if raw, err = outbox.Compose(out); err != nil {
			w.t.Fatal(err)
		}
	}
	if w.sign != nil {
		raw = w.sign(raw)
	}
	if m.says != "" {
		raw = append([]byte("Authentication-Results: mx.metropole.example; "+m.says+"\r\n"), raw...)
	} else {
		raw = append([]byte(found(raw, cmp.Or(m.dmarc, "pass"))), raw...)
	}
	sum := fmt.Sprintf("%x", sha256.Sum256(raw))
	key := casefile.Folder(reference) + "mail/in/" + sum + ".eml"
	w.objects[key] = raw
	return casefile.Mail{Ref: casefile.Ref{Key: key, SHA256: sum}, Identity: message.Identity(raw), Received: at, Size: int64(len(raw))}
}

// found is what the authority's mail server found out about the author of a mail: the same by every method, except that a signature does not fail
// where there is none.
func found(raw []byte, result string) string {
	m, err := message.ParseHeader(raw)
	if err != nil {
		return ""
	}
	domain := address.Domain(m.From.Address)
	return "Authentication-Results: mx.metropole.example; spf=" + result + " smtp.mailfrom=" + domain + "; dkim=" + strings.Replace(result, "fail", "none", 1) +
		" header.d=" + domain + "; dmarc=" + result + " header.from=" + domain + "\r\n"
}

// on lets a mail reach the case so long after it began. One that signs the charter is written when the charter is there.
func (w *world) on(after time.Duration, m mail) {
	if m.signs() {
		at := w.began.Add(after)
		w.env.RegisterDelayedCallback(func() { w.env.SignalWorkflow(contract.MailSignal, w.put(w.signed(m), at)) }, after)
		return
	}
	stored := w.put(m, w.began.Add(after))
	w.env.RegisterDelayedCallback(func() { w.env.SignalWorkflow(contract.MailSignal, stored) }, after)
}

// answer is what an officer was answered.
type answer struct {
	done casefile.Done
	err  error
	said bool
}

// asSeen names the account that the case shows at the moment of the act.
const asSeen = "as seen"

// act lets an officer act so long after the case began.
func (w *world) act(after time.Duration, kind casefile.ActKind, a casefile.Act) *answer {
	if a.By == "" {
		a.By = "agent-01"
	}
	got := &answer{}
	w.env.RegisterDelayedCallback(func() { w.ask(kind, a, got) }, after)
	return got
}

// ask sends an officer's action now.
func (w *world) ask(kind casefile.ActKind, a casefile.Act, got *answer) {
	if a.Account == asSeen {
		a.Account = w.query().NewAccount
	}
	if kind == casefile.Approve && a.Amount == 0 && a.Seen == "" && a.Known == "" {
		s := w.query()
		a.Known = s.Mark()
	}
	w.env.UpdateWorkflow(string(kind), a.ID, w.callback(got), a)
}

// callback takes the answer to an update.
func (w *world) callback(got *answer) *testsuite.TestUpdateCallback {
	return &testsuite.TestUpdateCallback{
		OnAccept: func() {},
		OnReject: func(err error) { got.err, got.said = err, true },
		OnComplete: func(result any, err error) {
			got.err, got.said = err, true
			if d, ok := result.(casefile.Done); ok {
				got.done = d
			}
		},
	}
}

// run lets the case live to its end and gives its state.
func (w *world) run() casefile.State {
	w.t.Helper()
	return w.runFrom(casefile.Opening{Reference: reference, Scheme: w.scheme})
}

// runFrom lets a case live to its end. One that waits for an officer with a mail that is held waits for ever: its state is as of then.
func (w *world) runFrom(o casefile.Opening) casefile.State {
	w.t.Helper()
	waited := w.letsGo()
	w.env.ExecuteWorkflow(contract.ApplicationWorkflow, o)
	if !w.env.IsWorkflowCompleted() {
		w.t.Fatal("the case never ended")
	}
	if err := w.env.GetWorkflowError(); err != nil {
		w.t.Fatal(err)
	}
	w.verify()
	if end := w.query(); waited.Reference == "" {
		return end
	}
	return *waited
}

// Names and Read let the case's folder be examined.
func (f folder) Names() ([]string, error) {
	names, err := f.w.Names(context.Background(), casefile.Folder(reference))
	for i := range names {
		names[i] = strings.TrimPrefix(names[i], casefile.Folder(reference))
	}
	return names, err
}

func (f folder) Read(name string) ([]byte, error) {
	return f.w.Get(context.Background(), casefile.Folder(reference)+name)
}

type folder struct{ w *world }

// verify examines the folder of the case, as anybody can who has a copy of it.
func (w *world) verify() verify.Report {
	w.t.Helper()
	report, err := verify.Case(folder{w}, verify.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, f := range report.Findings {
		earlier := f.What == verify.Disagrees && w.restored                                      // a mail of before the restoring says where another journal stood
		if !earlier && (f.What != verify.Unspoken || !strings.HasPrefix(f.Object, "mail/in/")) { // these tests store mails before they are delivered
			w.t.Errorf("the folder does not hold: %+v", f)
		}
	}
	return report
}

// query gives the state as it is now.
func (w *world) query() casefile.State {
	w.t.Helper()
	value, err := w.env.QueryWorkflow(contract.StateQuery)
	if err != nil {
		w.t.Fatal(err)
	}
	var s casefile.State
	if err := value.Get(&s); err != nil {
		w.t.Fatal(err)
	}
	stage := casefile.Received
	for _, e := range w.journal(s) {
		if e.What == "stage" {
			walked[[2]casefile.Stage{stage, casefile.Stage(e.On)}] = true
			stage = casefile.Stage(e.On)
		}
	}
	return s
}

// journal is the whole journal: what lies in the archive, which has to be a chain without a fault, and what is not stored yet.
func (w *world) journal(s casefile.State) []casefile.Entry {
	w.t.Helper()
	entries, faults := chain.Check(reference, w.objects[casefile.Folder(reference)+"journal.jsonl"], []chain.Tip{s.Stored}, nil)
	if faults != nil {
		w.t.Errorf("the journal is broken: %v", faults)
	}
	return append(entries[:min(len(entries), s.Stored.Length)], s.Unstored()...)
}

// walked are the arrows of the stage diagram that some test has gone along.
var walked = map[[2]casefile.Stage]bool{}

// TestMain sees to it that the tests together go along every arrow of the stage diagram.
func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if only := flag.Lookup("test.run").Value.String(); code == 0 && only == "" {
		for _, from := range casefile.Stages {
			for _, to := range casefile.Stages {
				if from.CanBecome(to) && !walked[[2]casefile.Stage{from, to}] {
					fmt.Printf("no test goes from %s to %s\n", from, to)
					code = 1
				}
			}
		}
	}
	os.Exit(code)
}

// expect compares the mails that were sent, each as "day name".
func (w *world) expect(want ...string) {
	w.t.Helper()
	var got []string
	for _, m := range w.sent {
		got = append(got, m.day+" "+m.name)
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("sent\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// whole is an application with everything.
func whole() mail {
	return mail{text: fields, files: []string{"kbis.pdf", "bail.pdf", "quittances.pdf", "comptes.pdf", "rib.pdf"}}
}

const fields = `Entreprise : Boulangerie Martin
SIRET : 628 194 821 00011
Représentant légal : Jeanne Martin
Adresse du local : 12 rue de la Monnaie, 59000 Lille
Commune : Lille
Activité : commerce
Local : vitrine
Effectif : 3
Date de création : 15/09/2012
Chiffre d'affaires annuel : 180 000 €
Bénéfice imposable : 21 000 €
Loyer mensuel : 480,50 €
Propriétaire du local : non
IBAN : FR76 2004 1518 1909 3786 5797 574
Déclaration sur l'honneur : oui`

var signature = mail{text: "Je signe la charte d'engagement du dossier " + reference + ", empreinte {empreinte}."}
