package form

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
)

// ErrNoTable is returned for a file without a table that can be read.
var ErrNoTable = errors.New("no table that can be read")

// Row is one row of a sheet: each cell as a French person writes it, by the text of the cell at its column's head.
type Row map[string]string

// maxColumns is how many columns are read.
const maxColumns = 200

// ReadXLSX reads the first sheet of a workbook: a table with a head, or labels and values side by side, which make one row.
func ReadXLSX(content []byte, maxRows int) (rows []Row, err error) {
	defer func() {
		if recover() != nil {
			rows, err = nil, ErrNoTable
		}
	}()
	if len(content) > MaxSize {
		return nil, ErrTooLarge
	}
	book, err := excelize.OpenReader(bytes.NewReader(content), excelize.Options{UnzipSizeLimit: 64 << 20, UnzipXMLSizeLimit: 16 << 20})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoTable, err)
	}
	defer book.Close()
	sheets := book.GetSheetList()
	if len(sheets) == 0 {
		return nil, ErrNoTable
	}
	table, err := cellsOf(book, sheets[0], maxRows)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoTable, err)
	}
	return tableRows(table)
}

// cellsOf are the cells of a sheet, row by row; rows without any are left out.
func cellsOf(book *excelize.File, name string, maxRows int) (table [][]string, err error) {
	shown, err := book.Rows(name)
	if err != nil {
		return nil, err
	}
	defer shown.Close()
	raw, err := book.Rows(name)
	if err != nil {
		return nil, err
	}
	defer raw.Close()
	properties, err := book.GetWorkbookProps()
	s := sheet{File: book, name: name, days1904: err == nil && properties.Date1904 != nil && *properties.Date1904}
	for row := 1; shown.Next() && raw.Next() && len(table) <= maxRows; row++ {
		cells, err := shown.Columns()
		if err != nil {
			return nil, err
		}
		values, err := raw.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return nil, err
		}
		if filled(cells) > 0 {
			s.french(row, cells, values)
			table = append(table, cells[:min(len(cells), maxColumns)])
		}
	}
	return table, nil
}

// ReadCSV reads a CSV file with semicolons, tabs, bars or commas, in UTF-8 or Windows-1252, laid out as for ReadXLSX.
func ReadCSV(content []byte, maxRows int) ([]Row, error) {
	if len(content) > MaxSize {
		return nil, ErrTooLarge
	}
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(content) {
		decoded, err := charmap.Windows1252.NewDecoder().Bytes(content)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNoTable, err)
		}
		content = decoded
	}
	comma := separator(content)
	if line, rest, _ := bytes.Cut(content, []byte("\n")); len(bytes.TrimSpace(line)) == len("sep=;") && bytes.HasPrefix(bytes.ToLower(line), []byte("sep=")) {
		comma, content = rune(line[len("sep=")]), rest // as Excel writes and reads it
	}
	r := csv.NewReader(bytes.NewReader(content))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = comma, -1, true
	var table [][]string
	for len(table) <= maxRows {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNoTable, err)
		}
		if filled(cells) > 0 {
			table = append(table, cells[:min(len(cells), maxColumns)])
		}
	}
	return tableRows(table)
}

// separators are the signs between columns, the likelier first where several would do: commas stand in amounts as well.
const separators = ";\t|,"

// separator is the sign that cuts most of the first lines into as many columns as the first of them, two at least. Signs in quotation marks count
// for nothing.
func separator(content []byte) rune {
	const looked = 50
	lines := bytes.SplitN(content, []byte("\n"), looked+1)
	best, most := ';', 0
	for _, sign := range separators {
		columns, alike := 0, 0
		for _, line := range lines[:min(len(lines), looked)] {
			switch n := signs(line, byte(sign)); {
			case len(bytes.TrimSpace(line)) == 0:
			case columns == 0:
				columns, alike = n, 1
			case n == columns:
				alike++
			}
		}
		if columns > 0 && alike > most {
			best, most = sign, alike
		}
	}
	return best
}

// signs counts a sign outside quotation marks.
func signs(line []byte, sign byte) (n int) {
	quoted := false
	for _, c := range line {
		if c == '"' {
			quoted = !quoted
		} else if c == sign && !quoted {
			n++
		}
	}
	return n
}

// tableRows makes rows of a table. It is laid out side by side where two columns are filled and the second of the first
// row looks like a value.
func tableRows(table [][]string) ([]Row, error) {
	if len(table) == 0 || filled(table[0]) < 2 {
		return nil, ErrNoTable
	}
	widest := 0
	for _, line := range table {
		widest = max(widest, filled(line))
	}
	if widest == 2 && (len(table) == 1 || len(table) > 2 || strings.ContainsFunc(cell(table[0], 1), unicode.IsDigit)) {
		row := Row{}
		for _, line := range table {
			if label := strings.TrimSuffix(cell(line, 0), ":"); label != "" {
				row[strings.TrimSpace(label)] = cell(line, 1)
			}
		}
		return []Row{row}, nil
	}
	var rows []Row
	for _, line := range table[1:] {
		row := Row{}
		for i := range table[0] {
			if head, value := cell(table[0], i), cell(line, i); head != "" && value != "" {
				row[head] = value
			}
		}
		if len(row) > 0 {
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 {
		return nil, ErrNoTable
	}
	return rows, nil
}

func cell(line []string, i int) string {
	if i >= len(line) {
		return ""
	}
	return strings.TrimSpace(line[i])
}

func filled(line []string) int {
	n := 0
	for i := range line {
		if cell(line, i) != "" {
			n++
		}
	}
	return n
}
