package command

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"relance/domain/casefile"
	"relance/letters/texts"
	"relance/office/custody"
	"relance/process/config"
	"relance/process/engine"
	"relance/proof/verify"
)

// custodyOf is a custody of the archive alone: folders are looked at without Temporal or a mail server.
func custodyOf(ctx context.Context, data string) (*custody.Custody, error) {
	if err := adopt(data); err != nil {
		return nil, err
	}
	c, err := config.Load()
	if err != nil {
		return nil, err
	}
	store, err := engine.Archive(ctx, c)
	if err != nil {
		return nil, err
	}
	return &custody.Custody{Archive: store}, nil
}

// withCustody opens a custody with all that acting on a case takes.
func withCustody(ctx context.Context, data string, do func(*custody.Custody, *engine.Engine) error) error {
	e, err := connect(ctx, data)
	if err != nil {
		return err
	}
	defer e.Close()
	namespace, err := engine.Namespace()
	if err != nil {
		return err
	}
	k := &custody.Custody{Archive: e.Archive, Temporal: e.Temporal, Namespace: namespace, Authority: e.Authority, Catalogue: e.Catalogue,
		Texts: texts.French(), Now: time.Now}
	if e.Config.IMAP.Address != "" {
		k.Mailbox = engine.Folders{Config: e.Config, Log: e.Log}
	}
	return do(k, e)
}

func runCaseFetch(ctx context.Context, c *call) error {
	data := c.dataFlag()
	who, err := c.parse(2)
	if err != nil {
		return err
	}
	k, err := custodyOf(ctx, *data)
	if err != nil {
		return err
	}
	n, err := k.Fetch(ctx, strings.ToUpper(who[0]), who[1])
	if err == nil {
		fmt.Fprintf(c.stdout, "%d objets copiés dans %s\n", n, who[1])
	}
	return err
}

func runCaseVerify(ctx context.Context, c *call) error {
	var against list
	data := c.dataFlag()
	asJSON := c.flags.Bool("json", false, "for programs")
	roots := c.flags.String("roots", "", "a PEM file of the certificates that seals have to lead to")
	c.flags.Var(&against, "against", "a mail or a letter of the authority that somebody else has kept: the journal is held against it; may be repeated")
	in := c.flags.String("in", "", "of a letter: the case it is of, a reference or a folder; empty: the case that its text names")
	who, err := c.parse(1)
	if err != nil {
		return err
	}
	if info, err := os.Stat(who[0]); err == nil && info.Mode().IsRegular() {
		return c.verifyLetter(ctx, who[0], *in, *data)
	}
	o := verify.Options{Against: map[string][]byte{}}
	for _, file := range against {
		if o.Against[filepath.Base(file)], err = os.ReadFile(file); err != nil {
			return err
		}
	}
	if *roots != "" {
		pem, err := os.ReadFile(*roots)
		if err != nil {
			return err
		}
		if o.Roots = x509.NewCertPool(); !o.Roots.AppendCertsFromPEM(pem) {
			return fmt.Errorf("%s holds no certificate", *roots)
		}
	}
	folder, reference, err := folderOf(ctx, who[0], *data)
	if err != nil {
		return err
	}
	o.Reference = reference
	report, err := verify.Case(folder, o)
	if err != nil {
		return err
	}
	if *asJSON {
		err = c.json(report)
	} else {
		c.report(report)
	}
	if err == nil && !report.Sound() {
		return errSilent
	}
	return err
}

// folderOf is a case folder: on this disk or, by its reference, in the archive. The reference is empty where the folder alone says it.
func folderOf(ctx context.Context, name, data string) (f verify.Folder, reference string, err error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return verify.FS(os.DirFS(name)), "", nil
	}
	reference = strings.ToUpper(name)
	if !casefile.IsReference(reference) {
		return nil, "", fmt.Errorf("« %s » n'est ni un dossier sur ce disque ni une référence", name)
	}
	k, err := custodyOf(ctx, data)
	if err != nil {
		return nil, "", err
	}
	return k.Folder(ctx, reference), reference, nil
}

// report tells a person what was examined and what is wrong.
func (c *call) report(r verify.Report) {
	labels := &texts.French().Labels
	say := func(format string, args ...any) { fmt.Fprintf(c.stdout, format+"\n", args...) }
	say("Dossier %s : %d objets, %d écritures au journal", r.Reference, r.Objects, r.Entries)
	say("Tête du journal : %s", r.Head)
	if r.Compared {
		say("Courriels et lettres sortis du dossier qui la confirment : %d", r.Anchors)
	} else {
		say("Courriels et lettres sortis du dossier : non comparés, le journal ne se suit pas")
	}
	say("Preuves de signature : %d", r.Evidence)
	for _, s := range r.Signatures {
		say("Signature DKIM de %s vérifiée de nouveau, avec la clé conservée : %s (%s)", s.Domain, cmp.Or(labels.Checks[s.Result], s.Result), s.Object)
	}
	for _, s := range r.Seals {
		say("Cachet de %s, posé le %s%s : intact (%s)", s.By, texts.Moment(s.At), map[bool]string{true: " (horodaté)"}[s.Stamped], s.Object)
	}
	if r.Sound() {
		say("Rien n'a été altéré.")
		return
	}
	say("\n%d anomalie(s) :", len(r.Findings))
	for _, f := range r.Findings {
		say("- %s", finding(f, labels))
	}
}

