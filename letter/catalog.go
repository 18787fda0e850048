package letter

import (
	"bytes"
	"errors"
	"regexp"
	"strconv"
)

var (
	catalogMark = []byte("/Type /Catalog\n")
	startMark   = []byte("startxref\n")
	languageTag = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`)
)

var errCatalog = errors.New("unexpected file structure")

// withCatalog adds the document's language and the wish to see its title to the catalog (ISO 32000-1 §14.9.2 and §12.2),
// which screen readers need and gofpdf cannot write. The catalog is the last object of the file, so that of all offsets
// only that of the cross-reference table moves.
func withCatalog(file []byte, language string) ([]byte, error) {
	if !languageTag.MatchString(language) {
		language = "fr-FR"
	}
	added := []byte("/Lang (" + language + ")\n/ViewerPreferences << /DisplayDocTitle true >>\n")
	at := bytes.LastIndex(file, catalogMark)
	start := bytes.LastIndex(file, startMark)
	if at < 0 || start < at {
		return nil, errCatalog
	}
	at += len(catalogMark)
	number, tail, _ := bytes.Cut(file[start+len(startMark):], []byte("\n"))
	table, err := strconv.Atoi(string(number))
	if err != nil || table < at || table >= start || !bytes.HasPrefix(file[table:], []byte("xref\n")) ||
		bytes.Contains(file[at:table], []byte(" 0 obj")) {
		return nil, errCatalog
	}
	out := make([]byte, 0, len(file)+len(added)+2)
	out = append(out, file[:at]...)
	out = append(out, added...)
	out = append(out, file[at:start+len(startMark)]...)
	out = strconv.AppendInt(out, int64(table+len(added)), 10)
	out = append(out, '\n')
	return append(out, tail...), nil
}
