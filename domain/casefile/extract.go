package casefile

import "time"

// Said is a value that stands in a document.
type Said struct {
	Value string `json:"value"`           // in its normal form
	Page  int    `json:"page,omitempty"`  // from 1
	Words string `json:"words,omitempty"` // the line that it stands in
}

// Extract is what was read from the text of a document for the checks of its kind. It is personal data: it lies with the facts, in the archive alone.
type Extract struct {
	IBANs   []Said    `json:"ibans,omitempty"`
	SIRENs  []Said    `json:"sirens,omitempty"`
	SIRETs  []Said    `json:"sirets,omitempty"`
	Amounts []Said    `json:"amounts,omitempty"` // cents, where a currency stands beside the figure
	Numbers []int64   `json:"numbers,omitempty"` // every figure, as cents, each once
	Holder  Said      `json:"holder,omitzero"`   // what stands where a holder is named
	Names   []string  `json:"names,omitempty"`   // its words without digits, folded, each once
	Issued  time.Time `json:"issued,omitzero"`   // the day of which it is
	Dated   Said      `json:"dated,omitzero"`    // where that stands
}

// Contradiction is a document that says otherwise than the applicant, or is too old.
type Contradiction struct {
	Field    string // key of the facts; empty for the day of issue
	Property Code   // what was compared (package scheme)
	Document string // SHA-256
	Kind     Code   // of the document
	Declared string // the value of the field in its normal form; of the day of issue, the first day that would do
	Read     Said   // what the document says; its value is empty where it says nothing like it
	Ask      bool   // the applicant is asked
}

// Is tells whether two contradictions are about the same.
func (c Contradiction) Is(o Contradiction) bool {
	return c.Field == o.Field && c.Property == o.Property && c.Document == o.Document && c.Declared == o.Declared
}
