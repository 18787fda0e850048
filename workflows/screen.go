package workflows

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"relance/contract"
	"relance/domain/casefile"
	"relance/domain/chain"
	"relance/domain/money"
	"relance/letters/texts"
)

// shown is what the search attributes say, so that only a change costs an event.
type shown struct {
	stage    casefile.Stage
	deadline time.Time
	waits    bool
	amount   int64
}

// show brings the administrator's screen up to date: the search attributes, and the current details in Markdown.
func (c *application) show(ctx workflow.Context) {
	workflow.SetCurrentDetails(ctx, c.details())
	due, has := c.due(ctx)
	is := shown{stage: c.state.Stage, waits: c.state.WaitsForOfficer(), amount: c.state.Amount()}
	if has {
		is.deadline = c.state.Clock.Real(due.At).UTC().Truncate(time.Second)
	}
	if is == c.shown {
		return
	}
	changes := []temporal.SearchAttributeUpdate{contract.StageAttribute.ValueSet(string(is.stage)), contract.SchemeAttribute.ValueSet(c.state.Scheme),
		contract.WaitsAttribute.ValueSet(is.waits), contract.AmountAttribute.ValueSet(is.amount), contract.DeadlineAttribute.ValueUnset()}
	if has {
		changes[len(changes)-1] = contract.DeadlineAttribute.ValueSet(is.deadline)
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx, changes...); err != nil {
		workflow.GetLogger(ctx).Error("the search attributes could not be set", "case", c.state.Reference, "error", err)
		return
	}
	c.shown = is
}

// details is the case as an administrator reads it in the Temporal UI.
func (c *application) details() string {
	var b strings.Builder
	say := func(label, text string) {
		if text != "" {
			b.WriteString(fmt.Sprintf("**%s** : %s\n\n", c.word(label), text))
		}
	}
	s := &c.state
	say("stage", c.Labels.Stage(s.Stage))
	awaited := c.Labels.Awaited[string(s.Stage)]
	if due, has := s.Next(); has {
		awaited += fmt.Sprintf(", %s %s (%s)", c.word("until"), texts.Moment(due.At), c.Labels.Deadline(due.Kind))
	}
	say("awaited", awaited)
	if cents := s.Amount(); cents > 0 {
		say("amount", money.Cents(cents).Format())
	}
	if s.Stage == casefile.UnderReview {
		say("seen", s.Mark())
	}
	say("officer", s.Officer)
	say("attention", c.list(len(s.Concerns), func(i int) string { return c.Labels.Concern(s.Concerns[i]) }))
	if s.Stopped != nil {
		say("stopped", cmp.Or(c.Labels.Letters[s.Stopped.Letter], c.Labels.Mails[s.Stopped.Mail])+" : "+s.Stopped.Why())
	}
	say("missing", c.list(len(s.Missing), func(i int) string { return casefile.Name(s.Terms.Documents, s.Missing[i].ID) }))
	say("failed", strings.Join(s.Verdict.Failed, ", "))
	say("opinions", c.list(len(s.Opinions), func(i int) string {
		state := "awaited"
		if o := s.Opinions[i]; !o.Answered.IsZero() {
			state = "answered"
		} else if o.Lapsed {
			state = "lapsed"
		}
		return s.Opinions[i].Of + " (" + c.word(state) + ")"
	}))
	say("approvals", c.list(len(s.Approvals), func(i int) string { return s.Approvals[i].By + " " + money.Cents(s.Approvals[i].Amount).Format() }))
	say("payments", c.list(len(s.Instalments), func(i int) string {
		p := s.Instalments[i]
		return fmt.Sprintf("%s (%s) %s, %s", p.Name, p.ID, money.Cents(p.Cents).Format(), c.Labels.Payments[string(p.Status)])
	}))
	if s.Clock.Day > 0 && s.Clock.Day != casefile.LegalDay {
		b.WriteString("*" + strings.ReplaceAll(c.word("day"), "{day}", s.Clock.Day.String()) + "*\n\n")
	}
	c.aftermath(&b)
	c.why(&b)
	c.documents(&b)
	c.timeline(&b)
	return b.String()
}

func (c *application) word(label string) string { return c.Labels.Details[label] }

func (c *application) list(n int, item func(int) string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = item(i)
	}
	return strings.Join(items, ", ")
}

// aftermath tells how the decision was notified, and of appeals and a withdrawal.
func (c *application) aftermath(b *strings.Builder) {
	lines := c.Labels.Aftermath(c.state)
	if len(lines) == 0 {
		return
	}
	b.WriteString(fmt.Sprintf("#### %s\n\n| | %s | %s |\n|---|---|---|\n", c.word("aftermath"), c.word("when"), c.word("what")))
	for _, l := range lines {
		b.WriteString(fmt.Sprintf("| %s | %s | %s |\n", strings.TrimSpace(l.Label), l.When, l.Text))
	}
	b.WriteByte('\n')
}

// why explains each date the case carries.
func (c *application) why(b *strings.Builder) {
	if len(c.state.Deadlines) == 0 {
		return
	}
	b.WriteString(fmt.Sprintf("#### %s\n\n", c.word("why")))
	for _, d := range c.state.Deadlines {
		b.WriteString(fmt.Sprintf("- **%s** : %s\n", texts.Moment(d.At), c.Labels.Deadline(d.Kind)))
		for _, line := range c.Labels.Why(d) {
			b.WriteString(fmt.Sprintf("  - %s\n", line))
		}
	}
	b.WriteByte('\n')
}

func (c *application) documents(b *strings.Builder) {
	if len(c.state.Documents) == 0 {
		return
	}
	b.WriteString(fmt.Sprintf("#### %s\n\n| %s | %s | %s |\n|---|---|---|\n", c.word("documents"), c.word("file"), c.word("when"), c.word("problem")))
	for _, d := range c.state.Documents {
		b.WriteString(fmt.Sprintf("| %s | %s | %s |\n", c.link(casefile.Name(c.state.Terms.Documents, d.Kind), d.Key), texts.Moment(d.Received), c.Labels.Problems[cmp.Or(d.Problem, d.Flag)]))
	}
	b.WriteByte('\n')
}

// timelineLength is how many entries of the journal the screen shows, the newest first; the rest is in the case folder.
const timelineLength = 40

func (c *application) timeline(b *strings.Builder) {
	b.WriteString(fmt.Sprintf("#### %s\n\n| %s | %s | %s |\n|---|---|---|\n", c.word("journal"), c.word("when"), c.word("who"), c.word("what")))
	journal := c.state.Journal
	for i := len(journal) - 1; i >= max(0, len(journal)-timelineLength); i-- {
		e := journal[i]
		if e.What == chain.Stored {
			continue
		}
		what := c.Labels.Event(e, c.state.Terms)
		switch {
		case strings.HasPrefix(e.On, "cases/"):
			what = c.link(what, e.On)
		case strings.HasPrefix(e.Note, "cases/"):
			what = c.link(what, e.Note)
		}
		b.WriteString(fmt.Sprintf("| %s | %s | %s |\n", texts.Moment(e.At), c.Labels.Actor(e.Who), what))
	}
	if c.Console != "" {
		b.WriteString(fmt.Sprintf("\n%s\n", c.link(c.word("folder"), c.state.Folder())))
	}
}

// link points to an object of the archive, where administrators have a web page for it.
func (c *application) link(text, key string) string {
	if c.Console == "" {
		return text
	}
	return "[" + text + "](" + c.Console + key + ")"
}
