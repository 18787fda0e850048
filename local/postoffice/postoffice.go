// Package postoffice is a quick mail server for measurements and for tests that kill it: it speaks real SMTP and IMAP on the loopback
// interface, delivers at once, and keeps its mail in memory, or in a journal too from which it opens again as it was. A careful server such as
// mox limits how many mails a minute it takes from one address, which is right for the internet and in the way of a benchmark.
package postoffice

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/mail"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Password opens every account.
const Password = "postoffice"

// Office is a running mail server.
type Office struct {
	IMAPAddress, SMTPAddress string // host:port, without TLS: reach no further than this machine

	accounts map[string]*imapmemserver.User
	imap     *imapserver.Server
	smtp     *smtp.Server
	serving  sync.WaitGroup

	troubled sync.Mutex
	troubles map[string]*trouble // by account

	turn    sync.Mutex // whoever changes something: the journal is in the order of the changes
	journal *journal   // nil: nothing is kept

	watching sync.Mutex
	news     chan struct{} // closed by the next change
}

// Config is what a mail server is opened with.
type Config struct {
	Accounts   []string // NAME is NAME@localhost, and NAME+anything@localhost
	Journal    string   // file in which all mail lasts; empty: it ends with the server
	IMAP, SMTP string   // host:port; empty: a free port
}

// Open starts a mail server in memory with accounts NAME@localhost.
func Open(accounts ...string) (*Office, error) { return OpenWith(Config{Accounts: accounts}) }

// OpenWith starts a mail server. One with a journal holds the mail, the folders and the UIDs that it held when it was killed: what it
// said yes to is there, and what it was told last may be, as with any server.
func OpenWith(c Config) (*Office, error) {
	o := &Office{accounts: map[string]*imapmemserver.User{}, troubles: map[string]*trouble{}, news: make(chan struct{})}
	for _, name := range c.Accounts {
		user := imapmemserver.NewUser(name+"@localhost", Password)
		if err := user.Create("INBOX", nil); err != nil {
			return nil, err
		}
		o.accounts[name] = user
	}
	if c.Journal != "" {
		var err error
		if o.journal, err = openJournal(c.Journal, o.again); err != nil {
			return nil, err
		}
	}
	quiet := log.New(io.Discard, "", 0)
	o.imap = imapserver.New(&imapserver.Options{InsecureAuth: true, Logger: quiet,
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return &client{office: o}, nil, nil
		},
		Caps: imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapIMAP4rev2: {}}})
	o.smtp = smtp.NewServer(backend{o})
	o.smtp.AllowInsecureAuth, o.smtp.Domain, o.smtp.ErrorLog = true, "localhost", quiet
	var err error
	if o.IMAPAddress, err = o.serve(c.IMAP, o.imap.Serve); err != nil {
		return nil, err
	}
	if o.SMTPAddress, err = o.serve(c.SMTP, o.smtp.Serve); err != nil {
		return nil, errors.Join(err, o.imap.Close())
	}
	return o, nil
}

// serve lets a server listen; no address is a free port.
func (o *Office) serve(at string, serve func(net.Listener) error) (address string, err error) {
	l, err := net.Listen("tcp", cmp.Or(at, "127.0.0.1:0"))
	if err != nil {
		return "", err
	}
	o.serving.Go(func() { _ = serve(l) }) // it ends with Close
	return l.Addr().String(), nil
}

// Close ends the server, and with it all mail that is in no journal.
func (o *Office) Close() error {
	err := errors.Join(o.imap.Close(), o.smtp.Close())
	o.serving.Wait()
	if o.journal != nil {
		err = errors.Join(err, o.journal.close())
	}
	return err
}

// deliver puts a mail into the inbox of an address; a plus detail stands in Delivered-To. As a real server does, it says whether
// the sender in the header is the one of the envelope (RFC 8601), under the name localhost. It takes that for a signature too: it makes none itself.
func (o *Office) deliver(from, address string, raw []byte) error {
	name, _, _ := strings.Cut(strings.ToLower(address), "@")
	name, _, _ = strings.Cut(name, "+")
	if _, ok := o.accounts[name]; !ok {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
	}
	result := "fail"
	if m, err := mail.ReadMessage(bytes.NewReader(raw)); err == nil {
		if author, err := mail.ParseAddress(m.Header.Get("From")); err == nil && domain(author.Address) == domain(from) {
			result = "pass"
		}
	}
	trace := fmt.Sprintf("Delivered-To: %s\r\nReturn-Path: <%s>\r\nAuthentication-Results: localhost; spf=%s smtp.mailfrom=%s; dkim=%[3]s header.d=%[4]s; dmarc=%[3]s\r\n", address, from, result, domain(from))
	if from == "" { // a machine's report has no sender
		trace = fmt.Sprintf("Delivered-To: %s\r\nReturn-Path: <>\r\nAuthentication-Results: localhost; spf=none; dkim=none; dmarc=none\r\n", address)
	}
	now := time.Now()
	if o.journal != nil { // each delivery is another, as with servers that say when (RFC 5321 §4.4)
		trace += fmt.Sprintf("Received: from client by localhost with ESMTPSA id %x; %s\r\n", now.UnixNano(), now.Format(time.RFC1123Z))
	}
	return o.change(change{Op: opAppend, Account: name, Mailbox: "INBOX", Time: now, Raw: append([]byte(trace), raw...)}, nil)
}

func domain(address string) string {
	return strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
}

// literal is a mail as the store wants it.
type literal struct{ *bytes.Reader }

// Size is in bytes.
func (l literal) Size() int64 { return int64(l.Len()) }

// backend makes SMTP sessions.
type backend struct{ office *Office }

func (b backend) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{office: b.office}, nil }

// session is one SMTP session.
type session struct {
	office  *Office
	account string // that has logged in; empty: nobody
	from    string
	to      []string
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		account, _, _ := strings.Cut(username, "@")
		if password != Password || s.office.refuses(account) {
			return smtp.ErrAuthFailed
		}
		s.account = account
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return s.office.putsOff(s.account)
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	for _, to := range s.to {
		if err == nil {
			err = s.office.deliver(s.from, to, raw)
		}
	}
	return err
}

func (s *session) Reset()        { s.to = nil }
func (s *session) Logout() error { return nil }
