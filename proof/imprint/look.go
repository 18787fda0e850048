package imprint

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// Look tells how a copy looks beside the original. Nothing is rendered: a page looks the same where the same
// instructions draw it, with the same fonts and pictures, on the same paper. Whatever cannot be told to look the same
// is named.
type Look struct {
	Words   []string `json:"words,omitempty"`   // lines written over it in plain type on free paper
	Changed []Part   `json:"changed,omitempty"` // what is not as it was sent
	Over    []Part   `json:"over,omitempty"`    // what was put over, under or after it, other than Words
}

// Part is a part of a PDF that makes its look, as a code.
type Part string

// The parts.
const (
	PartFile      Part = "file"      // it is locked, or one of the two cannot be read
	PartPages     Part = "pages"     // the number of pages
	PartPaper     Part = "paper"     // size, rotation or another attribute of a page
	PartContent   Part = "content"   // the instructions that draw a page
	PartResources Part = "resources" // fonts, pictures and other things that they use
	PartCatalog   Part = "catalog"   // what the file does or shows as a whole: layers, actions, a form of its own
	PartNote      Part = "note"      // an annotation or a form field
	PartDrawing   Part = "drawing"   // lines, a picture, or text that is strange, hidden or covers the original
	PartSignature Part = "signature" // the picture of a digital signature shows more than plain words on free paper
)

// Same tells whether a copy looks as the original does, but for Words.
func (l Look) Same() bool { return len(l.Changed) == 0 && len(l.Over) == 0 }

// Looks compares the look of a copy with that of the original. Nothing makes it fail.
func Looks(original, copied []byte) (l Look) {
	defer func() {
		if recover() != nil { // a reader of other people's files
			l.change(PartFile)
		}
	}()
	ours, theirs := open(original), open(copied)
	if ours == nil || theirs == nil {
		return Look{Changed: []Part{PartFile}}
	}
	const most = 50 // pages
	if theirs.PageCount > ours.PageCount {
		l.put(PartPages)
	}
	if theirs.PageCount < ours.PageCount || ours.PageCount > most || ours.PageCount == 0 {
		l.change(PartPages)
	}
	l.catalogs(ours, theirs)
	for n := 1; n <= min(ours.PageCount, theirs.PageCount, most); n++ {
		a, b := ours.page(n), theirs.page(n)
		if a == nil || b == nil {
			l.change(PartFile)
			continue
		}
		l.pages(a, b)
	}
	return l
}

func (l *Look) change(p Part) {
	if !slices.Contains(l.Changed, p) {
		l.Changed = append(l.Changed, p)
	}
}

func (l *Look) put(p Part) {
	if !slices.Contains(l.Over, p) {
		l.Over = append(l.Over, p)
	}
}

// opened is a PDF with the sums of its objects that are known already.
type opened struct {
	*model.Context
	sums  map[int]string
	steps int
}

// sound tells whether each object stands where the file's own table says, under its number and generation. Of a table that is broken each reader makes what it will, and shows
// another page.
func sound(ctx *model.Context, file []byte) bool {
	for n, entry := range ctx.Table {
		if entry == nil || entry.Free || entry.Compressed || entry.Offset == nil || *entry.Offset == 0 {
			continue
		}
		const head = 40 // bytes
		at := int(*entry.Offset)
		if at < 0 || at >= len(file) {
			return false
		}
		words := strings.Fields(string(file[at:min(len(file), at+head)]))
		if len(words) < 3 || entry.Generation == nil || words[0] != strconv.Itoa(n) ||
			words[1] != strconv.Itoa(*entry.Generation) || !strings.HasPrefix(words[2], "obj") {
			return false
		}
	}
	return true
}

// open opens a PDF; nil where it cannot be read, or is locked.
func open(file []byte) *opened {
	conf := model.NewDefaultConfiguration()
	conf.ValidationMode = model.ValidationRelaxed
	ctx, err := api.ReadContext(bytes.NewReader(file), conf)
	if err != nil || ctx.EnsurePageCount() != nil || ctx.Encrypt != nil || !sound(ctx, file) {
		return nil
	}
	return &opened{Context: ctx, sums: map[int]string{}}
}

