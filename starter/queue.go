package starter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"relance/domain/casefile"
	"relance/intake/routing"
	"relance/store/archive"
)

// The places of messages that reached no case, as prefixes of the archive.
const (
	Unassigned = "unassigned/" // an officer has to look at them
	Ignored    = "ignored/"    // nobody has to
)

// Note is what is kept beside a message that reached no case by itself.
type Note struct {
	Reason   routing.Reason `json:"reason"`
	Received time.Time      `json:"received"` // real
	Size     int64          `json:"size"`     // bytes
}

// setAside stores a message that belongs to no case, with the reason.
func (s *Starter) setAside(ctx context.Context, l *letter, where string, reason routing.Reason) error {
	note, err := json.Marshal(Note{reason, l.received.UTC(), l.size})
	if err != nil {
		return err
	}
	key := where + l.sum
	if _, err := s.Archive.PutStream(ctx, key+".eml", l.content(), "message/rfc822"); err != nil {
		return err
	}
	_, err = s.Archive.PutOnce(ctx, key+".json", note, "application/json")
	s.Log.Warn("message set aside", "reason", string(reason), "object", key+".eml")
	return err
}

// Aside is a message that reached no case by itself.
type Aside struct {
	Note
	SHA256   string      `json:"sha256"`
	From     string      `json:"from"`
	Subject  string      `json:"subject"`
	Assigned *Assignment `json:"assigned,omitempty"` // where an officer put it
}

// Assignment is where an officer put a message.
type Assignment struct {
	Case string    `json:"case"`
	By   string    `json:"by"`
	At   time.Time `json:"at"` // real
}

// Asides lists the messages of a place, the oldest first; those that were assigned only if all are asked for.
func (s *Starter) Asides(ctx context.Context, where string, all bool) ([]Aside, error) {
	names, err := s.Archive.Names(ctx, where)
	if err != nil {
		return nil, err
	}
	assigned := map[string]bool{}
	for _, name := range names {
		if sum, is := strings.CutSuffix(strings.TrimPrefix(name, where), ".assigned.json"); is {
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
		list = append(list, a)
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
	if err := s.read(ctx, where+sum+".json", &a.Note); err != nil && !errors.Is(err, archive.ErrNotFound) {
		return a, err // a crash between the two leaves a message without its reason
	}
	m, err := head(func() io.ReadSeeker { return bytes.NewReader(raw) })
	if err == nil && m != nil {
		a.From, a.Subject = m.From.Address, m.Subject
	}
	var assigned Assignment
	switch err := s.read(ctx, where+sum+".assigned.json", &assigned); {
	case err == nil:
		a.Assigned = &assigned
	case !errors.Is(err, archive.ErrNotFound):
		return a, err
	}
	return a, nil
}

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
	note, err := json.Marshal(Assignment{reference, by, time.Now().UTC()})
	if err == nil {
		_, err = s.Archive.PutOnce(ctx, where+whole+".assigned.json", note, "application/json")
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
		return reference, s.signal(ctx, reference, l, by)
	}
	sch, err := s.Router.Catalogue.Find(target)
	switch {
	case err != nil:
		return "", fmt.Errorf("%w : « %s » n'est ni la référence d'un dossier ni un dispositif", ErrAssign, target)
	case l.Message == nil || l.From.Address == "":
		return "", fmt.Errorf("%w : un message sans expéditeur ne peut pas ouvrir de dossier", ErrAssign)
	}
	return s.open(ctx, routing.Place{Scheme: sch}, l, by)
}
