// Package config is what a process is told from outside: environment variables, each named in the README's table. Any variable that ends
// in _FILE names a file that holds the value of the variable without that ending, as container secrets do.
package config

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"relance/domain/authority"
	"relance/domain/casefile"
	"relance/domain/scheme"
	"relance/intake/bodacc"
	"relance/intake/sirene"
	"relance/letters/texts"
	"relance/schemes"
)

// Config is the configuration of a process. The Temporal connection has its own variables (TEMPORAL_ADDRESS,
// TEMPORAL_NAMESPACE, TEMPORAL_TLS and others), read by Temporal's SDK.
type Config struct {
	Mail struct {
		Address   string   `env:"ADDRESS" envDefault:"aides@localhost"` // where applications are sent; plus addresses lead to schemes and cases
		AuthServ  string   `env:"AUTHSERV"`                             // the name (authserv-id) under which the mail server that receives our mail writes Authentication-Results; "-" where it writes none
		Below     bool     `env:"AUTHSERV_BELOW"`                       // it writes them right below its Received field
		Lists     []string `env:"LISTS" envSeparator:","`               // addresses of the lists and groups that feed the mailbox
		CasesADay int      `env:"CASES_A_DAY" envDefault:"20"`          // that one correspondent may open
		InAll     int      `env:"NEW_CASES_A_DAY" envDefault:"2000"`    // that all correspondents together may open, beyond which an officer does; 0: any number
		Questions int      `env:"QUESTIONS_A_DAY" envDefault:"1000"`    // to mailboxes, whether they wrote what nothing proves; 0: any number
		DKIM      string   `env:"DKIM" envDefault:"system"`             // who is asked for DKIM keys: system, off, or host:port of a resolver
	} `envPrefix:"MAIL_"`
	IMAP struct {
		Server
		Inbox      string        `env:"INBOX" envDefault:"INBOX"`
		Processed  string        `env:"PROCESSED" envDefault:"Traites"`
		Unassigned string        `env:"UNASSIGNED" envDefault:"A-trier"`
		Ignored    string        `env:"IGNORED" envDefault:"Ignores"`
		Tick       time.Duration `env:"TICK" envDefault:"30s"`    // polling beside IDLE
		Sent       string        `env:"SENT"`                     // folder for copies of what is sent; empty: the one the server names so; "-": none
		Largest    int64         `env:"LARGEST" envDefault:"150"` // MiB of the largest message that is read

		Earlier     []string `env:"EARLIER" envSeparator:","`      // folders that were Processed, Unassigned or Ignored before: mails of cases lie there
		SentEarlier []string `env:"SENT_EARLIER" envSeparator:","` // folders that were Sent before
	} `envPrefix:"IMAP_"`
	SMTP Server `envPrefix:"SMTP_"`
	Seal struct {
		PKCS12   string `env:"P12"` // path of the authority's certificate with its key, or its content as "base64:…"; empty: letters are not sealed
		Password string `env:"PASSWORD"`
	} `envPrefix:"SEAL_"`
	TSA struct {
		URL   []string `env:"URL" envSeparator:" "` // of timestamp authorities (RFC 3161), asked in turn
		Roots string   `env:"ROOTS"`                // a PEM file of certificates whose timestamps are believed
	} `envPrefix:"TSA_"`
	Signers string `env:"SIGNATURE_ROOTS"` // a PEM file of certificates that are believed when a charter is signed digitally
	Clamd   string `env:"CLAMD"`           // the virus scanner, as clamd.New reads it; empty: none
	S3      struct {
		Endpoint  string `env:"ENDPOINT"` // host:port
		AccessKey string `env:"ACCESS_KEY"`
		SecretKey string `env:"SECRET_KEY"`
		Region    string `env:"REGION"`
		TLS       bool   `env:"TLS" envDefault:"true"`
		CA        string `env:"CA"`
		Bucket    string `env:"BUCKET" envDefault:"relance"`
		Retention int    `env:"RETENTION" envDefault:"3650"`  // days for which evidence is locked; 0 locks nothing
		Lock      string `env:"LOCK" envDefault:"GOVERNANCE"` // or COMPLIANCE: a lock that nobody can lift (archive.Config.RetentionMode)
		Public    string `env:"PUBLIC"`                       // web address under which people outside reach the store, for links to what is too large for a mail
		Console   string `env:"CONSOLE"`                      // web address of the store's browser, before an object's key
	} `envPrefix:"S3_"`
	Keys          string        `env:"KEYS"` // master keys that wrap the data keys of cases (vault.ParseRing); "off": Temporal stores cases readable
	Codec         Codec         `envPrefix:"CODEC_"`
	Temporal      string        `env:"-"`                           // host:port; empty: as TEMPORAL_ADDRESS says
	AuthorityFile string        `env:"AUTHORITY"`                   // empty: the made-up authority of the demonstration
	SchemesFolder string        `env:"SCHEMES"`                     // empty: the schemes in the binary
	TextsFolder   string        `env:"TEXTS"`                       // the authority's own texts; empty: those its file names, else the built-in ones
	Firms         string        `env:"FIRMS"`                       // register of firms: empty (not asked), "api", or a CSV extract of the Sirene stock
	Bulletin      string        `env:"BODACC"`                      // bulletin of collective proceedings: empty (not asked), "api", or the address of another server of the State's open data
	FirmsURL      string        `env:"FIRMS_URL"`                   // of the API, where it is not the State's own
	Day           time.Duration `env:"DAY"`                         // how long a legal day lasts; only for demonstrations
	Epoch         time.Time     `env:"EPOCH"`                       // from when days are shortened
	BackupFor     []string      `env:"BACKUP_FOR" envSeparator:","` // age keys that open backups (relance backup key)
	Health        string        `env:"HEALTH_ADDRESS"`
	Build         string        `env:"BUILD_ID"`                     // the version of the workers (docs/rollout.md); empty: they have none
	LogFormat     string        `env:"LOG_FORMAT" envDefault:"text"` // text or json
	LogLevel      slog.Level    `env:"LOG_LEVEL" envDefault:"INFO"`
}

