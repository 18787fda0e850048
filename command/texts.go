package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"relance/letters/correspondence"
	"relance/letters/texts"
	"relance/mail/address"
	"relance/process/config"
)

// runTextsCheck finds the mistakes of an authority's texts: those of a folder, else those that the environment names. Silence means
// that all is well.
func runTextsCheck(_ context.Context, c *call) error {
	names, err := c.parseRange(0, 1)
	if err != nil {
		return err
	}
	cfg, err := config.Load()
	if err != nil {
		return err
	}
	folder := ""
	if len(names) == 1 {
		if info, err := os.Stat(names[0]); err != nil || !info.IsDir() {
			return fmt.Errorf("%s is not a folder", names[0])
		}
		folder, cfg.TextsFolder = names[0], names[0]
	}
	a, err := cfg.Authority()
	if err != nil {
		return err
	}
	if folder == "" {
		folder = cfg.Folder(a)
	}
	catalogue, err := cfg.Catalogue()
	if err != nil {
		return err
	}
	own, err := cfg.Texts(a)
	if err == nil {
		w := &correspondence.Writer{Authority: a, Addresses: address.Addresses{Mailbox: cfg.Mail.Address}, Texts: own}
		if err = w.CheckTexts(catalogue.All(), time.Now()); err == nil {
			err = w.CheckLetters(catalogue.All(), time.Now())
		}
	}
	var problems texts.Problems
	if !errors.As(err, &problems) {
		return err
	}
	for _, p := range problems {
		if folder != "" {
			p.File = folder + string(os.PathSeparator) + p.File
		}
		fmt.Fprintln(c.stderr, p.Error())
	}
	return errSilent
}

// runTextsWrite writes the built-in texts into a folder, to begin one's own from.
func runTextsWrite(_ context.Context, c *call) error {
	where, err := c.parse(1)
	if err != nil {
		return err
	}
	if err := os.CopyFS(where[0], texts.Files()); err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "%s: change what you want to say otherwise, delete the other files, then: relance texts check %s\n", where[0], where[0])
	return nil
}

func runTextsVariables(_ context.Context, c *call) error {
	if _, err := c.parse(0); err != nil {
		return err
	}
	_, err := fmt.Fprint(c.stdout, correspondence.Variables)
	return err
}
