// Package index finds cases by what must not stand in a key: the firm, the bank account, the sender's address. An identifier becomes
// a keyed hash, so that nobody without the archive can tell whose it is; the entries lie in the archive, under
// index/KEY/REFERENCE.json.
package index

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"errors"
	"path"
	"strings"
	"sync"
	"time"

	"relance/store/archive"
)

// Archive is the object store, as far as the index needs it (package archive).
type Archive interface {
	PutOnce(ctx context.Context, key string, content []byte, contentType string) (created bool, err error)
	PutVersion(ctx context.Context, key string, content []byte, contentType string) error
	Get(ctx context.Context, key string) ([]byte, error)
	Names(ctx context.Context, prefix string) ([]string, error)
}

// Index is the index of one archive. It is safe for concurrent use.
type Index struct {
	Archive Archive

	mu      sync.Mutex
	salt    []byte
	tallies map[string]*tally // by day
	near    neighbours
	struck  struck
}

// tally is what this process knows of how many cases were opened on a day: what it has counted in the archive, and what it has noted since. Counting
// walks through the day's notes, so it is not done anew for each application.
type tally struct {
	mu      sync.Mutex
	counted int
	noted   map[string]bool
	until   time.Time // it is counted anew
}

// recount is how long a count serves; it serves at least fifty times as long as it took.
const recount = 10 * time.Second

// The kinds of identifier.
const (
	SIREN  = "siren"
	SIRET  = "siret"
	IBAN   = "iban"
	Sender = "sender" // an address, in lower case
)

// Key is the key of an identifier.
func (x *Index) Key(ctx context.Context, kind, id string) (string, error) {
	sum, err := x.sum(ctx, kind+":"+id)
	if err != nil {
		return "", err
	}
	return kind + "-" + hex.EncodeToString(sum)[:32], nil
}

// sum is the keyed hash of a text.
func (x *Index) sum(ctx context.Context, text string) ([]byte, error) {
	salt, err := x.secret(ctx)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, salt)
	mac.Write([]byte(text))
	return mac.Sum(nil), nil
}

// Path is where the entry of a case lies under a key.
func Path(key, reference string) string { return path.Join("index", key, reference+".json") }

// Opened is what the index says of a case to the next mail of the same sender.
type Opened struct {
	Reference string    `json:"reference"`
	Scheme    string    `json:"scheme"`
	At        time.Time `json:"at"` // real
}

// Open notes a case under its sender.
func (x *Index) Open(ctx context.Context, sender string, o Opened) error {
	key, err := x.Key(ctx, Sender, strings.ToLower(sender))
	if err != nil {
		return err
	}
	text, err := json.Marshal(o)
	if err != nil {
		return err
	}
	_, err = x.Archive.PutOnce(ctx, Path(key, o.Reference), text, "application/json")
	return err
}

// Tally notes that a case was opened on a day (YYYY-MM-DD); it counts once, however often it is noted. The notes are not locked: they serve for that
// day, and the bucket lets them expire.
func (x *Index) Tally(ctx context.Context, day, reference string) error {
	t := x.tally(day)
	t.mu.Lock()
	defer t.mu.Unlock()
	err := x.Archive.PutVersion(ctx, archive.Passing+day+"/"+reference, nil, "text/plain")
	if err == nil && t.noted != nil {
		t.noted[reference] = true
	}
	return err
}

// tally gives the tally of a day. Those of days before it are forgotten.
func (x *Index) tally(day string) *tally {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.tallies[day] == nil {
		const several = 4 // of one day, and of the one before
		if len(x.tallies) >= several || x.tallies == nil {
			x.tallies = map[string]*tally{}
		}
		x.tallies[day] = &tally{}
	}
	return x.tallies[day]
}

// Tallied counts the cases that were opened on a day, whichever process opened them: those of others as of the last ten seconds or, where
// counting takes longer, of the last fiftyfold of that time.
func (x *Index) Tallied(ctx context.Context, day string) (int, error) {
	t := x.tally(day)
	t.mu.Lock()
	defer t.mu.Unlock()
	if began := time.Now(); t.noted == nil || began.After(t.until) {
		names, err := x.Archive.Names(ctx, archive.Passing+day+"/")
		if err != nil {
			return 0, err
		}
		t.counted, t.noted = len(names), map[string]bool{}
		t.until = time.Now().Add(max(recount, 50*time.Since(began)))
	}
	return t.counted + len(t.noted), nil
}

// CasesOf lists the references of the cases that a sender has opened.
func (x *Index) CasesOf(ctx context.Context, sender string) ([]string, error) {
	key, err := x.Key(ctx, Sender, strings.ToLower(sender))
	if err != nil {
		return nil, err
	}
	names, err := x.Archive.Names(ctx, "index/"+key+"/")
	for i, name := range names {
		names[i] = strings.TrimSuffix(path.Base(name), path.Ext(name))
	}
	return names, err
}

// Opened gives what is noted of a case that a sender has opened.
func (x *Index) Opened(ctx context.Context, sender, reference string) (o Opened, err error) {
	key, err := x.Key(ctx, Sender, strings.ToLower(sender))
	if err != nil {
		return o, err
	}
	text, err := x.Archive.Get(ctx, Path(key, reference))
	if err == nil {
		err = json.Unmarshal(text, &o)
	}
	return o, err
}

// base is for what stands in an address: without letters that look alike.
var base = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// Signer gives the function that signs reply addresses: forty bits of a keyed hash, enough that nobody guesses one by mail.
func (x *Index) Signer(ctx context.Context) (func(text string) string, error) {
	salt, err := x.secret(ctx)
	if err != nil {
		return nil, err
	}
	return func(text string) string {
		mac := hmac.New(sha256.New, salt)
		mac.Write([]byte("reply:" + strings.ToLower(text)))
		return base.EncodeToString(mac.Sum(nil)[:5])
	}, nil
}

// secret is the key of all hashes: made once, for all processes.
func (x *Index) secret(ctx context.Context) ([]byte, error) {
	const key = "index/salt"
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.salt != nil {
		return x.salt, nil
	}
	salt, err := x.Archive.Get(ctx, key)
	if errors.Is(err, archive.ErrNotFound) {
		fresh := make([]byte, 32)
		if _, err := rand.Read(fresh); err != nil {
			return nil, err
		}
		if _, err := x.Archive.PutOnce(ctx, key, fresh, "application/octet-stream"); err != nil {
			return nil, err
		}
		salt, err = x.Archive.Get(ctx, key) // another process may have been first
	}
	if err == nil {
		x.salt = salt
	}
	return salt, err
}
