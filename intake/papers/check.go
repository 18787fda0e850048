package papers

import (
	"bytes"
	"errors"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

func init() { api.DisableConfigDir() } // pdfcpu would otherwise write a folder into the user's home

// checkPDF opens a PDF as a reader would: leniently, since half of what scanners write breaks ISO 32000 somewhere.
func checkPDF(content []byte) (problem, flag string) {
	defer func() {
		if recover() != nil { // a parser of other people's files must not take the case down with it
			problem, flag = ProblemPDF, ""
		}
	}()
	conf := model.NewDefaultConfiguration()
	conf.ValidationMode = model.ValidationRelaxed
	ctx, err := api.ReadContext(bytes.NewReader(content), conf)
	switch {
	case errors.Is(err, pdfcpu.ErrWrongPassword):
		return ProblemEncrypted, ""
	case err != nil || !hasPage(ctx): // hasPage unpacks all objects, for isActive too
		return ProblemPDF, ""
	case isActive(ctx):
		return "", FlagActive
	case !sound(ctx):
		return "", FlagStructure
	}
	return "", ""
}

// sound tells whether a PDF keeps to ISO 32000 as far as the library looks.
func sound(ctx *model.Context) (sound bool) {
	defer func() {
		if recover() != nil {
			sound = false
		}
	}()
	return api.ValidateContext(ctx) == nil
}

// hasPage unpacks the objects of a PDF, and tells whether one of them is a page.
func hasPage(ctx *model.Context) bool {
	found := false
	for number, entry := range ctx.Table {
		if entry == nil || entry.Free {
			continue
		}
		generation := 0
		if entry.Generation != nil {
			generation = *entry.Generation
		}
		o, err := ctx.Dereference(*types.NewIndirectRef(number, generation))
		if err != nil {
			continue
		}
		entry.Object = o // what lay packed in a stream of objects
		d, is := o.(types.Dict)
		found = found || is && d.Type() != nil && *d.Type() == "Page"
	}
	return found
}
