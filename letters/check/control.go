// Package check reads a letter as a reviewer does, before it goes: who signs and by which right, who is in charge, the reasons with
// their legal basis, the amount in figures and in words, the court and the time to appeal, the dates, the version of the charter. It
// reads what the pages say, not what they were made from, so that a text that an authority has changed is checked like any other.
package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"relance/domain/calendar"
	"relance/domain/casefile"
	"relance/domain/money"
)

// Said is what the pages of a letter say, part by part, as they are printed.
type Said struct {
	Letterhead, Address, Officer, Body, Signature, Acceptance, Notice string
}

// Person is who signs, or who is in charge.
type Person struct {
	Name, Capacity string
	Mention        string   // above the signature: the delegation
	Reach          []string // telephone, email
}

// Reason is one ground of a decision.
type Reason struct{ Told, Basis string }

// Case is what the letter has to say, as the case has it. Texts are as they are printed (letter.Printed).
type Case struct {
	Letter    string // its name
	Reference string
	Date      time.Time // of the letter
	Recipient []string
	Given     []string // what the applicant wrote: no fault of a text
	Author    Person   // who signs
	Unsigned  string   // why nobody may sign; empty where somebody may
	ByAuthor  bool     // the authority signs
	ByOther   bool     // the recipient signs
	Officer   Person
	Amount    int64 // cents that the letter is about; 0: none
	Reasons   []Reason
	Words     string // the officer's own, where an answer to an appeal gives its reasons in them
	Court     string
	Months    int       // of appeal
	Silence   time.Time // when silence becomes a decision
	Answer    time.Time // until when the recipient may answer
	Charter   string    // the version that was signed; empty where there is none
	Signed    time.Time // when it was
	Quiet     bool      // no day can be named on which silence decides, or until which to answer
	Final     bool      // a decision that opens no appeal: it gives the applicant what was asked for by an appeal
}

// duty is something a letter owes.
type duty int

const (
	reasons duty = 1 << iota // CRPA L211-2, L211-5
	amount                   // in figures and in words
	appeal                   // CJA R421-5
	court                    // named, without a time to appeal: a contract
	silence                  // CRPA R112-5
	answer                   // a day until which to answer
	charter                  // the version that was signed (CRPA L242-2 presupposes that the conditions were fixed)
)

// owed is what each letter owes beside what all do. A letter that is not here owes only that.
var owed = map[string]duty{
	casefile.AcknowledgementLetter: silence | appeal, casefile.MissingLetter: answer | silence, casefile.ReminderLetter: answer, casefile.CharterLetter: 0,
	casefile.GrantLetter: amount | appeal | charter, casefile.RejectLetter: reasons | appeal, casefile.ReserveLetter: appeal, casefile.LapseLetter: appeal, casefile.ClosingLetter: 0, casefile.WithdrawnLetter: 0,
	casefile.ImplicitLetter: silence | appeal, casefile.ConventionLetter: amount | court | charter, casefile.AdvanceLetter: amount | court, casefile.InstalmentLetter: 0,
	casefile.FormalNoticeLetter: 0, casefile.DischargeLetter: amount, casefile.ExpiryLetter: reasons | appeal, casefile.AppealReceivedLetter: silence | appeal,
	casefile.AppealDecidedLetter: reasons | appeal, casefile.HearingLetter: reasons | answer, casefile.WithdrawalLetter: reasons | amount | appeal | charter,
}

// report collects what a letter lacks.
type report struct {
	Case
	said  Said
	lacks []string
}

func (r *report) lack(format string, args ...any) {
	r.lacks = append(r.lacks, fmt.Sprintf(format, args...))
}

// Check tells what a letter lacks, a sentence in French for each; nothing where it may go.
func Check(c Case, s Said) []string {
	r := &report{Case: c, said: s}
	r.whole()
	r.people()
	owes := owed[c.Letter]
	for _, d := range []struct {
		duty  duty
		check func()
	}{{amount, r.sum}, {reasons, r.grounds}, {appeal, r.ways}, {court, r.judge}, {silence, r.silent}, {answer, r.answered}, {charter, r.commitment}} {
		if owes&d.duty != 0 {
			d.check()
		}
	}
	r.sums()
	return r.lacks
}

// squeezed is a text without any space, so that neither line breaks nor kinds of space matter.
func squeezed(text string) string { return strings.Join(strings.Fields(text), "") }

func says(part, text string) bool {
	return squeezed(text) != "" && strings.Contains(strings.ToLower(squeezed(part)), strings.ToLower(squeezed(text)))
}

var (
	hole   = regexp.MustCompile(`<no value>|\{\{|\{[a-z_]+\}|%!`)
	noDate = regexp.MustCompile(`(?:1er janvier 1|31 décembre 0)(?:$|[^\d ]| [^\d])`) // of an instant that was never set
)

// whole: whom it is for, when and about what, and nothing left unfilled.
func (r *report) whole() {
	for _, line := range r.Recipient {
		if !says(r.said.Address, line) {
			r.lack("le destinataire n'est pas entier dans la fenêtre de l'enveloppe")
			break
		}
	}
	if len(r.Recipient) < 2 {
		r.lack("l'adresse du destinataire manque")
	}
	if !says(r.said.Body, calendar.InWords(r.Date)) {
		r.lack("la date du %s manque", calendar.InWords(r.Date))
	}
	if !says(r.said.Officer, r.Reference) {
		r.lack("la référence du dossier manque")
	}
	all := r.said.Body + " " + r.said.Notice + " " + r.said.Signature
	var holes []string
	if strings.ContainsAny(all, "<{%") { // the search takes its time, and hardly any letter has one
		holes = hole.FindAllString(all, -1)
	}
	for _, found := range holes {
		if !slices.ContainsFunc(r.Given, func(given string) bool { return strings.Contains(given, found) }) {
			r.lack("un texte contient « %s », que rien n'a rempli", found)
			break
		}
	}
	if noDate.MatchString(strings.Join(strings.Fields(all), " ")) {
		r.lack("une date dont parle la lettre n'est pas connue")
	}
}

