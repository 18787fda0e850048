package activities

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"relance/contract"
	"relance/domain/casefile"
	"relance/domain/ledger"
	"relance/domain/round"
	"relance/domain/scheme"
	"relance/intake/reading"
	"relance/mail/auth"
	"relance/mail/message"
	"relance/store/archive"
	"relance/store/index"
)

// TellCall tells a session how a case stands, and starts its workflow where there is none. Telling again changes nothing.
func (a *Activities) TellCall(ctx context.Context, n contract.CallNotice) error {
	sch, session, err := a.session(n.State.Candidacy.Call)
	if err != nil {
		return classify(err)
	}
	heard := round.Heard{Notice: n.Notice}
	if heard.Barred, err = a.barred(ctx, n.State, sch.Call); err != nil {
		return classify(err)
	}
	id := sch.CallID(session.ID)
	_, err = a.Temporal.SignalWithStartWorkflow(ctx, id, contract.CallHeard, heard, client.StartWorkflowOptions{ID: id, TaskQueue: n.TaskQueue,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE, StaticSummary: sch.Name + ", session " + session.ID},
		contract.CallWorkflow, round.Opening{ID: id, Scheme: sch.ID, Session: session.ID, Clock: n.State.Clock})
	return err
}

// session finds a session of a call by its identifier.
func (a *Activities) session(id string) (*scheme.Scheme, scheme.Session, error) {
	for _, sch := range a.Catalogue.All() {
		if sch.Call == nil {
			continue
		}
		for _, s := range sch.Call.Sessions {
			if sch.CallID(s.ID) == id {
				return sch, s, nil
			}
		}
	}
	return nil, scheme.Session{}, fmt.Errorf("%w: no scheme has the call %q", scheme.ErrUnknown, id)
}

// barred lists the members whose conflict with a candidate is known by its SIREN.
func (a *Activities) barred(ctx context.Context, s casefile.State, c *scheme.Call) ([]string, error) {
	var list []string
	for _, m := range c.Panel {
		for _, siren := range m.Conflicts {
			key, err := a.index().Key(ctx, index.SIREN, siren)
			if err != nil {
				return nil, err
			}
			if s.Kin.SIREN == key && !slices.Contains(list, m.ID) {
				list = append(list, m.ID)
			}
		}
	}
	return list, nil
}

// OpenCall gives a session to begin with: the one that lies in the archive, where it had ended, or a new one with the terms of its
// scheme, which are kept.
func (a *Activities) OpenCall(ctx context.Context, o round.Opening) (round.State, error) {
	s, err := a.openCall(ctx, o)
	return s, classify(err)
}

func (a *Activities) openCall(ctx context.Context, o round.Opening) (round.State, error) {
	var s round.State
	text, err := a.Archive.Get(ctx, round.Folder(o.ID)+"call.json")
	if err == nil {
		return s, json.Unmarshal(text, &s)
	}
	if !errors.Is(err, archive.ErrNotFound) {
		return s, err
	}
	sch, session, err := a.session(o.ID)
	if err != nil {
		return s, err
	}
	c := sch.Call
	rules, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return s, err
	}
	sum := sha256.Sum256(rules)
	v := sch.At(session.Closes.Time)
	s = round.State{ID: o.ID, Scheme: o.Scheme, Session: o.Session, Clock: o.Clock, Stage: round.Collecting, Terms: round.Terms{
		Opens: session.Opens.UTC(), Closes: session.Closes.UTC(), Envelope: int64(session.Envelope), LeastPart: int(c.LeastPart), Rules: sch.Rules(session.ID),
		Scale: c.Scale.Points(), Readers: c.Readers, AdmissionDays: c.Admission, ScoringDays: c.Scoring, Reminders: c.Reminders,
		ReserveMonths: c.Reserve, Approvals: max(v.Review.Approvals, 1), Digest: hex.EncodeToString(sum[:])}}
	if s.Terms.ReserveMonths == 0 {
		s.Terms.ReserveMonths = 6
	}
	for _, f := range v.Funding {
		s.Terms.Lines = append(s.Terms.Lines, casefile.Share{ID: f.Line, Part: int(f.Share)})
	}
	for _, m := range c.Panel {
		s.Terms.Members = append(s.Terms.Members, m.ID)
	}
	_, err = a.Archive.PutOnce(ctx, round.Folder(o.ID)+"rules-"+s.Terms.Digest+".json", rules, "application/json")
	return s, err
}

// CallFunds tells how much the lines of a plan that pay for a session can still hold, in cents; -1 where there is no plan.
func (a *Activities) CallFunds(ctx context.Context, lines []casefile.Share) (int64, error) {
	if a.Plan == nil || len(lines) == 0 {
		return -1, nil
	}
	b, err := a.Book(ctx, contract.Head{Plan: a.Plan.ID})
	if err != nil {
		return 0, classify(err)
	}
	if b.Plan == nil { // nobody has spent anything yet
		b.Do(ledger.Move{Op: ledger.Open, Plan: a.Plan})
	}
	shares := make([]ledger.Share, len(lines))
	for i, l := range lines {
		shares[i] = ledger.Share{Line: l.ID, Part: l.Part}
	}
	return b.Room(shares), nil
}

