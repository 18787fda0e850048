package correspondence

import (
	"strings"
	"time"

	"relance/domain/calendar"
	"relance/domain/casefile"
	"relance/domain/scheme"
	"relance/letters/texts"
)

// Disagreement tells in one sentence what a document says otherwise than the applicant.
func Disagreement(l *texts.Labels, v *scheme.Version, c casefile.Contradiction) string {
	field, _, _ := v.FieldAt(c.Field)
	property, read := c.Property, c.Read.Value
	switch scheme.Property(c.Property) {
	case scheme.DocumentIssued:
		return said(l, property, day(read), day(c.Declared))
	case scheme.DocumentHolder:
		if read == "" {
			property = "holder_unnamed"
		}
		return said(l, property, cell(read), cell(c.Declared))
	case scheme.DocumentSIREN, scheme.DocumentSIRET:
		if len(read) == 9 {
			read = show(v, scheme.Field{Type: scheme.SIREN}, casefile.Value{Value: read})
		} else {
			read = groupSIRET(read)
		}
	default:
		read = show(v, field, casefile.Value{Value: read})
	}
	return said(l, property, read, show(v, field, casefile.Value{Value: c.Declared}))
}

func said(l *texts.Labels, property, read, declared string) string {
	return strings.NewReplacer("{read}", read, "{declared}", declared).Replace(l.Disagree[property])
}

// day writes a day of the form 2006-01-02 as letters do.
func day(text string) string {
	t, err := time.ParseInLocation(time.DateOnly, text, casefile.Paris)
	if err != nil {
		return text
	}
	return calendar.InWords(t)
}
