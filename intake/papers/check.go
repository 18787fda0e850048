package papers

import (
	"bytes"
	"errors"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
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
	ctx, err := api.ReadAndValidate(bytes.NewReader(content), conf)
	switch {
	case errors.Is(err, pdfcpu.ErrWrongPassword):
		return ProblemEncrypted, ""
	case err != nil || ctx.PageCount == 0:
		return ProblemPDF, ""
	case isActive(ctx):
		return "", FlagActive
	}
	return "", ""
}
