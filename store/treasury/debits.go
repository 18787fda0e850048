package treasury

import (
	"context"
	"encoding/json"
	"errors"
	"path"
	"strings"
)

// Debit is what the bank has told of an order, or of a file of orders: that it has taken the money, once or more often, and which of these it has undone.
type Debit struct {
	Key      string `json:"key"`                // of the movement (sepa.Movement)
	Servicer string `json:"servicer,omitempty"` // the bank's own reference of the entry
	Second   bool   `json:"second,omitempty"`   // another one stood when the bank told of it
	Undone   bool   `json:"-"`
	UndoneBy string `json:"-"` // the key of the movement that undid it
}

const undone = ".undone"

// Debits lists what the bank has told of an order, or of a file, by its identifier.
func (b Book) Debits(ctx context.Context, id string) (list []Debit, err error) {
	folder := b.folder("debits") + id + "/"
	names, err := b.Archive.Names(ctx, folder)
	if err != nil {
		return nil, err
	}
	gone := map[string]string{}
	for _, name := range names {
		if key, is := strings.CutSuffix(path.Base(name), undone); is {
			by, err := b.Archive.Get(ctx, name)
			if err != nil {
				return nil, err
			}
			gone[key] = strings.TrimSpace(string(by))
		}
	}
	for _, name := range names {
		key, is := strings.CutSuffix(path.Base(name), ".json")
		if !is {
			continue
		}
		var d Debit
		text, err := b.Archive.Get(ctx, name)
		if err == nil {
			err = json.Unmarshal(text, &d)
		}
		if err != nil {
			return nil, err
		}
		d.UndoneBy, d.Undone = gone[key], gone[key] != ""
		list = append(list, d)
	}
	return list, nil
}

// Debited notes that the bank has taken the money of an order, or of a file. Noting it again changes nothing.
func (b Book) Debited(ctx context.Context, id string, d Debit) error {
	if d.Key == "" {
		return errors.New("a debit without a key")
	}
	text, err := json.Marshal(d)
	if err == nil {
		_, err = b.Archive.PutOnce(ctx, b.folder("debits")+id+"/"+d.Key+".json", text, "application/json")
	}
	return err
}

// Undo notes that the bank has undone a debit, and by which movement. Noting it again changes nothing.
func (b Book) Undo(ctx context.Context, id string, d Debit, by string) error {
	_, err := b.Archive.PutOnce(ctx, b.folder("debits")+id+"/"+d.Key+undone, []byte(by+"\n"), "text/plain")
	return err
}

// Standing are the debits that the bank has not undone.
func Standing(list []Debit) (standing []Debit) {
	for _, d := range list {
		if !d.Undone {
			standing = append(standing, d)
		}
	}
	return standing
}
