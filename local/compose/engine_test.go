// Package compose runs docker-compose.yml as it is shipped: the images are built, the services started, killed, multiplied, replaced by
// another version, backed up and restored, while applications come in by mail. It needs a container engine, and root on its machine to kill
// a service the way a machine does. Without an engine nothing is tested, and the reason is told.
package compose

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	project = "relance-test"
	root    = "../.."
	least   = 30 * time.Minute
	patient = 8 * time.Minute // a service that is not healthy after that is not going to be
)

// installation is a copy of the project in a folder of its own, in which docker compose is called.
type installation struct {
	*testing.T
	dir   string
	cases map[string]string // references, by sample
}

// needEngine skips the test where it cannot run, and says why.
func needEngine(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("runs every service")
	}
	if deadline, limited := t.Deadline(); limited && time.Until(deadline) < least {
		t.Skipf("it takes a quarter of an hour: go test ./local/compose -v -timeout 40m")
	}
	for _, needed := range [][]string{{"docker", "version"}, {"docker", "compose", "version"}, {"openssl", "version"}, {"git", "version"}} {
		if out, err := exec.CommandContext(t.Context(), needed[0], needed[1:]...).CombinedOutput(); err != nil {
			t.Skipf("`%s` does not work here: %v %s", strings.Join(needed, " "), err, out)
		}
	}
	out, err := exec.CommandContext(t.Context(), "docker", "ps", "--quiet", "--filter", "label=com.docker.compose.project=relance").Output()
	if err != nil {
		t.Skipf("the engine does not answer: %v", err)
	}
	if len(bytes.TrimSpace(out)) > 0 {
		t.Skip("an installation of Relance runs on this engine: its ports are taken")
	}
}

// install copies the project as git has it, prepares it for a trial, and removes what an earlier run has left.
func install(t *testing.T) *installation {
	t.Helper()
	i := &installation{T: t, dir: t.TempDir(), cases: map[string]string{}}
	list := exec.CommandContext(t.Context(), "git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
	list.Dir = root
	names, err := list.Output()
	if err != nil {
		t.Skipf("the project's files are not in git: %v", err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(names), "\x00"), "\x00") {
		i.copy(name)
	}
	// Behind a proxy that opens connections, this machine believes an authority that the images do not know.
	if bundle, err := os.ReadFile("/etc/ssl/certs/ca-certificates.crt"); err == nil {
		i.write("deploy/certificates/machine.crt", bundle)
	}
	i.run("deploy/trial.sh")
	i.set("RELANCE_VERSION", "test-1")
	i.set("RELANCE_NEXT", "test-1")
	i.down()
	t.Cleanup(i.down)
	return i
}

func (i *installation) copy(name string) {
	i.Helper()
	from, to := filepath.Join(root, name), filepath.Join(i.dir, name)
	info, err := os.Stat(from)
	if errors.Is(err, os.ErrNotExist) {
		return // removed, and still in the index
	}
	if err != nil {
		i.Fatal(err)
	}
	content, err := os.ReadFile(from)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o755)
	}
	if err == nil {
		err = os.WriteFile(to, content, info.Mode().Perm())
	}
	if err != nil {
		i.Fatal(err)
	}
}

func (i *installation) write(name string, content []byte) {
	i.Helper()
	if err := os.WriteFile(filepath.Join(i.dir, name), content, 0o644); err != nil {
		i.Fatal(err)
	}
}