// ReadPanelMail reads a member's mail: scores and conflicts of interest. The sender has to be the member, proven.
func (a *Activities) ReadPanelMail(ctx context.Context, r contract.PanelReceipt) (round.Reading, error) {
	result, err := a.readPanelMail(ctx, r)
	return result, classify(err)
}

func (a *Activities) readPanelMail(ctx context.Context, r contract.PanelReceipt) (round.Reading, error) {
	sch, _, err := a.session(r.Call)
	if err != nil {
		return round.Reading{}, err
	}
	release, err := a.hold(ctx, r.Mail.Key, r.Mail.Size)
	if err != nil {
		return round.Reading{}, err
	}
	defer release()
	m, raw, err := a.panelMail(ctx, r.Mail.Ref)
	if errors.Is(err, message.ErrEmpty) {
		return round.Reading{From: round.Unreadable}, nil
	}
	if err != nil {
		return round.Reading{}, err
	}
	result := round.Reading{From: round.FromStranger}
	switch m.Kind {
	case message.KindPerson:
	case message.KindBounce:
		return round.Reading{From: round.FromBounce}, nil
	case message.KindUnreadable:
		return round.Reading{From: round.Unreadable}, nil
	default:
		return round.Reading{From: round.FromMachine}, nil
	}
	for _, member := range sch.Call.Panel {
		if strings.EqualFold(member.Email, m.From.Address) {
			result.From, result.Member = round.FromMember, member.ID
		}
	}
	if result.Member == "" {
		return result, nil
	}
	proof := a.prove(r.Mail, raw, m)
	if _, err := a.once(ctx, r.Mail.Key+proofEnding, "application/json", func() ([]byte, error) { return json.MarshalIndent(proof, "", "  ") }); err != nil {
		return result, err
	}
	reach := proof.Reach(a.leadsTo(r.Call))
	if reach == auth.Act && r.Mail.Vouched == "" {
		if before, err := a.claim(ctx, r.Call, "", r.Mail, proof.Author); err != nil {
			return result, err
		} else if before != "" {
			reach = auth.Ask
		}
	}
	switch {
	case r.Mail.Vouched != "":
	case reach == auth.Nothing:
		return round.Reading{From: round.FromStranger}, nil
	case reach != auth.Act:
		result.From = round.FromUnproven
		return result, nil
	}
	scored := reading.Scores(m, reading.Sheet{Call: sch.Call, Candidates: r.Reads[result.Member]})
	for _, s := range scored.Scores {
		result.Scores = append(result.Scores, round.Given{Candidate: s.Candidate, Criterion: s.Criterion, Score: s.Score, Old: s.Old})
	}
	result.Conflicts, result.Problems = scored.Conflicts, len(scored.Problems)
	return result, nil
}

// panelMail loads a mail to a session.
func (a *Activities) panelMail(ctx context.Context, ref casefile.Ref) (*message.Message, []byte, error) {
	raw, err := a.mail(ctx, ref.Key)
	if err != nil {
		return nil, nil, fmt.Errorf("raw mail: %w", err)
	}
	m, err := a.parse(ctx, raw, message.Shut) // scores stand in its text
	return m, raw, err
}

// CorrespondCall writes and sends mails to the panel, the minutes where they are asked for, and stores the session as it then stands.
// Each step has its key, as for a case (Correspond).
func (a *Activities) CorrespondCall(ctx context.Context, c round.Correspondence) (round.Sent, error) {
	sent, err := a.correspondCall(ctx, c)
	return sent, classify(err)
}

func (a *Activities) correspondCall(ctx context.Context, c round.Correspondence) (round.Sent, error) {
	var sent round.Sent
	sch, _, err := a.session(c.State.ID)
	if err != nil {
		return sent, err
	}
	var minutes []byte
	if c.Minutes != nil {
		if sent.Minutes, minutes, err = a.minutes(ctx, c, sch); err != nil {
			return sent, fmt.Errorf("minutes: %w", err)
		}
	} else if c.State.Minutes.Key != "" && slices.ContainsFunc(c.Pieces, func(p round.Piece) bool { return p.Mail == round.MinutesMail }) {
		if minutes, err = a.Archive.Get(ctx, c.State.Minutes.Key); err != nil {
			return sent, err
		}
	}
	for _, piece := range c.Pieces {
		p, err := a.panelPiece(ctx, c, sch, piece, minutes)
		if err != nil {
			return sent, fmt.Errorf("%s: %w", piece.Mail, err)
		}
		sent.Pieces = append(sent.Pieces, p)
	}
	c.State.Account(sent, c.At)
	return sent, a.storeCall(ctx, c.State)
}

// storeCall writes the session and its journal into its folder, each a new version.
func (a *Activities) storeCall(ctx context.Context, s round.State) error {
	state, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	var journal bytes.Buffer
	lines := json.NewEncoder(&journal)
	for _, e := range s.Journal {
		if err := lines.Encode(e); err != nil {
			return err
		}
	}
	if err := a.Archive.PutVersion(ctx, round.Folder(s.ID)+"journal.jsonl", journal.Bytes(), "application/jsonl"); err != nil {
		return err
	}
	return a.Archive.PutVersion(ctx, round.Folder(s.ID)+"call.json", state, "application/json")
}
