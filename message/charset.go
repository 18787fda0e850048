package message

import (
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/charmap"
)

// charsetReader decodes a text by the name its sender gives the charset; one that nobody knows is read as it is.
func charsetReader(label string, input io.Reader) (io.Reader, error) {
	r, err := charset.NewReaderLabel(label, input)
	if err != nil {
		return input, nil
	}
	return r, nil
}

// western reads C1 control characters as what their sender meant: programs for Windows call their charset iso-8859-1 and
// write windows-1252, in which the euro sign is one of them. Browsers do the same (WHATWG Encoding §4.2).
func western(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 0x80 && r <= 0x9f {
			if meant := charmap.Windows1252.DecodeByte(byte(r)); meant != utf8.RuneError {
				return meant
			}
		}
		return r
	}, text)
}
