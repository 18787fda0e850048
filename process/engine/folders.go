package engine

import (
	"context"
	"io"
	"log/slog"
	"slices"

	"relance/mail/mailbox"
	"relance/process/config"
)

// Folders are the folders of the authority's mailbox in which the mails of a case may lie.
type Folders struct {
	Config *config.Config
	Log    *slog.Logger
}

// Remove removes messages from them for good (mailbox.Box.Remove).
func (f Folders) Remove(ctx context.Context, ids []string, meant func(raw io.ReadSeeker) (bool, error)) (int, error) {
	box, err := Mailbox(f.Config, f.Log)
	if err != nil {
		return 0, err
	}
	c := f.Config.IMAP
	folders := slices.Concat([]string{c.Inbox, c.Processed, c.Unassigned, c.Ignored}, c.Earlier, c.SentEarlier)
	return box.Remove(ctx, folders, c.Sent, ids, func(m mailbox.Mail) (bool, error) { return meant(m.Reader()) })
}
