package hostile

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Altered is a copy of a letter of ours that looks otherwise than it was sent, made by an incremental update (ISO
// 32000-2 §7.5.6): it begins with the very bytes that were sent.
type Altered struct {
	Name string
	File []byte
}

// edit is a letter with the objects that an update writes anew.
type edit struct {
	file    []byte
	objects map[int]string
	next    int
	page    int
	keys    string // of the page, without its contents and resources
	content string
}

var (
	pageShape    = regexp.MustCompile(`(?s)(\d+) 0 obj\s*<<((?:[^<>]|<<[^<>]*>>)*/Type\s*/Page\b(?:[^<>]|<<[^<>]*>>)*)>>\s*endobj`)
	contentShape = regexp.MustCompile(`/Contents\s+(\d+) 0 R`)
	annotShape   = regexp.MustCompile(`/Annots\s*\[([^\]]*)\]`)
	sizeShape    = regexp.MustCompile(`/Size (\d+)`)
	rootShape    = regexp.MustCompile(`/Root (\d+) 0 R`)
	startShape   = regexp.MustCompile(`startxref\s+(\d+)`)
)

// Alter makes every copy there is of a charter of ours with one page or more. It panics on a file that our own
// printer did not make.
func Alter(letter []byte) (list []Altered) {
	for _, name := range slices.Sorted(maps.Keys(alterations)) {
		e := open(letter)
		alterations[name](e)
		list = append(list, Altered{name, e.update()})
	}
	return list
}

func last(file []byte, shape *regexp.Regexp) string {
	all := shape.FindAllSubmatch(file, -1)
	return string(all[len(all)-1][1])
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(err) // digits, by the pattern
	}
	return n
}

func open(letter []byte) *edit {
	e := &edit{file: letter, objects: map[int]string{}, next: number(last(letter, sizeShape))}
	// The last version of the first page: a seal writes it anew.
	first := pageShape.FindSubmatch(letter)
	for _, m := range pageShape.FindAllSubmatch(letter, -1) {
		if bytes.Equal(m[1], first[1]) {
			first = m
		}
	}
	e.page, e.keys = number(string(first[1])), string(first[2])
	e.content = string(e.stream(number(string(contentShape.FindSubmatch(first[2])[1]))))
	return e
}

// stream is what a stream says that is packed by Flate.
func (e *edit) stream(n int) []byte {
	at := bytes.LastIndex(e.file, []byte(fmt.Sprintf("\n%d 0 obj", n)))
	body := e.file[at:]
	body = body[bytes.Index(body, []byte("stream"))+len("stream"):]
	r, err := zlib.NewReader(bytes.NewReader(bytes.TrimLeft(body, "\r\n")))
	if err != nil {
		panic(err) // our own printer packs every stream
	}
	content, err := io.ReadAll(r)
	if err != nil {
		panic(err)
	}
	return content
}

func (e *edit) add(body string) int {
	e.objects[e.next] = body
	e.next++
	return e.next - 1
}

func flow(content, keys string) string {
	return fmt.Sprintf("<< /Length %d %s >>\nstream\n%s\nendstream", len(content), keys, content)
}

// draw writes the instructions of the page anew.
func (e *edit) draw(content string) {
	e.set("Contents", strconv.Itoa(e.add(flow(content, "")))+" 0 R")
}

// set sets a key of the page.
func (e *edit) set(key, value string) {
	old := regexp.MustCompile(`/` + key + `\b\s*(?:\d+ 0 R|\[[^\]]*\]|[^/<>]+)`)
	e.keys = old.ReplaceAllString(e.keys, "") + " /" + key + " " + value
	e.objects[e.page] = "<<" + e.keys + ">>"
}

// own gives the page resources of its own, with more of a kind.
func (e *edit) own(more string) {
	shared := number(last([]byte(e.keys), regexp.MustCompile(`/Resources (\d+) 0 R`)))
	at := bytes.LastIndex(e.file, []byte(fmt.Sprintf("\n%d 0 obj", shared)))
	body := string(e.file[at:])
	body = body[strings.Index(body, "<<")+2 : strings.Index(body, "endobj")]
	body = strings.TrimSpace(body)
	body = body[:strings.LastIndex(body, ">>")]
	for _, kind := range []string{"Font", "XObject", "ColorSpace"} {
		if cut := regexp.MustCompile(`(?s)/` + kind + `\s*<<`).FindStringIndex(more); cut != nil {
			inner := more[cut[1]:strings.LastIndex(more, ">>")]
			body = regexp.MustCompile(`(?s)/`+kind+`\s*<<`).ReplaceAllString(body, "/"+kind+" << "+strings.ReplaceAll(inner, "$", "$$")+" ")
			more = ""
		}
	}
	e.set("Resources", strconv.Itoa(e.add("<<"+body+" "+more+">>"))+" 0 R")
}

func (e *edit) annotate(annotation string) {
	n := e.add(annotation)
	old := ""
	if m := annotShape.FindStringSubmatch(e.keys); m != nil {
		old = m[1]
	}
	e.set("Annots", fmt.Sprintf("[%s %d 0 R]", old, n))
}

const helvetica = "/Font << /Zz << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >> >>"

// write draws words over the page.
func (e *edit) write(state, words string, x, y, size int) {
	e.own(helvetica)
	e.draw(fmt.Sprintf("q\n%s\nQ\nq %s BT /Zz %d Tf %d %d Td (%s) Tj ET Q", e.content, state, size, x, y, words))
}

// update is the file with the update behind it.
func (e *edit) update() []byte {
	out := bytes.NewBuffer(bytes.Clone(e.file))
	out.WriteString("\n")
	offsets := map[int]int{}
	for _, n := range slices.Sorted(maps.Keys(e.objects)) {
		offsets[n] = out.Len()
		fmt.Fprintf(out, "%d 0 obj\n%s\nendobj\n", n, e.objects[n])
	}
	start := out.Len()
	out.WriteString("xref\n")
	for _, n := range slices.Sorted(maps.Keys(offsets)) {
		fmt.Fprintf(out, "%d 1\n%010d 00000 n \n", n, offsets[n])
	}
	fmt.Fprintf(out, "trailer\n<< /Size %d /Root %s 0 R /Prev %s >>\nstartxref\n%d\n%%%%EOF\n", e.next, last(e.file, rootShape), last(e.file, startShape), start)
	return out.Bytes()
}
