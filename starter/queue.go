package starter

import (
	"context"
	"encoding/json"
	"time"

	"relance/routing"
)

// The places of messages that reached no case, as prefixes of the archive.
const (
	Unassigned = "unassigned/" // an officer has to look at them
	Ignored    = "ignored/"    // nobody has to
)

// Note is what is kept beside a message that reached no case by itself.
type Note struct {
	Reason   routing.Reason `json:"reason"`
	Received time.Time      `json:"received"` // real
	Size     int64          `json:"size"`     // bytes
}

// setAside stores a message that belongs to no case, with the reason.
func (s *Starter) setAside(ctx context.Context, l *letter, where string, reason routing.Reason) error {
	note, err := json.Marshal(Note{reason, l.received.UTC(), l.size})
	if err != nil {
		return err
	}
	key := where + l.sum
	if _, err := s.Archive.PutStream(ctx, key+".eml", l.content(), "message/rfc822"); err != nil {
		return err
	}
	_, err = s.Archive.PutOnce(ctx, key+".json", note, "application/json")
	s.Log.Warn("message set aside", "reason", string(reason), "object", key+".eml")
	return err
}
