package imprint

import (
	"bytes"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// Drawing is what is drawn on the pages of a PDF: enough to tell whether somebody has put a signature on a copy.
type Drawing struct {
	Notes   int `json:"notes"`   // annotations other than links and fields: ink, stamps, typed text
	Objects int `json:"objects"` // pictures, and drawings used as one
	Bytes   int `json:"bytes"`   // of drawing instructions

	pages [][]byte // the instructions
}

// On tells whether a copy is drawn as the original is and, if so, whether there is something on it besides.
func (d Drawing) On(original Drawing) (same, more bool) {
	const wrapping = 40 // bytes a page, of programs that save and draw nothing
	if len(d.pages) != len(original.pages) || len(d.pages) == 0 {
		return false, false
	}
	for i, page := range d.pages {
		if !bytes.Contains(page, bytes.TrimSpace(original.pages[i])) {
			return false, false
		}
		more = more || len(page) > len(original.pages[i])+wrapping
	}
	return true, more || d.Notes > original.Notes || d.Objects > original.Objects
}

// Draws tells what is drawn on the pages of a PDF; ok is false where it cannot be read.
func Draws(file []byte) (d Drawing, ok bool) {
	defer func() {
		if recover() != nil { // a reader of other people's files
			ok = false
		}
	}()
	conf := model.NewDefaultConfiguration()
	conf.ValidationMode = model.ValidationRelaxed
	ctx, err := api.ReadContext(bytes.NewReader(file), conf)
	if err != nil || ctx.EnsurePageCount() != nil {
		return d, false
	}
	const most = 50 // pages
	for n := 1; n <= min(ctx.PageCount, most); n++ {
		page, _, inherited, err := ctx.PageDict(n, false)
		if err != nil || page == nil {
			return d, false
		}
		content, err := ctx.PageContent(page, n)
		if err != nil {
			content = nil // a page on which nothing is drawn
		}
		d.pages = append(d.pages, content)
		d.Bytes += len(content)
		d.Notes += notes(ctx, page)
		resources, _ := ctx.DereferenceDict(page["Resources"])
		if resources == nil && inherited != nil {
			resources = inherited.Resources
		}
		d.Objects += objects(ctx, resources)
	}
	return d, true
}

// notes counts the annotations that somebody puts on a page.
func notes(ctx *model.Context, page types.Dict) int {
	annots, err := ctx.DereferenceArray(page["Annots"])
	if err != nil {
		return 0
	}
	n := 0
	for _, a := range annots {
		if d, err := ctx.DereferenceDict(a); err == nil && d != nil {
			if kind := d.Subtype(); kind != nil && *kind != "Link" && *kind != "Widget" && *kind != "Popup" {
				n++
			}
		}
	}
	return n
}

// objects counts what a page may draw as one.
func objects(ctx *model.Context, resources types.Dict) int {
	list, err := ctx.DereferenceDict(resources["XObject"])
	if err != nil {
		return 0
	}
	return len(list)
}
