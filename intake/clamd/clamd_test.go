package clamd_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"relance/intake/clamd"
)

// eicar is the harmless file that every scanner reports, in two pieces so that this one is not.
const eicar = `X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-` + `STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`

const limit = 1 << 20 // bytes: clamd's StreamMaxLength in these tests

func client(t *testing.T, address string) *clamd.Client {
	t.Helper()
	c, err := clamd.New(address)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// start runs the real clamd with one signature, and gives its addresses.
func start(t *testing.T) (tcp, unix string) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts the real clamd")
	}
	program, err := exec.LookPath("clamd")
	if err != nil {
		t.Skip("clamd is not installed (Debian: clamav-daemon)")
	}
	dir, err := os.MkdirTemp("", "clamd-") // t.TempDir() can be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	_ = l.Close()
	socket := filepath.Join(dir, "socket")
	config := fmt.Sprintf("Foreground yes\nDatabaseDirectory %s\nLocalSocket %s\nTCPSocket %s\nTCPAddr 127.0.0.1\nStreamMaxLength %d\nTemporaryDirectory %s\n", dir, socket, port, limit, dir)
	for name, text := range map[string]string{"clamd.conf": config, "test.ndb": "Test.EICAR:0:*:" + hex.EncodeToString([]byte(eicar)) + "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var output bytes.Buffer
	cmd := exec.Command(program, "--config-file="+filepath.Join(dir, "clamd.conf"))
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
		}
	})
	tcp, unix = "tcp 127.0.0.1:"+port, "unix "+socket
	for end := time.Now().Add(60 * time.Second); client(t, tcp).Ping(t.Context()) != nil || client(t, unix).Ping(t.Context()) != nil; time.Sleep(50 * time.Millisecond) {
		select {
		case <-ended:
			t.Fatalf("clamd ended:\n%s", output.String())
		default:
			if time.Now().After(end) {
				t.Fatal("clamd does not answer")
			}
		}
	}
	return tcp, unix
}

func TestTheRealClamd(t *testing.T) {
	tcp, unix := start(t)
	for _, address := range []string{tcp, unix} {
		c := client(t, address)
		for _, test := range []struct {
			name    string
			content io.Reader
			want    clamd.Verdict
			err     error
		}{
			{"nothing", strings.NewReader(""), clamd.Verdict{}, nil},
			{"text", strings.NewReader("Bonjour"), clamd.Verdict{}, nil},
			{"infected", strings.NewReader(eicar), clamd.Verdict{Infected: true, Signature: "Test.EICAR.UNOFFICIAL"}, nil},
			{"byte by byte", iotest.OneByteReader(strings.NewReader(eicar)), clamd.Verdict{Infected: true, Signature: "Test.EICAR.UNOFFICIAL"}, nil},
			{"across chunks", strings.NewReader(strings.Repeat("x", 64<<10-20) + eicar + strings.Repeat("x", 64<<10)), clamd.Verdict{Infected: true, Signature: "Test.EICAR.UNOFFICIAL"}, nil},
			{"at the limit", io.LimitReader(zeros{}, limit), clamd.Verdict{}, nil},
			{"one chunk too much", io.LimitReader(zeros{}, limit+1), clamd.Verdict{}, clamd.ErrTooLarge},
			{"without an end", zeros{}, clamd.Verdict{}, clamd.ErrTooLarge},
		} {
			got, err := c.Scan(t.Context(), test.content)
			if got != test.want || !errors.Is(err, test.err) || test.err != nil && clamd.Temporary(err) {
				t.Errorf("%s, %s: %+v %v", address, test.name, got, err)
			}
		}
		if _, err := c.Scan(t.Context(), iotest.ErrReader(io.ErrNoProgress)); !errors.Is(err, io.ErrNoProgress) {
			t.Errorf("a content that cannot be read: %v", err)
		}
		if err := c.Ping(t.Context()); err != nil {
			t.Error(err)
		}
	}
	var wait sync.WaitGroup
	for i := range 20 {
		wait.Go(func() {
			infected := i%2 == 0
			got, err := client(t, tcp).Scan(context.Background(), strings.NewReader(map[bool]string{true: eicar, false: "x"}[infected]))
			if err != nil || got.Infected != infected {
				t.Errorf("%d: %+v %v", i, got, err)
			}
		})
	}
	wait.Wait()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// fake is a server that takes what a scan sends and answers as a test says.
func fake(t *testing.T, answer func(net.Conn)) *clamd.Client {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() { defer conn.Close(); answer(conn) }()
		}
	}()
	return client(t, "tcp "+l.Addr().String())
}

