package pdf

// bond is how strongly a row holds on to the row after it.
type bond int

const (
	free  bond = iota // a page may end here
	loose             // only when the rows bound together do not fit on one page
	tight             // never, unless one run of tight rows is taller than a page
)

// part says what a row belongs to.
type part int

const (
	partBody part = iota
	partSignature
	partAcceptance
	partNotice
	partAddress
	partOfficer
)

// row is the smallest thing that goes on a page as a whole: mostly one line of text. Lengths are millimetres.
type row struct {
	gap    float64 // above the row, dropped at the top of a page
	height float64
	bond   bond
	part   part
	fresh  bool  // begins a page, unless it is the first of the letter
	head   []row // drawn again when a page begins with this row
	draw   func(y float64)
}

type placed struct {
	row
	y float64 // top of the row
}

// flow puts rows on pages: y is where the next row goes.
type flow struct {
	pages       [][]placed
	top, bottom float64 // of every page but the first, which begins lower
	y           float64
}

// paginate spreads rows over pages between top and bottom; the first page begins at first.
func paginate(rows []row, first, top, bottom float64) [][]placed {
	f := &flow{pages: [][]placed{nil}, top: top, bottom: bottom, y: first}
	f.place(rows, loose)
	return f.pages
}

// place sets rows, keeping runs that are bound at least as strongly as keep on one page.
func (f *flow) place(rows []row, keep bond) {
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n-1].bond >= keep && !rows[n].fresh {
			n++
		}
		run := rows[:n]
		rows = rows[n:]
		if run[0].fresh && len(*f.page()) > 0 {
			f.turn(run[0].head)
			run[0].fresh = false
		}
		switch {
		case f.fits(run):
			f.set(run)
		case total(run)+total(run[0].head) <= f.bottom-f.top || n == 1:
			f.turn(run[0].head)
			f.set(run)
		case keep < tight:
			f.place(run, keep+1)
		default:
			for i := range run {
				if !f.fits(run[i : i+1]) {
					f.turn(run[i].head)
				}
				f.set(run[i : i+1])
			}
		}
	}
}

func (f *flow) page() *[]placed { return &f.pages[len(f.pages)-1] }

func (f *flow) fits(run []row) bool {
	height := total(run)
	if len(*f.page()) > 0 {
		height += run[0].gap
	}
	return f.y+height <= f.bottom+1e-6
}

func (f *flow) set(run []row) {
	for _, r := range run {
		if len(*f.page()) > 0 {
			f.y += r.gap
		}
		*f.page() = append(*f.page(), placed{r, f.y})
		f.y += r.height
	}
}

// turn begins a page, unless this one is still empty and as good as the next.
func (f *flow) turn(head []row) {
	if len(*f.page()) == 0 && len(f.pages) > 1 {
		return
	}
	f.pages = append(f.pages, nil)
	f.y = f.top
	f.set(head)
}

// total is the height of a run of rows that stands at the top of a page.
func total(run []row) float64 {
	var height float64
	for i, r := range run {
		if i > 0 {
			height += r.gap
		}
		height += r.height
	}
	return height
}

// bind makes n rows a unit that does not begin or end a page with a single line.
func bind(rows []row) {
	if n := len(rows); n > 1 {
		rows[0].bond = tight
		rows[n-2].bond = tight
	}
}

// hold binds every row but the last to the next one, at least as strongly as b.
func hold(rows []row, b bond) {
	for i := range len(rows) - 1 {
		rows[i].bond = max(rows[i].bond, b)
	}
}
