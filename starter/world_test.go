package starter_test

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"relance/domain/casefile"
	"relance/domain/scheme"
	"relance/intake/routing"
	"relance/mail/address"
	"relance/mail/auth"
	"relance/mail/mailbox"
	"relance/mail/message"
	"relance/schemes"
	"relance/starter"
	"relance/store/index"
)

var addresses = address.Addresses{Mailbox: "aides@metropole.example", Sign: func(text string) string {
	return "sig0" + strings.ReplaceAll(strings.ToLower(text[len(text)-6:]), "-", "")
}}

const (
	processed, unassigned, ignored = mailbox.Destination(
		"Traités",
	), mailbox.Destination(
		"À classer",
	), mailbox.Destination(
		"Ignorés",
	)

	jeanne  = "jeanne@boulangerie.example"
	bakery  = "62819482100011"
	salon   = "62819482100029"
	session = "call-entreprendre-autrement-3"
	other   = "RBD-4T8WN-HM2ZC" // a case of somebody else
)

var clock = casefile.Clock{Day: time.Minute}

// world is the servers, and what every starter knows.
type world struct {
	t        *testing.T
	store    *store
	temporal *temporal
	inbox    *inbox
	router   *routing.Router
}

// catalogue is read once for all tests.
var catalogue, errCatalogue = scheme.Load(schemes.Files)

func newWorld(t *testing.T) *world {
	t.Helper()
	if errCatalogue != nil {
		t.Fatal(errCatalogue)
	}
	w := &world{
		t:      t,
		store:  &store{objects: map[string]object{}},
		router: &routing.Router{Addresses: addresses, Catalogue: catalogue, ADay: 3},
	}
	w.temporal = &temporal{runs: map[string]*run{}, store: w.store}
	w.inbox = &inbox{mails: map[uint32]mailbox.Mail{}, folders: map[mailbox.Destination][]string{}, leaves: w.leaves}
	w.put("index/salt", strings.Repeat("s", 32))
	return w
}

func (w *world) put(key, content string) { w.store.put(key, []byte(content), true) }

// leaves checks what must be true before a mail leaves the inbox: its bytes are in the archive, and its case was told
// or its reason is noted.
func (w *world) leaves(m mailbox.Mail, to mailbox.Destination) {
	is := sumOf(m)
	wrong := func(what string) {
		w.temporal.wrong = append(w.temporal.wrong, fmt.Sprintf("a mail went to %s: %s", to, what))
	}
	kept := slices.ContainsFunc(w.store.names(""), func(key string) bool {
		o, err := w.store.get(key)
		return err == nil && sum(o.content) == is
	})
	if !kept {
		wrong("it is not in the archive")
	}
	switch to {
	case processed:
		told := slices.ContainsFunc(slices.Collect(maps.Values(w.temporal.runs)), func(r *run) bool {
			return slices.ContainsFunc(r.mails, func(m casefile.Mail) bool { return m.SHA256 == is })
		})
		if !told {
			wrong("no workflow was told")
		}
	case unassigned, ignored:
		place := map[mailbox.Destination]string{unassigned: starter.Unassigned, ignored: starter.Ignored}[to]
		if _, err := w.store.get(place + is + ".json"); err != nil {
			wrong("its reason is not noted")
		}
	default:
		wrong("there is no such folder")
	}
}

// starter is a process of its own.
func (w *world) starter(through *wire) *starter.Starter {
	far := remote{w.store, through}
	return &starter.Starter{
		Box:       &reader{inbox: w.inbox, wire: through},
		Archive:   far,
		Temporal:  server{w.temporal, through},
		Router:    w.router,
		Index:     &index.Index{Archive: far},
		Clock:     clock,
		TaskQueue: "queue",
		Server:    auth.Server{Name: ours},
		Folders: starter.Folders{
			Processed:  processed,
			Unassigned: unassigned,
			Ignored:    ignored,
		},
		Log: slog.New(slog.DiscardHandler),
	}
}

