// Package postoffice is a mail server in memory for measurements: it speaks real SMTP and IMAP on the loopback interface, delivers at
// once, and keeps nothing. A careful server such as mox limits how many mails a minute it takes from one address, which
// is right for the internet and in the way of a benchmark.
package postoffice

import (
	"bytes"
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
}

// Open starts a mail server with accounts NAME@localhost.
func Open(accounts ...string) (*Office, error) {
	o := &Office{accounts: map[string]*imapmemserver.User{}}
	memory := imapmemserver.New()
	for _, name := range accounts {
		user := imapmemserver.NewUser(name+"@localhost", Password)
		if err := user.Create("INBOX", nil); err != nil {
			return nil, err
		}
		memory.AddUser(user)
		o.accounts[name] = user
	}
	quiet := log.New(io.Discard, "", 0)
	o.imap = imapserver.New(&imapserver.Options{InsecureAuth: true, Logger: quiet,
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return memory.NewSession(), nil, nil
		},
		Caps: imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapIMAP4rev2: {}}})
	o.smtp = smtp.NewServer(backend{o})
	o.smtp.AllowInsecureAuth, o.smtp.Domain, o.smtp.ErrorLog = true, "localhost", quiet
	var err error
	if o.IMAPAddress, err = o.serve(o.imap.Serve); err != nil {
		return nil, err
	}
	if o.SMTPAddress, err = o.serve(o.smtp.Serve); err != nil {
		return nil, errors.Join(err, o.imap.Close())
	}
	return o, nil
}

// serve lets a server listen on a free port.
func (o *Office) serve(serve func(net.Listener) error) (address string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	o.serving.Go(func() { _ = serve(l) }) // it ends with Close
	return l.Addr().String(), nil
}

// Close ends the server, and with it all mail.
func (o *Office) Close() error {
	err := errors.Join(o.imap.Close(), o.smtp.Close())
	o.serving.Wait()
	return err
}

// deliver puts a mail into the inbox of an address; a plus detail stands in Delivered-To. As a real server does, it says whether
// the sender in the header is the one of the envelope (RFC 8601), under the name localhost.
func (o *Office) deliver(from, address string, raw []byte) error {
	name, _, _ := strings.Cut(strings.ToLower(address), "@")
	name, _, _ = strings.Cut(name, "+")
	user, ok := o.accounts[name]
	if !ok {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
	}
	result := "fail"
	if m, err := mail.ReadMessage(bytes.NewReader(raw)); err == nil {
		if author, err := mail.ParseAddress(m.Header.Get("From")); err == nil && domain(author.Address) == domain(from) {
			result = "pass"
		}
	}
	trace := fmt.Sprintf("Delivered-To: %s\r\nReturn-Path: <%s>\r\nAuthentication-Results: localhost; spf=%s smtp.mailfrom=%s; dkim=none; dmarc=%[3]s\r\n", address, from, result, domain(from))
	if from == "" { // a machine's report has no sender
		trace = fmt.Sprintf("Delivered-To: %s\r\nReturn-Path: <>\r\nAuthentication-Results: localhost; spf=none; dkim=none; dmarc=none\r\n", address)
	}
	whole := append([]byte(trace), raw...)
	_, err := user.Append("INBOX", literal{bytes.NewReader(whole)}, &imap.AppendOptions{Time: time.Now()})
	return err
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
	office *Office
	from   string
	to     []string
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, _, password string) error {
		if password != Password {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
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
