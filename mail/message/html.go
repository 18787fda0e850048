package message

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"
)

// looksHTML tells whether a text without a type is HTML.
func looksHTML(text string) bool {
	start := strings.ToLower(strings.TrimSpace(text[:min(len(text), 512)]))
	return strings.HasPrefix(start, "<html") || strings.HasPrefix(start, "<!doctype html")
}

// metaCharset finds the charset that a page names itself.
func metaCharset(content []byte) string {
	_, name, certain := charset.DetermineEncoding(content[:min(len(content), 1024)], "")
	if certain || bytes.Contains(bytes.ToLower(content[:min(len(content), 1024)]), []byte("charset=")) {
		return name
	}
	return ""
}

// rule is what a horizontal line becomes in a text: what Outlook writes above a quoted mail.
const rule = "________________________________"

var hiddenStyle = regexp.MustCompile(`(?i)display\s*:\s*none|mso-hide\s*:\s*all|visibility\s*:\s*hidden`)

// htmlText turns HTML into what a person would read: paragraphs and lines, list marks, cells with a bar between, quoted mails
// behind « > ». What is hidden stays out. It works on the tokens alone, so that no nesting however deep costs anything.
func htmlText(page string) string {
	w := &htmlWriter{}
	tokens := html.NewTokenizer(strings.NewReader(page))
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return w.text()
		case html.TextToken:
			w.write(string(tokens.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			w.start(tokens.Token())
		case html.EndTagToken:
			w.end(tokens.Token().DataAtom)
		}
	}
}

// htmlWriter gathers the text of a page.
type htmlWriter struct {
	lines []string
	line  strings.Builder
	space bool      // white space is due before the next word
	stack []htmlTag // elements that are open and matter
	quote int       // how many quotations are open
	pre   int
	open  []*htmlTable // tables
}

// htmlTag is an open element.
type htmlTag struct {
	name   atom.Atom
	hidden bool
	quote  bool
	list   int // of an ordered list: the next number; -1 for others
}

// hidden tells whether something around is not shown.
func (w *htmlWriter) hidden() bool { return len(w.stack) > 0 && w.stack[len(w.stack)-1].hidden }

func (w *htmlWriter) write(text string) {
	if w.hidden() {
		return
	}
	if w.pre > 0 {
		for i, line := range strings.Split(text, "\n") {
			if i > 0 {
				w.breakLine()
			}
			w.line.WriteString(line)
		}
		return
	}
	for i, word := range strings.FieldsFunc(text, htmlSpace) {
		if (i > 0 || w.space || htmlSpace(rune(text[0]))) && w.line.Len() > 0 {
			w.line.WriteByte(' ')
		}
		w.line.WriteString(word)
		w.space = false
	}
	if text != "" && htmlSpace(rune(text[len(text)-1])) {
		w.space = true
	}
}

