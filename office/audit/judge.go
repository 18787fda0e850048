package audit

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"relance/domain/calendar"
	"relance/domain/casefile"
	"relance/domain/ledger"
	"relance/proof/verify"
)

// Case is what the places know of one case.
type Case struct {
	Reference string
	Names     []string         // of the objects of its folder
	State     *casefile.State  // as case.json has it; nil: it has none, or none that can be read
	Journal   []verify.Finding // what is wrong with the folder by itself
	Workflow  *Workflow        // nil: Temporal knows none
	Claims    map[string]*ledger.Claim
	Key       bool             // it has a data key
	Known     map[string]bool  // keys that the running workflow knows and has not stored yet, or has been told of
	Copies    map[string]uint8 // how many copies of each sent mail the folder for them has, by name; nil: there is no such folder
	Accepted  map[string]bool  // sent mails that lack a copy, by name: whether the server had taken them
	Ahead     bool             // the folder was restored from a younger backup than the run of the workflow
}

// Workflow is the last run of a case's workflow.
type Workflow struct {
	Status    enumspb.WorkflowExecutionStatus
	Began     time.Time     // the run
	Stage     string        // its search attribute
	Attempt   int32         // of the step that waits for a worker, or fails
	Waits     time.Duration // since that step was first to be made
	Retrying  []Retrying
	Encrypted bool // data keys are in use
}

// Retrying is an activity that has failed and is tried again.
type Retrying struct {
	Name    string
	Attempt int32
	Cause   string
}

// tries is how often a step may fail before that is a finding.
const tries = 3

// Examine compares what the places know of one case. It is pure.
func Examine(c Case) []Finding {
	x := &examination{Case: c}
	x.folder()
	x.workflow()
	if c.State != nil {
		x.letters()
		x.claims()
	}
	return x.found
}

type examination struct {
	Case
	found []Finding
}

func (x *examination) find(code, object, format string, args ...any) {
	f := Finding{Code: code, Case: x.Reference, Object: object, Detail: fmt.Sprintf(format, args...)}
	if !slices.ContainsFunc(x.found, f.same) {
		x.found = append(x.found, f)
	}
}

func (x *examination) has(name string) bool { return slices.Contains(x.Names, name) }

// key is an object's key in the archive.
func (x *examination) key(name string) string { return casefile.Folder(x.Reference) + name }

// folder judges what the folder says of itself.
func (x *examination) folder() {
	if x.State == nil {
		x.find(CaseUnreadable, x.key("case.json"), "%d objets dans le dossier", len(x.Names))
		for _, name := range x.Names {
			if path.Dir(name) == "mail/in" && path.Ext(name) == ".eml" && !x.Known[x.key(name)] {
				x.find(MailUnknown, x.key(name), "")
			}
		}
		return
	}
	for _, f := range x.Journal {
		detail := strings.TrimSpace(f.What + " " + f.Detail)
		switch {
		case f.Object == "journal.jsonl" || f.Object == "case.json":
			x.find(JournalBroken, x.key(f.Object), "écriture %d : %s", f.Entry, detail)
		case f.What == verify.Missing:
			x.find(ObjectMissing, x.key(f.Object), "écriture %d", f.Entry)
		case f.What == verify.Unspoken && x.Known[x.key(f.Object)]:
		case f.What == verify.Unspoken && path.Dir(f.Object) == "mail/in" && strings.HasSuffix(f.Object, ".eml"):
			x.find(MailUnknown, x.key(f.Object), "")
		case f.What == verify.Unspoken && x.unsent(f.Object):
			switch {
			case !strings.HasSuffix(f.Object, ".eml"):
			case !x.has(f.Object + ".accepted.json"):
				x.find(LetterNoAcceptance, x.key(f.Object), "écrit et pas encore accepté par le serveur")
			case x.rests():
				x.find(SentUnknown, x.key(f.Object), "le dossier ne le connaît pas")
			}
		case f.What == verify.Unspoken:
			x.find(ObjectUnspoken, x.key(f.Object), "")
		default:
			x.find(ObjectAltered, x.key(f.Object), "%s", detail)
		}
	}
}

// rests tells whether nothing is under way that would make the case know what its folder has.
func (x *examination) rests() bool {
	return x.Workflow == nil || x.Workflow.Attempt == 0 && len(x.Workflow.Retrying) == 0
}

// unsent tells whether an object belongs to a mail that the case is about to send.
func (x *examination) unsent(name string) bool {
	if dir := path.Dir(name); dir != "mail/out" && dir != "letters" {
		return false
	}
	n, _, _ := number(name)
	return n > x.State.MailsOut
}

// number reads the number and the name of a mail or a letter: mail/out/003-grant.eml.
func number(name string) (n int, called string, ok bool) {
	digits, rest, found := strings.Cut(path.Base(name), "-")
	n, err := strconv.Atoi(digits)
	return n, strings.TrimSuffix(rest, path.Ext(rest)), found && err == nil
}

