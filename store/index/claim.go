package index

import (
	"context"
	"encoding/json"
	"fmt"
)

// claims is the prefix of what has counted. The entries hold keyed hashes alone, so that they may outlive the cases.
const claims = "counted/"

// claim is what is noted of a mail that has counted: on which case, by a keyed hash, and its SHA-256 as it came then.
type claim struct {
	Case string `json:"case"`
	Mail string `json:"mail"`
}

// Claim notes that a mail counts on a case, under a name that it has in whatever shape it comes. Whoever is first has it for good: first is the SHA-256
// of the mail that counted, and own tells whether it did so on the same case. Claiming again gives the same answer.
func (x *Index) Claim(ctx context.Context, name, reference, mail string) (first string, own bool, err error) {
	key, err := x.Key(ctx, "counted", name)
	if err != nil {
		return "", false, err
	}
	of, err := x.Key(ctx, "case", reference)
	if err != nil {
		return "", false, err
	}
	text, err := json.Marshal(claim{of, mail})
	if err != nil {
		return "", false, err
	}
	created, err := x.Archive.PutOnce(ctx, claims+key+".json", text, "application/json")
	if err != nil || created {
		return mail, true, err
	}
	if text, err = x.Archive.Get(ctx, claims+key+".json"); err != nil {
		return "", false, err
	}
	var c claim
	if err := json.Unmarshal(text, &c); err != nil {
		return "", false, fmt.Errorf("%s: %w", key, err)
	}
	return c.Mail, c.Case == of, nil
}
