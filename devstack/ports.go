package devstack

import (
	"fmt"
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

// choosePorts takes the usual ports, which have to be free, or any free ones. All are held until all are chosen, so that
// none is chosen twice.
func choosePorts(usually bool, servers Server) (ports, error) {
	p := ports{}
	if usually {
		p = usual
	}
	for _, port := range p.of(servers) {
		l, err := net.Listen("tcp", address("127.0.0.1", *port))
		if err != nil {
			return p, fmt.Errorf("port %d is taken: stop what listens there, or let free ports be chosen: %w", *port, err)
		}
		defer l.Close()
		*port = l.Addr().(*net.TCPAddr).Port
	}
	return p, nil
}

func address(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }
