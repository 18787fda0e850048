package devstack

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"

	"golang.org/x/net/dns/dnsmessage"
)

// mox asks the DNS a dozen questions about each mail it delivers, all about localhost and all in vain. A slow or missing
// resolver holds each mail up for seconds. Where this process may (Linux, root), it answers the questions itself, on a
// loopback address of its own that mox alone is pointed to; elsewhere the system's resolver has to do.

// startResolver answers DNS questions until the connection is closed, and gives a resolv.conf that leads to it. Both are
// empty where this process may not listen on port 53.
func startResolver(folder string) (net.PacketConn, string, error) {
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
	go answerQuestions(conn)
	return conn, file, nil
}

// errNotAQuestion is returned for a packet that asks nothing.
var errNotAQuestion = errors.New("not one DNS question")

func answerQuestions(conn net.PacketConn) {
	packet := make([]byte, 1500)
	for {
		n, from, err := conn.ReadFrom(packet)
		if err != nil {
			return // closed
		}
		if reply, err := answerTo(packet[:n]); err == nil {
			_, _ = conn.WriteTo(reply, from) // who does not get it asks again
		}
	}
}

// answerTo knows the address of localhost, and that nothing else exists.
func answerTo(packet []byte) ([]byte, error) {
	var question dnsmessage.Message
	if err := question.Unpack(packet); err != nil || len(question.Questions) != 1 {
		return nil, errNotAQuestion
	}
	q := question.Questions[0]
	reply := dnsmessage.Message{Header: dnsmessage.Header{ID: question.ID, Response: true, Authoritative: true, RecursionDesired: question.RecursionDesired, RecursionAvailable: true}, Questions: question.Questions}
	switch {
	case q.Name.String() != "localhost.":
		reply.RCode = dnsmessage.RCodeNameError
	case q.Type == dnsmessage.TypeA:
		reply.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 60}, Body: &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}}}
	}
	return reply.Pack()
}