// finding tells what is wrong in a sentence: the object, the hashes, the byte.
func finding(f verify.Finding, labels *texts.Labels) string {
	text := f.Object
	if f.Entry > 0 {
		text += fmt.Sprintf(", écriture %d", f.Entry)
	}
	text += " : " + cmp.Or(labels.Checks[f.What], f.What)
	if f.Want != "" {
		text += "\n    empreinte attendue " + f.Want
	}
	if f.Got != "" {
		text += "\n    empreinte trouvée  " + f.Got
	}
	if b := f.Byte; b != nil {
		text += fmt.Sprintf("\n    octet %d : %s au lieu de %s", b.Offset, cmp.Or(b.Found, "rien"), cmp.Or(b.Was, "rien"))
		if b.Original != "" {
			text += " (l'original est dans " + b.Original + ")"
		}
	}
	if f.Detail != "" {
		text += "\n    " + f.Detail
	}
	return text
}

func runCaseExport(ctx context.Context, c *call) error {
	data := c.dataFlag()
	out := c.flags.String("o", "", "the ZIP to write")
	who, err := c.parse(1)
	if err != nil {
		return err
	}
	if *out == "" {
		return errors.New("say where to write it: -o FILE.zip")
	}
	return withCustody(ctx, *data, func(k *custody.Custody, _ *engine.Engine) error {
		temporary, err := os.CreateTemp(filepath.Dir(*out), ".export-*")
		if err != nil {
			return err
		}
		defer os.Remove(temporary.Name())
		err = k.Access(ctx, strings.ToUpper(who[0]), temporary)
		if err = errors.Join(err, temporary.Close()); err != nil {
			return err
		}
		if err := os.Rename(temporary.Name(), *out); err != nil {
			return err
		}
		fmt.Fprintln(c.stdout, *out)
		return nil
	})
}

// order reads what holding and erasing have in common.
func (c *call) order() (*custody.Order, *string) {
	o := &custody.Order{}
	c.flags.StringVar(&o.Reason, "reason", "", "why, without a name: it stays")
	c.flags.StringVar(&o.By, "by", cmp.Or(os.Getenv("RELANCE_OFFICER"), login()), "identifier of the officer who acts (RELANCE_OFFICER)")
	return o, c.dataFlag()
}

func known(e *engine.Engine, officer string) error {
	if e.Authority.Knows(officer) {
		return nil
	}
	return fmt.Errorf("action refusée : l'agent « %s » ne figure pas dans le fichier de la collectivité ; agents connus : %s", officer, officers(e))
}

func runCaseHold(ctx context.Context, c *call) error {
	o, data := c.order()
	who, err := c.parse(2)
	if err != nil {
		return err
	}
	on := who[1] == "on"
	if !on && who[1] != "off" {
		return fmt.Errorf("say on or off, not %q", who[1])
	}
	o.Reference = strings.ToUpper(who[0])
	return withCustody(ctx, *data, func(k *custody.Custody, e *engine.Engine) error {
		if err := known(e, o.By); err != nil {
			return err
		}
		n, err := k.SetHold(ctx, *o, on)
		if err == nil {
			fmt.Fprintf(c.stdout, "%s : conservation %s, %d versions d'objets\n", o.Reference, map[bool]string{true: "posée", false: "levée"}[on], n)
		}
		return err
	})
}

func runCaseErase(ctx context.Context, c *call) error {
	o, data := c.order()
	asJSON := c.flags.Bool("json", false, "for programs")
	c.flags.BoolVar(&o.Bypass, "lift-retention", false, "lift a retention of mode GOVERNANCE; the access key needs the right to (s3:BypassGovernanceRetention)")
	who, err := c.parseRange(1, 1000)
	if err != nil {
		return err
	}
	return withCustody(ctx, *data, func(k *custody.Custody, e *engine.Engine) error {
		if err := known(e, o.By); err != nil {
			return err
		}
		eraser := k.Eraser()
		for _, reference := range who {
			o.Reference = strings.ToUpper(reference)
			r, err := eraser.Erase(ctx, *o)
			if err == nil && *asJSON {
				err = c.json(r)
			} else if err == nil {
				c.erased(r)
			}
			if err != nil && len(who) > 1 {
				err = fmt.Errorf("%s : %w", o.Reference, err)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// erased tells what was erased of a case.
func (c *call) erased(r custody.Result) {
	fmt.Fprintf(c.stdout, "%s : effacé (%d versions d'objets, dont %d entrées d'index et %d messages mis de côté ; %d exécutions ; %d courriels dans la boîte aux lettres)\n",
		r.Reference, r.Versions, r.Index, r.Asides, r.Executions, r.Mails)
	if len(r.Messages) > 0 {
		fmt.Fprintln(c.stdout, "Aucune boîte aux lettres n'est configurée ici. À y supprimer :")
		for _, id := range r.Messages {
			fmt.Fprintf(c.stdout, "  <%s>\n", id)
		}
	}
}
