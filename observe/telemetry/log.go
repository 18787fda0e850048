package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"relance/domain/casefile"
)

// CaseKey is the key under which every line of the log names the case it is about.
const CaseKey = "case"

type caseOf struct{}

// WithCase says that what is done with this context is about a case.
func WithCase(ctx context.Context, reference string) context.Context {
	if !casefile.IsReference(reference) {
		return ctx
	}
	return context.WithValue(ctx, caseOf{}, reference)
}

// About is an error about a case.
type About struct {
	Case string
	Err  error
}

// Error tells the case too.
func (e *About) Error() string { return fmt.Sprintf("case %s: %v", e.Case, e.Err) }

// Unwrap is of package errors.
func (e *About) Unwrap() error { return e.Err }

// Logger writes the case to each line that is about one: the one of the context (WithCase), that of an error (About), or that of Temporal's
// own attribute WorkflowID.
func Logger(log *slog.Logger) *slog.Logger {
	if _, done := log.Handler().(*naming); done {
		return log
	}
	return slog.New(&naming{Handler: log.Handler()})
}

type naming struct {
	slog.Handler
	known bool // the case has been written
}

// of finds the case in an attribute. Named tells whether the attribute is the key itself.
func of(a slog.Attr) (reference string, named bool) {
	switch {
	case a.Key == CaseKey:
		return "", true
	case a.Key == "WorkflowID" && a.Value.Kind() == slog.KindString && casefile.IsReference(a.Value.String()):
		return a.Value.String(), false
	case a.Value.Kind() == slog.KindAny:
		var about *About
		if err, ok := a.Value.Any().(error); ok && errors.As(err, &about) {
			return about.Case, false
		}
	}
	return "", false
}

// Handle is of slog.Handler.
func (n *naming) Handle(ctx context.Context, r slog.Record) error {
	if !n.known {
		reference, _ := ctx.Value(caseOf{}).(string)
		named := false
		r.Attrs(func(a slog.Attr) bool {
			found, is := of(a)
			if found != "" && reference == "" {
				reference = found
			}
			named = named || is
			return !named
		})
		if !named && reference != "" {
			r = r.Clone()
			r.AddAttrs(slog.String(CaseKey, reference))
		}
	}
	return n.Handler.Handle(ctx, r)
}

// WithAttrs is of slog.Handler.
func (n *naming) WithAttrs(attrs []slog.Attr) slog.Handler {
	known := n.known
	for _, a := range attrs {
		reference, named := of(a)
		if reference != "" && !known {
			attrs = append(attrs[:len(attrs):len(attrs)], slog.String(CaseKey, reference))
		}
		known = known || named || reference != ""
	}
	return &naming{n.Handler.WithAttrs(attrs), known}
}

// WithGroup is of slog.Handler.
func (n *naming) WithGroup(name string) slog.Handler {
	return &naming{n.Handler.WithGroup(name), n.known}
}
