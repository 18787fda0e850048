package devstack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// ErrNoDovecot is returned where this machine has no Dovecot that can be started here.
var ErrNoDovecot = errors.New("needs Dovecot 2.3 (Debian: apt-get install dovecot-imapd)")

// DovecotOptions are how a Dovecot differs from the usual one, so that the mailbox meets servers of every kind.
type DovecotOptions struct {
	Data         string // folder for mail and logs
	Prefix       string // of the personal namespace, such as INBOX.
	Separator    string // of levels of folders; empty: /
	Capabilities string // what it says it can do; empty: all it can
	Sent         string // name of the folder that is marked for what is sent; empty: none is
	Quota        string // of a mailbox, such as 1M; empty: none
	Memory       string // that one of its processes may take, such as 2G; empty: 256 MB, as it comes
	TokenInfo    string // address to which an access token is added, and which says whose it is; empty: no OAuth2
}

// Dovecot is a running IMAP server, the one most mail providers have. It listens on the loopback interface, without TLS.
type Dovecot struct {
	Address string // host:port
	Data    string
	run     string // its sockets
	process *process
}

// StartDovecot starts the Dovecot of this machine and returns when it answers.
func StartDovecot(ctx context.Context, o DovecotOptions) (*Dovecot, error) {
	binary, err := findDovecot()
	if err != nil {
		return nil, err
	}
	l, err := listen(0)
	if err != nil {
		return nil, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		return nil, err
	}
	d := &Dovecot{Address: address("127.0.0.1", port), Data: o.Data}
	conf, err := d.configure(o, port)
	if err != nil {
		return nil, err
	}
	if d.process, err = startProcess(binary, []string{"-F", "-c", conf}, nil, o.Data, filepath.Join(o.Data, "dovecot.out"), ""); err != nil {
		return nil, err
	}
	for end := time.Now().Add(startTimeout); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(20 * time.Millisecond) {
		select {
		case <-d.process.ended:
			return nil, fmt.Errorf("dovecot ended: %s\n%s", d.process.err, d.Log())
		default:
		}
		if c, err := net.DialTimeout("tcp", d.Address, time.Second); err == nil {
			return d, c.Close()
		}
	}
	d.Stop()
	return nil, errors.Join(ctx.Err(), fmt.Errorf("dovecot does not answer: %s", d.Log()))
}

// findDovecot finds a Dovecot whose configuration this package can write: that of 2.4 is another.
func findDovecot() (string, error) {
	for _, name := range []string{"dovecot", "/usr/sbin/dovecot", "/usr/local/sbin/dovecot"} {
		binary, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		version, err := exec.Command(binary, "--version").Output()
		if err != nil || !strings.HasPrefix(string(version), "2.3.") {
			return "", fmt.Errorf("%w: here is %q", ErrNoDovecot, strings.TrimSpace(string(version)))
		}
		return binary, nil
	}
	return "", ErrNoDovecot
}

// owner is whom mail belongs to: Dovecot keeps none for root.
func owner() (name, group string, err error) {
	who, err := user.Current()
	if err == nil && who.Uid == "0" {
		who, err = user.Lookup("nobody")
	}
	if err != nil {
		return "", "", err
	}
	of, err := user.LookupGroupId(who.Gid)
	if err != nil {
		return "", "", err
	}
	return who.Username, of.Name, nil
}

