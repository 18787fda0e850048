// Package bodacc asks the official bulletin of civil and commercial announcements whether a firm is in a collective proceeding (safeguard,
// recovery or winding up by a court: Code de commerce, book VI). It reads the announcements of family "collective" that the State
// publishes as open data, and judges by the last judgement; deposits and lists of claims close nothing. It stores nothing.
package bodacc

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	defaultBase = "https://bodacc-datadila.opendatasoft.com"
	dataset     = "/api/explore/v2.1/catalog/datasets/annonces-commerciales/records"
	timeout     = 10 * time.Second
	maxBody     = 1 << 20 // bytes of an answer
	mostRead    = 50      // announcements, newest first
)

// ErrAnswer says that the bulletin's answer cannot be understood.
var ErrAnswer = errors.New("the bulletin's answer is not understood")

// Bulletin is the bulletin as Relance asks it.
type Bulletin interface {
	// Proceeding tells the collective proceeding that a firm is in; nil where it is in none.
	Proceeding(ctx context.Context, siren string) (*Proceeding, error)
}

// Proceeding is a collective proceeding that no announcement has closed.
type Proceeding struct {
	Judgement string // what was announced last, in the bulletin's words
	On        string // the day of its announcement, 2020-09-15
	ID        string // of the announcement
}

// API asks the bulletin's open data, https://bodacc-datadila.opendatasoft.com. It needs no key. The zero value is ready.
type API struct {
	BaseURL   string       // without the path; the State's by default
	HTTP      *http.Client // a plain client by default
	UserAgent string
}

// announcement is a record of the data set. The judgement comes as JSON within JSON, or as an object.
type announcement struct {
	ID        string          `json:"id"`
	Family    string          `json:"familleavis"`
	Published string          `json:"dateparution"`
	Firms     []string        `json:"registre"`
	Judgement json.RawMessage `json:"jugement"`
}

type judgement struct {
	Family string `json:"famille"`
	Nature string `json:"nature"`
}

// Proceeding asks for the announcements of a firm, newest first. Errors: ErrAnswer, those of the network, and any status but 200.
func (a *API) Proceeding(ctx context.Context, siren string) (*Proceeding, error) {
	if len(siren) != 9 || strings.Trim(siren, "0123456789") != "" {
		return nil, fmt.Errorf("%q is no SIREN", siren)
	}
	body, err := a.get(ctx, siren)
	if err != nil {
		return nil, fmt.Errorf("ask the bulletin for %s: %w", siren, err)
	}
	var answer struct {
		Results *[]announcement `json:"results"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Results == nil {
		return nil, fmt.Errorf("%w: no results in it (%v)", ErrAnswer, err)
	}
	var other *Proceeding // announced by something that is no judgement
	for _, r := range *answer.Results {
		if r.Family != "collective" || !r.names(siren) {
			continue
		}
		j, err := r.judgement()
		p := &Proceeding{Judgement: cmp.Or(j.Nature, j.Family, "procédure collective"), On: r.Published, ID: r.ID}
		switch {
		case err != nil:
			return nil, err
		case j == judgement{}:
			other = cmp.Or(other, p)
		case j.closes():
			return nil, nil
		default:
			return p, nil
		}
	}
	return other, nil
}

func (a *API) get(ctx context.Context, siren string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	spaced := siren[:3] + " " + siren[3:6] + " " + siren[6:] // announcements have either
	query := url.Values{"where": {`(registre = "` + siren + `" or registre = "` + spaced + `") and familleavis = "collective"`}, "order_by": {"dateparution desc"},
		"limit": {fmt.Sprint(mostRead)}, "select": {"id,familleavis,dateparution,registre,jugement"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(cmp.Or(a.BaseURL, defaultBase), "/")+dataset+"?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", cmp.Or(a.UserAgent, "relance"))
	resp, err := cmp.Or(a.HTTP, http.DefaultClient).Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // all that is wanted of it was read
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err == nil && len(body) > maxBody {
		err = fmt.Errorf("%w: more than %d bytes", ErrAnswer, maxBody)
	}
	return body, err
}

// names tells whether an announcement is about a firm: the numbers stand there with and without spaces.
func (r announcement) names(siren string) bool {
	for _, number := range r.Firms {
		if strings.ReplaceAll(number, " ", "") == siren {
			return true
		}
	}
	return false
}

// judgement reads what was judged. A deposit or list of claims names none, and closes nothing.
func (r announcement) judgement() (j judgement, err error) {
	if len(r.Judgement) == 0 || string(r.Judgement) == "null" {
		return j, nil
	}
	text := []byte(r.Judgement)
	var within string
	if json.Unmarshal(text, &within) == nil {
		if text = []byte(within); strings.TrimSpace(within) == "" {
			return j, nil
		}
	}
	if err := json.Unmarshal(text, &j); err != nil {
		return j, fmt.Errorf("%w: the judgement of %s: %w", ErrAnswer, r.ID, err)
	}
	return j, nil
}

// closing are the words of judgements after which a firm is in no proceeding any more.
var closing = []string{"clôture", "cloture", "fin de la procédure", "extinction du passif", "rétractation", "infirmation", "annulation"}

func (j judgement) closes() bool {
	text := strings.ToLower(j.Family + " " + j.Nature)
	for _, word := range closing {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}
