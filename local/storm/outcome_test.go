package storm

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"relance/contract"
	"relance/domain/casefile"
	"relance/domain/chain"
	"relance/mail/mailbox"
	"relance/mail/message"
	"relance/office/audit"
	"relance/office/desk"
	"relance/process/engine"
	"relance/starter"
)

// outcome is what became of all applications, as lines that can be compared with those of another run. What may differ between two runs that went
// well is left out or replaced, and nothing else (docs/reliability.md says why each of them is no difference):
//
//   - instants, though not dates: those stand in what is written; and what is drawn anew for each installation: the secret of the index with what it signs and keys, the seal, and with them the
//     hashes of letters and mails;
//   - the entry that says that a mail was delivered again, and the one that says that the case was stored, with the length of the journal where it is
//     part of a name;
//   - how often the same mail lies in an applicant's mailbox: the same Message-ID twice is one mail.
type outcome []string

func (o *outcome) add(format string, args ...any) { *o = append(*o, fmt.Sprintf(format, args...)) }

// outcome gathers it once nothing moves any more.
func (s *storm) outcome(ctx context.Context) (o outcome) {
	s.wait(ctx, "the end of all motion", func() bool {
		before := o
		o = s.look(ctx)
		return slices.Equal(before, o)
	})
	return o
}

func (s *storm) look(ctx context.Context) outcome {
	var o outcome
	s.again = 0
	for i := range *cases {
		if isCase(kindOf(i)) {
			for reference := range s.refs[i] {
				s.lookAtCase(ctx, &o, fmt.Sprintf("application %d (%s)", i, kindOf(i).name), reference)
			}
		}
		s.mu.Lock()
		for _, name := range slices.Sorted(maps.Keys(s.got[i])) {
			o.add("application %d has got %s: %v", i, name, slices.Sorted(maps.Keys(s.got[i][name])))
		}
		s.mu.Unlock()
	}
	s.lookAtMailbox(ctx, &o)
	s.lookAtBook(ctx, &o)
	lines, err := s.desk.List(ctx, desk.Filter{})
	s.must(err)
	slices.SortFunc(lines, func(a, b desk.Line) int { return strings.Compare(a.Reference, b.Reference) })
	for _, l := range lines {
		o.add("Temporal: %s %s %s, %d cents, waits for an officer: %v", l.Reference, l.Scheme, l.Stage, l.Amount, l.WaitsForOfficer)
	}
	report, err := audit.Run(ctx, s.local.Engine, audit.Options{Deep: true, Grace: 3 * time.Second})
	s.must(err)
	o.add("audit: %d cases, %d objects, %d mails, %d copies of what was sent, %d claims, findings %v", report.Cases, report.Objects, report.Mails, report.Sent, report.Claims, report.Findings)
	return o
}

