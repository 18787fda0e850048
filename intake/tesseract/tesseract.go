// Package tesseract reads the text of a scan or a photo by the program of that name, where it is installed. The program decodes strangers' pictures:
// it is a child with an empty environment, in a group of its own, with limits of memory, processor and output; it opens no file that a stranger
// names, since the picture comes to it by a pipe.
package tesseract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// What one picture may take.
const (
	Memory    = 448 << 20        // bytes of the program
	Processor = 20 * time.Second // a page of 300 dpi takes about one
	Clock     = 40 * time.Second
	mostText  = 40_000 // bytes of a page; what comes behind them is not kept
)

// languages are those that the program reads with, where they are installed.
const languages = "fra"

// ErrPicture is returned where the program could not read a picture within its limits: it is the picture's fault, and no later try will help.
var ErrPicture = errors.New("the picture cannot be read")

// Program is an installed program.
type Program struct {
	path             string
	processor, clock time.Duration
}

// Find finds the program; false where it is not installed or does not know French.
func Find(ctx context.Context) (*Program, bool) {
	path, err := exec.LookPath("tesseract")
	if err != nil {
		return nil, false
	}
	list := exec.CommandContext(ctx, path, "--list-langs")
	list.Env = environment
	out, err := list.Output()
	if err != nil {
		return nil, false
	}
	for line := range strings.Lines(string(out)) {
		if strings.TrimSpace(line) == languages {
			return &Program{path: path, processor: Processor, clock: Clock}, true
		}
	}
	return nil, false
}

// pictures are how the files begin that the program is given. It takes any other for a list of names of files, and opens those.
var pictures = []string{"\xff\xd8\xff", "\x89PNG\r\n\x1a\n", "II*\x00", "MM\x00*"}

func isPicture(content []byte) bool {
	return slices.ContainsFunc(pictures, func(mark string) bool { return bytes.HasPrefix(content, []byte(mark)) })
}

// environment is all that the program gets to know: one thread, so that its time is that of one processor.
var environment = []string{"OMP_THREAD_LIMIT=1"}

// Page reads the text of one picture (JPEG, PNG or TIFF), line by line; empty where it shows none. It gives ErrPicture where the picture is at fault, and the error of ctx
// where there was no more time.
func (p *Program) Page(ctx context.Context, picture []byte) (string, error) {
	if !isPicture(picture) {
		return "", ErrPicture
	}
	ctx, cancel := context.WithTimeoutCause(ctx, p.clock, ErrPicture)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.path, "stdin", "stdout", "-l", languages, "--psm", "3")
	cmd.Env, cmd.Dir = environment, "/"
	text := &beginning{most: mostText}
	cmd.Stdout = text
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", err
	}
	alone(cmd)
	cmd.Cancel = func() error { return kill(cmd) }
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		return "", fmt.Errorf("tesseract: %w", err)
	}
	if err := limit(cmd.Process.Pid, p.processor); err != nil { // it has no picture yet
		_ = kill(cmd)
		_ = cmd.Wait() // it was killed
		return "", fmt.Errorf("tesseract: its limits: %w", err)
	}
	_, _ = in.Write(picture) // a program that ends early tells so by its end
	_ = in.Close()
	err = cmd.Wait()
	switch cause := context.Cause(ctx); {
	case cause != nil && err != nil:
		return "", cause
	case err != nil:
		return "", fmt.Errorf("%w: %w", ErrPicture, err)
	}
	return strings.ToValidUTF8(text.String(), ""), nil
}

// beginning keeps the first bytes of what is written to it.
type beginning struct {
	bytes.Buffer
	most int
}

func (b *beginning) Write(p []byte) (int, error) {
	b.Buffer.Write(p[:min(len(p), b.most-b.Len())])
	return len(p), nil
}
