package sepa

import (
	"encoding/xml"
	"errors"
	"fmt"
	"strings"
)

// Report is what a bank says of a file of transfers that it was given.
type Report struct {
	File      string   `json:"file"`             // MsgId of the file
	Status    string   `json:"status,omitempty"` // of the whole: ACCP, ACSC, RJCT, PART …
	Reason    string   `json:"reason,omitempty"`
	Transfers []Status `json:"transfers,omitempty"`
}

// Status is what a bank says of one transfer.
type Status struct {
	ID     string `json:"id"` // EndToEndId
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"` // an ISO code such as AC01
}

// Rejected tells whether a status says that nothing was paid.
func Rejected(status string) bool { return status == "RJCT" }

// ErrReport is returned for a file that is not a status report.
var ErrReport = errors.New("not a pain.002 status report")

// StatusReport reads a pain.002 of any version: names of elements are looked at without their namespace.
func StatusReport(file []byte) (Report, error) {
	type reason struct {
		Code string `xml:"Rsn>Cd"`
		Own  string `xml:"Rsn>Prtry"`
	}
	type report struct {
		XMLName xml.Name `xml:"Document"`
		Report  struct {
			File   string   `xml:"OrgnlGrpInfAndSts>OrgnlMsgId"`
			Status string   `xml:"OrgnlGrpInfAndSts>GrpSts"`
			Why    []reason `xml:"OrgnlGrpInfAndSts>StsRsnInf"`
			Parts  []struct {
				Status string   `xml:"PmtInfSts"`
				Why    []reason `xml:"StsRsnInf"`
				List   []struct {
					ID     string   `xml:"OrgnlEndToEndId"`
					Status string   `xml:"TxSts"`
					Why    []reason `xml:"StsRsnInf"`
				} `xml:"TxInfAndSts"`
			} `xml:"OrgnlPmtInfAndSts"`
		} `xml:"CstmrPmtStsRpt"`
	}
	documents, err := documents[report](file)
	if err != nil {
		return Report{}, fmt.Errorf("%w: %w", ErrReport, err)
	}
	if len(documents) > 1 {
		return Report{}, fmt.Errorf("%w: it has %d documents", ErrReport, len(documents))
	}
	read := documents[0]
	why := func(list []reason) string {
		for _, r := range list {
			if code := first(r.Code, r.Own); code != "" {
				return code
			}
		}
		return ""
	}
	r := Report{File: strings.TrimSpace(read.Report.File), Status: strings.TrimSpace(read.Report.Status), Reason: why(read.Report.Why)}
	if r.File == "" {
		return r, fmt.Errorf("%w: it names no file", ErrReport)
	}
	for _, p := range read.Report.Parts {
		if r.Status == "" && len(p.List) == 0 {
			r.Status, r.Reason = strings.TrimSpace(p.Status), why(p.Why)
		}
		for _, t := range p.List {
			r.Transfers = append(r.Transfers, Status{ID: strings.TrimSpace(t.ID), Status: first(t.Status, p.Status), Reason: first(why(t.Why), why(p.Why))})
		}
	}
	return r, nil
}
