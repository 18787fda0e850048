package command

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"relance/office/audit"
)

func runAudit(ctx context.Context, c *call) error {
	var o audit.Options
	data := c.dataFlag()
	asJSON := c.flags.Bool("json", false, "for programs")
	c.flags.BoolVar(&o.Deep, "deep", false, "read every object and hold it against its hash, and the whole book from its first record")
	c.flags.BoolVar(&o.Repair, "repair", false, "mend what is safe to mend, and tell what was done")
	c.flags.DurationVar(&o.Grace, "grace", 10*time.Second, "after how long what looks wrong is looked at once more: the engine may be at work on it")
	c.flags.IntVar(&o.Parallel, "parallel", 8, "cases looked at at once")
	verbose := c.flags.Bool("v", false, "tell how long each place takes")
	if _, err := c.parse(0); err != nil {
		return err
	}
	if *verbose {
		o.Progress = os.Stderr
	}
	e, err := connect(ctx, *data)
	if err != nil {
		return err
	}
	defer e.Close()
	report, err := audit.Run(ctx, e, o)
	if err != nil {
		return err
	}
	if *asJSON {
		err = c.json(report)
	} else {
		c.audit(report)
	}
	if err == nil && len(report.Findings) > 0 {
		return errSilent
	}
	return err
}

// audit tells a person what was compared and what does not agree.
func (c *call) audit(r audit.Report) {
	say := func(format string, args ...any) { fmt.Fprintf(c.stdout, format+"\n", args...) }
	say("%d dossiers (%d objets), %d messages, %d copies d'envois, %d inscriptions au livre, comparés en %.1f s",
		r.Cases, r.Objects, r.Mails, r.Sent, r.Claims, r.Seconds)
	for _, what := range r.LeftOut {
		say("Non examiné : %s", what)
	}
	if len(r.Findings) == 0 {
		say("Tout concorde.")
		return
	}
	say("\n%d anomalie(s) :", len(r.Findings))
	for _, f := range r.Findings {
		text := strings.TrimSpace(f.Code + " " + f.Case)
		if f.Object != "" && f.Object != f.Case {
			text += " " + f.Object
		}
		if f.Detail != "" {
			text += " (" + f.Detail + ")"
		}
		text += "\n    " + f.Says
		if f.Mended != "" {
			text += "\n    Réparé : " + f.Mended + "."
		}
		say("- %s", text)
	}
}
