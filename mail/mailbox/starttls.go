package mailbox

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
)

// startTLS begins TLS on a connection (RFC 9051 §6.2.1). The library can do that as well, and gives up at the small faults of a server that mended
// puts right. Its error tells what the server answered instead; nothing that came in plain text is kept.
func startTLS(ctx context.Context, conn net.Conn, config *tls.Config) (*tls.Conn, error) {
	const longest = 8 << 10 // bytes of a line
	plain := &mended{Conn: conn}
	lines := bufio.NewReaderSize(plain, longest)
	greeting, err := words(lines)
	switch {
	case err != nil:
		return nil, err
	case !strings.EqualFold(greeting[0]+" "+greeting[1], "* OK"): // PREAUTH cannot be followed by STARTTLS (§7.1.4)
		return nil, fmt.Errorf("the server greets with %q", strings.Join(greeting, " "))
	}
	const tag = "S1"
	if _, err := fmt.Fprintf(conn, "%s STARTTLS\r\n", tag); err != nil {
		return nil, err
	}
	const most = 100 // untagged answers
	for range most {
		answer, err := words(lines)
		switch {
		case err != nil:
			return nil, err
		case answer[0] != tag:
			continue
		case !strings.EqualFold(answer[1], "OK"):
			return nil, fmt.Errorf("STARTTLS is refused: %q", strings.Join(answer, " "))
		case lines.Buffered() > 0 || len(plain.ready) > 0: // somebody on the way speaks for the server (§11.1)
			return nil, errors.New("something in plain text follows STARTTLS")
		}
		secure := tls.Client(conn, config)
		return secure, secure.HandshakeContext(ctx)
	}
	return nil, errors.New("no answer to STARTTLS")
}

// words are those of the next line: two at least.
func words(lines *bufio.Reader) ([]string, error) {
	text, err := lines.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	found := strings.Fields(string(text))
	if len(found) < 2 {
		return nil, fmt.Errorf("the server says %q", text)
	}
	return found, nil
}
