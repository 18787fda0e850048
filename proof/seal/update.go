package seal

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

func init() { api.DisableConfigDir() } // pdfcpu would otherwise write a folder into the user's home

// draft is a letter with room for its seal.
type draft struct {
	file       []byte
	start, end int // of the room: « < », the digits, « > »
}

// signed are the bytes that the seal covers: all but its own room.
func (d draft) signed() []byte {
	return append(bytes.Clone(d.file[:d.start]), d.file[d.end:]...)
}

// with fills the room; the message fits.
func (d draft) with(message []byte) []byte {
	hex.Encode(d.file[d.start+1:], message)
	return d.file
}

// update is an incremental update (ISO 32000-2 §7.5.6): new objects and new versions of old ones, behind the file as it is.
type update struct {
	out     bytes.Buffer
	base    *model.Context
	next    int         // the first free object number
	offsets map[int]int // by object number
}

// prepare adds a signature field with an empty signature, in an incremental update.
func prepare(pdf []byte, what Seal, signer string, at time.Time, room int) (d draft, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", ErrPDF, r)
		}
	}()
	base, err := api.ReadContext(bytes.NewReader(pdf), model.NewDefaultConfiguration())
	switch {
	case err != nil:
		return d, fmt.Errorf("%w: %w", ErrPDF, err)
	case base.Encrypt != nil:
		return d, fmt.Errorf("%w: it is encrypted", ErrPDF)
	case base.Root == nil || base.Size == nil:
		return d, fmt.Errorf("%w: no catalog", ErrPDF)
	}
	u := &update{base: base, next: *base.Size, offsets: map[int]int{}}
	u.out.Grow(len(pdf) + 2*room + 8<<10)
	u.out.Write(pdf)
	if !bytes.HasSuffix(pdf, []byte("\n")) {
		u.out.WriteByte('\n')
	}
	sealNumber, fieldNumber := u.number(), u.number()
	page, err := u.annotate(fieldNumber)
	if err != nil {
		return d, err
	}
	name, err := u.catalog(fieldNumber, sealNumber, what.Final)
	if err != nil {
		return d, err
	}
	u.object(fieldNumber, "<< /Type /Annot /Subtype /Widget /FT /Sig /T "+text(name)+" /F 132 /Rect [0 0 0 0] /P "+ref(page)+" /V "+ref(sealNumber)+" >>")
	d = u.seal(sealNumber, what, signer, at, room)
	if err := u.table(pdf); err != nil {
		return d, err
	}
	d.file = u.out.Bytes()
	d.fillRange()
	return d, nil
}

func (u *update) number() int {
	u.next++
	return u.next - 1
}

func ref(number int) string { return strconv.Itoa(number) + " 0 R" }

func (u *update) object(number int, content string) {
	u.offsets[number] = u.out.Len()
	fmt.Fprintf(&u.out, "%d 0 obj\n%s\nendobj\n", number, content)
}

// rangeRoom is a byte range as long as any.
const rangeRoom = "[0000000000 0000000000 0000000000 0000000000]"

// seal writes the signature dictionary with room for the signature (ISO 32000-2 table 255).
func (u *update) seal(number int, what Seal, signer string, at time.Time, room int) draft {
	head := "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /M (D:" + at.UTC().Format("20060102150405") + "Z)"
	for _, entry := range [][2]string{{"Name", signer}, {"Reason", what.Reason}, {"Location", what.Location}} {
		if entry[1] != "" {
			head += " /" + entry[0] + " " + text(entry[1])
		}
	}
	if what.Final {
		head += " /Reference [<< /Type /SigRef /TransformMethod /DocMDP /TransformParams << /Type /TransformParams /P 1 /V /1.2 >> >>]"
	}
	head += " /ByteRange " + rangeRoom + " /Contents "
	u.offsets[number] = u.out.Len()
	fmt.Fprintf(&u.out, "%d 0 obj\n%s", number, head)
	d := draft{start: u.out.Len()}
	u.out.WriteString("<" + strings.Repeat("0", 2*room) + ">")
	d.end = u.out.Len()
	u.out.WriteString(" >>\nendobj\n")
	return d
}

// fillRange says which bytes the seal covers.
func (d draft) fillRange() {
	at := bytes.LastIndex(d.file[:d.start], []byte(rangeRoom))
	copy(d.file[at:], fmt.Sprintf("%-*s", len(rangeRoom), fmt.Sprintf("[0 %d %d %d]", d.start, d.end, len(d.file)-d.end)))
}

