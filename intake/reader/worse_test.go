package reader

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"relance/intake/papers"
)

// A reader that is this test's program does what a request's type says, as a file might that has taken over its parser.
var _ = func() bool {
	work = func(q request, from io.Reader) (answer, error) {
		if q.Look == nil || !strings.HasPrefix(q.Look.Type, "worse/") {
			return readFile(q, from)
		}
		if _, err := readFile(request{Look: &papers.Request{}, Sizes: q.Sizes}, from); err != nil {
			return answer{}, err
		}
		return answer{Findings: papers.Findings{Flag: worse(strings.TrimPrefix(q.Look.Type, "worse/"))}}, nil
	}
	return true
}()

func worse(what string) string {
	say := func(_ any, err error) string { return fmt.Sprint(err) }
	switch what {
	case "read":
		return say(os.ReadFile("/etc/passwd"))
	case "write":
		return say(os.Create("/tmp/relance-reader-wrote"))
	case "connect":
		return say(net.DialTimeout("tcp", "127.0.0.1:9", time.Second))
	case "listen":
		return say(net.Listen("tcp", "127.0.0.1:0"))
	case "start":
		return say(exec.Command("/bin/true").Output())
	case "fork":
		_, _, no := syscall.RawSyscall(syscall.SYS_CLONE, uintptr(syscall.SIGCHLD), 0, 0)
		if no == 0 {
			os.Exit(0) // it is the child, or the parent of one
		}
		return no.Error()
	case "parent":
		return say(os.Open(fmt.Sprintf("/proc/%d/mem", os.Getppid())))
	case "signal":
		return say(nil, syscall.Kill(os.Getppid(), 0))
	case "environment":
		return strings.Join(os.Environ(), " ")
	case "crash":
		go panic("a parser breaks")
		time.Sleep(time.Minute)
	case "leave":
		os.Exit(0)
	case "deadlock":
		select {}
	case "memory":
		for held := [][]byte{}; ; {
			held = append(held, make([]byte, 1<<20))
			clear(held[len(held)-1])
		}
	case "stack":
		return worse("stack") + "x"
	case "spin":
		for n := 0; ; n++ {
			_ = n
		}
	case "talk":
		return strings.Repeat("x", largestHead+1)
	case "keep":
		kept = append(kept, make([]byte, grown))
		for i := range kept[0] {
			kept[0][i] = 1
		}
	}
	return "done"
}

var kept [][]byte
