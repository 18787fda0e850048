package starter_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"relance/domain/casefile"
	"relance/intake/form"
	"relance/intake/routing"
	"relance/mail/mailbox"
	"relance/mail/message"
	"relance/starter"
	"relance/store/index"
)

// story is a mail that comes to a world, and where it must go.
type story struct {
	name string
	mail func(w *world) string // makes the world ready, and writes the mail

	to     mailbox.Destination
	id     string         // the workflow that is told; empty: none
	begun  int            // how often that workflow was begun in all
	resume bool           // its last run was woken from the archive
	reason routing.Reason // why the mail was set aside
}

// first is the application of most stories.
var first = application("demande pour la boulangerie", bakery)

// applied lets the first application open its case.
func applied(w *world) string {
	w.takes(first)
	return reference(first)
}

// concerns writes the firm of a case into its snapshot, as the case's workflow does.
func concerns(w *world, id, siret string) {
	key, err := (&index.Index{Archive: remote{w.store, &wire{}}}).Key(w.t.Context(), index.SIRET, siret)
	if err != nil {
		w.t.Fatal(err)
	}
	text, err := json.Marshal(casefile.State{Kin: casefile.Kin{SIRET: key}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.put(casefile.Folder(id)+"case.json", string(text))
}

// formOf is an application whose SIRET stands in the PDF form alone.
func formOf(about, siret string) string {
	pdf, err := form.Write(
		form.Form{Title: "Demande", Sections: []form.Section{{Fields: []form.Field{{ID: "siret", Label: "SIRET"}}}}},
	)
	if err == nil {
		pdf, err = form.Fill(pdf, map[string]string{"siret": siret})
	}
	if err != nil {
		panic(err)
	}
	head, _, _ := strings.Cut(written(jeanne, addresses.Scheme("rebond"), about), "\r\n\r\n")
	return head + "\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
		"--b\r\nContent-Type: text/plain\r\n\r\nBonjour\r\n" +
		"--b\r\nContent-Type: application/pdf; name=demande.pdf\r\n" +
		"Content-Disposition: attachment; filename=demande.pdf\r\n" +
		"Content-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString(
		pdf,
	) + "\r\n--b--\r\n"
}

// The forms are written once: a PDF holds the instant.
var (
	sameForm  = formOf("le formulaire", bakery)
	otherForm = formOf("le formulaire du salon", salon)
)

var second = application("demande pour le salon", salon)

var toCases = []story{
	{name: "an application opens a case", to: processed, id: reference(first), begun: 1,
		mail: func(w *world) string { return first }},
	{name: "an application where all openings of a day are counted", to: processed, id: reference(first), begun: 1,
		mail: func(w *world) string { w.router.InAll = 5; return first }},
	{name: "an application that is delivered again", to: processed, id: reference(first), begun: 1,
		mail: func(w *world) string { applied(w); return first }},
	{
		name:  "an application that is delivered again to somebody who may open no more cases",
		to:    processed,
		id:    reference(first),
		begun: 1,
		mail:  func(w *world) string { applied(w); w.router.ADay = 1; return first },
	},
	{
		name:   "an application that is delivered again after its case has ended",
		to:     processed,
		id:     reference(first),
		begun:  2,
		resume: true,
		mail:   func(w *world) string { id := applied(w); w.ends(id, casefile.Folder(id)+"case.json"); return first },
	},
	{name: "an answer to a case that runs", to: processed, id: reference(first), begun: 1,
		mail: func(w *world) string { return answer(applied(w)) }},
	{name: "an answer to a case that has ended", to: processed, id: reference(first), begun: 2, resume: true,
		mail: func(w *world) string {
			id := applied(w)
			w.ends(id, casefile.Folder(id)+"case.json")
			return answer(id)
		}},
	{
		name:   "an answer to a case of which Temporal knows no more",
		to:     processed,
		id:     reference(first),
		begun:  1,
		resume: true,
		mail: func(w *world) string {
			id := applied(w)
			w.ends(id, casefile.Folder(id)+"case.json")
			delete(w.temporal.runs, id)
			return answer(id)
		},
	},
	{name: "an answer to a mail that the case has sent", to: processed, id: other, begun: 1,
		mail: func(w *world) string {
			w.has(other)
			w.put(casefile.Folder(other)+"mail/out/003-request.eml", "raw")
			return written(
				jeanne,
				"aides@metropole.example",
				"Re: votre demande",
				"In-Reply-To: <"+addresses.MessageID(other, 3, "request")+">",
			)
		}},
	{name: "an answer to a Message-ID that no case has sent", to: unassigned, reason: routing.NoScheme,
		mail: func(w *world) string {
			w.has(other)
			return written(
				jeanne,
				"aides@metropole.example",
				"Re: votre demande",
				"In-Reply-To: <"+addresses.MessageID(other, 3, "request")+">",
			)
		}},
	{name: "Message-IDs that are not of our making", to: unassigned, reason: routing.NoScheme,
		mail: func(w *world) string {
			w.has(other)
			var ids []string
			for _, id := range []string{
				".3.a/../../case", ".3.a\\b", ".3.", ".three.request", ".3", ".3.request.more", ".3...", ".-1.request",
			} {
				ids = append(ids, "<"+other+id+"@metropole.example>")
			}
			return written(jeanne, "aides@metropole.example", "Re: x", "References: "+strings.Join(ids, " "))
		}},
	{name: "a mail of somebody with one open case", to: processed, id: reference(first), begun: 1,
		mail: func(w *world) string { applied(w); return written(jeanne, "aides@metropole.example", "mon bail") }},
	{name: "an application for another shop", to: processed, id: reference(second), begun: 1,
		mail: func(w *world) string { concerns(w, applied(w), bakery); return second }},
	{name: "the form once more, for the same shop", to: processed, id: reference(first), begun: 1,
		mail: func(w *world) string {
			concerns(w, applied(w), bakery)
			return application("encore ma demande", bakery)
		}},
	{name: "the form once more, before the case knows its firm", to: processed, id: reference(first), begun: 1,
		mail: func(w *world) string { applied(w); return application("encore ma demande", bakery) }},
	{name: "a report on a mail of a session", to: processed, id: session, begun: 1,
		mail: func(w *world) string {
			w.has(session)
			w.put("calls/"+session+"/mail/out/004-dossier.eml", "raw")
			return written(
				"MAILER-DAEMON@x.example",
				"aides@metropole.example",
				"Undelivered",
				"References: <"+addresses.MessageID(session, 4, "dossier")+">",
			)
		}},
	{name: "a mail to a session that runs", to: processed, id: session, begun: 1,
		mail: func(w *world) string { w.has(session); return answer(session) }},
	{name: "a mail to a session that has ended", to: processed, id: session, begun: 2,
		mail: func(w *world) string {
			w.has(session)
			w.ends(session, "calls/"+session+"/call.json")
			return answer(session)
		}},
}

var setAside = []story{
	{name: "a mail to a session to which nobody has applied", to: unassigned, reason: routing.NoCase,
		mail: func(w *world) string { return answer(session) }},
	{name: "an answer to a case that there is not", to: unassigned, reason: routing.NoCase,
		mail: func(w *world) string { return answer(other) }},
	{name: "an answer to a case that was erased", to: unassigned, reason: routing.Erased,
		mail: func(w *world) string { w.erases(other); return answer(other) }},
	{name: "the application of a case that was erased", to: unassigned, reason: routing.Erased,
		mail: func(w *world) string { w.erases(reference(first)); return first }},
	{
		name:   "an application that its sender's other cases hide, of a case that was erased",
		to:     unassigned,
		reason: routing.Erased,
		mail: func(w *world) string {
			w.erases(applied(w))
			w.takes(second)
			return first
		},
	},
	{name: "one application too many", to: unassigned, reason: routing.TooMany,
		mail: func(w *world) string { concerns(w, applied(w), bakery); w.router.ADay = 1; return second }},
	{name: "a crowd", to: unassigned, reason: routing.Crowd,
		mail: func(w *world) string {
			w.router.InAll = 1
			applied(w)
			return written("paul@garage.example", addresses.Scheme("rebond"), "ma demande")
		}},
	{name: "two cases in one subject", to: unassigned, reason: routing.TwoCases,
		mail: func(w *world) string { return written(jeanne, "aides@metropole.example", other+" et RBD-7K3M9-QXD3A") }},
	{name: "no scheme", to: unassigned, reason: routing.NoScheme,
		mail: func(w *world) string { return written(jeanne, "aides@metropole.example", "bonjour") }},
	{name: "spam", to: unassigned, reason: routing.Spam,
		mail: func(w *world) string {
			return written(jeanne, addresses.Scheme("rebond"), "gagnez", "X-Spam-Flag: YES")
		}},
	{name: "no sender", to: unassigned, reason: routing.NoSender,
		mail: func(w *world) string { return "To: " + addresses.Scheme("rebond") + "\r\n\r\nbonjour\r\n" }},
	{name: "no message at all", to: unassigned, reason: routing.Unreadable,
		mail: func(w *world) string { return "" }},
	{name: "a machine", to: ignored, reason: routing.Automatic,
		mail: func(w *world) string {
			return written(jeanne, addresses.Scheme("rebond"), "absent", "Auto-Submitted: auto-replied")
		}},
	{name: "a mail of ours, come back", to: ignored, reason: routing.OwnMail,
		mail: func(w *world) string { return written("aides@metropole.example", addresses.Scheme("rebond"), "copie") }},
	{name: "a delivery report on a mail that no case has sent", to: ignored, reason: routing.Bounced,
		mail: func(w *world) string {
			return written(
				"MAILER-DAEMON@x.example",
				"aides@metropole.example",
				"Undelivered Mail Returned to Sender",
			)
		}},
}

// inForms are told once: they take long to read, and the same requests as others.
var inForms = []story{
	{name: "a PDF form for the same shop, which alone names it", to: processed, id: reference(first), begun: 1,
		mail: func(w *world) string { concerns(w, applied(w), bakery); return sameForm }},
	{name: "a PDF form for another shop", to: processed, id: reference(otherForm), begun: 1,
		mail: func(w *world) string { concerns(w, applied(w), bakery); return otherForm }},
}

// question is the one-time address of a question to jeanne's mailbox.
func question(w *world) (id, to string) {
	name, err := (&index.Index{Archive: remote{w.store, &wire{}}}).Inquiry(w.t.Context(), jeanne)
	if err != nil {
		w.t.Fatal(err)
	}
	return "inquiry-" + name, addresses.Question(name, 1)
}

// ofInquiries are mails that nothing proves, and what comes to the address of a question.
var ofInquiries = []story{
	{name: "an application that nothing proves", to: unassigned, reason: routing.Unproven, id: "inquiry-yx36j7dg9m70", begun: 1,
		mail: func(w *world) string { return doubtful(first) }},
	{name: "an application that nothing proves, where all of a day are counted", to: unassigned, reason: routing.Unproven, id: "inquiry-yx36j7dg9m70", begun: 1,
		mail: func(w *world) string { w.router.InAll = 5; return doubtful(first) }},
	{name: "another one, of the same address", to: unassigned, reason: routing.Unproven, id: "inquiry-yx36j7dg9m70", begun: 1,
		mail: func(w *world) string { w.takes(doubtful(first)); return doubtful(second) }},
	{name: "one more, when its inquiry has ended", to: unassigned, reason: routing.Unproven, id: "inquiry-yx36j7dg9m70", begun: 2,
		mail: func(w *world) string {
			w.takes(doubtful(first))
			w.temporal.runs["inquiry-yx36j7dg9m70"].running = false
			return doubtful(second)
		}},
	{name: "one beyond a crowd", to: unassigned, reason: routing.Crowd,
		mail: func(w *world) string {
			w.router.InAll = 1
			for i := range 3 {
				w.takes(doubtful(application(fmt.Sprint("demande ", i), salon)))
			}
			return doubtful(first)
		}},
	{name: "one beyond a day's of its address", to: unassigned, reason: routing.TooMany,
		mail: func(w *world) string {
			name := strings.TrimPrefix("inquiry-yx36j7dg9m70", "inquiry-")
			for i := range 20 {
				w.put(fmt.Sprintf("opened/unproven/%s/%s/%064d-100", time.Now().In(casefile.Paris).Add(time.Hour).Format(time.DateOnly), name, i), "")
			}
			return doubtful(first)
		}},
	{name: "a proven one, though many in its name came that nothing proves", to: processed, id: reference(first), begun: 1,
		mail: func(w *world) string {
			w.router.ADay, w.router.InAll = 2, 2
			for i := range 5 {
				w.takes(doubtful(application(fmt.Sprint("demande ", i), salon)))
			}
			return first
		}},
	{name: "an answer to a case that nothing proves", to: processed, id: reference(first), begun: 1,
		mail: func(w *world) string { return doubtful(answer(applied(w))) }},
	{name: "an answer to a question", to: processed, id: "inquiry-yx36j7dg9m70", begun: 1,
		mail: func(w *world) string {
			w.takes(doubtful(first))
			_, to := question(w)
			return doubtful(written(jeanne, to, "Re: OUI"))
		}},
	{name: "an answer to a question whose inquiry has ended", to: unassigned, reason: routing.Reply,
		mail: func(w *world) string { _, to := question(w); return doubtful(written(jeanne, to, "Re: OUI")) }},
	{name: "an automatic answer to a question", to: ignored, reason: routing.Automatic,
		mail: func(w *world) string {
			_, to := question(w)
			return written(jeanne, to, "Re: OUI", "Auto-Submitted: auto-replied")
		}},
}

func stories() []story { return slices.Concat(toCases, setAside, ofInquiries) }

// TestEachMailGoesToItsPlace: the mail is in one folder, in one place of the archive, and at most one workflow was
// told of it.
func TestEachMailGoesToItsPlace(t *testing.T) {
	for _, s := range append(stories(), inForms...) {
		t.Run(s.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				raw := s.mail(w)
				w.forgets()
				w.takes(raw)
				s.check(w, raw)
			})
		})
	}
}

