package storm

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"relance/domain/casefile"
	"relance/domain/money"
	"relance/intake/reading"
	"relance/local/bench"
	"relance/mail/mailbox"
	"relance/mail/message"
	"relance/mail/outbox"
)

// kind is how an application goes. What follows from one mail is sent when that mail has come, so that the order in which a case sees things is
// the same whatever is killed.
type kind struct {
	name   string
	wanted []string       // the mails it is answered with, in order
	stage  casefile.Stage // in which it ends; empty: it belongs to no case
	grants bool           // its money is committed at the end
	on     map[string]step
}

// step is what an applicant or the officer does when a mail has come.
type step func(ctx context.Context, s *storm, i int, m *message.Message)

// kinds are the applications that come in, in turn. They are filled in by init, since the steps speak of them.
var kinds []kind

func init() {
	kinds = []kind{
		{name: "granted", wanted: signed("grant"), stage: casefile.Granted, grants: true, on: map[string]step{"charter": sign, "charter-signed": approve}},
		{name: "incomplete", wanted: signed("grant"), stage: casefile.Granted, grants: true, // documents are missing, and come when they are asked for
			on: map[string]step{"acknowledgement": complete, "charter": sign, "charter-signed": approve}},
		{name: "rejected", wanted: signed("reject"), stage: casefile.Rejected, on: map[string]step{"charter": sign, "charter-signed": reject}},
		{name: "twice", wanted: signed("grant"), stage: casefile.Granted, grants: true, // the same mail is delivered twice
			on: map[string]step{"charter": sign, "charter-signed": approve}},
		{name: "question"}, // that belongs to no case
		{name: "withdrawn", wanted: []string{"acknowledgement", "charter", "withdrawn"}, stage: casefile.Withdrawn, // by the applicant, before anything is decided
			on: map[string]step{"charter": write("Bonjour,\n\nJe retire ma demande.")}},
		{name: "asking", wanted: signed("state", "noted", "message", "grant"), stage: casefile.Granted, grants: true, // what the case answers by itself, and what an officer does
			on: map[string]step{"charter": sign, "charter-signed": write("Bonjour,\n\nQuand la décision sera-t-elle prise ?"),
				"state": write("Bonjour,\n\nPuis-je changer d'enseigne pendant l'instruction ?"), "noted": answer, "message": approve}},
		{name: "bounced", wanted: signed("grant"), stage: casefile.Granted, grants: true, // the decision comes back, and an officer notifies it by registered letter
			on: map[string]step{"charter": sign, "charter-signed": approve, "grant": bounce}},
		{name: "again", wanted: signed("noted", "grant"), stage: casefile.Granted, grants: true, // the application is sent a second time, as another mail
			on: map[string]step{"acknowledgement": applyAgain, "charter": keep, "noted": signKept, "charter-signed": approve}},
		{name: "late", wanted: signed("grant", "noted"), stage: casefile.Granted, grants: true, // a reply after the decision
			on: map[string]step{"charter": sign, "charter-signed": approve, "grant": write("Bonjour,\n\nMerci, bien reçu.")}},
		{name: "renounced", wanted: signed("grant", "withdrawn"), stage: casefile.Withdrawn, // after the grant: its money goes back
			on: map[string]step{"charter": sign, "charter-signed": approve, "grant": write("Bonjour,\n\nJe renonce à l'aide.")}},
	}
}

// signed are the mails of an application whose charter is signed, with those that follow.
func signed(more ...string) []string {
	return append([]string{"acknowledgement", "charter", "charter-signed"}, more...)
}

func kindOf(i int) kind { return kinds[i%len(kinds)] }

// of counts the applications of some kinds.
func of(meant func(kind) bool) (n int) {
	for i := range *cases {
		if meant(kindOf(i)) {
			n++
		}
	}
	return n
}

func isCase(k kind) bool { return k.stage != "" }

// rent is what each firm pays a month, in cents: three of them are granted. No two are the same, so that one grant cannot pass for another.
func rent(i int) int64 { return 30000 + int64(i) }

func address(i int) message.Address {
	// mox localserve fails with the last three digits of an address, where they are an error.
	return message.Address{Name: "Banc", Address: fmt.Sprintf("%s+%d.a@localhost", account, i)}
}

