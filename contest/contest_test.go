// Package contest_test runs a whole call for projects on the real servers, by mail alone.
package contest_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"relance/call"
	"relance/casefile"
	"relance/command"
	"relance/competition"
	"relance/config"
	"relance/desk"
	"relance/engine"
	"relance/histories"
	"relance/letter"
	"relance/local"
	"relance/mailbox"
	"relance/message"
	"relance/outbox"
	"relance/prose"
	"relance/scheme"
	"relance/sepa"
	"relance/vault"
)

const (
	candidates = 50
	members    = 6
	envelope   = 300_000_00
	schemeID   = "entreprendre-autrement"
	callID     = "call-entreprendre-autrement-1"
	line       = "proximite/entreprendre-autrement"
	account    = "candidats" // one mailbox: the candidates write from candidats+c07@…
)

var quiet = slog.New(slog.DiscardHandler)

// stage is one run of the call with everything around it.
type stage struct {
	t      *testing.T
	data   string // folder of the local engine
	l      *local.Local
	desk   *desk.Desk
	scheme *scheme.Scheme

	mu   sync.Mutex
	said map[competition.Pair]map[string]int64 // what the members have given, by their own books
	bar  []competition.Pair
}

// TestACallOfFiftyCandidates: fifty candidates, six members and EUR 300,000. The candidates apply by mail, the members score by mail, with a
// mistake, a conflict of interest and a reminder among them; the committee closes the session; everybody is told on the same day; an awarded
// candidate withdraws by mail and the reserve list moves up. The ranking and the awards are those of a computation
// that shares no code with the engine, and the awards agree with the plan's book.
func TestACallOfFiftyCandidates(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the three real servers")
	}
	s := open(t)
	closes := s.window(45 * time.Second)
	s.l.Run(t.Context())
	sender := s.sender(account)
	defer sender.Close()
	for i := range candidates {
		s.apply(sender, i, time.Now())
	}
	t.Logf("%d applications sent %v before the closing", candidates, time.Until(closes).Round(time.Second))
	ctx, cancel := context.WithCancel(t.Context())
	var panel sync.WaitGroup
	defer panel.Wait()
	defer cancel()
	for m := range members {
		panel.Go(func() { s.member(ctx, m) })
	}
	time.Sleep(time.Until(closes) + 1500*time.Millisecond)
	s.apply(sender, candidates, closes.Add(-time.Minute)) // too late, and dated before
	s.until("the panel reads", 60*time.Second, func(c call.State) bool { return c.Stage != call.Collecting && c.Stage != call.Admission })
	s.refusedWhileScoresAreMissing()
	c := s.until("all scores are in", 100*time.Second, func(c call.State) bool { return c.Stage == call.Session })
	s.checkReading(c)
	want := s.rank(c)
	s.checkRanking(c.Rank(), want)
	s.rejectLate(c)
	done, err := s.desk.ActOnCall(t.Context(), callID, call.CloseAct, call.Act{ID: "close-1", By: "agent-01", Present: []string{"jury-01", "jury-02"}, Text: "Le comité a suivi le classement."})
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.desk.ActOnCall(t.Context(), callID, call.CloseAct, call.Act{ID: "close-1", By: "agent-01"})
	if err != nil || !again.Again && again.Cents != done.Cents {
		t.Errorf("closed twice: %+v, %v", again, err)
	}
	s.checkAwards(done, want)
	s.withdraw(sender, want)
	s.keep()
	s.commands(c)
	s.record("contest")
}

// record keeps, with RELANCE_RECORD, the histories of the session, its candidates and the plan for the replay tests (docs/versioning.md).
func (s *stage) record(prefix string) {
	r := histories.Recorder{Temporal: s.l.Engine.Temporal, Codec: vault.NewCodec(s.l.Engine.Keys), Folder: os.Getenv("RELANCE_RECORD")}
	if r.Folder == "" {
		return
	}
	names, err := r.KeepAll(s.t.Context(), prefix)
	if err != nil {
		s.t.Error(err)
	}
	s.t.Logf("kept %v", names)
}

