package devstack_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"

	"relance/local/devstack"
)

// TestMain also plays the process that is killed: it starts a stack, prints its processes and waits.
func TestMain(m *testing.M) {
	if data := os.Getenv("DEVSTACK_TEST_CHILD"); data != "" {
		s, err := devstack.Start(context.Background(), devstack.Options{Servers: devstack.MinIO | devstack.Mox, Data: data, Accounts: []string{"a"}})
		if err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		fmt.Println("ready", s.S3Endpoint, s.SMTPAddress)
		select {}
	}
	os.Exit(m.Run())
}

func start(t *testing.T, o devstack.Options) *devstack.Stack {
	t.Helper()
	if testing.Short() {
		t.Skip("starts real servers")
	}
	s, err := devstack.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func roots(t *testing.T, s *devstack.Stack) *tls.Config {
	text, err := os.ReadFile(s.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	return &tls.Config{RootCAs: pool, ServerName: "localhost"}
}

// inbox reads the messages of an account, whole.
func inbox(t *testing.T, s *devstack.Stack, account string) []string {
	t.Helper()
	c, err := imapclient.DialTLS(s.IMAPAddress, &imapclient.Options{TLSConfig: roots(t, s)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Login(account+"@localhost", s.Passwords[account]).Wait(); err != nil {
		t.Fatal(err)
	}
	selected, err := c.Select("INBOX", nil).Wait()
	if err != nil || selected.NumMessages == 0 {
		return nil
	}
	body := &imap.FetchItemBodySection{Peek: true}
	list, err := c.Fetch(imap.SeqSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{body}}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, m := range list {
		texts = append(texts, string(m.FindBodySection(body)))
	}
	return texts
}

func submit(t *testing.T, s *devstack.Stack, from, to string) {
	t.Helper()
	c, err := smtp.DialTLS(s.SubmissionAddress, roots(t, s))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Auth(sasl.NewPlainClient("", from+"@localhost", s.Passwords[from])); err != nil {
		t.Fatal(err)
	}
	text := "From: " + from + "@localhost\r\nTo: " + to + "\r\nSubject: essai\r\nMessage-ID: <1@" + from + "0.localhost>\r\nDate: " + time.Now().Format(time.RFC1123Z) + "\r\n\r\nBonjour\r\n"
	if err := c.SendMail(from+"@localhost", []string{to}, strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
}

func TestTheThreeServersOutliveARestart(t *testing.T) {
	data := t.TempDir()
	options := devstack.Options{Data: data, Accounts: []string{"aides", "boulangerie", "garage"}, SearchAttributes: map[string]string{"RelanceStage": "Keyword", "RelanceAmountCents": "Int"}}
	s := start(t, options)
	if _, err := devstack.Start(t.Context(), options); !errors.Is(err, devstack.ErrInUse) {
		t.Errorf("a second stack on the same folder: %v", err)
	}

	submit(t, s, "boulangerie", "aides+rebond@localhost")
	for range 100 {
		if len(inbox(t, s, "aides")) > 0 {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	mails := inbox(t, s, "aides")
	if len(mails) != 1 || !strings.Contains(mails[0], "Delivered-To: aides+rebond@localhost") || !strings.Contains(mails[0], "Authentication-Results:") || !strings.Contains(mails[0], "DKIM-Signature:") {
		t.Fatalf("%d mails: %v", len(mails), mails)
	}
	if len(inbox(t, s, "garage")) != 0 {
		t.Error("somebody else's mail")
	}

	store := func(s *devstack.Stack) *minio.Client {
		c, err := minio.New(s.S3Endpoint, &minio.Options{Creds: credentials.NewStaticV4(s.S3AccessKey, s.S3SecretKey, "")})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if err := store(s).MakeBucket(t.Context(), "essai", minio.MakeBucketOptions{ObjectLocking: true}); err != nil {
		t.Fatal(err)
	}

	c, err := client.Dial(client.Options{HostPort: s.TemporalAddress})
	if err != nil {
		t.Fatal(err)
	}
	attributes, err := c.OperatorService().ListSearchAttributes(t.Context(), &operatorservice.ListSearchAttributesRequest{Namespace: "default"})
	if err != nil || attributes.GetCustomAttributes()["RelanceStage"].String() != "Keyword" {
		t.Errorf("%v, %v", attributes.GetCustomAttributes(), err)
	}
	c.Close()
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{s.TemporalAddress, s.S3Endpoint, s.IMAPAddress} {
		if listening(at) {
			t.Errorf("somebody still listens at %s", at)
		}
	}

	options.Accounts = append(options.Accounts, "librairie")
	again := start(t, options)
	if len(inbox(t, again, "aides")) != 1 || len(inbox(t, again, "librairie")) != 0 {
		t.Error("the mail is gone")
	}
	if ok, err := store(again).BucketExists(t.Context(), "essai"); err != nil || !ok {
		t.Errorf("the bucket is gone: %v", err)
	}
	if err := again.Kill(devstack.MinIO); err != nil || listening(again.S3Endpoint) {
		t.Errorf("a killed server listens (%v)", err)
	}
	if err := again.Restart(t.Context(), devstack.MinIO); err != nil {
		t.Fatal(err)
	}
	if ok, err := store(again).BucketExists(t.Context(), "essai"); err != nil || !ok {
		t.Errorf("after kill and restart: %v", err)
	}
}

func TestTheDataFolderIsNotOnTheWeb(t *testing.T) {
	s := start(t, devstack.Options{Servers: devstack.Mox, Data: t.TempDir(), Accounts: []string{"aides"}})
	if answer := get(t, s.WebmailURL); answer != http.StatusOK {
		t.Errorf("webmail: %d", answer)
	}
	for _, path := range []string{"/workdir/", "/workdir/secrets.json"} {
		if answer := get(t, strings.Replace(s.WebmailURL, "/webmail/", path, 1)); answer != http.StatusNotFound {
			t.Errorf("%s: %d", path, answer)
		}
	}
}

// TestNoPageOfAnotherActsHere: the mail server's administration takes no password that everybody knows, and Temporal's HTTP API, which would take a
// form of any web page, answers nobody.
func TestNoPageOfAnotherActsHere(t *testing.T) {
	s := start(t, devstack.Options{Data: t.TempDir(), Accounts: []string{"aides"}})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	admin := &http.Client{Jar: jar}
	call := func(client *http.Client, url, kind, body string) (int, string) {
		t.Helper()
		answer, err := client.Post(url, kind, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(text)
	}
	page := strings.Replace(s.WebmailURL, "/webmail/", "/admin/api/", 1)
	status, answer := call(admin, page+"LoginPrep", "application/json", `{"params": []}`)
	var prepared struct{ Result string }
	if err := json.Unmarshal([]byte(answer), &prepared); err != nil || status != http.StatusOK || prepared.Result == "" {
		t.Fatalf("the administration page: %d, %s", status, answer)
	}
	if _, answer := call(admin, page+"Login", "application/json", fmt.Sprintf(`{"params": [%q, "moxadmin"]}`, prepared.Result)); !strings.Contains(answer, "user:") {
		t.Errorf("the password that everybody knows: %s", answer)
	}
	for _, path := range []string{"/api/v1/namespaces/default/workflows/x", "/namespaces/default/workflows/x", "/api/v1/namespaces/default/workflows/x/update/y"} {
		if status, answer := call(http.DefaultClient, "http://"+s.TemporalHTTPAddress+path, "text/plain", "{}"); status != http.StatusForbidden {
			t.Errorf("Temporal's HTTP API answers %s with %d: %s", path, status, answer)
		}
	}
}

func get(t *testing.T, url string) int {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	return answer.StatusCode
}

func listening(address string) bool {
	c, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return false
	}
	return c.Close() == nil
}

func TestNothingRemainsOfAKilledParent(t *testing.T) {
	if testing.Short() {
		t.Skip("starts real servers")
	}
	if _, err := os.Stat("/proc/self"); err != nil {
		t.Skip("only Linux ends the children of a killed process")
	}
	if err := devstack.Build(t.Context(), devstack.MinIO|devstack.Mox, os.Stderr); err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "DEVSTACK_TEST_CHILD="+data)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "ready ") {
		t.Fatalf("%q %v", line, err)
	}
	if n := len(processesOf(t, data)); n != 2 {
		t.Fatalf("%d servers run, want 2", n)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed
	for range 50 {
		if len(processesOf(t, data)) == 0 {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Errorf("left behind: %v", processesOf(t, data))
}

// processesOf finds the processes whose command line names a folder.
func processesOf(t *testing.T, data string) []int {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err == nil && bytes.Contains(text, []byte(data)) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file))) // /proc's own name
			pids = append(pids, pid)
		}
	}
	return pids
}

func TestAServerThatEndsSaysWhy(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a real server")
	}
	data := t.TempDir()
	if err := os.WriteFile(filepath.Join(data, "temporal.db"), []byte("this is no database, whatever its name says"), 0o600); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	_, err := devstack.Start(t.Context(), devstack.Options{Servers: devstack.Temporal, Data: data})
	if err == nil || !strings.Contains(err.Error(), "database") || time.Since(began) > 30*time.Second {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
}
