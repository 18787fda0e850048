package auth

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Proof is what is known of who wrote a mail, kept beside the mail: what our own mail server told, what the signatures said when they were
// verified on the raw bytes, and the keys they were verified with, as they stood that day. With it the signatures can be verified again when
// the keys have left the DNS.
type Proof struct {
	Mail string    `json:"mail"` // SHA-256 of the raw bytes
	At   time.Time `json:"at"`   // real: when it was verified
	Author
	Server     Results     `json:"server"`
	Signatures []Signature `json:"signatures,omitempty"` // DKIM, on the raw bytes
	Keys       []Key       `json:"keys,omitempty"`
}

// Key is an answer of the DNS: the record with a public key (RFC 6376 §3.6.2).
type Key struct {
	Name     string    `json:"name"`
	TXT      []string  `json:"txt,omitempty"` // one string a record, as net.Resolver.LookupTXT gives them
	At       time.Time `json:"at"`            // real
	Resolver string    `json:"resolver"`      // who was asked
	Error    string    `json:"error,omitempty"`
}

// Notebook asks a Lookup and writes down what it was answered. It may be used by many goroutines at once.
type Notebook struct {
	Ask      Lookup
	Resolver string // who is asked, for the record
	Now      func() time.Time

	mu   sync.Mutex
	keys []Key
}

// Lookup asks.
func (n *Notebook) Lookup(name string) ([]string, error) {
	txt, err := n.Ask(name)
	k := Key{Name: name, TXT: txt, At: n.Now().UTC().Truncate(time.Second), Resolver: n.Resolver}
	if err != nil {
		k.Error = err.Error()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.keys = append(n.keys, k)
	return txt, err
}

// Keys are the answers, in the order of the questions.
func (n *Notebook) Keys() []Key {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]Key(nil), n.keys...)
}

// Verify verifies the signatures of the raw message that a proof belongs to again, with the keys that were kept: nobody is asked anything. The error
// tells the first signature that was good then and is not now.
func (p Proof) Verify(raw []byte) ([]Signature, error) {
	now := Again(raw, p.Keys, p.At)
	passes := func(list []Signature, domain string) (n int) {
		for _, s := range list {
			if s.Result == Pass && strings.EqualFold(s.Domain, domain) {
				n++
			}
		}
		return n
	}
	for _, then := range p.Signatures {
		if then.Result != Pass || passes(now, then.Domain) >= passes(p.Signatures, then.Domain) {
			continue
		}
		for _, s := range now {
			if s.Domain == then.Domain && s.Result != Pass {
				return now, fmt.Errorf("the signature of %s, good on %s, does not verify: %s", then.Domain, p.At.Format(time.DateOnly), s.Detail)
			}
		}
		return now, errors.New("the signature of " + then.Domain + " is no longer there")
	}
	return now, nil
}
