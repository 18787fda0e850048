package activities

import (
	"context"
	"time"

	"github.com/hashicorp/golang-lru/v2/expirable"

	"relance/domain/casefile"
)

const (
	// remembered is how many cases a worker keeps something of in memory, some 12 kB each and mails of at most 16, and forgotten after how long: so long may the facts of a
	// case that was erased be there.
	remembered = 500
	forgotten  = 10 * time.Minute

	small = 16 << 10 // bytes: a mail without documents
)

// recent is what a worker has read or written of late, and need not read again: facts, which never change under their hash, and journals as they were
// last written, which are held against the case's own chain before they are believed.
type recent struct {
	mails    *expirable.LRU[string, []byte] // small ones, and accounts of mails, by key: both are written once
	facts    *expirable.LRU[casefile.Ref, []byte]
	journals *expirable.LRU[string, [][]byte]
}

func (a *Activities) recent() *recent {
	a.recentOnce.Do(func() {
		a.remembered = &recent{facts: expirable.NewLRU[casefile.Ref, []byte](remembered, nil, forgotten),
			journals: expirable.NewLRU[string, [][]byte](remembered, nil, forgotten),
			mails:    expirable.NewLRU[string, []byte](remembered, nil, forgotten)}
	})
	return a.remembered
}

// keep keeps a mail, or its account.
func (r *recent) keep(key string, content []byte) {
	if len(content) <= small {
		r.mails.Add(key, content)
	}
}

// mail gives the raw bytes of a mail, or of its account.
func (a *Activities) mail(ctx context.Context, key string) ([]byte, error) {
	if raw, known := a.recent().mails.Get(key); known {
		return raw, nil
	}
	raw, err := a.Archive.Get(ctx, key)
	if err == nil {
		a.recent().keep(key, raw)
	}
	return raw, err
}
