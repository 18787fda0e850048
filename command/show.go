package command

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"relance/casefile"
	"relance/desk"
	"relance/engine"
	"relance/templates"
)

func runCaseShow(ctx context.Context, c *call) error {
	data := c.dataFlag()
	asJSON := c.flags.Bool("json", false, "for programs")
	who, err := c.parse(1)
	if err != nil {
		return err
	}
	return withDesk(ctx, *data, func(d *desk.Desk, e *engine.Engine) error {
		s, err := d.State(ctx, strings.ToUpper(who[0]))
		if err != nil {
			return err
		}
		f, err := d.Facts(ctx, s)
		if err != nil {
			return err
		}
		if *asJSON {
			return c.json(struct {
				casefile.State
				Facts casefile.Facts `json:"facts_content"`
			}{s, f})
		}
		c.show(s, f, e)
		return nil
	})
}

// show prints a case for a person: where it stands, what is awaited until when and why, who applies, what came.
func (c *call) show(s casefile.State, f casefile.Facts, e *engine.Engine) {
	labels := &templates.French().Labels
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	say := func(label, text string) {
		if text != "" {
			fmt.Fprintf(w, "%s\t%s\n", label, text)
		}
	}
	say("Dossier", s.Reference)
	say("Dispositif", s.Scheme+", version "+s.Terms.SchemeVersion)
	say("Étape", labels.Stage(s.Stage))
	say("On attend", labels.Awaited[string(s.Stage)])
	say("Demandeur", strings.TrimSpace(f.Applicant.Name+" <"+f.Applicant.Email+">"))
	say("Reçue le", templates.Moment(s.Received))
	say("Montant", amount(s.Amount()))
	say("Agent", e.Authority.Officer(s.Officer).Name)
	say("Non remplies", strings.Join(s.Verdict.Failed, ", "))
	for _, concern := range s.Concerns {
		say("À regarder", labels.Concern(concern))
	}
	for _, want := range s.Missing {
		say("Manque", strings.TrimSuffix(casefile.Name(s.Terms.Documents, want.ID)+" : "+labels.Problems[want.Problem], " : "))
	}
	w.Flush()
	c.dates(s, labels)
	c.values(s, f, e)
	fmt.Fprintln(c.stdout, "\nDocuments")
	for _, d := range s.Documents {
		fmt.Fprintf(w, "  %s\t%s\t%d Ko\t%s\t%s\n", casefile.Name(s.Terms.Documents, d.Kind), f.Names[d.SHA256], (d.Size+1023)/1024, templates.Moment(d.Received), labels.Problems[d.Problem])
	}
	w.Flush()
	fmt.Fprintln(c.stdout, "\nChronologie")
	for _, j := range s.Journal {
		fmt.Fprintf(w, "  %s\t%s\t%s\n", templates.Moment(j.At), labels.Actor(j.Who), labels.Event(j, s.Terms))
	}
	w.Flush()
}

// dates says when each deadline falls and why it is that date.
func (c *call) dates(s casefile.State, labels *templates.Labels) {
	if len(s.Deadlines) > 0 {
		fmt.Fprintln(c.stdout, "\nPourquoi ces dates")
	}
	for _, d := range s.Deadlines {
		fmt.Fprintf(c.stdout, "  %s, %s\n", templates.Moment(d.At), labels.Deadline(d.Kind))
		for _, line := range labels.Why(d) {
			fmt.Fprintf(c.stdout, "    %s\n", line)
		}
	}
}

// values prints the fields in the order of the scheme, as they were written and read.
func (c *call) values(s casefile.State, f casefile.Facts, e *engine.Engine) {
	sch, err := e.Catalogue.Find(s.Scheme)
	if err != nil {
		return
	}
	v, err := sch.Version(s.Terms.SchemeVersion)
	if err != nil {
		return
	}
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(c.stdout, "\nInformations")
	for _, field := range v.Fields {
		if value, ok := f.Fields[field.ID]; ok {
			fmt.Fprintf(w, "  %s\t%s\t%s\n", field.Label, value.Written, templates.French().Labels.Problems[value.Problem])
		}
	}
	w.Flush()
}
