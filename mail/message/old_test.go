package message_test

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"

	"relance/mail/message"
)

// winmail is a mail whose body is a winmail.dat with one property.
func winmail(id uint16, value []byte) []byte {
	u32 := func(b []byte, n int) []byte { return binary.LittleEndian.AppendUint32(b, uint32(n)) }
	props := u32(nil, 1)
	props = binary.LittleEndian.AppendUint16(props, 0x0102)
	props = binary.LittleEndian.AppendUint16(props, id)
	props = u32(u32(props, 1), len(value))
	props = append(props, value...)
	props = append(props, make([]byte, (4-len(value)%4)%4)...)
	b := []byte{0x78, 0x9f, 0x3e, 0x22, 1, 0, 1, 0x03, 0x90, 0x06, 0}
	b = append(u32(b, len(props)), props...)
	b = append(b, 0, 0)
	return []byte("From: a@b.fr\r\nTo: c@d.fr\r\nMIME-Version: 1.0\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\n" +
		"Content-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString(b) + "\r\n")
}

// stored is rich text that is not packed; packed packs it without references.
func stored(rtf string) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(rtf)+12))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(rtf)))
	b = append(b, "MELA\x00\x00\x00\x00"...)
	return append(b, rtf...)
}

func packed(rtf string) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(rtf)+12))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(rtf)))
	b = append(b, "LZFu\x00\x00\x00\x00"...)
	for len(rtf) > 0 {
		n := min(8, len(rtf))
		b = append(append(b, 0), rtf[:n]...)
		rtf = rtf[n:]
	}
	return b
}

// TestOutlooksRichText: the words of a winmail.dat are read from HTML and from rich text, packed or not.
func TestOutlooksRichText(t *testing.T) {
	// [MS-OXRTFCP] §3.1.1: the packed form of {\rtf1\ansi\ansicpg1252\pard hello world}
	example := []byte{0x2d, 0, 0, 0, 0x2b, 0, 0, 0, 'L', 'Z', 'F', 'u', 0xf1, 0xc5, 0xc7, 0xa7, 0x03, 0x00, 0x0a, 0x00, 'r', 'c', 'p', 'g', '1', '2', '5',
		0x42, '2', 0x0a, 0xf3, ' ', 'h', 'e', 'l', 0x09, 0x00, ' ', 'b', 'w', 0x05, 0xb0, 'l', 'd', '}', 0x0a, 0x80, 0x0f, 0xa0}
	wrapped := `{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}}{\colortbl\red0\green0\blue0;}` + "\r\n" +
		`{\*\htmltag19 <html>}{\*\htmltag50 <body>}{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 Bonjour, voici le bail.\htmlrtf\par}\htmlrtf0 {\*\htmltag72 </p>}` +
		`{\*\htmltag64 <p>}Sign\'e9 \u8364?10 {\*\htmltag84 <b>}\htmlrtf {\b\htmlrtf0 Jeanne\htmlrtf }\htmlrtf0 {\*\htmltag92 </b>}{\*\htmltag72 </p>}{\*\htmltag58 </body>}}`
	plain := `{\rtf1\ansi{\fonttbl{\f0 Arial;}}{\*\generator Riched20;}\pard\f0\fs20 Voici le bail sign\'e9.\par Cordialement\line Jeanne\par}`
	for name, c := range map[string]struct {
		id    uint16
		value []byte
		want  string
	}{
		"the example of the norm": {0x1009, example, "hello world"},
		"wrapped HTML":            {0x1009, packed(wrapped), "Bonjour, voici le bail.\n\nSigné €10 Jeanne"},
		"wrapped, not packed":     {0x1009, stored(wrapped), "Bonjour, voici le bail.\n\nSigné €10 Jeanne"},
		"rich text":               {0x1009, packed(plain), "Voici le bail signé.\nCordialement\nJeanne"},
		"HTML":                    {0x1013, []byte(`<html><meta charset="utf-8"><p>Voici le bail d’été.</p></html>`), "Voici le bail d’été."},
		"HTML of Windows":         {0x1013, []byte("<html><p>Voici le bail d\xe9sir\xe9.</p></html>"), "Voici le bail désiré."},
		"cut off":                 {0x1009, packed(plain)[:60], "Voici"},
		"nothing":                 {0x1009, nil, ""},
	} {
		m, err := message.Parse(winmail(c.id, c.value))
		if err != nil || m.Text != c.want && !(name == "cut off" && !strings.Contains(m.Text, `\`)) {
			t.Errorf("%s: %q, want %q (%v)", name, m.Text, c.want, err)
		}
	}
}

// TestPlaceholders: a plain form that only says that there is another gives way to it; what a person wrote does not.
func TestPlaceholders(t *testing.T) {
	const page = "<p>Bonjour, voici le bail.</p>"
	for plain, stands := range map[string]bool{
		"Your email client does not support HTML messages.":                              false,
		"This is a multi-part message in MIME format.":                                   false,
		"This message is in HTML format; please use a mail program that can display it.": false,
		"Votre messagerie ne prend pas en charge le format HTML.":                        false,
		"Ce message est au format HTML.":                                                 false,
		"Si ce message ne s'affiche pas, vous pouvez lire ce message dans un navigateur": false,
		"Please view this email in a browser":                                            false,
		"Ihr E-Mail-Programm unterstützt kein HTML":                                      false,
		"Bonjour, voici le bail.":                                                        true,
		"Bonjour":                                                                        true,
		"Je suis développeur HTML, voici mon bail.":                                      true,
	} {
		raw := "From: a@b.fr\r\nTo: c@d.fr\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" +
			plain + "\r\n--x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + page + "\r\n--x--\r\n"
		m, err := message.Parse([]byte(raw))
		want := "Bonjour, voici le bail."
		if stands {
			want = plain
		}
		if err != nil || m.Text != want || m.Reply != want {
			t.Errorf("%q: %q, new %q (%v)", plain, m.Text, m.Reply, err)
		}
	}
}
