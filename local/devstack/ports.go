package devstack

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// ports are where the servers listen.
type ports struct {
	temporal, temporalUI, temporalHTTP, temporalMetrics          int
	minio, minioConsole                                          int
	smtp, submission, submissions, imap, imaps, http, https, mon int
}

// usual are the ports people know.
var usual = ports{7233, 8233, 7243, 7253, 9000, 9001, 1025, 1587, 1465, 1143, 1993, 1080, 1443, 1081}

// of lists the ports of some servers.
func (p *ports) of(servers Server) []*int {
	var list []*int
	if servers&Temporal != 0 {
		list = append(list, &p.temporal, &p.temporalUI, &p.temporalHTTP, &p.temporalMetrics)
	}
	if servers&MinIO != 0 {
		list = append(list, &p.minio, &p.minioConsole)
	}
	if servers&Mox != 0 {
		list = append(list, &p.smtp, &p.submission, &p.submissions, &p.imap, &p.imaps, &p.http, &p.https, &p.mon)
	}
	return list
}

// choosePorts takes the usual ports, which have to be free, or any free ones. Those are taken from below the range in which
// outgoing connections get theirs, so that none is lost again before its server listens.
func choosePorts(usually bool, servers Server) (ports, error) {
	p := ports{}
	if usually {
		p = usual
	}
	for _, port := range p.of(servers) {
		l, err := listen(*port)
		if err != nil {
			return p, fmt.Errorf("port %d is taken: stop what listens there, or let free ports be chosen: %w", *port, err)
		}
		defer l.Close() // all are held until all are chosen, so that none is chosen twice
		*port = l.Addr().(*net.TCPAddr).Port
	}
	return p, nil
}

// FreeAddress is a host:port of the loopback interface on which nothing listens. It is not one of those that the system gives to connections that go out,
// which would take it before a server that starts soon.
func FreeAddress() (string, error) {
	l, err := listen(0)
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// listen takes a port, or a free one for zero.
func listen(port int) (net.Listener, error) {
	if port != 0 {
		return net.Listen("tcp", address("127.0.0.1", port))
	}
	var err error
	for range 50 {
		l, tryErr := net.Listen("tcp", address("127.0.0.1", 12000+rand.IntN(20000)))
		if tryErr == nil {
			return l, nil
		}
		err = tryErr
	}
	return nil, err
}

func address(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }
