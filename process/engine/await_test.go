package engine

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"relance/local/devstack"
	"relance/observe/health"
	"relance/process/config"
	"relance/store/vault"
)

// What waiting can mend is waited for, and what a person has to mend ends a process at once, with what is wrong.
func TestWhatAProcessWaitsFor(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	stack, err := devstack.Start(t.Context(), devstack.Options{Servers: devstack.Temporal | devstack.MinIO, Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stack.Stop() })
	const nobody = "127.0.0.1:1"
	for name, c := range map[string]struct {
		change func(*config.Config)
		wants  string // of the error; empty: it waits
		says   string // on the page meanwhile
		of     health.Dependency
	}{
		"no object store":         {func(c *config.Config) { c.S3.Endpoint = nobody }, "", "Nothing listens", health.Archive},
		"an unknown name":         {func(c *config.Config) { c.S3.Endpoint = "no-such-store.invalid:9000" }, "", "is not known", health.Archive},
		"no Temporal":             {func(c *config.Config) { c.Temporal = nobody }, "", "cannot be reached, or cannot work", health.Temporal},
		"a wrong access key":      {func(c *config.Config) { c.S3.AccessKey = "nobody" }, "does not accept the access key", "", ""},
		"a wrong secret":          {func(c *config.Config) { c.S3.SecretKey = "wrong-secret" }, "does not accept the access key or its secret", "", ""},
		"a bad bucket name":       {func(c *config.Config) { c.S3.Bucket = "No Bucket" }, "archive: ", "", ""},
		"TLS where there is none": {func(c *config.Config) { c.S3.TLS = true }, "HTTP response to HTTPS client", "", ""},
		"a broken seal":           {func(c *config.Config) { c.Seal.PKCS12 = "/no/such/file" }, "RELANCE_SEAL_P12", "", ""},
		"no mail server":          {func(c *config.Config) { c.SMTP.Address = "" }, "host:port", "", ""},
		"a short master key":      {func(c *config.Config) { c.Keys = "short" }, "RELANCE_KEYS", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config.Defaults()
			cfg.Temporal, cfg.Keys, cfg.SMTP.Address, cfg.SMTP.TLS = stack.TemporalAddress, vault.NewMaster(), "127.0.0.1:465", "tls"
			cfg.S3.Endpoint, cfg.S3.AccessKey, cfg.S3.SecretKey, cfg.S3.TLS = stack.S3Endpoint, stack.S3AccessKey, stack.S3SecretKey, false
			c.change(cfg)
			const patience = 20 * time.Second
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			e, err := Prepare(cfg, Worker, slog.New(slog.DiscardHandler))
			if err != nil {
				if c.wants == "" || !strings.Contains(err.Error(), c.wants) {
					t.Errorf("%v, want %q", err, c.wants)
				}
				return
			}
			ended := make(chan error, 1)
			go func() { ended <- e.Await(ctx) }()
			for {
				for _, d := range e.Health.Report().Dependencies {
					if c.says != "" && d.Name == c.of && strings.Contains(d.Says, c.says) {
						return
					}
				}
				select {
				case err := <-ended:
					if c.wants == "" || err == nil || !strings.Contains(err.Error(), c.wants) || strings.Contains(err.Error(), "wrong-secret") {
						t.Errorf("%v, want %q", err, c.wants)
					}
					return
				case <-ctx.Done():
					t.Fatalf("neither an error nor %q on the page: %+v", c.says, e.Health.Report())
				case <-time.After(50 * time.Millisecond):
				}
			}
		})
	}
}
