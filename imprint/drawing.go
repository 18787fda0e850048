package imprint

import (
	"bytes"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// Drawing is how much is drawn on the pages of a PDF: enough to tell whether somebody has put a signature on a copy.
type Drawing struct {
	Notes    int `json:"notes"`    // annotations other than links and fields: ink, stamps, typed text
	Pictures int `json:"pictures"` // images
	Bytes    int `json:"bytes"`    // of drawing instructions
}

// Beyond tells whether a copy has something drawn that the original has not.
func (d Drawing) Beyond(original Drawing) bool {
	return d.Notes > original.Notes || d.Pictures > original.Pictures
}

// Like tells whether a copy is drawn just as the original: saved again, it may be, and nothing more.
func (d Drawing) Like(original Drawing) bool {
	return d == original
}

// Draws tells how much is drawn on the pages of a PDF; ok is false where it cannot be read.
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
		if err == nil {
			d.Bytes += len(content)
		}
		d.Notes += notes(ctx, page)
		resources, _ := ctx.DereferenceDict(page["Resources"])
		if resources == nil && inherited != nil {
			resources = inherited.Resources
		}
		d.Pictures += pictures(ctx, resources)
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

// pictures counts the images among a page's resources.
func pictures(ctx *model.Context, resources types.Dict) int {
	objects, err := ctx.DereferenceDict(resources["XObject"])
	if err != nil {
		return 0
	}
	n := 0
	for _, o := range objects {
		if stream, _, err := ctx.DereferenceStreamDict(o); err == nil && stream != nil {
			if kind := stream.Subtype(); kind != nil && *kind == "Image" {
				n++
			}
		}
	}
	return n
}
