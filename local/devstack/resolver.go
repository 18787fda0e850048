package devstack

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"golang.org/x/net/dns/dnsmessage"
)

// mox asks the DNS a dozen questions about each mail it delivers, all about localhost. A slow or missing resolver holds each mail up for seconds.
// Where this process may (Linux, root), it answers the questions itself, on a loopback address of its own that mox alone is pointed to; elsewhere the
// system's resolver has to do. On another port it answers whoever verifies mox's DKIM signatures: its zone has the keys that mox signs with.

// zone is what the resolver knows: that localhost is this machine, and texts by name. It is safe for concurrent use.
type zone struct {
	mu   sync.Mutex
	text map[string]string // by name, lower case, with the last dot
}

func (z *zone) set(name, text string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.text == nil {
		z.text = map[string]string{}
	}
	z.text[strings.ToLower(name)] = text
}

func (z *zone) lookup(name string) (text string, found bool) {
	z.mu.Lock()
	defer z.mu.Unlock()
	text, found = z.text[strings.ToLower(name)]
	return text, found
}

// startDNS answers DNS questions on a free port of this machine until the connection is closed.
func startDNS(z *zone) (net.PacketConn, error) {
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err == nil {
		go answerQuestions(conn, z)
	}
	return conn, err
}

// startResolver does so on port 53 of an address of its own, and gives a resolv.conf that leads there. Both are empty where this process may not listen
// on port 53.
func startResolver(folder string, z *zone) (net.PacketConn, string, error) {
	if !canRedirect() {
		return nil, "", nil
	}
	// The whole of 127/8 is this machine: each stack takes an address of its own.
	ip := fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(250), 1+rand.IntN(250), 1+rand.IntN(250))
	conn, err := net.ListenPacket("udp4", net.JoinHostPort(ip, "53"))
	if err != nil {
		return nil, "", nil // not allowed here: the system's resolver has to do
	}
	file := filepath.Join(folder, "resolv.conf")
	if err := os.WriteFile(file, []byte("nameserver "+ip+"\n"), 0o644); err != nil {
		_ = conn.Close()
		return nil, "", err
	}
	go answerQuestions(conn, z)
	return conn, file, nil
}

// errNotAQuestion is returned for a packet that asks nothing.
var errNotAQuestion = errors.New("not one DNS question")

func answerQuestions(conn net.PacketConn, z *zone) {
	packet := make([]byte, 1500)
	for {
		n, from, err := conn.ReadFrom(packet)
		if err != nil {
			return // closed
		}
		if reply, err := z.answerTo(packet[:n]); err == nil {
			_, _ = conn.WriteTo(reply, from) // who does not get it asks again
		}
	}
}

// answerTo knows the address of localhost, the zone's texts, and that nothing else exists.
func (z *zone) answerTo(packet []byte) ([]byte, error) {
	var question dnsmessage.Message
	if err := question.Unpack(packet); err != nil || len(question.Questions) != 1 {
		return nil, errNotAQuestion
	}
	q := question.Questions[0]
	reply := dnsmessage.Message{Header: dnsmessage.Header{ID: question.ID, Response: true, Authoritative: true, RecursionDesired: question.RecursionDesired, RecursionAvailable: true}, Questions: question.Questions}
	text, isText := z.lookup(q.Name.String())
	header := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 60}
	switch {
	case isText && q.Type == dnsmessage.TypeTXT:
		reply.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.TXTResource{TXT: pieces(text)}}}
	case isText:
	case q.Name.String() != "localhost.":
		reply.RCode = dnsmessage.RCodeNameError
	case q.Type == dnsmessage.TypeA:
		reply.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}}}
	}
	return reply.Pack()
}

// pieces cuts a text into the strings of a record, which have at most 255 bytes (RFC 1035 §3.3.14).
func pieces(text string) []string {
	var list []string
	for len(text) > 255 {
		list, text = append(list, text[:255]), text[255:]
	}
	return append(list, text)
}

// moxSelector finds the selectors in domains.conf, each with the file of its key.
var moxSelector = regexp.MustCompile(`(?m)^\t\t\t\t(\S+):\n(?:(?:\t\t\t\t\t.*|\s*)\n)*?\t\t\t\t\tPrivateKeyFile: (\S+)$`)

// publishKeys puts the public keys that mox signs mails of localhost with into the zone, as a domain's owner does.
func (z *zone) publishKeys(folder string) error {
	conf, err := os.ReadFile(filepath.Join(folder, "domains.conf"))
	if err != nil {
		return err
	}
	for _, found := range moxSelector.FindAllStringSubmatch(string(conf), -1) {
		text, err := os.ReadFile(filepath.Join(folder, found[2]))
		if err != nil {
			return err
		}
		record, err := dkimRecord(text)
		if err != nil {
			return fmt.Errorf("%s: %w", found[2], err)
		}
		z.set(found[1]+"._domainkey.localhost.", record)
	}
	return nil
}

// dkimRecord is the record of a private key's public half (RFC 6376 §3.6.1, RFC 8463 §4).
func dkimRecord(text []byte) (string, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return "", errors.New("no PEM")
	}
	private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return "", err
	}
	switch public := private.(crypto.Signer).Public().(type) {
	case ed25519.PublicKey:
		return "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public), nil
	case *rsa.PublicKey:
		der, err := x509.MarshalPKIXPublicKey(public)
		return "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der), err
	}
	return "", fmt.Errorf("a key of type %T", private)
}