func htmlSpace(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' || r == '\f' }

// breakLine ends the line.
func (w *htmlWriter) breakLine() {
	w.lines = append(w.lines, strings.Repeat("> ", w.quote)+strings.TrimRight(w.line.String(), " "))
	w.line.Reset()
	w.space = false
}

// block begins a new line, where one is begun.
func (w *htmlWriter) block() {
	if w.line.Len() > 0 {
		w.breakLine()
	}
	w.space = false
}

// gap leaves an empty line, where there is none.
func (w *htmlWriter) gap() {
	w.block()
	if n := len(w.lines); n > 0 && strings.Trim(w.lines[n-1], "> ") != "" {
		w.breakLine()
	}
}

func (w *htmlWriter) start(t html.Token) {
	switch t.DataAtom {
	case atom.Br:
		if !w.hidden() {
			w.breakLine()
		}
		return
	case atom.Hr:
		if !w.hidden() {
			w.block()
			w.line.WriteString(rule)
			w.breakLine()
		}
		return
	case atom.Img, atom.Meta, atom.Link, atom.Input, atom.Col, atom.Base, atom.Area, atom.Wbr:
		return
	}
	tag := htmlTag{name: t.DataAtom, hidden: w.hidden() || hides(t), list: -1}
	if t.Type == html.SelfClosingTagToken && t.DataAtom == 0 { // Office's own elements
		return
	}
	if !tag.hidden {
		w.layOut(t, &tag)
	}
	const deepest = 10000
	if len(w.stack) < deepest {
		w.stack = append(w.stack, tag)
	} else if tag.quote {
		w.quote--
	}
}

// layOut begins what an element begins.
func (w *htmlWriter) layOut(t html.Token, tag *htmlTag) {
	switch t.DataAtom {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		w.gap()
	case atom.Ol:
		tag.list = 1
		w.block()
	case atom.Table:
		w.block()
		w.openTable()
	case atom.Tr:
		w.block()
		w.closeRow()
	case atom.Ul, atom.Div, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Address, atom.Center, atom.Form, atom.Fieldset, atom.Dl, atom.Dt, atom.Dd, atom.Body, atom.Tbody, atom.Thead, atom.Caption, atom.Option:
		w.block()
		if outlookBorder(t) {
			w.line.WriteString(rule)
			w.breakLine()
		}
	case atom.Pre:
		w.block()
		w.pre++
	case atom.Td, atom.Th:
		w.openCell()
	case atom.Li:
		w.block()
		w.line.WriteString(w.mark())
	case atom.Blockquote:
		w.block()
		const deepest = 20
		if w.quote < deepest && !indented(t) {
			tag.quote = true
			w.quote++
		}
	}
}

// mark is what stands before an item of a list.
func (w *htmlWriter) mark() string {
	for i := len(w.stack) - 1; i >= 0; i-- {
		if tag := &w.stack[i]; tag.name == atom.Ol && tag.list > 0 {
			tag.list++
			return strconv.Itoa(tag.list-1) + ". "
		} else if tag.name == atom.Ul {
			break
		}
	}
	return "- "
}

func (w *htmlWriter) end(name atom.Atom) {
	const looked = 100 // an end tag that closes nothing must not search the whole page
	for i := len(w.stack) - 1; i >= 0 && i >= len(w.stack)-looked; i-- {
		if w.stack[i].name != name {
			if barrier(w.stack[i].name) && !barrier(name) {
				break
			}
			continue
		}
		for len(w.stack) > i {
			w.close(w.stack[len(w.stack)-1])
			w.stack = w.stack[:len(w.stack)-1]
		}
		return
	}
	if name == atom.P { // « </p> » alone is an empty paragraph
		w.block()
	}
}

// barrier tells whether an element keeps end tags inside it from closing what is outside.
func barrier(name atom.Atom) bool {
	return name == atom.Table || name == atom.Td || name == atom.Blockquote || name == atom.Div
}

// close ends what an element ends.
func (w *htmlWriter) close(tag htmlTag) {
	if tag.hidden {
		return
	}
	switch tag.name {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		w.gap()
	case atom.Td, atom.Th:
		w.closeCell()
	case atom.Tr:
		w.closeRow()
	case atom.Table:
		w.closeTable()
	case atom.Div, atom.Li, atom.Ul, atom.Ol, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Address, atom.Center, atom.Dt, atom.Dd, atom.Caption, atom.Option:
		w.block()
	case atom.Pre:
		w.block()
		w.pre--
	case atom.Blockquote:
		w.block()
		if tag.quote {
			w.quote--
		}
	}
}

func (w *htmlWriter) text() string {
	for len(w.open) > 0 {
		w.closeTable()
	}
	w.block()
	var out []string
	empty := 0
	for _, line := range w.lines {
		if line = strings.TrimRight(line, " "); strings.TrimSpace(line) == "" {
			if empty++; empty > 1 {
				continue
			}
		} else {
			empty = 0
		}
		out = append(out, line)
	}
	return strings.Trim(strings.Join(out, "\n"), "\n")
}

// hides tells whether an element is not shown.
func hides(t html.Token) bool {
	switch t.DataAtom {
	case atom.Script, atom.Style, atom.Head, atom.Title, atom.Template, atom.Object, atom.Iframe, atom.Select, atom.Noscript:
		return true
	}
	for _, a := range t.Attr {
		if a.Key == "hidden" || a.Key == "style" && hiddenStyle.MatchString(a.Val) {
			return true
		}
	}
	return false
}

// outlookBorder knows the line that Outlook draws above the mail it quotes.
func outlookBorder(t html.Token) bool {
	for _, a := range t.Attr {
		if a.Key == "style" {
			style := strings.ToLower(strings.ReplaceAll(a.Val, " ", ""))
			return strings.Contains(style, "border-top:solid#") && strings.Contains(style, "border:none")
		}
		if a.Key == "id" && (a.Val == "divRplyFwdMsg" || a.Val == "appendonsend") {
			return a.Val == "divRplyFwdMsg"
		}
	}
	return false
}

// indented tells whether a quotation is only text that was moved in: programs use the element for that too.
func indented(t html.Token) bool {
	for _, a := range t.Attr {
		if a.Key == "style" && strings.Contains(strings.ReplaceAll(strings.ToLower(a.Val), " ", ""), "margin:00040px") {
			return true
		}
	}
	return false
}
