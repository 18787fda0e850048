package papers

import (
	"bytes"
	"crypto/x509"
	"slices"
	"strings"

	"relance/proof/imprint"
	"relance/proof/signature"
)

// Copy is what a copy of a charter shows, beside the charter that was sent.
type Copy struct {
	Prefix     bool                `json:"prefix"` // it begins with the bytes that were sent
	Scanned    bool                `json:"scanned"`
	Pages      int                 `json:"pages,omitempty"`
	Marks      []imprint.Mark      `json:"marks,omitempty"`      // read on it
	Recognised bool                `json:"recognised,omitempty"` // its text was read off a scan, and does not show
	Text       *imprint.Comparison `json:"text,omitempty"`       // with the text that was sent; nil where it has none
	Look       *imprint.Look       `json:"look,omitempty"`       // with the look of what was sent; nil for a picture
	Signatures *signature.Report   `json:"signatures,omitempty"` // without the authority's own seal
}

// copyOf looks at a copy of a charter.
func copyOf(q Request, content, sent []byte) Copy {
	if q.Type != pdfType {
		return Copy{Scanned: true, Marks: imprint.ReadPicture(content)}
	}
	c := Copy{Prefix: len(sent) > 0 && bytes.HasPrefix(content, sent)}
	if report := applicants(content, sent, c.Prefix, *q.Copy); len(report.Signatures) > 0 {
		c.Signatures = &report
	}
	found := imprint.ReadPDF(content)
	c.Marks, c.Scanned, c.Pages = found.Marks, found.Scanned, found.Pages
	if text := imprint.Text(sent); text != "" && strings.TrimSpace(found.Text) != "" {
		compared := imprint.Compare(text, found.Text)
		c.Text = &compared
	}
	c.Recognised = c.Scanned && c.Text != nil && imprint.Recognised(content)
	if len(sent) > 0 {
		look := imprint.Looks(sent, content)
		c.Look = &look
	}
	return c
}

// applicants are the signatures of a PDF that are not the authority's own seal.
func applicants(content, sent []byte, prefix bool, a Against) signature.Report {
	o := signature.Options{Roots: pool(a.Roots), Stamps: pool(a.Stamps), Now: a.At}
	report := signature.Read(content, o)
	ours := signature.Read(sent, signature.Options{Now: a.At}).Signatures
	report.Signatures = slices.DeleteFunc(report.Signatures, func(s signature.Signature) bool {
		return prefix && s.Covers > 0 && s.Covers <= int64(len(sent)) ||
			slices.ContainsFunc(ours, func(own signature.Signature) bool {
				return own.Signer.SHA256 != "" && own.Signer.SHA256 == s.Signer.SHA256
			})
	})
	return report
}

// pool makes a pool of certificates; nil of none.
func pool(certificates [][]byte) *x509.CertPool {
	if len(certificates) == 0 {
		return nil
	}
	p := x509.NewCertPool()
	for _, der := range certificates {
		if c, err := x509.ParseCertificate(der); err == nil {
			p.AddCert(c)
		}
	}
	return p
}
