package pdf

import (
	"math"
	"strconv"
	"strings"
)

// ChartKind is how a chart shows its values.
type ChartKind int

// The kinds of chart.
const (
	Columns ChartKind = iota // upright, one group a label: values in time
	Bars                     // lying, one a label: values to compare, each labelled at its end
	Lines                    // a line a series, named at its end: how something grows
)

// Chart is one chart. There is no legend apart from the chart: series are named where they are.
type Chart struct {
	Title  string
	Kind   ChartKind
	Half   bool     // half as wide as the page
	Labels []string // of the groups, bars or points
	Series []Series // at most two, the first in the authority's colour; bars have one
	Limit  *Limit   // a level that matters
	Empty  string   // said in the place of a chart without values
}

// Series is values with a name. Shown are the values as texts, where each is written; none where the axis is enough.
type Series struct {
	Name   string
	Values []float64 // not below zero
	Shown  []string
}

// Limit is a level that matters, such as an envelope.
type Limit struct {
	Name  string
	Value float64
}

const (
	barHeight  = 6.2
	chartPlain = 52.0 // height of a chart of columns or lines, title included
	titleRoom  = 9.0
)

func (c Chart) height() float64 {
	if c.Kind == Bars {
		return titleRoom + barHeight*float64(max(len(c.Labels), 3)) + 2
	}
	return chartPlain
}

// most is the largest value of a chart, its limit included.
func (c Chart) most() float64 {
	most := 0.0
	for _, s := range c.Series {
		for _, v := range s.Values {
			most = max(most, v)
		}
	}
	if c.Limit != nil && most > 0 {
		most = max(most, c.Limit.Value)
	}
	return most
}

var tick = style{size: 7.5, colour: grey}

func (d *document) chart(c Chart, x, y, width, height float64) {
	d.print(bold, x, y, d.cut(bold, oneLine(c.Title), width))
	if c.most() == 0 {
		d.print(style{size: 9, colour: grey}, x, y+titleRoom+2, oneLine(c.Empty))
		return
	}
	top, bottom := y+titleRoom, y+height-5
	switch c.Kind {
	case Bars:
		d.bars(c, x, top, width)
	case Lines:
		d.lines(c, x, top, width, bottom)
	default:
		d.columnsChart(c, x, top, width, bottom)
	}
}

// bars draws lying bars, each with its label on the left and its value at its end.
func (d *document) bars(c Chart, x, y, width float64) {
	labels, values := 0.0, 0.0
	for i, label := range c.Labels {
		labels = max(labels, d.width(small, oneLine(label)))
		values = max(values, d.width(small, c.shown(0, i)))
	}
	labels = min(labels, width*0.45)
	room := width - labels - values - 5
	for i, label := range c.Labels {
		at := y + float64(i)*barHeight
		label = d.cut(small, oneLine(label), labels)
		d.print(small, x+labels-d.width(small, label), at, label)
		length := room * c.Series[0].Values[i] / c.most()
		if length > 0 {
			d.fill(d.strong, x+labels+2.5, at+0.4, max(length, 0.3), barHeight-2.6)
		}
		d.print(small, x+labels+2.5+length+1.5, at, c.shown(0, i))
	}
}

// shown is a value as it is written beside its mark; empty where the series is not labelled value by value.
func (c Chart) shown(series, i int) string {
	if s := c.Series[series]; i < len(s.Shown) {
		return oneLine(s.Shown[i])
	}
	return ""
}

// labelled tells whether every value is written beside its mark.
func (c Chart) labelled() bool {
	for _, s := range c.Series {
		if len(s.Shown) < len(s.Values) {
			return false
		}
	}
	return true
}

// grid draws the axis: a few round levels, thin and pale, and gives the top level.
func (d *document) grid(c Chart, x, top, width, bottom float64) float64 {
	step := roundStep(c.most() / 3)
	highest := step * math.Ceil(c.most()/step-1e-9)
	for level := 0.0; level <= highest+step/2; level += step {
		y := bottom - (bottom-top)*level/highest
		d.rule(hair, x, x+width, y, 0.15)
		text := figure(level)
		d.print(tick, x, y-tick.line(), text)
	}
	return highest
}

// roundStep is a step of 1, 2 or 5 times a power of ten, at least as large as wanted.
func roundStep(wanted float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(max(wanted, 1))))
	for _, factor := range []float64{1, 2, 5, 10} {
		if factor*power >= wanted-1e-9 {
			return factor * power
		}
	}
	return 10 * power
}

