package reader

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"relance/intake/papers"
	"relance/intake/reader/hostile"
	"relance/letters/pdf"
	"relance/letters/prose"
	"relance/mail/message"
	"relance/proof/imprint"
)

// quick is a pool with little patience.
func quick(t testing.TB, size int, strikes Strikes) *Pool {
	t.Helper()
	p := New(Options{Size: size, Look: time.Second, Copy: time.Second, Still: 3 * time.Second, Strikes: strikes})
	t.Cleanup(p.Close)
	return p
}

// ledger remembers strikes in memory.
type ledger struct {
	mu    sync.Mutex
	times map[string]int
}

func (l *ledger) Struck(_ context.Context, sum string) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.times[sum], nil
}

func (l *ledger) Strike(_ context.Context, sum string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.times == nil {
		l.times = map[string]int{}
	}
	l.times[sum]++
	return nil
}

var mark = imprint.Mark{Reference: "RBD-7K3M9-QXD3A", Fingerprint: "7K3M-9QX2"}

// charter is an honest file.
func charter(t testing.TB) []byte {
	t.Helper()
	file, err := pdf.Render(pdf.Letter{Letterhead: pdf.Letterhead{Name: "Métropole des Flandres"}, Title: "Charte", Date: time.Date(2020, 9, 20, 0, 0, 0, 0, time.UTC),
		Reference: mark.Reference, Fingerprint: mark.Fingerprint, Subject: "Charte", Body: prose.Parse("Je m'engage à réduire mes déchets.")})
	if err != nil {
		t.Fatal(err)
	}
	return file
}

const pdfFile = "application/pdf"

// readsOn fails where an honest file is not read.
func readsOn(t *testing.T, p *Pool, honest []byte) {
	t.Helper()
	f, err := p.For(t.Context()).Look(papers.Request{Type: pdfFile, Copy: &papers.Against{}}, honest, honest)
	if err != nil || f.Problem != "" || f.Copy == nil || f.Copy.Look == nil || !f.Copy.Look.Same() || !slices.Equal(f.Copy.Marks, []imprint.Mark{mark}) {
		t.Fatalf("an honest file is not read any more: problem %q, %v", f.Problem, err)
	}
}

// TestHostileFiles: whatever a file wants, it gets little of it, and the next file is read.
func TestHostileFiles(t *testing.T) {
	p, honest := quick(t, 1, nil), charter(t)
	var ended []string
	p.Ended = func(why string) { ended = append(ended, why) }
	readsOn(t, p, honest)
	var files []hostile.File
	for _, kind := range hostile.Kinds {
		files = append(files, kind.Make("x"))
	}
	before := forgetPeak(t)
	for i, file := range files {
		kind := hostile.Kinds[i].Name
		ended = nil
		sitting := p.For(t.Context())
		if file.Type == "application/zip" {
			packed := message.Packed{Type: file.Type, SHA256: kind, Size: int64(len(file.Content)), Content: reader(file.Content)}
			o, err := sitting.Open(packed, message.DefaultLimits)
			if err != nil || o.Closed == message.Open {
				t.Errorf("%s is %q: %v", kind, o.Closed, err)
			}
			t.Logf("%-30s %8d bytes: %s %v", kind, len(file.Content), o.Closed, ended)
		} else {
			look := papers.Request{Type: file.Type, Check: true, Table: papers.TableOf(file.Name, file.Type, true), Rows: 200}
			f, err := sitting.Look(look, file.Content, nil)
			if err == nil && f.Problem == "" {
				f, err = sitting.Look(papers.Request{Type: file.Type, Copy: &papers.Against{}}, file.Content, honest)
			}
			if err != nil || f.Copy != nil && len(f.Copy.Marks) > 0 || len(f.Rows) > 0 {
				t.Errorf("%s: marks or rows in it, or %v", kind, err)
			}
			t.Logf("%-30s %8d bytes: %s %v", kind, len(file.Content), f.Problem, ended)
		}
		readsOn(t, p, honest)
	}
	if took := peak(t, os.Getpid()) - before; took > 32<<20 { // the largest file is held as it is
		t.Errorf("the parent's own memory grew by %d MB", took>>20)
	}
}

