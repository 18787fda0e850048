package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"relance/domain/casefile"
	"relance/intake/inspect"
	"relance/letters/texts"
	"relance/mail/message"
	"relance/office/desk"
	"relance/process/engine"
	"relance/starter"
)

// withMailroom opens the officers' queue for one action.
func withMailroom(ctx context.Context, data string, do func(*starter.Starter, *engine.Engine) error) error {
	e, err := connect(ctx, data)
	if err != nil {
		return err
	}
	defer e.Close()
	if err = do(e.Mailroom(), e); errors.Is(err, starter.ErrAssign) {
		return &desk.Refusal{Reason: err.Error()}
	}
	return err
}

// runMailList lists the officers' queue.
func runMailList(ctx context.Context, c *call) error {
	ignored := c.flags.Bool("ignored", false, "those that nobody has to look at")
	all := c.flags.Bool("all", false, "also those that have been assigned, or wait for their mailbox to answer")
	data := c.dataFlag()
	asJSON := c.flags.Bool("json", false, "for programs")
	if _, err := c.parse(0); err != nil {
		return err
	}
	where := starter.Unassigned
	if *ignored {
		where = starter.Ignored
	}
	return withMailroom(ctx, *data, func(s *starter.Starter, _ *engine.Engine) error {
		list, err := s.Asides(ctx, where, *all)
		if err != nil {
			return err
		}
		if *asJSON {
			return c.json(list)
		}
		labels := &texts.French().Labels
		w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "MESSAGE\tREÇU\tDE\tOBJET\tRAISON\tDOSSIER\tSILENCE")
		for _, a := range list {
			assigned := ""
			if a.Assigned != nil {
				assigned = a.Assigned.Case + " (" + cmp.Or(a.Assigned.By, "confirmé par son expéditeur") + ")"
			}
			silence := ""
			if !a.Silence.IsZero() && assigned == "" {
				silence = a.Silence.In(casefile.Paris).Format("02/01/2006")
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", a.SHA256[:12], texts.Moment(a.Received), a.From, short(a.Subject),
				cmp.Or(labels.Asides[string(a.Why())], string(a.Why())), assigned, silence)
		}
		return w.Flush()
	})
}

// short is a subject that leaves room for the rest of a line.
func short(text string) string {
	const longest = 50
	if letters := []rune(text); len(letters) > longest {
		return string(letters[:longest-1]) + "…"
	}
	return text
}

// runMailShow shows a message of the queue as a person reads it.
func runMailShow(ctx context.Context, c *call) error {
	asJSON := c.flags.Bool("json", false, "its inspection, for programs")
	raw := c.flags.Bool("raw", false, "its bytes, as they came")
	data := c.dataFlag()
	args, err := c.parse(1)
	if err != nil {
		return err
	}
	return withMailroom(ctx, *data, func(s *starter.Starter, _ *engine.Engine) error {
		_, _, bytes, err := s.Raw(ctx, args[0])
		switch {
		case err != nil:
			return err
		case *raw:
			_, err := c.raw.Write(bytes)
			return err
		case *asJSON:
			return c.json(inspect.Message(bytes, s.Server))
		}
		return c.showMail(inspect.Message(bytes, s.Server))
	})
}

func (c *call) showMail(i inspect.Inspection) error {
	person := func(a message.Address) string { return strings.TrimSpace(a.Name + " <" + a.Address + ">") }
	var to []string
	for _, a := range i.To {
		to = append(to, person(a))
	}
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	for _, line := range [][2]string{{"De", person(i.From)}, {"À", strings.Join(to, ", ")}, {"Date", i.Date}, {"Objet", i.Subject}, {"Nature", i.Kind},
		{"Dossier nommé", i.Case}, {"Expéditeur", "SPF " + i.Authentication.SPF + ", DKIM " + i.Authentication.DKIM + ", DMARC " + i.Authentication.DMARC}} {
		if line[1] != "" {
			fmt.Fprintf(w, "%s\t%s\n", line[0], line[1])
		}
	}
	for _, a := range i.Attachments {
		fmt.Fprintf(w, "Pièce jointe\t%s (%s, %d Ko)\n", a.Name, a.Type, (a.Size+1023)/1024)
	}
	for _, warning := range i.Warnings {
		fmt.Fprintf(w, "Remarque\t%s\n", warning)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(c.stdout, "\n%s\n", i.Text)
	return err
}

// runMailAssign puts a message of the queue on a case, or opens one with it.
func runMailAssign(ctx context.Context, c *call) error {
	by := c.flags.String("by", cmp.Or(os.Getenv("RELANCE_OFFICER"), login()), "identifier of the officer who acts (RELANCE_OFFICER)")
	data := c.dataFlag()
	asJSON := c.flags.Bool("json", false, "for programs")
	args, err := c.parse(2)
	if err != nil {
		return err
	}
	return withMailroom(ctx, *data, func(s *starter.Starter, e *engine.Engine) error {
		if !e.Authority.Knows(*by) {
			return &desk.Refusal{Reason: fmt.Sprintf("action refusée : l'agent « %s » ne figure pas dans le fichier de la collectivité ; agents connus : %s", *by, officers(e))}
		}
		reference, err := s.Assign(ctx, args[0], args[1], *by)
		if err != nil {
			return err
		}
		if *asJSON {
			return c.json(map[string]string{"case": reference})
		}
		_, err = fmt.Fprintf(c.stdout, "%s : message classé.\n", reference)
		return err
	})
}
