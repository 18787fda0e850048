package fields

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"relance/domain/scheme"
)

// Fault is a field whose own form is not read back.
type Fault struct {
	Key  string // of the facts
	Says string
}

// Prove fills a version's own form as an honest person would, a line for each field and a table for each group, and reads it back. What does not come
// back as it was written is a fault of the scheme: two labels are read as one, or a label cannot be told from its value.
func Prove(v *scheme.Version) []Fault {
	text, want := filled(v)
	got := map[string]Found{}
	for _, f := range Read(Lines(text), v, nil).Found {
		got[f.Field] = f
	}
	var faults []Fault
	told := map[string]bool{} // a column once, not for each entry
	for _, w := range want {
		f, read := got[w.key]
		if read && f.Value == w.value || told[w.label] {
			continue
		}
		told[w.label] = true
		says := fmt.Sprintf("« %s » in the scheme's own form is not read as this field", w.line)
		switch other := whose(want, f.Value); {
		case read && f.Value == "":
			says = fmt.Sprintf("« %s » in the scheme's own form cannot be read", w.line)
		case read && other != "":
			says = fmt.Sprintf("« %s » in the scheme's own form is read as the answer to « %s »", w.line, other)
		case read:
			says = fmt.Sprintf("« %s » in the scheme's own form is read as %q", w.line, f.Value)
		}
		faults = append(faults, Fault{w.key, says + w.advice})
	}
	return append(faults, ambiguous(v)...)
}

// whose is the label under which a value was written.
func whose(want []answer, value string) string {
	for _, w := range want {
		if w.value == value {
			return w.label
		}
	}
	return ""
}

// advice says what is likely wrong with a label.
func advice(label string, columns int) string {
	switch i := strings.IndexAny(label, "=|;\t"); {
	case i >= 0:
		return fmt.Sprintf(": a label has no %q", label[i:i+1])
	case columns == 1:
		return ": a group has two columns at least; one alone is a text of several lines"
	case columns > 1:
		return ": another field, or a column of another group, is called so"
	}
	return ": what stands in brackets, hyphens and accents do not tell labels apart"
}

// answer is a value that was written into the form.
type answer struct{ key, label, line, value, advice string }

// filled is the form, filled in, and what should be read from it.
func filled(v *scheme.Version) (text string, want []answer) {
	var b strings.Builder
	n := 0
	for _, f := range v.Fields {
		if f.Type != scheme.Group {
			n++
			written, value := made(v, f, n)
			line := f.Label + " : " + written
			b.WriteString(line + "\n")
			want = append(want, answer{f.ID, f.Label, line, value, advice(f.Label, 0)})
			continue
		}
		var labels []string
		for _, below := range f.Fields {
			labels = append(labels, below.Label)
		}
		fmt.Fprintf(&b, "\n%s :\n| %s |\n", f.Label, strings.Join(labels, " | "))
		for entry := 1; entry <= min(max(f.Min, 2), f.Most()); entry++ {
			for _, below := range f.Fields {
				n++
				written, value := made(v, below, n)
				b.WriteString("| " + written + " ")
				want = append(want, answer{scheme.EntryKey(f.ID, entry, below.ID), f.Label + ", " + below.Label, below.Label + " | " + written, value,
					advice(below.Label, len(f.Fields))})
			}
			b.WriteString("|\n")
		}
		b.WriteString("\n")
	}
	return b.String(), want
}

// made is a value for the nth field that no other has, as a person writes it and in its normal form.
func made(v *scheme.Version, f scheme.Field, n int) (written, value string) {
	switch f.Type {
	case scheme.Integer:
		written = strconv.Itoa(n%7 + 1)
	case scheme.Money:
		written = fmt.Sprintf("%d,%02d €", 100+n, n%100)
	case scheme.Day:
		written = fmt.Sprintf("%02d/%02d/2018", n%28+1, n%12+1)
	case scheme.YesNo:
		written = []string{"oui", "non"}[n%2]
	case scheme.Text:
		written = "Exemple " + string(rune('A'+n%26)) + strings.Repeat("x", n/26)
	case scheme.Choice, scheme.INSEE:
		options := v.OptionsOf(f)
		if len(options) == 0 {
			written = "59350"
			break
		}
		o := options[n%len(options)]
		return o.Label, o.ID
	case scheme.SIRET:
		written = "628 194 821 00011"
	case scheme.SIREN:
		written = "628 194 821"
	case scheme.IBAN:
		written = "FR76 2004 1518 1909 3786 5797 574"
	case scheme.Email:
		written = "contact@exemple.fr"
	case scheme.Phone:
		written = "03 20 00 00 00"
	}
	value, _ = v.Normalise(f, written)
	return written, value
}

// ambiguous finds options of a choice whose own label is not read as them.
func ambiguous(v *scheme.Version) (faults []Fault) {
	check := func(key string, f scheme.Field) {
		if f.Type != scheme.Choice || f.List != "" {
			return
		}
		for _, o := range f.Options {
			if value, err := v.Normalise(f, o.Label); value != o.ID || err != nil {
				says := fmt.Sprintf("the option « %s » is read as %q", o.Label, value)
				if value == "" {
					says = fmt.Sprintf("the option « %s » cannot be read: other options begin with, or hold, the same words", o.Label)
				}
				if !slices.ContainsFunc(faults, func(f Fault) bool { return f.Key == key }) {
					faults = append(faults, Fault{key, says})
				}
			}
		}
	}
	for _, f := range v.Fields {
		check(f.ID, f)
		for _, below := range f.Fields {
			check(scheme.EntryKey(f.ID, 1, below.ID), below)
		}
	}
	return faults
}
