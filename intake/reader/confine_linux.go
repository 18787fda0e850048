package reader

import (
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/sys/unix"
)

// confine takes from a reader all that it does not need. It gives back what confines it, for the log.
func confine() string {
	by := []string{"limits"}
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0) // a machine without memory ends it first, and not its worker
	closeInherited()
	signal.Ignore(syscall.SIGXFSZ) // a write to a file fails then, and does not end the process
	for what, most := range map[int]uint64{unix.RLIMIT_DATA: Memory, unix.RLIMIT_FSIZE: 0, unix.RLIMIT_CORE: 0, unix.RLIMIT_NOFILE: 16} {
		_ = unix.Prlimit(0, what, &unix.Rlimit{Cur: most, Max: most}, nil)
	}
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	if err := filter(); err == nil {
		by = append(by, "seccomp")
	}
	return strings.Join(by, ", ")
}

// closeInherited closes what was open in the process that started this one's parent: Go itself hands nothing on.
func closeInherited() {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return
	}
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		if target, gone := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && gone == nil && fd > 2 && !strings.HasPrefix(target, "anon_inode:") {
			_ = unix.Close(fd)
		}
	}
}

// needed are the system calls of a Go program that computes, and reads and writes what is open already. Nothing else is answered but by « not
// permitted »: no file, no connection, no other program, no look at another process.
var needed = strings.Fields(`read write readv writev close fstat newfstatat lseek fcntl
	mmap munmap mprotect mremap madvise brk
	futex sched_yield sched_getaffinity nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday time restart_syscall
	rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack tgkill getpid gettid getrandom
	epoll_create1 epoll_ctl epoll_pwait epoll_wait eventfd2 pipe2 poll ppoll
	timer_create timer_settime timer_delete setitimer set_robust_list rseq membarrier exit exit_group`)

// filter puts the filter of system calls on all threads (seccomp(2)); the process can gain no rights any more.
func filter() error {
	info, err := arch.GetInfo("")
	if err != nil {
		return err
	}
	known := func(names ...string) []string {
		return slices.DeleteFunc(slices.Clone(names), func(name string) bool { _, is := info.SyscallNames[name]; return !is })
	}
	groups := []seccomp.SyscallGroup{{Action: seccomp.ActionAllow, Names: known(needed...), NamesWithCondtions: []seccomp.NameWithConditions{{
		Name:       "clone", // threads of its own, and no processes
		Conditions: []seccomp.Condition{{Argument: 0, Operation: seccomp.BitsSet, Value: unix.CLONE_THREAD}},
	}}}}
	if clone3 := known("clone3"); len(clone3) > 0 { // its flags lie in memory: the C library makes threads by clone where it is not known
		groups = append(groups, seccomp.SyscallGroup{Action: seccomp.ActionErrno&^0xffff | seccomp.Action(unix.ENOSYS), Names: clone3})
	}
	return seccomp.LoadFilter(seccomp.Filter{NoNewPrivs: true, Flag: seccomp.FilterFlagTSync, Policy: seccomp.Policy{DefaultAction: seccomp.ActionErrno, Syscalls: groups}})
}
