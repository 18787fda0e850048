package login

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"
)

// Error is a token server's refusal (RFC 6749 §5.2).
type Error struct {
	Status      int    // of HTTP
	Code        string // such as invalid_grant; empty where the server gives none
	Description string // the server's, without our secrets
}

func (e *Error) Error() string {
	text := fmt.Sprintf("the token server answered %d", e.Status)
	if e.Code != "" {
		text += " " + e.Code
	}
	if e.Description != "" {
		text += ": " + e.Description
	}
	return text
}

// Temporary tells whether asking again later may succeed: anything but a refusal such as invalid_grant or invalid_client, which an
// administrator has to mend.
func Temporary(err error) bool {
	var refusal *Error
	if err == nil || !errors.As(err, &refusal) {
		return err != nil
	}
	switch refusal.Code {
	case "server_error", "temporarily_unavailable", "slow_down":
		return true
	}
	switch refusal.Status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	}
	return refusal.Status >= 500
}

// refusal turns the library's error, which quotes the whole answer, into one that can be logged.
func (s *Source) refusal(err error, refresh string) error {
	var answer *oauth2.RetrieveError
	if !errors.As(err, &answer) {
		return fmt.Errorf("token server: %w", err)
	}
	secrets := []string{}
	for _, secret := range []string{s.config.ClientSecret, s.config.RefreshToken, s.rotated, refresh, s.access} {
		if secret != "" {
			secrets = append(secrets, secret, "…", url.QueryEscape(secret), "…")
		}
	}
	hide := strings.NewReplacer(secrets...)
	return &Error{Status: answer.Response.StatusCode, Code: short(hide.Replace(answer.ErrorCode)), Description: short(hide.Replace(answer.ErrorDescription))}
}

// short is the beginning of a text, on one line.
func short(text string) string {
	line := strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " ")
	if runes := []rune(line); len(runes) > 300 {
		return string(runes[:300]) + "…"
	}
	return line
}
