package bench

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"relance/local/run"
	"relance/mail/message"
	"relance/mail/outbox"
	"relance/process/engine"
)

// held runs something and tells by how many bytes the heap grew at most meanwhile. Garbage is collected early, so that it hardly counts.
func held(run func()) int64 {
	defer debug.SetGCPercent(debug.SetGCPercent(5))
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	heap := func() int64 {
		metrics.Read(sample)
		return int64(sample[0].Value.Uint64())
	}
	runtime.GC()
	before := heap()
	var most atomic.Int64
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
				most.Store(max(most.Load(), heap()))
			}
		}
	}()
	run()
	close(done)
	<-stopped
	return max(most.Load()-before, 0)
}

// BenchmarkLargeMail takes an application with photographs through the starter and the activities that read and answer it, on the real
// servers, and reports how much memory they held at most (peak-MB), beside the size of the message (mail-MB).
func BenchmarkLargeMail(b *testing.B) {
	if testing.Short() {
		b.Skip("needs the real servers")
	}
	l, err := run.Start(b.Context(), run.Options{Data: b.TempDir(), Applicants: []string{account}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	sender, err := engine.Outbox(l.Smtp(account), account+"@localhost")
	if err != nil {
		b.Fatal(err)
	}
	defer sender.Close()
	l.Run(b.Context())
	applicant := 0
	for _, megabytes := range []int{1, 10, 50} {
		b.Run(fmt.Sprintf("%dMB", megabytes), func(b *testing.B) {
			var most int64
			var size int
			for b.Loop() {
				b.StopTimer()
				applicant++
				raw := withPhotographs(b, l, applicant, megabytes<<20)
				size = len(raw)
				b.StartTimer()
				most = max(most, held(func() { answered(b, l, sender, raw) }))
				runtime.KeepAlive(raw)
			}
			b.SetBytes(int64(size))
			b.ReportMetric(float64(most)/(1<<20), "peak-MB")
			b.ReportMetric(float64(size)/(1<<20), "mail-MB")
		})
	}
}

// withPhotographs is an application of so many bytes.
func withPhotographs(b *testing.B, l *run.Local, n, size int) []byte {
	b.Helper()
	m := outbox.Mail{From: message.Address{Name: "Banc", Address: fmt.Sprintf("%s+%d@localhost", account, n)}, To: message.Address{Address: l.Engine.Addresses().Scheme("rebond")},
		Subject: "Demande", Text: Application(n, ""), MessageID: fmt.Sprintf("%d.%d@banc.localhost", time.Now().UnixNano(), n), Date: time.Now()}
	random := rand.New(rand.NewPCG(uint64(n), 1))
	const one = 7 << 20
	for left := size * 3 / 4; left > 0; left -= one { // base64 makes four of three
		photograph := make([]byte, min(left, one))
		for i := range photograph {
			photograph[i] = byte(random.Uint32())
		}
		copy(photograph, "\xff\xd8\xff\xe0\x00\x10JFIF\x00")
		m.Attachments = append(m.Attachments, outbox.Attachment{Name: fmt.Sprintf("photo-%d.jpg", len(m.Attachments)), Type: "image/jpeg", Content: photograph})
	}
	raw, err := outbox.Compose(m)
	if err != nil {
		b.Fatal(err)
	}
	return raw
}

// answered sends an application and waits until the answer to it was handed over.
func answered(b *testing.B, l *run.Local, sender *outbox.Sender, raw []byte) {
	b.Helper()
	answers := func(ctx context.Context) (n int) {
		names, err := l.Engine.Archive.Names(ctx, "cases/")
		if err != nil {
			b.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "001-acknowledgement.eml.accepted.json") {
				n++
			}
		}
		return n
	}
	before := answers(b.Context())
	if _, err := sender.Send(b.Context(), account+"@localhost", []string{l.Engine.Addresses().Scheme("rebond")}, raw); err != nil {
		b.Fatal(err)
	}
	for end := time.Now().Add(2 * time.Minute); answers(b.Context()) == before; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			b.Fatal("no answer within two minutes")
		}
	}
}