// TestWhatAReaderMayNotDo has a reader do what a file would that has taken it over.
func TestWhatAReaderMayNotDo(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux confines a process by its system calls")
	}
	p := quick(t, 1, nil)
	for _, what := range []string{"read", "write", "connect", "listen", "start", "fork", "parent", "signal"} {
		f, err := p.For(t.Context()).Look(papers.Request{Type: "worse/" + what}, nil, nil)
		if err != nil || !strings.Contains(f.Flag, "not permitted") {
			t.Errorf("%s: %q, %v", what, f.Flag, err)
		}
	}
	if f, err := p.For(t.Context()).Look(papers.Request{Type: "worse/environment"}, nil, nil); err != nil || f.Flag != "" {
		t.Errorf("it knows %q, %v", f.Flag, err)
	}
	readsOn(t, p, charter(t))
}

// TestHowAReaderEnds: each end is told apart, is counted against the file where the file is to blame, and the next file is read.
func TestHowAReaderEnds(t *testing.T) {
	p, honest := quick(t, 1, nil), charter(t)
	for what, want := range map[string]string{"crash": byCrash, "leave": byCrash, "deadlock": byClock, "memory": byMemory, "stack": byMemory, "spin": byProcessor, "talk": byCrash} {
		readsOn(t, p, honest) // so that the reader is not new
		var why []string
		p.Ended = func(w string) { why = append(why, w) }
		f, err := p.For(t.Context()).Look(papers.Request{Type: "worse/" + what}, []byte(what), nil)
		if err != nil || f.Problem != papers.ProblemUnread || !slices.Equal(why, []string{want}) {
			t.Errorf("%s: problem %q, ended by %v, want %s, %v", what, f.Problem, why, want, err)
		}
		readsOn(t, p, honest)
	}
}

// TestAFileThatKillsTwiceIsNotOpenedAgain, by no pool that has the same memory.
func TestAFileThatKillsTwiceIsNotOpenedAgain(t *testing.T) {
	strikes := &ledger{}
	file, ended := []byte("x"), 0
	for i := range 5 {
		p := quick(t, 1, strikes)
		p.Ended = func(string) { ended++ }
		s := p.For(t.Context())
		for range 2 { // the same file twice in one mail is one
			if f, err := s.Look(papers.Request{Type: "worse/spin"}, file, nil); err != nil || f.Problem != papers.ProblemUnread {
				t.Fatalf("problem %q, %v", f.Problem, err)
			}
		}
		if want := min(i+1, enough); ended != want {
			t.Fatalf("after %d mails %d readers have ended, want %d", i+1, ended, want)
		}
	}
}

// TestAMailMayNotKillForEver: behind its third bomb nothing of a mail is opened.
func TestAMailMayNotKillForEver(t *testing.T) {
	p, ended := quick(t, 1, nil), 0
	p.Ended = func(string) { ended++ }
	s := p.For(t.Context())
	for i := range 10 {
		if f, err := s.Look(papers.Request{Type: "worse/leave"}, []byte{byte(i)}, nil); err != nil || f.Problem != papers.ProblemUnread {
			t.Fatalf("problem %q, %v", f.Problem, err)
		}
	}
	if ended != killsAMail {
		t.Errorf("%d readers have ended", ended)
	}
	readsOn(t, p, charter(t))
}

// TestReadersAreReplaced after so many files, and where they keep much memory.
func TestReadersAreReplaced(t *testing.T) {
	p := quick(t, 1, nil)
	pid := func() int {
		r := <-p.free
		defer func() { p.free <- r }()
		if r == nil {
			return 0
		}
		return r.cmd.Process.Pid
	}
	look := func(what string) {
		if f, err := p.For(t.Context()).Look(papers.Request{Type: "worse/" + what}, nil, nil); err != nil || f.Problem != "" {
			t.Fatalf("problem %q, %v", f.Problem, err)
		}
	}
	look("nothing")
	first := pid()
	for range MaxFiles - 2 {
		look("nothing")
	}
	if pid() != first {
		t.Error("a reader was replaced before its time")
	}
	if look("nothing"); pid() != 0 {
		t.Errorf("after %d files it still reads", MaxFiles)
	}
	if look("keep"); pid() != 0 && runtime.GOOS == "linux" {
		t.Error("a reader that keeps much memory still reads")
	}
}

// TestManyAtOnce: bombs and honest files at the same time, through two readers.
func TestManyAtOnce(t *testing.T) {
	p, honest := quick(t, 2, nil), charter(t)
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			if i%2 == 0 {
				if f, err := p.For(t.Context()).Look(papers.Request{Type: "worse/memory"}, []byte{byte(i)}, nil); err != nil || f.Problem != papers.ProblemUnread {
					t.Errorf("a bomb: problem %q, %v", f.Problem, err)
				}
				return
			}
			if f, err := p.For(t.Context()).Look(papers.Request{Type: pdfFile, Check: true}, honest, nil); err != nil || f.Problem != "" {
				t.Errorf("an honest file: problem %q, %v", f.Problem, err)
			}
		})
	}
	all.Wait()
}

