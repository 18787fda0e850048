package outbox_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"relance/mail/message"
	"relance/mail/outbox"
)

func sample() outbox.Mail {
	return outbox.Mail{From: message.Address{Name: "Métropole – Aides", Address: "aides@metropole.example"}, To: message.Address{Name: "Zoé", Address: "zoe@x.example"},
		Subject: "Votre demande – acceptée", Text: "Bonjour,\n\nvoilà.\n", HTML: "<p>Bonjour</p>", MessageID: "a.1.x@metropole.example", InReplyTo: "1@x", References: []string{"0@x", "1@x"},
		Date: time.Date(2020, 9, 15, 10, 0, 0, 0, time.UTC), AutoSubmitted: "auto-replied",
		Attachments: []outbox.Attachment{{Name: "décision signée.pdf", Type: "application/pdf", Content: []byte("%PDF-1.4\n%%EOF")}}}
}

func TestComposeWritesWhatParseReads(t *testing.T) {
	raw, err := outbox.Compose(sample())
	if err != nil {
		t.Fatal(err)
	}
	m, err := message.Parse(raw)
	if err != nil || len(m.Warnings) > 0 {
		t.Fatal(err, m.Warnings)
	}
	if m.From.Name != "Métropole – Aides" || m.Subject != "Votre demande – acceptée" || m.MessageID != "a.1.x@metropole.example" || strings.Join(m.References, " ") != "0@x 1@x" ||
		m.Text != "Bonjour,\n\nvoilà." || m.AutoSubmitted != "auto-replied" || len(m.Attachments) != 1 || m.Attachments[0].Name != "décision signée.pdf" {
		t.Errorf("%+v", m)
	}
	verify(t, sample(), raw)
}

const evil = "x\r\nBcc: victim@x.example\r\n\r\nbody\nX-Evil: 1\x00\u2028"

func TestNoFieldCanAddAHeader(t *testing.T) {
	for name, change := range map[string]func(*outbox.Mail){
		"from name": func(m *outbox.Mail) { m.From.Name = evil }, "to name": func(m *outbox.Mail) { m.To.Name = evil }, "reply": func(m *outbox.Mail) { m.ReplyTo = message.Address{Name: evil, Address: "r@x.example"} },
		"cc name": func(m *outbox.Mail) { m.Cc = []message.Address{{Name: evil, Address: "c@x.example"}} },
		"subject": func(m *outbox.Mail) { m.Subject = evil }, "id": func(m *outbox.Mail) { m.MessageID = evil }, "answers": func(m *outbox.Mail) { m.InReplyTo = evil },
		"references": func(m *outbox.Mail) { m.References = []string{evil, evil} }, "automatic": func(m *outbox.Mail) { m.AutoSubmitted = evil },
		"header": func(m *outbox.Mail) { m.Headers = map[string]string{"X-Test": evil} }, "file": func(m *outbox.Mail) { m.Attachments[0].Name = evil }, "type": func(m *outbox.Mail) { m.Attachments[0].Type = evil },
	} {
		m := sample()
		change(&m)
		raw, err := outbox.Compose(m)
		if err != nil {
			continue // refused is as good
		}
		parsed, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if parsed.Header.Get("Bcc") != "" || parsed.Header.Get("X-Evil") != "" {
			t.Errorf("%s added a header:\n%s", name, raw[:min(800, len(raw))])
		}
	}
	for name, change := range map[string]func(*outbox.Mail){"from": func(m *outbox.Mail) { m.From.Address = evil }, "to": func(m *outbox.Mail) { m.To.Address = evil }, "nobody": func(m *outbox.Mail) { m.To.Address = "" }} {
		m := sample()
		change(&m)
		if _, err := outbox.Compose(m); err == nil {
			t.Errorf("%s: a mail to or from no address was written", name)
		}
	}
}

var (
	field     = regexp.MustCompile(`^([!-9;-~]+):`)
	plainID   = regexp.MustCompile(`^[!-;=?-~]{1,200}$`)
	nameChars = regexp.MustCompile(`^[!-9;-~]+$`)
)

