package activities

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"

	"relance/contract"
	"relance/domain/casefile"
	"relance/intake/clamd"
	"relance/intake/papers"
	"relance/intake/reading"
	"relance/mail/auth"
	"relance/mail/message"
	"relance/store/archive"
)

// ReceiveMail reads a mail into its case: it stores the documents the mail brings and a new version of the facts, and
// says what the case then lacks and what the rules say. What it says is kept, and said again where the same state of the case reads the same mail
// again: mails may have gone on it before Temporal knew (package workflows), and rules, registers and other cases may say something else by then.
func (a *Activities) ReceiveMail(ctx context.Context, r contract.Receipt) (casefile.Reading, error) {
	reading, err := a.keptReading(ctx, r)
	return reading, classify(err)
}

// account is what is kept beside a mail: what proves its sender and how it was read, when its case first did.
type account struct {
	auth.Proof
	Entries int               `json:"entries"` // that the case's journal had
	Reading *casefile.Reading `json:"reading,omitempty"`
}

// keptReading gives the reading that is kept, or reads and keeps it. A case that reads a mail once more, because an officer admits it, has noted
// something since: that reading is kept by itself, under the length of the journal.
func (a *Activities) keptReading(ctx context.Context, r contract.Receipt) (casefile.Reading, error) {
	read := func() (casefile.Reading, auth.Proof, error) {
		reading, proof, err := a.receive(ctx, r)
		reading.At = r.At
		return reading, proof, err
	}
	entries := r.State.Chain.Length
	beside := casefile.Ref{Key: r.Mail.Key + proofEnding}
	text, err := a.done(ctx, beside.Key, "application/json", func() ([]byte, error) {
		reading, proof, err := read()
		if err != nil {
			return nil, err
		}
		return json.MarshalIndent(account{proof, entries, &reading}, "", "  ")
	})
	var first account
	if err == nil {
		err = json.Unmarshal(text, &first)
	}
	if err != nil {
		return casefile.Reading{}, err
	}
	beside.SHA256 = hash(text)
	a.recent().keep(beside.Key, text) // the evidence of a signature repeats it
	if first.Reading != nil && first.Entries == entries {
		first.Reading.Proof, first.Reading.Kept = beside, beside
		return *first.Reading, nil
	}
	again := casefile.Ref{Key: fmt.Sprintf("%sreadings/%s-%d.json", r.State.Folder(), strings.TrimSuffix(path.Base(r.Mail.Key), path.Ext(r.Mail.Key)), entries)}
	text, err = a.done(ctx, again.Key, "application/json", func() ([]byte, error) {
		reading, _, err := read()
		if err != nil {
			return nil, err
		}
		return json.MarshalIndent(reading, "", "  ")
	})
	var reading casefile.Reading
	if err == nil {
		err = json.Unmarshal(text, &reading)
	}
	again.SHA256 = hash(text)
	reading.Proof, reading.Kept = beside, again
	return reading, err
}

func (a *Activities) receive(ctx context.Context, r contract.Receipt) (casefile.Reading, auth.Proof, error) {
	release, err := a.hold(ctx, r.Mail.Key, r.Mail.Size)
	if err != nil {
		return casefile.Reading{}, auth.Proof{}, err
	}
	defer release()
	raw, err := a.mail(ctx, r.Mail.Key)
	if err != nil {
		return casefile.Reading{}, auth.Proof{}, fmt.Errorf("raw mail: %w", err)
	}
	m, err := message.ParseHeader(raw)
	if err != nil { // it is in the archive; an officer looks at it
		return casefile.Reading{Identity: r.Mail.Identity, From: casefile.Unreadable, Missing: r.State.Missing, Verdict: r.State.Verdict},
			auth.Proof{Mail: r.Mail.SHA256, At: a.Now().UTC(), Author: auth.Author{Verdict: auth.Unproven}}, nil
	}
	proof := a.proveBehindLists(r.Mail, raw, m)
	facts, err := a.facts(ctx, r.State.Facts)
	if err != nil {
		return casefile.Reading{}, proof, err
	}
	files, shut := a.reader(ctx), !reading.Opens(m, r.Mail, proof.Reach(a.leadsTo(r.State.Reference)), facts)
	open := files.Open
	if shut {
		open = message.Shut
	}
	if m, err = a.parse(ctx, raw, open); err != nil {
		return casefile.Reading{}, proof, fmt.Errorf("what the mail brings: %w", err)
	}
	m.Through(a.Lists)
	if r.Mail.Assigned != "" || r.Mail.Believed() {
		m.ByPerson()
	}
	read, err := a.understand(ctx, r, known{m, proof.Author, facts, files, shut})
	return read, proof, err
}

// proveBehindLists is prove for a mail that may have come through one of our lists: what was looked at is the list then, and its author is not proven.
func (a *Activities) proveBehindLists(mail casefile.Mail, raw []byte, m *message.Message) auth.Proof {
	proof := a.prove(mail, raw, m)
	if m.Through(a.Lists) && proof.Author.Verdict != auth.Forged {
		proof.Author = auth.Author{Verdict: auth.Unproven}
	}
	return proof
}

