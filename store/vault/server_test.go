package vault_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"relance/store/vault"
)

const (
	token  = "0123456789abcdefghij"
	origin = "http://localhost:8233"
)

// Who has the token reads, from Temporal's page or a command line; nobody else does, and no other page.
func TestServer(t *testing.T) {
	keys := vault.NewKeys(newShelf(), ring(t, vault.NewMaster()))
	codec := vault.NewCodec(keys)
	sealed, err := of(codec, "RBD-A").Encode([]*commonpb.Payload{payload(`"un loyer"`)})
	if err != nil {
		t.Fatal(err)
	}
	sealed = append(sealed, &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte("binary/encrypted"), "encryption-key-id": []byte("RBD-GONE")}, Data: []byte("x")})
	body, err := protojson.Marshal(&commonpb.Payloads{Payloads: sealed})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer((&vault.Server{Codec: codec, Token: token, Origins: []string{"http://127.0.0.1:8233", origin}, Log: slog.New(slog.DiscardHandler)}).Handler())
	defer server.Close()
	for _, test := range []struct {
		name, method, path, bearer, from string
		status                           int
	}{
		{"the page", "POST", "/" + token + "/decode", "", origin, 200},
		{"a command line", "POST", "/decode", token, "", 200},
		{"no token", "POST", "/decode", "", origin, 401},
		{"a wrong token", "POST", "/decode", token + "x", origin, 401},
		{"a wrong token in the path", "POST", "/wrong/decode", "", origin, 401},
		{"an empty token in the path", "POST", "//decode", "", "", 401},
		{"another page", "POST", "/" + token + "/decode", "", "http://evil.example", 403},
		{"another page's question", "OPTIONS", "/" + token + "/decode", "", "http://evil.example", 403},
		{"the page's question", "OPTIONS", "/decode", "", origin, 204},
		{"encryption", "POST", "/encode", token, "", 404},
		{"reading", "GET", "/decode", token, "", 404},
	} {
		request, err := http.NewRequest(test.method, server.URL+test.path, strings.NewReader(string(body)))
		if err != nil {
			t.Fatal(err)
		}
		if test.bearer != "" {
			request.Header.Set("Authorization", "Bearer "+test.bearer)
		}
		if test.from != "" {
			request.Header.Set("Origin", test.from)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != test.status {
			t.Errorf("%s: %d %s", test.name, response.StatusCode, answer)
		}
		if allowed := response.Header.Get("Access-Control-Allow-Origin"); allowed != "" && (test.from != origin || allowed != origin) {
			t.Errorf("%s: allowed to %q", test.name, allowed)
		}
		var read commonpb.Payloads
		switch {
		case response.StatusCode != 200:
			continue
		case protojson.Unmarshal(answer, &read) != nil || len(read.Payloads) != 2:
			t.Errorf("%s: %s", test.name, answer)
		case string(read.Payloads[0].Data) != `"un loyer"` || !strings.Contains(string(read.Payloads[1].Data), "illisible"):
			t.Errorf("%s: %v", test.name, &read)
		}
	}
}
