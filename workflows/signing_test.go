package workflows_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/pdfcpu/pdfcpu/pkg/api"

	"relance/imprint"
)

// signs tells whether a mail answers the charter, and so is written once it is there.
func (m mail) signs() bool { return m.sign != nil || strings.Contains(m.text, "{empreinte}") }

// charter is the charter that was sent last.
func (w *world) charter() []byte {
	w.t.Helper()
	for i := len(w.sent) - 1; i >= 0; i-- {
		if name := w.sent[i].name; name == "charter" || name == "appeal-charter" {
			return w.sent[i].Attachments[0].Content()
		}
	}
	w.t.Error("no charter was sent")
	return nil
}

// signed fills in what only the charter tells: its fingerprint, and the copy of it that comes back.
func (w *world) signed(m mail) mail {
	w.t.Helper()
	charter := w.charter()
	if marks := imprint.Find(imprint.Text(charter)); len(marks) == 1 {
		m.text = strings.ReplaceAll(m.text, "{empreinte}", marks[0].Fingerprint)
	} else {
		w.t.Errorf("marks on the charter: %v", marks)
	}
	if m.sign != nil {
		m.copies = map[string][]byte{"scan.pdf": m.sign(w.t, charter)}
	}
	return m
}

// byHand writes a signature onto a charter.
func byHand(t *testing.T, charter []byte) []byte {
	t.Helper()
	return writeOn(t, charter, "Lu et approuvé, Jeanne Martin")
}

func writeOn(t *testing.T, pdf []byte, text string) []byte {
	t.Helper()
	mark, err := api.TextWatermark(text, "font:Helvetica, points:14, pos:bc, off:0 120, rot:8, scale:1 abs", true, false, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := api.AddWatermarks(bytes.NewReader(pdf), &out, nil, mark, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
