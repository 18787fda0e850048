// Package hostile writes files that are made to break whoever reads them: small ones that want gigabytes, or turn for ever. Tests send them. A salt makes
// each another file, as an attacker would.
package hostile

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
)

// File is a hostile file and what it claims to be.
type File struct {
	Name, Type string
	Content    []byte
}

// Kind is a kind of hostile file.
type Kind struct {
	Name string
	make func(salt string) File
}

var made sync.Map // files of the blank salt, by kind

// blank is a salt that others are put in place of: what is compressed is compressed once.
const blank = "sel-0000000000"

// Make makes a file of this kind; another salt makes another file.
func (k Kind) Make(salt string) File {
	known, is := made.Load(k.Name)
	if !is {
		known, _ = made.LoadOrStore(k.Name, k.make(blank))
	}
	f := known.(File)
	sum := sha256.Sum256([]byte(salt))
	f.Content = bytes.ReplaceAll(f.Content, []byte(blank), []byte("sel-"+hex.EncodeToString(sum[:5])))
	return f
}

const giga = 1 << 30

// Kinds are the kinds of hostile files.
var Kinds = []Kind{
	{"pages in a circle", pdfOf(func(salt string) []byte { return Loop(salt, 1) })},
	{"pages in a circle of three", pdfOf(func(salt string) []byte { return Loop(salt, 3) })},
	{"flate in flate", pdfOf(func(salt string) []byte { return FlateInFlate(salt, giga) })},
	{"flate", pdfOf(func(salt string) []byte { return Flate(salt, giga) })},
	{"lzw", pdfOf(func(salt string) []byte { return LZW(salt, 256<<20) })},
	{"rows without end", pdfOf(func(salt string) []byte { return Predictor(salt) })},
	{"a form that draws itself", pdfOf(func(salt string) []byte { return ItsOwnForm(salt) })},
	{"arrays in arrays", pdfOf(func(salt string) []byte { return Nested(salt, 4_000_000, "[", "]") })},
	{"dictionaries in dictionaries", pdfOf(func(salt string) []byte { return Nested(salt, 1_000_000, "<</A ", ">>") })},
	{"one stream a thousand times", pdfOf(func(salt string) []byte { return ManyReferences(salt, 1000, 4<<20) })},
	{"a map of all characters", pdfOf(func(salt string) []byte { return CharacterMap(salt) })},
	{"a fax of 65,000 by 65,000", pdfOf(func(salt string) []byte {
		return Picture(salt, "[/FlateDecode/CCITTFaxDecode]", "[null<</K -1/Columns 65000/Rows 65000>>]", 65000, 64<<20)
	})},
	{"JBIG2 of 65,000 by 65,000", pdfOf(func(salt string) []byte {
		return Picture(salt, "[/FlateDecode/JBIG2Decode]", "[null null]", 65000, 64<<20)
	})},
	{"a picture of a gigabyte", pdfOf(func(salt string) []byte { return Picture(salt, "/FlateDecode", "null", 90000, giga) })},
	{"objects in a stream", pdfOf(func(salt string) []byte { return ObjectStream(salt, giga) })},
	{"an earlier table", pdfOf(func(salt string) []byte { return EarlierTables(salt) })},
	{"a million pages", pdfOf(func(salt string) []byte { return ManyPages(salt, 1_000_000) })},
	{"fields of one another", pdfOf(func(salt string) []byte { return Fields(salt) })},
	{"many signatures", pdfOf(func(salt string) []byte { return Signatures(salt, 400, 8<<20) })},
	{"a large PNG", func(salt string) File { return File{"photo.png", "image/png", PNG(salt, 9150, 16, 2)} }},
	{"a larger PNG", func(salt string) File { return File{"photo.png", "image/png", PNG(salt, 50_000, 8, 0)} }},
	{"a sheet of half a gigabyte", func(salt string) File { return File{"tableau.xlsx", sheet, XLSX(salt, giga/2)} }},
	{"a sheet of entities", func(salt string) File { return File{"tableau.xlsx", sheet, Entities(salt)} }},
	{"an archive of half a gigabyte", func(salt string) File { return File{"pieces.zip", "application/zip", ZIP(salt, giga/2)} }},
	{"an archive of a million files", func(salt string) File { return File{"pieces.zip", "application/zip", ManyFiles(salt, 1_000_000)} }},
	{"an archive in archives", func(salt string) File { return File{"pieces.zip", "application/zip", Nest(salt, 12)} }},
}

func pdfOf(write func(salt string) []byte) func(string) File {
	return func(salt string) File { return File{"charte.pdf", "application/pdf", write(salt)} }
}

const sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// PNG is a picture of one colour (RFC 2083): kind 0 grey, 2 red, green and blue.
func PNG(salt string, side, bits, kind int) []byte {
	var out bytes.Buffer
	out.WriteString("\x89PNG\r\n\x1a\n")
	chunk := func(name string, content []byte) {
		_ = binary.Write(&out, binary.BigEndian, uint32(len(content))) // to memory
		whole := append([]byte(name), content...)
		out.Write(whole)
		_ = binary.Write(&out, binary.BigEndian, crc32.ChecksumIEEE(whole))
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(side)), uint32(side))
	chunk("IHDR", append(head, byte(bits), byte(kind), 0, 0, 0))
	row := make([]byte, 1+side*bits/8*(kind+1))
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	for range min(side, 12_000) {
		_, _ = w.Write(row) // to memory
	}
	_ = w.Close()
	chunk("IDAT", packed.Bytes())
	chunk("IEND", nil)
	out.WriteString(salt)
	return out.Bytes()
}

