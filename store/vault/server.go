package vault

import (
	"crypto/subtle"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
)

// Server decrypts payloads for Temporal's web pages and command line (`temporal --codec-endpoint`), for those who have its token. It
// encrypts nothing: what is sent from those pages is read unencrypted and becomes encrypted with the next step of the case.
type Server struct {
	Codec   *Codec
	Token   string   // at least 20 characters; as « Authorization: Bearer TOKEN », or as the first part of the path
	Origins []string // of Temporal's web pages, such as https://temporal.example.org; no other page may call
	Log     *slog.Logger
}

// maxRequest bounds what one request may hold, in bytes: the events of one page of a history.
const maxRequest = 32 << 20

// Handler serves POST /decode, and POST /TOKEN/decode for pages that cannot send a header of their own.
func (s *Server) Handler() http.Handler {
	decode := converter.NewPayloadCodecHTTPHandler(decoder{s.Codec, s.Log})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Add("Vary", "Origin")
		if origin := r.Header.Get("Origin"); origin != "" {
			if !slices.Contains(s.Origins, origin) {
				http.Error(w, "this page may not ask", http.StatusForbidden)
				return
			}
			w.Header().Set("Access-Control-Allow-Origin", origin)
			w.Header().Set("Access-Control-Allow-Credentials", "true")
		}
		if r.Method == http.MethodOptions { // asked before the request itself, without its credentials (Fetch §3.2.3)
			w.Header().Set("Access-Control-Allow-Methods", "POST")
			w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Namespace")
			w.Header().Set("Access-Control-Max-Age", "600")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		if !s.knows(r) {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "the token is missing or wrong", http.StatusUnauthorized)
			return
		}
		if !strings.HasSuffix(r.URL.Path, "/decode") {
			http.NotFound(w, r)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
		decode.ServeHTTP(w, r)
	})
}

// knows tells whether a request carries the token.
func (s *Server) knows(r *http.Request) bool {
	given, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer {
		given, _, _ = strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	}
	return s.Token != "" && subtle.ConstantTimeCompare([]byte(given), []byte(s.Token)) == 1
}

// decoder decrypts for a person: what cannot be read is shown with the reason, and keeps nothing else from being read.
type decoder struct {
	codec *Codec
	log   *slog.Logger
}

func (d decoder) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	return payloads, nil
}

func (d decoder) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	out := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		one, err := d.codec.Decode([]*commonpb.Payload{p})
		if err == nil {
			out[i] = one[0]
			continue
		}
		d.log.Warn("payload not decrypted", "error", err)
		if out[i], err = converter.GetDefaultDataConverter().ToPayload("illisible : " + err.Error()); err != nil {
			return nil, err
		}
	}
	return out, nil
}