// commands types what an officer types, and looks at what comes back.
func (s *stage) commands(c call.State) {
	last := c.Ranking
	month := s.l.Engine.Config.Clock().Legal(time.Now()).In(casefile.Paris).Format("2006-01")
	pdf := filepath.Join(s.t.TempDir(), "month.pdf")
	for _, one := range []struct {
		line string
		want []string
	}{
		{"call list", []string{callID, schemeID}},
		{"call show " + callID, []string{"retenue", "liste complémentaire", "jury-06"}},
		{"call rank " + callID, []string{"UTILITÉ SOCIALE ×4", "vient après", "note inférieure au seuil"}},
		{"call score " + callID + " ENT-00000-00000 -member jury-01 -by agent-01 utilite=12", []string{"action refusée"}},
		{"register decisions -scheme " + schemeID, []string{"numero;date", "Coopérative numéro 50;", ";attribution;"}},
		{"register open-data -all", []string{"nomAttribuant,idAttribuant", "Coopérative numéro ", ",aide en numéraire,unique,"}},
		{"register de-minimis", []string{"siren;beneficiaire"}},
		{"report month " + schemeID + " -month " + month + " -pdf " + pdf, []string{"mois;demandes_recues", month}},
	} {
		var out bytes.Buffer
		command.Run(s.t.Context(), append(strings.Fields(one.line), "-data", s.data), &out, &out)
		for _, want := range one.want {
			if !strings.Contains(out.String(), want) {
				s.t.Errorf("relance %s: no %q in\n%s", one.line, want, out.String())
			}
		}
		if folder := os.Getenv("RELANCE_TEST_OUT"); folder != "" {
			name := "typed-" + strings.Join(strings.Fields(one.line)[:2], "-") + ".txt"
			if err := os.WriteFile(filepath.Join(folder, name), out.Bytes(), 0o600); err != nil {
				s.t.Error(err)
			}
		}
	}
	if page, err := os.ReadFile(pdf); err != nil || !bytes.HasPrefix(page, []byte("%PDF")) {
		s.t.Errorf("the report on paper: %v", err)
	}
	if len(last) != 0 {
		s.t.Errorf("the ranking was frozen before the session was decided")
	}
}

func open(t *testing.T) *stage { return openWith(t, local.Options{Day: 1500 * time.Millisecond}) }

func openWith(t *testing.T, o local.Options) *stage {
	accounts := []string{account}
	for m := range members {
		accounts = append(accounts, fmt.Sprintf("jury%02d", m+1))
	}
	data := t.TempDir()
	o.Data, o.Applicants, o.Log = data, accounts, logger(t)
	l, err := local.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	s := &stage{t: t, data: data, l: l, said: map[competition.Pair]map[string]int64{},
		desk: &desk.Desk{Temporal: l.Engine.Temporal, Archive: l.Engine.Archive, Clock: l.Engine.Config.Clock()}}
	if s.scheme, err = l.Engine.Catalogue.Find(schemeID); err != nil {
		t.Fatal(err)
	}
	return s
}