// archive writes files into a zip.
func archive(salt string, files ...func(w *zip.Writer) error) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	_ = w.SetComment(salt)
	for _, write := range files {
		if err := write(w); err != nil {
			panic(err) // it is written to memory
		}
	}
	_ = w.Close()
	return out.Bytes()
}

// Archive is an honest archive.
func Archive(files map[string]string) []byte {
	var list []func(*zip.Writer) error
	for _, name := range slices.Sorted(maps.Keys(files)) {
		list = append(list, file(name, files[name]))
	}
	return archive("", list...)
}

func file(name, text string) func(*zip.Writer) error {
	return func(w *zip.Writer) error {
		f, err := w.Create(name)
		if err == nil {
			_, err = io.WriteString(f, text)
		}
		return err
	}
}

// long writes a file of so many equal letters between a beginning and an end.
func long(name, begin, end string, size int) func(*zip.Writer) error {
	return func(w *zip.Writer) error {
		f, err := w.Create(name)
		if err != nil {
			return err
		}
		_, err = io.WriteString(f, begin)
		block := strings.Repeat("A", 1<<20)
		for left := size; left > 0 && err == nil; left -= len(block) {
			_, err = io.WriteString(f, block)
		}
		if err == nil {
			_, err = io.WriteString(f, end)
		}
		return err
	}
}

const spreadsheet = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

func workbook(salt string, sheet func(*zip.Writer) error, more ...func(*zip.Writer) error) []byte {
	const relations = "http://schemas.openxmlformats.org/package/2006/relationships"
	const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	return archive(salt, append([]func(*zip.Writer) error{
		file("[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`),
		file("_rels/.rels", `<Relationships xmlns="`+relations+`"><Relationship Id="r1" Type="`+office+`/officeDocument" Target="xl/workbook.xml"/></Relationships>`),
		file("xl/workbook.xml", `<workbook xmlns="`+spreadsheet+`" xmlns:r="`+office+`"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>`),
		file("xl/_rels/workbook.xml.rels", `<Relationships xmlns="`+relations+`"><Relationship Id="r1" Type="`+office+`/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`),
		sheet}, more...)...)
}

// XLSX is a sheet with one cell of so many letters.
func XLSX(salt string, size int) []byte {
	return workbook(salt, long("xl/worksheets/sheet1.xml", `<worksheet xmlns="`+spreadsheet+`"><sheetData><row r="1"><c r="A1" t="str"><v>`, `</v></c></row></sheetData></worksheet>`, size))
}

// Entities is a sheet whose text grows a thousand million times where entities are resolved.
func Entities(salt string) []byte {
	var dtd strings.Builder
	dtd.WriteString(`<!DOCTYPE worksheet [<!ENTITY a0 "ha">`)
	for i := range 30 {
		fmt.Fprintf(&dtd, `<!ENTITY a%d "&a%d;&a%d;">`, i+1, i, i)
	}
	dtd.WriteString(`]>`)
	return workbook(salt, file("xl/worksheets/sheet1.xml", dtd.String()+`<worksheet xmlns="`+spreadsheet+`"><sheetData><row r="1"><c r="A1" t="str"><v>&a30;</v></c></row></sheetData></worksheet>`))
}

// ZIP is an archive with one file of so many bytes.
func ZIP(salt string, size int) []byte { return archive(salt, long("bail.txt", "", "", size)) }

// ManyFiles is an archive whose list names so many files, of which it holds none.
func ManyFiles(salt string, files int) []byte {
	var out bytes.Buffer
	entry := func() {
		out.WriteString("PK\x01\x02")
		out.Write(make([]byte, 24))
		out.Write([]byte{1, 0, 0, 0, 0, 0})
		out.Write(make([]byte, 12))
		out.WriteString("a")
	}
	out.WriteString("PK\x03\x04" + salt)
	start := out.Len()
	for range files {
		entry()
	}
	size := out.Len() - start
	end := out.Len()
	out.WriteString("PK\x06\x06") // zip64: its end of the list
	_ = binary.Write(&out, binary.LittleEndian, struct {
		Size                    uint64
		By, Needed              uint16
		Disk, First             uint32
		Here, All, Bytes, Start uint64
	}{44, 45, 45, 0, 0, uint64(files), uint64(files), uint64(size), uint64(start)})
	out.WriteString("PK\x06\x07")
	_ = binary.Write(&out, binary.LittleEndian, struct {
		Disk  uint32
		At    uint64
		Disks uint32
	}{0, uint64(end), 1})
	out.WriteString("PK\x05\x06\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00")
	return out.Bytes()
}

// Nest is an archive of ten archives of ten archives, so many deep.
func Nest(salt string, levels int) []byte {
	inner := archive(salt, long("bail.txt", "", "", 16<<20))
	for range levels {
		var files []func(*zip.Writer) error
		for i := range 10 {
			files = append(files, file(fmt.Sprintf("%d.zip", i), string(inner)))
		}
		inner = archive(salt, files...)
		if len(inner) > 4<<20 {
			break
		}
	}
	return inner
}