// Codec is the page that decrypts for Temporal's own pages (relance codec).
type Codec struct {
	Address string   `env:"ADDRESS"`                  // host:port to listen on
	Token   string   `env:"TOKEN"`                    // who has it may read every case
	Origins []string `env:"ORIGINS" envSeparator:" "` // of Temporal's pages
}

// Server is a mail server and how to log in to it.
type Server struct {
	Address   string `env:"ADDRESS"` // host:port
	Username  string `env:"USERNAME"`
	Password  string `env:"PASSWORD"`
	TokenFile string `env:"TOKEN_FILE"`           // an OAuth2 access token kept fresh by somebody else: XOAUTH2 instead of the password
	TLS       string `env:"TLS" envDefault:"tls"` // tls, starttls or plain (loopback only)
	CA        string `env:"CA"`                   // a PEM file of certificate authorities to trust besides the system's
	OAuth     OAuth  `envPrefix:"OAUTH_"`
}

// OAuth is how access tokens are got, to log in with instead of a password (oauth.Config). Without a token address there are none.
type OAuth struct {
	TokenURL     string   `env:"TOKEN_URL"`
	ClientID     string   `env:"CLIENT_ID"`
	ClientSecret string   `env:"CLIENT_SECRET"`
	RefreshToken string   `env:"REFRESH_TOKEN"`           // empty: the application logs in for itself, with its secret
	Scopes       []string `env:"SCOPES" envSeparator:" "` // as in RFC 6749 §3.3
	Store        string   `env:"STORE"`                   // a file to keep a refresh token in that the server replaced
}

// Load reads the environment.
func Load() (*Config, error) { return parse(os.Environ()) }

// Defaults are what a process is told by an empty environment.
func Defaults() *Config {
	c, err := parse(nil)
	if err != nil {
		panic(err) // the defaults are compiled in
	}
	return c
}

// parse reads the variables of a list of NAME=value.
func parse(environ []string) (*Config, error) {
	vars, err := withFiles(environ)
	if err != nil {
		return nil, err
	}
	c := &Config{}
	if err := env.ParseWithOptions(c, env.Options{Prefix: "RELANCE_", Environment: vars}); err != nil {
		return nil, err
	}
	return c, c.check()
}

// tokenFiles end in _FILE and are read each time they are needed, not once.
var tokenFiles = map[string]bool{"RELANCE_IMAP_TOKEN_FILE": true, "RELANCE_SMTP_TOKEN_FILE": true}

// withFiles reads the variables that name a file.
func withFiles(environ []string) (map[string]string, error) {
	vars := map[string]string{}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, "RELANCE_") {
			continue
		}
		if target, isFile := strings.CutSuffix(name, "_FILE"); isFile && !tokenFiles[name] && value != "" {
			text, err := os.ReadFile(value)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			name, value = target, strings.TrimRight(string(text), "\r\n")
		}
		if _, set := vars[name]; !set || value != "" {
			vars[name] = value
		}
	}
	return vars, nil
}

// servers are the mail servers, by the prefix of their variables.
func (c *Config) servers() map[string]Server {
	return map[string]Server{"RELANCE_IMAP_": c.IMAP.Server, "RELANCE_SMTP_": c.SMTP}
}