// annotate hangs the field onto the first page, which it gives.
func (u *update) annotate(field int) (page int, err error) {
	if err := u.base.EnsurePageCount(); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrPDF, err)
	}
	dict, at, _, err := u.base.PageDict(1, false)
	if err != nil || dict == nil || at == nil {
		return 0, fmt.Errorf("%w: no first page", ErrPDF)
	}
	page = at.ObjectNumber.Value()
	annots, err := u.base.DereferenceArray(dict["Annots"])
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrPDF, err)
	}
	dict = dict.Clone().(types.Dict)
	dict["Annots"] = append(slices.Clone(annots), *types.NewIndirectRef(field, 0))
	u.object(page, dict.PDFString())
	return page, nil
}

// catalog writes the document's catalog with the field in its form; the name that the field gets is the first that is free.
func (u *update) catalog(field, seal int, final bool) (name string, err error) {
	root := u.base.RootDict
	if root == nil {
		if root, err = u.base.Catalog(); err != nil {
			return "", fmt.Errorf("%w: %w", ErrPDF, err)
		}
	}
	root = root.Clone().(types.Dict)
	form, err := u.base.DereferenceDict(root["AcroForm"])
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrPDF, err)
	}
	if form == nil {
		form = types.Dict{}
	} else {
		form = form.Clone().(types.Dict)
	}
	fields, err := u.base.DereferenceArray(form["Fields"])
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrPDF, err)
	}
	form["Fields"] = append(slices.Clone(fields), *types.NewIndirectRef(field, 0))
	form["SigFlags"] = types.Integer(3) // signatures exist; append only (ISO 32000-2 table 225)
	root["AcroForm"] = form
	if final {
		root["Perms"] = types.Dict{"DocMDP": *types.NewIndirectRef(seal, 0)}
	}
	root["Version"] = types.Name("1.7") // the form of the signature is newer than the letter's own version
	u.object(u.base.Root.ObjectNumber.Value(), root.PDFString())
	return "Cachet " + strconv.Itoa(len(fields)+1), nil
}

// table ends the update with a cross-reference section of the kind the file has: a table, or a stream (ISO 32000-2 §7.5.4, §7.5.8).
func (u *update) table(pdf []byte) error {
	mark := []byte("startxref")
	at := bytes.LastIndex(pdf, mark)
	if at < 0 {
		return fmt.Errorf("%w: no cross-reference section", ErrPDF)
	}
	fields := bytes.Fields(pdf[at+len(mark):])
	if len(fields) == 0 {
		return fmt.Errorf("%w: no cross-reference section", ErrPDF)
	}
	previous, err := strconv.Atoi(string(fields[0]))
	if err != nil || previous < 0 || previous >= len(pdf) {
		return fmt.Errorf("%w: no cross-reference section", ErrPDF)
	}
	trailer := " /Root " + u.base.Root.PDFString() + " /Prev " + strconv.Itoa(previous)
	if u.base.Info != nil {
		trailer += " /Info " + u.base.Info.PDFString()
	}
	if len(u.base.ID) == 2 {
		trailer += " /ID " + u.base.ID.PDFString()
	}
	if bytes.HasPrefix(bytes.TrimLeft(pdf[previous:], " \r\n\t"), []byte("xref")) {
		u.classic(trailer)
	} else {
		u.stream(trailer)
	}
	return nil
}

func (u *update) numbers() []int {
	var list []int
	for n := range u.offsets {
		list = append(list, n)
	}
	slices.Sort(list)
	return list
}

func (u *update) classic(trailer string) {
	start := u.out.Len()
	u.out.WriteString("xref\n")
	for _, n := range u.numbers() {
		fmt.Fprintf(&u.out, "%d 1\n%010d 00000 n\r\n", n, u.offsets[n])
	}
	fmt.Fprintf(&u.out, "trailer\n<< /Size %d%s >>\nstartxref\n%d\n%%%%EOF\n", u.next, trailer, start)
}

func (u *update) stream(trailer string) {
	number := u.number()
	start := u.out.Len()
	u.offsets[number] = start
	var index strings.Builder
	var rows bytes.Buffer
	for _, n := range u.numbers() {
		fmt.Fprintf(&index, "%d 1 ", n)
		at := u.offsets[n]
		rows.Write([]byte{1, byte(at >> 24), byte(at >> 16), byte(at >> 8), byte(at), 0, 0})
	}
	fmt.Fprintf(&u.out, "%d 0 obj\n<< /Type /XRef /W [1 4 2] /Index [%s] /Size %d /Length %d%s >>\nstream\n", number, strings.TrimSpace(index.String()), u.next, rows.Len(), trailer)
	u.out.Write(rows.Bytes())
	fmt.Fprintf(&u.out, "\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n", start)
}

// text is a text string in UTF-16, which every reader understands (ISO 32000-2 §7.9.2.2).
func text(s string) string {
	units := utf16.Encode([]rune(s))
	raw := []byte{0xfe, 0xff}
	for _, unit := range units {
		raw = append(raw, byte(unit>>8), byte(unit))
	}
	return "<" + strings.ToUpper(hex.EncodeToString(raw)) + ">"
}
