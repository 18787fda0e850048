package custody

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"relance/domain/casefile"
	"relance/domain/chain"
	"relance/letters/texts"
	"relance/mail/message"
	"relance/proof/verify"
)

// Access writes everything that is held about an applicant into one ZIP, for the right of access (RGPD art. 15): a page that says what is held, why,
// how long, where it came from and who got it, and then the mails, documents, letters, evidence and facts themselves. What is left out, and why, is told
// on the page (docs/evidence.md). The same folder gives the same bytes.
func (c *Custody) Access(ctx context.Context, reference string, out io.Writer) error {
	s, err := c.state(ctx, reference)
	if err != nil {
		return err
	}
	a := &access{Custody: c, ctx: ctx, state: s, folder: c.Folder(ctx, reference), files: map[string][]byte{}}
	if err := a.gather(); err != nil {
		return err
	}
	page, err := c.Texts.Access(a.view())
	if err != nil {
		return err
	}
	a.files["A-LIRE.html"] = page
	return a.write(out)
}

// access is one handing out.
type access struct {
	*Custody
	ctx     context.Context
	state   casefile.State
	facts   casefile.Facts
	folder  verify.Folder
	journal []casefile.Entry
	others  map[string]bool // mails that are not the applicant's: they stay out
	files   map[string][]byte
	list    []texts.Held
	left    int
}

func (a *access) gather() error {
	text, err := a.folder.Read("journal.jsonl")
	if err != nil {
		return err
	}
	a.others = map[string]bool{}
	for _, line := range chain.Split(text) {
		e, err := chain.Parse(line)
		if err != nil {
			return fmt.Errorf("journal: %w", err)
		}
		a.journal = append(a.journal, e)
		switch e.What { // written by others: their rights come first (RGPD art. 15(4))
		case casefile.EventMailStranger, casefile.EventMailForged, casefile.EventMailUnread:
			a.others[e.On] = true
		case "act.admit-mail": // the officer made sure that it is the applicant's
			delete(a.others, e.On)
		}
	}
	if a.state.Facts.Key != "" {
		text, err := a.folder.Read(strings.TrimPrefix(a.state.Facts.Key, a.state.Folder()))
		if err == nil {
			err = json.Unmarshal(text, &a.facts)
		}
		if err != nil {
			return fmt.Errorf("facts: %w", err)
		}
	}
	names, err := a.folder.Names()
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := a.take(name); err != nil {
			return err
		}
	}
	slices.SortStableFunc(a.list, func(x, y texts.Held) int { return strings.Compare(x.File, y.File) })
	return nil
}

// places are the folders of a case, and what they are called in the ZIP.
var places = map[string]string{"mail/in": "courriels-recus", "mail/out": "courriels-envoyes", "documents": "documents", "letters": "lettres",
	"facts": "informations", "evidence": "preuves", "charter": "preuves"}

// take puts an object into the ZIP, unless it is the engine's own or somebody else's.
func (a *access) take(name string) error {
	place, known := places[path.Dir(name)]
	if !known {
		return nil
	}
	if a.others[a.state.Folder()+strings.TrimSuffix(name, ".proof.json")] {
		a.left++
		return nil
	}
	content, err := a.folder.Read(name)
	if err != nil {
		return err
	}
	held := texts.Held{Place: path.Dir(name), File: place + "/" + path.Base(name), Size: len(content), SHA256: chain.Hash(content), What: a.called(name)}
	if path.Ext(name) == ".eml" {
		if m, err := message.Parse(content); err == nil {
			held.What, held.When, held.From = m.Subject, m.Date, m.From.Address
		}
	}
	a.files[held.File] = content
	a.list = append(a.list, held)
	return nil
}

// called is what an object is for a person.
func (a *access) called(name string) string {
	key := a.state.Folder() + name
	for ending, label := range map[string]string{".accepted.json": "accepted", ".proof.json": "proof", ".check.json": "check"} {
		if strings.HasSuffix(name, ending) {
			return a.Texts.Labels.Details[label]
		}
	}
	for _, d := range a.state.Documents {
		if d.Key == key {
			called := a.Texts.Labels.Letters[d.Kind]
			if called == "" {
				called = casefile.Name(a.state.Terms.Documents, d.Kind)
			}
			if file := a.facts.Names[d.SHA256]; file != "" {
				called += " (" + file + ")"
			}
			return called
		}
	}
	for _, e := range a.journal {
		if e.What == casefile.EventLetter && e.Note == key {
			return a.Texts.Labels.Letters[e.On]
		}
	}
	switch {
	case key == a.state.Facts.Key:
		return a.Texts.Labels.Details["facts_now"]
	case path.Dir(name) == "facts":
		return a.Texts.Labels.Details["facts_then"]
	case path.Dir(name) == "evidence":
		return a.Texts.Labels.Letters["evidence"]
	}
	return ""
}

// view is what the page says.
func (a *access) view() texts.Access {
	v := texts.Access{Reference: a.state.Reference, Scheme: a.state.Scheme, Stage: a.Texts.Labels.Stage(a.state.Stage), Received: a.state.Received,
		Applicant: a.facts.Applicant, Authority: a.Authority, Objects: a.list, LeftOut: a.left, Registered: a.facts.Register}
	if sch, err := a.Catalogue.Find(a.state.Scheme); err == nil {
		v.Scheme, v.LegalBasis = sch.Title, sch.LegalBasis
		if version, err := sch.Version(a.state.Terms.SchemeVersion); err == nil {
			v.Years = version.RetentionYears
			for _, key := range slices.SortedFunc(maps.Keys(a.facts.Fields), func(x, y string) int { return version.Order(x) - version.Order(y) }) {
				value := a.facts.Fields[key]
				v.Fields = append(v.Fields, texts.Field{Name: version.Label(key), Written: value.Written, Source: value.From})
			}
		}
	}
	for _, o := range a.state.Opinions {
		v.Recipients = append(v.Recipients, o.Of)
	}
	v.Paid = len(a.state.Instalments) > 0
	for _, e := range a.journal {
		if e.What == chain.Stored {
			continue
		}
		v.Last = e.At
		who := e.Who
		if id, officer := strings.CutPrefix(who, casefile.OfficerName("")); officer && id != "" {
			who = "officer"
		}
		v.Journal = append(v.Journal, texts.Line{When: e.At, Who: a.Texts.Labels.Actor(who), What: a.Texts.Labels.Event(e, a.state.Terms)})
	}
	return v
}

// write packs the files in the order of their names, with one and the same date.
func (a *access) write(out io.Writer) error {
	w := zip.NewWriter(out)
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, flate.BestCompression) })
	for _, name := range slices.Sorted(maps.Keys(a.files)) {
		f, err := w.CreateHeader(&zip.FileHeader{Name: "dossier-" + a.state.Reference + "/" + name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)})
		if err == nil {
			_, err = io.Copy(f, bytes.NewReader(a.files[name]))
		}
		if err != nil {
			return err
		}
	}
	return w.Close()
}
