package health

import (
	"context"
	"log/slog"
)

// Quiet lets the log tell of an outage once, as a Recorder does: a line about an error of a dependency, of which there is one for each attempt of
// each case, is for those who look for faults (DEBUG).
func Quiet(log *slog.Logger) *slog.Logger { return slog.New(quiet{log.Handler()}) }

type quiet struct{ slog.Handler }

// Handle is of slog.Handler.
func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	if r.Level > slog.LevelDebug {
		r.Attrs(func(a slog.Attr) bool {
			if err, ok := a.Value.Any().(error); ok {
				if _, outage := Outage(err); outage {
					r.Level = slog.LevelDebug
				}
			}
			return r.Level > slog.LevelDebug
		})
		if r.Level == slog.LevelDebug && !q.Enabled(ctx, r.Level) {
			return nil
		}
	}
	return q.Handler.Handle(ctx, r)
}

// WithAttrs is of slog.Handler.
func (q quiet) WithAttrs(attrs []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(attrs)} }

// WithGroup is of slog.Handler.
func (q quiet) WithGroup(name string) slog.Handler { return quiet{q.Handler.WithGroup(name)} }