// verify looks whether a composed mail says what it was to say and nothing else.
func verify(t *testing.T, m outbox.Mail, raw []byte) {
	t.Helper()
	for _, line := range bytes.Split(raw, []byte("\r\n")) {
		if len(line) > 998 || bytes.ContainsAny(line, "\r\n\x00") {
			t.Errorf("a line that no server has to take: %.200q, %d bytes", line, len(line))
		}
	}
	outside := func(text string) bool { return strings.ContainsFunc(text, func(r rune) bool { return r > 127 }) }
	head, body, _ := strings.Cut(string(raw), "\r\n\r\n")
	if ours := m.From.Address + m.ReplyTo.Address + m.To.Address + fmt.Sprint(m.Cc); outside(body) || outside(head) && !outside(ours) {
		t.Errorf("more than ASCII without need:\n%s", raw)
	}
	var names []string
	for _, line := range strings.Split(head, "\r\n") {
		if name := field.FindStringSubmatch(line); name != nil {
			names = append(names, strings.ToLower(name[1]))
		} else if strings.TrimSpace(line) == "" || line[0] != ' ' {
			t.Errorf("no header line: %q", line)
		}
	}
	slices.Sort(names)
	if want := expected(m, names); !slices.Equal(names, want) {
		t.Errorf("headers %v, want %v:\n%s", names, want, head)
	}
	parsed, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("%v:\n%.2000s", err, raw)
	}
	if _, err := parsed.Header.Date(); err != nil {
		t.Error(err)
	}
	verifyText(t, "subject", m.Subject, parsed.Header.Get("Subject"))
	for name, value := range m.Headers {
		verifyText(t, name, value, parsed.Header.Get(name))
	}
	verifyAddress(t, parsed.Header, "From", m.From)
	verifyAddress(t, parsed.Header, "To", m.To)
	verifyAddress(t, parsed.Header, "Cc", m.Cc...)
	if plainID.MatchString(m.InReplyTo) && parsed.Header.Get("In-Reply-To") != "<"+m.InReplyTo+">" {
		t.Errorf("in reply to %q, want %q", parsed.Header.Get("In-Reply-To"), m.InReplyTo)
	}
	verifyBody(t, m, parsed)
	if read, err := message.Parse(raw); err != nil {
		t.Errorf("%v %+v", err, read)
	}
}

// expected lists the headers a mail must have; those that depend on whether a value has anything in it are taken from what is there.
func expected(m outbox.Mail, there []string) []string {
	want := []string{"content-type", "date", "from", "message-id", "mime-version", "subject", "to"}
	for name, has := range map[string]bool{"cc": len(m.Cc) > 0, "reply-to": m.ReplyTo.Address != "", "auto-submitted": m.AutoSubmitted != "",
		"content-transfer-encoding": m.HTML == "" && len(m.Attachments) == 0, "in-reply-to": m.InReplyTo != "" && slices.Contains(there, "in-reply-to"),
		"references": len(m.References) > 0 && slices.Contains(there, "references")} {
		if has {
			want = append(want, name)
		}
	}
	for name := range m.Headers {
		want = append(want, strings.ToLower(name))
	}
	slices.Sort(want)
	return want
}

// plain tells whether a text must come out as it went in.
func plain(text string) bool {
	return utf8.ValidString(text) && strings.TrimSpace(text) == text && strings.IndexFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == utf8.RuneError
	}) < 0
}

func verifyText(t *testing.T, what, want, got string) {
	t.Helper()
	decoded, err := new(mime.WordDecoder).DecodeHeader(got)
	if err != nil || plain(want) && decoded != want {
		t.Errorf("%s: %q as %q is read as %q, %v", what, want, got, decoded, err)
	}
}

func verifyAddress(t *testing.T, header mail.Header, name string, want ...message.Address) {
	t.Helper()
	if len(want) == 0 {
		return
	}
	list, err := header.AddressList(name)
	if err != nil || len(list) != len(want) {
		t.Errorf("%s: %q: %v %v", name, header.Get(name), list, err)
		return
	}
	for i, a := range list {
		if plain(want[i].Name) && want[i].Name != a.Name {
			t.Errorf("%s: the name %q as %q is read as %q", name, want[i].Name, header.Get(name), a.Name)
		}
		_, domain, _ := strings.Cut(a.Address, "@")
		if strings.IndexFunc(domain, func(r rune) bool { return r > 127 }) >= 0 {
			t.Errorf("%s: %q", name, a.Address)
		}
	}
}

func verifyBody(t *testing.T, m outbox.Mail, parsed *mail.Message) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(parsed.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Attachments) == 0 {
		if want := map[bool]string{true: "text/plain", false: "multipart/alternative"}[m.HTML == ""]; kind != want {
			t.Errorf("%s, want %s", kind, want)
		}
		return
	}
	if kind != "multipart/mixed" {
		t.Fatal(kind)
	}
	parts := multipart.NewReader(parsed.Body, params["boundary"])
	for i := 0; ; i++ {
		part, err := parts.NextRawPart()
		if err == io.EOF && i == len(m.Attachments)+1 {
			return
		}
		if err != nil || i > len(m.Attachments) {
			t.Fatalf("part %d: %v", i, err)
		}
		if i > 0 {
			verifyAttachment(t, m.Attachments[i-1], part)
		} else if _, err := io.ReadAll(quotedprintable.NewReader(part)); err != nil {
			t.Error(err)
		}
	}
}

func verifyAttachment(t *testing.T, a outbox.Attachment, part *multipart.Part) {
	t.Helper()
	if names := slices.Sorted(maps.Keys(part.Header)); !slices.Equal(names, []string{"Content-Disposition", "Content-Transfer-Encoding", "Content-Type"}) {
		t.Errorf("headers of an attachment: %v", names)
	}
	content, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, part))
	if err != nil || !bytes.Equal(content, a.Content) {
		t.Errorf("%d bytes of %d, %v", len(content), len(a.Content), err)
	}
	disposition, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	if err != nil || disposition != "attachment" || plain(a.Name) && a.Name != "" && !strings.ContainsAny(a.Name, `/\`) && params["filename"] != a.Name {
		t.Errorf("the name %q as %q is read as %q, %v", a.Name, part.Header.Get("Content-Disposition"), params["filename"], err)
	}
	kind, _, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
	if err != nil || strings.HasPrefix(kind, "multipart/") || strings.HasPrefix(kind, "message/") {
		t.Errorf("the type %q as %q: %v", a.Type, part.Header.Get("Content-Type"), err)
	}
}

func FuzzCompose(f *testing.F) {
	f.Add(evil, "zoe@x.example", evil, "cc@x.example", evil, "X-Test", evil, evil, evil, evil, evil, "application/pdf; name=x", evil, []byte(evil))
	f.Add("é", "zoé@exämple.org", "Zoé", "", "S "+strings.Repeat(" long", 400), "Content-Type", "=?utf-8?q?x=0D=0ABcc:_y?=", "1@x", "1@x", "1@x", "ça \"va\" 😀.pdf", "multipart/mixed", "auto-replied", []byte{0, 255})
	f.Add(strings.Repeat("n", 2000), "a@"+strings.Repeat("b.", 300)+"c", "\\\"", `"a b"@[127.0.0.1]`, strings.Repeat("s", 2000), "X: y", strings.Repeat("v", 2000), strings.Repeat("i", 2000), "<>", "", strings.Repeat("😀", 300), "", "", []byte("x"))
	f.Fuzz(func(t *testing.T, name, to, toName, cc, subject, headerName, header, id, answers, reference, file, kind, auto string, content []byte) {
		m := outbox.Mail{From: message.Address{Name: name, Address: "aides@metropole.example"}, To: message.Address{Name: toName, Address: to}, Subject: subject, Text: string(content),
			MessageID: id, InReplyTo: answers, References: []string{reference, answers, "x@y"}, AutoSubmitted: auto, Date: time.Date(2020, 9, 15, 10, 0, 0, 0, time.UTC)}
		if cc != "" {
			m.Cc = []message.Address{{Name: name, Address: cc}, {Address: "z@x.example"}}
		}
		if headerName != "" {
			m.Headers = map[string]string{headerName: header}
		}
		if file != "" {
			m.Attachments = []outbox.Attachment{{Name: file, Type: kind, Content: content}, {Name: file + file, Content: nil}}
		}
		raw, err := outbox.Compose(m)
		if err != nil {
			if _, bad := mail.ParseAddress("<" + to + ">"); bad == nil && cc == "" && headerName == "" && len(to) < 200 && !strings.ContainsFunc(to, func(r rune) bool { return r > 126 }) {
				t.Errorf("refused: %v", err)
			}
			return
		}
		if headerName != "" && !nameChars.MatchString(headerName) {
			t.Errorf("the header %q was written", headerName)
		}
		verify(t, m, raw)
	})
}

// How clients read names of files: RFC 2231 in the disposition, and what most others send besides.
func TestNamesOfAttachments(t *testing.T) {
	for _, name := range []string{"décision signée.pdf", `l'avis "définitif".pdf`, `a "b" c.pdf`, "😀.pdf", strings.Repeat("é", 296) + ".pdf", strings.Repeat("x", 296) + ".pdf", strings.Repeat("😀", 296) + ".pdf", "50 % (1).pdf", "a;b=c.pdf"} {
		m := sample()
		m.Attachments[0].Name = name
		raw, err := outbox.Compose(m)
		if err != nil {
			t.Fatal(err)
		}
		verify(t, m, raw)
		if read, err := message.Parse(raw); err != nil || len(read.Attachments) != 1 || read.Attachments[0].Name != name {
			t.Errorf("%q is read as %+v, %v", name, read.Attachments, err)
		}
	}
	for name, want := range map[string]string{"a\r\nb.pdf": "a b.pdf", "../../etc/passwd": ".._.._etc_passwd", "": "attachment"} {
		m := sample()
		m.Attachments[0].Name = name
		raw, err := outbox.Compose(m)
		if err != nil {
			t.Fatal(err)
		}
		if read, err := message.Parse(raw); err != nil || len(read.Attachments) != 1 || read.Attachments[0].Name != want {
			t.Errorf("%q is read as %+v, %v", name, read.Attachments, err)
		}
	}
}
