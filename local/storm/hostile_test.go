package storm

import (
	"context"
	"flag"
	"fmt"
	"mime"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"relance/domain/casefile"
	"relance/intake/papers"
	"relance/intake/reader/hostile"
	"relance/mail/message"
	"relance/mail/outbox"
)

var besieged = flag.Int("besieged", 4, "how many applicants send hostile files, six each")

// copiesEach is how many hostile copies of the charter each applicant sends, beside a hostile document.
const copiesEach = 5

// TestHostileFilesStopNobody lets applicants send files that are made to break who reads them, with their application and as copies of the charter, all
// at once and one after another. Each case is granted in the end, none of the files is lost, the hostile ones that nobody could read are
// flagged, and the worker's own memory stays under 512 MB.
func TestHostileFilesStopNobody(t *testing.T) {
	ctx := limited(t, 20*time.Minute)
	usual, many := kinds, *cases
	t.Cleanup(func() { kinds, *cases = usual, many })
	kinds = []kind{{name: "besieged", wanted: signed("grant"), stage: casefile.Granted, grants: true, on: map[string]step{"charter": besiege, "charter-signed": approve}}}
	*cases = *besieged
	for _, k := range hostile.Kinds {
		k.Make("") // compressing gigabytes takes its time
	}
	s := build(ctx, t, newApplicants(t), 1)
	var worker, starter atomic.Int64
	began := time.Now()
	go func() { // the most memory is known as long as a process lives
		for ctx.Err() == nil {
			worker.Store(max(worker.Load(), peak(s.members[0])))
			starter.Store(max(starter.Load(), peak(s.members[1])))
			time.Sleep(200 * time.Millisecond)
		}
	}()
	for i := range *cases {
		go func() {
			m := s.application(i)
			m.Attachments = append([]outbox.Attachment{attach(hostile.Kinds[i%len(hostile.Kinds)], fmt.Sprint("document ", i))}, m.Attachments...)
			s.post(ctx, m, 1)
		}()
	}
	s.wait(ctx, "the last answers", func() bool {
		for i := range *cases {
			if !s.answered(i) {
				return false
			}
		}
		return true
	})
	s.wait(ctx, "the last stages", func() bool { return s.ended(ctx) })
	s.audit(ctx)
	s.judgeMoney(ctx)
	s.judgeFiles(ctx)
	t.Logf("%d hostile files of %d applicants in %.0f s; the worker held %d MB at most, the starter %d", *cases*(1+copiesEach), *cases, time.Since(began).Seconds(),
		worker.Load()>>20, starter.Load()>>20)
	if most := int64(512 << 20); worker.Load() > most || starter.Load() > most || worker.Load() == 0 {
		t.Errorf("the worker held %d MB at most, the starter %d", worker.Load()>>20, starter.Load()>>20)
	}
}

// besiege sends hostile copies of the charter, one after another, and then signs.
func besiege(ctx context.Context, s *storm, i int, m *message.Message) {
	for n := range copiesEach {
		copied := attach(hostile.Kinds[(i*copiesEach+n)%len(hostile.Kinds)], fmt.Sprint("one of three: ", i%3)) // several people send one file
		r := reply(i, m, "Bonjour,\n\nVoici la charte.", copied)
		r.MessageID = fmt.Sprintf("%d.%s", n, r.MessageID)
		s.post(ctx, r, 1)
	}
	if i < 4 {
		s.deliver(ctx, account+"@localhost", m.ReplyTo.Address, heavy(i, m), 1)
	}
	sign(ctx, s, i, m)
}

// heavy is a mail of 30 MB without a file: of lines, of a header without end, of carriage returns, of recipients.
func heavy(i int, m *message.Message) []byte {
	const size = 30 << 20
	head := fmt.Sprintf("From: %s\r\nTo: %s\r\nSubject: Re: %s\r\nMessage-ID: <heavy.%s>\r\nDate: %s\r\n", address(i).Address, m.ReplyTo.Address, mime.QEncoding.Encode("utf-8", m.Subject), m.MessageID,
		time.Now().Format(time.RFC1123Z))
	fill := func(text string) string { return strings.Repeat(text, size/len(text)) }
	return []byte(head + []string{"\r\n" + fill("Bonjour Monsieur.\r\n"), fill("X: y\r\n") + "\r\nBonjour", "\r\n" + fill("> bonjour\r\n"), "Cc: " + fill("a@b.example,\r\n ") + "\r\n\r\nBonjour"}[i])
}

func attach(k hostile.Kind, salt string) outbox.Attachment {
	f := k.Make(salt)
	name := f.Name
	if f.Type == "application/pdf" || f.Type == "image/png" {
		name = "charte signée " + f.Name
	}
	return outbox.Attachment{Name: name, Type: f.Type, Content: f.Content}
}

// judgeFiles: each case has all the files that it was sent, and those that nobody could read are flagged.
func (s *storm) judgeFiles(ctx context.Context) {
	problems := map[string]int{}
	for i := range *cases {
		for reference := range s.refs[i] {
			state, err := s.desk.State(ctx, reference)
			s.must(err)
			if want := len(s.papers) + 1 + copiesEach; len(state.Documents) < want {
				s.Errorf("%s has %d documents, not %d", reference, len(state.Documents), want)
			}
			for _, d := range state.Documents {
				problems[d.Problem]++
			}
		}
	}
	s.Logf("documents by problem: %v", problems)
	if problems[papers.ProblemUnread] == 0 {
		s.Error("no file ended its reader: the test shows nothing")
	}
}

// peak is how much memory a member has held at most (proc_pid_status(5): VmHWM), without its readers.
func peak(m *member) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", m.pid()))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		var kilo int64
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kilo); err == nil {
			return kilo << 10
		}
	}
	return 0
}
