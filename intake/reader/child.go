package reader

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"mime"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"relance/intake/papers"
	"relance/mail/message"
)

// argument makes a reader of this program. It is no command of people's.
const argument = "read-strangers-files"

// A reader begins here, before packages that this one does not need have been initialised, in the program as in the tests of any package.
func init() {
	if len(os.Args) == 2 && os.Args[1] == argument {
		serve(os.Stdin, os.Stdout)
		os.Exit(0)
	}
}

// serve confines the process, then reads files until nobody brings any more.
func serve(in io.Reader, out io.Writer) {
	mime.TypeByExtension(".pdf") // reads the machine's list of types while it can be read
	_, _ = time.Now().Zone()     // and its time zone
	runtime.GOMAXPROCS(1)
	debug.SetMemoryLimit(Memory - Memory/4)
	debug.SetMaxStack(64 << 20)
	confined := confine()
	files := bufio.NewReaderSize(in, 64<<10)
	if reply(out, answer{Confined: confined}) != nil {
		return
	}
	for {
		var q request
		if err := readHead(files, &q); err != nil {
			return
		}
		a, err := work(q, files)
		if err != nil || reply(out, a) != nil {
			return
		}
		tidy()
	}
}

// work is what a reader does; a test has it do worse.
var work = readFile

// readFile reads the file of a request.
func readFile(q request, from io.Reader) (a answer, err error) {
	var contents [2][]byte
	for i, size := range q.Sizes[:min(len(q.Sizes), len(contents))] {
		contents[i] = make([]byte, size)
		if _, err := io.ReadFull(from, contents[i]); err != nil {
			return a, err
		}
	}
	switch {
	case q.Look != nil:
		a.Findings, err = papers.Here{}.Look(*q.Look, contents[0], contents[1])
	case q.Open != nil:
		q.Open.File.Content = func() io.Reader { return bytes.NewBuffer(contents[0]) }
		a.Opened = message.Unpack(q.Open.File, q.Open.Left)
	default:
		err = errors.New("nothing is asked for")
	}
	return a, err
}

// tidy gives back what a large file took.
func tidy() {
	const much = 64 << 20
	var m runtime.MemStats
	if runtime.ReadMemStats(&m); m.HeapSys-m.HeapReleased > much {
		debug.FreeOSMemory()
	}
}
