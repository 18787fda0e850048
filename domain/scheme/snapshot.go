package scheme

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"time"
)

// Snapshot is a scheme with one of its versions, whole: texts and lists included. A case keeps the snapshot it was received
// under, so that editing the file never changes a running case. The digest is the SHA-256 of the content, in hexadecimal.
func (s *Scheme) Snapshot(v *Version) (content []byte, digest string, err error) {
	one := *s
	one.Versions = []*Version{v}
	if content, err = json.Marshal(one); err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256(content)
	return content, hex.EncodeToString(sum[:]), nil
}

// SnapshotKey is where the snapshot of a version lies in the archive.
func SnapshotKey(id, version, digest string) string {
	return path.Join("schemes", id, version+"-"+digest+".json")
}

// Restore reads a snapshot back.
func Restore(content []byte) (*Scheme, *Version, error) {
	s := &Scheme{}
	if err := json.Unmarshal(content, s); err != nil {
		return nil, nil, err
	}
	if len(s.Versions) != 1 {
		return nil, nil, fmt.Errorf("a snapshot of a scheme has one version, not %d", len(s.Versions))
	}
	v := s.Versions[0]
	err := v.day()
	v.prepare("", nil, func(at, format string, args ...any) { err = fmt.Errorf(at+": "+format, args...) }, nil)
	sum := sha256.Sum256(content)
	v.digest = hex.EncodeToString(sum[:])
	return s, v, err
}

// Digest identifies the content of a version: that of its snapshot.
func (v *Version) Digest() string { return v.digest }

// From is the day a version comes into force.
func (v *Version) From() time.Time { return v.from }
