package correspondence

import (
	"relance/domain/casefile"
)

// correction is what an officer has put right, where a mail is about that.
func (view *View) correction(r Request) {
	if r.Piece.Field == "" {
		return
	}
	key := r.Piece.Field
	for _, d := range r.State.Documents {
		if d.SHA256 == key {
			kind := casefile.Name(r.State.Terms.Documents, d.Kind)
			view.Correction = &Correction{Name: kind, Value: r.Facts.Names[d.SHA256]}
		}
	}
	field, _, known := view.plain.FieldAt(key)
	if !known {
		return
	}
	value, later := r.Facts.Offered[key], true
	if value.By == "" {
		value, later = r.Facts.Fields[key], false
	}
	decided := r.State.Decision != nil && r.State.Decision.Facts != r.State.Facts
	view.Correction = &Correction{Name: view.plain.Label(key), Value: show(view.plain, field, value),
		Source: cell(value.Source), Reason: cell(value.Reason), Later: later || decided}
}
