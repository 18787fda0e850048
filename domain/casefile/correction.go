package casefile

import (
	"slices"
	"strings"
	"time"
)

// Correction is a value of the application that an officer corrects or enters, as an object of the case folder: it is
// personal data and stays out of Temporal.
type Correction struct {
	Field   Code      `json:"field"`   // key of the facts
	Written string    `json:"written"` // as people write it
	Source  string    `json:"source"`  // where it is from: a document, a call, a register
	Reason  string    `json:"reason"`  // why it replaces what was known
	By      string    `json:"by"`
	At      time.Time `json:"at"` // legal
}

// Corrected is what became of a correction.
type Corrected struct {
	Reading Reading `json:"reading"`
	Refused string  `json:"refused,omitempty"` // why it cannot be entered, in words for an officer
	Kept    bool    `json:"kept,omitempty"`    // refused, and the object lies in the case folder: the journal names it
	Changes bool    `json:"changes,omitempty"` // it differs from what was in force
	Account bool    `json:"account,omitempty"` // it is where the money goes
}

// The acts. Their names are those of the updates that Temporal knows.
const (
	CorrectValue   ActKind = "correct-value"   // a value of the application is corrected or entered
	FileDocument   ActKind = "file-document"   // a document is one of another kind than it was taken for
	RejectDocument ActKind = "reject-document" // a document does not do: the applicant is asked for another
)

// ProblemRejected is why a document that an officer has rejected cannot be used.
const ProblemRejected = "document_rejected"

// correctionActs are what officers do where the engine, or the applicant, was wrong about the application.
var correctionActs = actRows{
	{Kind: CorrectValue, Code: "act.correct-value", Command: "case correct REFERENCE FIELD VALUE",
		May:  (*State).mayCorrect,
		Help: `Corriger ou saisir une valeur de la demande, avec sa source et son motif. Utilisez « relance case correct ».`},
	{Kind: FileDocument, Code: "act.file-document", Command: "case document REFERENCE file",
		About: "file a document under its kind, or reject it", Takes: []string{"file", "as"},
		May:  (*State).mayFile,
		Help: `Classer une pièce sous son type. {"by": "agent-01", "file": "début de l'empreinte", "as": "bail"}`},
	{Kind: RejectDocument, Code: "act.reject-document", Command: "case document REFERENCE reject",
		About: "file a document under its kind, or reject it", Takes: []string{"file", "text"},
		May: (*State).mayRejectDocument,
		Help: `Écarter une pièce qui ne convient pas ; si elle était demandée, le demandeur est prié d'en envoyer une autre. ` +
			`{"by": "agent-01", "file": "début de l'empreinte", "text": "pourquoi"}`},
}

func (s *State) mayCorrect(a Act) error {
	switch {
	case !strings.HasPrefix(a.Entered.Key, s.Folder()+"facts/correction-") || a.Field == "":
		return refuse("une valeur se corrige par la commande « relance case correct »")
	case s.Unsigned != nil:
		return refuse("une décision attend la signature ; le signataire peut la renvoyer (relance sign return)")
	case s.Stage == Received || s.Stage == Expired || s.Stage == Withdrawn:
		return refuse("rien ne se corrige à l'étape « %s »", s.Stage)
	case a.Decided && s.Decision == nil:
		return refuse("aucune décision n'est prise ; la correction compte sans -decided")
	}
	return nil
}

// mayFile tells whether a document can be filed under a kind.
func (s *State) mayFile(a Act) error {
	if err := s.mayJudgeDocument(a); err != nil {
		return err
	}
	d := s.Documents[s.document(a.File)]
	switch {
	case d.Key == "":
		return refuse("cette pièce est dangereuse et reste dans son courriel")
	case d.Kind == a.As && d.Problem == "" && (d.Judged || !slices.Contains(s.Concerns, ConcernContradict)):
		return refuse("cette pièce est déjà classée sous « %s »", a.As)
	}
	return known("pièce", []Code{a.As}, s.Terms.Documents)
}

func (s *State) mayRejectDocument(a Act) error {
	if err := s.mayJudgeDocument(a); err != nil {
		return err
	}
	switch {
	case s.Documents[s.document(a.File)].Problem != "":
		return refuse("cette pièce est déjà écartée")
	case strings.TrimSpace(a.Text) == "":
		return refuse("dites au demandeur pourquoi la pièce ne convient pas (-text)")
	}
	return nil
}

// mayJudgeDocument tells whether an officer can say what a document is: before the decision, which rests on it.
func (s *State) mayJudgeDocument(a Act) error {
	var sums []string
	for _, d := range s.Documents {
		sums = append(sums, d.SHA256[:min(12, len(d.SHA256))])
	}
	switch {
	case s.Settled() || s.Stage != Incomplete && s.Stage != AwaitingCharter && s.Stage != UnderReview:
		return refuse("les pièces se classent avant la décision ; le dossier est à l'étape « %s »", s.Stage)
	case s.document(a.File) < 0:
		return refuse("indiquez la pièce par le début de son empreinte (-file) ; reçues : %s", strings.Join(sums, ", "))
	}
	return nil
}

// document finds a document by its SHA-256 or the beginning of it; -1 where none or several fit. Of one that came twice it
// is the last.
func (s *State) document(sum string) int {
	found := -1
	for i, d := range s.Documents {
		if sum == "" || !strings.HasPrefix(d.SHA256, strings.ToLower(sum)) {
			continue
		}
		if found >= 0 && s.Documents[found].SHA256 != d.SHA256 {
			return -1
		}
		found = i
	}
	return found
}

// FileUnder says what a document is. It counts as one that can be used.
func (s *State) FileUnder(a Act) Document {
	s.Documents = slices.Clone(s.Documents)
	d := &s.Documents[s.document(a.File)]
	d.Kind, d.Problem, d.Judged = a.As, "", true
	return *d
}

// RejectFile sets a document aside as one that does not do.
func (s *State) RejectFile(a Act) Document {
	s.Documents = slices.Clone(s.Documents)
	for i := range s.Documents {
		if d := &s.Documents[i]; d.SHA256 == s.Documents[s.document(a.File)].SHA256 {
			d.Problem = ProblemRejected
		}
	}
	return s.Documents[s.document(a.File)]
}