// figure writes a level of an axis as French typography has it.
func figure(v float64) string {
	text := strconv.FormatFloat(v, 'f', -1, 64)
	var b strings.Builder
	for i, r := range text {
		if i > 0 && (len(text)-i)%3 == 0 {
			b.WriteRune('\u202f')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// palette is the colour of a series: the authority's, then grey.
func (d *document) palette(series int) colour {
	if series == 0 {
		return d.strong
	}
	return colour{150, 156, 164}
}

// columnsChart draws upright columns, the series of a label side by side; the names of the series stand above, each in its colour.
func (d *document) columnsChart(c Chart, x, top, width, bottom float64) {
	axis, highest := 0.0, c.most()
	if c.labelled() { // the values stand at the columns: levels would only be in their way
		d.rule(hair, x, x+width, bottom, 0.15)
	} else {
		axis, highest = 9, d.grid(c, x, top+4, width, bottom)
	}
	group := (width - axis) / float64(len(c.Labels))
	one := min(group*0.72/float64(len(c.Series)), 9)
	at := x + width
	for i := len(c.Series) - 1; i >= 0; i-- { // names on the right, in reading order
		s := style{size: 8, bold: true, colour: d.palette(i)}
		name := oneLine(c.Series[i].Name)
		at -= d.width(s, name)
		d.print(s, at, top-4.5, name)
		at -= 4
	}
	for i, label := range c.Labels {
		middle := x + axis + group*(float64(i)+0.5)
		for k, s := range c.Series {
			height := (bottom - top - 4) * s.Values[i] / highest
			left := middle + (float64(k)-float64(len(c.Series))/2)*one
			d.fill(d.palette(k), left, bottom-height, one*0.9, height)
			if text := c.shown(k, i); text != "" && s.Values[i] > 0 {
				d.print(tick, left+one*0.45-d.width(tick, text)/2, bottom-height-tick.line(), text)
			}
		}
		label = oneLine(label)
		if d.width(tick, label) <= group || i%2 == 0 {
			d.print(tick, middle-d.width(tick, label)/2, bottom+0.8, label)
		}
	}
}

// lines draws a line a series, named and valued at its end, and the limit as a dashed level.
func (d *document) lines(c Chart, x, top, width, bottom float64) {
	const axis, ends = 14.0, 34.0
	highest := d.grid(c, x, top+4, width-ends, bottom)
	point := func(i int, v float64) (float64, float64) {
		return x + axis + (width-axis-ends)*float64(i)/float64(max(len(c.Labels)-1, 1)), bottom - (bottom-top-4)*v/highest
	}
	if c.Limit != nil {
		_, y := point(0, c.Limit.Value)
		d.pdf.SetDashPattern([]float64{1.2, 1}, 0)
		d.rule(grey, x+axis, x+width-ends, y, 0.3)
		d.pdf.SetDashPattern(nil, 0)
		d.print(tick, x+axis, y-tick.line(), oneLine(c.Limit.Name)) // on the left, where what grows is still low
	}
	for k, s := range c.Series {
		ink := d.palette(k)
		d.pdf.SetDrawColor(int(ink[0]), int(ink[1]), int(ink[2]))
		d.pdf.SetLineWidth(0.7)
		for i := 1; i < len(s.Values); i++ {
			x1, y1 := point(i-1, s.Values[i-1])
			x2, y2 := point(i, s.Values[i])
			d.pdf.Line(x1, y1, x2, y2)
		}
		last := len(s.Values) - 1
		endX, endY := point(last, s.Values[last])
		d.pdf.SetFillColor(int(ink[0]), int(ink[1]), int(ink[2]))
		d.pdf.Circle(endX, endY, 0.9, "F")
		name := style{size: 8, bold: true, colour: ink}
		for i, text := range filled(s.Name, c.shown(k, last)) {
			d.print(name, x+width-ends+2, endY-name.line()/2+float64(i)*name.line(), d.cut(name, text, ends-2))
		}
	}
	for i, label := range c.Labels {
		at, _ := point(i, 0)
		if label = oneLine(label); len(c.Labels) <= 8 || i%2 == 0 {
			d.print(tick, at-d.width(tick, label)/2, bottom+0.8, label)
		}
	}
}
