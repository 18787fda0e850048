package command

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"relance/domain/authority"
	"relance/domain/casefile"
	"relance/intake/supporting"
	"relance/letters/correspondence"
	"relance/letters/texts"
	"relance/office/desk"
	"relance/process/engine"
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
		journal, err := d.Journal(ctx, s)
		if err != nil {
			return err
		}
		if s.Journal = journal; *asJSON {
			return c.json(struct {
				casefile.State
				Facts casefile.Facts `json:"facts_content"`
			}{s, f})
		}
		c.show(s, f, e)
		c.charter(ctx, d, s)
		return nil
	})
}

// show prints a case for a person: where it stands, what is awaited until when and why, who applies, what came.
func (c *call) show(s casefile.State, f casefile.Facts, e *engine.Engine) {
	labels := &texts.French().Labels
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
	say("Reçue le", texts.Moment(s.Received))
	say("Montant", amount(s.Amount()))
	if s.Stage == casefile.UnderReview {
		say("Marque", s.Mark()+" (case decide -seen)")
	}
	say("Agent", e.Authority.Officer(s.Officer).Name)
	if e.Authority.Separation == authority.Off {
		say("Séparation", "désactivée (separation: off) : un seul agent fait ce que deux personnes font d'ordinaire")
	}
	say("Non applicable", s.Verdict.Broken)
	say("Non remplies", strings.Join(s.Verdict.Failed, ", "))
	for _, concern := range s.Concerns {
		say("À regarder", labels.Concern(concern))
	}
	for _, bar := range s.Bars {
		say("Obstacle", strings.TrimSuffix(labels.Bars[string(bar.Kind)]+", "+bar.Detail, ", ")+prefixed(" ; levé : ", bar.Lifted))
	}
	if s.Look.Pending() {
		say("Second regard", "attendu d'un autre agent, avant le versement (relance case look)")
	} else if s.Look != nil {
		say("Second regard", e.Authority.Officer(s.Look.By).Name+", "+texts.Moment(s.Look.At)+prefixed(" : ", s.Look.Note))
	}
	for _, common := range s.Shared {
		say("Point commun", labels.Shared[string(common.Kind)]+" : "+strings.Join(common.Cases, ", "))
	}
	if s.Stopped != nil {
		for _, lack := range s.Stopped.Lacks {
			say("Ne part pas", cmp.Or(labels.Letters[s.Stopped.Letter], labels.Mails[s.Stopped.Mail])+" : "+lack)
		}
	}
	for _, h := range s.Held {
		say("Message retenu", h.Mail.SHA256[:min(12, len(h.Mail.SHA256))]+" : "+labels.Held[h.Why]+" ("+texts.Moment(h.At)+"), "+h.Mail.Key)
	}
	for _, key := range slices.Sorted(maps.Keys(f.Proposed)) {
		say("À vérifier", "IBAN proposé "+f.Proposed[key].Value+" au lieu de "+f.Fields[key].Value+", marque "+s.NewAccount)
	}
	for _, key := range slices.Sorted(maps.Keys(f.Offered)) {
		say("Dit depuis", f.Offered[key].Written+" au lieu de "+f.Fields[key].Written+" ("+key+")")
	}
	c.disagreements(s, f, e, say)
	for _, want := range s.Missing {
		say("Manque", strings.TrimSuffix(casefile.Name(s.Terms.Documents, want.ID)+" : "+labels.Problems[want.Problem], " : "))
	}
	w.Flush()
	c.money(s)
	c.aftermath(s, labels)
	c.dates(s, labels)
	c.values(s, f, e)
	fmt.Fprintln(c.stdout, "\nDocuments")
	for _, d := range s.Documents {
		fmt.Fprintf(w, "  %s\t%s\t%s\t%d Ko\t%s\t%s\n", d.SHA256[:min(12, len(d.SHA256))], casefile.Name(s.Terms.Documents, d.Kind), f.Names[d.SHA256], (d.Size+1023)/1024, texts.Moment(d.Received), labels.Problems[cmp.Or(d.Problem, d.Flag)])
	}
	w.Flush()
	fmt.Fprintln(c.stdout, "\nChronologie")
	for _, j := range s.Journal {
		fmt.Fprintf(w, "  %s\t%s\t%s\n", texts.Moment(j.At), labels.Actor(j.Who), labels.Event(j, s.Terms))
	}
	w.Flush()
}

