package tesseract

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func program(t *testing.T) *Program {
	t.Helper()
	p, ok := Find(t.Context())
	if !ok {
		t.Skip("tesseract with French (tesseract-ocr-fra) is not installed")
	}
	return p
}

// photo is one of three receipts.
const photo = "../reading/testdata/applications/papers/photo-quit-haddad.jpg"

// TestAPhotoIsRead reads a photo of receipts.
func TestAPhotoIsRead(t *testing.T) {
	content, err := os.ReadFile(photo)
	if err != nil {
		t.Fatal(err)
	}
	text, err := program(t).Page(t.Context(), content)
	if err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{"QUITTANCE DE LOYER", "avril 2020", "390,00"} {
		if !strings.Contains(text, words) {
			t.Errorf("%q is not among what was read", words)
		}
	}
}

// TestPicturesThatCannotBeRead have their own error, and no file is read that a stranger names.
func TestPicturesThatCannotBeRead(t *testing.T) {
	p := program(t)
	secret, err := filepath.Abs(photo)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"nothing": nil, "words": []byte("not a picture"), "a list of files": []byte(secret + "\n"),
		"half a picture": noise(t, 400)[:1000], "a picture that says it is vast": vast(t)} {
		if text, err := p.Page(t.Context(), content); !errors.Is(err, ErrPicture) || text != "" {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
}

// TestTheProgramIsBounded ends the program where it takes too long, by its own clock and by its caller's.
func TestTheProgramIsBounded(t *testing.T) {
	p := program(t)
	hard := noise(t, 2500)
	p.clock = 50 * time.Millisecond
	if _, err := p.Page(t.Context(), hard); !errors.Is(err, ErrPicture) {
		t.Errorf("its own clock: %v", err)
	}
	p.clock, p.processor = Clock, time.Second
	start := time.Now()
	if _, err := p.Page(t.Context(), hard); !errors.Is(err, ErrPicture) {
		t.Errorf("its processor, after %v: %v", time.Since(start), err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := p.Page(ctx, hard); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("its caller's clock: %v", err)
	}
}

// TestLimitsHold looks at a child from outside.
func TestLimitsHold(t *testing.T) {
	sleep := exec.Command("sleep", "20")
	alone(sleep)
	if err := sleep.Start(); err != nil {
		t.Skip(err)
	}
	if err := limit(sleep.Process.Pid, 7*time.Second); err != nil {
		t.Error(err)
	}
	_ = kill(sleep)
	if err := sleep.Wait(); err == nil {
		t.Error("the child was not killed")
	}
}

// noise is a picture without letters, of so many pixels a side.
func noise(t *testing.T, side int) []byte {
	t.Helper()
	g := image.NewGray(image.Rect(0, 0, side, side))
	dice := rand.New(rand.NewPCG(1, 2))
	for i := range g.Pix {
		g.Pix[i] = byte(dice.IntN(2) * 255)
	}
	var out bytes.Buffer
	if err := png.Encode(&out, g); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// vast is a small file whose header promises 60 000 by 60 000 pixels.
func vast(t *testing.T) []byte {
	content := noise(t, 10)
	copy(content[16:24], []byte{0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60})
	return content
}