// configure writes the configuration and the folders it speaks of.
func (d *Dovecot) configure(o DovecotOptions, port int) (conf string, err error) {
	name, group, err := owner()
	if err != nil {
		return "", err
	}
	mail := filepath.Join(d.Data, "mail")
	if err := os.MkdirAll(mail, 0o755); err != nil {
		return "", err
	}
	if os.Getuid() == 0 { // the owner has to get there
		for folder := d.Data; len(folder) > len(os.TempDir()); folder = filepath.Dir(folder) {
			if err := os.Chmod(folder, 0o755); err != nil {
				return "", err
			}
		}
		if err := exec.Command("chown", name, mail).Run(); err != nil {
			return "", fmt.Errorf("chown: %w", err)
		}
	}
	separator := o.Separator
	if separator == "" {
		separator = "/"
	}
	run, err := os.MkdirTemp("", "dc") // a socket's path must be short
	if err != nil {
		return "", err
	}
	d.run = run
	if err := os.Chmod(run, 0o755); err != nil {
		return "", err
	}
	text := fmt.Sprintf(dovecotConf, run, d.Data, name, group, mail, o.Prefix, separator, port)
	if o.Capabilities != "" {
		text += "protocol imap {\n  imap_capability = " + o.Capabilities + "\n}\n"
	}
	if o.Memory != "" {
		text += "default_vsz_limit = " + o.Memory + "\n"
	}
	if o.Sent != "" {
		text += "namespace inbox {\n  mailbox \"" + o.Sent + "\" {\n    special_use = \\Sent\n    auto = subscribe\n  }\n}\n"
	}
	if o.Quota != "" {
		text += "mail_plugins = quota\nplugin {\n  quota = count:User quota\n  quota_vsizes = yes\n  quota_grace = 0\n  quota_rule = *:storage=" + o.Quota + "\n}\n"
	}
	if o.TokenInfo != "" {
		oauth := filepath.Join(d.Data, "oauth2.conf")
		text += "auth_mechanisms = xoauth2 oauthbearer plain login\npassdb {\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = " + oauth + "\n}\n"
		if err := os.WriteFile(oauth, []byte("tokeninfo_url = "+o.TokenInfo+"\nusername_attribute = email\n"), 0o644); err != nil {
			return "", err
		}
	}
	conf = filepath.Join(d.Data, "dovecot.conf")
	return conf, errors.Join(d.SetPasswords(nil), os.WriteFile(conf, []byte(text), 0o644))
}

// dovecotConf has a server of one process group, whose parts need no root and no folder of their own to be locked up in.
const dovecotConf = `base_dir = %[1]s
state_dir = %[1]s
log_path = %[2]s/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
default_internal_user = %[3]s
default_internal_group = %[4]s
default_login_user = %[3]s
first_valid_uid = 1
mail_location = maildir:~/Maildir
mail_fsync = never
mail_max_userip_connections = 100
auth_cache_size = 0
auth_failure_delay = 0
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%%u %[2]s/users
}
userdb {
  driver = static
  args = uid=%[3]s gid=%[4]s home=%[5]s/%%n
}
namespace inbox {
  inbox = yes
  prefix = %[6]s
  separator = %[7]s
}
service imap-login {
  chroot =
  inet_listener imap {
    port = %[8]d
  }
  inet_listener imaps {
    port = 0
  }
}
service anvil {
  chroot =
}
`

// SetPasswords replaces the accounts, by user name. The server reads them at each login.
func (d *Dovecot) SetPasswords(passwords map[string]string) error {
	var lines []string
	for name, password := range passwords {
		lines = append(lines, name+":{PLAIN}"+password+"\n")
	}
	slices.Sort(lines)
	file := filepath.Join(d.Data, "users")
	if err := os.WriteFile(file+".new", []byte(strings.Join(lines, "")), 0o644); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// Maildir is where an account's inbox lies; it is there after the first login.
func (d *Dovecot) Maildir(account string) string {
	return filepath.Join(d.Data, "mail", account, "Maildir")
}

// Log is what the server has said.
func (d *Dovecot) Log() string {
	text, _ := os.ReadFile(filepath.Join(d.Data, "dovecot.log"))
	out, _ := os.ReadFile(filepath.Join(d.Data, "dovecot.out"))
	return string(out) + string(text)
}

// Stop ends the server.
func (d *Dovecot) Stop() {
	d.process.stop()
	_ = os.RemoveAll(d.run)
}