// take reads a command and its chunks, and counts the bytes.
func take(conn net.Conn) (n int64) {
	if _, err := io.ReadFull(conn, make([]byte, len("zINSTREAM\x00"))); err != nil {
		return 0
	}
	for {
		var size uint32
		if binary.Read(conn, binary.BigEndian, &size) != nil || size == 0 {
			return n
		}
		copied, err := io.CopyN(io.Discard, conn, int64(size))
		if n += copied; err != nil {
			return n
		}
	}
}

func TestAnythingButAVerdictIsAnError(t *testing.T) {
	for name, answer := range map[string]string{"nothing": "", "garbage": "hello\x00", "no end": "stream: OK", "half": "stream: O\x00", "empty": "\x00", "no name": "stream:  FOUND\x00", "just found": "FOUND\x00",
		"another's": "other: OK\x00", "error": "stream: Can't allocate memory ERROR\x00", "busy": "COMMAND READ TIMED OUT ERROR\x00", "endless": strings.Repeat("x", 1<<16)} {
		got, err := fake(t, func(conn net.Conn) { take(conn); _, _ = io.WriteString(conn, answer) }).Scan(t.Context(), strings.NewReader("x"))
		if err == nil || !clamd.Temporary(err) || got != (clamd.Verdict{}) || len(err.Error()) > 6000 {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
	early := fake(t, func(conn net.Conn) { _, _ = io.WriteString(conn, "stream: OK\x00"); take(conn) })
	if got, err := early.Scan(t.Context(), io.LimitReader(zeros{}, 256<<20)); err == nil || !clamd.Temporary(err) {
		t.Errorf("clean before the end: %+v %v", got, err)
	}
	if err := fake(t, func(conn net.Conn) { _, _ = io.WriteString(conn, "no\x00") }).Ping(t.Context()); err == nil {
		t.Error("a wrong answer to a ping")
	}
	got, err := fake(t, func(conn net.Conn) { take(conn); _, _ = io.WriteString(conn, "stream: A b (c) FOUND\x00") }).Scan(t.Context(), strings.NewReader("x"))
	if err != nil || got.Signature != "A b (c)" {
		t.Errorf("%+v %v", got, err)
	}
}

func TestAServerThatIsDownOrSlow(t *testing.T) {
	for _, address := range []string{"tcp 127.0.0.1:1", "unix " + filepath.Join(t.TempDir(), "none")} {
		if _, err := client(t, address).Scan(t.Context(), strings.NewReader("x")); err == nil || !clamd.Temporary(err) {
			t.Errorf("%s: %v", address, err)
		}
	}
	done := make(chan struct{})
	defer close(done)
	for name, answer := range map[string]func(net.Conn){"never answers": func(conn net.Conn) { take(conn); <-done }, "never reads": func(net.Conn) { <-done },
		"closes at once": func(net.Conn) {}, "drips": func(conn net.Conn) { take(conn); _, _ = io.WriteString(conn, "str"); <-done }} {
		c := fake(t, answer)
		c.Timeout = 500 * time.Millisecond
		began := time.Now()
		_, err := c.Scan(t.Context(), io.LimitReader(zeros{}, 64<<20))
		if err == nil || !clamd.Temporary(err) || time.Since(began) > 20*time.Second {
			t.Errorf("%s: %v after %v", name, err, time.Since(began))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := c.Scan(ctx, zeros{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: the caller has left: %v", name, err)
		}
	}
}

func TestAContentIsNotHeld(t *testing.T) {
	const size = 100 << 20
	counted := make(chan int64, 1)
	c := fake(t, func(conn net.Conn) { counted <- take(conn); _, _ = io.WriteString(conn, "stream: OK\x00") })
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := c.Scan(t.Context(), io.LimitReader(zeros{}, size)); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if n, used := <-counted, after.TotalAlloc-before.TotalAlloc; n != size || used > size/10 {
		t.Errorf("%d bytes were sent, and %d of memory used", n, used)
	}
}

func TestAddresses(t *testing.T) {
	for _, wrong := range []string{"", "clamd", "tcp", "tcp clamd", "tcp clamd:", "unix", "unix ", "udp clamd:3310", "clamd:3310", "tcp://clamd:3310"} {
		if _, err := clamd.New(wrong); err == nil {
			t.Errorf("%q was taken", wrong)
		}
	}
	for _, right := range []string{"tcp clamd:3310", "tcp [::1]:3310", "unix /run/clamav/clamd.ctl", " tcp  clamd:3310 "} {
		if _, err := clamd.New(right); err != nil {
			t.Error(err)
		}
	}
}
