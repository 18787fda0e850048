package message_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"mime"
	"net/mail"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"relance/mail/message"
)

// python reads the authors of a whole message with Python's email package.
const python = `
import sys, json, base64
from email import message_from_bytes
from email.policy import default, SMTPUTF8
from email.utils import getaddresses
for line in sys.stdin:
    raw = base64.b64decode(line)
    found = []
    for policy in (default, SMTPUTF8):
        try:
            fields = message_from_bytes(raw, policy=policy).get_all("from", [])
            found.append([a.addr_spec for f in fields for a in f.addresses if a.addr_spec])
        except (AttributeError, IndexError): # its own mistakes: it sees no author at all
            pass
    print(json.dumps(found), flush=True)
`

// otherReaders read the authors of a message; where there is no Python, Go's reader does alone.
func otherReaders(t testing.TB) func(raw []byte) [][]string {
	ask := func([]byte) [][]string { return nil }
	if path, err := exec.LookPath("python3"); err == nil {
		command := exec.Command(path, "-c", python)
		in, errIn := command.StdinPipe()
		out, errOut := command.StdoutPipe()
		if errIn != nil || errOut != nil || command.Start() != nil {
			t.Fatal("python3 does not start")
		}
		t.Cleanup(func() {
			_ = in.Close()
			_ = command.Wait()
		})
		answers := bufio.NewScanner(out)
		answers.Buffer(nil, 16<<20)
		ask = func(raw []byte) (found [][]string) {
			if _, err := io.WriteString(in, base64.StdEncoding.EncodeToString(raw)+"\n"); err != nil || !answers.Scan() {
				t.Fatalf("python ended at %q", raw)
			}
			if err := json.Unmarshal(answers.Bytes(), &found); err != nil {
				t.Fatal(err)
			}
			return found
		}
	}
	return func(raw []byte) [][]string {
		found := ask(raw)
		m, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			return found // it sees no author at all
		}
		var list []string
		p := mail.AddressParser{WordDecoder: &mime.WordDecoder{CharsetReader: func(_ string, in io.Reader) (io.Reader, error) { return in, nil }}}
		for _, value := range m.Header["From"] {
			some, _ := p.ParseList(value)
			for _, a := range some {
				list = append(list, a.Address)
			}
		}
		return append(found, list)
	}
}

// agree holds the other readers against ours, where it has no doubt.
func agree(t testing.TB, others func([]byte) [][]string, raw []byte) {
	t.Helper()
	m, err := message.ParseHeader(raw)
	if err != nil || m.Doubt != "" {
		return
	}
	if len(m.Authors) != 1 {
		t.Fatalf("%q: no doubt about %d authors", raw, len(m.Authors))
	}
	for i, found := range others(raw) {
		if strings.Contains(strings.Join(found, ""), "\ufffd") || len(found) == 0 && i == 2 { // what is not ASCII; a value that net/mail refuses
			continue
		}
		if found = slices.Compact(found); len(found) != 1 || found[0] != m.From.Address {
			t.Errorf("%q is surely of %s, and reader %d reads %q", raw, m.From.Address, i+1, found)
		}
	}
}

