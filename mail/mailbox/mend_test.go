package mailbox

import (
	"bytes"
	"io"
	"net"
	"testing"
	"testing/iotest"
)

// TestMended: only faults are put right, and no byte of a message is touched, however the bytes come.
func TestMended(t *testing.T) {
	const date = `"01-Dec-2026 10:00:00 +0100"`
	for came, want := range map[string]string{
		"* 1 FETCH (UID 2 )\r\n":                                              "* 1 FETCH (UID 2)\r\n",
		"* 1 FETCH (UID 2 BODY[] {10}\r\na ) \"( ) {9 )\r\n":                  "* 1 FETCH (UID 2 BODY[] {10}\r\na ) \"( ) {9)\r\n",
		"* 1 FETCH (INTERNALDATE NIL UID 2)\r\n":                              "* 1 FETCH (INTERNALDATE " + noDate + " UID 2)\r\n",
		"* 1 FETCH (internaldate \"00-Jan-0000 00:00:00 +0000\" UID 2)\r\n":   "* 1 FETCH (internaldate " + noDate + " UID 2)\r\n",
		"* 1 FETCH (INTERNALDATE " + date + " )\r\n":                          "* 1 FETCH (INTERNALDATE " + date + ")\r\n",
		"* 1 FETCH (INTERNALDATE \" 1-Dec-2026 10:00:00 +0100\")\r\n":         "* 1 FETCH (INTERNALDATE \" 1-Dec-2026 10:00:00 +0100\")\r\n",
		"* 1 FETCH (X \"a ) INTERNALDATE NIL \\\" )\" UID 2 )\r\n":            "* 1 FETCH (X \"a ) INTERNALDATE NIL \\\" )\" UID 2)\r\n",
		"* 1 FETCH (BODY[] {19+}\r\nINTERNALDATE NIL ) UID 3 )\r\n* OK x\r\n": "* 1 FETCH (BODY[] {19+}\r\nINTERNALDATE NIL ) UID 3)\r\n* OK x\r\n",
		"* 1 FETCH (INTERNALDATE \"01-Dec BODY[] {3}\r\na )\r\n":              "* 1 FETCH (INTERNALDATE " + noDate + " BODY[] {3}\r\na )\r\n",
		"*  1 FETCH ( UID 2  FLAGS () ) \r\n":                                 "* 1 FETCH (UID 2 FLAGS ())\r\n",
		" * 1 FETCH (UID 2 BODY[] {1}\r\n\x00 UID 2)\r\n":                     "* 1 FETCH (UID 2 BODY[] {1}\r\n\x00 UID 2)\r\n",
		"* 1 FETCH (INTERNALDATE  " + date + "\x00 UID 2)\r\n":                "* 1 FETCH (INTERNALDATE " + date + " UID 2)\r\n",
		"* SEARCH \r\n* 2 EX\x00ISTS\r\n":                                     "* SEARCH\r\n* 2 EXISTS\r\n",
		"* LIST () \"/\" \"A  ( b )\"  \r\n":                                  "* LIST () \"/\" \"A  ( b )\"\r\n",
		"* LIST () \"/\" \"A (b )\"\r\n":                                      "* LIST () \"/\" \"A (b )\"\r\n",
	} {
		for name, reader := range map[string]io.Reader{"at once": bytes.NewBufferString(came), "byte by byte": iotest.OneByteReader(bytes.NewBufferString(came)), "in halves": iotest.HalfReader(bytes.NewBufferString(came))} {
			got, err := io.ReadAll(&mended{Conn: stream{Reader: reader}})
			if err != nil || string(got) != want {
				t.Errorf("%s, %q\n got %q\nwant %q (%v)", name, came, got, want, err)
			}
		}
	}
}

// stream is a connection of which only reading matters.
type stream struct {
	net.Conn
	io.Reader
}

func (s stream) Read(b []byte) (int, error) { return s.Reader.Read(b) }
