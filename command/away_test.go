package command_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"relance/command"
	"relance/observe/health"
	"relance/store/vault"
)

// An officer whose command meets a server that is away is told so in his words, and the administrator in his.
func TestACommandWhileAServerIsAway(t *testing.T) {
	for name, value := range map[string]string{"RELANCE_S3_ENDPOINT": "127.0.0.1:1", "RELANCE_S3_TLS": "false", "RELANCE_S3_ACCESS_KEY": "key", "RELANCE_S3_SECRET_KEY": "geheim-geheim", "RELANCE_KEYS": vault.NewMaster()} {
		t.Setenv(name, value)
	}
	var out, errs bytes.Buffer
	status := command.Run(t.Context(), []string{"case", "list"}, &out, &errs)
	text := errs.String()
	if status != 1 || out.Len() > 0 || !strings.HasPrefix(text, "Le stockage des documents ne répond pas en ce moment : recommencez plus tard.") || !strings.Contains(text, "connection refused") || strings.Contains(text, "geheim") {
		t.Errorf("%d\n%s", status, text)
	}
}

// A health page is printed for a person, and the exit status is the page's own.
func TestHealth(t *testing.T) {
	watch := health.New("worker", nil, nil, health.Need{Of: health.Archive, Vital: true})
	pages := http.NewServeMux()
	watch.Pages(pages)
	server := httptest.NewServer(pages)
	defer server.Close()
	ask := func(path string) (int, string) {
		var out, errs bytes.Buffer
		status := command.Run(t.Context(), []string{"health", server.URL + path}, &out, &errs)
		return status, out.String() + errs.String()
	}
	look := func(path string, want int, says string) {
		t.Helper()
		if status, text := ask(path); status != want || !strings.Contains(text, says) {
			t.Errorf("%s: %d %s, want %d %s", path, status, text, want, says)
		}
	}
	look("/readyz", 1, "worker: starting")
	watch.Ready()
	look("/readyz", 0, "worker: ok")
	for range 2 {
		watch.Failed(&health.Failure{Of: health.Archive, Reason: health.Full, Code: "XMinioStorageFull", Err: errors.New("geheim")})
	}
	look("/readyz", 1, "has no room left (XMinioStorageFull)")
	look("/healthz", 0, "worker: waiting")
	look("/nothing", 1, "is no health page")
}
