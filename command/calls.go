package command

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/google/uuid"

	"relance/domain/casefile"
	"relance/domain/competition"
	"relance/domain/money"
	rcall "relance/domain/round"
	"relance/letters/correspondence"
	"relance/letters/texts"
	"relance/office/desk"
	"relance/process/engine"
)

func runCallList(ctx context.Context, c *call) error {
	data := c.dataFlag()
	asJSON := c.flags.Bool("json", false, "for programs")
	if _, err := c.parse(0); err != nil {
		return err
	}
	return withDesk(ctx, *data, func(d *desk.Desk, _ *engine.Engine) error {
		lines, err := d.Calls(ctx)
		if err != nil {
			return err
		}
		if *asJSON {
			return c.json(lines)
		}
		labels := &texts.French().Labels
		w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "SESSION\tDISPOSITIF\tÉTAPE\tATTEND UN AGENT\tÉCHÉANCE")
		for _, l := range lines {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", l.Reference, l.Scheme, labels.Call(labels.Calls, l.Stage), map[bool]string{true: "oui"}[l.WaitsForOfficer], moment(l.Deadline))
		}
		return w.Flush()
	})
}

func runCallShow(ctx context.Context, c *call) error {
	data := c.dataFlag()
	asJSON := c.flags.Bool("json", false, "for programs")
	which, err := c.parse(1)
	if err != nil {
		return err
	}
	return withDesk(ctx, *data, func(d *desk.Desk, _ *engine.Engine) error {
		s, err := d.Call(ctx, which[0])
		if err != nil {
			return err
		}
		if *asJSON {
			return c.json(s)
		}
		showCall(c, s)
		return nil
	})
}

// showCall prints a session for a person.
func showCall(c *call, s rcall.State) {
	l := &texts.French().Labels
	fmt.Fprintf(c.stdout, "%s : %s\n", s.ID, l.Call(l.Calls, string(s.Stage)))
	fmt.Fprintf(c.stdout, "fenêtre : du %s au %s\nenveloppe : %s\n", texts.Moment(s.Terms.Opens), texts.Moment(s.Terms.Closes), money.Cents(s.Terms.Envelope))
	fmt.Fprintf(c.stdout, "on attend : %s\n", l.Call(l.CallAwaited, string(s.Stage)))
	for _, d := range s.Deadlines {
		fmt.Fprintf(c.stdout, "%s : %s\n", texts.Moment(d.At), l.Deadline(d.Kind))
		for _, why := range l.Why(d) {
			fmt.Fprintln(c.stdout, "    "+why)
		}
	}
	for _, concern := range s.Concerns {
		fmt.Fprintln(c.stdout, "à regarder : "+l.Call(l.CallConcerns, string(concern)))
	}
	for _, short := range s.Shortages {
		fmt.Fprintf(c.stdout, "%s : il manque %d lecteur(s) ; en conflit : %s\n", short.Candidate, short.Lacks, cmp.Or(strings.Join(short.Barred, ", "), "personne"))
	}
	fmt.Fprintln(c.stdout)
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CANDIDATURE\tÉTAT\tDEMANDE\tATTRIBUÉ\tFICHES\tLECTEURS")
	missing := map[competition.Pair]bool{}
	for _, p := range s.Missing("") {
		missing[p] = true
	}
	for _, candidate := range s.Candidates {
		var readers []string
		complete := 0
		for _, p := range s.Pairs {
			if p.Candidate != candidate.Reference {
				continue
			}
			mark := ""
			if missing[p] {
				mark = " (attendu)"
			} else {
				complete++
			}
			readers = append(readers, p.Member+mark)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d/%d\t%s\n", candidate.Reference, l.Call(l.Candidates, string(candidate.Status)), amount(candidate.Cents), amount(candidate.Award),
			complete, len(readers), strings.Join(readers, ", "))
	}
	w.Flush()
}

func runCallRank(ctx context.Context, c *call) error {
	data := c.dataFlag()
	asJSON := c.flags.Bool("json", false, "for programs")
	which, err := c.parse(1)
	if err != nil {
		return err
	}
	return withDesk(ctx, *data, func(d *desk.Desk, _ *engine.Engine) error {
		s, err := d.Call(ctx, which[0])
		if err != nil {
			return err
		}
		places := s.Rank()
		if *asJSON {
			return c.json(places)
		}
		l := &texts.French().Labels
		w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
		head := "RANG\tCANDIDATURE\tNOTE"
		for _, k := range s.Terms.Rules.Criteria {
			head += "\t" + strings.ToUpper(k.Label) + fmt.Sprintf(" ×%d", k.Weight)
		}
		fmt.Fprintln(w, head+"\tFICHES\tDEMANDE\tREMARQUE")
		for _, p := range places {
			row := fmt.Sprintf("%s\t%s\t%s", map[bool]string{true: fmt.Sprint(p.Rank), false: "–"}[p.Rank > 0], p.Reference, p.Mean)
			for _, mean := range p.Means {
				row += "\t" + mean.String()
			}
			remark := correspondence.Tie(l, s, p)
			if p.Out != "" {
				remark = l.Call(l.Ties, p.Out)
			}
			fmt.Fprintf(w, "%s\t%d\t%s\t%s\n", row, p.Sheets, amount(p.Asked), remark)
		}
		if err := w.Flush(); err != nil {
			return err
		}
		if n := len(s.Missing("")); n > 0 {
			fmt.Fprintf(c.stdout, "\nprovisoire : il manque %d fiche(s) de notation\n", n)
		}
		return nil
	})
}

