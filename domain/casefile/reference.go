package casefile

import (
	"crypto/sha256"
	"encoding/base32"
	"regexp"
	"slices"
	"strings"
)

// crockford is Crockford's base 32: no I, L, O or U, so that a reference can be read over the telephone.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// NewReference derives a case's reference from the identity of the message that opened it, so that the same message
// opens the same case however often it is delivered. Fifty bits of a SHA-256: two among a hundred thousand cases meet
// with a probability of about 4 in a million, and nobody guesses one. It carries no name.
func NewReference(prefix, identity string) string {
	sum := sha256.Sum256([]byte(identity))
	code := crockford.EncodeToString(sum[:])[:10]
	return strings.ToUpper(prefix) + "-" + code[:5] + "-" + code[5:]
}

var referencePattern = regexp.MustCompile(`(?i)\b([A-Z]{2,8})-([0-9A-HJKMNP-TV-Z]{5})-([0-9A-HJKMNP-TV-Z]{5})\b`)

// FindReference finds the first case reference in a text, in any case of letters; it is empty where there is none.
func FindReference(text string) string { return strings.ToUpper(referencePattern.FindString(text)) }

// FindReferences finds every case reference in a text, each once, in the order in which they come.
func FindReferences(text string) []string {
	var found []string
	for _, reference := range referencePattern.FindAllString(text, -1) {
		if reference = strings.ToUpper(reference); !slices.Contains(found, reference) {
			found = append(found, reference)
		}
	}
	return found
}

// brokenPattern is a reference that a bank has broken over lines: blanks may stand anywhere behind the letters that it begins with. Words before it stay
// apart from it.
var brokenPattern = regexp.MustCompile(`\b[A-Z]{2,8}\s*-(?:\s*[0-9A-HJKMNP-TV-Z]){5}\s*-(?:\s*[0-9A-HJKMNP-TV-Z]){5}`)

// FindBrokenReferences finds references in the label of a transfer, whole ones and those that are broken over lines.
func FindBrokenReferences(label string) []string {
	return FindReferences(brokenPattern.ReplaceAllStringFunc(label, func(broken string) string {
		return " " + strings.Join(strings.Fields(broken), "") + " "
	}))
}

// IsReference tells whether the text is a case reference and nothing else.
func IsReference(text string) bool {
	return text != "" && referencePattern.FindString(text) == text && text == strings.ToUpper(text)
}
