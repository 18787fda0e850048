package pdf

import "relance/domain/calendar"

// signature is who decides, with room for their hand.
func (d *document) signature() []row {
	s := d.letter.Signature
	if s == nil {
		return nil
	}
	const width = right - column
	var rows []row
	gap := 8.0
	add := func(s style, text string) {
		for _, told := range filled(text) {
			rows = append(rows, d.at(column, width, s, told, gap)...)
			gap = 0
		}
	}
	if !s.Date.IsZero() {
		place := "Fait le "
		if d.letter.Place != "" {
			place = "Fait à " + d.letter.Place + ", le "
		}
		add(plain, place+calendar.InWords(s.Date))
		gap = 2
	}
	add(plain, s.Delegation)
	add(plain, s.Capacity)
	gap = 22
	add(bold, s.Name)
	return ending(rows, partSignature)
}

// acceptance is the box to sign on paper, and the sentence to sign by mail.
func (d *document) acceptance() []row {
	a := d.letter.Acceptance
	if a == nil {
		return nil
	}
	const height, middle = 46.0, left + measure*0.5
	rows := []row{{gap: 7, height: height, draw: func(y float64) { d.signingBox(y, height, middle) }}}
	if phrase := clean(a.Phrase); phrase != "" {
		rows = append(rows, d.at(left, measure, plain, set("Ou, sans rien imprimer : répondez au courriel reçu en y écrivant cette phrase :"), 4)...)
		lines := d.wrap(bold, phrase, measure-8)
		for i, line := range lines {
			r := row{height: bold.line(), draw: func(y float64) {
				d.fill(d.tint(), left, y-1.5, measure, bold.line()+3)
				d.print(bold, left+4, y, line)
			}}
			if i == 0 {
				r.gap = 3
			}
			if i == len(lines)-1 {
				r.height += 1.5
			}
			rows = append(rows, r)
		}
	}
	return ending(rows, partAcceptance)
}

func (d *document) signingBox(y, height, middle float64) {
	d.pdf.SetDrawColor(int(d.strong[0]), int(d.strong[1]), int(d.strong[2]))
	d.pdf.SetLineWidth(0.3)
	d.pdf.Rect(left, y, measure, height, "D")
	d.pdf.Line(middle, y, middle, y+height)
	label := style{size: 9, colour: grey}
	for i, text := range []string{"Fait à", "Le", "Nom, prénom et qualité"} {
		at := y + 3 + float64(i)*13
		d.print(label, left+4, at, text)
		d.pdf.SetDashPattern([]float64{0.2, 0.9}, 0)
		d.rule(grey, left+4, middle-4, at+10.5, 0.2)
		d.pdf.SetDashPattern(nil, 0)
	}
	d.print(label, middle+4, y+3, "Signature précédée de "+set("« lu et approuvé »"))
}

// ending makes rows one unit.
func ending(rows []row, p part) []row {
	hold(rows, tight)
	for i := range rows {
		rows[i].part = p
	}
	return rows
}

// notice is the small type under a rule, together on one page where it can be.
func (d *document) notice() []row {
	rows := d.blocks(d.letter.Notice, small)
	if len(rows) == 0 {
		return nil
	}
	rule := row{gap: 7, height: 2, bond: tight, draw: func(y float64) { d.rule(hair, left, right, y, 0.2) }}
	rows = append([]row{rule}, rows...)
	rows[1].gap = 0
	hold(rows, loose)
	for i := range rows {
		rows[i].part = partNotice
	}
	return rows
}
