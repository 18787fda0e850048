package address_test

import (
	"bufio"
	"encoding/json"
	"io"
	"mime"
	"net/mail"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"relance/mail/address"
)

// decode reads encoded words, of whatever charset.
func decode(text string) string {
	d := mime.WordDecoder{CharsetReader: func(_ string, in io.Reader) (io.Reader, error) { return in, nil }}
	decoded, err := d.DecodeHeader(text)
	if err != nil {
		return text
	}
	return decoded
}

var parser = address.Parser{Decode: decode}

// gos is the reader of Go's own library.
func gos(value string) ([]string, error) {
	p := mail.AddressParser{WordDecoder: &mime.WordDecoder{CharsetReader: func(_ string, in io.Reader) (io.Reader, error) { return in, nil }}}
	list, err := p.ParseList(value)
	var found []string
	for _, a := range list {
		found = append(found, a.Address)
	}
	return found, err
}

// pythons are the two readers of Python's email package: the old one, and that of email.policy.default.
type pythons struct {
	mu  sync.Mutex
	in  io.Writer
	out *bufio.Scanner
}

const script = `
import sys, json
from email import message_from_bytes, message_from_string
from email.policy import default, SMTPUTF8
from email.utils import getaddresses
for line in sys.stdin:
    value = json.loads(line)
    found = []
    found.append([a for _, a in getaddresses([value]) if a])
    try:
        text = "From: " + value + "\r\n\r\n"
        message = message_from_bytes(text.encode(), policy=default) if value.isascii() else message_from_string(text, policy=SMTPUTF8)
        field = message["from"]
        found.append([a.addr_spec for a in field.addresses if a.addr_spec])
    except (AttributeError, IndexError, ValueError): # its own mistakes: it sees no author at all
        pass
    print(json.dumps(found), flush=True)
`

// startPythons starts them; nil where there is no Python.
func startPythons(t testing.TB) *pythons {
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Log("there is no python3: Go's reader alone is compared")
		return nil
	}
	command := exec.Command(path, "-c", script)
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = command.Wait()
	})
	p := &pythons{in: in, out: bufio.NewScanner(out)}
	p.out.Buffer(nil, 16<<20)
	return p
}

// read gives the addresses as each of them reads them.
func (p *pythons) read(t testing.TB, value string) [][]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	line, err := json.Marshal(value)
	if err == nil {
		_, err = p.in.Write(append(line, '\n'))
	}
	if err != nil {
		t.Fatal(err)
	}
	if !p.out.Scan() {
		t.Fatalf("python ended at %q: %v", value, p.out.Err())
	}
	var found [][]string
	if err := json.Unmarshal(p.out.Bytes(), &found); err != nil {
		t.Fatal(err)
	}
	return found
}

// agree holds the other readers against ours, where it has no doubt.
func agree(t testing.TB, others *pythons, value string) {
	t.Helper()
	authors, doubt := parser.Author([]string{value})
	if doubt != "" {
		return
	}
	if len(authors) != 1 {
		t.Fatalf("%q: no doubt about %d authors", value, len(authors))
	}
	want := authors[0].Address
	found, err := gos(value)
	repeated := strings.Count(value, want) > 1 // a name that repeats the address is not in the grammar; there is one address all the same
	if err != nil && !repeated || err == nil && (len(found) != 1 || found[0] != want) {
		t.Errorf("%q is surely of %s, and net/mail reads %q, %v", value, want, found, err)
	}
	if others == nil {
		return
	}
	for i, found := range others.read(t, value) {
		if found = slices.Compact(found); len(found) != 1 || found[0] != want {
			t.Errorf("%q is surely of %s, and Python's reader %d reads %q", value, want, i+1, found)
		}
	}
}

