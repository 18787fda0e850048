package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/user"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"relance/domain/casefile"
	"relance/domain/money"
	"relance/letters/texts"
	"relance/office/desk"
	"relance/process/engine"
)

// withDesk opens an officer's desk for one action.
func withDesk(ctx context.Context, data string, do func(*desk.Desk, *engine.Engine) error) error {
	e, err := connect(ctx, data)
	if err != nil {
		return err
	}
	defer e.Close()
	return do(&desk.Desk{Temporal: e.Temporal, Archive: e.Archive, Clock: e.Config.Clock(), Alone: e.Authority.Alone(e.Config.Clock().Legal(time.Now()))}, e)
}

// connect opens the engine as the environment or a running demonstration says, with a log for a person at a terminal.
func connect(ctx context.Context, data string) (*engine.Engine, error) {
	c, err := configuration(data)
	if err != nil {
		return nil, err
	}
	return engine.Open(ctx, c, slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})))
}

func runCaseList(ctx context.Context, c *call) error {
	var f desk.Filter
	c.flags.StringVar(&f.Stage, "stage", "", "only cases at this stage: "+stages())
	c.flags.StringVar(&f.Scheme, "scheme", "", "only cases of this scheme")
	c.flags.BoolVar(&f.Waiting, "waiting", false, "only cases that wait for an officer")
	c.flags.IntVar(&f.Limit, "limit", 0, "at most so many (0: all)")
	data := c.dataFlag()
	asJSON := c.flags.Bool("json", false, "for programs")
	if _, err := c.parse(0); err != nil {
		return err
	}
	return withDesk(ctx, *data, func(d *desk.Desk, _ *engine.Engine) error {
		lines, err := d.List(ctx, f)
		if err != nil {
			return err
		}
		if *asJSON {
			return c.json(lines)
		}
		labels := &texts.French().Labels
		w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "RÉFÉRENCE\tDISPOSITIF\tÉTAPE\tMONTANT\tATTEND UN AGENT\tÉCHÉANCE")
		for _, l := range lines {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", l.Reference, l.Scheme, labels.Stage(casefile.Stage(l.Stage)), amount(l.Amount),
				map[bool]string{true: "oui"}[l.WaitsForOfficer], moment(l.Deadline))
		}
		return w.Flush()
	})
}

// moment shows an instant of RFC 3339 as people read it, in Paris; an empty one is empty.
func moment(instant string) string {
	t, err := time.Parse(time.RFC3339, instant)
	if err != nil {
		return ""
	}
	return texts.Moment(t)
}

func stages() string {
	names := make([]string, len(casefile.Stages))
	for i, s := range casefile.Stages {
		names[i] = string(s)
	}
	return strings.Join(names, ", ")
}

func amount(cents int64) string {
	if cents == 0 {
		return ""
	}
	return money.Cents(cents).Format()
}

// action is what every action on a case has: who acts, and under which key.
type action struct {
	by, id, data *string
	json         *bool
	kind         casefile.ActKind
}

func (c *call) action(kind casefile.ActKind) action {
	return action{kind: kind, data: c.dataFlag(), json: c.flags.Bool("json", false, "for programs"),
		by: c.flags.String("by", cmp.Or(os.Getenv("RELANCE_OFFICER"), login()), "identifier of the officer who acts (RELANCE_OFFICER)"),
		id: c.flags.String("id", "", "key of this action: the same key twice is one action")}
}

func login() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

// act carries out an action and prints the answer.
func (c *call) act(ctx context.Context, a action, reference string, what casefile.Act) error {
	what.By, what.ID = *a.by, cmp.Or(*a.id, uuid.NewString())
	reference = strings.ToUpper(reference)
	if c.sent != nil {
		return c.sent(a.kind, what)
	}
	return withDesk(ctx, *a.data, func(d *desk.Desk, e *engine.Engine) error {
		if !e.Authority.Knows(what.By) {
			return &desk.Refusal{Reason: fmt.Sprintf("action refusée : l'agent « %s » ne figure pas dans le fichier de la collectivité ; agents connus : %s", what.By, officers(e))}
		}
		if what.Officer != "" && !e.Authority.Knows(what.Officer) {
			return &desk.Refusal{Reason: fmt.Sprintf("action refusée : l'agent « %s » ne figure pas dans le fichier de la collectivité ; agents connus : %s", what.Officer, officers(e))}
		}
		done, err := d.Act(ctx, reference, a.kind, what)
		if err != nil {
			if casefile.IsMark(what.Known) {
				c.since(ctx, d, reference, what.Known)
			}
			return err
		}
		if *a.json {
			return c.json(done)
		}
		text := fmt.Sprintf("%s : %s", done.Reference, texts.French().Labels.Stage(done.Stage))
		if done.Amount > 0 {
			text += ", " + amount(done.Amount)
		}
		if done.More > 0 {
			text += fmt.Sprintf(" (approbations encore nécessaires : %d)", done.More)
		}
		if done.Again {
			text += " (déjà fait)"
		}
		if done.Stopped != "" {
			text += " ; le courrier attend d'être corrigé : " + done.Stopped
		}
		fmt.Fprintln(c.stdout, text)
		return nil
	})
}

