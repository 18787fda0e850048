package rehearsal_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"relance/domain/casefile"
	"relance/domain/scheme"
	"relance/letters/rehearsal"
	"relance/mail/message"
	"relance/mail/outbox"
)

// truth is what a mail of the corpora really says, and how its writer goes on (README.md beside the mails).
type truth struct {
	ID, Style, Scheme, Note string
	Fields, Base            map[string]values
	DoubtOK                 []string `json:"doubt_ok"`
	Docs                    []struct {
		Name  string
		Kinds []string
		Issue *string
		Count int
	}
	MissingDocs    []string `json:"missing_docs"`
	Contradictions []string
	Answers        map[string]string // by key of the facts
	Papers         map[string][]string

	folder string
}

// values are the canonical values that a field may have: one is written without a list.
type values []string

func (v *values) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*v = values{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(v))
}

// load reads the truths of a corpus.
func load(t *testing.T, folder string) []truth {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no corpus in %s (%v)", folder, err)
	}
	var all []truth
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		tr := truth{folder: folder}
		if err := json.Unmarshal(text, &tr); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, tr)
	}
	return all
}

// way is how the ideal applicant answers.
type way string

// The ways.
const (
	labelled way = "labelled" // « Label : value », above the whole mail of ours
	between  way = "between"  // below each line of ours that asks
)

// goesOn is the reply of the ideal applicant to a mail of ours: the answer to each field that is asked for, the file for each document, and a
// word on what is to be confirmed.
func (tr truth) goesOn(t *testing.T, c *rehearsal.Case, answer *rehearsal.Answer, w way) []byte {
	t.Helper()
	m, err := message.Parse(answer.Raw)
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string]string{} // by what our mail calls the field
	confirm := false
	var files []outbox.Attachment
	for _, want := range c.State.Missing {
		if want.What == casefile.WantDocument {
			files = append(files, tr.paper(t, want.ID)...)
			continue
		}
		if v := c.Facts.Fields[want.ID]; v.Sure == casefile.Doubtful && tr.right(c.Version, want.ID, v.Value, tr.Base) {
			confirm = true
			continue
		}
		if said, known := tr.Answers[want.ID]; known {
			answers[c.Version.Label(want.ID)] = said
		}
	}
	mail := outbox.Mail{From: message.Address{Name: c.Facts.Applicant.Name, Address: c.Facts.Applicant.Email},
		To: message.Address{Address: m.ReplyTo.Address}, Subject: "Re: " + m.Subject, Text: reply(m, answers, confirm, w), Attachments: files,
		MessageID: fmt.Sprintf("%s.%d@applicant.example", tr.ID, c.State.MailsOut), InReplyTo: m.MessageID, References: append(m.References, m.MessageID),
		Date: m.Date.AddDate(0, 0, 1)}
	raw, err := outbox.Compose(mail)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// reply is the text of an answer: above what is quoted, or between its lines.
func reply(m *message.Message, answers map[string]string, confirm bool, w way) string {
	var b strings.Builder
	b.WriteString("Bonjour,\n\n")
	if w == labelled {
		if confirm {
			b.WriteString("OUI\n\n")
		}
		for _, label := range slices.Sorted(maps.Keys(answers)) {
			fmt.Fprintf(&b, "%s : %s\n", label, answers[label])
		}
		b.WriteString("\nCordialement\n\n")
	} else {
		b.WriteString("Mes réponses ci-dessous.\n\n")
	}
	fmt.Fprintf(&b, "Le %s, Aides <%s> a écrit :\n", m.Date.Format("02/01/2006 à 15:04"), m.ReplyTo.Address)
	for _, line := range strings.Split(m.Text, "\n") {
		b.WriteString(strings.TrimRight("> "+line, " ") + "\n")
		if w != between {
			continue
		}
		if confirm && strings.Contains(line, "OUI") {
			b.WriteString("OUI\n")
			confirm = false
		}
		if label := asked(line, answers); label != "" {
			b.WriteString(answers[label] + "\n")
			delete(answers, label)
		}
	}
	return b.String()
}

// asked gives the label that a line of our request begins with.
func asked(line string, answers map[string]string) string {
	line, is := strings.CutPrefix(line, "- ")
	for label := range answers {
		rest, begins := strings.CutPrefix(line, label)
		if is && begins && (rest == "" || strings.HasPrefix(rest, " :") || strings.HasPrefix(rest, " (")) {
			return label
		}
	}
	return ""
}

// paper gives the files with which the ideal applicant sends a document.
func (tr truth) paper(t *testing.T, kind string) []outbox.Attachment {
	t.Helper()
	var files []outbox.Attachment
	for _, p := range tr.Papers[kind] {
		source, name, _ := strings.Cut(p, "|")
		content, err := os.ReadFile(filepath.Join(tr.folder, "papers", source))
		if err != nil {
			t.Fatal(err)
		}
		kind := "application/pdf"
		if bytes.HasPrefix(content, []byte("\xff\xd8")) {
			kind = "image/jpeg"
		}
		files = append(files, outbox.Attachment{Name: name, Type: kind, Content: content})
	}
	return files
}

// right tells whether a value is one of the canonical ones; of a text, whether its words are there among few others.
func (tr truth) right(v *scheme.Version, key, value string, fields map[string]values) bool {
	f, _, _ := v.FieldAt(key)
	for _, want := range fields[key] {
		if value == want || f.Type == scheme.Text && says(value, want) {
			return true
		}
	}
	return false
}

// says tells whether a text has all words that are wanted, and at most two and a half times as many.
func says(text, wanted string) bool {
	words := func(s string) []string {
		return strings.FieldsFunc(scheme.Fold(s), func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9') })
	}
	has, wants := words(text), words(wanted)
	there := map[string]bool{}
	for _, w := range has {
		there[w] = true
	}
	for _, w := range wants {
		if !there[w] {
			return false
		}
	}
	return 2*len(has) <= 5*len(wants)
}
