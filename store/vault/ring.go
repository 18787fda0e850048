// Package vault keeps what Temporal stores unreadable to whoever has only Temporal's database. Every payload of a case is encrypted
// (AES-256-GCM) with a data key of that case alone; the data keys lie in the archive, each wrapped with a master key that lies in neither place. To
// erase a case's data key is to erase its history, backups included.
package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// keySize is that of AES-256, in bytes.
const keySize = 32

// Ring is the master keys (trousseau): the first wraps, all unwrap. They never encrypt a payload themselves.
type Ring struct {
	active string
	keys   map[string]cipher.AEAD // by identifier
}

// ErrRing wraps what is wrong with a text of master keys.
var ErrRing = errors.New("master keys")

// ParseRing reads master keys: 32 bytes in base64 each, separated by spaces, line ends or commas. The first is the one in use; keys behind it
// can still be read with.
func ParseRing(text string) (*Ring, error) {
	r := &Ring{keys: map[string]cipher.AEAD{}}
	for i, word := range strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c == ' ' || c == '\n' || c == '\r' || c == '\t' }) {
		raw, err := base64.StdEncoding.DecodeString(word)
		if err != nil || len(raw) != keySize {
			return nil, fmt.Errorf("%w: the key at place %d is not %d bytes in base64 (relance keys new makes one)", ErrRing, i+1, keySize)
		}
		id := keyID(raw)
		if _, twice := r.keys[id]; twice {
			return nil, fmt.Errorf("%w: the key at place %d stands there twice", ErrRing, i+1)
		}
		if r.keys[id], err = newAEAD(raw); err != nil {
			return nil, err
		}
		if r.active == "" {
			r.active = id
		}
	}
	if r.active == "" {
		return nil, fmt.Errorf("%w: there is none", ErrRing)
	}
	return r, nil
}

// NewMaster makes a master key, as ParseRing reads it.
func NewMaster() string { return base64.StdEncoding.EncodeToString(random(keySize)) }

// keyID names a master key without telling anything of it: the beginning of a hash.
func keyID(raw []byte) string {
	sum := sha256.Sum256(append([]byte("relance master key\x00"), raw...))
	return hex.EncodeToString(sum[:6])
}

// Active is the identifier of the master key in use.
func (r *Ring) Active() string { return r.active }

// wrapped is a data key as it lies in the archive.
type wrapped struct {
	Master string `json:"master"` // identifier of the master key
	Key    []byte `json:"key"`    // nonce and ciphertext
}

// wrap encrypts a data key with the master key in use. It can be unwrapped for the same name only.
func (r *Ring) wrap(name string, key []byte) wrapped {
	return wrapped{r.active, seal(r.keys[r.active], wrapping(name), key)}
}

// ErrMaster is returned for a data key whose master key is not on the ring.
var ErrMaster = errors.New("the master key is not on the ring")

func (r *Ring) unwrap(name string, w wrapped) ([]byte, error) {
	master, known := r.keys[w.Master]
	if !known {
		return nil, fmt.Errorf("data key of %s, master key %s: %w", name, w.Master, ErrMaster)
	}
	key, err := unseal(master, wrapping(name), w.Key)
	if err != nil {
		return nil, fmt.Errorf("data key of %s: %w", name, err)
	}
	return key, nil
}

// wrapping is the associated data of a wrapped key.
func wrapping(name string) []byte { return []byte("relance data key\x00" + name) }

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// seal encrypts under a random nonce of 96 bits (NIST SP 800-38D §8.2.2: up to 2^32 messages a key), which stands in front.
func seal(a cipher.AEAD, associated, plain []byte) []byte {
	nonce := random(a.NonceSize())
	return a.Seal(nonce, nonce, plain, associated)
}

// ErrAltered is returned for a ciphertext that is not as it was written, or was written for something else.
var ErrAltered = errors.New("the encrypted content was altered, or is of something else")

func unseal(a cipher.AEAD, associated, sealed []byte) ([]byte, error) {
	if len(sealed) < a.NonceSize() {
		return nil, ErrAltered
	}
	plain, err := a.Open(nil, sealed[:a.NonceSize()], sealed[a.NonceSize():], associated)
	if err != nil {
		return nil, ErrAltered
	}
	return plain, nil
}

func random(n int) []byte {
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		panic(err) // crypto/rand ends the program by itself where the system has no randomness
	}
	return b
}
