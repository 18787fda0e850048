package activities

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"path"
	"reflect"
	"strings"
	"testing"
	"time"

	"relance/contract"
	"relance/domain/casefile"
	"relance/domain/chain"
	"relance/mail/auth"
	"relance/mail/message"
	"relance/store/archive"
	"relance/store/index"
)

// incoming puts a mail into a case's folder.
func incoming(t *testing.T, a *Activities, s casefile.State, raw string) casefile.Mail {
	t.Helper()
	sum := sha256.Sum256([]byte(raw))
	ref := casefile.Ref{SHA256: hex.EncodeToString(sum[:])}
	ref.Key = s.Folder() + "mail/in/" + ref.SHA256 + ".eml"
	if _, err := a.Archive.PutOnce(t.Context(), ref.Key, []byte(raw), "message/rfc822"); err != nil {
		t.Fatal(err)
	}
	return casefile.Mail{Ref: ref, Identity: message.Identity([]byte(raw)), Received: s.Received}
}

// thanks is a mail that our server finds proven, and unseen the same before any server has looked at it.
const (
	thanks = "Authentication-Results: mx.localhost; spf=pass smtp.mailfrom=x.example; dkim=pass header.d=x.example; " +
		"dmarc=pass header.from=x.example\r\n" + unseen
	unseen = "From: Zoé <zoe@x.example>\r\nTo: aides@localhost\r\nSubject: Merci\r\nMessage-ID: <2@x.example>\r\nReferences: <1@x.example>\r\n" +
		"Date: Tue, 15 Sep 2020 12:00:00 +0200\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nMerci beaucoup.\r\n"
)

func TestAMailIsReadOnceForOneStateOfItsCase(t *testing.T) {
	a, c, _ := sending(t, false)
	s := c.State
	mail := incoming(t, a, s, thanks)
	read := func(s casefile.State, at time.Time) casefile.Reading {
		t.Helper()
		r, err := a.ReceiveMail(t.Context(), contract.Receipt{State: s, Mail: mail, At: at})
		if err != nil {
			t.Fatal(err)
		}
		text, err := a.Archive.Get(t.Context(), r.Kept.Key)
		if err != nil || hash(text) != r.Kept.SHA256 {
			t.Fatalf("%s is not what the reading says, %v", r.Kept.Key, err)
		}
		return r
	}
	first := read(s, s.Received)
	if first.From != casefile.FromApplicant || first.Kept != first.Proof || first.Proof.Key != mail.Key+".proof.json" {
		t.Fatalf("%+v", first)
	}
	text, err := a.Archive.Get(t.Context(), first.Proof.Key)
	var proof auth.Proof
	if err == nil {
		err = json.Unmarshal(text, &proof)
	}
	if err != nil || proof.Mail != mail.SHA256 || proof.Verdict != auth.Proven || proof.At.IsZero() {
		t.Errorf("%v: %s", err, text)
	}
	if again := read(s, s.Received.AddDate(1, 0, 0)); !reflect.DeepEqual(again, first) {
		t.Errorf("the same state of the case reads the same mail otherwise:\n%+v\n%+v", first, again)
	}
	s.Chain = chain.Tip{Length: 5, Head: strings.Repeat("a", 64)} // an officer admits the mail, say
	later := read(s, s.Received.AddDate(0, 0, 1))
	if later.Proof != first.Proof || path.Dir(later.Kept.Key) != s.Folder()+"readings" || later.At.Equal(first.At) {
		t.Errorf("%+v", later)
	}
	if again := read(s, s.Received.AddDate(1, 0, 0)); !reflect.DeepEqual(again, later) {
		t.Errorf("the same state of the case reads the same mail otherwise:\n%+v\n%+v", later, again)
	}
	// An archive from before readings were kept beside the mail, or a mail that another path of the program proved.
	other := incoming(t, a, s, strings.ReplaceAll(thanks, "<2@", "<3@"))
	if _, err := a.Archive.PutOnce(t.Context(), other.Key+".proof.json", []byte(`{"mail": "`+other.SHA256+`", "verdict": "unknown"}`), "application/json"); err != nil {
		t.Fatal(err)
	}
	mail = other
	if older := read(s, s.Received); path.Dir(older.Kept.Key) != s.Folder()+"readings" || older.Proof.SHA256 == "" {
		t.Errorf("%+v", older)
	}
}

// listing counts how often the index is asked.
type listing struct {
	Archive
	asked int
}

func (l *listing) Names(ctx context.Context, prefix string) ([]string, error) {
	if strings.HasPrefix(prefix, "index/") {
		l.asked++
	}
	return l.Archive.Names(ctx, prefix)
}

