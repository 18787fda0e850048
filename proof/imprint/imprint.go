// Package imprint is the mark that stands on every page of a charter, as text and as a QR code: the case's reference and a short fingerprint of
// what the charter says. It writes the mark and finds it again in what comes back, be it the file, a scan or a photo, and compares the text of two
// copies.
package imprint

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/boombuler/barcode/qr"

	"relance/domain/casefile"
)

// Mark tells which charter a page belongs to.
type Mark struct {
	Reference   string `json:"reference"`
	Fingerprint string `json:"fingerprint"` // as Fingerprint gives it
}

// crockford is Crockford's base 32: no I, L, O or U, so that what is typed off a page is not misread.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// Fingerprint is the short fingerprint of a text: the first forty bits of its SHA-256, as 7K3M-9QX2. It tells charters apart; whoever needs to
// prove that two are the same compares the whole hash, which lies in the case folder beside the text.
func Fingerprint(text []byte) string {
	sum := sha256.Sum256(text)
	code := crockford.EncodeToString(sum[:5])
	return code[:4] + "-" + code[4:]
}

var misread = strings.NewReplacer("O", "0", "I", "1", "L", "1", "-", "", " ", "", "\u00a0", "", "\u2011", "", "–", "")

// Normal is the form of a fingerprint that somebody typed: « 7k3m 9qx2 » is 7K3M-9QX2. It is empty where it cannot be one.
func Normal(typed string) string {
	code := misread.Replace(strings.ToUpper(strings.TrimSpace(typed)))
	if len(code) != 8 {
		return ""
	}
	if _, err := crockford.DecodeString(code); err != nil {
		return ""
	}
	return code[:4] + "-" + code[4:]
}

// String is the mark as it stands on a page.
func (m Mark) String() string { return m.Reference + " · empreinte " + m.Fingerprint }

// payload is the mark as the QR code has it: characters of the alphanumeric mode alone (ISO/IEC 18004 §7.3.4), so that the code stays small.
func (m Mark) payload() string { return m.Reference + " " + m.Fingerprint }

var pattern = regexp.MustCompile(`([A-Z]{2,8}-[0-9A-Z]{5}-[0-9A-Z]{5})[\s\x{a0}\x{202f}]*(?:·[\s\x{a0}\x{202f}]*)?(?:empreinte)?[\s\x{a0}\x{202f}]*([0-9A-Z]{4}-[0-9A-Z]{4})`)

// Find finds the marks in a text, each once, in the order in which they come.
func Find(text string) []Mark {
	var found []Mark
	for _, m := range pattern.FindAllStringSubmatch(text, -1) {
		mark := Mark{casefile.FindReference(m[1]), Normal(m[2])}
		if mark.Reference != "" && mark.Fingerprint != "" && !slices.Contains(found, mark) {
			found = append(found, mark)
		}
	}
	return found
}

// Code is the mark as a QR code, row by row, true being dark, without the quiet zone of four modules that belongs around it. A quarter of it may be lost.
func (m Mark) Code() ([][]bool, error) {
	code, err := qr.Encode(m.payload(), qr.Q, qr.AlphaNumeric)
	if err != nil {
		return nil, fmt.Errorf("QR code of %s: %w", m.Reference, err)
	}
	size := code.Bounds().Dx()
	rows := make([][]bool, size)
	for y := range rows {
		rows[y] = make([]bool, size)
		for x := range rows[y] {
			r, _, _, _ := code.At(x, y).RGBA()
			rows[y][x] = r == 0
		}
	}
	return rows, nil
}
