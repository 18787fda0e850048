package pdf

import (
	"relance/proof/imprint"
)

// mark prints the reference and the fingerprint of what the letter says at the foot of a page, as text and as a QR code, so that a copy of any page
// tells which letter it is of. It gives the room on the right that the code takes, in millimetres.
func (d *document) mark() (room float64) {
	m := imprint.Mark{Reference: d.letter.Reference, Fingerprint: d.letter.Fingerprint}
	if m.Fingerprint == "" {
		return 0
	}
	const size, y, line, quiet = 16.0, 274.0, 285.0, 2.6 // of the code; the quiet zone is four modules (ISO/IEC 18004 §6.3.8)
	if d.code == nil {
		if d.code, d.err = m.Code(); d.err != nil {
			return 0
		}
	}
	rows := d.code
	module := size / float64(len(rows))
	d.pdf.SetFillColor(0, 0, 0)
	for i, row := range rows {
		for j := 0; j < len(row); j++ { // neighbours as one bar: no hairline between them
			from := j
			for j < len(row) && row[j] {
				j++
			}
			if j > from {
				d.pdf.Rect(right-size+float64(from)*module, y+float64(i)*module, float64(j-from)*module, module*1.02, "F")
			}
		}
	}
	d.print(style{size: 8, colour: grey}, left, line, m.String())
	return size + quiet
}
