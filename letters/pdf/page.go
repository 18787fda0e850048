package pdf

import (
	"relance/domain/calendar"
	"strconv"
	"strings"
)

// compose lays the whole letter out; nothing is drawn yet, because footers tell the number of pages.
func (d *document) compose() [][]placed {
	side, address := d.side(), d.address()
	d.first = max(windowReach, window+total(side)) + 5
	body := d.opening()
	body = append(body, d.blocks(d.letter.Body, plain)...)
	ending := append(d.signature(), d.acceptance()...)
	hold(ending, tight) // who signs for the other side does so beside the authority, and not alone on a last page
	if len(ending) > 0 {
		cling(body, len(body)-d.lastUnit())
		body = append(body, ending...)
	}
	body = append(body, d.notice()...)
	pages := paginate(body, d.first, top, bottom)
	pages[0] = append(stack(side, window), pages[0]...)
	pages[0] = append(stack(address, window), pages[0]...)
	return pages
}

// stack sets rows below each other from y on.
func stack(rows []row, y float64) []placed {
	f := &flow{pages: [][]placed{nil}, bottom: pageHeight, y: y}
	f.set(rows)
	return f.pages[0]
}

// write draws the pages and tells what they say.
func (d *document) write(pages [][]placed) Said {
	said := map[part]*strings.Builder{}
	for p := range partOfficer + 1 {
		said[p] = &strings.Builder{}
	}
	var head strings.Builder
	take := func(into *strings.Builder) {
		into.WriteString(strings.Join(d.said, "\n") + "\n")
		d.said = nil
	}
	for i, page := range pages {
		d.pdf.AddPage()
		if i == 0 {
			d.letterhead()
			take(&head)
		}
		for _, r := range page {
			if r.draw != nil {
				r.draw(r.y)
				take(said[r.part])
			}
		}
		d.footer(i+1, len(pages))
		d.said = nil
	}
	text := func(p part) string { return said[p].String() }
	return Said{Letterhead: head.String(), Address: text(partAddress), Officer: text(partOfficer), Body: text(partBody),
		Signature: text(partSignature), Acceptance: text(partAcceptance), Notice: text(partNotice)}
}

// letterhead draws logo, name and motto on the left, the authority's address on the right, a rule below and how to reach
// the authority under it.
func (d *document) letterhead() {
	const start, height, rule, addressWidth = 15.0, 20.0, 39.0, 58.0
	tiny := style{size: 7.5, colour: grey}
	head := d.letter.Letterhead
	x := left
	if w := d.logo(left, start, 45, height); w > 0 {
		x += w + 5
	}
	d.identity(x, start, right-addressWidth-4-x, height)
	var told []string
	for _, text := range filled(head.Lines...) {
		told = append(told, d.wrap(tiny, text, addressWidth)...)
	}
	told = told[:min(len(told), 6)]
	y := start + max(0, (height-float64(len(told))*tiny.line())/2)
	for _, text := range told {
		d.printRight(tiny, right, y, text)
		y += tiny.line()
	}
	d.rule(d.accent, left, right, rule, 0.7)
	reach := strings.Join(filled(head.Phone, head.Email, head.Website), "  ·  ")
	y = rule + 1.4
	for _, text := range d.wrap(tiny, reach, measure) {
		d.print(tiny, left, y, text)
		y += tiny.line()
	}
}

// identity draws name and motto, in the middle of a height, the name smaller where it is long.
func (d *document) identity(x, y, width, height float64) {
	head := d.letter.Letterhead
	name := style{bold: true, size: 16, colour: d.strong}
	lines := d.wrap(name, oneLine(head.Name), width)
	for len(lines) > 2 && name.size > 9 {
		name.size--
		lines = d.wrap(name, oneLine(head.Name), width)
	}
	lines = lines[:min(len(lines), 4)]
	motto := style{size: 9, colour: grey}
	mottos := filled(head.Motto)
	y += max(0, (height-float64(len(lines))*name.line()-float64(len(mottos))*motto.line())/2)
	for _, text := range lines {
		d.print(name, x, y, text)
		y += name.line()
	}
	for _, text := range mottos {
		d.print(motto, x, y+0.5, d.cut(motto, text, width))
	}
}