// sheet is one page.
type sheet struct {
	in        *opened
	dict      types.Dict
	resources types.Dict
	content   []byte // the instructions of all its streams
	paper     [3]string
	media     *types.Rectangle
}

// page takes a page apart; nil where that cannot be done.
func (o *opened) page(n int) *sheet {
	dict, _, inherited, err := o.PageDict(n, false)
	if err != nil || dict == nil {
		return nil
	}
	s := &sheet{in: o, dict: dict}
	s.resources, _ = o.DereferenceDict(dict["Resources"])
	if inherited != nil {
		if s.resources == nil {
			s.resources = inherited.Resources
		}
		s.media = inherited.MediaBox
		for i, box := range []*types.Rectangle{inherited.MediaBox, inherited.CropBox} {
			if box != nil {
				s.paper[i] = box.String()
			}
		}
		s.paper[2] = o.sum(types.Integer(inherited.Rotate))
	}
	var whole bool
	if s.content, whole = o.content(dict["Contents"]); !whole {
		return nil
	}
	return s
}

// content are the instructions of a page. Its streams are separate words (ISO 32000-2 §7.8.2): a line end stands
// between them.
func (o *opened) content(value types.Object) (content []byte, whole bool) {
	value, err := o.Dereference(value)
	if err != nil {
		return nil, false
	}
	list, several := value.(types.Array)
	if !several && value != nil {
		list = types.Array{value}
	}
	var parts [][]byte
	for _, part := range list {
		stream, _, err := o.DereferenceStreamDict(part)
		if err != nil || stream == nil {
			return nil, false
		}
		text, decoded := decoded(stream)
		if _, elsewhere := stream.Find("F"); elsewhere || !decoded {
			return nil, false
		}
		parts = append(parts, text)
	}
	return bytes.Join(parts, []byte("\n")), true
}

// decoded is what a stream says.
func decoded(stream *types.StreamDict) (content []byte, ok bool) {
	if err := stream.Decode(); err != nil {
		return nil, false
	}
	if stream.Content == nil && len(stream.Raw) > 0 {
		return stream.Raw, len(stream.FilterPipeline) == 0
	}
	return stream.Content, true
}

// pages compares two pages.
func (l *Look) pages(ours, theirs *sheet) {
	// Keys that are compared by themselves, or that a reader does not draw.
	apart := strings.Fields(`Parent Contents Resources Annots MediaBox CropBox Rotate LastModified Metadata StructParents Tabs
		PieceInfo Thumb`)
	if ours.paper != theirs.paper || ours.in.without(ours.dict, apart) != theirs.in.without(theirs.dict, apart) {
		l.change(PartPaper)
	}
	l.resources(ours, theirs)
	l.notes(ours, theirs)
	original := bytes.TrimSpace(ours.content)
	at := bytes.Index(theirs.content, original)
	if at < 0 {
		l.change(PartContent)
		return
	}
	before, after := theirs.content[:at], theirs.content[at+len(original):]
	opens := strings.Fields(string(before))
	other := slices.ContainsFunc(opens, func(word string) bool { return word != "q" })
	if other || len(before) > 0 && !isSpace(before[len(before)-1]) {
		l.put(PartDrawing) // under it, or the state that it is drawn in
		return
	}
	l.overlay(ours, theirs, after, len(opens))
}

// resources compares what the original's instructions may name.
func (l *Look) resources(ours, theirs *sheet) {
	for kind, value := range ours.resources {
		if kind == "ProcSet" {
			continue
		}
		mine, _ := ours.in.DereferenceDict(value)
		other, _ := theirs.in.DereferenceDict(theirs.resources[kind])
		for name, object := range mine {
			if ours.in.sum(object) != theirs.in.sum(other[name]) {
				l.change(PartResources)
			}
		}
	}
	colours, _ := theirs.in.DereferenceDict(theirs.resources["ColorSpace"])
	before, _ := ours.in.DereferenceDict(ours.resources["ColorSpace"])
	for name := range colours { // DefaultRGB and its like change every colour (ISO 32000-2 §8.6.5.6)
		if _, had := before[name]; !had && strings.HasPrefix(name, "Default") {
			l.change(PartResources)
		}
	}
}

