package starter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"relance/domain/casefile"
	"relance/domain/inquiry"
	"relance/intake/routing"
	"relance/mail/message"
	"relance/store/archive"
)

// The places of messages that reached no case, as prefixes of the archive.
const (
	Unassigned = "unassigned/" // an officer has to look at them
	Ignored    = "ignored/"    // nobody has to
)

// What stands beside a message that was set aside, behind its SHA-256.
const (
	noteEnding     = ".json"
	assignedEnding = ".assigned.json" // an Assignment
	askedEnding    = ".asked"         // it waits for the answer of its mailbox
	leftEnding     = ".left.json"     // a Left: it does not any more
	copiedEnding   = ".copied"        // it lies in the folder of a case or of an inquiry as well
)

// Note is what is kept beside a message that reached no case by itself.
type Note struct {
	Reason   routing.Reason `json:"reason"`
	Received time.Time      `json:"received"`         // real
	Size     int64          `json:"size"`             // bytes
	Scheme   string         `json:"scheme,omitempty"` // that it applies to, where that is known
}

// Left is why a message that waited for the answer of its mailbox is an officer's now.
type Left struct {
	Reason routing.Reason `json:"reason"`
	At     time.Time      `json:"at"` // real
}

// setAside stores a message that belongs to no case, with the reason.
func (s *Starter) setAside(ctx context.Context, l *letter, where string, reason routing.Reason) error {
	return s.noteAside(ctx, l, where, Note{Reason: reason})
}

func (s *Starter) noteAside(ctx context.Context, l *letter, where string, note Note) error {
	note.Received, note.Size = l.received.UTC(), l.size
	key := where + l.sum
	if _, err := s.Archive.PutStream(ctx, key+".eml", l.content(), "message/rfc822"); err != nil {
		return err
	}
	s.Log.Warn("message set aside", "reason", string(note.Reason), "object", key+".eml")
	return s.putOnce(ctx, key+noteEnding, note)
}

// Aside is a message that reached no case by itself.
type Aside struct {
	Note
	SHA256   string      `json:"sha256"`
	From     string      `json:"from"`
	Subject  string      `json:"subject"`
	Assigned *Assignment `json:"assigned,omitempty"` // where it was put
	Left     *Left       `json:"left,omitempty"`     // why it no longer waits for its mailbox
	Silence  time.Time   `json:"silence,omitzero"`   // legal: the last day on which an application is answered; after it silence is a decision
}

// waits tells whether a message waits for the answer of its mailbox, and not for an officer. Should its inquiry be lost, it is an officer's a day after it
// would have been.
func (s *Starter) waits(a Aside) bool {
	until := s.Clock.Legal(a.Received).Add(inquiry.Leave + inquiry.Between)
	return asks(a.Reason) && a.Left == nil && a.Assigned == nil && s.Clock.Legal(s.now()).Before(until)
}

// asks tells whether a message was set aside because its sender is asked something.
func asks(r routing.Reason) bool { return r == routing.Unproven || r == routing.WhichOf }

// Waiting tells, of the names of a place, which messages wait for an officer: they are not assigned, and do not wait for their mailbox.
func Waiting(where string, names iter.Seq2[archive.Object, error]) (map[string]time.Time, error) {
	waiting, marks := map[string]time.Time{}, map[string]map[string]bool{assignedEnding: {}, askedEnding: {}, leftEnding: {}}
	for o, err := range names {
		if err != nil {
			return nil, err
		}
		name := strings.TrimPrefix(o.Key, where)
		if sum, is := strings.CutSuffix(name, ".eml"); is {
			waiting[sum] = o.Modified
		}
		for ending, marked := range marks {
			if sum, is := strings.CutSuffix(name, ending); is {
				marked[sum] = true
			}
		}
	}
	for sum := range waiting {
		if marks[assignedEnding][sum] || marks[askedEnding][sum] && !marks[leftEnding][sum] {
			delete(waiting, sum)
		}
	}
	return waiting, nil
}

// Why is the reason for which an officer has a message.
func (a Aside) Why() routing.Reason {
	if a.Left != nil {
		return a.Left.Reason
	}
	return a.Reason
}

// Assignment is where a message was put.
type Assignment struct {
	Case string    `json:"case"`
	By   string    `json:"by,omitempty"` // the officer; empty where its mailbox answered that it wrote it
	At   time.Time `json:"at"`           // real
}

// Asides lists the messages of a place, the oldest first; those that were assigned, or wait for their mailbox, only if all are asked for.
func (s *Starter) Asides(ctx context.Context, where string, all bool) ([]Aside, error) {
	names, err := s.Archive.Names(ctx, where)
	if err != nil {
		return nil, err
	}
	assigned := map[string]bool{}
	for _, name := range names {
		if sum, is := strings.CutSuffix(strings.TrimPrefix(name, where), assignedEnding); is {
			assigned[sum] = true
		}
	}
	var list []Aside
	for _, name := range names {
		sum, isMail := strings.CutSuffix(strings.TrimPrefix(name, where), ".eml")
		if !isMail || !all && assigned[sum] {
			continue
		}
		a, err := s.aside(ctx, where, sum)
		if err != nil {
			return nil, err
		}
		if all || !s.waits(a) {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, b Aside) int { return a.Received.Compare(b.Received) })
	return list, nil
}

