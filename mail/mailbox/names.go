package mailbox

import (
	"strings"

	"github.com/emersion/go-imap/v2"
)

// names is how a server writes the names of folders: what stands between the levels of one, and before those that are ours (RFC 2342).
type names struct {
	delimiter string   // empty: folders have one level
	prefix    string   // of the personal namespace, such as INBOX.
	others    []string // prefixes of what other people and groups share
}

// of is a configured name, its levels separated by slashes, as the server writes it. A name that is written for the server already stays.
func (n names) of(name string) string {
	if strings.EqualFold(name, "INBOX") {
		return "INBOX"
	}
	if n.delimiter != "" && n.delimiter != "/" {
		name = strings.ReplaceAll(name, "/", n.delimiter)
	}
	for _, prefix := range append(n.others, n.prefix) {
		if prefix != "" && len(name) > len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) {
			return name
		}
	}
	return n.prefix + name
}

// learn asks what the server can do and how it names folders.
func (s *session) learn() error {
	err := s.do(func() error { s.caps = s.client.Caps(); return nil })
	if err != nil {
		return err
	}
	// LIST "" "" tells the delimiter of any IMAP4rev1 server (RFC 3501 §6.3.8).
	roots, err := within(s, func() ([]*imap.ListData, error) { return s.client.List("", "", nil).Collect() })
	if err != nil && refusal(err) == nil {
		return err
	}
	for _, root := range roots {
		if root.Delim != 0 {
			s.names.delimiter = string(root.Delim)
		}
	}
	if !s.caps.Has(imap.CapNamespace) {
		return nil
	}
	spaces, err := within(s, func() (*imap.NamespaceData, error) { return s.client.Namespace().Wait() })
	if err != nil {
		if refusal(err) != nil {
			return nil
		}
		return err
	}
	if len(spaces.Personal) > 0 {
		s.names.prefix = spaces.Personal[0].Prefix
		if d := spaces.Personal[0].Delim; d != 0 {
			s.names.delimiter = string(d)
		}
	}
	for _, space := range append(spaces.Other, spaces.Shared...) {
		s.names.others = append(s.names.others, space.Prefix)
	}
	return nil
}

// create makes a folder and subscribes to it, so that mail programs show it. name is as the server writes it.
func (s *session) create(name string) error {
	if err := s.do(func() error { return s.client.Create(name, nil).Wait() }); err != nil {
		return err
	}
	if err := s.do(func() error { return s.client.Subscribe(name).Wait() }); err != nil && refusal(err) == nil {
		return err
	}
	return nil
}
