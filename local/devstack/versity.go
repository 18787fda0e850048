package devstack

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
)

// VersityGateway is an object store of another make than MinIO: versitygw over a folder, the file system's own extended attributes as metadata. It
// listens on the loopback interface, without TLS.
type VersityGateway struct {
	Endpoint, AccessKey, SecretKey string // endpoint is host:port
	process                        *process
}

// StartVersity starts the gateway over folders below data, and returns when it answers. Progress is told where it has to be built first.
func StartVersity(ctx context.Context, data string, progress io.Writer) (*VersityGateway, error) {
	if err := Build(ctx, Versity, progress); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	binary, err := find(Versity)
	if err != nil {
		return nil, err
	}
	objects, versions := filepath.Join(data, "objects"), filepath.Join(data, "versions")
	for _, folder := range []string{objects, versions} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, err
		}
	}
	l, err := listen(0)
	if err != nil {
		return nil, err
	}
	g := &VersityGateway{Endpoint: address("127.0.0.1", l.Addr().(*net.TCPAddr).Port), AccessKey: "relance", SecretKey: rand.Text()}
	if err := l.Close(); err != nil {
		return nil, err
	}
	g.process, err = startProcess(binary, []string{"--quiet", "--port", g.Endpoint, "posix", "--versioning-dir", versions, objects},
		[]string{"ROOT_ACCESS_KEY=" + g.AccessKey, "ROOT_SECRET_KEY=" + g.SecretKey}, data, filepath.Join(data, "versitygw.log"), "")
	if err != nil {
		return nil, err
	}
	err = g.process.ready(ctx, func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+g.Endpoint+"/", nil)
		if err != nil {
			return err
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		return answer.Body.Close()
	})
	if err != nil {
		g.Stop()
		return nil, fmt.Errorf("versitygw: %w", err)
	}
	return g, nil
}

// Stop ends the gateway.
func (g *VersityGateway) Stop() { g.process.stop() }
