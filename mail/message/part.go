package message

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits bound the work one message can cause.
type Limits struct {
	Parts    int   `json:"parts"`    // MIME parts and files in archives, all together
	Depth    int   `json:"depth"`    // multiparts inside multiparts
	Nested   int   `json:"nested"`   // messages and archives inside one another
	Unpacked int64 `json:"unpacked"` // bytes that come out of archives, all together
}

// DefaultLimits are far above what people send.
var DefaultLimits = Limits{Parts: 2000, Depth: 100, Nested: 5, Unpacked: 100 << 20}

// budget is what is left of the limits.
type budget struct {
	Limits
	nested int    // how deep we are
	words  int    // bytes of text that are still read
	opener Opener // of files that hold others; nil: they are opened here
	failed error  // of the opener
}

// MaxWords is how much text of one message is read, in bytes: a book. Working on text takes twenty times its size. What is beyond stays in the raw mail.
const MaxWords = 2 << 20

func newBudget(l Limits) *budget { return &budget{Limits: l, words: MaxWords} }

// part is a node of the MIME tree (RFC 2045 §2.4). Its body is a slice of the message, still encoded.
type part struct {
	header      header
	mediaType   string
	params      map[string]string
	disposition string
	name        string
	rawName     string // before what is unsafe was taken out
	encoding    string
	body        []byte
	children    []*part
	guessed     bool // the type was guessed: no header said it
}

// parser reads the tree of one message.
type parser struct {
	*Message
	*budget
	inText []Attachment // files that were written into a text
}

// part reads one part. Enclosing is the subtype of the multipart around it.
func (p *parser) part(h header, body []byte, enclosing string, depth int) *part {
	p.Parts--
	n := &part{header: h, body: body}
	n.mediaType, n.params = parseParams(h.get("Content-Type"))
	var disposition map[string]string
	n.disposition, disposition = parseParams(h.get("Content-Disposition"))
	n.rawName = disposition["filename"]
	if n.name = fileName(n.rawName); n.name == "" {
		n.rawName = n.params["name"]
		n.name = fileName(n.rawName)
	}
	if n.name == "" {
		n.name = fileName(decode(h.get("Content-Description")))
		if strings.ContainsAny(n.name, " ") || !strings.Contains(n.name, ".") {
			n.name = "" // a description, and no name of a file
		}
	}
	var known bool
	if n.encoding, known = transferEncoding(h.get("Content-Transfer-Encoding")); !known {
		p.warn("the transfer encoding " + quoted(n.encoding) + " is unknown")
	}
	p.guessType(n, enclosing)
	if strings.HasPrefix(n.mediaType, "multipart/") {
		p.multipart(n, depth)
	}
	return n
}

// guessType mends a type that is missing or none (RFC 2045 §5.2, RFC 2046 §5.1.5).
func (p *parser) guessType(n *part, enclosing string) {
	switch {
	case strings.Count(n.mediaType, "/") == 1 && !strings.HasPrefix(n.mediaType, "/") && !strings.HasSuffix(n.mediaType, "/"):
		return
	case n.mediaType == "" && enclosing == "digest":
		n.mediaType = "message/rfc822"
		return
	case n.mediaType != "":
		p.warn("the content type " + quoted(n.mediaType) + " is none")
		if strings.HasPrefix(n.mediaType, "multipart") {
			n.mediaType = "multipart/mixed"
			return
		}
	}
	n.guessed, n.mediaType = true, "text/plain"
}

// quoted shows what a sender wrote, shortened.
func quoted(text string) string {
	const longest = 60
	if r := []rune(text); len(r) > longest {
		text = string(r[:longest]) + "…"
	}
	return "“" + strings.Join(strings.Fields(text), " ") + "”"
}

