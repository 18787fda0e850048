package address

import "fmt"

// verifier is the detail of the address at which letters are verified. No scheme may have it for its tag.
const verifier = "verifier"

// Verifier is the address at which anybody may have a letter of ours verified.
func (a Addresses) Verifier() string { return a.plus(verifier) }

// IsVerifier tells whether an address is that one.
func (a Addresses) IsVerifier(address string) bool {
	detail, ours := a.Detail(address)
	return ours && detail == verifier
}

// VerifierID is the Message-ID of the answer to a mail, by the SHA-256 of that mail.
func (a Addresses) VerifierID(sha256 string) string {
	return fmt.Sprintf("%s-%s.1.verification@%s", verifier, sha256[:min(len(sha256), 24)], a.domain())
}
