package message_test

import (
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"relance/mail/message"
)

// TestAHeavyMailIsLightWork: whatever a mail of 40 MB is made of, taking it apart needs little memory beside its raw bytes.
func TestAHeavyMailIsLightWork(t *testing.T) {
	const size, most = 40 << 20, 120 << 20
	top := "From: a@b.example\nSubject: x\n"
	fill := func(text string) string { return strings.Repeat(text, size/len(text)) }
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	typed := func(kind, text string) string { return top + "Content-Type: " + kind + "\n\n" + text }
	text := strings.Repeat("bonjour\n", size/16)
	for name, written := range map[string]func() string{ // one at a time: the heap grows by a share of what is alive
		"lines":            func() string { return top + "\n" + fill("bonjour monsieur\n") },
		"one line":         func() string { return top + "\n" + fill("x") },
		"quotations":       func() string { return top + "\n" + fill("> x\n") },
		"accents":          func() string { return typed("text/plain; charset=iso-8859-1", fill("\xe9t\xe9 \n")) },
		"divs":             func() string { return typed("text/html", fill("<div>x")) },
		"soft breaks":      func() string { return top + "Content-Transfer-Encoding: quoted-printable\n\n" + fill("=E9=E9\n") },
		"folds":            func() string { return top + "X: y\n" + fill(" x\n") + "\nx" },
		"fields":           func() string { return top + fill("X: y\n") + "\nx" },
		"recipients":       func() string { return top + "To: " + fill("a@b,") + "\n\nx" },
		"references":       func() string { return top + "References: " + fill("<a@b> ") + "\n\nx" },
		"carriage returns": func() string { return fill("a:b\r") },
		"labels":           func() string { return top + "\n" + fill("De : x\nDate : 1\n") },
		"traces":           func() string { return top + fill("Received: x\n") + "\nx" },
		"two texts":        func() string { return typed("multipart/mixed; boundary=B", "--B\n\n"+text+"--B\n\n"+text+"--B--\n") },
	} {
		content := []byte(written())
		if took := heapOver(func() { _, _ = message.Parse(content) }); took > most {
			t.Errorf("%s: %d MB", name, took>>20)
		}
		runtime.KeepAlive(content)
	}
}

// heapOver is by how many bytes the heap grows at most while something is done.
func heapOver(do func()) int64 {
	heap := func() int64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	runtime.GC()
	before := heap()
	var most atomic.Int64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for tick := time.Tick(2 * time.Millisecond); ; {
			select {
			case <-stop:
				return
			case <-tick:
				most.Store(max(most.Load(), heap()))
			}
		}
	}()
	do()
	most.Store(max(most.Load(), heap()))
	close(stop)
	<-stopped
	return most.Load() - before
}

// TestALongTextIsReadAsFarAsABook: what is behind it is told, not forgotten in silence.
func TestALongTextIsReadAsFarAsABook(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		cut  bool
	}{
		"a letter": {"Bonjour.\n", false}, "a book and more": {strings.Repeat("Bonjour.\n", message.MaxWords/9+1), true}, "one line": {strings.Repeat("x", message.MaxWords+1), true},
	} {
		m, err := message.Parse([]byte("From: a@b.example\nSubject: x\n\n" + c.text))
		if err != nil || m.Cut != c.cut || len(m.Text) == 0 || len(m.Text) > message.MaxWords {
			t.Errorf("%s: cut %v, %d bytes of text, %v", name, m.Cut, len(m.Text), err)
		}
	}
}
