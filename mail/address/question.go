package address

import (
	"crypto/subtle"
	"fmt"
	"regexp"
	"strconv"
)

// Question is the one-time address that answers one question of an inquiry (package inquiry): aides+oui-2f8k0w6t9d3m-1-7q2m9ab04hxsx@…. Whoever writes to it
// has read the question, which went to one mailbox alone. Its signature is longer than that of a case: what is sent there proves a mailbox. It is empty
// where nothing is signed.
func (a Addresses) Question(inquiry string, n int) string {
	if a.Sign == nil {
		return ""
	}
	text := fmt.Sprintf("oui-%s-%d", inquiry, n)
	return a.plus(text + "-" + a.oneTime(text) + ending)
}

// oneTime signs a question: with sixty bits, where forty make the address of a case.
func (a Addresses) oneTime(text string) string {
	const letters = 12
	signed := a.Sign("question:1:"+text) + a.Sign("question:2:"+text)
	return signed[:min(len(signed), letters)]
}

var question = regexp.MustCompile(`^(oui-([0-9a-z]+)-([1-9][0-9]{0,5}))-([0-9a-z]+)$`)

// Asked tells which question of which inquiry one of our one-time addresses answers; n is 0 for any other address.
func (a Addresses) Asked(address string) (inquiry string, n int) {
	detail, ours := a.Detail(address)
	m := question.FindStringSubmatch(detail)
	if !ours || a.Sign == nil || m == nil || subtle.ConstantTimeCompare([]byte(m[4]), []byte(a.oneTime(m[1])+ending)) != 1 {
		return "", 0
	}
	n, _ = strconv.Atoi(m[3])
	return m[2], n
}

// QuestionID is the Message-ID of a question.
func (a Addresses) QuestionID(inquiry string, n int) string {
	return fmt.Sprintf("oui-%s.%d.question@%s", inquiry, n, a.domain())
}
