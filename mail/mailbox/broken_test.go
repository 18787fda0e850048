package mailbox_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"relance/local/devstack"
	"relance/mail/mailbox"
)

// faulty is a server whose second message is given in a way that the protocol does not allow.
type faulty struct {
	fault string
	mu    sync.Mutex
	box   map[int]string
}

func (f *faulty) uids() []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	var uids []int
	for uid := range f.box {
		uids = append(uids, uid)
	}
	slices.Sort(uids)
	return uids
}

// serve answers one connection as far as the mailbox asks.
func (f *faulty) serve(c net.Conn) { f.talk(c, true) }

// serveBehind goes on behind STARTTLS, without a greeting.
func (f *faulty) serveBehind(c net.Conn) { f.talk(c, false) }

func (f *faulty) talk(c net.Conn, greets bool) {
	defer c.Close()
	say := func(format string, args ...any) {
		line := fmt.Sprintf(format, args...)
		if f.fault == "spaces and NUL" {
			line = strings.ReplaceAll(line, " ", " \x00 ") + " "
		}
		fmt.Fprint(c, line+"\r\n")
	}
	if greets {
		say("* OK [CAPABILITY IMAP4rev1 UIDPLUS MOVE LITERAL+] ready")
	}
	lines := bufio.NewScanner(c)
	for lines.Scan() {
		tag, command, _ := strings.Cut(lines.Text(), " ")
		words := strings.Fields(strings.ToUpper(command))
		switch {
		case words[0] == "CAPABILITY":
			say("* CAPABILITY IMAP4rev1 UIDPLUS MOVE LITERAL+")
		case words[0] == "LIST":
			name := strings.Trim(command[strings.LastIndex(command, " ")+1:], `"`)
			if name == "" {
				name = "INBOX"
			}
			say(`* LIST (\HasNoChildren) "/" %s`, name)
		case words[0] == "SELECT":
			say("* %d EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 9] ok", len(f.uids()))
		case strings.HasPrefix(strings.ToUpper(command), "UID SEARCH"):
			say("* SEARCH %s", strings.Trim(fmt.Sprint(f.uids()), "[]"))
		case strings.HasPrefix(strings.ToUpper(command), "UID FETCH"):
			for i, uid := range f.uids() {
				if named(words[2], uid) && !f.give(c, i+1, uid, strings.ToUpper(command)) {
					return
				}
			}
		case strings.HasPrefix(strings.ToUpper(command), "UID MOVE"):
			for i, uid := range slices.Backward(f.uids()) {
				if named(words[2], uid) {
					f.mu.Lock()
					delete(f.box, uid)
					f.mu.Unlock()
					say("* %d EXPUNGE", i+1)
				}
			}
		}
		say("%s OK done", tag)
	}
}

// named tells whether a set of UIDs has one.
func named(set string, uid int) bool {
	for _, part := range strings.Split(set, ",") {
		from, to, _ := strings.Cut(part, ":")
		first, _ := strconv.Atoi(from)
		last := first
		if to != "" {
			last, _ = strconv.Atoi(to)
		}
		if first <= uid && uid <= last {
			return true
		}
	}
	return false
}

// give answers for one message; it is false where the server ends the connection.
func (f *faulty) give(c net.Conn, number, uid int, command string) bool {
	f.mu.Lock()
	raw := f.box[uid]
	f.mu.Unlock()
	fault := ""
	if uid == 2 {
		fault = f.fault
	}
	items := fmt.Sprintf("UID %d", uid)
	if strings.Contains(command, "RFC822.SIZE") {
		items += fmt.Sprintf(" RFC822.SIZE %d", len(raw))
	}
	if strings.Contains(command, "INTERNALDATE") {
		date := map[string]string{"day zero": `"00-Jan-0000 00:00:00 +0000"`, "no date": "NIL", "one digit": `"1-Dec-2026 10:00:00 +0100"`, "a date in words": `"Tuesday last"`, "an open date": `"01-Dec`}[fault]
		if date == "" {
			date = `"01-Dec-2026 10:00:00 +0100"`
		}
		items += " INTERNALDATE " + date
	}
	section := func(name, content string) string {
		if f.fault == "a space" || f.fault == "spaces and NUL" {
			return fmt.Sprintf(" %s {%d}\r\n%s ", name, len(content), content)
		}
		return fmt.Sprintf(" %s {%d}\r\n%s", name, len(content), content)
	}
	head, text, _ := strings.Cut(raw, "\r\n\r\n")
	switch {
	case !strings.Contains(command, "BODY"):
		if f.fault == "a space" || f.fault == "spaces and NUL" {
			items += " "
		}
	case fault == "it hangs up":
		return false
	case fault == "nonsense":
		items += " BODY[] (what"
	case fault == "empty":
		items += ` BODY[] ""`
	case fault == "nothing at all", fault == "nothing for long", fault == "nothing whole" && strings.Contains(command, "BODY.PEEK[]"):
		items += " BODY[] NIL"
	case strings.Contains(command, "[HEADER]"):
		items += section("BODY[HEADER]", head+"\r\n\r\n")
	case strings.Contains(command, "[TEXT]"):
		items += section("BODY[TEXT]", text)
	default:
		items += section("BODY[]", raw)
	}
	if f.fault == "spaces and NUL" {
		items = " \x00" + items
	}
	fmt.Fprintf(c, "* %d FETCH (%s)\r\n", number, items)
	return true
}

// stuck is told what the server cannot give.
type stuck struct {
	mu   sync.Mutex
	uids []uint32
}

