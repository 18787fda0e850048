package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"relance/intake/papers"
	"relance/intake/reader"
	"relance/intake/reading"
	"relance/proof/verify"
	"relance/store/archive"
)

// standings are what a person is told of a letter, and whether it is confirmed.
var standings = map[verify.Standing]string{
	verify.InForce:    "Cette lettre est de nous et n'a pas été modifiée.",
	verify.Superseded: "Cette lettre est de nous et n'a pas été modifiée, mais elle n'est plus en vigueur : elle a été remplacée ou retirée.",
	verify.Unconfirmed: "Nous ne pouvons pas confirmer ce fichier. Une lettre authentique enregistrée de nouveau par un logiciel n'est pas un faux : " +
		"demandez l'original, tel qu'il a été reçu.",
}

// verifyLetter tells whether a file is a letter of ours, byte by byte, and whether something has taken its place.
// Which case it is of stands in its text, which a reader process looks for; only the hash decides. The exit status is
// 1 where it is not confirmed.
func (c *call) verifyLetter(ctx context.Context, name, in, data string) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	if info.Size() > reading.MaxDocument {
		return fmt.Errorf("%s is larger than a letter", name)
	}
	file, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	cases := []string{in}
	if in == "" {
		pool := reader.New(reader.Options{Size: 1})
		defer pool.Close()
		found, err := pool.For(ctx).Look(papers.Request{Type: "application/pdf", Cases: true}, file, nil)
		if err != nil {
			return err
		}
		const most = 3 // a letter names its own case, and seldom another
		cases = found.Cases[:min(len(found.Cases), most)]
	}
	standing := verify.Unconfirmed
	for _, of := range cases {
		folder, _, err := folderOf(ctx, of, data)
		if err != nil {
			return err
		}
		s, err := verify.Letter(folder, file)
		if errors.Is(err, archive.ErrNotFound) || in == "" && errors.Is(err, fs.ErrNotExist) {
			continue // no case of that reference
		}
		if err != nil {
			return err
		}
		if s != verify.Unconfirmed {
			standing = s
		}
	}
	fmt.Fprintln(c.stdout, standings[standing])
	if standing == verify.Unconfirmed {
		return errSilent
	}
	return nil
}
