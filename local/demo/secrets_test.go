package demo_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"relance/domain/casefile"
	"relance/local/devstack"
	"relance/local/run"
	"relance/office/desk"
)

// secrets are the passwords and keys of a running engine; its seal is made up, and its password is no secret.
func secrets(t *testing.T, l *run.Local, data string) []string {
	t.Helper()
	token, err := os.ReadFile(filepath.Join(data, "codec-token"))
	if err != nil {
		t.Fatal(err)
	}
	c := l.Engine.Config
	all := []string{strings.TrimSpace(string(token)), c.S3.SecretKey, c.IMAP.Password, c.SMTP.Password}
	all = append(all, strings.Split(c.Keys, ",")...)
	for _, password := range l.Stack.Passwords {
		all = append(all, password)
	}
	for _, secret := range all {
		if len(secret) < 6 {
			t.Fatalf("a secret of %d letters cannot be looked for", len(secret))
		}
	}
	return all
}

// arguments are those of every process on this machine, as anybody on it may read them: the servers' with the data folder among them.
func arguments(t *testing.T, data string) []byte {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Log("this system does not show processes in /proc: their arguments are not looked at")
	}
	var all []byte
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended since
		}
		all = append(append(all, text...), '\n')
	}
	if len(files) > 0 && !bytes.Contains(all, []byte(data)) {
		t.Error("the servers are not among the processes whose arguments were read")
	}
	return all
}

// inspectSecrets looks for the applicants, and for passwords and keys, in the bytes of Temporal's database, in the logs and arguments of all processes
// and in the keys of the archive, and must find none.
func inspectSecrets(ctx context.Context, t *testing.T, l *run.Local, data string, log *devstack.Record) {
	d := desk.Desk{Temporal: l.Engine.Temporal, Archive: l.Engine.Archive}
	cases, err := d.List(ctx, desk.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	private := map[string]bool{}
	for _, c := range cases {
		s, err := d.State(ctx, c.Reference)
		if err != nil {
			t.Fatal(err)
		}
		f, err := d.Facts(ctx, s)
		if err != nil {
			t.Fatal(err)
		}
		private[f.Applicant.Name], private[f.Applicant.Email] = true, true
		for _, field := range []string{"entreprise", "representant", "adresse", "iban", "siret", "telephone"} {
			private[f.Fields[field].Value], private[f.Fields[field].Written] = true, true
		}
	}
	places := map[string][]byte{"the log": []byte(log.String()), "the arguments of processes": arguments(t, data)}
	for _, secret := range secrets(t, l, data) {
		private[secret] = true
	}
	for _, pattern := range []string{"temporal.db*", "logs/*.log"} {
		files, err := filepath.Glob(filepath.Join(data, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %v", pattern, files, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "mox.log") {
				continue // the applicants' own mail server
			}
			if places[filepath.Base(file)], err = os.ReadFile(file); err != nil {
				t.Fatal(err)
			}
		}
	}
	for object, err := range l.Engine.Archive.Each(ctx, "") {
		if err != nil {
			t.Fatal(err)
		}
		places["the keys"] = append(append(places["the keys"], object.Key...), '\n')
	}
	looked := 0
	for secret := range private {
		if len(secret) < 6 || casefile.IsReference(secret) {
			continue
		}
		looked++
		for place, content := range places {
			if bytes.Contains(content, []byte(secret)) {
				t.Errorf("%s knows %q", place, secret)
			}
		}
	}
	// The search finds what is there: the references of the cases stand in all these places.
	if db := places["temporal.db"]; looked < 40 || !bytes.Contains(append(db, places["temporal.db-wal"]...), []byte(cases[0].Reference)) || !bytes.Contains(places["the log"], []byte(cases[0].Reference)) {
		t.Errorf("%d secrets looked for in %d bytes of Temporal's database and %d of the log", looked, len(db), len(places["the log"]))
	}
}