func officers(e *engine.Engine) string {
	var ids []string
	for _, o := range e.Authority.Officers {
		ids = append(ids, o.ID)
	}
	return strings.Join(ids, ", ")
}

// list is a flag that may be given several times, or once with commas.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

func (l *list) Set(value string) error {
	for _, part := range strings.Split(value, ",") {
		if part = strings.TrimSpace(part); part != "" {
			*l = append(*l, part)
		}
	}
	return nil
}

// decision is what an officer says of a case, for deciding and for looking at its letter before.
type decision struct {
	approve, reject *bool
	grounds         list
	sum, text       *string
}

func (c *call) decision() *decision {
	d := &decision{approve: c.flags.Bool("approve", false, "grant the aid"), reject: c.flags.Bool("reject", false, "reject the application; needs -ground"),
		sum:  c.flags.String("amount", "", "grant less than the formula gives, e.g. 1200,00"),
		text: c.flags.String("text", "", "what the applicant is told besides")}
	c.flags.Var(&d.grounds, "ground", "why it is rejected: an id of the scheme's rules or grounds; may be repeated")
	return d
}

// act is the decision as it is sent to the case.
func (d *decision) act() (kind casefile.ActKind, what casefile.Act, err error) {
	what = casefile.Act{Grounds: d.grounds, Text: *d.text}
	switch {
	case *d.approve == *d.reject:
		return "", what, errors.New("say either -approve or -reject")
	case *d.approve && len(d.grounds) > 0:
		return "", what, errors.New("-ground goes with -reject")
	case *d.approve:
		kind = casefile.Approve
	default:
		kind = casefile.Reject
	}
	what.Amount, err = cents(*d.sum)
	return kind, what, err
}

func runCaseDecide(ctx context.Context, c *call) error {
	a, d := c.action(""), c.decision()
	seen := c.flags.String("seen", "", "what you have read: the mark that `case show` prints, or the hash of the letter as `case preview` showed it; "+
		"the decision is refused where that has changed")
	who, err := c.parse(1)
	if err != nil {
		return err
	}
	kind, what, err := d.act()
	if err != nil {
		return err
	}
	if a.kind = kind; casefile.IsMark(*seen) {
		what.Known = *seen
	} else {
		what.Seen = strings.ToLower(*seen)
	}
	if kind == casefile.Approve && *seen == "" && what.Amount == 0 && c.sent == nil {
		if what, err = c.look(ctx, a, who[0], what); err != nil {
			return err
		}
	}
	return c.act(ctx, a, who[0], what)
}

// look shows what an approval rests on and gives the act with its mark, for an officer who has named none: whatever comes
// between what is shown here and the decision stops it.
func (c *call) look(ctx context.Context, a action, reference string, what casefile.Act) (casefile.Act, error) {
	err := withDesk(ctx, *a.data, func(d *desk.Desk, _ *engine.Engine) error {
		s, seen, err := d.Look(ctx, strings.ToUpper(reference), what)
		if err != nil {
			return err
		}
		what = seen
		labels := &texts.French().Labels
		fmt.Fprintf(c.stderr, "%s : vous accordez %s ; pièces reçues : %d ; marque %s\n", s.Reference, money.Cents(s.Verdict.Amount).Format(), len(s.Documents), seen.Known)
		for _, concern := range s.Concerns {
			fmt.Fprintf(c.stderr, "  à regarder : %s\n", labels.Concern(concern))
		}
		return nil
	})
	return what, err
}

// since prints what the journal has noted after an officer read the case, where that stopped the act.
func (c *call) since(ctx context.Context, d *desk.Desk, reference, mark string) {
	s, err := d.State(ctx, reference)
	if err != nil || s.Since(casefile.Act{Known: mark}) == nil {
		return
	}
	journal, err := d.Journal(ctx, s)
	if err != nil {
		return
	}
	labels := &texts.French().Labels
	for _, e := range journal {
		if e.Seq > casefile.MarkedAt(mark) {
			fmt.Fprintf(c.stderr, "  %s, %s : %s\n", texts.Moment(e.At), labels.Actor(e.Who), labels.Event(e, s.Terms))
		}
	}
}
