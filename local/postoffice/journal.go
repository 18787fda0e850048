package postoffice

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/emersion/go-imap/v2"
)

// change is one change of what an account holds. Done again in the same order, all changes give the same folders, UIDs and UIDVALIDITYs: the
// store counts both up, and knows no other clock.
type change struct {
	Op      op              `json:"op"`
	Account string          `json:"account"`
	Mailbox string          `json:"mailbox"` // the one that is changed, or selected
	To      string          `json:"to,omitempty"`
	UIDs    imap.UIDSet     `json:"uids,omitempty"`
	All     bool            `json:"all,omitempty"` // EXPUNGE without a set
	Store   imap.StoreFlags `json:"store,omitzero"`
	Flags   []imap.Flag     `json:"flags,omitempty"`
	Time    time.Time       `json:"time,omitzero"`
	Raw     []byte          `json:"-"` // the mail, after the rest
}

type op string

const (
	opAppend  op = "append"
	opCreate  op = "create"
	opDelete  op = "delete"
	opRename  op = "rename"
	opMove    op = "move"
	opCopy    op = "copy"
	opStore   op = "store"
	opExpunge op = "expunge"
)

// journal is the file of all changes: of each the lengths of its two parts (four bytes each, big endian), what it is as JSON, and the mail.
// It is written and on the disk before the change is made, so that nobody has seen what a kill then undoes.
type journal struct {
	file   *os.File
	broken error // a change could not be written whole: nothing may be written behind it
}

// openJournal does again what a journal holds. A change that was being written when the server was killed is cut off: nobody was told
// that it had been made.
func openJournal(name string, again func(change) error) (*journal, error) {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	end, err := replay(file, again)
	if err == nil {
		if err = file.Truncate(end); err == nil {
			_, err = file.Seek(end, io.SeekStart)
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("journal %s: %w", name, err), file.Close())
	}
	return &journal{file: file}, nil
}

// replay tells where the last whole change ends.
func replay(file io.Reader, again func(change) error) (end int64, err error) {
	in := bufio.NewReaderSize(file, 1<<20)
	for {
		var lengths [2]uint32
		err := binary.Read(in, binary.BigEndian, &lengths)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return end, nil
		}
		if err != nil {
			return end, err
		}
		whole := make([]byte, lengths[0]+lengths[1])
		if _, err := io.ReadFull(in, whole); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return end, nil
		} else if err != nil {
			return end, err
		}
		var c change
		if err := json.Unmarshal(whole[:lengths[0]], &c); err != nil {
			return end, err
		}
		c.Raw = whole[lengths[0]:]
		if err := again(c); err != nil {
			return end, err
		}
		end += int64(binary.Size(lengths) + len(whole))
	}
}

func (j *journal) write(c change) error {
	head, err := json.Marshal(c)
	if err != nil {
		return err
	}
	record := binary.BigEndian.AppendUint32(nil, uint32(len(head)))
	record = binary.BigEndian.AppendUint32(record, uint32(len(c.Raw)))
	record = append(append(record, head...), c.Raw...)
	if j.broken != nil {
		return j.broken
	}
	if _, err = j.file.Write(record); err == nil {
		err = j.file.Sync()
	}
	j.broken = err
	return err
}

func (j *journal) close() error { return j.file.Close() }