// multipart cuts a body at its boundary (RFC 2046 §5.1.1). What stands before the first and after the last boundary is for
// programs that know no MIME. One without a boundary that occurs is a text.
func (p *parser) multipart(n *part, depth int) {
	boundary := strings.TrimRight(n.params["boundary"], " ")
	content := n.body
	if n.encoding == "base64" || n.encoding == "quoted-printable" { // forbidden (RFC 2045 §6.4), and done
		if boundary == "" || !bytes.Contains(content, []byte("--"+boundary)) {
			content, _ = decodeTransfer(n.encoding, content)
		}
	}
	if boundary == "" {
		if boundary = guessBoundary(content); boundary != "" {
			p.warn("a multipart names no boundary")
		}
	}
	if depth >= p.Depth {
		p.warn("parts are nested too deeply")
		n.mediaType, n.guessed = "text/plain", true
		return
	}
	pieces, closed := cut(content, boundary, p.Parts)
	if len(pieces) == 0 {
		if p.nested == 0 || len(bytes.TrimSpace(content)) > 0 { // of an attached message people often send the header alone
			p.warn("a multipart without parts")
		}
		n.mediaType, n.guessed = "text/plain", true
		return
	}
	if !closed {
		p.warn("the end of the message is missing")
	}
	_, subtype, _ := strings.Cut(n.mediaType, "/")
	for _, piece := range pieces {
		if p.Parts <= 0 {
			p.warn("there are too many parts")
			return
		}
		h, body, problem := splitHeader(piece)
		if problem != "" && len(bytes.TrimSpace(piece)) > 0 {
			p.warn(problem)
		}
		n.children = append(n.children, p.part(h, body, subtype, depth+1))
	}
	if start := firstID(n.params["start"]); subtype == "related" && start != "" { // the root may stand anywhere (RFC 2387 §3.2)
		if i := slices.IndexFunc(n.children, func(c *part) bool { return firstID(c.header.get("Content-Id")) == start }); i > 0 {
			root := n.children[i]
			n.children = slices.Insert(slices.Delete(n.children, i, i+1), 0, root)
		}
	}
}

// cut gives the pieces between boundaries; closed tells whether the last boundary is there.
func cut(content []byte, boundary string, most int) (pieces [][]byte, closed bool) {
	if boundary == "" {
		return nil, false
	}
	mark := []byte("--" + boundary)
	start := -1
	for at := 0; at < len(content) && len(pieces) <= most; {
		i := bytes.Index(content[at:], mark)
		if i < 0 {
			break
		}
		i += at
		at = i + len(mark)
		if i > 0 && content[i-1] != '\n' {
			continue
		}
		rest := content[at:]
		last := bytes.HasPrefix(rest, []byte("--"))
		if last {
			rest = rest[2:]
		}
		line, _, _ := bytes.Cut(rest, []byte("\n"))
		if len(bytes.TrimSpace(line)) > 0 {
			continue // the boundary of another multipart that begins like this one
		}
		if start >= 0 {
			pieces = append(pieces, chomp(content[start:i]))
		}
		if last {
			return pieces, true
		}
		start = min(at+len(line)+1, len(content))
		at = start
	}
	if start >= 0 && start < len(content) {
		pieces = append(pieces, chomp(content[start:]))
	}
	return pieces, false
}

// chomp takes off the line end that belongs to the boundary below.
func chomp(piece []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(piece, []byte("\n")), []byte("\r"))
}

// guessBoundary takes the first line that looks like a boundary for one.
func guessBoundary(content []byte) string {
	for range 50 {
		line, rest, more := bytes.Cut(content, []byte("\n"))
		line = bytes.TrimRight(line, "\r \t")
		if bytes.HasPrefix(line, []byte("--")) && len(line) > 4 && len(line) < 80 && bytes.Count(rest, line) > 0 {
			return string(line[2:])
		}
		if !more {
			break
		}
		content = rest
	}
	return ""
}

// content decodes a leaf's body.
func (p *parser) content(n *part) []byte {
	decoded, problem := decodeTransfer(n.encoding, n.body)
	if problem != "" && !(n.encoding == "quoted-printable" && n.mediaType == "text/html") { // pages with bare = signs read well
		p.warn(problem)
	}
	return decoded
}

// isBase64Text tells whether most of a text can be base64: lines without spaces or marks in them.
func isBase64Text(body []byte) bool {
	noise := 0
	for _, c := range bytes.TrimSpace(body) {
		if sextets[c] == 66 || c == ' ' {
			noise++
		}
	}
	return noise*20 < len(body)
}

// text decodes a leaf that is a text.
func (p *parser) text(n *part) string {
	if len(n.body) > p.words {
		p.warn("the text is longer than is read")
		p.Cut = true
		short := *n
		short.body = n.body[:p.words]
		if end := bytes.LastIndexByte(short.body, '\n'); end > p.words/2 {
			short.body = short.body[:end+1]
		}
		n = &short
	}
	p.words -= len(n.body)
	content := p.content(n)
	if n.encoding == "base64" && !utf8.Valid(content) && !isBase64Text(n.body) {
		content = n.body // the label is wrong: it is a text as it stands
	}
	label := n.params["charset"]
	if n.mediaType == "text/html" && label == "" {
		label = metaCharset(content)
	}
	text := decodeText(content, label)
	if label != "" && !isASCII(content) && find(charsetName(label)) == nil && charsetName(label) != "utf-7" {
		p.warn("the charset " + quoted(label) + " is unknown")
	}
	text = strings.ReplaceAll(western(strings.ReplaceAll(text, "\r\n", "\n")), "\r", "\n")
	return strings.ReplaceAll(text, "\x00", "")
}
