package pdf

import (
	"bytes"
	"cmp"
	"compress/zlib"
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

var errStructure = errors.New("unexpected file structure")

var (
	languageTag = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`)
	embedded    = regexp.MustCompile(`(?s)/Names <<\s*/EmbeddedFiles <<.*?>>\s*>>\s*`)
	pdfDate     = regexp.MustCompile(`\(D:(\d{14})\)`)
)

// names are those that gofpdf gives the two styles, the longer one first, and those the fonts have.
var names = []struct{ given, own string }{{"utf8sansB", "LiberationSans-Bold"}, {"utf8sans", "LiberationSans"}}

// archival makes a file of gofpdf fit for keeping (PDF/A-2b, ISO 19005-2): it adds the metadata, the colour profile, the file's
// identity and the language, which screen readers need too (ISO 32000-1 §14.9.2), names the font subsets as they should be
// (§9.6.4), and drops what archives do not allow. gofpdf can do none of it.
func archival(file []byte, l Letter) ([]byte, error) {
	f, err := split(file)
	if err != nil {
		return nil, err
	}
	language := l.Language
	if !languageTag.MatchString(language) {
		language = "fr-FR"
	}
	sum := sha256.Sum256(file)
	info, catalog := len(f.objects)-2, len(f.objects)-1
	f.objects[info] = pdfDate.ReplaceAll(f.objects[info], []byte("(D:${1}Z)"))
	for i, o := range f.objects {
		if bytes.Contains(o, []byte("/Font")) && !bytes.Contains(o, []byte("stream\n")) {
			f.objects[i] = renamed(o, sum)
		}
	}
	if err := f.compress(); err != nil {
		return nil, err
	}
	f.put()
	metadata := f.add("/Type /Metadata /Subtype /XML", xmp(l, language))
	profile := f.add("/N 3 /Filter /FlateDecode", sRGB())
	intent := f.add(fmt.Sprintf("/Type /OutputIntent /S /GTS_PDFA1 /OutputConditionIdentifier (sRGB IEC61966-2.1)\n/Info (sRGB IEC61966-2.1) /DestOutputProfile %d 0 R", profile), nil)
	root := embedded.ReplaceAll(f.objects[catalog], nil)
	added := fmt.Sprintf("<<\n/Lang (%s)\n/ViewerPreferences << /DisplayDocTitle true >>\n/Metadata %d 0 R\n/OutputIntents [%d 0 R]\n", language, metadata, intent)
	f.objects[catalog] = bytes.Replace(root, []byte("<<\n"), []byte(added), 1)
	return f.join(catalog+1, info+1, sum[:16]), nil
}

// renamed gives the fonts that an object names the tag of a subset, six capitals and a plus sign, and their own names.
func renamed(object []byte, sum [sha256.Size]byte) []byte {
	var tag [6]byte
	for i := range tag {
		tag[i] = 'A' + sum[i]%26
	}
	for _, f := range names {
		object = bytes.ReplaceAll(object, []byte("/"+f.given+"\n"), []byte("/"+string(tag[:])+"+"+f.own+"\n"))
	}
	return object
}

// structure is a PDF file as its objects, object n at n-1, each with its number and its end.
type structure struct{ objects [][]byte }

// split cuts a file of gofpdf into its objects along the cross-reference table (ISO 32000-1 §7.5.4).
func split(file []byte) (*structure, error) {
	at := bytes.LastIndex(file, []byte("startxref\n"))
	if at < 0 {
		return nil, errStructure
	}
	number, _, _ := bytes.Cut(file[at+len("startxref\n"):], []byte("\n"))
	table, err := strconv.Atoi(string(number))
	if err != nil || table < 0 || table > at || !bytes.HasPrefix(file[table:], []byte("xref\n0 ")) {
		return nil, errStructure
	}
	lines := strings.Split(string(file[table:at]), "\n")
	count, err := strconv.Atoi(strings.TrimPrefix(lines[1], "0 "))
	if err != nil || count < 3 || len(lines) < 2+count {
		return nil, errStructure
	}
	type place struct{ number, offset int }
	places := make([]place, count-1)
	for i := range places {
		offset, err := strconv.Atoi(strings.TrimSpace(lines[3+i][:min(10, len(lines[3+i]))]))
		if err != nil || offset <= 0 || offset >= table {
			return nil, errStructure
		}
		places[i] = place{i + 1, offset}
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Compare(a.offset, b.offset) })
	s := &structure{objects: make([][]byte, count-1)}
	for i, p := range places {
		end := table
		if i+1 < len(places) {
			end = places[i+1].offset
		}
		object := file[p.offset:end]
		if !bytes.HasPrefix(object, []byte(strconv.Itoa(p.number)+" 0 obj")) {
			return nil, errStructure
		}
		s.objects[p.number-1] = object
	}
	if !bytes.Contains(s.objects[count-2], []byte("/Type /Catalog")) || !bytes.Contains(s.objects[count-3], []byte("/Producer")) {
		return nil, errStructure
	}
	return s, nil
}

// add appends an object, with a stream where there is one, and gives its number.
func (s *structure) add(dictionary string, stream []byte) int {
	n := len(s.objects) + 1
	var b bytes.Buffer
	if stream == nil {
		fmt.Fprintf(&b, "%d 0 obj\n<<%s>>\nendobj\n", n, dictionary)
	} else {
		fmt.Fprintf(&b, "%d 0 obj\n<<%s /Length %d>>\nstream\n%s\nendstream\nendobj\n", n, dictionary, len(stream), stream)
	}
	s.objects = append(s.objects, b.Bytes())
	return n
}

// compressors are kept from letter to letter: each takes more memory than ten pages.
var compressors = sync.Pool{New: func() any {
	w, err := zlib.NewWriterLevel(nil, zlib.BestSpeed)
	if err != nil {
		panic(err) // the level is one
	}
	return w
}}

// bare is how an object begins that is a stream and no more: a page as gofpdf writes it where it does not compress.
var bare = regexp.MustCompile(`^(\d+ 0 obj\n<<)/Length \d+>>\nstream\n`)

// compress compresses the pages (§7.4.4).
func (s *structure) compress() error {
	for i, o := range s.objects {
		head := bare.FindSubmatchIndex(o)
		content, is := bytes.CutSuffix(o, []byte("\nendstream\nendobj\n"))
		if head == nil || !is {
			continue
		}
		small, err := compressed(content[head[1]:])
		if err != nil {
			return err
		}
		s.objects[i] = slices.Concat(o[:head[3]], fmt.Appendf(nil, "/Filter /FlateDecode /Length %d>>\nstream\n", len(small)), small, []byte("\nendstream\nendobj\n"))
	}
	return nil
}

func compressed(content []byte) ([]byte, error) {
	small := bytes.NewBuffer(make([]byte, 0, len(content)/2))
	w := compressors.Get().(*zlib.Writer)
	defer compressors.Put(w)
	w.Reset(small)
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	err := w.Close()
	return small.Bytes(), err
}

// join writes the file: a comment of bytes above 127 shows that it is not text (§7.5.2), an identity that it is this file (§14.4).
func (s *structure) join(root, info int, id []byte) []byte {
	size := 1 << 10
	for _, o := range s.objects {
		size += len(o) + len("0000000000 00000 n \n")
	}
	b := bytes.NewBuffer(make([]byte, 0, size))
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	offsets := make([]int, len(s.objects))
	for i, o := range s.objects {
		offsets[i] = b.Len()
		b.Write(o)
	}
	table := b.Len()
	fmt.Fprintf(b, "xref\n0 %d\n0000000000 65535 f \n", len(s.objects)+1)
	for _, at := range offsets {
		fmt.Fprintf(b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(b, "trailer\n<<\n/Size %d\n/Root %d 0 R\n/Info %d 0 R\n/ID [<%x> <%x>]\n>>\nstartxref\n%d\n%%%%EOF\n", len(s.objects)+1, root, info, id, id, table)
	return b.Bytes()
}

var entities = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

// xmp is the metadata (ISO 16684-1): the same title, author, subject, tool and dates as the file's information dictionary says.
func xmp(l Letter, language string) []byte {
	at := l.Date.UTC().Format(time.RFC3339)
	text := func(s string) string { return entities.Replace(oneLine(s)) }
	alt := func(name, s string) string {
		return "<dc:" + name + `><rdf:Alt><rdf:li xml:lang="x-default">` + text(s) + "</rdf:li></rdf:Alt></dc:" + name + ">\n"
	}
	description := ""
	if text(l.Subject) != "" {
		description = alt("description", l.Subject)
	}
	keywords := ""
	if l.Keywords != "" {
		keywords = "<pdf:Keywords>" + text(l.Keywords) + "</pdf:Keywords>\n"
	}
	return []byte("<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n" + `<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
` + alt("title", l.Title) + description + `<dc:creator><rdf:Seq><rdf:li>` + text(l.Letterhead.Name) + `</rdf:li></rdf:Seq></dc:creator>
<dc:language><rdf:Bag><rdf:li>` + language + `</rdf:li></rdf:Bag></dc:language>
<xmp:CreatorTool>` + tool + `</xmp:CreatorTool>
<xmp:CreateDate>` + at + `</xmp:CreateDate>
<xmp:ModifyDate>` + at + `</xmp:ModifyDate>
<pdf:Producer>` + producer + `</pdf:Producer>
` + keywords + `<pdfaid:part>2</pdfaid:part>
<pdfaid:conformance>B</pdfaid:conformance>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>`)
}
