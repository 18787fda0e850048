package devstack

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// startMox runs the mail server with an account for each person.
func (s *Stack) startMox(ctx context.Context) error {
	dir := filepath.Join(s.options.Data, "mox")
	binary, err := find(Mox)
	if err != nil {
		return err
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		if out, err := exec.CommandContext(ctx, binary, "localserve", "-dir", dir, "-ip", "127.0.0.1", "-initonly").CombinedOutput(); err != nil {
			return fmt.Errorf("first configuration: %w\n%s", err, out)
		}
	}
	for file, edit := range map[string]func(string) string{
		"mox.conf":     func(text string) string { return editMoxConf(text, s.ports) },
		"domains.conf": func(text string) string { return addAccounts(dropWebHandlers(text), s.accounts()) },
	} {
		if err := editFile(filepath.Join(dir, file), edit); err != nil {
			return err
		}
	}
	if err := s.zone.publishKeys(dir); err != nil {
		return err
	}
	p, err := s.launch(Mox, nil, "localserve", "-dir", dir)
	if err != nil {
		return err
	}
	if err := p.ready(ctx, s.imapGreets); err != nil {
		return err
	}
	return s.setPasswords(ctx, binary, dir)
}

func (s *Stack) accounts() []string {
	var names []string
	for name := range s.Passwords {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func editFile(name string, edit func(string) string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	return os.WriteFile(name, []byte(edit(string(text))), 0o600)
}

var (
	moxLogLevel = regexp.MustCompile(`(?m)^LogLevel: \w+$`)
)

// editMoxConf sets the ports of all listeners, and lets the log hold errors only.
func editMoxConf(text string, p ports) string {
	lines := strings.Split(moxLogLevel.ReplaceAllString(text, "LogLevel: error"), "\n")
	service := ""
	for i, line := range lines {
		trimmed := strings.TrimSpace(line)
		if name, ok := strings.CutSuffix(trimmed, ":"); ok && !strings.HasPrefix(trimmed, "#") {
			service = name
		}
		if !strings.HasPrefix(trimmed, "Port: ") {
			continue
		}
		port := map[string]int{"SMTP": p.smtp, "Submission": p.submission, "Submissions": p.submissions, "IMAP": p.imap, "IMAPS": p.imaps, "MetricsHTTP": p.mon}[service]
		switch {
		case port != 0:
		case strings.HasSuffix(service, "HTTPS"):
			port = p.https
		default:
			port = p.http
		}
		lines[i] = line[:strings.Index(line, "Port: ")] + "Port: " + strconv.Itoa(port)
	}
	return strings.Join(lines, "\n")
}

// account is one account: no junk filter, no delay for senders seen for the first time and no limits, which are for the
// internet and would hold up a demonstration.
const account = `	%[1]s:
		Domain: localhost
		Destinations:
			%[1]s@localhost: nil
		NoFirstTimeSenderDelay: true
		MaxOutgoingMessagesPerDay: 1000000
		MaxFirstTimeRecipientsPerDay: 1000000
`

// addAccounts adds the accounts that are not there yet.
func addAccounts(text string, names []string) string {
	for _, name := range names {
		if !strings.Contains(text, "\n\t"+name+":\n") {
			text = strings.Replace(text, "\nAccounts:\n", "\nAccounts:\n"+fmt.Sprintf(account, name), 1)
		}
	}
	return text
}

var moxWebHandlers = regexp.MustCompile(`(?m)^WebHandlers:\n(?:(?:[\t#].*)?\n)*`)

// dropWebHandlers takes out the handler that localserve writes at its first start: it serves mox's working directory to anybody, without
// a login, and here that folder holds the passwords and the cases.
func dropWebHandlers(text string) string { return moxWebHandlers.ReplaceAllString(text, "") }

// tlsConfig trusts the certificate that mox made for itself.
func (s *Stack) tlsConfig() (*tls.Config, error) {
	text, err := os.ReadFile(s.CAFile)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s: no certificate", s.CAFile)
	}
	return &tls.Config{RootCAs: pool, ServerName: "localhost"}, nil
}

// imap opens a connection and reads the greeting.
func (s *Stack) imap(ctx context.Context) (*tls.Conn, *bufio.Reader, error) {
	config, err := s.tlsConfig()
	if err != nil {
		return nil, nil, err
	}
	conn, err := (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", s.IMAPAddress)
	if err != nil {
		return nil, nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	r := bufio.NewReader(conn)
	_, err = r.ReadString('\n')
	if err != nil {
		_ = conn.Close()
		return nil, nil, err
	}
	return conn.(*tls.Conn), r, nil
}

func (s *Stack) imapGreets(ctx context.Context) error {
	conn, _, err := s.imap(ctx)
	if err != nil {
		return err
	}
	return conn.Close()
}

// login tells whether an account's password is set.
func (s *Stack) login(ctx context.Context, name string) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, r, err := s.imap(ctx)
	if err != nil {
		return false
	}
	defer conn.Close()
	fmt.Fprintf(conn, "a LOGIN %s@localhost %s\r\n", name, s.Passwords[name])
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return false
		}
		if answer, ok := strings.CutPrefix(line, "a "); ok {
			return strings.HasPrefix(answer, "OK")
		}
	}
}

// setPasswords sets the passwords that no earlier start has set. That of the administration page is a random one: mox starts with one that
// everybody knows.
func (s *Stack) setPasswords(ctx context.Context, binary, dir string) error {
	admin := filepath.Join(dir, "admin-password")
	if _, err := os.Stat(admin); err != nil {
		password := rand.Text()
		cmd := exec.CommandContext(ctx, binary, "-config", filepath.Join(dir, "mox.conf"), "setadminpassword")
		cmd.Stdin = strings.NewReader(password + "\n")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("password of the mail server's administration: %w\n%s", err, out)
		}
		if err := os.WriteFile(admin, []byte(password+"\n"), 0o600); err != nil {
			return err
		}
	}
	for _, name := range s.accounts() {
		marker := filepath.Join(dir, "password-set-"+name)
		if _, err := os.Stat(marker); err == nil {
			continue
		}
		cmd := exec.CommandContext(ctx, binary, "-config", filepath.Join(dir, "mox.conf"), "setaccountpassword", name)
		cmd.Stdin = strings.NewReader(s.Passwords[name] + "\n")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("password of %s: %w\n%s", name, err, out)
		}
		if !s.login(ctx, name) {
			return fmt.Errorf("%s cannot log in with the password that was set", name)
		}
		if err := os.WriteFile(marker, nil, 0o600); err != nil {
			return err
		}
	}
	return nil
}
