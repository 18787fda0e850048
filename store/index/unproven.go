package index

import (
	"context"
	"path"
	"strconv"
	"strings"

	"relance/store/archive"
)

// Inquiry is the name of the inquiry at an address: sixty bits of a keyed hash, short enough to stand in an address itself.
func (x *Index) Inquiry(ctx context.Context, address string) (string, error) {
	sum, err := x.sum(ctx, "inquiry:"+strings.ToLower(address))
	if err != nil {
		return "", err
	}
	return base.EncodeToString(sum[:8])[:12], nil
}

// Load is what has come on a day under one name.
type Load struct {
	Mails int
	Bytes int64
}

// Weigh notes that an unproven mail has come on a day (YYYY-MM-DD), under the name of its inquiry, and gives what has come so that day, this mail
// included. Noting it again changes nothing. The notes are not locked, and expire as those of Tally do.
func (x *Index) Weigh(ctx context.Context, day, name, mail string, size int64) (Load, error) {
	folder := archive.Passing + "unproven/" + day + "/" + name + "/"
	if err := x.Archive.PutVersion(ctx, folder+mail+"-"+strconv.FormatInt(size, 10), nil, "text/plain"); err != nil {
		return Load{}, err
	}
	names, err := x.Archive.Names(ctx, folder)
	var l Load
	for _, name := range names {
		_, digits, _ := strings.Cut(path.Base(name), "-")
		bytes, _ := strconv.ParseInt(digits, 10, 64) // we wrote it
		l.Mails, l.Bytes = l.Mails+1, l.Bytes+bytes
	}
	return l, err
}