// known is what is known of a mail and its case before it is understood.
type known struct {
	*message.Message
	author auth.Author
	facts  casefile.Facts
	files  papers.Reader
	shut   bool // its files are not looked into
}

// understand reads a mail of which so much is known who wrote it.
func (a *Activities) understand(ctx context.Context, r contract.Receipt, k known) (casefile.Reading, error) {
	sch, v, err := a.version(ctx, r.State)
	if err != nil {
		return casefile.Reading{}, err
	}
	sent, err := a.sent(ctx, r.State, k.Message)
	if err != nil {
		return casefile.Reading{}, err
	}
	result, err := reading.Read(reading.Input{Message: k.Message, Mail: r.Mail, State: r.State, Facts: k.facts, Scheme: sch, Version: v, At: r.At,
		Reach: k.author.Reach(a.leadsTo(r.State.Reference)), Sent: sent, Papers: k.files, Shut: k.shut})
	if err != nil {
		return casefile.Reading{}, fmt.Errorf("what the mail brings: %w", err)
	}
	if counted, err := a.counted(ctx, r, k.author, result.Reading); err != nil || counted != "" {
		return casefile.Reading{Identity: r.Mail.Identity, From: counted, Missing: r.State.Missing, Verdict: r.State.Verdict, Kin: r.State.Kin}, err
	}
	if result.Reading.From != casefile.FromApplicant {
		return result.Reading, nil
	}
	if err := a.scan(ctx, &result); err != nil {
		return casefile.Reading{}, err
	}
	for _, d := range result.Reading.Documents {
		if d.Key == "" {
			continue // it stays in the mail it came in
		}
		if _, err := a.Archive.PutOnce(ctx, d.Key, result.Contents[d.Key](), d.Type); err != nil {
			return casefile.Reading{}, fmt.Errorf("document %s: %w", d.Kind, err)
		}
	}
	if err := a.keepCheck(ctx, &result); err != nil {
		return casefile.Reading{}, fmt.Errorf("check of a charter: %w", err)
	}
	state := r.State
	state.Documents = append(slices.Clone(state.Documents), result.Reading.Documents...)
	if result.Reading.Bank {
		result.Reading.Concerns = append(result.Reading.Concerns, casefile.ConcernBank)
	}
	if result.Reading.Offers {
		result.Reading.Concerns = append(result.Reading.Concerns, casefile.ConcernFacts)
	}
	if a.judged(r.State, k.facts.Thread, result) {
		result.Reading.Kin, result.Reading.Missing, result.Reading.Verdict = r.State.Kin, r.State.Missing, r.State.Verdict
	} else if err := a.judge(ctx, contract.Examination{State: state, At: r.At, Dated: dated(r.State.Clock, k.Message)}, &result.Facts, &result.Reading); err != nil {
		return casefile.Reading{}, err
	}
	if c := result.Reading.Candidacy; c != nil && c.Dated && r.State.Candidacy == nil {
		result.Reading.Concerns = append(result.Reading.Concerns, casefile.ConcernLate)
	}
	result.Reading.Facts, result.Reading.Heard, err = a.learn(ctx, r, k.facts.Thread, result.Facts)
	return result.Reading, err
}

// judged tells whether the rules have been applied to all that there is: a mail that brings nothing, such as the one that signs, changes nothing in what
// they say. What has become of the firm's other cases since counts when an officer decides.
func (a *Activities) judged(s casefile.State, before casefile.Thread, r reading.Result) bool {
	facts := r.Facts
	facts.Thread = before
	known, _, err := factsOf(s, facts)
	return err == nil && known == s.Facts && s.Terms.SchemeDigest != "" && len(r.Reading.Documents) == 0 && !r.Reading.Bank &&
		(a.Register == nil || facts.Register != nil)
}

// learn stores the facts with what a mail adds. One that adds nothing but itself makes no new version of them: the case remembers that it was the
// applicant's last, and answers stand below it.
func (a *Activities) learn(ctx context.Context, r contract.Receipt, before casefile.Thread, facts casefile.Facts) (known, heard casefile.Ref, err error) {
	thread := facts.Thread
	answered := !reflect.DeepEqual(thread, before)
	facts.Thread = before
	if known, _, err = factsOf(r.State, facts); err != nil || known == r.State.Facts {
		if answered {
			return known, r.Mail.Ref, err
		}
		return known, r.State.Heard, err
	}
	if !answered {
		heard = r.State.Heard
	}
	facts.Thread = thread
	known, err = a.storeFacts(ctx, r.State, facts)
	return known, heard, err
}

// dated is when a mail was written by its sender's clock, which proves nothing.
func dated(clock casefile.Clock, m *message.Message) time.Time {
	if m.Date.IsZero() {
		return time.Time{}
	}
	return clock.Legal(m.Date)
}

