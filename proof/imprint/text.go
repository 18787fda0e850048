package imprint

import (
	"bytes"
	"image"
	"io"
	"maps"
	"slices"
	"strconv"

	"github.com/ledongthuc/pdf"
	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
)

// Copy is what can be read on a copy of a charter.
type Copy struct {
	Text    string // the text of a PDF; empty for pictures
	Pages   int    // 0 where that cannot be told
	Scanned bool   // its pages are pictures
	Marks   []Mark
}

func init() { api.DisableConfigDir() } // pdfcpu would otherwise write a folder into the user's home

// ReadPDF reads a PDF that came back: its text and the marks in it, or those on the pictures of its pages. Nothing makes it fail.
func ReadPDF(file []byte) Copy {
	c := Copy{Text: Text(file)}
	c.Marks = Find(c.Text)
	var pictures [][]byte
	pictures, c.Pages = picturesOf(file)
	c.Scanned = len(pictures) > 0
	for _, picture := range pictures {
		if len(c.Marks) > 0 {
			break
		}
		c.Marks = ReadPicture(picture)
	}
	return c
}

// Text is the text of a PDF, line by line as far as the file tells; empty where there is none, or it cannot be read.
func Text(file []byte) (text string) {
	defer func() {
		if recover() != nil { // a reader of other people's files
			text = ""
		}
	}()
	r, err := pdf.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return ""
	}
	plain, err := r.GetPlainText()
	if err != nil {
		return ""
	}
	const most = 4 << 20
	content, err := io.ReadAll(io.LimitReader(plain, most))
	if err != nil {
		return ""
	}
	return string(content)
}

// Pages is the text of each of the first pages of a PDF, line by line as far as the file tells. A page without text, or one that cannot be read, is empty;
// there are none where the file cannot be read.
func Pages(file []byte, most int) (pages []string) {
	defer func() {
		if recover() != nil { // a reader of other people's files
			pages = nil
		}
	}()
	r, err := pdf.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil
	}
	for n := 1; n <= min(r.NumPage(), most); n++ {
		pages = append(pages, pageText(r.Page(n)))
	}
	return pages
}

func pageText(p pdf.Page) (text string) {
	defer func() {
		if recover() != nil {
			text = ""
		}
	}()
	text, err := p.GetPlainText(nil)
	if err != nil {
		return ""
	}
	return text
}

// picturesOf are the large pictures of the first and last pages, as scanners put them, and the number of pages.
func picturesOf(file []byte) (pictures [][]byte, pages int) {
	defer func() {
		if recover() != nil {
			pictures = nil
		}
	}()
	const most, size, small = 6, 30 << 20, 600 // pages, bytes, and pixels of the shorter side of a page
	conf := model.NewDefaultConfiguration()
	conf.ValidationMode = model.ValidationRelaxed
	pages, err := api.PageCount(bytes.NewReader(file), conf)
	if err != nil {
		return nil, 0
	}
	var selected []string
	for n := 1; n <= min(pages, most); n++ {
		selected = append(selected, strconv.Itoa(n))
	}
	images, err := api.ExtractImagesRaw(bytes.NewReader(file), selected, conf)
	if err != nil {
		return nil, pages
	}
	for _, page := range images {
		for _, number := range slices.Sorted(maps.Keys(page)) {
			i := page[number]
			if i.Reader == nil || len(pictures) >= 2*most {
				continue
			}
			content, err := io.ReadAll(io.LimitReader(i, size))
			if err != nil {
				continue
			}
			c, _, err := image.DecodeConfig(bytes.NewReader(content))
			if err != nil && len(content) > 20<<10 || min(c.Width, c.Height) >= small { // a page, though it be in a format that is not known
				pictures = append(pictures, content)
			}
		}
	}
	return pictures, pages
}
