package archive

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
)

// dialects brings answers of other servers to the form that the library reads.
type dialects struct{ next http.RoundTripper }

// RoundTrip gives the answer to GetObjectRetention the root element of the API (Retention), where versitygw 1.8 calls it ObjectLockRetention.
func (d dialects) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := d.next.RoundTrip(r)
	if err != nil || r.Method != http.MethodGet || !r.URL.Query().Has("retention") || answer.StatusCode != http.StatusOK {
		return answer, err
	}
	const most = 64 << 10 // the answer has some 200 bytes
	text, err := io.ReadAll(io.LimitReader(answer.Body, most))
	answer.Body.Close()
	if err != nil {
		return nil, err
	}
	text = bytes.ReplaceAll(text, []byte("ObjectLockRetention"), []byte("Retention"))
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	answer.Header.Set("Content-Length", strconv.Itoa(len(text)))
	return answer, nil
}
