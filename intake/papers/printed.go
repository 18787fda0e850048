package papers

import (
	"strings"

	"relance/domain/scheme"
	"relance/proof/imprint"
)

// printed reads our own form where a program has printed or flattened it, so that it has no fields any more: what stands in one row with a label of
// ours, to its right, is the value. A label alone, and a row of more than two texts, give none.
func printed(pdf []byte, title string) []map[string]string {
	const most = 20 // pages
	if title == "" {
		return nil
	}
	rows := imprint.Rows(pdf, most)
	var all strings.Builder
	values := map[string]string{}
	for _, cells := range rows {
		all.WriteString(strings.Join(cells, " ") + " ")
		if len(cells) != 2 {
			continue
		}
		if label := strings.TrimSpace(strings.TrimSuffix(cells[0], "*")); values[label] == "" {
			values[label] = cells[1]
		}
	}
	text := scheme.Fold(all.String())
	if len(values) == 0 || !strings.Contains(text, scheme.Fold(title)) || !strings.Contains(text, "remplissez ce formulaire") {
		return nil
	}
	return []map[string]string{values}
}
