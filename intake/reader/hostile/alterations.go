package hostile

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// signing are harmless words, with which somebody could sign where everybody sees them.
const signing = "Lu et approuv\\351, Jeanne Martin"

// catalog writes the catalog anew with more keys.
func (e *edit) catalog(more string) {
	root := number(last(e.file, rootShape))
	at := bytes.LastIndex(e.file, []byte(fmt.Sprintf("\n%d 0 obj", root)))
	body := string(e.file[at:])
	body = strings.TrimSpace(body[strings.Index(body, "<<")+2 : strings.Index(body, "endobj")])
	e.objects[root] = "<<" + body[:strings.LastIndex(body, ">>")] + " " + more + ">>"
}

var toUnicode = regexp.MustCompile(`/ToUnicode (\d+) 0 R`)

// alterations change the look of the first page, each in its own way.
var alterations = map[string]func(*edit){
	"a line taken out": func(e *edit) {
		lines := strings.Split(e.content, "\n")
		middle := len(lines) / 2
		for !strings.Contains(lines[middle], "Tj") {
			middle++
		}
		e.draw(strings.Join(append(lines[:middle:middle], lines[middle+1:]...), "\n"))
	},
	"a white rectangle":          func(e *edit) { e.draw(e.content + "\nq 1 1 1 rg 60 300 480 300 re f Q") },
	"a small white rectangle":    func(e *edit) { e.draw(e.content + "\nq 1 g 9 9 9 9 re f Q") },
	"a line struck through":      func(e *edit) { e.draw(e.content + "\n0 0 m 500 800 l S") },
	"a thick line of a dash":     func(e *edit) { e.draw(e.content + "\n1 G 300 w 0 400 m 600 400 l S") },
	"words of a refusal":         func(e *edit) { e.write("", "je refuse l'article 3", 80, 60, 12) },
	"words over the articles":    func(e *edit) { e.write("", signing, 71, 766, 16) },
	"white words":                func(e *edit) { e.write("1 g", signing, 80, 60, 12) },
	"tiny words":                 func(e *edit) { e.write("", signing, 80, 60, 1) },
	"invisible words":            func(e *edit) { e.write("3 Tr", signing, 80, 60, 12) },
	"clipped words":              func(e *edit) { e.write("0 0 1 1 re W n", signing, 80, 60, 12) },
	"words off the paper":        func(e *edit) { e.write("", signing, 80, -200, 12) },
	"words as large as the page": func(e *edit) { e.write("", "l l l", 10, 100, 900) },
	"transparent words": func(e *edit) {
		e.own(helvetica)
		e.set("Group", "<< /S /Transparency >>")
		e.draw(e.content + "\nq /Gz gs BT /Zz 12 Tf 80 60 Td (" + signing + ") Tj ET Q")
	},
	"words of a font that shows others": func(e *edit) {
		e.own("/Font << /Zz << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding << /Differences [76 /j /e /space /r] >> >> >>")
		e.draw("q\n" + e.content + "\nQ\nBT /Zz 12 Tf 80 60 Td (" + signing + ") Tj ET")
	},
	"everything moved":          func(e *edit) { e.draw("1 0 0 1 0 400 cm\n" + e.content) },
	"everything white":          func(e *edit) { e.draw("0 0 0 0 0 0 cm\n" + e.content) },
	"a clip before everything":  func(e *edit) { e.draw("0 0 100 100 re W n\n" + e.content) },
	"a picture":                 func(e *edit) { e.picture("q 600 0 0 850 0 0 cm /Pz Do Q") },
	"a picture in place":        func(e *edit) { e.draw(e.content + "\nq 500 0 0 400 50 300 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \xff EI Q") },
	"a layer that hides":        func(e *edit) { e.layer() },
	"another paper":             func(e *edit) { e.set("MediaBox", "[0 400 595.28 841.89]") },
	"a part of the paper":       func(e *edit) { e.set("CropBox", "[0 0 595.28 300]") },
	"turned":                    func(e *edit) { e.set("Rotate", "180") },
	"another unit":              func(e *edit) { e.set("UserUnit", "3") },
	"another colour of colours": func(e *edit) { e.own("/ColorSpace << /DefaultRGB [/Lab << /WhitePoint [1 1 1] >>] >>") },
	"a typed note": func(e *edit) {
		e.annotate("<< /Type /Annot /Subtype /FreeText /Rect [80 300 500 400] /Contents (sauf l'article 3) /DA (/Helv 12 Tf 0 g) /F 4 >>")
	},
	"a stamp": func(e *edit) {
		e.annotate("<< /Type /Annot /Subtype /Stamp /Rect [80 300 500 700] /F 4 /AP << /N " + e.white() + " >> >>")
	},
	"a field": func(e *edit) {
		e.annotate("<< /Type /Annot /Subtype /Widget /FT /Tx /T (Adresse) /V (je refuse) /DA (/Helv 12 Tf 0 g) /Rect [80 60 400 80] /F 4 /AP << /N " + e.white() + " >> >>")
	},
	"a box around a link": func(e *edit) {
		e.annotate("<< /Type /Annot /Subtype /Link /Rect [0 0 600 800] /Border [0 0 600] /C [1 1 1] >>")
	},
	"a signature over it": func(e *edit) {
		e.annotate("<< /Type /Annot /Subtype /Widget /FT /Sig /T (s) /Rect [60 300 540 800] /F 4 /AP << /N " + e.white() + " >> >>")
	},
	"a signature that speaks": func(e *edit) {
		form := flow("BT /Zz 12 Tf 2 4 Td (sauf l'article 3) Tj ET", "/Type /XObject /Subtype /Form /BBox [0 0 300 20] /Resources << "+helvetica+" >>")
		e.annotate(fmt.Sprintf("<< /Type /Annot /Subtype /Widget /FT /Sig /T (s) /Rect [80 52 380 72] /F 4 /AP << /N %d 0 R >> >>", e.add(form)))
	},
	"a page behind it":     func(e *edit) { e.appendPage() },
	"an action":            func(e *edit) { e.catalog("/OpenAction << /S /GoTo /D [0 /Fit] >>") },
	"looks of the reader":  func(e *edit) { e.catalog("/AcroForm << /NeedAppearances true /Fields [] >>") },
	"another form":         func(e *edit) { e.catalog("/AcroForm << /XFA (je refuse) /Fields [] >>") },
	"other letters behind": func(e *edit) { e.objects[number(last(e.file, toUnicode))] = flow("begincmap endcmap", "") },
	"other letters": func(e *edit) {
		fonts := regexp.MustCompile(`/(F\w+) (\d+) 0 R`).FindAllStringSubmatch(string(e.file), -1)
		for i, f := range fonts { // each font draws with the letters of the next
			e.objects[number(f[2])] = e.font(number(fonts[(i+1)%len(fonts)][2]))
		}
	},
	"a word cut in two": func(e *edit) {
		at := strings.Index(e.content, "Td") - 3
		a, b := e.add(flow(e.content[:at], "")), e.add(flow(e.content[at:], ""))
		e.set("Contents", fmt.Sprintf("[%d 0 R %d 0 R]", a, b))
	},
}

