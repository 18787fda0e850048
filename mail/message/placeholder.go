package message

import (
	"regexp"
	"slices"
	"strings"
)

// placeholders are the words that programs write where they make no plain form of a page.
var placeholders = regexp.MustCompile(`(?i)(?:\b(?:not support|cannot (?:display|read|show|view)|can't (?:display|view)|unable to (?:display|view)|` +
	`enable|view (?:it|this (?:e-?mail|message))|requires?|is (?:in|an?)|sent in|format(?:ted)? (?:is|in|as)|contains? (?:an? )?|please use|` +
	`(?:ne )?(?:supporte?|prend|affiche|peut|permet)\w*|est (?:au|en|un)|au format|lire ce|unterstützt|angezeigt|ondersteunt|weergegeven)\b.*)` +
	`\b(?:x?html|multi-?part|mime|rich text|browser|navigateur|webbrowser)\b`)

// instead is the text of the HTML form of a message whose plain form only says that there is one; empty: the plain form
// stands. A person may write such words too: they stand in the HTML form then.
func (p *parser) instead(text string, s *sorter) string {
	const longest = 400
	text = strings.Join(strings.Fields(text), " ")
	if len(s.html) == 0 || len(text) > longest || text == "" || slices.Equal(s.text, s.html) {
		return ""
	}
	if !placeholders.MatchString(text) && text != "-" && !strings.EqualFold(text, "html") {
		return ""
	}
	files := p.inText
	page := strings.TrimSpace(p.join(s.html))
	p.inText = files
	if page == "" || strings.Contains(strings.Join(strings.Fields(page), " "), text) {
		return ""
	}
	return page
}

// Links are the addresses of the web, at most a hundred, that the HTML form of a message leads to.
func (m *Message) Links() (links []string) {
	const most = 100
	for _, n := range m.pages {
		if n.mediaType != "text/html" {
			continue
		}
		page, _ := decodeTransfer(n.encoding, n.body)
		rest := string(page)
		for len(links) < most {
			at := strings.Index(rest, "href=")
			if at < 0 {
				at = strings.Index(rest, "HREF=")
			}
			if at < 0 {
				break
			}
			rest = rest[at+len("href="):]
			value := strings.TrimLeft(rest, `"'`)
			if end := strings.IndexAny(value, "\"' >\r\n"); end > 0 && strings.HasPrefix(value, "http") {
				links = append(links, strings.ReplaceAll(value[:end], "&amp;", "&"))
			}
		}
	}
	return links
}
