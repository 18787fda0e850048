package mailbox

import (
	"bytes"
	"net"
	"strconv"
	"strings"
	"time"
)

// noDate stands for a date that a server gives outside the grammar (RFC 9051 §9, date-time), or not at all.
const noDate = `"01-Jan-1970 00:00:00 +0000"`

// mended is a connection on which small faults of a server are put right before the library reads them: spaces where the grammar has none (two
// in a row, at the beginning or end of a line, inside a bracket), NUL characters, and an INTERNALDATE out of its grammar. The library would end
// the connection over each. Literals pass as they are, and quoted strings but for NUL.
type mended struct {
	net.Conn
	came    []byte // off the connection
	store   []byte // what ready lies in
	ready   []byte // to be read
	line    []byte // the end of the line so far
	begun   bool   // something of the line has come
	quoted  bool
	escaped bool
	held    bool   // a space waits for what follows
	literal int64  // bytes of a literal that are still to come
	value   []byte // of an INTERNALDATE, so far; nil: none is read
}

// longestLine is how much of a line is remembered, to know what a value belongs to and how long a literal is.
const longestLine = 64

func (m *mended) Read(b []byte) (int, error) {
	for len(m.ready) == 0 {
		if m.came == nil {
			m.came, m.store = make([]byte, 4<<10), make([]byte, 0, 4<<10+longestLine)
		}
		n, err := m.Conn.Read(m.came)
		m.ready = m.store[:0]
		m.take(m.came[:n])
		if err != nil && len(m.ready) == 0 {
			return 0, err
		}
	}
	n := copy(b, m.ready)
	m.ready = m.ready[n:]
	return n, nil
}

// take puts right what came.
func (m *mended) take(came []byte) {
	for len(came) > 0 {
		if m.literal > 0 {
			n := min(int64(len(came)), m.literal)
			m.ready, m.literal, came = append(m.ready, came[:n]...), m.literal-n, came[n:]
			continue
		}
		m.char(came[0])
		came = came[1:]
	}
}

// char takes one character outside of a literal.
func (m *mended) char(c byte) {
	switch {
	case c == 0:
		return
	case m.value != nil:
		m.dated(c)
		return
	case c == ' ' && !m.quoted:
		m.held = true
		return
	}
	if m.held {
		m.held = false
		if m.begun && !bytes.HasSuffix(m.line, []byte("(")) && c != ')' && c != '\r' && c != '\n' && m.space(c) {
			return
		}
	}
	m.note(c)
	switch {
	case m.quoted:
		m.quoted = m.escaped || c != '"'
		m.escaped = !m.escaped && c == '\\'
	case c == '"':
		m.quoted = true
	case c == '\n':
		m.literal = literalAt(m.line)
		m.line, m.begun = m.line[:0], m.literal > 0
	}
	if c == '\r' || c == '\n' {
		m.quoted = false
	}
	m.ready = append(m.ready, c)
}

// space puts the space between two words, of which the next begins with c. Taken says that the next is the value of an INTERNALDATE.
func (m *mended) space(c byte) (taken bool) {
	m.ready = append(m.ready, ' ')
	m.note(' ')
	if !bytes.HasSuffix(bytes.ToUpper(m.line), []byte("INTERNALDATE ")) {
		return false
	}
	m.value = []byte{}
	m.dated(c)
	return true
}

// note remembers the end of the line.
func (m *mended) note(c byte) {
	m.begun = m.begun || c != '\r' && c != '\n'
	if m.line = append(m.line, c); len(m.line) > longestLine {
		m.line = append(m.line[:0], m.line[len(m.line)-longestLine:]...)
	}
}

// dated takes one character of an INTERNALDATE, and hands the value on when it is whole.
func (m *mended) dated(c byte) {
	m.value = append(m.value, c)
	const longest = 60
	value := string(m.value)
	switch {
	case c == '"' && len(value) > 1:
		if _, err := time.Parse(`"_2-Jan-2006 15:04:05 -0700"`, value); err != nil {
			value = noDate
		}
	case len(value) == 3 && bytes.EqualFold(m.value, []byte("NIL")):
		value = noDate
	case value[0] == '"' && len(value) < longest && c != '\n', value[0] != '"' && len(value) < 3 && c != ')' && c != '\n':
		return
	}
	rest := ""
	if c == '\n' { // the quoted string is not closed: what follows its first word is not of it
		_, rest, _ = strings.Cut(value, " ")
		value, rest = noDate, " "+rest
	}
	m.ready, m.value = append(m.ready, value...), nil
	m.line = m.line[:0]
	m.take([]byte(rest))
}

// literalAt is how long the literal is that a line announces at its end: {12}, {12+} or ~{12}.
func literalAt(line []byte) int64 {
	line = bytes.TrimRight(line, "\r\n")
	open := bytes.LastIndexByte(line, '{')
	if open < 0 || line[len(line)-1] != '}' {
		return 0
	}
	n, err := strconv.ParseInt(string(bytes.TrimSuffix(line[open+1:len(line)-1], []byte("+"))), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