// TestHeaders: who wrote, as the header is laid out.
func TestHeaders(t *testing.T) {
	others := otherReaders(t)
	for raw, doubt := range map[string]string{
		"From: a@x.example\r\nTo: b@x.example\r\n\r\nx":                           "",
		"From: a@x.example\nTo: b@x.example\n\nx":                                 "",
		"from: a@x.example\r\n\r\nx":                                              "",
		"FROM:a@x.example\r\n\r\nx":                                               "",
		"From: Jeanne\r\n Martin <a@x.example>\r\n\r\nx":                          "",
		"From:\r\n\ta@x.example\r\n\r\nx":                                         "",
		"From a@x.example Mon Sep 14 10:12:00 2020\nFrom: a@x.example\n\nx":       "",
		"From: a@x.example\r\nFrom: a@x.example\r\n\r\nx":                         "",
		"From: a@x.example\r\nSubject: Hélène\r\n\r\nx":                           "",
		"From: a@x.example\r\nX: y\nTo: b@x.example\r\n\r\nx":                     "layout",
		"From: a@x.example\rFrom: b@x.example\r\n\r\nx":                           "layout",
		"Subject: x\rFrom: b@x.example\r\nFrom: a@x.example\r\n\r\nx":             "layout",
		"From: a@x.example\r\r\nFrom: b@x.example\r\n\r\nx":                       "layout",
		"From: a@x.example\r\n \r\nFrom: b@x.example\r\n\r\nx":                    "layout",
		"From: a@x.example\r\nnothing\r\n\r\nx":                                   "layout",
		"From : a@x.example\r\n\r\nx":                                             "layout",
		"From\t: a@x.example\r\nFrom: b@x.example\r\n\r\nx":                       "layout",
		" From: b@x.example\r\nFrom: a@x.example\r\n\r\nx":                        "layout",
		"\r\nFrom: a@x.example\r\n\r\nx":                                          "layout",
		"From: a@x.example\x00\r\nFrom: b@x.example\r\n\r\nx":                     "layout",
		"Fr\x00om: b@x.example\r\nFrom: a@x.example\r\n\r\nx":                     "layout",
		"From: \xff\xfea@x.example\r\n\r\nx":                                      "layout",
		"From: H\xe9l\xe8ne <a@x.example>\r\n\r\nx":                               "layout",
		"From: \x1b$B<a@x.example>\x1b(B <b@x.example>\r\n\r\nx":                  "layout",
		"Subject: x;\r\nname=From: b@x.example\r\nFrom: a@x.example\r\n\r\nx":     "",
		"From: a@x.example\r\n--B\r\n\r\nx":                                       "layout",
		"From: a@x.example\r\nFrom: b@x.example\r\n\r\nx":                         "several",
		"To: b@x.example\r\n\r\nx":                                                "several",
		"From:\r\n\r\nx":                                                          "syntax",
		"From: a@x.example\r\n (<b@x.example>)\r\n\r\nx":                          "comment",
		"X: " + strings.Repeat("y", 1<<20) + "\r\nFrom: a@x.example\r\n\r\nx":     "layout",
		strings.Repeat("X: y\r\n", 5010) + "From: a@x.example\r\n\r\nx":           "layout",
		"From: a@x.example\r\nX-" + strings.Repeat("y", 200) + ": From\r\n\r\nx":  "layout",
		"From: a@x.example\r\nSubject: x\r\nFrom: b@x.example (\r\n c)\r\n\r\nx":  "several",
		"From: a@x.example\r\nFrom:\r\n b@x.example\r\n\r\nx":                     "several",
		"From: a@x.example\r\n\r\nFrom: b@x.example\r\n\r\n":                      "",
		"From: =?utf-8?q?Jeanne?=\r\n =?utf-8?q?_Martin?= <a@x.example>\r\n\r\nx": "",
	} {
		m, err := message.ParseHeader([]byte(raw))
		if err != nil || string(m.Doubt) != doubt {
			t.Errorf("%.80q: doubt %q, want %q (%v)", raw, m.Doubt, doubt, err)
		}
		if len(raw) < 100_000 {
			agree(t, others, []byte(raw))
		}
	}
}

// FuzzHeader: where our reader has no doubt who wrote, all others see the same author.
func FuzzHeader(f *testing.F) {
	for _, seed := range []string{"From: a@x.example\r\nTo: b@x.example\r\n\r\nx", "Received: x\r\n by y;\r\nFrom: Jeanne\r\n <a@x.example>\r\nSubject: x\r\n\r\n", "From: a@x\nFrom : b@x\n\n",
		"X: y\rFrom: a@b\r\n\r\n", "From a@b\nFrom: \"a\" <a@b>\n\nFrom: c@d"} {
		f.Add([]byte(seed))
	}
	others := otherReaders(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) < 4000 {
			agree(t, others, raw)
		}
	})
}
