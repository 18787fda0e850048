package message

import (
	"net/textproto"
	"regexp"
	"strings"
)

var (
	returnedField = regexp.MustCompile(`(?i)^[>|\s]{0,8}(received|return-path|message-id|date|from|to|subject|mime-version|reply-to|sender|cc|in-reply-to|references|content-type|content-transfer-encoding|dkim-signature|auto-submitted|x-[\w-]+|list-[\w-]+)\s*:\s?(.*)$`)
	returnedLine  = regexp.MustCompile(`(?i)^[>\s]*[-_=*#|~+]{2,}.*\b(?:original|unsent|returned|copy of|copie d|d['’]origine|message (?:text|source|headers?)|urspr[üu]ngliche|kopie|origineel)`)
	ownID         = regexp.MustCompile(`(?i)message-id\s*:\s*<([^<>\s]+@[^<>\s]+)>`)
)

// ownWords parts what a mail system says itself from the mail that it hands back in its text: that one begins with its header. Where nothing
// is said above, the header only tells which mail it is about, and what follows counts.
func ownWords(text string) (own string, returned header) {
	const longest, asked = 64 << 10, 8 // bytes that are looked at; how often the words above are
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "")
	}
	lines := strings.Split(text, "\n")
	left := asked
	tells := func(i int) bool {
		if left--; left < 0 {
			return false
		}
		said := folded(strings.Join(lines[:i], "\n"))
		return failureWords.MatchString(said) || delayWords.MatchString(said) || successWords.MatchString(said) || statusIn(said) != ""
	}
	for i, line := range lines {
		if returnedLine.MatchString(line) && i > 0 && tells(i) {
			_, returned = ownBlock(lines[i:])
			return strings.Join(lines[:i], "\n"), returned
		}
		if !returnedField.MatchString(line) {
			continue
		}
		end, h := blockAt(lines, i)
		switch {
		case h == nil:
		case i > 0 && tells(i):
			return strings.Join(lines[:i], "\n"), h
		default:
			return strings.Join(append(lines[:i:i], lines[end:]...), "\n"), h
		}
	}
	return text, nil
}

// ownBlock finds the first header in some lines.
func ownBlock(lines []string) (int, header) {
	const looked = 60
	for i := range lines[:min(len(lines), looked)] {
		if end, h := blockAt(lines, i); h != nil {
			return end, h
		}
	}
	return 0, nil
}

// blockAt reads a header that begins in line i: its end, and its fields; none where so few fields stand together that it may be something
// else, as the lines « To: » and « Subject: » with which Exchange names a mail.
func blockAt(lines []string, i int) (end int, h header) {
	const longest = 100 // lines
	named := map[string]bool{}
	for end = i; end < min(len(lines), i+longest); end++ {
		found := returnedField.FindStringSubmatch(lines[end])
		if found == nil {
			if end == i || strings.TrimSpace(strings.Trim(lines[end], ">|")) == "" || !strings.ContainsAny(lines[end][:1], " \t>|") {
				break
			}
			h[len(h)-1].value += " " + strings.TrimSpace(lines[end])
			continue
		}
		name := textproto.CanonicalMIMEHeaderKey(found[1])
		named[name] = true
		h = append(h, field{name, strings.TrimSpace(found[2])})
	}
	if len(named) >= 3 || len(named) >= 2 && named["Message-Id"] {
		return end, h
	}
	return i, nil
}
