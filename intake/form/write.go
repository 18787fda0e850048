package form

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
)

// The page, in points: A4 with margins.
const (
	pageTop    = 780.0
	pageBottom = 60.0
	left       = 50.0
	width      = 495.0
	labelWidth = 210.0
)

// font is a font as pdfcpu's JSON has it.
type font struct {
	Name  string `json:"name"`
	Size  int    `json:"size"`
	Color string `json:"col,omitempty"`
}

var (
	plain   = font{"Helvetica", 10, "#1b1b1b"}
	small   = font{"Helvetica", 8, "#5a5a5a"}
	heading = font{"Helvetica-Bold", 12, "#00577d"}
	title   = font{"Helvetica-Bold", 16, "#00577d"}
	input   = font{"Helvetica", 10, "#000000"}
)

type text struct {
	Value string     `json:"value"`
	Pos   [2]float64 `json:"pos"`
	Font  font       `json:"font"`
}

type field struct {
	ID      string     `json:"id"`
	Tip     string     `json:"tip"`
	Pos     [2]float64 `json:"pos"`
	Width   float64    `json:"width"`
	Font    font       `json:"font"`
	Align   string     `json:"align,omitempty"`
	Border  any        `json:"border,omitempty"`
	Tab     int        `json:"tab,omitempty"`
	Options []string   `json:"options,omitempty"`
}

type content struct {
	Texts  []text  `json:"text,omitempty"`
	Fields []field `json:"textfield,omitempty"`
	Combos []field `json:"combobox,omitempty"`
}

type page struct {
	Content *content `json:"content"`
}

// layout sets a form from top to bottom, on as many pages as it takes.
type layout struct {
	pages []*content
	y     float64
	tab   int
}

// Write gives a fillable PDF (AcroForm), A4, with each field's label on its left and its hint below.
func Write(f Form) ([]byte, error) {
	l := &layout{}
	l.newPage()
	l.lines(title, 20, 60, f.Title)
	l.lines(small, 14, 110, f.Subtitle)
	for _, paragraph := range f.Intro {
		l.lines(plain, 13, 98, paragraph)
		l.y -= 4
	}
	for _, s := range f.Sections {
		l.section(s)
	}
	pages := map[string]page{}
	for i, c := range l.pages {
		c.Texts = append(c.Texts, text{clean(fmt.Sprintf("%s – page %d/%d", f.Footer, i+1, len(l.pages))), [2]float64{left, 36}, small})
		pages[fmt.Sprint(i+1)] = page{c}
	}
	description, err := json.Marshal(map[string]any{"paper": "A4P", "origin": "LowerLeft", "pages": pages,
		"fonts": map[string]font{"input": input, "label": plain}})
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := api.Create(nil, bytes.NewReader(description), &out, model.NewDefaultConfiguration()); err != nil {
		return nil, fmt.Errorf("form %q: %w", f.Title, err)
	}
	return out.Bytes(), nil
}

func (l *layout) newPage() {
	l.pages = append(l.pages, &content{})
	l.y = pageTop
}

// room sees to it that so much height is left on the page.
func (l *layout) room(height float64) {
	if l.y-height < pageBottom {
		l.newPage()
	}
}

func (l *layout) page() *content { return l.pages[len(l.pages)-1] }

func (l *layout) section(s Section) {
	l.room(60)
	l.y -= 8
	l.lines(heading, 18, 80, s.Title)
	l.y -= 5
	if s.Intro != "" {
		l.lines(plain, 13, 98, s.Intro)
	}
	for _, f := range s.Fields {
		l.field(f)
	}
}

// field sets one label, its field and its hint.
func (l *layout) field(f Field) {
	label := f.Label
	if f.Required {
		label += " *"
	}
	labels, hints := wrap(label, 42), wrap(f.Hint, 62)
	height := max(float64(len(labels))*12, 18) + float64(len(hints))*10 + 8
	l.room(height)
	l.tab++
	p := l.page()
	for i, line := range labels {
		p.Texts = append(p.Texts, text{clean(line), [2]float64{left, l.y - 12 - float64(i)*12}, plain})
	}
	in := field{ID: f.ID, Tip: clean(f.Label), Pos: [2]float64{left + labelWidth, l.y - 16}, Width: width - labelWidth, Font: input, Align: "left",
		Border: map[string]any{"width": 1, "col": "#8a8a8a"}, Tab: l.tab}
	if f.Kind == Choice {
		for _, o := range f.Options {
			in.Options = append(in.Options, clean(o))
		}
		p.Combos = append(p.Combos, in)
	} else {
		p.Fields = append(p.Fields, in)
	}
	for i, line := range hints {
		p.Texts = append(p.Texts, text{clean(line), [2]float64{left + labelWidth, l.y - 28 - float64(i)*10}, small})
	}
	l.y -= height
}

// lines sets wrapped text.
func (l *layout) lines(f font, step float64, columns int, paragraph string) {
	for _, line := range wrap(paragraph, columns) {
		l.room(step)
		l.y -= step
		l.page().Texts = append(l.page().Texts, text{clean(line), [2]float64{left, l.y}, f})
	}
}

// wrap cuts text into lines of at most so many characters.
func wrap(paragraph string, columns int) []string {
	var lines []string
	for _, part := range strings.Split(paragraph, "\n") {
		line := ""
		for _, word := range strings.Fields(part) {
			if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > columns {
				lines = append(lines, line)
				line = ""
			}
			if line != "" {
				line += " "
			}
			line += word
		}
		if line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// clean keeps what the core fonts can show (Windows-1252), and takes the marks out that pdfcpu's notation gives a meaning.
func clean(s string) string {
	s = strings.ReplaceAll(s, "%", "%%")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '’':
			return '\''
		case r == '\u00a0' || r == '\u202f':
			return ' '
		case r < 0x100 || strings.ContainsRune("œŒ€–—«»…", r):
			return r
		}
		return '?'
	}, s)
}
