// Package sirene asks the register of firms (répertoire Sirene) what is known of an establishment: through the State's
// open API « recherche d'entreprises », or from a local CSV extract of the Sirene stock.
//
// The register tells what was declared to it, not what is true today: a creation takes days to arrive, a staff bracket is that
// of a past year. A firm may also have asked that its name and address not be published; it exists all the same.
package sirene

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"relance/domain/scheme"
)

// Values of Establishment.Source.
const (
	SourceAPI     = "recherche-entreprises" // the API, https://recherche-entreprises.api.gouv.fr
	SourceExtract = "sirene-csv"            // a file with the columns of StockEtablissement_utf8
)

// Establishment is what the register knows of one establishment and of the unit (unité légale) it belongs to.
type Establishment struct {
	SIRET, SIREN string     // 14 and 9 digits
	Name         string     // of the unit: dénomination, or the name of a person; empty when it is not published
	Published    bool       // establishment and unit have the statut de diffusion "O"; false is no reason to reject
	Open         bool       // état administratif "A" of the establishment and of the unit
	Created      time.Time  // day the establishment was created, midnight UTC; zero when unknown
	Closed       time.Time  // day the establishment closed, midnight UTC; zero when open or unknown
	Activity     string     // APE code of the establishment, e.g. "47.11B"; empty when unknown
	Commune      string     // INSEE code of the commune, 5 characters ("2A004"); empty when unknown
	PostalCode   string     // 5 digits; empty when unknown or not published
	Address      string     // one line, capitals, with postal code and commune; empty when unknown or not published
	Staff        StaffRange // employees of the establishment, not of the unit
	LegalForm    string     // catégorie juridique of the unit, 4 digits ("5710"); empty when unknown
	Source       string     // SourceAPI or SourceExtract
	Asked        time.Time  // when the register was asked
}

// Register finds an establishment by its SIRET, 14 digits without spaces. It answers ErrSIRET for a number that cannot be
// one, ErrUnknown for one the register does not have; Temporary tells whether asking again later may help.
type Register interface {
	Find(ctx context.Context, siret string) (Establishment, error)
}

var (
	// ErrUnknown says that the register answered and does not know the SIRET. An extract knows only the rows it was given.
	ErrUnknown = errors.New("the register does not know this siret")
	// ErrSIRET says that the number is not a SIRET: not 14 digits, or its check digit is wrong. The register was not asked.
	ErrSIRET = errors.New("not a siret")
	// ErrNotAsked says that no register is configured.
	ErrNotAsked = errors.New("the register is not asked")
	// ErrAnswer says that the register's answer cannot be understood: not JSON, too long, or without what the answer must
	// have. It is not Temporary, for a person must look at it.
	ErrAnswer = errors.New("the register's answer is not understood")

	errElsewhere = errors.New("the register redirects elsewhere") // not followed, see sameHost
)

// StatusError is an HTTP answer other than 200.
type StatusError struct {
	Status     int           // HTTP status
	RetryAfter time.Duration // how long the server asks to be left alone, at most one hour; zero when it does not say
}

// Error names the status and the delay.
func (e *StatusError) Error() string {
	text := fmt.Sprintf("the register answers %d %s", e.Status, http.StatusText(e.Status))
	if e.RetryAfter > 0 {
		text += fmt.Sprintf(", retry after %s", e.RetryAfter)
	}
	return text
}

// Temporary says whether asking again later may help: yes after a network fault, a timeout, HTTP 429 or 5xx. A StatusError in
// the chain may say how long to wait.
func Temporary(err error) bool {
	var status *StatusError
	var network net.Error
	switch {
	case errors.As(err, &status):
		return status.Status == http.StatusTooManyRequests || status.Status >= 500
	case errors.Is(err, ErrAnswer), errors.Is(err, errElsewhere), errors.Is(err, context.Canceled):
		return false // net/http dresses a refused redirection and a cancellation as network errors
	}
	return errors.As(err, &network) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, io.ErrUnexpectedEOF)
}

// None is the register that is not asked.
type None struct{}

// Find returns ErrNotAsked.
func (None) Find(context.Context, string) (Establishment, error) {
	return Establishment{}, ErrNotAsked
}

// check returns ErrSIRET unless the number is a SIRET.
func check(siret string) error {
	if !scheme.ValidSIRET(siret) {
		return fmt.Errorf("%w: %q", ErrSIRET, siret)
	}
	return nil
}
