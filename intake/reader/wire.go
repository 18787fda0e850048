package reader

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"relance/intake/papers"
	"relance/mail/message"
)

// request is what a reader is asked for; the file follows, and the charter that a copy is compared with.
type request struct {
	Look  *papers.Request `json:"look,omitempty"`
	Open  *opening        `json:"open,omitempty"`
	Sizes []int64         `json:"sizes"` // of what follows
}

type opening struct {
	File message.Packed `json:"file"`
	Left message.Limits `json:"left"`
}

// answer is what a reader says; the contents of files that came out of another follow.
type answer struct {
	Confined string          `json:"confined,omitempty"` // of the first answer: by what the reader is
	Findings papers.Findings `json:"findings,omitzero"`
	Opened   message.Opened  `json:"opened,omitzero"`
	Sizes    []int64         `json:"sizes,omitempty"` // of what follows
}

// largestHead is how long a request or an answer may be without what follows, in bytes.
const largestHead = 32 << 20

var errTooLong = errors.New("longer than a file may make it")

// writeHead writes the length of a head, and the head.
func writeHead(w io.Writer, head any) error {
	text, err := json.Marshal(head)
	if err != nil {
		return err
	}
	if len(text) > largestHead {
		return errTooLong
	}
	if err := binary.Write(w, binary.BigEndian, uint32(len(text))); err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}

func readHead(r io.Reader, head any) error {
	var size uint32
	if err := binary.Read(r, binary.BigEndian, &size); err != nil {
		return err
	}
	if size > largestHead {
		return errTooLong
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(r, text); err != nil {
		return err
	}
	return json.Unmarshal(text, head)
}

// ask writes a request with the files that follow it.
func ask(w io.Writer, q request, bodies []body) error {
	for _, b := range bodies {
		q.Sizes = append(q.Sizes, b.size)
	}
	out := bufio.NewWriterSize(w, 64<<10)
	if err := writeHead(out, q); err != nil {
		return err
	}
	for _, b := range bodies {
		if _, err := io.CopyN(out, b.from, b.size); err != nil {
			return fmt.Errorf("the file: %w", err)
		}
	}
	return out.Flush()
}

// hear reads an answer with what follows it, so many bytes at most.
func hear(r io.Reader, most int64) (*answer, error) {
	var a answer
	if err := readHead(r, &a); err != nil {
		return nil, err
	}
	contents := make([][]byte, len(a.Sizes))
	for i, size := range a.Sizes {
		if size < 0 || size > most {
			return nil, errTooLong
		}
		most -= size
		contents[i] = make([]byte, size)
		if _, err := io.ReadFull(r, contents[i]); err != nil {
			return nil, err
		}
	}
	for e := range leaves(a.Opened.Files) {
		if len(contents) == 0 {
			return nil, io.ErrUnexpectedEOF
		}
		e.Content, contents = contents[0], contents[1:]
	}
	return &a, nil
}

// reply writes an answer with what follows it.
func reply(w io.Writer, a answer) error {
	for e := range leaves(a.Opened.Files) {
		a.Sizes = append(a.Sizes, int64(len(e.Content)))
	}
	out := bufio.NewWriterSize(w, 64<<10)
	if err := writeHead(out, a); err != nil {
		return err
	}
	for e := range leaves(a.Opened.Files) {
		if _, err := out.Write(e.Content); err != nil {
			return err
		}
	}
	return out.Flush()
}

// leaves are the files that hold no others, in their order.
func leaves(list []message.Entry) func(yield func(*message.Entry) bool) {
	var walk func(list []message.Entry, yield func(*message.Entry) bool) bool
	walk = func(list []message.Entry, yield func(*message.Entry) bool) bool {
		for i := range list {
			if e := &list[i]; len(e.Contains) == 0 && !yield(e) || !walk(e.Contains, yield) {
				return false
			}
		}
		return true
	}
	return func(yield func(*message.Entry) bool) { walk(list, yield) }
}

func bytesBody(content []byte) body { return body{int64(len(content)), bytes.NewReader(content)} }

func sumOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