func (*stuck) Contact(int) {}
func (*stuck) Lost(error)  {}
func (*stuck) Kept(error)  {}
func (s *stuck) Stuck(uids []uint32, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.uids = uids
}

func (s *stuck) named() []uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.uids
}

// TestOneMessageHoldsUpNoOther: whatever a server does with one message, those behind it are read, it is read too where its bytes can be had,
// and else it is put off and named.
func TestOneMessageHoldsUpNoOther(t *testing.T) {
	for fault, read := range map[string]bool{"": true, "day zero": true, "no date": true, "one digit": true, "a date in words": true, "an open date": true, "a space": true, "spaces and NUL": true, "empty": true, "nothing for long": true,
		"nothing whole": true, "nothing at all": false, "nonsense": false, "it hangs up": false} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			f := &faulty{fault: fault, box: map[int]string{}}
			for uid := 1; uid <= 3; uid++ {
				f.box[uid] = string(raw(fmt.Sprintf("m%d", uid)))
			}
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			must(t, err)
			defer listener.Close()
			go func() {
				for {
					c, err := listener.Accept()
					if err != nil {
						return
					}
					go f.serve(c)
				}
			}()
			var log devstack.Record
			told := &stuck{}
			config := mailbox.Config{Address: listener.Addr().String(), Username: "a", Password: "b", TLS: mailbox.Plain, Tick: 100 * time.Millisecond, Patience: 5 * time.Second, Observer: told}
			if fault == "nothing for long" {
				config.Without = 2 * time.Second
			}
			logTo(&log)(&config)
			b, err := mailbox.New(config)
			must(t, err)
			var got seen
			early := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
			watch(t, b, func(_ context.Context, m mailbox.Mail) (mailbox.Destination, error) {
				whole, err := m.Bytes()
				if fault == "nothing for long" && strings.Contains(string(whole), "UID=2") && len(told.named()) == 1 || fault == "empty" && m.Size == 0 {
					got.add("m2")
					return "Done", err
				}
				if err != nil || string(whole) != string(raw(subject(m))) || m.Received.Before(early) && m.Received.Year() < 2020 {
					got.add(fmt.Sprintf("broken %v %q", m.Received, whole))
				}
				got.add(subject(m))
				return "Done", nil
			})
			want := []string{"m1", "m3"}
			if read {
				want = []string{"m1", "m2", "m3"}
			}
			defer func() {
				if t.Failed() {
					t.Log(got.all(), told.named(), log.String())
				}
			}()
			eventually(t, fault, 60*time.Second, func() bool {
				all := got.all()
				slices.Sort(all)
				return slices.Equal(all, want) && (read || slices.Equal(told.named(), []uint32{2}) && strings.Contains(log.String(), "uid=2"))
			})
		})
	}
}

// TestSTARTTLSWithASloppyServer: what a server writes out of the grammar before TLS begins is passed over, and what somebody on the way could have
// written is not taken.
func TestSTARTTLSWithASloppyServer(t *testing.T) {
	secure := httptest.NewUnstartedServer(nil)
	secure.StartTLS()
	defer secure.Close()
	roots := x509.NewCertPool()
	roots.AddCert(secure.Certificate())
	for name, c := range map[string]struct{ greeting, answer, refused string }{
		"clean":                    {"* OK ready\r\n", "%s OK go\r\n", ""},
		"spaces and NUL":           {"*  OK \x00 ready \r\n", "* CAPABILITY  IMAP4rev1 \r\n%s  OK \r\n", ""},
		"no word behind":           {"* OK\r\n", "%s OK\r\n", ""},
		"a code with a space":      {"* OK [CAPABILITY IMAP4rev1 STARTTLS ] \r\n", "%s OK [X ] go\r\n", ""},
		"it refuses":               {"* OK ready\r\n", "%s NO not here\r\n", "STARTTLS is refused"},
		"it is logged in already":  {"* PREAUTH ready\r\n", "%s OK go\r\n", "greets with"},
		"it is full":               {"* BYE too many connections\r\n", "%s OK go\r\n", "too many connections"},
		"somebody speaks for it":   {"* OK ready\r\n", "%s OK go\r\n* CAPABILITY IMAP4rev1\r\n", "in plain text"},
		"another protocol answers": {"SSH-2.0-OpenSSH\r\n", "%s OK go\r\n", "SSH-2.0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			must(t, err)
			defer listener.Close()
			f := &faulty{fault: "spaces and NUL", box: map[int]string{1: string(raw("m1"))}}
			go func() {
				for {
					plain, err := listener.Accept()
					if err != nil {
						return
					}
					go func() {
						fmt.Fprint(plain, c.greeting)
						line, err := bufio.NewReader(plain).ReadString('\n')
						tag, command, _ := strings.Cut(strings.TrimSpace(line), " ")
						if err != nil || command != "STARTTLS" {
							_ = plain.Close()
							return
						}
						fmt.Fprintf(plain, c.answer, tag)
						f.serveBehind(tls.Server(plain, &tls.Config{Certificates: secure.TLS.Certificates}))
					}()
				}
			}()
			b, err := mailbox.New(mailbox.Config{Address: listener.Addr().String(), Username: "a", Password: "b", TLS: mailbox.STARTTLS, RootCAs: roots, Patience: 5 * time.Second})
			must(t, err)
			list, err := b.List(t.Context(), "INBOX")
			switch {
			case c.refused != "":
				if err == nil || !strings.Contains(err.Error(), c.refused) {
					t.Errorf("the connection gave %v, and not an error with %q", err, c.refused)
				}
			case err != nil || len(list) != 1 || subject(list[0]) != "m1":
				t.Errorf("%d messages, %v", len(list), err)
			}
		})
	}
}