// logger keeps what the engine warns of, for a person who looks for a fault (RELANCE_TEST_OUT).
func logger(t *testing.T) *slog.Logger {
	folder := os.Getenv("RELANCE_TEST_OUT")
	if folder == "" {
		return quiet
	}
	f, err := os.Create(filepath.Join(folder, "engine.log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return slog.New(slog.NewTextHandler(f, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// window opens the session now and closes it after so long; it gives the real closing.
func (s *stage) window(open time.Duration) time.Time {
	clock := s.l.Engine.Config.Clock()
	closes := time.Now().Add(open)
	legal := func(at time.Time) scheme.Minute { return scheme.Minute{Time: clock.Legal(at)} }
	s.scheme.Call.Sessions = []scheme.Session{{ID: "1", Opens: legal(time.Now().Add(-time.Minute)), Closes: legal(closes), Envelope: scheme.Amount(envelope)}}
	s.scheme.Call.LateHours = 24 * 30 // half a minute of this clock is twenty days
	for i := range s.scheme.Call.Panel {
		s.scheme.Call.Panel[i].Email = fmt.Sprintf("jury%02d@localhost", i+1)
	}
	return closes
}

func (s *stage) sender(name string) *outbox.Sender {
	sender, err := engine.Outbox(s.l.Smtp(name), name+"@localhost")
	if err != nil {
		s.t.Fatal(err)
	}
	return sender
}

// mailbox is one of those who take part.
func (s *stage) mailbox(name string) *mailbox.Box {
	c := config.Defaults()
	c.IMAP.Server = s.l.Imap(name)
	box, err := engine.Mailbox(c, quiet)
	if err != nil {
		s.t.Fatal(err)
	}
	return box
}

// box reads a mailbox; the engine's own tests know why it is tried again.
func (s *stage) box(name string) []*message.Message {
	box := s.mailbox(name)
	var mails []mailbox.Mail
	for range 3 {
		var err error
		if mails, err = box.List(s.t.Context(), "INBOX"); err == nil {
			break
		}
	}
	var list []*message.Message
	for _, m := range mails {
		if parsed, err := message.Read(m.Reader()); err == nil {
			list = append(list, parsed)
		}
	}
	return list
}

// luhn completes digits with their check digit.
func luhn(digits string) string {
	for check := '0'; check <= '9'; check++ {
		if whole := digits + string(check); len(whole) == 9 && scheme.ValidSIREN(whole) || len(whole) == 14 && scheme.ValidSIRET(whole) {
			return whole
		}
	}
	panic(digits)
}

// iban is a made-up account at a bank, with its inner key and its check digits.
func iban(i int) string {
	const bank, branch = 20041, 1005
	account := 50_000_000 + i
	bban := fmt.Sprintf("%05d%05d%011d%02d", bank, branch, account, 97-(89*bank+15*branch+3*account)%97)
	for check := range 98 {
		if whole := fmt.Sprintf("FR%02d%s", check, bban); sepa.ValidIBAN(whole) {
			return whole
		}
	}
	panic(i)
}

func address(i int) string { return fmt.Sprintf("%s+c%02d@localhost", account, i) }

// asked is what a candidate asks for, in cents: from 8,000 to 20,000 euros.
func asked(i int) int64 { return 8_000_00 + int64(i*7919%1_200_001) }

// papers are the documents that every candidate sends.
var papers = sync.OnceValues(func() (list []outbox.Attachment, err error) {
	for _, name := range []string{"presentation", "budget", "statuts", "rib"} {
		pdf, err := letter.Render(letter.Letter{Letterhead: letter.Letterhead{Name: "Exemple"}, Title: name, Subject: name, Date: time.Now(), Reference: "X", Body: prose.Parse(name)})
		if err != nil {
			return nil, err
		}
		list = append(list, outbox.Attachment{Name: name + ".pdf", Type: "application/pdf", Content: pdf})
	}
	return list, nil
})

func (s *stage) apply(sender *outbox.Sender, i int, dated time.Time) {
	s.t.Helper()
	s.applyWith(sender, i, dated, false)
}

// applyWith lets a candidate apply, with all documents or without the last.
func (s *stage) applyWith(sender *outbox.Sender, i int, dated time.Time, lacking bool) {
	s.t.Helper()
	files, err := papers()
	if err != nil {
		s.t.Fatal(err)
	}
	if lacking {
		files = files[:len(files)-1]
	}
	siren := luhn(fmt.Sprintf("8%07d", 1000+i*37))
	text := fmt.Sprintf(`Structure : Coopérative numéro %d
SIRET : %s
Représentant légal : Camille Durand
Adresse du siège : %d rue du Moulin, 59710 Mérignies
Commune du projet : Templemars
Nom du projet : Projet %d
Résumé du projet : un lieu commun pour réparer, prêter et apprendre.
Statut : coopérative
Coût du projet : 90 000 €
Aide demandée : %d,%02d €
Autres aides publiques : 0
IBAN : %s
Déclaration sur l'honneur : oui`, i, luhn(siren+"0001"), i+1, i, asked(i)/100, asked(i)%100, iban(i))
	s.post(sender, outbox.Mail{From: message.Address{Name: "Camille Durand", Address: address(i)}, To: message.Address{Address: "aides+" + schemeID + "@localhost"},
		Subject: "Candidature", Text: text, Attachments: files, Date: dated})
}

var sent = struct {
	sync.Mutex
	n int
}{}

func (s *stage) post(sender *outbox.Sender, m outbox.Mail) {
	sent.Lock()
	sent.n++
	m.MessageID = fmt.Sprintf("%d.%d@contest.localhost", time.Now().UnixNano(), sent.n)
	sent.Unlock()
	raw, err := outbox.Compose(m)
	if err == nil {
		_, err = sender.Send(s.t.Context(), m.From.Address, []string{m.To.Address}, raw)
	}
	if err != nil {
		s.t.Error(err)
	}
}

// until waits for the session.
func (s *stage) until(what string, most time.Duration, is func(call.State) bool) call.State {
	s.t.Helper()
	begin := time.Now()
	for {
		c, err := s.desk.Call(s.t.Context(), callID)
		if err == nil && is(c) {
			s.t.Logf("%s after %v", what, time.Since(begin).Round(100*time.Millisecond))
			return c
		}
		if time.Since(begin) > most {
			s.t.Fatalf("%s: not within %v (%v): stage %s, %d candidates, %d sheets missing, concerns %v", what, most, err, c.Stage, len(c.Candidates), len(c.Missing("")), c.Concerns)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// hashed is a number that anybody can know and nobody chose.
func hashed(texts ...string) int64 {
	sum := sha256.Sum256([]byte(strings.Join(texts, "/")))
	return int64(sum[0])<<8 | int64(sum[1])
}

// member plays a member of the panel: it answers every dossier it is sent, each in its own way.
func (s *stage) member(ctx context.Context, m int) {
	name := fmt.Sprintf("jury%02d", m+1)
	id := fmt.Sprintf("jury-%02d", m+1)
	sender := s.sender(name)
	defer sender.Close()
	answered := map[string]bool{}
	// One connection each: six members who look anew every second meet what mox admits of connections, 300 a minute.
	_ = s.mailbox(name).Watch(ctx, func(_ context.Context, raw mailbox.Mail) (mailbox.Destination, error) { // it ends with ctx
		mail, err := message.Read(raw.Reader())
		if err != nil {
			return "", err
		}
		kind := mailName(mail)
		lazy := m == members-1 && kind == "dossier" // the last one waits for the reminder
		if answered[mail.MessageID] || lazy || kind != "dossier" && kind != "reminder" && (kind != "received" || !strings.Contains(mail.Subject, "à corriger")) {
			return "", nil
		}
		answered[mail.MessageID] = true
		s.post(sender, outbox.Mail{From: message.Address{Name: name, Address: name + "@localhost"}, To: mail.ReplyTo, Subject: "Re: " + mail.Subject, Date: time.Now(),
			Text:      "Bonjour,\n\n" + strings.Join(s.sheets(id, kind, mail), "\n\n") + "\n\nBien à vous\n\nLe " + mail.Date.Format("02/01/2006 à 15:04") + ", Aides <aides@localhost> a écrit :\n> " + strings.ReplaceAll(mail.Text, "\n", "\n> "),
			InReplyTo: mail.MessageID, References: append(mail.References, mail.MessageID)})
		return "", nil
	})
}

// sheets answers a mail that asks for scores: the first member declares a conflict of interest for the first candidate, the second makes a mistake.
func (s *stage) sheets(id, kind string, mail *message.Message) []string {
	var blocks []string
	for _, reference := range casefile.FindReferences(mail.Text) {
		s.mu.Lock()
		declares := id == "jury-01" && len(s.bar) == 0
		if declares {
			s.bar = append(s.bar, competition.Pair{Candidate: reference, Member: id})
		}
		s.mu.Unlock()
		if declares {
			blocks = append(blocks, "Je déclare un conflit d'intérêts pour le dossier "+reference)
			continue
		}
		blocks = append(blocks, s.sheet(id, reference, id == "jury-02" && kind == "dossier" && len(blocks) == 0))
	}
	return blocks
}

// sheet writes the scores of one candidate; with a mistake, one of them is off the scale.
func (s *stage) sheet(id, reference string, mistake bool) string {
	lines := []string{strings.ToLower(reference)}
	given := map[string]int64{}
	for i, k := range s.scheme.Call.Criteria {
		score := 5 + 3*(hashed(id, reference, k.ID)%5)
		given[k.ID] = score * 100
		if mistake && i == 0 {
			lines = append(lines, k.Label+" : 25")
			continue
		}
		lines = append(lines, fmt.Sprintf("%s : %d", k.Label, score))
	}
	s.mu.Lock()
	s.said[competition.Pair{Candidate: reference, Member: id}] = given
	s.mu.Unlock()
	return strings.Join(lines, "\n")
}

func mailName(m *message.Message) string {
	name, _, _ := strings.Cut(m.MessageID, "@")
	parts := strings.Split(name, ".")
	return parts[len(parts)-1]
}

func (s *stage) refusedWhileScoresAreMissing() {
	_, err := s.desk.ActOnCall(s.t.Context(), callID, call.CloseAct, call.Act{ID: "too-early", By: "agent-01"})
	if err == nil || !strings.Contains(err.Error(), "fiches de notation") {
		s.t.Errorf("closed while scores are missing: %v", err)
	}
}

// checkReading looks at who read whom, and at whether every score came through.
func (s *stage) checkReading(c call.State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	load, of := map[string]int{}, map[string]int{}
	for _, p := range c.Pairs {
		load[p.Member]++
		of[p.Candidate]++
		if slices.Contains(s.bar, p) {
			s.t.Errorf("%v is read in spite of a conflict", p)
		}
		for id, score := range s.said[p] {
			if c.Scores(p)[id] != score {
				s.t.Errorf("%v: %s is %d, given %d", p, id, c.Scores(p)[id], score)
			}
		}
		if len(s.said[p]) != len(s.scheme.Call.Criteria) {
			s.t.Errorf("%v was not scored by its member", p)
		}
	}
	if len(of) != candidates || len(s.bar) != 1 {
		s.t.Fatalf("%d candidates are read, with %d conflicts", len(of), len(s.bar))
	}
	for reference, n := range of {
		if n != s.scheme.Call.Readers {
			s.t.Errorf("%s has %d readers", reference, n)
		}
	}
	least, most := 1000, 0
	for _, n := range load {
		least, most = min(least, n), max(most, n)
	}
	if most-least > 2 { // one for the shares, one for the conflict
		s.t.Errorf("the members read from %d to %d", least, most)
	}
}

// ranked is a candidate in the test's own ranking.
type ranked struct {
	reference string
	mean      *big.Rat
	means     []*big.Rat
	completed time.Time
	lot       string
	asked     int64
	out       bool
	award     int64
}

// rank reckons the ranking and the awards anew, from what the members wrote, with fractions of the standard library.
func (s *stage) rank(c call.State) []ranked {
	s.mu.Lock()
	defer s.mu.Unlock()
	sheets := map[string][]map[string]int64{}
	for p, sheet := range s.said {
		if slices.Contains(c.Pairs, p) {
			sheets[p.Candidate] = append(sheets[p.Candidate], sheet)
		}
	}
	var list []ranked
	for reference, given := range sheets {
		state, err := s.desk.State(s.t.Context(), reference)
		if err != nil {
			s.t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(callID + " " + reference))
		r := ranked{reference: reference, completed: state.Completed.Truncate(time.Second), lot: hex.EncodeToString(sum[:]), asked: state.Verdict.Amount, mean: new(big.Rat)}
		weights := int64(0)
		for _, k := range s.scheme.Call.Criteria {
			mean := new(big.Rat)
			for _, sheet := range given {
				mean.Add(mean, big.NewRat(sheet[k.ID], int64(len(given))))
			}
			r.means = append(r.means, mean)
			r.mean.Add(r.mean, new(big.Rat).Mul(mean, big.NewRat(int64(k.Weight), 1)))
			weights += int64(k.Weight)
			r.out = r.out || mean.Cmp(big.NewRat(int64(k.Minimum), 1)) < 0
		}
		r.mean.Quo(r.mean, big.NewRat(weights, 1))
		r.out = r.out || r.mean.Cmp(big.NewRat(int64(s.scheme.Call.Threshold), 1)) < 0
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b ranked) int {
		if a.out != b.out {
			return map[bool]int{true: 1, false: -1}[a.out]
		}
		if order := b.mean.Cmp(a.mean); order != 0 {
			return order
		}
		for i := range a.means {
			if order := b.means[i].Cmp(a.means[i]); order != 0 {
				return order
			}
		}
		if order := a.completed.Compare(b.completed); order != 0 {
			return order
		}
		return strings.Compare(a.lot, b.lot)
	})
	left := int64(envelope)
	for i := range list {
		switch r := &list[i]; {
		case r.out:
		case r.asked <= left:
			r.award = r.asked
			left -= r.asked
		default:
			if left*2 >= r.asked { // at least half of it
				r.award = left
			}
			return list
		}
	}
	return list
}

func (s *stage) checkRanking(got []competition.Place, want []ranked) {
	if len(got) != len(want) {
		s.t.Fatalf("%d ranked, want %d", len(got), len(want))
	}
	ties, out := 0, 0
	for i, p := range got {
		w := want[i]
		if p.Reference != w.reference || new(big.Rat).SetFrac64(p.Mean.Num, p.Mean.Den).Cmp(w.mean) != 0 || (p.Rank == 0) != w.out {
			s.t.Errorf("place %d: %s with %v (%s), want %s with %v", i+1, p.Reference, p.Mean, p.Out, w.reference, w.mean.FloatString(3))
		}
		if p.Tie != nil {
			ties++
		}
		if w.out {
			out++
		}
	}
	s.t.Logf("%d ranked, %d eliminated, %d ties broken", len(got)-out, out, ties)
	if ties == 0 || out == 0 {
		s.t.Error("the scores make no tie or eliminate nobody: the test shows nothing of either")
	}
}

// rejectLate looks at the candidate who came too late, and rejects it.
func (s *stage) rejectLate(c call.State) {
	i := slices.IndexFunc(c.Candidates, func(c call.Candidate) bool { return c.Status == casefile.CandidateInadmissible })
	if i < 0 || len(c.Candidates) != candidates+1 || c.Candidates[i].Admitted {
		s.t.Fatalf("%d candidates, and the late one is not told apart", len(c.Candidates))
	}
	reference := c.Candidates[i].Reference
	state, err := s.desk.State(s.t.Context(), reference)
	if err != nil || !state.Candidacy.Late || !state.Candidacy.Dated || !slices.Contains(state.Concerns, casefile.ConcernLate) || !slices.Contains(state.Verdict.Failed, scheme.TooLate) {
		s.t.Errorf("the late candidate: %+v, %v, %v", state.Candidacy, state.Concerns, err)
	}
	if _, err := s.desk.Act(s.t.Context(), reference, casefile.Reject, casefile.Act{By: "agent-01", Grounds: []string{scheme.TooLate}}); err != nil {
		s.t.Error(err)
	}
}

// states waits until every candidate of the session has been told, and gives the cases.
func (s *stage) states(want []ranked) map[string]casefile.State {
	s.t.Helper()
	begin := time.Now()
	for {
		states := map[string]casefile.State{}
		open := 0
		for _, w := range want {
			state, err := s.desk.State(s.t.Context(), w.reference)
			if err != nil {
				s.t.Fatal(err)
			}
			states[w.reference] = state
			if told := state.Decision != nil && !state.Decision.Notified.IsZero() || state.Candidacy != nil && !state.Candidacy.Notified.IsZero(); !told {
				open++
			}
		}
		if open == 0 {
			s.t.Logf("%d candidates told after %v", len(want), time.Since(begin).Round(100*time.Millisecond))
			return states
		}
		if time.Since(begin) > 90*time.Second {
			s.t.Fatalf("%d candidates were not told", open)
		}
		time.Sleep(time.Second)
	}
}

// checkAwards compares the decisions with the test's own awards, the letters with each other, and the sum with the plan.
func (s *stage) checkAwards(done call.Done, want []ranked) {
	states := s.states(want)
	var sum int64
	var day time.Time
	awarded, reserve := 0, 0
	for _, w := range want {
		state := states[w.reference]
		o := state.Candidacy.Outcome
		if day.IsZero() {
			day = o.At
		}
		kind := casefile.OutcomeReserve
		switch {
		case w.award > 0:
			kind = casefile.OutcomeAward
			awarded++
			sum += w.award
		case w.out:
			kind = casefile.OutcomeReject
		default:
			reserve++
		}
		if o.Kind != kind || o.Cents != w.award || !o.At.Equal(day) || state.Decision != nil && (!state.Decision.At.Equal(day) || state.Decision.Amount != w.award) {
			s.t.Errorf("%s: %+v, decision %+v; want %s with %d cents on %v", w.reference, o, state.Decision, kind, w.award, day)
		}
	}
	if sum > envelope || done.Cents != sum || done.Awarded != awarded || done.Reserve != reserve || reserve == 0 {
		s.t.Errorf("%d awards of %d cents and %d in reserve, want %d of %d and %d", done.Awarded, done.Cents, done.Reserve, awarded, sum, reserve)
	}
	s.checkPlan(sum)
	names := map[string]int{}
	for end := time.Now().Add(60 * time.Second); names["grant"]+names["reserve"]+names["reject"] < candidates+1 && time.Now().Before(end); time.Sleep(time.Second) {
		clear(names)
		for _, m := range s.box(account) {
			names[mailName(m)]++
		}
	}
	if names["grant"] != awarded || names["reserve"] != reserve || names["grant"]+names["reserve"]+names["reject"] != candidates+1 || names["acknowledgement"] != candidates+1 {
		s.t.Errorf("the candidates received %v; %d awarded, %d in reserve", names, awarded, reserve)
	}
	s.t.Logf("%d awards of %d euros, %d in reserve; mails %v", awarded, sum/100, reserve, names)
}

// checkPlan compares with what `relance plan` shows, once the book has been written.
func (s *stage) checkPlan(sum int64) {
	s.t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		head, err := s.desk.Plan(s.t.Context(), "plan-relance")
		if f := head.Lines[line]; err == nil && f.Committed == sum && f.Reserved == 0 {
			return
		} else if time.Now().After(end) {
			s.t.Errorf("the plan has committed %d and reserved %d cents, want %d (%v)", f.Committed, f.Reserved, sum, err)
			return
		}
	}
}

// withdraw lets the first awarded candidate withdraw by mail: the money goes to the reserve list, in its order.
func (s *stage) withdraw(sender *outbox.Sender, want []ranked) {
	first := want[0]
	from := -1
	var answer *message.Message
	for _, m := range s.box(account) {
		if mailName(m) == "grant" && strings.Contains(m.Subject, first.reference) {
			answer = m
			_, _ = fmt.Sscanf(m.To[0].Address, account+"+c%d@localhost", &from)
		}
	}
	if answer == nil || from < 0 {
		s.t.Fatal("the first of the ranking has no decision in its mailbox")
	}
	s.post(sender, outbox.Mail{From: message.Address{Name: "Camille Durand", Address: address(from)}, To: answer.ReplyTo, Subject: "Re: " + answer.Subject, Date: time.Now(),
		Text: "Bonjour,\n\nNous renonçons à l'aide.\n\nCordialement", InReplyTo: answer.MessageID, References: append(answer.References, answer.MessageID)})
	left := int64(envelope) + first.award
	var sum int64
	var up []ranked
	for _, w := range want {
		left -= w.award
		sum += w.award
	}
	sum -= first.award
	for _, w := range want {
		if w.award > 0 || w.out {
			continue
		}
		award := w.asked
		if award > left {
			if award = left; left*2 < w.asked {
				break
			}
		}
		w.award = award
		left -= award
		sum += award
		up = append(up, w)
		if award < w.asked {
			break
		}
	}
	if len(up) == 0 {
		s.t.Fatal("nobody moves up: the test shows nothing")
	}
	s.until("the reserve list has moved up", 60*time.Second, func(c call.State) bool {
		return c.Candidate(up[len(up)-1].reference).Status == casefile.CandidateAwarded
	})
	for _, w := range up {
		if state, err := s.desk.State(s.t.Context(), w.reference); err != nil || state.Decision == nil || state.Decision.Amount != w.award {
			s.t.Errorf("%s moved up with %+v (%v), want %d cents", w.reference, state.Decision, err, w.award)
		}
	}
	if sum > envelope {
		s.t.Errorf("%d cents awarded of %d", sum, int64(envelope))
	}
	s.checkPlan(sum)
	s.t.Logf("%d moved up", len(up))
}

// keep looks at the folder of the session, and writes what a person may want to see (RELANCE_TEST_OUT).
func (s *stage) keep() {
	minutes, err := s.l.Engine.Archive.Get(s.t.Context(), call.Folder(callID)+"minutes.pdf")
	if err != nil || len(minutes) < 1000 {
		s.t.Errorf("minutes of %d bytes, %v", len(minutes), err)
	}
	folder := os.Getenv("RELANCE_TEST_OUT")
	if folder == "" {
		return
	}
	write := func(name string, content []byte) {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			s.t.Error(err)
		}
	}
	write("minutes.pdf", minutes)
	for _, name := range []string{"jury01", "jury02", account} {
		seen := map[string]bool{}
		for _, m := range s.box(name) {
			if kind := mailName(m); !seen[kind] {
				seen[kind] = true
				write(name+"-"+kind+".txt", []byte(m.Subject+"\n\n"+m.Text))
				for _, a := range m.Attachments[:min(1, len(m.Attachments))] {
					write(name+"-"+kind+".pdf", a.Content())
				}
			}
		}
	}
}