// empties lets one starter watch until the inbox is empty, and gives what its handler said.
func (w *world) empties(through *wire) []error {
	w.t.Helper()
	s := w.starter(through)
	if err := s.Run(w.t.Context()); !errors.Is(err, errStopped) {
		w.t.Error(err)
	}
	return s.Box.(*reader).said
}

// takes puts a mail into the inbox and lets it be taken to its place, by servers that work and long after every other
// mail.
func (w *world) takes(raw string) {
	w.t.Helper()
	time.Sleep(time.Hour)
	w.inbox.add(raw)
	if said := w.empties(&wire{}); len(said) > 0 {
		w.t.Fatal(said)
	}
}

// ends ends the workflow of a case or of a session; what it was lies in the archive.
func (w *world) ends(id, key string) {
	w.temporal.runs[id].running = false
	w.put(key, "{}")
}

// erases ends a case and leaves the note of its erasure, as the custody does.
func (w *world) erases(id string) {
	delete(w.temporal.runs, id)
	maps.DeleteFunc(
		w.store.objects,
		func(key string, _ object) bool { return strings.HasPrefix(key, casefile.Folder(id)) },
	)
	w.put(starter.ErasedKey(id), "{}")
}

// forgets lets the mails so far count no more: a test is about those that come now.
func (w *world) forgets() {
	clear(w.inbox.folders)
	for _, r := range w.temporal.runs {
		r.mails = nil
	}
}

// has is a case that runs, and of which the starter knows no more.
func (w *world) has(id string) { w.temporal.runs[id] = &run{running: true, begun: []any{nil}} }

// ours is the name under which our mail server writes what it has found out.
const ours = "mx.metropole.example"

// written is a mail of these header fields, proven by its author's domain.
func written(from, to, subject string, more ...string) string {
	_, domain, _ := strings.Cut(from, "@")
	fields := append(
		[]string{
			"Authentication-Results: " + ours + "; spf=pass smtp.mailfrom=" + domain + "; dkim=pass header.d=" + domain +
				"; dmarc=pass header.from=" + domain,
			"From: " + from,
			"To: " + to,
			"Subject: " + subject,
			"Message-ID: <" + strings.ReplaceAll(subject, " ", "-") + "@x.example>",
		},
		more...)
	return strings.Join(fields, "\r\n") + "\r\n\r\nBonjour,\r\n" + subject + "\r\n"
}

// doubtful is a mail of which our mail server has found out nothing.
func doubtful(raw string) string {
	_, raw, _ = strings.Cut(raw, "\r\n")
	return raw
}

// application applies to the fund, for a shop with that SIRET.
func application(about, siret string) string {
	return written(jeanne, addresses.Scheme("rebond"), about) + "SIRET : " + siret + "\r\n"
}

// reference is that of the case which an application opens.
func reference(raw string) string { return casefile.NewReference("RBD", message.Identity([]byte(raw))) }

// answer is a mail to a case or to a session.
func answer(id string) string { return written(jeanne, addresses.Case(id), "voici la suite") }

// sight is what can be seen of a world: what must be the same however often something broke.
type sight struct {
	Objects map[string]string                // key: SHA-256
	Told    map[string]string                // workflow id: how often it was begun, and its mails, each once
	Folders map[mailbox.Destination][]string // the mails in them
}

func (w *world) sees() sight {
	v := sight{map[string]string{}, map[string]string{}, map[mailbox.Destination][]string{}}
	for folder, mails := range w.inbox.folders {
		v.Folders[folder] = slices.Sorted(slices.Values(mails))
	}
	for _, key := range w.store.names("") {
		o, _ := w.store.get(key)
		v.Objects[key] = sum(o.content)
	}
	for id, r := range w.temporal.runs {
		mails := map[string]bool{}
		for _, m := range r.mails {
			mails[m.Identity+" "+m.Key+" "+m.Assigned] = true
		}
		v.Told[id] = fmt.Sprint(len(r.begun), slices.Sorted(maps.Keys(mails)))
	}
	return v
}