// buildID is what the name of a version looks like.
var buildID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$`)

func (c *Config) check() error {
	var problems []error
	if local, domain, ok := strings.Cut(c.Mail.Address, "@"); !ok || local == "" || domain == "" || strings.Contains(local, "+") {
		problems = append(problems, fmt.Errorf("RELANCE_MAIL_ADDRESS: %q is not a mailbox's address such as aides@example.org", c.Mail.Address))
	}
	if _, _, err := net.SplitHostPort(c.Mail.DKIM); err != nil && c.Mail.DKIM != "system" && c.Mail.DKIM != "off" {
		problems = append(problems, fmt.Errorf("RELANCE_MAIL_DKIM: %q is not system, off or host:port", c.Mail.DKIM))
	}
	for prefix, s := range c.servers() {
		if s.TLS != "tls" && s.TLS != "starttls" && s.TLS != "plain" {
			problems = append(problems, fmt.Errorf("%sTLS: %q is not tls, starttls or plain", prefix, s.TLS))
		}
		switch o := s.OAuth; {
		case o.TokenURL == "" && (o.ClientID != "" || o.ClientSecret != "" || o.RefreshToken != "" || o.Store != ""):
			problems = append(problems, fmt.Errorf("%sOAUTH_TOKEN_URL is missing, and without it the other OAuth variables mean nothing", prefix))
		case o.TokenURL != "" && s.TokenFile != "":
			problems = append(problems, fmt.Errorf("%sTOKEN_FILE and %sOAUTH_TOKEN_URL: the access token comes from one place or the other", prefix, prefix))
		}
	}
	if c.Build != "" && !buildID.MatchString(c.Build) {
		problems = append(problems, fmt.Errorf("RELANCE_BUILD_ID: %q is not a version's name: letters, digits, dots and dashes, 60 at most", c.Build))
	}
	if c.Day < 0 || c.Day > 0 && c.Day != casefile.LegalDay && c.Epoch.IsZero() {
		problems = append(problems, errors.New("RELANCE_DAY: a shortened day needs RELANCE_EPOCH, the instant it counts from"))
	}
	return errors.Join(problems...)
}

// Environ is the variables that say the same as this configuration, for processes beside this one. Files and defaults stay out.
func (c *Config) Environ() map[string]string {
	vars := map[string]string{
		"RELANCE_MAIL_ADDRESS": c.Mail.Address, "RELANCE_S3_ENDPOINT": c.S3.Endpoint, "RELANCE_S3_ACCESS_KEY": c.S3.AccessKey,
		"RELANCE_S3_SECRET_KEY": c.S3.SecretKey, "RELANCE_S3_TLS": strconv.FormatBool(c.S3.TLS), "RELANCE_S3_BUCKET": c.S3.Bucket,
		"RELANCE_S3_RETENTION": strconv.Itoa(c.S3.Retention), "RELANCE_S3_LOCK": c.S3.Lock, "RELANCE_S3_CONSOLE": c.S3.Console, "RELANCE_AUTHORITY": c.AuthorityFile,
		"RELANCE_MAIL_AUTHSERV": c.Mail.AuthServ, "RELANCE_MAIL_AUTHSERV_BELOW": strconv.FormatBool(c.Mail.Below), "RELANCE_MAIL_LISTS": strings.Join(c.Mail.Lists, ","), "RELANCE_MAIL_CASES_A_DAY": strconv.Itoa(c.Mail.CasesADay), "RELANCE_MAIL_NEW_CASES_A_DAY": strconv.Itoa(c.Mail.InAll), "RELANCE_MAIL_DKIM": c.Mail.DKIM, "RELANCE_MAIL_QUESTIONS_A_DAY": strconv.Itoa(c.Mail.Questions),
		"RELANCE_SCHEMES": c.SchemesFolder, "RELANCE_TEXTS": c.TextsFolder, "RELANCE_FIRMS": c.Firms, "RELANCE_BODACC": c.Bulletin, "RELANCE_FIRMS_URL": c.FirmsURL, "RELANCE_IMAP_TICK": c.IMAP.Tick.String(),
	}
	vars["RELANCE_S3_PUBLIC"], vars["RELANCE_IMAP_SENT"], vars["RELANCE_IMAP_LARGEST"] = c.S3.Public, c.IMAP.Sent, strconv.FormatInt(c.IMAP.Largest, 10)
	vars["RELANCE_CLAMD"], vars["RELANCE_KEYS"] = c.Clamd, c.Keys
	vars["RELANCE_SEAL_P12"], vars["RELANCE_SEAL_PASSWORD"] = c.Seal.PKCS12, c.Seal.Password
	vars["RELANCE_TSA_URL"], vars["RELANCE_TSA_ROOTS"], vars["RELANCE_SIGNATURE_ROOTS"] = strings.Join(c.TSA.URL, " "), c.TSA.Roots, c.Signers
	for prefix, s := range c.servers() {
		vars[prefix+"ADDRESS"], vars[prefix+"USERNAME"], vars[prefix+"PASSWORD"] = s.Address, s.Username, s.Password
		vars[prefix+"TLS"], vars[prefix+"CA"] = s.TLS, s.CA
		o := s.OAuth
		vars[prefix+"OAUTH_TOKEN_URL"], vars[prefix+"OAUTH_CLIENT_ID"], vars[prefix+"OAUTH_CLIENT_SECRET"] = o.TokenURL, o.ClientID, o.ClientSecret
		vars[prefix+"OAUTH_REFRESH_TOKEN"], vars[prefix+"OAUTH_SCOPES"], vars[prefix+"OAUTH_STORE"] = o.RefreshToken, strings.Join(o.Scopes, " "), o.Store
	}
	if c.Day > 0 {
		vars["RELANCE_DAY"], vars["RELANCE_EPOCH"] = c.Day.String(), c.Epoch.UTC().Format(time.RFC3339Nano)
	}
	for name, value := range vars {
		if value == "" {
			delete(vars, name)
		}
	}
	return vars
}

// Clock is the clock of the procedure.
func (c *Config) Clock() casefile.Clock { return casefile.Clock{Epoch: c.Epoch, Day: c.Day} }

// Authority is the public body this process acts for.
func (c *Config) Authority() (*authority.Authority, error) {
	if c.AuthorityFile == "" {
		return authority.Example(), nil
	}
	return LoadAuthority(c.AuthorityFile)
}

// LoadAuthority reads the file of an authority and the logo beside it.
func LoadAuthority(file string) (*authority.Authority, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	a, err := authority.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if a.Logo != "" {
		if a.LogoPNG, err = os.ReadFile(filepath.Join(filepath.Dir(file), a.Logo)); err != nil {
			return nil, fmt.Errorf("%s: logo: %w", file, err)
		}
	}
	if a.Texts != "" && !filepath.IsAbs(a.Texts) {
		a.Texts = filepath.Join(filepath.Dir(file), a.Texts)
	}
	return a, nil
}

// Folder is where the authority's own texts are; empty where it has none.
func (c *Config) Folder(a *authority.Authority) string { return cmp.Or(c.TextsFolder, a.Texts) }

// Texts are the built-in texts with the authority's own in their place.
func (c *Config) Texts(a *authority.Authority) (*texts.Texts, error) {
	folder := c.Folder(a)
	if folder == "" {
		return texts.French(), nil
	}
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("texts: %s is not a folder", folder)
	}
	return texts.Load(os.DirFS(folder))
}

// Catalogue is the schemes this process runs.
func (c *Config) Catalogue() (*scheme.Catalogue, error) {
	var folder fs.FS = schemes.Files
	if c.SchemesFolder != "" {
		folder = os.DirFS(c.SchemesFolder)
	}
	return scheme.Load(folder)
}

// DKIM is where keys of DKIM signatures are looked up; nil where they are not.
func (c *Config) DKIM() func(name string) ([]string, error) {
	if c.Mail.DKIM == "off" {
		return nil
	}
	resolver := net.DefaultResolver
	if server := c.Mail.DKIM; server != "system" {
		resolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, server)
		}}
	}
	return func(name string) ([]string, error) {
		const patience = 5 * time.Second
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		return resolver.LookupTXT(ctx, name)
	}
}

// Register is the register of firms; nil where it is not asked.
func (c *Config) Register(now func() time.Time) (sirene.Register, error) {
	switch c.Firms {
	case "":
		return nil, nil
	case "api":
		return &sirene.API{BaseURL: c.FirmsURL, Now: now, UserAgent: "relance (" + c.Mail.Address + ")"}, nil
	}
	extract, err := os.Open(c.Firms)
	if err != nil {
		return nil, fmt.Errorf("RELANCE_FIRMS: %w", err)
	}
	defer extract.Close()
	return sirene.OpenExtract(extract, now)
}

// Proceedings is the bulletin of collective proceedings; nil where it is not asked.
func (c *Config) Proceedings() bodacc.Bulletin {
	switch c.Bulletin {
	case "":
		return nil
	case "api":
		return &bodacc.API{UserAgent: "relance (" + c.Mail.Address + ")"}
	}
	return &bodacc.API{BaseURL: c.Bulletin, UserAgent: "relance (" + c.Mail.Address + ")"}
}

// Roots are the certificate authorities to trust: the system's and those of a PEM file. It is nil where no file is given.
func Roots(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s: no certificate in it", file)
	}
	return pool, nil
}

// Logger writes structured logs to standard error.
func (c *Config) Logger() *slog.Logger {
	options := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, options))
}