// TestValues are From fields as they come: who is shown as the author, and whether all readers agree.
func TestValues(t *testing.T) {
	others := startPythons(t)
	for _, c := range []struct {
		value, name, address string
		doubt                address.Doubt
	}{
		{"jeanne@boulangerie.example", "", "jeanne@boulangerie.example", ""},
		{"<jeanne@boulangerie.example>", "", "jeanne@boulangerie.example", ""},
		{"Jeanne Martin <jeanne@boulangerie.example>", "Jeanne Martin", "jeanne@boulangerie.example", ""},
		{"\"Martin, Jeanne\" <jeanne@boulangerie.example>", "Martin, Jeanne", "jeanne@boulangerie.example", ""},
		{"\"Jeanne \\\"JM\\\" Martin\" <jeanne@boulangerie.example>", "Jeanne \"JM\" Martin", "jeanne@boulangerie.example", ""},
		{"=?utf-8?Q?H=C3=A9l=C3=A8ne_Martin?= <jeanne@boulangerie.example>", "Hélène Martin", "jeanne@boulangerie.example", ""},
		{"=?utf-8?Q?Martin=2C_H=C3=A9l=C3=A8ne?= <jeanne@boulangerie.example>", "Martin, Hélène", "jeanne@boulangerie.example", ""},
		{"Hélène Martin <jeanne@boulangerie.example>", "Hélène Martin", "jeanne@boulangerie.example", ""},
		{"J. O'Martin & fils <jeanne@boulangerie.example>", "J. O'Martin & fils", "jeanne@boulangerie.example", ""},
		{"\"jeanne@boulangerie.example\" <jeanne@boulangerie.example>", "jeanne@boulangerie.example", "jeanne@boulangerie.example", ""},
		{"jeanne@boulangerie.example <jeanne@boulangerie.example>", "jeanne@boulangerie.example", "jeanne@boulangerie.example", ""},
		{"jeanne@boulangerie.example (Jeanne Martin)", "Jeanne Martin", "jeanne@boulangerie.example", ""},
		{"Jeanne.Martin+aides@Boulangerie.example", "", "Jeanne.Martin+aides@Boulangerie.example", ""},
		{"jeanne@boulangère.example", "", "jeanne@boulangère.example", ""},
		{"jeanne@xn--boulangre-63a.example", "", "jeanne@xn--boulangre-63a.example", ""},
		{"jeanne@localhost", "", "jeanne@localhost", ""},

		// angle brackets in comments and names (F1), and ten more of their kind
		{"salon@x.example (<victime@x.example>)", "victime@x.example", "salon@x.example", address.Comment},
		{"<salon@x.example> (<victime@x.example>)", "victime@x.example", "salon@x.example", address.Comment},
		{"(<victime@x.example>) salon@x.example", "victime@x.example", "salon@x.example", address.Comment},
		{"salon@x.example (a (<victime@x.example>) b)", "a (<victime@x.example>) b", "salon@x.example", address.Comment},
		{"salon@x.example (\\<victime@x.example>)", "victime@x.example", "salon@x.example", address.Comment},
		{"salon@x.example (victime@x.example)", "victime@x.example", "salon@x.example", address.Comment},
		{"Salon (<victime@x.example>) <salon@x.example>", "Salon", "salon@x.example", address.Comment},
		{"<salon(<victime@x.example>)@x.example>", "victime@x.example", "salon@x.example", address.Comment},
		{"\"<victime@x.example>\" <salon@x.example>", "victime@x.example", "salon@x.example", address.Name},
		{"=?utf-8?q?=3Cvictime=40x.example=3E?= <salon@x.example>", "victime@x.example", "salon@x.example", address.Name},
		{"\"a\\\" <victime@x.example>\" <salon@x.example>", "a\" <victime@x.example", "salon@x.example", address.Name},
		{"=?utf-8?q?a=00b?= <salon@x.example>", "a\x00b", "salon@x.example", address.Name},

		// more than one
		{"victime@x.example, salon@x.example", "", "victime@x.example", address.Several},
		{"victime@x.example <salon@x.example>", "victime@x.example", "salon@x.example", address.Syntax},
		{"<victime@x.example> <salon@x.example>", "", "victime@x.example", address.Syntax},
		{"<victime@x.example><salon@x.example>", "", "victime@x.example", address.Syntax},
		{"victime@x.example salon@x.example", "", "victime@x.example", address.Several},
		{"Nous: victime@x.example, salon@x.example;", "", "victime@x.example", address.Group},
		{"Nous: salon@x.example;", "", "salon@x.example", address.Group},
		{"<salon@x.example>; victime@x.example", "", "salon@x.example", address.Group},
		{"salon@x.example,", "", "salon@x.example", address.Syntax},
		{"Jeanne, Martin <salon@x.example>", "Martin", "salon@x.example", address.Syntax},

		// obsolete and broken
		{"<@relais.example,@b.example:salon@x.example>", "", "salon@x.example", address.Syntax},
		{"Jeanne <salon@x.example", "Jeanne", "salon@x.example", address.Syntax},
		{"Jeanne salon@x.example>", "Jeanne", "salon@x.example", address.Syntax},
		{"Jeanne \"Martin <salon@x.example>", "Jeanne \"Martin", "salon@x.example", address.Unclosed},
		{"Jeanne (Martin <salon@x.example>", "Jeanne (Martin <salon@x.example>", "", address.Unclosed},
		{"(", "(", "", address.Unclosed},
		{"Martin S.A.R.L. <jeanne@boulangerie.example>", "Martin S.A.R.L.", "jeanne@boulangerie.example", ""},
		{"(Jeanne) salon@x.example", "Jeanne", "salon@x.example", address.Comment},
		{"Jeanne Martin (Boulangerie) <jeanne@boulangerie.example>", "Jeanne Martin", "jeanne@boulangerie.example", ""},
		{"salon@x.example Jeanne <salon@x.example>", "salon@x.example Jeanne", "salon@x.example", address.Syntax},
		{"Jeanne <salon@x.example >", "Jeanne", "salon@x.example", address.Syntax},
		{"=?utf-8?B??= <salon@x.example>", "", "salon@x.example", address.Name},
		{"=?utf-8?B??.<salon@x.example>", "=?utf-8?B??.", "salon@x.example", address.Syntax},
		{"=?utf-8?Q?a?=b <salon@x.example>", "ab", "salon@x.example", address.Syntax},
		{"salon@x.example,<", "", "salon@x.example", address.Syntax},
		{"salon@x.example,;", "", "salon@x.example", address.Group},
		{".Jeanne <salon@x.example>", ".Jeanne", "salon@x.example", address.Syntax},
		{"Jeanne Martin salon@x.example", "Jeanne Martin", "salon@x.example", address.Syntax},
		{"salon@x.example Jeanne Martin", "Jeanne Martin", "salon@x.example", address.Syntax},
		{"salon @ x.example", "", "salon@x.example", address.Syntax},
		{"Jeanne [Martin] <salon@x.example>", "Jeanne [Martin]", "salon@x.example", address.Syntax},
		{"Jeanne: Martin <salon@x.example>", "Jeanne: Martin", "salon@x.example", address.Syntax},
		{"Jeanne <salon@x.example> Martin", "Jeanne", "salon@x.example", address.Syntax},
		{"mailto:salon@x.example", "", "salon@x.example", address.Syntax},
		{"'salon@x.example'", "", "salon@x.example", address.Syntax},
		{"\"victime@x.example\"@x.example", "", "victime@x.example\"@x.example", address.Syntax},
		{"<\"salon\"@x.example>", "", "salon\"@x.example", address.Syntax},
		{"salon..jeanne@x.example", "", "salon..jeanne@x.example", address.Syntax},
		{"salon@x..example", "", "salon@x..example", address.Syntax},
		{"salon@[192.0.2.1]", "", "salon@[192.0.2.1]", address.Syntax},
		{"salon@x.example@y.example", "", "salon@x.example@y.example", address.Syntax},
		{"<=?utf-8?q?victime=40x.example?=>", "", "victime@x.example", address.Syntax},
		{"=?utf-8?q?Jeanne_=3Cvictime=40x.example=3E?=", "Jeanne", "victime@x.example", address.Syntax},
		{"<\"=?utf-8?q?v=40x?=\"@evil.example>", "", "v@x\"@evil.example", address.Syntax},
		{"salon@x.example\x00", "", "salon@x.example\x00", address.Syntax},
		{"Jeanne\x00 <salon@x.example>", "Jeanne\x00", "salon@x.example", address.Syntax},
		{"Jeanne\r\nX: <salon@x.example>", "Jeanne\r\nX:", "salon@x.example", address.Syntax},
		{"salon\u3000@x.example", "", "salon@x.example", address.Spelling},
		{"salon@x\u3002example", "", "salon@x\u3002example", address.Spelling},
		{"salon@\uff58.example", "", "salon@\uff58.example", address.Spelling},
		{"\u212aevin@x.example", "", "\u212aevin@x.example", address.Spelling},
		{"salon@x.example\u200b", "", "salon@x.example\u200b", address.Spelling},
		{"Jeanne Martin", "Jeanne Martin", "", address.Syntax},
		{"MAILER-DAEMON <>", "MAILER-DAEMON", "", address.Syntax},
		{"Mail Delivery Subsystem <MAILER-DAEMON>", "Mail Delivery Subsystem", "MAILER-DAEMON", address.Syntax},
		{"", "", "", address.Syntax},
	} {
		authors, doubt := parser.Author([]string{c.value})
		got := address.Mailbox{}
		if len(authors) > 0 {
			got = authors[0]
		}
		if got != (address.Mailbox{Name: c.name, Address: c.address}) || doubt != c.doubt {
			t.Errorf("%q: %q <%s>, doubt %q; want %q <%s>, %q", c.value, got.Name, got.Address, doubt, c.name, c.address, c.doubt)
		}
		agree(t, others, c.value)
	}
}