// workflow judges how Temporal carries the case.
func (x *examination) workflow() {
	w := x.Workflow
	stage := casefile.Stage("")
	if x.State != nil {
		stage = x.State.Stage
	}
	switch {
	case w == nil && x.State != nil && !stage.Final():
		x.find(CaseNoWorkflow, x.Reference, "étape %s", stage)
	case w == nil:
	case w.Status == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		if x.State != nil && !stage.Final() {
			x.find(CaseNoWorkflow, x.Reference, "terminé à l'étape %s", stage)
		}
	case w.Status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING:
		x.find(WorkflowFailed, x.Reference, "%s", w.Status)
	}
	if w == nil {
		return
	}
	running := w.Status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
	if running && x.Ahead {
		x.find(CaseAhead, x.Reference, "le dossier est à l'étape %s", stage)
	}
	if x.State != nil && w.Stage != string(stage) && (running || w.Status == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED) {
		x.find(CaseStale, x.key("case.json"), "le dossier : %s ; Temporal : %s", stage, w.Stage)
	}
	if running && w.Attempt >= tries {
		x.find(WorkflowStuck, x.Reference, "tentative %d", w.Attempt)
	} else if running && w.Waits > stale {
		x.find(WorkflowIdle, x.Reference, "depuis %s", w.Waits.Round(time.Second))
	}
	for _, r := range w.Retrying {
		if r.Attempt >= tries {
			x.find(WorkflowRetrying, r.Name, "tentative %d : %s", r.Attempt, r.Cause)
		}
	}
	if w.Encrypted && !x.Key {
		x.find(KeyMissing, "keys/"+x.Reference+"/key.json", "")
	}
}

// letters judges what was sent.
func (x *examination) letters() {
	numbers := map[int]string{}
	for _, name := range x.Names {
		if path.Dir(name) != "mail/out" || path.Ext(name) != ".eml" {
			continue
		}
		n, _, _ := number(name)
		if other := numbers[n]; other != "" {
			x.find(LetterNumberTwice, x.key(name), "le même numéro que %s", other)
		}
		numbers[n] = name
		accepted := x.has(name + ".accepted.json")
		switch {
		case !accepted && n > x.State.MailsOut && x.Copies[name] > 0 && x.rests():
			x.find(SentUnknown, x.key(name), "le dossier ne sait pas qu'il est parti")
		case !accepted && n <= x.State.MailsOut:
			x.find(LetterNoAcceptance, x.key(name), "")
		}
		if x.Copies == nil || !accepted {
			continue
		}
		switch taken, asked := x.Accepted[name]; {
		case x.Copies[name] > 1:
			x.find(SentTwice, x.key(name), "%d copies", x.Copies[name])
		case x.Copies[name] == 0 && (taken || !asked):
			x.find(SentMissing, x.key(name), "")
		}
	}
	for n := 1; n <= x.State.MailsOut; n++ {
		if numbers[n] == "" {
			x.find(LetterGap, x.key(fmt.Sprintf("mail/out/%03d", n)), "%d courriels envoyés d'après le dossier", x.State.MailsOut)
		}
	}
	for _, d := range append(slices.Clone(x.State.Earlier), x.decision()...) {
		x.decided(d)
	}
}

func (x *examination) decision() []casefile.Decision {
	if x.State.Decision == nil {
		return nil
	}
	return []casefile.Decision{*x.State.Decision}
}

// decided looks for the letter of a decision and the mail that carried it.
func (x *examination) decided(d casefile.Decision) {
	letter, _ := strings.CutPrefix(d.Letter.Key, casefile.Folder(x.Reference))
	mail := fmt.Sprintf("mail/out/%03d-%s.eml", d.Seq, d.Mail)
	switch {
	case d.Letter.Key == "":
		x.find(DecisionNoLetter, x.key("letters/"), "décision du %s : aucune lettre", calendar.Day(d.At))
	case !x.has(letter):
		x.find(DecisionNoLetter, d.Letter.Key, "décision du %s", calendar.Day(d.At))
	case !x.has(mail):
		x.find(DecisionNoLetter, x.key(mail), "décision du %s", calendar.Day(d.At))
	}
}

// holds are the stages at which a case may hold money that is not committed, or wait for it.
var holds = []casefile.Stage{casefile.UnderReview, casefile.Waitlisted, casefile.OnReserve, casefile.UnderAppeal, casefile.AwaitingCharter}

// claims compares what the case says of its money with the plan's book.
func (x *examination) claims() {
	s := x.State
	promised, paid := map[string]int64{}, map[string]map[string]int64{}
	for _, i := range s.Instalments {
		key := i.Claim
		if key == "" {
			key = x.Reference
		}
		if i.Status != casefile.PaymentGivenUp {
			promised[key] += i.Cents
		}
		if i.Status == casefile.PaymentPaid {
			if paid[key] == nil {
				paid[key] = map[string]int64{}
			}
			paid[key][i.ID] = i.Cents
		}
	}
	for key, c := range x.Claims {
		switch {
		case (c.Status == ledger.Held || c.Status == ledger.Waiting) && !slices.Contains(holds, s.Stage):
			x.find(BookUnjustified, key, "%s, étape %s", c.Status, s.Stage)
		case c.Status == ledger.Committed && s.Stage != casefile.Withdrawn && promised[key] != held(c):
			x.find(BookAmount, key, "engagé %d centimes, accordé %d", held(c), promised[key])
		}
		for id, cents := range c.Paid {
			if paid[key][id] != cents {
				x.find(BookPayment, key, "versement %s : %d centimes au livre, %d au dossier", id, cents, paid[key][id])
			}
		}
	}
	if !s.Terms.Funded {
		return
	}
	for key, cents := range promised {
		c := x.Claims[key]
		switch {
		case cents == 0 || s.Stage == casefile.Withdrawn:
		case c == nil || c.Status != ledger.Committed:
			x.find(BookMissing, key, "accordé %d centimes", cents)
		default:
			for id, sum := range paid[key] {
				if c.Paid[id] != sum {
					x.find(BookPayment, key, "versement %s : %d centimes au livre, %d au dossier", id, c.Paid[id], sum)
				}
			}
		}
	}
	if s.Stage == casefile.Waitlisted && len(x.Claims) == 0 {
		x.find(BookMissing, x.Reference, "en attente de crédits")
	}
}

func held(c *ledger.Claim) int64 {
	var total int64
	for _, p := range c.Portions {
		total += p.Cents
	}
	return total
}