// application is the first mail of an applicant.
func (s *storm) application(i int) outbox.Mail {
	m := outbox.Mail{From: address(i), To: message.Address{Address: s.local.Engine.Addresses().Scheme("rebond")}, Subject: "Demande",
		Text: bench.Application(i, money.Cents(rent(i)).Format()), MessageID: fmt.Sprintf("%d.%d@banc.localhost", *seed, i), Attachments: bench.Own(s.papers, i)}
	switch kindOf(i).name {
	case "incomplete":
		m.Attachments = m.Attachments[:2]
	case "question":
		m.To.Address, m.Subject, m.Text, m.Attachments = s.local.Engine.Config.Mail.Address, "Question", "Bonjour, quels sont vos horaires ?", nil
	}
	return m
}

// applyAll sends the applications, one after another.
func (s *storm) applyAll(ctx context.Context, every time.Duration) {
	for i := range *cases {
		copies := 1
		if kindOf(i).name == "twice" {
			copies = 2
		}
		s.post(ctx, s.application(i), copies)
		time.Sleep(every)
	}
}

// post hands a mail over, so many times, and again until somebody has taken it, as a person's mail program does: where an answer is lost, that is
// one delivery more. A mail is written once: one that is posted again is the same.
func (s *storm) post(ctx context.Context, m outbox.Mail, copies int) {
	s.mu.Lock()
	before := s.written
	if m.InReplyTo == "" {
		before = s.sent
	}
	raw, written := before[m.MessageID]
	if !written {
		m.Date = s.date
		var err error
		if raw, err = outbox.Compose(m); err != nil {
			s.Error(err)
		}
		before[m.MessageID] = raw
	}
	s.mu.Unlock()
	s.deliver(ctx, account+"@localhost", m.To.Address, raw, copies)
}

func (s *storm) deliver(ctx context.Context, from, to string, raw []byte, copies int) {
	for copies > 0 && ctx.Err() == nil {
		if _, err := s.sender.Send(ctx, from, []string{to}, raw); err != nil {
			time.Sleep(500 * time.Millisecond)
			continue
		}
		copies--
	}
}

// read notes what has come for an applicant, and lets follow what follows from it.
func (s *storm) read(ctx context.Context, raw mailbox.Mail) (mailbox.Destination, error) {
	m, err := message.Read(raw.Reader())
	if err != nil {
		return "", err
	}
	var i int
	if _, err := fmt.Sscanf(m.To[0].Address, account+"+%d.a@", &i); err != nil {
		return "Lus", nil
	}
	name := mailName(m.MessageID)
	s.mu.Lock()
	if s.got[i] == nil {
		s.got[i], s.refs[i] = map[string]map[string]bool{}, map[string]bool{}
	}
	if s.got[i][name] == nil {
		s.got[i][name] = map[string]bool{}
	}
	known := s.once && s.got[i][name][m.MessageID]
	s.got[i][name][m.MessageID] = true
	if reference := casefile.FindReference(m.Subject); reference != "" { // a question to a mailbox names none
		s.refs[i][reference] = true
	}
	s.mu.Unlock()
	if known {
		s.Logf("application %d (%s) got %s again", i, kindOf(i).name, m.MessageID)
	}
	if next := kindOf(i).on[name]; next != nil && !known {
		next(ctx, s, i, m)
	}
	return "Lus", ctx.Err()
}

// mailName is the name of a mail of the engine's, of reference.number.name@domain.
func mailName(messageID string) string {
	local, _, _ := strings.Cut(messageID, "@")
	return local[strings.LastIndexByte(local, '.')+1:]
}

// reply is an answer to a mail, under a Message-ID that follows from it.
func reply(i int, m *message.Message, text string, papers ...outbox.Attachment) outbox.Mail {
	return outbox.Mail{From: address(i), To: m.ReplyTo, Subject: "Re: " + m.Subject, Text: text, Attachments: papers, MessageID: "re." + m.MessageID,
		InReplyTo: m.MessageID, References: append(m.References, m.MessageID)}
}

func write(text string) step {
	return func(ctx context.Context, s *storm, i int, m *message.Message) { s.post(ctx, reply(i, m, text), 1) }
}

func sign(ctx context.Context, s *storm, i int, m *message.Message) {
	s.post(ctx, reply(i, m, reading.PhraseIn(m.Text)), 1)
}

func complete(ctx context.Context, s *storm, i int, m *message.Message) {
	s.post(ctx, reply(i, m, "Bonjour,\n\nVoici les pièces qui manquaient.", bench.Own(s.papers, i)[2:]...), 1)
}

func applyAgain(ctx context.Context, s *storm, i int, _ *message.Message) {
	m := s.application(i)
	m.MessageID = "encore." + m.MessageID
	s.post(ctx, m, 1)
}

// keep keeps a charter, to be signed when the second application has been answered.
func keep(_ context.Context, s *storm, i int, m *message.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.charters[i] = m
}

