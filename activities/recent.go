package activities

import (
	"time"

	"github.com/hashicorp/golang-lru/v2/expirable"

	"relance/casefile"
)

const (
	// remembered is how many cases a worker keeps something of in memory, some 12 kB each, and forgotten after how long: so long may the facts of a
	// case that was erased be there.
	remembered = 500
	forgotten  = 10 * time.Minute
)

// recent is what a worker has read or written of late, and need not read again: facts, which never change under their hash, and journals as they were
// last written, which are held against the case's own chain before they are believed.
type recent struct {
	facts    *expirable.LRU[casefile.Ref, []byte]
	journals *expirable.LRU[string, [][]byte]
}

func (a *Activities) recent() *recent {
	a.recentOnce.Do(func() {
		a.remembered = &recent{facts: expirable.NewLRU[casefile.Ref, []byte](remembered, nil, forgotten),
			journals: expirable.NewLRU[string, [][]byte](remembered, nil, forgotten)}
	})
	return a.remembered
}
