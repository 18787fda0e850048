package command

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"relance/domain/casefile"
	"relance/intake/reading"
	"relance/letters/texts"
	"relance/office/desk"
	"relance/proof/imprint"
)

// runCaseCharter settles a doubtful signature of the charter.
func runCaseCharter(ctx context.Context, c *call) error {
	a := c.action(casefile.RefuseSignature)
	text := c.flags.String("text", "", "what the applicant is told besides")
	args, err := c.parse(2)
	if err != nil {
		return err
	}
	switch args[1] {
	case "accept":
		a.kind = casefile.AcceptSignature
	case "refuse":
	default:
		c.flags.Usage()
		return errUsage
	}
	return c.act(ctx, a, args[0], casefile.Act{Text: *text})
}

// charter shows how the charter was signed and, where that is in doubt, both documents and what was found on the one that came back.
func (c *call) charter(ctx context.Context, d *desk.Desk, s casefile.State) {
	ch, labels := s.Charter, &texts.French().Labels
	if ch.Key == "" {
		return
	}
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	say := func(label, text string) {
		if text != "" {
			fmt.Fprintf(w, "%s\t%s\n", label, text)
		}
	}
	say("Charte", strings.TrimSpace("envoyée le "+texts.Moment(ch.Sent)+"  "+ch.Fingerprint))
	if !ch.Signed.IsZero() {
		by := ""
		if ch.Accepted != "" {
			by = ", acceptée par " + ch.Accepted
		}
		say("Signée", texts.Moment(ch.Signed)+" ("+labels.Ways[ch.How]+by+") : "+ch.Evidence.Key)
	}
	check := ch.Check
	if q := ch.Doubt; q != nil {
		say("À comparer", labels.Event(casefile.Entry{What: casefile.EventReturn(q.Outcome)}, s.Terms))
		say("  envoyée", ch.Key)
		say("  reçue", q.Evidence.Key)
		say("  message", q.Mail.Key)
		say("  pour trancher", "relance case charter "+s.Reference+" accept|refuse")
		check = q.Check
	}
	w.Flush()
	if check.Key != "" {
		c.found(ctx, d, check)
	}
}

// parts are what is not as it was sent, or was put over it, for an officer.
var parts = map[imprint.Part]string{
	imprint.PartFile:      "le fichier ne peut pas être comparé à l'original",
	imprint.PartPages:     "le nombre de pages n'est pas le même",
	imprint.PartPaper:     "le format ou l'orientation d'une page n'est pas le même",
	imprint.PartContent:   "une page n'est pas tracée comme l'original",
	imprint.PartResources: "des polices, des images ou des couleurs ne sont pas celles de l'original",
	imprint.PartCatalog:   "le fichier contient des calques, des actions ou un formulaire que l'original n'a pas",
	imprint.PartNote:      "une annotation ou un champ a été posé sur une page",
	imprint.PartDrawing:   "un tracé, une image ou un texte a été posé sur une page",
	imprint.PartSignature: "l'image de la signature électronique montre autre chose qu'un nom et une date, ou couvre le texte",
}

// found shows what was found on a copy of the charter.
func (c *call) found(ctx context.Context, d *desk.Desk, check casefile.Ref) {
	text, err := d.Archive.Get(ctx, check.Key)
	var found reading.Check
	if err != nil || json.Unmarshal(text, &found) != nil {
		fmt.Fprintf(c.stdout, "  constaté : %s\n", check.Key)
		return
	}
	if found.Text != nil {
		for _, line := range found.Text.Missing {
			fmt.Fprintf(c.stdout, "  manque  - %s\n", line)
		}
		for _, line := range found.Text.Added {
			fmt.Fprintf(c.stdout, "  ajouté  + %s\n", line)
		}
	}
	if found.Look != nil {
		for _, part := range append(slices.Clone(found.Look.Changed), found.Look.Over...) {
			fmt.Fprintf(c.stdout, "  aspect  ! %s\n", parts[part])
		}
	}
	if found.Signatures != nil {
		for _, s := range found.Signatures.Signatures {
			var problems []string
			for _, p := range s.Problems {
				problems = append(problems, string(p))
			}
			fmt.Fprintf(c.stdout, "  signature électronique : %s (émise par %s), %s %s\n", s.Signer.Name, s.Signer.Issuer, texts.Moment(s.At()), strings.Join(problems, ", "))
		}
	}
	if found.Declared != "" {
		fmt.Fprintf(c.stdout, "  représentant déclaré : %s\n", found.Declared)
	}
}
