package run

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"relance/store/vault"
)

// keep gives what a file holds, what make makes where there is none.
func keep(file string, make func() string) (string, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		text = []byte(make() + "\n")
		err = os.WriteFile(file, text, 0o600)
	}
	return strings.TrimSpace(string(text)), err
}

// codec is the page that decrypts for Temporal's pages, while the local engine runs. Its address holds its token: whoever is shown
// Temporal's pages is told it by them, and nobody else.
type codec struct {
	listener net.Listener
	server   *http.Server
	token    string
}

// listenCodec chooses where the page will be, before Temporal is started and has to know.
func listenCodec(data string, usualPort bool) (*codec, error) {
	token, err := keep(filepath.Join(data, "codec-token"), rand.Text)
	if err != nil {
		return nil, err
	}
	where := "127.0.0.1:0"
	if usualPort {
		where = "127.0.0.1:8234"
	}
	listener, err := net.Listen("tcp", where)
	return &codec{listener: listener, token: token}, err
}

func (c *codec) endpoint() string { return "http://" + c.listener.Addr().String() + "/" + c.token }

// serve answers Temporal's pages, which a person may have opened under either name of this machine.
func (c *codec) serve(server *vault.Server, ui string) error {
	address, err := url.Parse(ui)
	if err != nil {
		return err
	}
	server.Token = c.token
	server.Origins = []string{ui, "http://localhost:" + address.Port()}
	c.server = &http.Server{Handler: server.Handler(), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = c.server.Serve(c.listener) }() // ends with close
	return nil
}

func (c *codec) close() error {
	if c.server != nil {
		return c.server.Close()
	}
	return c.listener.Close()
}
