package hostile

import (
	"bytes"
	"compress/lzw"
	"compress/zlib"
	"fmt"
	"strings"
)

// object is an object of a PDF: its dictionary or value, and a stream.
type object struct {
	text   string
	stream []byte
}

// pdf writes objects, numbered from 1, the first being the catalogue.
func pdf(salt string, trailer string, objects ...object) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "%%PDF-1.7\n%%%s\n", salt)
	at := []int{}
	for i, o := range objects {
		at = append(at, out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n%s", i+1, o.text)
		if o.stream != nil {
			out.WriteString("stream\n")
			out.Write(o.stream)
			out.WriteString("\nendstream")
		}
		out.WriteString("\nendobj\n")
	}
	start := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, offset := range at {
		fmt.Fprintf(&out, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&out, "trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, trailer, start)
	return out.Bytes()
}

const catalogue, font = "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"

// page is a document of one page with a content stream, and more objects from the sixth on.
func page(salt, filter string, content []byte, resources string, more ...object) []byte {
	return pdf(salt, "", append([]object{{text: catalogue}, {text: "<</Type/Pages/Kids[3 0 R]/Count 1>>"},
		{text: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>" + resources + ">>>>"},
		{text: fmt.Sprintf("<</Length %d%s>>", len(content), filter), stream: content}, {text: font}}, more...)...)
}

// deflated is a text of so many bytes, repeated from a pattern, compressed so many times.
func deflated(pattern string, size, times int) (packed []byte) {
	for i := range times {
		var out bytes.Buffer
		w, _ := zlib.NewWriterLevel(&out, zlib.BestCompression) // the level is one
		if i == 0 {
			block := bytes.Repeat([]byte(pattern), 64<<10/len(pattern)+1)
			for left := size; left > 0; left -= len(block) {
				_, _ = w.Write(block[:min(left, len(block))]) // to memory
			}
		} else {
			_, _ = w.Write(packed)
		}
		_ = w.Close()
		packed = out.Bytes()
	}
	return packed
}

const words = "BT /F1 8 Tf (Je signe la charte) Tj ET "

// Loop has a tree of pages that goes in a circle of so many nodes.
func Loop(salt string, nodes int) []byte {
	objects := []object{{text: catalogue}}
	for i := range nodes {
		next := 2 + (i+1)%nodes
		objects = append(objects, object{text: fmt.Sprintf("<</Type/Pages/Kids[%d 0 R %d 0 R]/Count 1000000>>", next, next)})
	}
	return pdf(salt, "", objects...)
}

// FlateInFlate is a page whose content is compressed twice: two gigabytes in some kilobytes.
func FlateInFlate(salt string, size int) []byte {
	return page(salt, "/Filter[/FlateDecode/FlateDecode]", deflated(words, size, 2), "")
}

// Flate is a page whose content is compressed once.
func Flate(salt string, size int) []byte {
	return page(salt, "/Filter/FlateDecode", deflated(words, size, 1), "")
}

// LZW is a page of which the older filter makes a thousandth.
func LZW(salt string, size int) []byte {
	var out bytes.Buffer
	w := lzw.NewWriter(&out, lzw.MSB, 8)
	block := bytes.Repeat([]byte(" "), 64<<10)
	for left := size; left > 0; left -= len(block) {
		_, _ = w.Write(block) // to memory
	}
	_ = w.Close()
	return page(salt, "/Filter/LZWDecode/DecodeParms<</EarlyChange 0>>", out.Bytes(), "")
}

// Predictor is a page whose rows are as long as a number can say.
func Predictor(salt string) []byte {
	return page(salt, "/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 2000000000>>", deflated(words, 1<<20, 1), "")
}

// ItsOwnForm draws a form that draws itself.
func ItsOwnForm(salt string) []byte {
	form := "q /X1 Do /X1 Do Q " + words
	return page(salt, "", []byte("/X1 Do "+words), "/XObject<</X1 6 0 R>>",
		object{text: fmt.Sprintf("<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X1 6 0 R>>/Font<</F1 5 0 R>>>>/Length %d>>", len(form)), stream: []byte(form)})
}

// Nested is a page beside an object of so many arrays in arrays.
func Nested(salt string, levels int, open, shut string) []byte {
	return page(salt, "", []byte(words), "", object{text: strings.Repeat(open, levels) + strings.Repeat(shut, levels)})
}

// ManyReferences is a page with a content of so many references to one large stream.
func ManyReferences(salt string, times, size int) []byte {
	return pdf(salt, "", object{text: catalogue}, object{text: "<</Type/Pages/Kids[3 0 R]/Count 1>>"},
		object{text: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents[" + strings.Repeat("4 0 R ", times) + "]/Resources<</Font<</F1 5 0 R>>>>>>"},
		object{text: "<</Filter/FlateDecode/Length 0>>", stream: deflated(words, size, 1)}, object{text: font})
}

// CharacterMap has a font whose table of characters covers four thousand million of them.
func CharacterMap(salt string) []byte {
	table := "/CIDInit/ProcSet findresource begin 12 dict begin begincmap 1 begincodespacerange<00000000><ffffffff>endcodespacerange " +
		strings.Repeat("1 beginbfrange<00000000><ffffffff><0041>endbfrange ", 2000) + "endcmap end end"
	content := "BT /F1 8 Tf <" + strings.Repeat("00000041", 100_000) + "> Tj ET"
	return pdf(salt, "", object{text: catalogue}, object{text: "<</Type/Pages/Kids[3 0 R]/Count 1>>"},
		object{text: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>"},
		object{text: fmt.Sprintf("<</Length %d>>", len(content)), stream: []byte(content)},
		object{text: "<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[]/ToUnicode 6 0 R>>"},
		object{text: fmt.Sprintf("<</Length %d>>", len(table)), stream: []byte(table)})
}

// Picture is a page with a picture that says it is of so many pixels a side, in a filter for black and white.
func Picture(salt, filter, parameters string, side int, size int) []byte {
	content := deflated("\x00\xff", size, 1)
	return page(salt, "", []byte("/I1 Do"), "/XObject<</I1 6 0 R>>",
		object{text: fmt.Sprintf("<</Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 1/ColorSpace/DeviceGray/Filter%s/DecodeParms%s/Length %d>>",
			side, side, filter, parameters, len(content)), stream: content})
}

// ObjectStream hides its objects in a stream of so many bytes.
func ObjectStream(salt string, size int) []byte {
	content := deflated("7 0 ", size, 1)
	return pdf(salt, "", object{text: catalogue}, object{text: "<</Type/Pages/Kids[3 0 R]/Count 1>>"}, object{text: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>"},
		object{text: fmt.Sprintf("<</Type/ObjStm/N 1000000/First %d/Filter/FlateDecode/Length %d>>", size/2, len(content)), stream: content})
}

// EarlierTables says that the table of its objects has an earlier one, which is itself.
func EarlierTables(salt string) []byte {
	whole := string(page(salt, "", []byte(words), ""))
	start := strings.LastIndex(whole, "xref\n0 ")
	return []byte(strings.Replace(whole, "/Root 1 0 R", fmt.Sprintf("/Root 1 0 R/Prev %d", start), 1))
}

// ManyPages says that it has more pages than there are bytes.
func ManyPages(salt string, pages int) []byte {
	return pdf(salt, "", object{text: catalogue}, object{text: "<</Type/Pages/Kids[" + strings.Repeat("3 0 R ", pages) + fmt.Sprintf("]/Count %d>>", pages)},
		object{text: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>"},
		object{text: "<</Filter/FlateDecode/Length 0>>", stream: deflated(words, 1<<20, 1)}, object{text: font})
}

// Fields has a form whose fields are children of one another.
func Fields(salt string) []byte {
	return pdf(salt, "", object{text: "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]/DA(/F1 8 Tf)/DR<</Font<</F1 5 0 R>>>>>>>>"}, object{text: "<</Type/Pages/Kids[3 0 R]/Count 1>>"},
		object{text: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Annots[4 0 R 6 0 R]>>"},
		object{text: "<</T(a)/FT/Tx/Kids[6 0 R]/Parent 6 0 R>>"}, object{text: font}, object{text: "<</T(b)/FT/Tx/Kids[4 0 R]/Parent 4 0 R>>"})
}

// Signatures pretends to so many signatures of the whole file.
func Signatures(salt string, times, size int) []byte {
	whole := page(salt, "", bytes.Repeat([]byte(words), size/len(words)), "")
	var out bytes.Buffer
	out.Write(whole)
	for i := range times {
		fmt.Fprintf(&out, "%d 0 obj<</Type/Sig/SubFilter/adbe.pkcs7.detached/ByteRange[0 %d %d 20]/Contents<%s>>>endobj\n", 1000+i, len(whole)-10-i, len(whole)+50, strings.Repeat("30", 4000))
	}
	return out.Bytes()
}
