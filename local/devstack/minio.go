package devstack

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
)

// startMinIO runs the object store.
func (s *Stack) startMinIO(ctx context.Context) error {
	p, err := s.launch(MinIO, []string{"MINIO_ROOT_USER=" + s.S3AccessKey, "MINIO_ROOT_PASSWORD=" + s.S3SecretKey, "MINIO_BROWSER=on",
		"MINIO_STORAGE_CLASS_INLINE_BLOCK=1MiB"}, // objects of at most 128 kB lie in one file each, where they took a folder and two files from 16 kB on
		"server", "--quiet", "--address", s.S3Endpoint, "--console-address", address("127.0.0.1", s.ports.minioConsole),
		filepath.Join(s.options.Data, "minio"))
	if err != nil {
		return err
	}
	// Its health page answers before it can serve: a request that it may judge tells (403 to a stranger, 503 while it starts).
	return p.ready(ctx, func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.S3Endpoint+"/", nil)
		if err != nil {
			return err
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if answer.StatusCode >= http.StatusInternalServerError {
			return fmt.Errorf("it answers %s", answer.Status)
		}
		return nil
	})
}