// A mail that brings nothing leaves the facts as they are, and is answered all the same.
func TestAMailThatBringsNothingIsAnsweredInItsThread(t *testing.T) {
	a, c, _ := sending(t, false)
	r, out := relayOf(t, 0)
	a.Outbox = out
	answer := func(to string) {
		t.Helper()
		c.Pieces[0].Seq++
		if _, err := a.Correspond(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		m, err := message.Parse(r.mails[len(r.mails)-1])
		if err != nil || m.InReplyTo != to {
			t.Errorf("it answers %q and not %q, %v", m.InReplyTo, to, err)
		}
	}
	take := func(raw string) casefile.Reading {
		t.Helper()
		mail := incoming(t, a, c.State, raw)
		reading, err := a.ReceiveMail(t.Context(), contract.Receipt{State: c.State, Mail: mail, At: c.At})
		if err != nil {
			t.Fatal(err)
		}
		c.State.TakeIn(mail, reading, c.At)
		return reading
	}
	index := &listing{Archive: a.Archive}
	a.Archive = index
	take(strings.ReplaceAll(thanks, "Merci beaucoup.", "SIRET : 552 100 554 00021\r\n"))
	if index.asked == 0 || c.State.Kin.SIREN == "" {
		t.Fatalf("the index was not asked for the firm's other cases: %+v", c.State.Kin)
	}
	index.asked = 0
	facts, verdict, kin := c.State.Facts, c.State.Verdict, c.State.Kin
	second := take(strings.ReplaceAll(thanks, "<2@", "<4@"))
	if second.Facts != facts || c.State.Facts != facts || second.Heard.Key == "" || c.State.Heard != second.Heard {
		t.Fatalf("facts %v, before %v; heard %v", second.Facts, facts, c.State.Heard)
	}
	if index.asked != 0 || !reflect.DeepEqual(c.State.Verdict, verdict) || c.State.Kin != kin {
		t.Errorf("the rules were applied to nothing new, %d questions: %+v", index.asked, c.State.Verdict)
	}
	answer("4@x.example")
	stranger := take(strings.ReplaceAll(strings.ReplaceAll(thanks, "<2@", "<5@"), "zoe@x", "eve@y"))
	if stranger.From != casefile.FromStranger || c.State.Heard != second.Heard {
		t.Errorf("a stranger: %+v", stranger)
	}
	answer("4@x.example")
	told := take(strings.ReplaceAll(strings.ReplaceAll(thanks, "<2@", "<6@"), "Merci beaucoup.", "Effectif : 3\r\n"))
	if told.Facts == facts || c.State.Heard.Key != "" {
		t.Errorf("a mail that brings facts: %+v", told)
	}
	if index.asked == 0 {
		t.Error("the rules were not applied to what is new")
	}
	answer("6@x.example")
}

// What a case is for the firm's others is found by SIREN and by IBAN, and told under one of them.
func TestTheFirmsOtherCasesAreFoundByEitherKey(t *testing.T) {
	a, c, _ := sending(t, false)
	at := c.At
	of := func(reference, siren, iban string) casefile.State {
		return casefile.State{Reference: reference, Scheme: "fonds-rebond", Received: at, Kin: casefile.Kin{SIREN: siren, IBAN: iban}}
	}
	tell := func(s *casefile.State) {
		t.Helper()
		kin, err := a.noteKin(t.Context(), *s)
		if err != nil || kin.Noted == "" {
			t.Fatal(kin, err)
		}
		s.Kin = kin
	}
	see := func(s casefile.State, want string) {
		t.Helper()
		list, _, err := a.others(t.Context(), s, s.Kin, at)
		text, _ := json.Marshal(list)
		var got []string
		for _, o := range list {
			word := map[bool]string{true: "granted", false: "not granted"}[o.Granted]
			got = append(got, word+map[bool]string{true: " open"}[o.Open]+map[bool]string{true: " siren"}[o.SameSIREN]+map[bool]string{true: " iban"}[o.SameIBAN])
		}
		if err != nil || strings.Join(got, ", ") != want {
			t.Errorf("%q and not %q: %s %v", strings.Join(got, ", "), want, text, err)
		}
	}
	versions := func(key, reference string) int {
		n := 0
		for _, err := range a.Archive.(*archive.Store).Earlier(t.Context(), index.Path(key, reference)) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		return n
	}
	one, two, three := of("RBD-00000-00001", "siren-a", "iban-x"), of("RBD-00000-00002", "siren-b", "iban-x"), of("RBD-00000-00003", "siren-a", "iban-x")
	see(two, "")
	tell(&one)
	see(two, "not granted open iban")
	see(three, "not granted open siren iban")
	once := versions("iban-x", one.Reference)
	one.Decision = &casefile.Decision{Grant: true, Amount: 150_000, At: at}
	tell(&one)
	see(two, "granted iban")
	see(three, "granted siren iban")
	if versions("iban-x", one.Reference) != once {
		t.Error("the grant was told under both keys")
	}
	if err := a.forget(t.Context(), "siren-a", one.Reference); err != nil { // it was another firm's
		t.Fatal(err)
	}
	one.Kin.SIREN = "siren-c"
	tell(&one)
	see(two, "granted iban")
	see(three, "granted iban")
	alone := of("RBD-00000-00004", "", "iban-y")
	tell(&alone)
	see(of("RBD-00000-00005", "siren-d", "iban-y"), "not granted open iban")
	alone.Kin.SIREN = "siren-d"
	tell(&alone)
	see(of("RBD-00000-00005", "siren-d", "iban-y"), "not granted open siren iban")
}