// set gives a variable of .env another value, as an administrator does.
func (i *installation) set(name, value string) {
	i.Helper()
	file := filepath.Join(i.dir, ".env")
	content, err := os.ReadFile(file)
	if err != nil {
		i.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^` + name + `=.*$`)
	if !line.Match(content) {
		i.Fatalf(".env has no %s", name)
	}
	if err := os.WriteFile(file, line.ReplaceAllLiteral(content, []byte(name+"="+value)), 0o600); err != nil {
		i.Fatal(err)
	}
}

// add gives .env a variable that it does not set.
func (i *installation) add(name, value string) {
	i.Helper()
	content, err := os.ReadFile(filepath.Join(i.dir, ".env"))
	if err == nil {
		err = os.WriteFile(filepath.Join(i.dir, ".env"), append(content, name+"="+value+"\n"...), 0o600)
	}
	if err != nil {
		i.Fatal(err)
	}
}

// command is a program in the folder of the installation, with nothing of this process's own settings.
func (i *installation) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = i.dir
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "RELANCE_") || strings.HasPrefix(v, "COMPOSE_") })
	cmd.Env = append(cmd.Env, "COMPOSE_PROJECT_NAME="+project, "COMPOSE_PROFILES=mail", "COMPOSE_PROGRESS=plain")
	return cmd
}

// try runs a command and gives what it printed on standard output, and everything it said.
func (i *installation) try(input io.Reader, name string, args ...string) (out, all string, err error) {
	i.Helper()
	cmd := i.command(context.WithoutCancel(i.Context()), name, args...)
	var printed, said bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = input, io.MultiWriter(&printed, &said), &said
	began := time.Now()
	err = cmd.Run()
	i.Logf("%5.1f s  %s %s", time.Since(began).Seconds(), filepath.Base(name), strings.Join(args, " "))
	return printed.String(), said.String(), err
}

// run is a command that must succeed.
func (i *installation) run(name string, args ...string) string {
	i.Helper()
	out, all, err := i.try(nil, name, args...)
	if err != nil {
		i.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, tail(all))
	}
	return out
}

func (i *installation) compose(args ...string) string {
	i.Helper()
	return i.run("docker", append([]string{"compose"}, args...)...)
}

// relance is a command beside a running worker.
func (i *installation) relance(args ...string) string {
	i.Helper()
	return i.compose(append([]string{"exec", "-T", "relance-worker", "/relance"}, args...)...)
}

func (i *installation) down() {
	i.Helper()
	_, said, err := i.try(nil, "docker", "compose", "--profile", "*", "down", "--volumes", "--remove-orphans")
	if err != nil {
		i.Errorf("down: %v\n%s", err, tail(said))
	}
}

// tail is the end of what a command said.
func tail(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-40):], "\n")
}

// container is a line of `docker compose ps`.
type container struct {
	Name, ID, Service, State, Health, Image string
	ExitCode                                int
}

func (i *installation) containers() (list []container) {
	i.Helper()
	out, said, err := i.try(nil, "docker", "compose", "--profile", "*", "ps", "--all", "--format", "json")
	if err != nil {
		i.Logf("%s", tail(said)) // the engine may be on its way back
		return nil
	}
	for line := range strings.Lines(out) {
		var c container
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			i.Fatalf("%v in %q", err, line)
		}
		if !strings.Contains(c.Name, "-run-") { // a command beside the services
			list = append(list, c)
		}
	}
	return list
}

// well tells what a container lacks; nothing where it is as it should be.
func (c container) lacks() string {
	job := slices.Contains([]string{"minio-setup", "temporal-schema", "temporal-setup"}, c.Service)
	switch {
	case job && c.State == "exited" && c.ExitCode == 0, !job && c.State == "running" && c.Health == "healthy":
		return ""
	}
	return c.Service + " is " + c.State + " " + c.Health + " " + strconv.Itoa(c.ExitCode)
}

// healthy waits until every container is as it should be, and at least so many are there.
func (i *installation) healthy(least int) {
	i.Helper()
	ctx, cancel := context.WithTimeout(i.Context(), patient)
	defer cancel()
	for {
		var missing []string
		list := i.containers()
		for _, c := range list {
			if lacks := c.lacks(); lacks != "" {
				missing = append(missing, lacks)
			}
		}
		if len(list) >= least && len(missing) == 0 {
			return
		}
		select {
		case <-ctx.Done():
			i.Fatalf("after %v there are %d of %d containers: %s\n%s", patient, len(list), least, strings.Join(missing, ", "), tail(i.compose("logs", "--tail", "15")))
		case <-time.After(2 * time.Second):
		}
	}
}

// kill ends a service's main process the way a machine does, and waits until the engine has started it again.
func (i *installation) kill(service string) {
	i.Helper()
	for _, id := range strings.Fields(i.compose("ps", "--quiet", service)) {
		before := i.inspect(id, "{{.RestartCount}}")
		pid, err := strconv.Atoi(i.inspect(id, "{{.State.Pid}}"))
		if err == nil {
			err = syscall.Kill(pid, syscall.SIGKILL)
		}
		if err != nil {
			i.Fatalf("kill %s: %v", service, err)
		}
		for end := time.Now().Add(patient); i.inspect(id, "{{.RestartCount}}") == before; time.Sleep(100 * time.Millisecond) {
			if time.Now().After(end) {
				i.Fatalf("%s was killed, and the engine did not start it again", service)
			}
		}
	}
}

func (i *installation) inspect(id, format string) string {
	i.Helper()
	out, err := i.command(i.Context(), "docker", "inspect", "--format", format, id).Output()
	if err != nil {
		i.Fatalf("inspect: %v", err)
	}
	return strings.TrimSpace(string(out))
}

// applicant is a sample applicant who writes from the trial's second mailbox.
type applicant struct {
	i         *installation
	lines     chan string
	said      *bytes.Buffer
	sample    string
	reference string
}

// apply lets a sample apply and go on until the authority's mail of that name.
func (i *installation) apply(sample, until string) *applicant {
	i.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(i.Context()), patient)
	cmd := i.command(ctx, "docker", "compose", "run", "--rm", "--no-deps", "-T", "relance-worker", "try", "-sample", sample, "-until", until, "entreprise@localhost")
	a := &applicant{i: i, lines: make(chan string, 64), said: &bytes.Buffer{}, sample: sample}
	out, err := cmd.StdoutPipe()
	cmd.Stderr = a.said
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		i.Fatal(err)
	}
	go func() {
		defer cancel()
		defer close(a.lines)
		for scanner := bufio.NewScanner(out); scanner.Scan(); {
			if heading.MatchString(scanner.Text()) || strings.Contains(scanner.Text(), " has written to ") {
				a.lines <- scanner.Text()
			}
		}
		_ = cmd.Wait()
	}()
	if _, written := <-a.lines; !written {
		i.Fatalf("%s did not write: %s", sample, tail(a.said.String()))
	}
	return a
}

// heading is the line with which a mail of the authority begins: reference, name, subject.
var heading = regexp.MustCompile(`^([A-Z]{2,}-[A-Z0-9-]+), ([a-z-]+): `)

// gets waits for a mail of the authority.
func (a *applicant) gets(name string) {
	a.i.Helper()
	var seen []string
	for line := range a.lines {
		parts := heading.FindStringSubmatch(line)
		a.reference, a.i.cases[a.sample] = parts[1], parts[1]
		if seen = append(seen, parts[2]); parts[2] == name {
			return
		}
	}
	a.i.Fatalf("%s got %v, and not %s\n%s\n%s", a.sample, seen, name, tail(a.said.String()), tail(a.i.compose("logs", "--tail", "20", "relance-worker", "relance-starter")))
}

// lost waits until the applicant's program has ended.
func (a *applicant) lost() {
	for range a.lines {
	}
}
