package backup

import (
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
)

// ErrNobody is returned where a backup could be opened by nobody.
var ErrNobody = errors.New("a backup is encrypted, and RELANCE_BACKUP_FOR names nobody: `relance backup key` makes a key and says what to put there")

// NewKey makes a pair of keys: the public one encrypts, and may lie on the machine; the secret one opens, and belongs neither there nor beside
// the backups.
func NewKey() (public, secret string, err error) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return "", "", err
	}
	return identity.Recipient().String(), identity.String(), nil
}

func recipients(public []string) (list []age.Recipient, err error) {
	for _, key := range public {
		r, err := age.ParseX25519Recipient(key)
		if err != nil {
			return nil, fmt.Errorf("RELANCE_BACKUP_FOR: %w", err)
		}
		list = append(list, r)
	}
	if list == nil {
		return nil, ErrNobody
	}
	return list, nil
}

// Keys are secret keys that open backups.
type Keys struct{ list []age.Identity }

// ReadKeys reads them: one a line, lines with # are remarks.
func ReadKeys(r io.Reader) (k Keys, err error) {
	k.list, err = age.ParseIdentities(r)
	return k, err
}
