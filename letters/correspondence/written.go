package correspondence

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/expirable"

	"relance/letters/pdf"
)

const (
	// remembered is how many letters a writer keeps as files, some 50 kB each, and forgotten after how long.
	remembered = 64
	forgotten  = time.Minute
)

// written keeps the newest letters by what they are made of: the letter that grants an aid is written to see whether it may go, and a moment later to go.
type written struct {
	once  sync.Once
	files *expirable.LRU[[sha256.Size]byte, pdf.Written]
}

// recent are the newest letters of this process.
var recent written

// write writes a letter, or gives the very same that was written a moment ago.
func (w *written) write(l pdf.Letter) (pdf.Written, error) {
	w.once.Do(func() { w.files = expirable.NewLRU[[sha256.Size]byte, pdf.Written](remembered, nil, forgotten) })
	text, err := json.Marshal(l)
	if err != nil {
		return pdf.Written{}, err
	}
	key := sha256.Sum256(text)
	if file, known := w.files.Get(key); known {
		return file, nil
	}
	file, err := pdf.Write(l)
	if err == nil {
		file.PDF = slices.Clip(file.PDF) // who appends to it gets bytes of his own
		w.files.Add(key, file)
	}
	return file, err
}