// scan looks for viruses in what a mail brings. An infected file stays where it is, in the raw mail.
func (a *Activities) scan(ctx context.Context, r *reading.Result) error {
	if a.Scanner == nil {
		return nil
	}
	for i := range r.Reading.Documents {
		d := &r.Reading.Documents[i]
		if d.Key == "" || d.Size == 0 {
			continue
		}
		verdict, err := a.Scanner.Scan(ctx, bytes.NewReader(r.Contents[d.Key]()))
		problem := ""
		switch {
		case errors.Is(err, clamd.ErrTooLarge):
			problem = reading.ProblemTooLarge // what the scanner cannot look into is not handed on
		case err != nil:
			return fmt.Errorf("virus scanner: %w", err)
		case verdict.Infected:
			problem = reading.ProblemVirus
		}
		if problem != "" {
			delete(r.Contents, d.Key)
			d.Key, d.Problem = "", problem
			if back := r.Reading.Return; back != nil && back.Evidence.SHA256 == d.SHA256 {
				r.Reading.Return = nil
			}
		}
	}
	return nil
}

// SettleBank takes the bank details that were proposed, or drops them, and applies the rules again.
func (a *Activities) SettleBank(ctx context.Context, b contract.BankChange) (casefile.Reading, error) {
	r, err := a.settleBank(ctx, b)
	return r, classify(err)
}

func (a *Activities) settleBank(ctx context.Context, b contract.BankChange) (casefile.Reading, error) {
	facts, err := a.facts(ctx, b.State.Facts)
	if err != nil {
		return casefile.Reading{}, err
	}
	if b.Accept {
		facts.Fields = maps.Clone(facts.Fields)
		maps.Copy(facts.Fields, facts.Proposed)
	}
	facts.Proposed = nil
	r := casefile.Reading{Kin: b.State.Kin, Missing: b.State.Missing, Verdict: b.State.Verdict}
	switch {
	case !b.State.Stage.Decided() && !b.State.Stage.Final():
		err = a.judge(ctx, contract.Examination{State: b.State, At: b.At}, &facts, &r)
	case b.Accept:
		r.Kin, err = a.reindex(ctx, b.State, facts)
	}
	if err != nil {
		return r, err
	}
	r.Facts, err = a.storeFacts(ctx, b.State, facts)
	return r, err
}

// reindex tells the index which account, and which other signs, a decided case has from now on.
func (a *Activities) reindex(ctx context.Context, s casefile.State, facts casefile.Facts) (casefile.Kin, error) {
	_, v, err := a.version(ctx, s)
	if err != nil {
		return s.Kin, err
	}
	kin, err := a.note(ctx, s, facts, v)
	if err != nil {
		return kin, err
	}
	owner, signs := signsOf(s, facts, v)
	kin.Signs, err = a.index().NoteSigns(ctx, s.Reference, owner, signs, s.Kin.Signs, a.Now())
	return kin, err
}

// factsOf gives a version of the facts as it is stored, under the hash of its content.
func factsOf(s casefile.State, f casefile.Facts) (ref casefile.Ref, text []byte, err error) {
	text, err = json.MarshalIndent(f, "", "  ")
	sum := hash(text)
	return casefile.Ref{Key: s.Folder() + "facts/" + sum + ".json", SHA256: sum}, text, err
}

// storeFacts writes a version of the facts, unless it is the one in force.
func (a *Activities) storeFacts(ctx context.Context, s casefile.State, f casefile.Facts) (casefile.Ref, error) {
	ref, text, err := factsOf(s, f)
	if err != nil || ref == s.Facts {
		return ref, err
	}
	if _, err = a.Archive.PutOnce(ctx, ref.Key, text, "application/json"); err == nil {
		a.recent().facts.Add(ref, text)
	}
	return ref, err
}

// LoadCase gives the state of a case that had ended, from its folder; nil where there is none.
func (a *Activities) LoadCase(ctx context.Context, reference string) (*casefile.State, error) {
	s, err := Load(ctx, a.Archive, reference)
	if errors.Is(err, archive.ErrNotFound) {
		return nil, nil
	}
	return s, classify(err)
}

// ChangeAddress makes another address the one the applicant is written to; mail from it is the applicant's, as is mail from those known
// before.
func (a *Activities) ChangeAddress(ctx context.Context, c contract.AddressChange) (casefile.Ref, error) {
	ref, err := a.changeAddress(ctx, c)
	return ref, classify(err)
}

func (a *Activities) changeAddress(ctx context.Context, c contract.AddressChange) (casefile.Ref, error) {
	facts, err := a.facts(ctx, c.State.Facts)
	if err != nil {
		return casefile.Ref{}, err
	}
	var contact casefile.Contact
	if c.Contact.Key != "" {
		text, err := a.Archive.Get(ctx, c.Contact.Key)
		if err == nil {
			err = json.Unmarshal(text, &contact)
		}
		if err != nil {
			return casefile.Ref{}, err
		}
	} else {
		from, _, err := a.sender(ctx, c.Mail)
		if err != nil {
			return casefile.Ref{}, err
		}
		contact.Email = from.Address
	}
	if !facts.Applicant.Is(contact.Email) {
		facts.Applicant.Others = append(slices.Clone(facts.Applicant.Others), facts.Applicant.Email)
	}
	facts.Applicant.Email = contact.Email
	return a.storeFacts(ctx, c.State, facts)
}
