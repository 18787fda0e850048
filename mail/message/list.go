package message

import (
	"slices"
	"strings"
)

// Through tells the message by which lists the mailbox is fed, each by its address: a group of Google, a list of Sympa or Mailman that
// passes the mail of applicants on. Where the message came through one of them, the marks that the list leaves are no sign any more, and
// where the list wrote itself into the From field, the author is whom it names instead: then it tells so, since nothing that was found out of
// the From field is about that author.
func (m *Message) Through(lists []string) (renamed bool) {
	if !slices.ContainsFunc(lists, m.signs.through) && !slices.ContainsFunc(lists, m.isFrom) {
		return false
	}
	if m.Maybe == MaybeList {
		m.Kind, m.Maybe = KindPerson, NotMaybe
	}
	if !slices.ContainsFunc(lists, m.isFrom) {
		return false
	}
	for _, author := range []Address{m.signs.author, m.ReplyTo} {
		if author.Address != "" && !slices.ContainsFunc(lists, func(list string) bool { return strings.EqualFold(list, author.Address) }) {
			m.From, m.Authors = author, []Address{author}
			return true
		}
	}
	return false
}

func (m *Message) isFrom(list string) bool { return strings.EqualFold(list, m.From.Address) }

// through tells whether a message came through the list of an address.
func (s signs) through(list string) bool {
	list = strings.ToLower(strings.TrimSpace(list))
	return list != "" && (strings.Contains(s.listPost, "mailto:"+list) || strings.Contains(s.listID, "<"+strings.Replace(list, "@", ".", 1)+">") ||
		slices.Contains(s.lists, list))
}

// ByPerson tells the message that an officer takes it for a person's, whatever looked like a machine.
func (m *Message) ByPerson() {
	if m.Kind == KindAutoReply || m.Kind == KindList {
		m.Kind = KindPerson
	}
	m.Maybe = NotMaybe
}