// disagreements prints what documents say otherwise than the applicant, with the place.
func (c *call) disagreements(s casefile.State, f casefile.Facts, e *engine.Engine, say func(label, text string)) {
	sch, err := e.Catalogue.Find(s.Scheme)
	if err != nil {
		return
	}
	v, err := sch.Version(s.Terms.SchemeVersion)
	if err != nil {
		return
	}
	labels := &texts.French().Labels
	for _, x := range supporting.Contradictions(v, s.Documents, f) {
		text := cmp.Or(f.Names[x.Document], casefile.Name(s.Terms.Documents, x.Kind)) + " : " + correspondence.Disagreement(labels, v, x)
		if x.Read.Page > 0 {
			text += fmt.Sprintf(" (%s %d : « %s »)", labels.Disagree["page"], x.Read.Page, x.Read.Words)
		}
		say("Discordance", text)
	}
}

// prefixed puts something before a text, where there is one.
func prefixed(before, text string) string {
	if text == "" {
		return ""
	}
	return before + text
}

// dates says when each deadline falls and why it is that date.
func (c *call) dates(s casefile.State, labels *texts.Labels) {
	if len(s.Deadlines) > 0 {
		fmt.Fprintln(c.stdout, "\nPourquoi ces dates")
	}
	for _, d := range s.Deadlines {
		fmt.Fprintf(c.stdout, "  %s, %s\n", texts.Moment(d.At), labels.Deadline(d.Kind))
		for _, line := range labels.Why(d) {
			fmt.Fprintf(c.stdout, "    %s\n", line)
		}
	}
}

// values prints the fields in the order of the scheme, as they were written, how they were read, and where.
func (c *call) values(s casefile.State, f casefile.Facts, e *engine.Engine) {
	sch, err := e.Catalogue.Find(s.Scheme)
	if err != nil {
		return
	}
	v, err := sch.Version(s.Terms.SchemeVersion)
	if err != nil {
		return
	}
	labels := &texts.French().Labels
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(c.stdout, "\nInformations")
	for _, key := range slices.SortedFunc(maps.Keys(f.Fields), func(a, b string) int { return v.Order(a) - v.Order(b) }) {
		value := f.Fields[key]
		from := map[string]string{"": "courriel", "form": "formulaire", "sheet": "tableur"}[value.From]
		if value.From == casefile.ByOfficer {
			from = fmt.Sprintf("%s (%s ; %s)", value.By, value.Source, value.Reason)
		}
		if value.Sure == casefile.Confirmed {
			from += ", confirmé"
		}
		problem := strings.NewReplacer("{written}", value.Written, "{read}", value.Value).Replace(labels.Problems[value.Problem])
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", v.Label(key), value.Written, from, problem)
	}
	if r := f.Register; r != nil {
		state := map[bool]string{true: "ouvert", false: "fermé"}[r.Active]
		if !r.Known {
			state = map[bool]string{true: "n'a pas répondu", false: "inconnu"}[r.Silent]
		}
		fmt.Fprintf(w, "  Registre des entreprises\t%s\t%s\t%s\n", r.Name, state, texts.Moment(r.Asked))
	}
	w.Flush()
}

// money prints who has approved, which opinions came and how the aid is paid.
func (c *call) money(s casefile.State) {
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	for _, o := range s.Opinions {
		state := "attendu"
		switch {
		case !o.Answered.IsZero():
			state = "rendu le " + texts.Moment(o.Answered) + " : " + o.Answer.Key
		case o.Lapsed:
			state = "non rendu"
		}
		fmt.Fprintf(w, "Avis\t%s\t%s\n", o.Of, state)
	}
	for _, a := range s.Approvals {
		fmt.Fprintf(w, "Approuvé par\t%s\t%s\t%s\n", a.By, amount(a.Amount), texts.Moment(a.At))
	}
	for _, p := range s.Instalments {
		fmt.Fprintf(w, "Versement\t%s\t%s\t%s\n", p.Name+" ("+p.ID+")", amount(p.Cents), texts.French().Labels.Payments[string(p.Status)])
	}
	w.Flush()
}