// TestFields: one author, however many fields name them.
func TestFields(t *testing.T) {
	one, two := "Jeanne <jeanne@x.example>", "salon@x.example"
	for _, c := range []struct {
		values []string
		doubt  address.Doubt
		count  int
	}{
		{nil, address.Several, 0}, {[]string{one}, "", 1}, {[]string{one, one}, "", 1}, {[]string{one, "JEANNE@x.example"}, "", 1},
		{[]string{one, two}, address.Several, 2}, {[]string{two, one}, address.Several, 2}, {[]string{one, ""}, address.Syntax, 1}, {[]string{one, "Jeanne"}, address.Syntax, 1},
	} {
		if authors, doubt := parser.Author(c.values); doubt != c.doubt || len(authors) != c.count {
			t.Errorf("%q: %d authors, doubt %q", c.values, len(authors), doubt)
		}
	}
}

func TestSame(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"Jeanne@X.example", "jeanne@x.example", true}, {"jeanne@boulangère.example", "jeanne@xn--boulangre-63a.example", true}, {"jeanne@x.example.", "jeanne@x.example", true},
		{"jeanne@x.example", "salon@x.example", false}, {"\u212aevin@x.example", "kevin@x.example", false}, {"je\u017fus@x.example", "jesus@x.example", false},
		{"x.example", "X.EXAMPLE", true}, {"", "", true},
	} {
		if address.Same(c.a, c.b) != c.same {
			t.Errorf("%q and %q", c.a, c.b)
		}
	}
}

// FuzzAddresses: where our reader has no doubt, all others see the same address. Nothing takes it longer than its size deserves, and what it reads is in
// the value.
func FuzzAddresses(f *testing.F) {
	for _, seed := range []string{"jeanne@x.example", "Jeanne \"a\\\"b\" Martin <jeanne@x.example> (c)", "a: b@c, <d@e>;", "=?utf-8?q?=3Ca=40b=3E?= <c@d>", "<@a,@b:c@d>",
		"a(b(c)d)@e", "Hélène <h@é.example>", "\"a\" . b <c.d@e-f.g>", "a@b (\"c)\")", "a@b,\t<c@d>", "'a'@b", "a@b (c\\)d)", "!#$%&'*+/=?^_`{|}~-@x.y", "a.@b <a@b>"} {
		f.Add(seed)
	}
	others := startPythons(f)
	f.Fuzz(func(t *testing.T, value string) {
		if strings.ToValidUTF8(value, "") != value || len(value) > 2000 {
			return
		}
		agree(t, others, value)
		for _, e := range parser.Read(value) {
			if len(e.Name)+len(e.Address) > 3*len(value) {
				t.Errorf("%q: more than there is: %+v", value, e)
			}
		}
	})
}