// TestTheCallerLeaves: a reader whose answer nobody waits for any more is ended, and the file is to blame only for a deadline.
func TestTheCallerLeaves(t *testing.T) {
	strikes := &ledger{}
	p := quick(t, 1, strikes)
	readsOn(t, p, charter(t))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for p.waiting.Load() == 0 && len(p.free) > 0 {
			runtime.Gosched()
		}
		cancel()
	}()
	if _, err := p.For(ctx).Look(papers.Request{Type: "worse/spin"}, nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("it ends with %v", err)
	}
	if len(strikes.times) != 0 {
		t.Errorf("the file was blamed %d times", len(strikes.times))
	}
	readsOn(t, p, charter(t))
}

// TestArchivesComeBackWhole: what a reader finds in an archive is what is found in place, to the last byte.
func TestArchivesComeBackWhole(t *testing.T) {
	p := quick(t, 1, nil)
	inner := hostile.Archive(map[string]string{"bail.pdf": "%PDF-1.4 bail", "kbis.txt": strings.Repeat("K", 2<<20), "vide.txt": ""})
	outer := hostile.Archive(map[string]string{"pieces.zip": string(inner), "lettre.eml": "From: a@b.example\r\nSubject: x\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.4 x"})
	packed := message.Packed{Type: "application/zip", SHA256: sumOf(outer), Size: int64(len(outer)), Content: reader(outer)}
	got, err := p.For(t.Context()).Open(packed, message.DefaultLimits)
	want := message.Unpack(packed, message.DefaultLimits)
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("it holds %d files, closed %q, %v; in place %d files", len(got.Files), got.Closed, err, len(want.Files))
	}
	if n := len(slices.Collect(leaves(got.Files))); n != 4 {
		t.Errorf("%d files", n)
	}
}

// FuzzFilesOfStrangers puts PDFs through a reader: none of them harms the next.
func FuzzFilesOfStrangers(f *testing.F) {
	honest := charter(f)
	f.Add(honest)
	for _, file := range [][]byte{hostile.Loop("x", 3), hostile.ItsOwnForm("x"), hostile.EarlierTables("x"), hostile.Fields("x"), hostile.Predictor("x"),
		hostile.FlateInFlate("x", 1<<20), hostile.LZW("x", 1<<20), hostile.ManyReferences("x", 10, 1<<16), hostile.Signatures("x", 2, 1<<10)} {
		f.Add(file)
	}
	p := New(Options{Size: 1, Look: 2 * time.Second, Copy: 2 * time.Second})
	f.Cleanup(p.Close)
	f.Fuzz(func(t *testing.T, content []byte) {
		began := time.Now()
		_, err := p.For(t.Context()).Look(papers.Request{Type: pdfFile, Check: true, Table: papers.Form, Copy: &papers.Against{}}, content, honest)
		if err != nil {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		readsOn(t, p, honest)
	})
}

// spent is the time of the processor that this process and the readers of a pool have taken, which other work on the machine does not lengthen. A reader
// that was replaced meanwhile is not counted: give it fewer files than MaxFiles.
func spent(p *Pool) (all time.Duration) {
	for range p.Size {
		r := <-p.free
		if r != nil {
			all += processorOf(r.cmd.Process.Pid)
		}
		p.free <- r
	}
	return all + processorOf(os.Getpid())
}

// BenchmarkHonestFile is what a reader costs beside reading in place.
func BenchmarkHonestFile(b *testing.B) {
	file := charter(b)
	p := New(Options{Size: 1})
	b.Cleanup(p.Close)
	large := append(slices.Clone(file), bytes.Repeat([]byte("%\n"), 1<<20)...)
	for name, content := range map[string][]byte{"letter": file, "2MB": large} {
		for where, r := range map[string]papers.Reader{"in-place": papers.Here{}, "reader": p.For(b.Context())} {
			b.Run(name+"/"+where, func(b *testing.B) {
				before := spent(p)
				for b.Loop() {
					if f, err := r.Look(papers.Request{Type: pdfFile, Check: true}, content, nil); err != nil || f.Problem != "" {
						b.Fatal(f.Problem, err)
					}
				}
				b.ReportMetric(float64((spent(p)-before).Microseconds())/float64(b.N), "processor-µs/op")
			})
		}
	}
	b.Run("start", func(b *testing.B) {
		for b.Loop() {
			r, err := start(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			r.end()
		}
	})
}
