package message

import (
	"slices"
	"strings"
)

// body sorts the leaves of a message into its text and its attachments.
func (m *Message) body(p *parser, root *part) {
	s := &sorter{}
	s.sort([]*part{root}, "mixed", false, true, true)
	m.Text = p.join(s.text)
	if strings.TrimSpace(m.Text) == "" {
		p.inText = nil
		m.Text = p.join(s.html)
	}
	for _, a := range s.attachments {
		m.Attachments = append(m.Attachments, p.attachment(a.part, a.related))
	}
	m.Attachments = append(m.Attachments, p.inText...)
	if page := p.instead(m.Text, s); page != "" {
		m.Text = page
	}
	m.pages = s.html
	if strings.TrimSpace(m.Text) == "" {
		for _, a := range m.Attachments {
			if a.text != "" { // Outlook's rich text holds the words too
				m.Text = a.text
				break
			}
		}
	}
	m.Text = strings.TrimSpace(m.Text)
	m.Rich = p.tables(s)
}

// tables is the text of the HTML form of a message that has a plain one too, where it has a table: programs set the cells of a table below each
// other in the plain form.
func (p *parser) tables(s *sorter) string {
	if len(s.text) == 0 || slices.Equal(s.text, s.html) {
		return ""
	}
	for _, n := range s.html {
		if n.mediaType == "text/html" && strings.Contains(strings.ToLower(p.text(n)), "<table") {
			return strings.TrimSpace(p.join(s.html))
		}
	}
	return ""
}

// join is the text of several parts, one below the other.
func (p *parser) join(parts []*part) string {
	var texts []string
	for _, n := range parts {
		if n.mediaType != "text/plain" && n.mediaType != "text/html" {
			continue
		}
		text := p.text(n)
		if n.mediaType == "text/html" || n.guessed && looksHTML(text) {
			text = htmlText(text)
		} else {
			if strings.EqualFold(n.params["format"], "flowed") {
				text = unflow(text, strings.EqualFold(n.params["delsp"], "yes"))
			}
			files, rest := uudecode(text)
			text = rest
			for _, f := range files {
				p.inText = append(p.inText, p.newAttachment(fileName(f.name), "", f.content))
			}
		}
		if text = strings.Trim(text, "\n"); strings.TrimSpace(text) != "" {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, "\n\n")
}

// sorter follows parseStructure of RFC 8621 §4.1.4, except that every picture is an attachment as well.
type sorter struct {
	text, html  []*part
	attachments []placed
}

// placed is an attachment and whether it is shown inside the text (RFC 2387).
type placed struct {
	*part
	related bool
}

func (s *sorter) sort(parts []*part, multi string, inAlternative, toText, toHTML bool) {
	text, html := len(s.text), len(s.html)
	for i, n := range parts {
		kind, subtype, _ := strings.Cut(n.mediaType, "/")
		if kind == "multipart" && n.children != nil {
			s.sort(n.children, subtype, inAlternative || subtype == "alternative", toText, toHTML)
			continue
		}
		isText := n.mediaType == "text/plain" || n.mediaType == "text/html"
		inline := n.disposition != "attachment" && isText && (i == 0 || multi != "related" && n.name == "")
		switch {
		case !inline:
			s.attachments = append(s.attachments, placed{n, multi == "related" && i > 0 && n.disposition != "attachment" && kind == "image"})
		case multi == "alternative" && n.mediaType == "text/plain":
			s.text = append(s.text, n)
		case multi == "alternative":
			s.html = append(s.html, n)
		default:
			if inAlternative { // one of the two is not written otherwise
				toHTML = toHTML && n.mediaType != "text/plain"
				toText = toText && n.mediaType != "text/html"
			}
			if toText {
				s.text = append(s.text, n)
			}
			if toHTML {
				s.html = append(s.html, n)
			}
		}
	}
	if multi == "alternative" && toText && toHTML { // found in one form only
		if len(s.text) == text && len(s.html) > html {
			s.text = append(s.text, s.html[html:]...)
		}
		if len(s.html) == html && len(s.text) > text {
			s.html = append(s.html, s.text[text:]...)
		}
	}
}

// unflow joins lines that were broken for show (RFC 3676 §4.2).
func unflow(text string, delsp bool) string {
	lines := strings.Split(text, "\n")
	depth := func(line string) int { return len(line) - len(strings.TrimLeft(line, ">")) }
	out := make([]byte, 0, len(text))
	joins := false // the line before goes on in this one
	for i, line := range lines {
		quotes := depth(line)
		switch {
		case joins:
			line = strings.TrimPrefix(line[quotes:], " ")
		case quotes == 0:
			line = strings.TrimPrefix(line, " ") // stuffed
		}
		joins = flows(line) && i+1 < len(lines) && depth(lines[i+1]) == quotes
		out = append(out, line...)
		switch {
		case !joins:
			out = append(out, '\n')
		case delsp:
			out = out[:len(out)-1]
		}
	}
	return string(out)
}

// flows tells whether a line goes on in the next: it ends in a space and is no signature's mark.
func flows(line string) bool {
	return strings.HasSuffix(line, " ") && strings.TrimLeft(line, "> ") != "-- " && line != "-- "
}
