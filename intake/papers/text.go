package papers

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"

	"relance/proof/imprint"
)

// How much text is read of one file.
const (
	maxPages    = 60
	maxPageText = 40_000  // bytes of a page
	maxText     = 200_000 // bytes of a file
	maxXML      = 20 << 20
)

const (
	docxType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	odtType  = "application/vnd.oasis.opendocument.text"
)

// HasText tells whether files of a media type can have text that is read.
func HasText(mediaType string) bool {
	return mediaType == pdfType || mediaType == docxType || mediaType == odtType
}

// textOf is the text of a file, page by page; a text document is one page. None where it has no text, or it cannot be read.
func textOf(mediaType string, content []byte) (pages []string) {
	defer func() {
		if recover() != nil { // a parser of other people's files
			pages = nil
		}
	}()
	switch mediaType {
	case pdfType:
		pages = imprint.Pages(decrypted(content), maxPages)
	case docxType:
		pages = one(packedText(content, "word/document.xml"))
	case odtType:
		pages = one(packedText(content, "content.xml"))
	}
	total := 0
	for i, page := range pages {
		page = strings.ToValidUTF8(page, " ")
		page = page[:min(len(page), maxPageText, maxText-total)]
		pages[i] = strings.ToValidUTF8(page, "")
		total += len(pages[i])
	}
	return pages
}

func one(text string) []string {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	return []string{text}
}

// decrypted takes the encryption with an empty password off a PDF, which banks and registries put on what they issue.
func decrypted(content []byte) []byte {
	if !bytes.Contains(content, []byte("/Encrypt")) {
		return content
	}
	conf := model.NewDefaultConfiguration()
	conf.ValidationMode = model.ValidationRelaxed
	var plain bytes.Buffer
	if err := api.Decrypt(bytes.NewReader(content), &plain, conf); err != nil {
		return content
	}
	return plain.Bytes()
}

// packedText is the text of a docx (ISO/IEC 29500) or an odt (ISO/IEC 26300): a line for each paragraph, and of a table a line for each row with bars
// between its cells.
func packedText(content []byte, part string) string {
	r, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return ""
	}
	f, err := r.Open(part)
	if err != nil {
		return ""
	}
	defer f.Close()
	w := paragraphs{}
	d := xml.NewDecoder(io.LimitReader(f, maxXML))
	for {
		token, err := d.Token()
		if err != nil {
			if !errors.Is(err, io.EOF) && w.text.Len() == 0 {
				return ""
			}
			return w.text.String()
		}
		if w.take(token); w.text.Len() > maxText {
			return w.text.String()
		}
	}
}

// paragraphs gathers the text of a document.
type paragraphs struct {
	text  strings.Builder
	cells int  // rows of tables that are open
	cell  bool // a cell of the row was written
	quiet int  // elements whose text is none: deleted text, field codes
}

// take takes the next piece of XML. The names of the two formats do not meet: w:p and text:p are paragraphs in both.
func (w *paragraphs) take(token xml.Token) {
	switch t := token.(type) {
	case xml.StartElement:
		switch t.Name.Local {
		case "instrText", "delText", "annotation", "tracked-changes":
			w.quiet++
		case "tr", "table-row":
			w.cells++
			w.cell = false
		case "tc", "table-cell":
			if w.cells > 0 && w.cell {
				w.text.WriteString(" | ")
			}
			w.cell = true
		case "tab", "s", "line-break", "br":
			w.text.WriteByte(' ')
		}
	case xml.EndElement:
		switch t.Name.Local {
		case "instrText", "delText", "annotation", "tracked-changes":
			w.quiet = max(w.quiet-1, 0)
		case "tr", "table-row":
			w.cells = max(w.cells-1, 0)
			w.text.WriteByte('\n')
		case "p", "h":
			if w.cells > 0 {
				w.text.WriteByte(' ')
			} else {
				w.text.WriteByte('\n')
			}
		}
	case xml.CharData:
		if w.quiet == 0 {
			w.text.WriteString(strings.Map(func(r rune) rune {
				if r == '\n' || r == '\r' {
					return ' '
				}
				return r
			}, string(t)))
		}
	}
}
