package papers

import (
	"slices"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// isActive tells whether a PDF does something when it is opened: runs a script, starts a program, carries files
// (ISO 32000-1 §12.6.4).
func isActive(ctx *model.Context) bool {
	for _, entry := range ctx.Table {
		if entry == nil {
			continue
		}
		d, ok := entry.Object.(types.Dict)
		if stream, is := entry.Object.(types.StreamDict); is {
			d, ok = stream.Dict, true
		}
		if !ok {
			continue
		}
		if action := d.NameEntry("S"); action != nil && slices.Contains([]string{"JavaScript", "Launch", "RichMediaExecute", "ImportData", "SubmitForm"}, *action) {
			return true
		}
		for _, key := range []string{"JavaScript", "EmbeddedFiles", "RichMediaContent"} {
			if _, has := d.Find(key); has {
				return true
			}
		}
		for _, key := range []string{"OpenAction", "A", "AA"} { // an action written in place
			if value, has := d.Find(key); has {
				if action, is := value.(types.Dict); is && action.NameEntry("S") != nil && slices.Contains([]string{"JavaScript", "Launch"}, *action.NameEntry("S")) {
					return true
				}
			}
		}
	}
	return false
}