// side is the block of reference and officer, on the left of the address.
func (d *document) side() []row {
	const width = sideEnd - left
	var rows []row
	add := func(label string, values ...string) {
		values = filled(values...)
		if len(values) == 0 {
			return
		}
		rows = append(rows, d.at(left, width, faint, label, 2)...)
		for _, value := range values {
			rows = append(rows, d.at(left, width, small, value, 0)...)
		}
	}
	add("Référence", d.letter.Reference)
	o := d.letter.Officer
	add("Affaire suivie par", o.Name, o.Capacity, o.Phone, o.Email)
	for i := range rows {
		rows[i].part = partOfficer
	}
	return rows
}

// address is the recipient, where the window of an envelope shows it: smaller where it would not fit.
func (d *document) address() []row {
	var rows []row
	for _, size := range []float64{10.5, 10, 9.5, 9, 8.5, 8, 7.5, 7} {
		rows = nil
		for i, text := range filled(d.letter.Recipient...) {
			rows = append(rows, d.at(column, right-column, style{size: size, colour: ink, bold: i == 0}, text, 0)...)
		}
		if total(rows) <= windowEnd-window {
			break
		}
	}
	for i := range rows {
		rows[i].part = partAddress
	}
	for total(rows) > windowReach-window { // what an envelope cannot show is no address
		rows = rows[:len(rows)-1]
	}
	return rows
}

// dated is place and date of the letter.
func (d *document) dated() string {
	date := calendar.InWords(d.letter.Date)
	if place := oneLine(d.letter.Place); place != "" {
		return place + ", le " + date
	}
	return "Le " + date
}

// at sets a text in a column; gap is the space above its first line.
func (d *document) at(x, width float64, s style, text string, gap float64) []row {
	var rows []row
	for i, line := range d.wrap(s, text, width) {
		r := row{height: s.line(), draw: func(y float64) { d.print(s, x, y, line) }}
		if i == 0 {
			r.gap = gap
		}
		rows = append(rows, r)
	}
	bind(rows)
	return rows
}

// opening is place and date, the kind of letter beside them, and its subject.
func (d *document) opening() []row {
	rows := []row{{height: 0, draw: func(y float64) { d.print(plain, column, y, d.dated()) }}}
	if kind := oneLine(d.letter.Kind); kind != "" {
		s := style{bold: true, size: 9, colour: d.strong}
		for _, line := range d.wrap(s, strings.ToUpper(kind), (column-left)*0.85) {
			rows = append(rows, row{height: s.line(), draw: func(y float64) { d.spaced(s, left, y, line) }})
		}
	}
	if subject := oneLine(d.letter.Subject); subject != "" {
		rows[len(rows)-1].height = max(rows[len(rows)-1].height, plain.line())
		rows = append(rows, d.at(left, measure, bold, set("Objet : ")+subject, 3)...)
	}
	hold(rows, tight)
	if n := len(rows); n > 0 {
		rows[n-1].bond = tight
		rows[n-1].height += 2
	}
	return rows
}

// footer names the letter on every page, so that loose sheets find back together.
func (d *document) footer(page, pages int) {
	const y = 281.0
	s := style{size: 8, colour: grey}
	count := "Page " + strconv.Itoa(page) + " sur " + strconv.Itoa(pages)
	end := right - d.mark()
	d.rule(hair, left, end, y-1.5, 0.2)
	room := end - left - d.width(s, count) - 5
	reference := d.cut(s, " · "+oneLine(d.letter.Reference), room*2/3)
	d.print(s, left, y, d.cut(s, oneLine(d.letter.Letterhead.Name), room-d.width(s, reference))+reference)
	d.printRight(s, end, y, count)
	mark, at := style{size: 5.5, colour: grey}, y+4
	if d.letter.Fingerprint != "" {
		at += 4 // below the line that names the charter
	}
	d.print(mark, left, at, d.cut(mark, oneLine(d.letter.Mark), end-left))
	check := style{size: 7, colour: grey}
	d.print(check, left, at+3, d.cut(check, oneLine(d.letter.Check), end-left))
}