// white is a white form that covers its place.
func (e *edit) white() string {
	return strconv.Itoa(e.add(flow("1 g 0 0 1000 1000 re f", "/Type /XObject /Subtype /Form /BBox [0 0 1000 1000]"))) + " 0 R"
}

func (e *edit) picture(draw string) {
	n := e.add(flow("\xff", "/Type /XObject /Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceGray"))
	e.own(fmt.Sprintf("/XObject << /Pz %d 0 R >>", n))
	e.draw(e.content + "\n" + draw)
}

func (e *edit) layer() {
	n := e.add("<< /Type /OCG /Name (x) >>")
	e.own(fmt.Sprintf("/Properties << /Lz %d 0 R >>", n))
	e.catalog(fmt.Sprintf("/OCProperties << /OCGs [%d 0 R] /D << /OFF [%d 0 R] >> >>", n, n))
	e.draw("/OC /Lz BDC\n" + e.content + "\nEMC")
}

func (e *edit) appendPage() {
	tree := number(last([]byte(e.keys), regexp.MustCompile(`/Parent (\d+) 0 R`)))
	page := e.add(fmt.Sprintf("<< /Type /Page /Parent %d 0 R /Resources << >> /Contents %d 0 R >>", tree, e.add(flow("0 0 m 9 9 l S", ""))))
	at := bytes.LastIndex(e.file, []byte(fmt.Sprintf("\n%d 0 obj", tree)))
	body := string(e.file[at:])
	body = body[strings.Index(body, "<<"):strings.Index(body, "endobj")]
	count := number(regexp.MustCompile(`/Count (\d+)`).FindStringSubmatch(body)[1])
	body = strings.Replace(body, fmt.Sprintf("/Count %d", count), fmt.Sprintf("/Count %d", count+1), 1)
	e.objects[tree] = regexp.MustCompile(`(/Kids\s*\[[^\]]*)\]`).ReplaceAllString(body, fmt.Sprintf("$1 %d 0 R ]", page))
}

func (e *edit) font(n int) string {
	at := bytes.LastIndex(e.file, []byte(fmt.Sprintf("\n%d 0 obj", n)))
	body := string(e.file[at:])
	return body[strings.Index(body, "<<"):strings.Index(body, "endobj")]
}