// check compares a world with the place where the mail had to go.
func (s story) check(w *world, raw string) {
	w.t.Helper()
	is := sum([]byte(raw))
	for _, wrong := range w.temporal.wrong {
		w.t.Error(wrong)
	}
	for folder, mails := range w.inbox.folders {
		if n := strings.Count(strings.Join(mails, " "), is); folder == s.to && n == 0 {
			w.t.Errorf("folder %s: the mail is not there", folder)
		} else if folder != s.to && n > 0 {
			w.t.Errorf("the mail is in folder %s, not in %s", folder, s.to)
		}
	}
	for id, r := range w.temporal.runs {
		s.checkRun(w, id, r, is, message.Identity([]byte(raw)))
	}
	if s.id != "" && w.temporal.runs[s.id] == nil {
		w.t.Errorf("no workflow %s", s.id)
	}
	if s.reason != "" {
		s.checkAside(w, is)
	}
}

func (s story) checkRun(w *world, id string, r *run, is, identity string) {
	w.t.Helper()
	told := 0
	for _, m := range r.mails {
		if m.SHA256 == is {
			told++
			if m.Identity != identity || m.Size <= 0 || m.Received.IsZero() || m.Assigned != "" || m.Vouched != "" {
				w.t.Errorf(
					"%s was told of a mail as %q, %d bytes, of %v, assigned by %q",
					id,
					m.Identity,
					m.Size,
					m.Received,
					m.Assigned,
				)
			}
		}
	}
	switch {
	case id != s.id && told > 0:
		w.t.Errorf("%s was told of the mail, not %s", id, s.id)
	case id != s.id:
	case told == 0:
		w.t.Errorf("%s was not told", id)
	case len(r.begun) != s.begun:
		w.t.Errorf("%s was begun %d times, not %d", id, len(r.begun), s.begun)
	}
	if id == s.id && s.resume {
		if o, is := r.begun[len(r.begun)-1].(casefile.Opening); !is || !o.Resume || o.Reference != id ||
			o.Clock != clock {
			w.t.Errorf("%s was woken with %+v", id, r.begun[len(r.begun)-1])
		}
	}
}

// checkAside looks at the mail with the eyes of an officer: his queue shows it, with its reason.
func (s story) checkAside(w *world, is string) {
	w.t.Helper()
	place := starter.Unassigned
	if s.to == ignored {
		place = starter.Ignored
	}
	list, err := w.starter(&wire{}).Asides(context.Background(), place, true)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, a := range list {
		if a.SHA256 == is && a.Reason == s.reason {
			return
		}
	}
	w.t.Errorf("%s holds %s, and not the mail with the reason %q", place, fmt.Sprint(list), s.reason)
}
