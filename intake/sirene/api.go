package sirene

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	defaultBase  = "https://recherche-entreprises.api.gouv.fr"
	defaultAgent = "relance-register"
	timeout      = 10 * time.Second // of one request, its turn not counted
	maxBody      = 1 << 20          // bytes of an answer
	maxDelay     = time.Hour        // of a Retry-After
)

// API asks the State's open API « recherche d'entreprises », https://recherche-entreprises.api.gouv.fr/docs/. It needs no key.
// It accepts seven requests a second from one address and thirty from one network operator (ASN), answers 429 with Retry-After
// beyond, and asks for a User-Agent that tells who calls. An API keeps to the seven by itself; several of them, or several
// processes behind one address, do not know of each other.
//
// The zero value is ready; an API must not be copied, and may be used by several goroutines.
type API struct {
	BaseURL   string           // without /search; the State's by default
	HTTP      *http.Client     // its CheckRedirect is not used; a plain client by default
	Now       func() time.Time // time.Now by default
	UserAgent string           // best with an address to write to

	pace pace
}

// Find asks the API for the establishment, in one request of at most ten seconds. It reads at most 1 MB and follows no
// redirection to another host.
//
// Errors: ErrSIRET, ErrUnknown, ErrAnswer, *StatusError for any HTTP status but 200, and those of the network and the context.
// After a 429 with Retry-After it returns the same error, without asking, until the delay is over.
func (a *API) Find(ctx context.Context, siret string) (Establishment, error) {
	if err := check(siret); err != nil {
		return Establishment{}, err
	}
	if err := a.pace.wait(ctx); err != nil {
		return Establishment{}, err
	}
	asked := a.now()
	body, err := a.get(ctx, siret)
	if err != nil {
		return Establishment{}, fmt.Errorf("ask the register for %s: %w", siret, err)
	}
	e, err := decode(body, siret)
	if err != nil {
		return Establishment{}, fmt.Errorf("read the register's answer for %s: %w", siret, err)
	}
	e.Source, e.Asked = SourceAPI, asked
	return e, nil
}

// get returns the body of the API's answer.
func (a *API) get(ctx context.Context, siret string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := a.request(ctx, siret)
	if err != nil {
		return nil, err
	}
	client := http.Client{}
	if a.HTTP != nil {
		client = *a.HTTP
	}
	client.CheckRedirect = sameHost
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // all that is wanted of it was read
	if resp.StatusCode != http.StatusOK {
		return nil, a.refused(resp)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if len(body) > maxBody {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrAnswer, maxBody)
	}
	return body, nil
}

// request composes the question. A SIRET as the whole of q is looked up directly. The minimal answer leaves out the directors
// of the firm, personal data nobody here needs.
func (a *API) request(ctx context.Context, siret string) (*http.Request, error) {
	base := cmp.Or(a.BaseURL, defaultBase)
	at, err := url.Parse(strings.TrimRight(base, "/") + "/search")
	if err != nil || at.Scheme != "https" && at.Scheme != "http" || at.Host == "" {
		return nil, fmt.Errorf("register address %q: not an http address", base) // not wrapped: url.Error passes for a network error
	}
	at.RawQuery = url.Values{"q": {siret}, "minimal": {"true"}, "include": {"siege,matching_etablissements"}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", cmp.Or(a.UserAgent, defaultAgent))
	return req, nil
}

// refused makes an error of a status, and leaves a server alone that asks for it.
func (a *API) refused(resp *http.Response) error {
	e := &StatusError{Status: resp.StatusCode, RetryAfter: retryAfter(resp.Header.Get("Retry-After"), a.now())}
	if e.Status == http.StatusTooManyRequests {
		a.pace.close(e.RetryAfter)
	}
	return e
}

func (a *API) now() time.Time {
	if a.Now == nil {
		return time.Now()
	}
	return a.Now()
}

// retryAfter reads the header's seconds or date; zero when there is none or it has passed.
func retryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if seconds, err := strconv.Atoi(header); err == nil {
		return time.Duration(min(max(seconds, 0), int(maxDelay/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return min(max(at.Sub(now), 0), maxDelay)
	}
	return 0
}

// sameHost refuses redirections to another host or scheme: what another server says is not the register's word.
func sameHost(req *http.Request, via []*http.Request) error {
	first := via[0].URL
	if len(via) > 3 || req.URL.Host != first.Host || req.URL.Scheme != first.Scheme {
		return fmt.Errorf("%w: %s", errElsewhere, req.URL.Host)
	}
	return nil
}