// callAction is what every action on a session has.
func (c *call) callAction() (by, id, data *string, asJSON *bool) {
	return c.flags.String("by", cmp.Or(os.Getenv("RELANCE_OFFICER"), login()), "identifier of the officer who acts (RELANCE_OFFICER)"),
		c.flags.String("id", "", "key of this action: the same key twice is one action"), c.dataFlag(), c.flags.Bool("json", false, "for programs")
}

// actOnCall carries out an action and prints the answer.
func (c *call) actOnCall(ctx context.Context, session string, kind rcall.ActKind, a rcall.Act, data string, asJSON bool) error {
	a.ID = cmp.Or(a.ID, uuid.NewString())
	return withDesk(ctx, data, func(d *desk.Desk, e *engine.Engine) error {
		if !e.Authority.Knows(a.By) {
			return &desk.Refusal{Reason: fmt.Sprintf("action refusée : l'agent « %s » ne figure pas dans le fichier de la collectivité ; agents connus : %s", a.By, officers(e))}
		}
		done, err := d.ActOnCall(ctx, session, kind, a)
		if err != nil {
			return err
		}
		if asJSON {
			return c.json(done)
		}
		labels := &texts.French().Labels
		text := fmt.Sprintf("%s : %s", done.ID, labels.Call(labels.Calls, string(done.Stage)))
		switch {
		case done.Again:
			text += " (déjà fait)"
		case done.More > 0:
			text += fmt.Sprintf(" ; la décision attend encore la validation de %d autre(s) agent(s)", done.More)
		case kind == rcall.CloseAct:
			text += fmt.Sprintf(" ; %d aide(s) pour %s, %d candidature(s) sur liste complémentaire", done.Awarded, money.Cents(done.Cents), done.Reserve)
		case done.Missing > 0:
			text += fmt.Sprintf(" ; il manque %d fiche(s) de notation", done.Missing)
		}
		fmt.Fprintln(c.stdout, text)
		return nil
	})
}

func runCallScore(ctx context.Context, c *call) error {
	by, id, data, asJSON := c.callAction()
	member := c.flags.String("member", "", "identifier of the member whose scores they are")
	conflict := c.flags.Bool("conflict", false, "the member has a conflict of interest and does not read the candidate")
	which, err := c.parseRange(2, 22)
	if err != nil {
		return err
	}
	a := rcall.Act{ID: *id, By: *by, Member: *member, Candidate: strings.ToUpper(which[1]), Scores: map[string]int64{}}
	if *conflict {
		return c.actOnCall(ctx, which[0], rcall.ConflictAct, a, *data, *asJSON)
	}
	for _, given := range which[2:] {
		criterion, score, found := strings.Cut(given, "=")
		points, err := money.Parse(score)
		if !found || err != nil {
			return fmt.Errorf("write scores as criterion=14,5, not %q", given)
		}
		a.Scores[criterion] = int64(points)
	}
	return c.actOnCall(ctx, which[0], rcall.ScoreAct, a, *data, *asJSON)
}

func runCallBegin(ctx context.Context, c *call) error {
	by, id, data, asJSON := c.callAction()
	which, err := c.parse(1)
	if err != nil {
		return err
	}
	return c.actOnCall(ctx, which[0], rcall.BeginAct, rcall.Act{ID: *id, By: *by}, *data, *asJSON)
}

func runCallClose(ctx context.Context, c *call) error {
	var present list
	by, id, data, asJSON := c.callAction()
	c.flags.Var(&present, "present", "identifier of a member who sat; may be repeated")
	text := c.flags.String("text", "", "observations, for the minutes")
	missing := c.flags.Bool("missing", false, "decide though scores are missing")
	which, err := c.parse(1)
	if err != nil {
		return err
	}
	return c.actOnCall(ctx, which[0], rcall.CloseAct, rcall.Act{ID: *id, By: *by, Present: present, Text: *text, Missing: *missing}, *data, *asJSON)
}

// runCallAdmit lets a late application compete, or one that was completed late be read.
func runCallAdmit(ctx context.Context, c *call) error {
	a := c.action(casefile.AdmitLate)
	text := c.flags.String("text", "", "why")
	who, err := c.parse(1)
	if err != nil {
		return err
	}
	var session string
	err = withDesk(ctx, *a.data, func(d *desk.Desk, _ *engine.Engine) error {
		s, err := d.State(ctx, strings.ToUpper(who[0]))
		if err == nil && s.Candidacy != nil && s.Candidacy.InTime() {
			session = s.Candidacy.Call
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case session != "":
		return c.actOnCall(ctx, session, rcall.TakeAct, rcall.Act{ID: *a.id, By: *a.by, Candidate: strings.ToUpper(who[0]), Text: *text}, *a.data, *a.json)
	}
	return c.act(ctx, a, who[0], casefile.Act{Text: *text})
}