// catalogs compares what the files show and do as a whole.
func (l *Look) catalogs(ours, theirs *opened) {
	apart := strings.Fields(`Pages Version Extensions Metadata AcroForm DSS Perms Lang ViewerPreferences PageMode PageLayout
		MarkInfo StructTreeRoot OutputIntents OCProperties`)
	if ours.without(ours.RootDict, apart) != theirs.without(theirs.RootDict, apart) {
		l.put(PartCatalog)
	}
	if ours.tree() != theirs.tree() {
		l.change(PartPages)
	}
	if layers, _ := theirs.DereferenceDict(theirs.RootDict["OCProperties"]); ours.RootDict["OCProperties"] != nil {
		if ours.sum(ours.RootDict["OCProperties"]) != theirs.sum(theirs.RootDict["OCProperties"]) {
			l.put(PartCatalog)
		}
	} else if layers != nil { // layers of what was put on it, which all show
		shown, _ := theirs.DereferenceDict(layers["D"])
		off, _ := theirs.DereferenceArray(shown["OFF"])
		state, _ := theirs.DereferenceName(shown["BaseState"], model.V10, nil)
		if _, more := layers.Find("Configs"); more || len(off) > 0 || state != "" && state != "ON" {
			l.put(PartCatalog)
		}
	}
	form, _ := theirs.DereferenceDict(theirs.RootDict["AcroForm"])
	mine, _ := ours.DereferenceDict(ours.RootDict["AcroForm"])
	for _, key := range []string{"XFA", "NeedAppearances"} { // another form, or looks that the reader makes
		if theirs.sum(form[key]) != ours.sum(mine[key]) {
			l.put(PartCatalog)
		}
	}
}

// tree is what the root of the pages says beside its pages: readers differ in what they make of one that is none.
func (o *opened) tree() string {
	root, err := o.DereferenceDict(o.RootDict["Pages"])
	if err != nil {
		return ""
	}
	return o.without(root, []string{"Kids", "Count", "Resources", "MediaBox", "CropBox", "Rotate"})
}

// notes compares the annotations of two pages. Those of the original stand first or in order among the others; a
// digital signature may be added.
func (l *Look) notes(ours, theirs *sheet) {
	var kept []string
	for _, note := range ours.notes() {
		if !ours.in.isSignature(note) {
			kept = append(kept, ours.in.without(note, noteApart))
		}
	}
	for _, note := range theirs.notes() {
		switch {
		case theirs.in.isSignature(note):
			l.signature(ours, theirs, note)
		case len(kept) > 0 && theirs.in.without(note, noteApart) == kept[0]:
			kept = kept[1:]
		default:
			l.put(PartNote)
		}
	}
	if len(kept) > 0 {
		l.change(PartNote)
	}
}

var noteApart = strings.Fields("P Parent StructParent M NM")

func (s *sheet) notes() (list []types.Dict) {
	annotations, _ := s.in.DereferenceArray(s.dict["Annots"])
	for _, a := range annotations {
		if d, err := s.in.DereferenceDict(a); err == nil && d != nil {
			list = append(list, d)
		}
	}
	return list
}

// isSignature tells whether an annotation is the field of a digital signature; its type may stand with its parent.
func (o *opened) isSignature(note types.Dict) bool {
	const most = 8 // parents
	if kind := note.Subtype(); kind == nil || *kind != "Widget" {
		return false
	}
	for range most {
		if kind := note.NameEntry("FT"); kind != nil {
			return *kind == "Sig"
		}
		parent, err := o.DereferenceDict(note["Parent"])
		if err != nil || parent == nil {
			return false
		}
		note = parent
	}
	return false
}

// Recognised tells whether the text of a PDF is drawn unseen, as programs that recognise letters put it behind the
// picture of a page.
func Recognised(file []byte) (unseen bool) {
	defer func() { _ = recover() }() // a reader of other people's files
	o := open(file)
	const most = 50 // pages
	for n := 1; o != nil && n <= min(o.PageCount, most); n++ {
		if s := o.page(n); s != nil {
			list, _ := tokens(s.content)
			for i := 1; i < len(list); i++ {
				if list[i].text == "Tr" && list[i-1].text != "3" {
					return false
				}
				unseen = unseen || list[i].text == "Tr"
			}
		}
	}
	return unseen
}
