package devstack

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// recipe is how one server is found and built.
type recipe struct {
	server  Server
	version string
	module  string // for `go install`; empty where a module of its own pins it
	minutes string // how long a first build takes, for a person
}

var recipes = []recipe{
	{MinIO, "20260212", "github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c", "two to three minutes"},
	{Mox, "v0.0.15", "", "one minute"},
	{Temporal, "v1.5.1", "github.com/temporalio/cli/cmd/temporal@v1.5.1", "three to four minutes"},
	{Versity, "v1.8.0", "github.com/versity/versitygw/cmd/versitygw@v1.8.0", "one to two minutes"},
}

// moxModule pins mox and everything it is built from. A folder with a go.mod cannot be embedded, hence the names.
//
//go:embed tools/mox
var moxModule embed.FS

// find gives the program of a server: the one RELANCE_NAME_BIN names, one on the PATH, or the one that was built.
func find(server Server) (string, error) {
	name := server.String()
	if own := os.Getenv("RELANCE_" + strings.ToUpper(name) + "_BIN"); own != "" {
		return own, nil
	}
	if found, err := exec.LookPath(name); err == nil {
		return found, nil
	}
	for _, r := range recipes {
		if r.server == server {
			file, err := r.file()
			if err != nil {
				return "", err
			}
			if _, err := os.Stat(file); err != nil {
				return "", err
			}
			return file, nil
		}
	}
	return "", fmt.Errorf("no server %q", name)
}

// file is where the pinned version is kept.
func (r recipe) file() (string, error) {
	folder := os.Getenv("RELANCE_SERVERS")
	if folder == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		folder = filepath.Join(cache, "relance", "bin")
	}
	return filepath.Join(folder, r.server.String()+"-"+r.version), nil
}

// Build sees to it that the programs are there, and builds the pinned versions of those that are not. Two processes that
// ask at once build once.
func Build(ctx context.Context, which Server, progress io.Writer) error {
	for _, r := range recipes {
		if which&r.server == 0 {
			continue
		}
		if _, err := find(r.server); err == nil {
			continue
		}
		if err := r.build(ctx, progress); err != nil {
			return fmt.Errorf("build %s: %w", r.server, err)
		}
	}
	return nil
}

func (r recipe) build(ctx context.Context, progress io.Writer) error {
	file, err := r.file()
	if err != nil {
		return err
	}
	folder := filepath.Dir(file)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	lock, err := lockFile(filepath.Join(folder, ".lock"), true)
	if err != nil {
		return err
	}
	defer lock.Close()
	if _, err := os.Stat(file); err == nil {
		return nil // somebody else built it while we waited
	}
	work, err := os.MkdirTemp(folder, ".build-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	fmt.Fprintf(progress, "building %s %s, once for this machine (%s on two cores) …\n", r.server, r.version, r.minutes)
	if err := r.compile(ctx, work, progress); err != nil {
		return err
	}
	return os.Rename(filepath.Join(work, r.server.String()), file)
}

// compile builds the program into a folder.
func (r recipe) compile(ctx context.Context, work string, progress io.Writer) error {
	tool, err := goTool()
	if err != nil {
		return err
	}
	args, dir := []string{"install", r.module}, work
	if r.module == "" {
		if dir, err = unpackMox(work); err != nil {
			return err
		}
		args = []string{"build", "-mod=readonly", "-o", filepath.Join(work, r.server.String()), "github.com/mjl-/mox"}
	}
	cmd := exec.CommandContext(ctx, tool, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOBIN="+work, "GOFLAGS=", "GOWORK=off", "CGO_ENABLED=0")
	tie(cmd)
	cmd.Cancel = func() error { killGroup(cmd); return nil }
	done := make(chan struct{})
	defer close(done)
	go tick(r.server, progress, done)
	runtime.LockOSThread() // see startProcess
	defer runtime.UnlockOSThread()
	if out, err := cmd.CombinedOutput(); err != nil {
		return errors.Join(ctx.Err(), fmt.Errorf("%w\n%s", err, out))
	}
	return nil
}

// tick tells a person every ten seconds that a build goes on.
func tick(server Server, progress io.Writer, done <-chan struct{}) {
	began := time.Now()
	for {
		select {
		case <-done:
			return
		case <-time.After(10 * time.Second):
			fmt.Fprintf(progress, "  still building %s, %.0f s\n", server, time.Since(began).Seconds())
		}
	}
}

// goTool finds the Go command: the one on the PATH, else where its installer puts it.
func goTool() (string, error) {
	if found, err := exec.LookPath("go"); err == nil {
		return found, nil
	}
	const installed = "/usr/local/go/bin/go"
	if _, err := os.Stat(installed); err != nil {
		return "", errors.New("the servers are built with Go, and there is no go command on the PATH: install Go, or the servers themselves")
	}
	return installed, nil
}

// unpackMox writes out the module that pins mox.
func unpackMox(work string) (string, error) {
	dir := filepath.Join(work, "module")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", err
	}
	for from, to := range map[string]string{"mox.mod": "go.mod", "mox.sum": "go.sum", "tools.go.txt": "tools.go"} {
		text, err := moxModule.ReadFile("tools/mox/" + from)
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(dir, to), text, 0o644); err != nil {
			return "", err
		}
	}
	return dir, nil
}
