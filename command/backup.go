package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"relance/office/backup"
	"relance/process/engine"
)

// runBackupKey makes the key that opens backups. It belongs neither on the machine nor beside the backups.
func runBackupKey(_ context.Context, c *call) error {
	if _, err := c.parse(0); err != nil {
		return err
	}
	public, secret, err := backup.NewKey()
	if err == nil {
		_, err = fmt.Fprintf(c.stdout, "# RELANCE_BACKUP_FOR=%s\n%s\n", public, secret)
	}
	return err
}

// runBackup writes one backup.
func runBackup(ctx context.Context, c *call) error {
	data := c.dataFlag()
	out := c.flags.String("o", "", "the file to write; - is the standard output")
	dump := c.flags.String("database", "", "a dump of Temporal's database as pg_dumpall writes it; - is the standard input; none: cases are woken from their folders")
	settings := c.flags.String("settings", "", "files and folders, separated by commas, that go into it: .env,relance.d")
	since := c.flags.String("since", "", "only what the bucket got after this instant: the `until` that the backup before it told")
	if _, err := c.parse(0); err != nil {
		return err
	}
	cfg, err := configuration(*data)
	if err != nil {
		return err
	}
	o := backup.Options{For: cfg.BackupFor, Bucket: cfg.S3.Bucket, Now: time.Now}
	if *settings != "" {
		o.Settings = strings.Split(*settings, ",")
	}
	if *since != "" {
		if o.Since, err = time.Parse(time.RFC3339, *since); err != nil {
			return fmt.Errorf("-since: %w", err)
		}
	}
	if *out == "" {
		return errors.New("say where to write it: -o FILE")
	}
	from, err := dumpFrom(*dump)
	if err != nil {
		return err
	}
	if from != nil {
		defer from.Close()
		o.Database = from
	}
	store, err := engine.Archive(ctx, cfg)
	if err != nil {
		return err
	}
	began := time.Now()
	var head backup.Head
	var made backup.Summary
	write := func(w io.Writer) (err error) { head, made, err = backup.Write(ctx, store, w, o); return err }
	if *out == "-" {
		err = write(c.raw)
	} else {
		err = backup.File(*out, write)
	}
	if err == nil {
		fmt.Fprintf(c.stderr, "%d files, %d bytes of the database, %d versions of %d bytes, in %.1f s\nuntil %s\n",
			made.Settings, made.Database, made.Versions, made.Bytes, time.Since(began).Seconds(), head.Until.Format(time.RFC3339Nano))
	}
	return err
}

// dumpFrom opens a file, or the standard input.
func dumpFrom(name string) (io.ReadCloser, error) {
	switch name {
	case "":
		return nil, nil
	case "-":
		return io.NopCloser(os.Stdin), nil
	}
	return os.Open(name)
}

// runRestore reads a backup, and those that follow it, and puts back the parts that are asked for.
func runRestore(ctx context.Context, c *call) error {
	data := c.dataFlag()
	key := c.flags.String("key", "", "the file with the key that opens it (relance backup key)")
	settings := c.flags.String("settings", "", "the folder to put settings into; what is there and differs is refused")
	database := c.flags.String("database", "", "where to write the dump of the database; - is the standard output, for psql")
	bucket := c.flags.Bool("bucket", false, "put every version back into the bucket, which has to be empty")
	goOn := c.flags.Bool("continue", false, "the bucket has what an earlier attempt with the same files has put back")
	files, err := c.parseRange(1, 1000)
	if err != nil {
		return err
	}
	keys, err := keysIn(*key)
	if err != nil {
		return err
	}
	var to backup.Sink
	if *settings != "" {
		to.Settings = backup.Into(*settings)
	}
	var target *backup.Bucket
	if *bucket {
		cfg, err := configuration(*data)
		if err != nil {
			return err
		}
		store, err := engine.Archive(ctx, cfg)
		if err != nil {
			return err
		}
		if target, err = backup.OpenBucket(ctx, store, *goOn); err != nil {
			return err
		}
		to.Version = target.Version
	}
	// A backup shows at its end alone that it is whole, and a dump of which half was put back is worth nothing: all are read before.
	if *settings != "" || *database != "" || *bucket {
		if err := readAll(ctx, c, files, keys, backup.Sink{}, nil); err != nil {
			return err
		}
	}
	if *database != "" {
		if *database == "-" {
			to.Database = c.raw
		} else {
			w, err := os.OpenFile(*database, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if err != nil {
				return err
			}
			defer w.Close()
			to.Database = w
		}
	}
	return readAll(ctx, c, files, keys, to, target)
}

// readAll reads backups one after the other, and tells of each what it holds.
func readAll(ctx context.Context, c *call, files []string, keys backup.Keys, to backup.Sink, target *backup.Bucket) error {
	var newest backup.Head
	for n, name := range files {
		file, err := os.Open(name)
		if err != nil {
			return err
		}
		last := to
		if n < len(files)-1 {
			last.Database, last.Settings = nil, nil // the newest count
		}
		head, seen, err := backup.Read(ctx, file, keys, last)
		file.Close()
		if err == nil && target != nil {
			err = target.Flush(ctx)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		newest = head
		fmt.Fprintf(c.stderr, "%s: whole, until %s: %d files, %d bytes of the database, %d versions of %d bytes\n",
			name, head.Until.Format(time.RFC3339Nano), seen.Settings, seen.Database, seen.Versions, seen.Bytes)
	}
	if target == nil {
		return nil
	}
	fmt.Fprintf(c.stderr, "%d versions put back, %d were there\n", target.Put, target.Before)
	return target.Done(ctx, newest, time.Now())
}

// keysIn reads the keys of a file.
func keysIn(file string) (backup.Keys, error) {
	if file == "" {
		return backup.Keys{}, errors.New("say which key opens it: -key FILE")
	}
	f, err := os.Open(file)
	if err != nil {
		return backup.Keys{}, err
	}
	defer f.Close()
	return backup.ReadKeys(f)
}
