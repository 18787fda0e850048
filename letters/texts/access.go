package texts

import (
	"bytes"
	"html/template"
	"time"

	"relance/domain/authority"
	"relance/domain/casefile"
)

// Access is what the page says that goes with a copy of somebody's data (RGPD art. 15).
type Access struct {
	Reference, Scheme, Stage string
	Received, Last           time.Time
	Applicant                casefile.Person
	Authority                *authority.Authority
	LegalBasis               []string
	Years                    int // for which the folder is kept; 0: not known
	Recipients               []string
	Paid                     bool // the public accountant was told
	Registered               *casefile.Register
	Fields                   []Field
	Objects                  []Held
	LeftOut                  int
	Journal                  []Line
}

// Field is one thing that was read from what the applicant sent.
type Field struct{ Name, Written, Source string }

// Held is one file.
type Held struct {
	Place, File, What, From, SHA256 string
	When                            time.Time
	Size                            int // bytes
}

// Line is one entry of the journal, for a person.
type Line struct {
	When      time.Time
	Who, What string
}

// Access writes the page.
func (t *Texts) Access(a Access) ([]byte, error) {
	page, err := template.New("access.html").Funcs(template.FuncMap(t.functions())).ParseFS(files, "fr/access.html")
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = page.Execute(&out, a)
	return out.Bytes(), err
}