// people: the author with first name, surname and capacity (CRPA L212-1), and the officer in charge (L111-2).
func (r *report) people() {
	switch {
	case !r.ByAuthor:
	case r.Unsigned != "":
		r.lack("%s", r.Unsigned)
	case len(strings.Fields(r.Author.Name)) < 2 || !says(r.said.Signature, r.Author.Name):
		r.lack("le prénom et le nom du signataire manquent (CRPA, L. 212-1)")
	case !says(r.said.Signature, r.Author.Capacity):
		r.lack("la qualité du signataire manque (CRPA, L. 212-1)")
	case r.Author.Mention != "" && !says(r.said.Signature, r.Author.Mention):
		r.lack("la mention de la délégation manque")
	case !says(r.said.Signature, calendar.InWords(r.Date)):
		r.lack("la date de la signature manque")
	}
	if r.ByOther && squeezed(r.said.Acceptance) == "" {
		r.lack("la place de la signature du bénéficiaire manque")
	}
	if !says(r.said.Officer, r.Officer.Name) || !says(r.said.Officer, r.Officer.Capacity) {
		r.lack("l'agent en charge, avec sa qualité, manque (CRPA, L. 111-2)")
	}
	for _, reach := range r.Officer.Reach {
		if says(r.said.Officer, reach) {
			return
		}
	}
	r.lack("le moyen de joindre l'agent en charge manque (CRPA, L. 111-2)")
}

// sum: the amount of the case, in figures and in words.
func (r *report) sum() {
	if r.Amount == 0 {
		return // a decision that gives no money, or a schedule that has its own
	}
	cents := money.Cents(r.Amount)
	if !says(r.said.Body, cents.Format()) {
		r.lack("le montant de %s manque en chiffres", cents.Format())
	}
	if !says(r.said.Body, "("+cents.Words()+")") {
		r.lack("le montant de %s manque en lettres (%s)", cents.Format(), cents.Words())
	}
}

// twice is a sum in figures with its words behind it.
var twice = regexp.MustCompile(`(-?\d[\d ]*(?:,\d\d)?) ?€ ?\(([^()]*(?:euros?|centimes?)[^()]*)\)`)

// sums: wherever a sum is written twice, figures and words say the same.
func (r *report) sums() {
	for _, m := range twice.FindAllStringSubmatch(strings.Join(strings.Fields(r.said.Body), " "), -1) {
		cents, err := money.Parse(m[1])
		if err != nil || squeezed(cents.Words()) != squeezed(m[2]) {
			r.lack("les chiffres et les lettres ne disent pas la même somme : %s € et « %s »", m[1], m[2])
		}
	}
}

// grounds: every reason with its legal basis (CRPA L211-5).
func (r *report) grounds() {
	if len(r.Reasons) == 0 && !says(r.said.Body, r.Words) { // an answer to an appeal may give its reasons in the officer's own words
		r.lack("les motifs manquent (CRPA, L. 211-5)")
	}
	for _, reason := range r.Reasons {
		switch {
		case !says(r.said.Body, reason.Told):
			r.lack("un motif de la décision manque (CRPA, L. 211-5) : %s", reason.Told)
		case reason.Basis == "" && strings.HasPrefix(r.Letter, "withdrawal"):
			// a fact, found in one case: the article on which an aid is withdrawn for it stands in the letter itself
		case !says(r.said.Body, reason.Basis):
			r.lack("le fondement juridique d'un motif manque (CRPA, L. 211-5) : %s", reason.Told)
		}
	}
}

func (r *report) text() string { return r.said.Body + " " + r.said.Notice }

// ways: which court, and how long (CJA R421-5).
func (r *report) ways() {
	if r.Final {
		return
	}
	r.judge()
	if !says(r.text(), money.NumberWords(int64(r.Months))+" mois") || !says(r.text(), "recours") {
		r.lack("les voies de recours et leur délai de %s mois manquent (CJA, R. 421-5)", money.NumberWords(int64(r.Months)))
	}
}

func (r *report) judge() {
	if !says(r.text(), r.Court) {
		r.lack("la juridiction manque : %s (CJA, R. 421-5)", r.Court)
	}
}

func (r *report) silent() {
	if r.Quiet {
		return
	}
	if r.Silence.IsZero() || !says(r.said.Body, calendar.InWords(r.Silence)) {
		r.lack("la date à laquelle le silence vaut décision manque (CRPA, R. 112-5)")
	}
}

func (r *report) answered() {
	if r.Quiet {
		return
	}
	if r.Answer.IsZero() || !says(r.said.Body, calendar.InWords(r.Answer)) {
		r.lack("la date limite de réponse manque")
	}
}

// commitment: the exact version of the charter that was signed.
func (r *report) commitment() {
	if r.Charter == "" {
		return
	}
	if !says(r.said.Body, "version "+r.Charter) || r.Signed.IsZero() || !says(r.said.Body, calendar.InWords(r.Signed)) {
		r.lack("la version de la charte qui a été signée, avec la date, manque (version %s)", r.Charter)
	}
}
