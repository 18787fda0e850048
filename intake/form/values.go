package form

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// Bits of a button's flags, /Ff (ISO 32000-1 §12.7.4.2.1).
const (
	flagRadio = 1 << 15
	flagPush  = 1 << 16
)

// The largest form that is read.
const (
	maxFields = 5000
	maxDepth  = 50
)

// ReadPDF gives the values that a person filled in, by field name; empty fields are left out, a ticked box says "oui". It
// reads the fields one by one and passes over a field that it does not understand: programs that save a form leave out
// /FT, /DA or a page's /MediaBox, and write strings in hexadecimal. A field that the form does not list is looked for on
// the pages.
func ReadPDF(pdf []byte) (values map[string]string, err error) {
	defer func() {
		if recover() != nil { // a parser of other people's files must not take the case down with it
			values, err = nil, ErrNoForm
		}
	}()
	if len(pdf) > MaxSize {
		return nil, ErrTooLarge
	}
	conf := model.NewDefaultConfiguration()
	conf.ValidationMode = model.ValidationRelaxed
	ctx, err := api.ReadContext(bytes.NewReader(pdf), conf)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoForm, err)
	}
	root, err := ctx.Catalog()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoForm, err)
	}
	w := &walker{table: ctx.XRefTable, values: map[string]string{}, seen: map[int]bool{}}
	if acroForm := w.dict(root["AcroForm"]); acroForm != nil {
		w.fields(acroForm["Fields"], inherited{}, 0)
	}
	w.pages(root["Pages"], 0)
	if values = unprefixed(w.values); len(values) == 0 {
		return nil, ErrNoForm
	}
	return values, nil
}

// walker goes through the fields of a form.
type walker struct {
	table  *model.XRefTable
	values map[string]string
	seen   map[int]bool // objects that were read, by number
	read   int          // fields so far
}

// inherited is what a field hands on to those below it (ISO 32000-1 §12.7.3.1).
type inherited struct {
	name, kind   string
	flags        int
	value, words types.Object // /V, and /Opt
}

func (w *walker) get(o types.Object) types.Object {
	o, err := w.table.Dereference(o)
	if err != nil {
		return nil
	}
	return o
}

func (w *walker) dict(o types.Object) types.Dict {
	d, _ := w.get(o).(types.Dict)
	return d
}

// again tells whether an object was met before.
func (w *walker) again(o types.Object) bool {
	ref, is := o.(types.IndirectRef)
	if !is {
		return false
	}
	number := ref.ObjectNumber.Value()
	defer func() { w.seen[number] = true }()
	return w.seen[number]
}

// text is a string, of either notation, or a text stream (ISO 32000-1 §7.9.2).
func (w *walker) text(o types.Object) string {
	switch o := w.get(o).(type) {
	case types.StringLiteral, types.HexLiteral:
		text, err := model.Text(o)
		if err == nil {
			return strings.TrimSpace(strings.ReplaceAll(text, "\r", "\n"))
		}
	case types.StreamDict:
		if o.Decode() == nil {
			if text, err := types.DecodeUTF16String(string(o.Content)); err == nil {
				return strings.TrimSpace(text)
			}
			return strings.TrimSpace(string(o.Content))
		}
	case types.Name:
		return decodedName(o)
	case types.Integer, types.Float:
		return o.String()
	}
	return ""
}

func decodedName(n types.Name) string {
	if text, err := types.DecodeName(n.Value()); err == nil {
		return text
	}
	return n.Value()
}

// fields reads a list of fields, or of what lies below one.
func (w *walker) fields(list types.Object, above inherited, depth int) {
	items, _ := w.get(list).(types.Array)
	for _, item := range items {
		if w.read++; w.read > maxFields || depth > maxDepth || w.again(item) {
			continue
		}
		if d := w.dict(item); d != nil {
			w.field(d, above, depth)
		}
	}
}

// field reads a field with those below it. What bears no name is a place on a page of the field above.
func (w *walker) field(d types.Dict, above inherited, depth int) {
	f := above
	if name := w.text(d["T"]); name != "" {
		f.name = strings.TrimPrefix(above.name+"."+name, ".")
	}
	if kind, is := w.get(d["FT"]).(types.Name); is {
		f.kind = kind.Value()
	}
	if flags, is := w.get(d["Ff"]).(types.Integer); is {
		f.flags = flags.Value()
	}
	for _, key := range []string{"V", "RV"} {
		if o := w.get(d[key]); o != nil && (key == "V" || w.text(f.value) == "") {
			if f.value = o; key == "RV" {
				f.value = types.StringLiteral(untagged(w.text(o)))
			}
		}
	}
	if o := w.get(d["Opt"]); o != nil {
		f.words = o
	}
	w.take(f, d)
	w.fields(d["Kids"], f, depth+1)
}