// lookAtCase: the whole state, the journal in its order, and what lies in the folder.
func (s *storm) lookAtCase(ctx context.Context, o *outcome, who, reference string) {
	state, err := s.desk.State(ctx, reference)
	s.must(err)
	entries, err := s.desk.Journal(ctx, state)
	s.must(err)
	o.add("%s: %s is %s, %d cents", who, reference, state.Stage, state.Amount())
	for _, d := range state.Documents {
		o.add("%s: document %s %s %s", who, d.Kind, anonymous(d.Key), d.SHA256)
	}
	state.Journal, state.Chain, state.Stored = nil, chain.Tip{}, chain.Tip{}
	text, err := json.Marshal(state)
	s.must(err)
	var fields map[string]any
	s.must(json.Unmarshal(text, &fields))
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		text, err := json.Marshal(plain(fields[name]))
		s.must(err)
		o.add("%s: state: %s %s", who, name, text)
	}
	n := 0
	for _, e := range entries {
		if e.What == "mail.again" {
			s.again++
		}
		if e.What == "mail.again" || e.What == chain.Stored {
			continue
		}
		n++
		var objects []string
		for _, object := range e.Objects {
			objects = append(objects, anonymous(object.Key))
		}
		o.add("%s: journal %02d: %s %s %s %q %v", who, n, e.Who, e.What, anonymous(e.On), e.Note, objects)
	}
	names, err := s.local.Engine.Archive.Names(ctx, casefile.Folder(reference))
	s.must(err)
	kinds := map[string]int{}
	for _, name := range names {
		kinds[anonymous(name)]++
		if path.Base(path.Dir(name)) == "out" && path.Ext(name) == ".eml" {
			s.lookAtMail(ctx, o, who, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		o.add("%s: folder: %d of %s", who, kinds[name], name)
	}
}

// lookAtMail: what was written to the applicant, word for word.
func (s *storm) lookAtMail(ctx context.Context, o *outcome, who, name string) {
	raw, err := s.local.Engine.Archive.Get(ctx, name)
	s.must(err)
	m, err := message.Read(bytes.NewReader(raw))
	s.must(err)
	o.add("%s: %s to %s, %q, %s", who, m.MessageID, m.To[0].Address, m.Subject, m.InReplyTo)
	o.add("%s: %s says %q", who, path.Base(name), drawn.ReplaceAllString(m.Text, "…"))
	for _, a := range m.Attachments {
		o.add("%s: %s carries %q, %s", who, path.Base(name), a.Name, a.Type)
	}
}

// lookAtMailbox: which mail lies in which folder, and in the officers' queue.
func (s *storm) lookAtMailbox(ctx context.Context, o *outcome) {
	c := s.local.Engine.Config
	box, err := engine.Mailbox(c, quiet)
	s.must(err)
	for _, folder := range []string{c.IMAP.Inbox, c.IMAP.Processed, c.IMAP.Unassigned, c.IMAP.Ignored} {
		found := map[string]int{}
		s.must(box.Walk(ctx, folder, func(m mailbox.Mail) error {
			read, err := message.Read(m.Reader())
			if err == nil {
				found[read.From.Address+" "+read.MessageID]++
			}
			return err
		}))
		for _, mail := range slices.Sorted(maps.Keys(found)) {
			o.add("mailbox: %s: %d of %s", folder, found[mail], mail)
		}
	}
	copies := map[string]int{}
	s.must(box.SentIDs(ctx, c.IMAP.Sent, func(id string) { copies[id]++ }))
	for _, id := range slices.Sorted(maps.Keys(copies)) {
		o.add("mailbox: copies of what was sent: %d of %s", copies[id], id)
	}
	for _, where := range []string{starter.Unassigned, starter.Ignored} {
		asides, err := s.local.Engine.Mailroom().Asides(ctx, where, true)
		s.must(err)
		var lines []string
		for _, a := range asides {
			lines = append(lines, fmt.Sprintf("%s%s %q: %s, %v", where, a.From, a.Subject, a.Reason, a.Assigned))
		}
		slices.Sort(lines) // not by when they were received
		*o = append(*o, lines...)
	}
}

// lookAtBook: each line and each case's claims, as they are read from the book's first record.
func (s *storm) lookAtBook(ctx context.Context, o *outcome) {
	head, err := s.desk.Plan(ctx, s.local.Engine.Catalogue.Plan.ID)
	s.must(err)
	book, err := s.local.Engine.Activities().Book(ctx, contract.Head{Plan: head.Plan})
	s.must(err)
	for _, line := range slices.Sorted(maps.Keys(book.Lines)) {
		o.add("book: line %q: %+v; the plan's workflow says %+v", line, *book.Lines[line], head.Lines[line])
	}
	for _, key := range slices.Sorted(maps.Keys(book.Claims)) {
		c := book.Claims[key]
		o.add("book: %s %s %v paid %v given %v", key, c.Status, c.Portions, c.Paid, c.Given)
	}
}

var (
	hash    = regexp.MustCompile(`\b[0-9a-f]{16,64}\b`)
	length  = regexp.MustCompile(`readings/#-\d+`)
	instant = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d`)
	// drawn is what is drawn anew for each installation, where a mail's text has it: the mark of a charter's bytes.
	drawn = regexp.MustCompile(`empreinte [0-9A-Z]{4}[ -][0-9A-Z]{4}`)
)

// anonymous is a key without the hashes in it, and without the length of the journal where it is part of a name (readings/).
func anonymous(key string) string {
	return length.ReplaceAllString(hash.ReplaceAllString(key, "#"), "readings/#-n")
}

// plain is a value of the state without instants and hashes.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name := range v {
			v[name] = plain(v[name])
		}
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case string:
		if instant.MatchString(v) {
			return "instant"
		}
		return anonymous(v)
	}
	return v
}

// differences are the lines that only one of two outcomes has.
func differences(before, after outcome) (list []string) {
	count := map[string]int{}
	for _, line := range before {
		count[line]++
	}
	for _, line := range after {
		if count[line]--; count[line] < 0 {
			list = append(list, "+ "+line)
		}
	}
	for _, line := range before {
		if count[line] > 0 {
			count[line]--
			list = append(list, "- "+line)
		}
	}
	return list
}