func (s *Starter) aside(ctx context.Context, where, sum string) (Aside, error) {
	a := Aside{SHA256: sum}
	raw, err := s.Archive.Get(ctx, where+sum+".eml")
	if err != nil {
		return a, err
	}
	if err := s.read(ctx, where+sum+noteEnding, &a.Note); err != nil && !errors.Is(err, archive.ErrNotFound) {
		return a, err // a crash between the two leaves a message without its reason
	}
	m, err := head(func() io.ReadSeeker { return bytes.NewReader(raw) })
	if err == nil && m != nil {
		a.From, a.Subject = m.From.Address, m.Subject
	}
	if m != nil && m.Kind == message.KindPerson {
		a.Silence = s.silence(a.Note)
	}
	var assigned Assignment
	switch err := s.read(ctx, where+sum+assignedEnding, &assigned); {
	case err == nil:
		a.Assigned = &assigned
	case !errors.Is(err, archive.ErrNotFound):
		return a, err
	}
	if !asks(a.Reason) {
		return a, nil
	}
	var left Left
	switch err := s.read(ctx, where+sum+leftEnding, &left); {
	case err == nil:
		a.Left = &left
	case !errors.Is(err, archive.ErrNotFound):
		return a, err
	}
	return a, nil
}

// silence is the last day on which a message is answered, should it be an application: after it silence decides, though nobody has read it (CRPA
// L231-4). Where the scheme is not known it is one that asks for money.
func (s *Starter) silence(n Note) time.Time {
	received := s.Clock.Legal(n.Received)
	months := silenceMonths
	if sch, err := s.Router.Catalogue.Find(n.Scheme); err == nil {
		months = sch.At(received).Periods.SilenceMonths
	}
	return casefile.LastDay(casefile.Silence(received, months, nil).At)
}

// silenceMonths is after how many months silence rejects what asks for money (CRPA L231-4, 3°).
const silenceMonths = 2

func (s *Starter) read(ctx context.Context, key string, into any) error {
	text, err := s.Archive.Get(ctx, key)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// ErrAssign wraps why a message cannot be assigned, in words for an officer.
var ErrAssign = errors.New("classement impossible")

// Raw finds a message that was set aside by its SHA-256 or the beginning of it, and gives its place and its bytes.
func (s *Starter) Raw(ctx context.Context, sum string) (where, whole string, raw []byte, err error) {
	if len(sum) < 6 {
		return "", "", nil, fmt.Errorf("%w : donnez au moins six caractères de l'empreinte", ErrAssign)
	}
	var found []string
	for _, where := range []string{Unassigned, Ignored} {
		names, err := s.Archive.Names(ctx, where+strings.ToLower(sum))
		if err != nil {
			return "", "", nil, err
		}
		for _, name := range names {
			if strings.HasSuffix(name, ".eml") {
				found = append(found, name)
			}
		}
	}
	if len(found) != 1 {
		return "", "", nil, fmt.Errorf("%w : %d messages mis de côté ont une empreinte qui commence par %s", ErrAssign, len(found), sum)
	}
	where, name, _ := strings.Cut(found[0], "/")
	raw, err = s.Archive.Get(ctx, found[0])
	return where + "/", strings.TrimSuffix(name, ".eml"), raw, err
}

// Assign puts a message that was set aside on a case, or opens one with it: target is a case's reference or a scheme's
// identifier. Doing it again changes nothing. It tells which case the message is on.
func (s *Starter) Assign(ctx context.Context, sum, target, by string) (reference string, err error) {
	if strings.TrimSpace(by) == "" {
		return "", fmt.Errorf("%w : indiquez l'agent qui agit (-by)", ErrAssign)
	}
	where, whole, raw, err := s.Raw(ctx, sum)
	if err != nil {
		return "", err
	}
	a, err := s.aside(ctx, where, whole)
	if err != nil {
		return "", err
	}
	l, err := s.newLetter(ctx, func() io.ReadSeeker { return bytes.NewReader(raw) }, a.Received, int64(len(raw)))
	if err != nil {
		return "", err
	}
	if a.Assigned != nil {
		if a.Assigned.Case == s.caseOf(target, l) {
			return a.Assigned.Case, nil
		}
		return "", fmt.Errorf("%w : ce message a déjà été classé sur le dossier %s", ErrAssign, a.Assigned.Case)
	}
	if reference, err = s.assign(ctx, l, target, by); err != nil {
		return "", err
	}
	note, err := json.Marshal(Assignment{reference, by, s.now().UTC()})
	if err == nil {
		_, err = s.Archive.PutOnce(ctx, where+whole+assignedEnding, note, "application/json")
	}
	return reference, err
}

// caseOf is the case that a target means for a message: the one it names, or the one that the message opens under that scheme.
func (s *Starter) caseOf(target string, l *letter) string {
	if sch, err := s.Router.Catalogue.Find(target); err == nil {
		return casefile.NewReference(sch.Prefix, l.identity)
	}
	return strings.ToUpper(target)
}

func (s *Starter) assign(ctx context.Context, l *letter, target, by string) (string, error) {
	if reference := strings.ToUpper(target); casefile.IsReference(reference) {
		known, err := (&book{Starter: s, ctx: ctx}).Exists(reference)
		if err != nil {
			return "", err
		}
		if !known {
			return "", fmt.Errorf("%w : aucun dossier %s", ErrAssign, reference)
		}
		return reference, s.signal(ctx, reference, l, because{officer: by})
	}
	sch, err := s.Router.Catalogue.Find(target)
	switch {
	case err != nil:
		return "", fmt.Errorf("%w : « %s » n'est ni la référence d'un dossier ni un dispositif", ErrAssign, target)
	case l.Message == nil || l.From.Address == "":
		return "", fmt.Errorf("%w : un message sans expéditeur ne peut pas ouvrir de dossier", ErrAssign)
	}
	return s.open(ctx, routing.Place{Scheme: sch}, l, because{officer: by})
}
