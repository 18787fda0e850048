package pdf

import (
	"bytes"
	"fmt"
	"time"

	"relance/letters/prose"
)

// Report is figures and charts on A4 pages, under the authority's letterhead.
type Report struct {
	Letterhead Letterhead
	Title      string
	Subtitle   string // what it covers, and as of when
	Reference  string // in the footer
	Date       time.Time
	Figures    []Figure // what one has to know first, at most four
	Charts     []Chart
	Body       []prose.Block // below: tables and remarks
	Language   string        // RFC 5646 tag, fr-FR when empty
}

// Figure is one number with what it counts.
type Figure struct{ Value, Label, Note string }

// RenderReport writes a report as a PDF file. The same report always gives the same bytes.
func RenderReport(r Report) ([]byte, error) {
	l := Letter{Letterhead: r.Letterhead, Title: r.Title, Subject: r.Subtitle, Reference: r.Reference, Date: r.Date, Language: r.Language}
	if err := l.complete(); err != nil {
		return nil, err
	}
	d, _ := written(l, func(d *document) [][]placed {
		rows := d.reportHead(r)
		rows = append(rows, d.figures(r.Figures)...)
		rows = append(rows, d.charts(r.Charts)...)
		rows = append(rows, d.blocks(r.Body, small)...)
		return paginate(rows, reportTop, top, bottom)
	})
	if d.err != nil {
		return nil, fmt.Errorf("report %s: %w", r.Reference, d.err)
	}
	var out bytes.Buffer
	if err := d.pdf.Output(&out); err != nil {
		return nil, fmt.Errorf("report %s: %w", r.Reference, err)
	}
	return archival(out.Bytes(), l)
}

// reportTop is where a report begins on its first page, below the letterhead, in millimetres.
const reportTop = 47.0

func (d *document) reportHead(r Report) []row {
	head := style{bold: true, size: 17, colour: d.strong}
	rows := d.at(left, measure, head, oneLine(r.Title), 0)
	rows = append(rows, d.at(left, measure, style{size: 10, colour: grey}, oneLine(r.Subtitle), 0.5)...)
	hold(rows, tight)
	return rows
}

// figures sets the numbers side by side.
func (d *document) figures(list []Figure) []row {
	list = list[:min(len(list), 4)]
	if len(list) == 0 {
		return nil
	}
	const height, gutter = 21.0, 4.0
	width := (measure - gutter*float64(len(list)-1)) / float64(len(list))
	return []row{{gap: 5, height: height, draw: func(y float64) {
		for i, f := range list {
			x := left + float64(i)*(width+gutter)
			d.fill(d.tint(), x, y, width, height)
			value := style{bold: true, size: 17, colour: d.strong}
			for value.size > 9 && d.width(value, oneLine(f.Value)) > width-6 {
				value.size -= 0.5
			}
			d.print(value, x+3, y+2.5, oneLine(f.Value))
			d.print(small, x+3, y+10.5, d.cut(small, oneLine(f.Label), width-6))
			d.print(style{size: 7.5, colour: grey}, x+3, y+15, d.cut(style{size: 7.5}, oneLine(f.Note), width-6))
		}
	}}}
}

// charts sets charts, two halves beside each other.
func (d *document) charts(list []Chart) []row {
	const gutter = 8.0
	var rows []row
	for i := 0; i < len(list); i++ {
		first := list[i]
		if !first.Half || i+1 == len(list) || !list[i+1].Half {
			height := first.height()
			rows = append(rows, row{gap: 7, height: height, draw: func(y float64) { d.chart(first, left, y, measure, height) }})
			continue
		}
		second := list[i+1]
		i++
		height, width := max(first.height(), second.height()), (measure-gutter)/2
		rows = append(rows, row{gap: 7, height: height, draw: func(y float64) {
			d.chart(first, left, y, width, height)
			d.chart(second, left+width+gutter, y, width, height)
		}})
	}
	return rows
}
