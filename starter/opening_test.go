package starter_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"relance/domain/casefile"
	"relance/local/expect"
	"relance/mail/auth"
	"relance/mail/mailbox"
	"relance/mail/message"
	"relance/observe/health"
	"relance/store/index"
)

func identityOf(raw string) string { return message.Identity([]byte(raw)) }

// TestWhatACaseIsOpenedWith: its workflow gets all that Temporal's pages show and search, and the index notes the
// case under its sender.
func TestWhatACaseIsOpenedWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.router.InAll = 5
		id := applied(w)
		r := w.temporal.runs[id]
		expect.Equal(
			t,
			"opening",
			r.begun,
			[]any{casefile.Opening{Reference: id, Scheme: "fonds-rebond", Clock: clock}},
		)
		expect.Equal(t, "task queue", r.options.TaskQueue, "queue")
		expect.Equal(t, "id", r.options.ID, id)
		expect.Equal(
			t,
			"reuse of the id",
			r.options.WorkflowIDReusePolicy,
			enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		)
		sch, err := catalogue.Find("fonds-rebond")
		expect.NoError(t, "finding the scheme", err)
		expect.Equal(t, "summary", r.options.StaticSummary, sch.Name+" "+id)
		attributes := map[string]any{}
		for key, value := range r.options.TypedSearchAttributes.GetUntypedValues() {
			attributes[key.GetName()] = value
		}
		expect.Equal(
			t,
			"search attributes",
			attributes,
			map[string]any{"RelanceStage": "received", "RelanceScheme": "fonds-rebond"},
		)

		is := sum([]byte(first))
		mail := casefile.Mail{
			Ref:      casefile.Ref{Key: casefile.Folder(id) + "mail/in/" + is + ".eml", SHA256: is},
			Identity: identityOf(first),
			Received: r.mails[0].Received,
			Size:     int64(len(first)),
		}
		expect.Equal(t, "mail", r.mails, []casefile.Mail{mail})
		o, err := (&index.Index{Archive: remote{w.store, &wire{}}}).Opened(t.Context(), strings.ToUpper(jeanne), id)
		expect.NoError(t, "reading the index", err)
		expect.Equal(t, "index", o, index.Opened{Reference: id, Scheme: "fonds-rebond", At: mail.Received})
		expect.Equal(t, "note of the day", len(w.store.names("opened/")), 1)
	})
}

// TestWhatNamesAPerson stands in no id, no key and no search attribute.
func TestWhatNamesAPerson(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		through := &wire{}
		w.inbox.add(first)
		w.empties(through)
		for _, request := range through.passed {
			for _, word := range []string{"jeanne", "boulangerie", bakery} {
				if strings.Contains(strings.ToLower(request), word) {
					t.Errorf("%s names the applicant", request)
				}
			}
		}
	})
}

// TestWhenAMailWasReceived: by our server's own words, else by the instant it gives, and never in the future.
func TestWhenAMailWasReceived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		received := func(name string, raw string, at, want time.Time, unwell bool) {
			t.Helper()
			w := newWorld(t)
			m := w.inbox.add(raw)
			m.Received = at
			s := w.starter(&wire{})
			s.Server, s.Health = auth.Server{Name: "mx.metropole.example"}, health.New("starter", s.Log, nil)
			s.Health.Ready()
			for range 3 { // once may be chance
				_, err := s.Handle(t.Context(), m)
				expect.NoError(t, name, err)
			}
			expect.Equal(t, name, w.temporal.runs[reference(raw)].mails[0].Received, want.UTC())
			expect.Equal(t, name+": whether the clock is told of", s.Health.Report().Status != health.Well, unwell)
		}
		now := time.Now()
		received("an hour ago", first, now.Add(-time.Hour), now.Add(-time.Hour), false)
		received("an hour ahead", first, now.Add(time.Hour), now, true)
		stamp := "\r\nReceived: from x.example by mx.metropole.example; " + now.Add(-2*time.Hour).Format(time.RFC1123Z)
		stamped := strings.Replace(first, "\r\nFrom: ", stamp+"\r\nFrom: ", 1) // below what our server has found out
		received("stamped by our server", stamped, now.Add(-time.Hour), now.Add(-2*time.Hour), false)
	})
}

// unreadable is a mail whose content cannot be read: a temporary file that is gone, a broken disk.
type unreadable struct{ err error }

func (u unreadable) ReadAt([]byte, int64) (int, error) { return 0, u.err }

// TestAMailThatCannotBeRead stays in the inbox, and holds up no other.
func TestAMailThatCannotBeRead(t *testing.T) {
	broken := errors.New("input/output error")
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		to, err := w.starter(&wire{}).
			Handle(t.Context(), mailbox.Mail{UID: 1, Received: time.Now(), Size: 100, Content: unreadable{broken}})
		expect.Error(t, "handling", err, broken)
		expect.Equal(t, "folder", to, "")
		expect.False(t, "all mails wait", errors.Is(err, mailbox.ErrHold))
		expect.Equal(t, "objects", w.store.names(""), []string{"index/salt"})
	})
}

// TestHowMuchOfAMailIsReadForItsHeader: a header may be long, and a delivery report names the mail it is about far
// behind it.
func TestHowMuchOfAMailIsReadForItsHeader(t *testing.T) {
	long := "X-Long: " + strings.Repeat("x", 900) + "\r\n"
	report := func(before string) string {
		return "From: MAILER-DAEMON@x.example\r\nTo: aides@metropole.example\r\n" +
			"Subject: Undelivered Mail Returned to Sender\r\nMessage-ID: <r@x.example>\r\n" +
			"MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n" +
			"--b\r\nContent-Type: text/plain\r\n\r\n" + before + "\r\n" +
			"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x.example\r\n\r\n" +
			"Final-Recipient: rfc822; " + jeanne + "\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n" +
			"--b\r\nContent-Type: message/rfc822\r\n\r\n" +
			"Message-ID: <" + addresses.MessageID(
			other,
			3,
			"request",
		) + ">\r\nFrom: aides@metropole.example\r\n\r\nBonjour\r\n--b--\r\n"
	}
	for name, raw := range map[string]string{
		"a short header":                  answer(other),
		"a header of 200 kB":              strings.Repeat(long, 220) + answer(other),
		"a header with bare line feeds":   strings.ReplaceAll(strings.Repeat(long, 220)+answer(other), "\r\n", "\n"),
		"a body of 2 MB":                  answer(other) + strings.Repeat("mot ", 500_000),
		"a report":                        report("not delivered"),
		"a report behind 200 kB of words": report(strings.Repeat("mot \r\n", 40_000)),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.has(other)
				w.put(casefile.Folder(other)+"mail/out/003-request.eml", "raw")
				w.takes(raw)
				expect.Equal(t, "mails of the case", fmt.Sprint(len(w.temporal.runs[other].mails)), "1")
				expect.Equal(t, "what no starter may do", w.temporal.wrong, nil)
			})
		})
	}
}
