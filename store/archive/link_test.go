package archive

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestALinkServesOneObjectForAWhile(t *testing.T) {
	cfg := testConfig(t)
	s := open(t, cfg)
	if _, err := s.Link(t.Context(), "cases/A/letters/001-grant.pdf", "d.pdf", time.Hour); !errors.Is(err, ErrNoLinks) {
		t.Errorf("without a public address: %v", err)
	}
	for _, wrong := range []string{"documents.example.org", "http://documents.example.org", "https://u:p@documents.example.org", "https://documents.example.org/files", "ftp://x"} {
		cfg.Public = wrong
		if _, err := Open(t.Context(), cfg); err == nil {
			t.Errorf("%s was taken", wrong)
		}
	}
	cfg.Public = "http://" + cfg.Endpoint
	s = open(t, cfg)
	const key = "cases/A/letters/001-grant.pdf"
	if _, err := s.Link(t.Context(), key, "d.pdf", time.Hour); !errors.Is(err, ErrNotFound) {
		t.Errorf("to nothing: %v", err)
	}
	if _, err := s.PutOnce(t.Context(), key, []byte("%PDF"), "application/pdf"); err != nil {
		t.Fatal(err)
	}
	link, err := s.Link(t.Context(), key, "decision-A.pdf", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	get := func(link string) (int, string, http.Header) {
		answer, err := http.Get(link)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(text), answer.Header
	}
	if status, text, header := get(link); status != 200 || text != "%PDF" || header.Get("Content-Disposition") != `attachment; filename="decision-A.pdf"` {
		t.Errorf("%d %s %v", status, text, header)
	}
	if status, _, _ := get(strings.Replace(link, "001-grant", "002-grant", 1)); status != 403 {
		t.Errorf("to another object: %d", status)
	}
	short, err := s.Link(t.Context(), key, "d.pdf", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(2100 * time.Millisecond)
	if status, _, _ := get(short); status != 403 {
		t.Errorf("after its end: %d", status)
	}
}