// untagged is the text of a rich text (ISO 32000-1 §12.7.3.4).
func untagged(rich string) string {
	var text strings.Builder
	for _, piece := range strings.Split(rich, "<") {
		_, after, found := strings.Cut(piece, ">")
		if !found {
			after = ""
		}
		text.WriteString(after)
	}
	return text.String()
}

// take keeps the value of a field.
func (w *walker) take(f inherited, d types.Dict) {
	value := ""
	name, isName := f.value.(types.Name)
	switch {
	case f.name == "" || f.kind == "Sig" || f.kind == "Btn" && f.flags&flagPush != 0:
	case f.kind == "Btn" || f.kind == "" && isName:
		state, is := w.get(d["AS"]).(types.Name)
		if isName {
			state, is = name, true
		}
		if !is || state.Value() == "Off" || state.Value() == "" {
			break
		}
		if value = "oui"; f.flags&flagRadio != 0 {
			value = w.word(f, decodedName(state))
		}
	case f.kind == "Ch":
		value = w.chosen(f)
	default:
		value = w.text(f.value)
	}
	if value != "" {
		w.values[f.name] = value
	}
}

// chosen is what was chosen from a list, as a person sees it.
func (w *walker) chosen(f inherited) string {
	list, several := f.value.(types.Array)
	if !several {
		return w.word(f, w.text(f.value))
	}
	var words []string
	for _, o := range list {
		if word := w.word(f, w.text(o)); word != "" {
			words = append(words, word)
		}
	}
	return strings.Join(words, ", ")
}

// word is what a person sees for a value: an option may be a pair of the value and its word (ISO 32000-1 §12.7.4.4), and a
// button may give the number of its option.
func (w *walker) word(f inherited, value string) string {
	options, _ := f.words.(types.Array)
	for i, o := range options {
		pair, is := w.get(o).(types.Array)
		if is && len(pair) == 2 && w.text(pair[0]) == value {
			return cmp.Or(w.text(pair[1]), value)
		}
		if !is && f.kind == "Btn" && fmt.Sprint(i) == value {
			return cmp.Or(w.text(o), value)
		}
	}
	return value
}

// pages reads fields that stand on a page and in no list.
func (w *walker) pages(node types.Object, depth int) {
	if depth > maxDepth || w.again(node) {
		return
	}
	d := w.dict(node)
	if d == nil {
		return
	}
	annotations, _ := w.get(d["Annots"]).(types.Array)
	for _, a := range annotations {
		if w.read++; w.read > maxFields || w.again(a) {
			continue
		}
		if widget := w.dict(a); widget != nil && widget.Subtype() != nil && *widget.Subtype() == "Widget" {
			w.field(widget, w.above(widget["Parent"], 0), 0)
		}
	}
	kids, _ := w.get(d["Kids"]).(types.Array)
	for _, kid := range kids {
		w.pages(kid, depth+1)
	}
}

// above is what the fields above one hand on to it.
func (w *walker) above(parent types.Object, depth int) inherited {
	d := w.dict(parent)
	if d == nil || depth > maxDepth {
		return inherited{}
	}
	inner := &walker{table: w.table, values: map[string]string{}, seen: map[int]bool{}}
	f := w.above(d["Parent"], depth+1)
	if name := w.text(d["T"]); name != "" {
		f.name = strings.TrimPrefix(f.name+"."+name, ".")
	}
	if kind, is := inner.get(d["FT"]).(types.Name); is {
		f.kind = kind.Value()
	}
	for key, to := range map[string]*types.Object{"V": &f.value, "Opt": &f.words} {
		if o := w.get(d[key]); o != nil {
			*to = o
		}
	}
	return f
}

// unprefixed takes away a first name that all fields share: programs that put forms together write one before those of each.
func unprefixed(values map[string]string) map[string]string {
	first := ""
	for name := range values {
		head, _, cut := strings.Cut(name, ".")
		if !cut || first != "" && head != first {
			return values
		}
		first = head
	}
	generic := []string{"form", "form1", "topmostsubform", "dummyfieldname", "formulaire"}
	lower := strings.ToLower(strings.TrimRight(first, "0123456789[]"))
	if !slices.Contains(generic, lower) {
		return values
	}
	out := map[string]string{}
	for name, value := range values {
		_, name, _ = strings.Cut(name, ".")
		out[name] = value
	}
	return out
}
