package activities

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/mail"
	"strings"
	"time"
)

// file keeps a copy of a mail that was sent where people look for it. The archive has the mail: what comes next does not wait for a mailbox that is away.
func (a *Activities) file(ctx context.Context, raw []byte, at time.Time, again bool) error {
	if a.Copies == nil {
		return nil
	}
	const patience = 15 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	id := ""
	if m, err := mail.ReadMessage(bytes.NewReader(raw)); err == nil {
		id = strings.Trim(m.Header.Get("Message-ID"), "<> ")
	}
	return a.Copies.File(ctx, id, raw, at, again)
}

// FileCopies keeps the copies of mails, by their keys in the archive, that could not be kept when they were sent. One that lies in its folder already is
// left there.
func (a *Activities) FileCopies(ctx context.Context, mails []string) error {
	return classify(a.fileCopies(ctx, mails))
}

func (a *Activities) fileCopies(ctx context.Context, mails []string) error {
	for _, key := range mails {
		raw, err := a.Archive.Get(ctx, key)
		if err != nil {
			return fmt.Errorf("sent mail: %w", err)
		}
		text, err := a.Archive.Get(ctx, key+accepted)
		if err != nil {
			return fmt.Errorf("acceptance: %w", err)
		}
		var acc acceptance
		if err := json.Unmarshal(text, &acc); err != nil {
			return err
		}
		if err := a.file(ctx, raw, acc.At, true); err != nil {
			return fmt.Errorf("copy of a sent mail: %w", err)
		}
	}
	return nil
}