func signKept(ctx context.Context, s *storm, i int, _ *message.Message) {
	s.mu.Lock()
	m := s.charters[i]
	s.mu.Unlock()
	if m == nil {
		s.Errorf("application %d was answered before its charter came", i)
		return
	}
	sign(ctx, s, i, m)
}

// bounce is the delivery status notification of the applicant's mail server (RFC 3464): its address is no longer there.
func bounce(ctx context.Context, s *storm, i int, m *message.Message) {
	const form = "From: MAILER-DAEMON@localhost\r\nTo: %[1]s\r\nDate: %[2]s\r\nSubject: Undelivered Mail Returned to Sender\r\nMessage-ID: <dsn.%[3]s>\r\nAuto-Submitted: auto-replied\r\n" +
		"MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=B\r\n\r\n" +
		"--B\r\nContent-Type: text/plain\r\n\r\nUser unknown.\r\n" +
		"--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns;localhost\r\n\r\nFinal-Recipient: rfc822;%[4]s\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n" +
		"--B\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <%[3]s>\r\n\r\n--B--\r\n"
	to := s.local.Engine.Config.Mail.Address
	raw := fmt.Sprintf(form, to, s.date.Format(time.RFC1123Z), m.MessageID, address(i).Address)
	s.deliver(ctx, "", to, []byte(raw), 1)
	go s.act(ctx, i, casefile.FindReference(m.Subject), casefile.NotifyAct, func(state casefile.State) (casefile.Act, bool) {
		return casefile.Act{Way: casefile.WayRegistered, Date: time.Now(), Proof: "1A 000 000 0000 1"}, slices.Contains(state.Concerns, casefile.ConcernUndelivered)
	})
}

// The officer decides once the charter is signed, and answers.
func approve(ctx context.Context, s *storm, i int, m *message.Message) {
	go s.act(ctx, i, casefile.FindReference(m.Subject), casefile.Approve, func(state casefile.State) (casefile.Act, bool) {
		return casefile.Act{Known: state.Mark()}, state.Stage == casefile.UnderReview
	})
}

func reject(ctx context.Context, s *storm, i int, m *message.Message) {
	go s.act(ctx, i, casefile.FindReference(m.Subject), casefile.Reject, func(casefile.State) (casefile.Act, bool) {
		return casefile.Act{Grounds: []string{"effectif"}}, true
	})
}

func answer(ctx context.Context, s *storm, i int, m *message.Message) {
	go s.act(ctx, i, casefile.FindReference(m.Subject), casefile.Message, func(casefile.State) (casefile.Act, bool) {
		return casefile.Act{Text: "Votre dossier est complet ; la décision sera prise cette semaine."}, true
	})
}

// act is an action of the officer, once the case is ready for it. It is tried again until it is answered, under one key.
func (s *storm) act(ctx context.Context, i int, reference string, what casefile.ActKind, how func(casefile.State) (casefile.Act, bool)) {
	var a casefile.Act
	ready := false
	try := func() error {
		ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		if !ready && how != nil { // once it was ready, what has become of it may be the action itself, whose answer was lost
			state, err := s.desk.State(ctx, reference)
			if err != nil {
				return err
			}
			if a, ready = how(state); !ready {
				return fmt.Errorf("%s is not ready for %s", reference, what)
			}
		}
		a.By, a.ID = "agent-01", "storm-"+string(what)
		_, err := s.desk.Act(ctx, reference, what, a)
		return err
	}
	for ; ctx.Err() == nil; time.Sleep(500 * time.Millisecond) {
		err := try()
		s.mu.Lock()
		if s.told[i] = err; err == nil {
			s.acted[i]++
		}
		s.mu.Unlock()
		if err == nil {
			return
		}
	}
}

// answered tells whether an application has got its last mail, and the officer has done what follows.
func (s *storm) answered(i int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := kindOf(i)
	for _, name := range k.wanted {
		if len(s.got[i][name]) == 0 {
			return false
		}
	}
	return k.name != "bounced" || s.acted[i] >= 2
}

// far is how far all of them are, from 0 to 1: the mails that have come, of those that will.
func (s *storm) far() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	came, all := 0, 0
	for i := range *cases {
		all += len(kindOf(i).wanted)
		came += len(s.got[i])
	}
	return float64(came) / float64(max(all, 1))
}

// applicant tells what an applicant has got, for a person.
func (s *storm) applicant(i int) string {
	return fmt.Sprintf("application %d (%s) of %v has got %v; the officer was told: %v", i, kindOf(i).name, slices.Collect(maps.Keys(s.refs[i])), slices.Sorted(maps.Keys(s.got[i])), s.told[i])
}
