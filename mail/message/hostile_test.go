package message_test

import (
	"strings"
	"testing"
	"time"

	"relance/mail/message"
)

// TestNothingTakesLongerThanItsSizeDeserves reads messages that are made to be slow. Each takes well under a second; what grows with the
// square of its size would take minutes.
func TestNothingTakesLongerThanItsSizeDeserves(t *testing.T) {
	const size, enough = 1 << 20, 20 * time.Second
	top := "From: a@b.example\nSubject: x\n"
	fill := func(text string) string { return strings.Repeat(text, size/len(text)) }
	multipart := top + "Content-Type: multipart/mixed; boundary=B\n\n"
	page := top + "Content-Type: text/html\n\n"
	for name, raw := range map[string]string{
		"quotations": top + "\n" + fill("> x\n"), "attributions": top + "\n" + fill("Le 14/09/2020 a\n"), "one long attribution": top + "\n" + fill("Le 14/09/2020 aaaaaaaaaaaaaaaaaaa "),
		"Outlook's headers": top + "\n" + fill("De : x\n"), "footers": top + "\n" + fill("Ce message est confidentiel\n\n"), "signatures": top + "\n" + fill("-- \n"),
		"one long line": top + "\n" + fill("x"), "addresses in the text": top + "\n" + fill("x@x.example\n"), "rules": top + "\n" + fill("__________\n"), "one long rule": top + "\n" + fill("-"),
		"advertisements": top + "\n" + fill("Envoyé de mon iPhone\n"), "uuencode": top + "\n" + fill("begin 644 x\nM\n"), "uuencode without an end": top + "\n" + fill("begin 644 x\n#86)C\n`\n"),
		"divs": page + fill("<div>x"), "blockquotes": page + fill("<blockquote>x"), "tables": page + fill("<table><tr><td>x"), "ends of nothing": page + fill("<div>") + fill("</b>"), "attributes": page + "<div " + fill("a=b ") + ">",
		"encoded words": top + "To: " + fill("=?utf-8?q?a?= ") + "\n\nx", "question marks": top + "To: " + fill("=?a?q?") + "\n\nx", "recipients": top + "To: " + fill("a@b,") + "\n\nx",
		"commas in a bracket": top + "To: <" + fill(",") + "\n\nx", "brackets": top + "To: " + fill("<>") + "\n\nx", "colons": top + "To: " + fill(":") + ";\n\nx", "colons without a group": top + "To: " + fill(":") + "\n\nx",
		"marks": top + "To: " + fill("\"") + "\n\nx", "parentheses": top + "To: " + fill("(") + "\n\nx", "routes": top + "To: " + fill("<@a,") + "\n\nx", "bare addresses": top + "To: " + fill("a@b ") + "\n\nx",
		"references": top + "References: " + fill("<a@b> ") + "\n\nx", "open references": top + "References: " + fill("<a@b ") + "\n\nx", "folds": top + "X: y\n" + fill(" x\n") + "\nx",
		"parameters": top + "Content-Type: text/plain; " + fill("a=\"b\"; ") + "\n\nx", "marks of parameters": top + "Content-Type: text/plain; " + fill("\"") + "\n\nx", "a date of comments": top + "Date: " + fill("( ") + "\n\nx",
		"a date of colons": top + "Date: " + fill(" :") + "\n\nx",
		"parts":            multipart + fill("--B\n\n"), "boundaries of others": multipart + fill("--BB\n"), "multiparts": multipart + fill("--B\nContent-Type: multipart/mixed; boundary=B\n\n"), "no boundary": top + "Content-Type: multipart/mixed\n\n" + fill("--B\n\n"),
		"messages": top + fill("Content-Type: message/rfc822\n\n"), "flowed": top + "Content-Type: text/plain; format=flowed\n\n" + fill("x \n"), "soft breaks": top + "Content-Transfer-Encoding: quoted-printable\n\n" + fill("=\n"),
		"spaces": top + "Content-Transfer-Encoding: quoted-printable\n\n" + fill(" "), "padding": top + "Content-Transfer-Encoding: base64\n\n" + fill("A=B="), "UTF-7": top + "Content-Type: text/plain; charset=utf-7\n\n" + fill("+-+A"),
		"statuses":       "From: MAILER-DAEMON@x\nSubject: Undelivered\nContent-Type: multipart/report; boundary=B\n\n--B\nContent-Type: message/delivery-status\n\n" + fill("Status: 5.1.1\n\n"),
		"returned mails": "From: MAILER-DAEMON@x\nSubject: Undelivered\n\n" + fill("---- original\n"), "returned headers": "From: MAILER-DAEMON@x\nSubject: Undelivered\n\n" + fill("To: x\n"),
		"dates in a line": top + "\n" + fill("x Le lun. 14 sept. 2026 à 10:12, "), "lines with colons": top + "\n" + fill("<a@b> wrote :\n"), "rules and rules": top + "\n" + fill("_____\n\n"), "letterheads": top + "\n" + fill("De : x\nDate : 10:12\n"),
		"lists": top + fill("X-Loop: a@b\n") + "\nx", "half an address": "From: MAILER-DAEMON@x\nSubject: Undelivered\n\n" + fill("a.a.a.a-"), "failed addresses": "From: MAILER-DAEMON@x\nSubject: Undelivered\n\n" + fill("a@a.a "), "carriage returns": fill("a:b\r"),
	} {
		began := time.Now()
		if _, err := message.Parse([]byte(raw)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		message.Identity([]byte(raw))
		if took := time.Since(began); took > enough {
			t.Errorf("%s: %v", name, took)
		} else if took > 2*time.Second {
			t.Logf("%s: %v", name, took)
		}
	}
}
