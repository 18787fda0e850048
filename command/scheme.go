package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"relance/domain/scheme"
	"relance/intake/fields"
	"relance/letters/correspondence"
	"relance/mail/address"
	"relance/process/config"
	"relance/schemes"
)

// runSchemeCheck checks files, a folder, or what the environment names. Silence means that all is well.
func runSchemeCheck(_ context.Context, c *call) error {
	names, err := c.parseRange(0, 1000)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		cfg, err := config.Load()
		if err != nil {
			return err
		}
		_, err = cfg.Catalogue()
		return c.problems("", err)
	}
	byFolder := map[string][]string{}
	var folders []string
	for _, name := range names {
		folder, files := filepath.Dir(name), []string{filepath.Base(name)}
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			folder = name
			if files, err = fs.Glob(os.DirFS(name), "*.yaml"); err == nil && len(files) == 0 {
				err = fmt.Errorf("%s: no scheme file (*.yaml) in the folder", name)
			}
			if err != nil {
				return err
			}
		}
		if _, known := byFolder[folder]; !known {
			folders = append(folders, folder)
		}
		byFolder[folder] = append(byFolder[folder], files...)
	}
	failed := false
	for _, folder := range folders {
		if problems := checked(os.DirFS(folder), byFolder[folder]); len(problems) > 0 {
			failed = c.problems(folder, problems) != nil
		}
	}
	if failed {
		return errSilent
	}
	return nil
}

// checked loads files, and proves of each that is sound that its own form is read back.
func checked(folder fs.FS, files []string) scheme.Problems {
	_, problems := scheme.LoadFiles(folder, files)
	for _, file := range files {
		one, wrong := scheme.LoadFiles(folder, []string{file})
		if file == scheme.PlanFile || len(wrong) > 0 {
			continue
		}
		for _, s := range one.All() {
			for _, v := range s.Versions {
				for _, f := range fields.Prove(v) {
					problems = append(problems, scheme.FieldProblem(folder, file, v.Version, f.Key, f.Says))
				}
			}
		}
	}
	return problems
}

// problems prints the mistakes of files, one a line.
func (c *call) problems(folder string, err error) error {
	var problems scheme.Problems
	if !errors.As(err, &problems) {
		return err
	}
	for _, p := range problems {
		p.File = filepath.Join(folder, p.File)
		fmt.Fprintln(c.stderr, p.Error())
	}
	return errSilent
}

// open reads one scheme file and picks the version in force on a day, or the named one.
func (c *call) open(file, version string, on time.Time) (*scheme.Scheme, *scheme.Version, error) {
	folder, name := filepath.Split(file)
	if folder == "" {
		folder = "."
	}
	var fsys fs.FS = os.DirFS(folder)
	if _, err := fs.Stat(fsys, name); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", file, err)
	}
	catalogue, problems := scheme.LoadFiles(fsys, []string{name})
	if len(problems) > 0 {
		return nil, nil, c.problems(folder, problems)
	}
	if len(catalogue.All()) != 1 {
		return nil, nil, fmt.Errorf("%s is not a scheme", file)
	}
	s := catalogue.All()[0]
	if version == "" {
		return s, s.At(on), nil
	}
	v, err := s.Version(version)
	return s, v, err
}

// evaluation is what `relance scheme evaluate` prints.
type evaluation struct {
	Eligible  bool              `json:"eligible"`
	Reasons   []reason          `json:"reasons"`            // the rules that are not met
	Amount    int64             `json:"amount"`             // cents; 0 where not eligible
	Documents []string          `json:"documents"`          // ids of those that are required
	Version   string            `json:"version"`            // of the scheme
	Missing   []string          `json:"missing,omitempty"`  // fields the rules need; there is no verdict without them
	Problems  map[string]string `json:"problems,omitempty"` // what cannot be read, and why
}

type reason struct {
	Rule     string `json:"rule"`
	Sentence string `json:"sentence"`
	Basis    string `json:"basis"`
}

func runSchemeEvaluate(_ context.Context, c *call) error {
	version := c.flags.String("version", "", "the version to apply (default: the one in force on the day of receipt)")
	names, err := c.parse(2)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(names[1])
	if err != nil {
		return err
	}
	input, err := scheme.ReadInput(text)
	if err != nil {
		return fmt.Errorf("%s: %w", names[1], err)
	}
	on := input.Context.Received
	if on.IsZero() {
		on = time.Now()
	}
	s, v, err := c.open(names[0], *version, on)
	if err != nil {
		return err
	}
	facts, problems, err := v.Normalised(input.Fields)
	if err != nil {
		return fmt.Errorf("%s: %w", names[1], err)
	}
	result := evaluation{Reasons: []reason{}, Documents: []string{}, Version: v.Version, Problems: problems}
	for _, key := range v.Asked(facts, input.Context) {
		if _, known := facts[key]; !known {
			result.Missing = append(result.Missing, key)
		}
	}
	for _, d := range v.Required(facts, input.Context) {
		result.Documents = append(result.Documents, d.ID)
	}
	if len(result.Missing) > 0 {
		return c.json(result)
	}
	outcome, err := s.Evaluate(v, facts, input.Context)
	if err != nil {
		return err
	}
	if result.Eligible = outcome.Eligible; result.Eligible {
		result.Amount = int64(outcome.Amount)
	}
	for _, id := range outcome.Failed {
		g, _ := s.Ground(v, id)
		result.Reasons = append(result.Reasons, reason{id, g.Told, g.Basis})
	}
	return c.json(result)
}

func runSchemeForm(_ context.Context, c *call) error {
	return c.writeFiles(".", func(w *correspondence.Writer, s *scheme.Scheme, v *scheme.Version) (map[string][]byte, error) {
		pdf, err := w.BlankForm(s, v)
		return map[string][]byte{s.ID + "-formulaire.txt": []byte(w.BlankMail(s, v)), s.ID + "-formulaire.pdf": pdf}, err
	})
}

func runSchemePreview(_ context.Context, c *call) error {
	return c.writeFiles("preview", func(w *correspondence.Writer, s *scheme.Scheme, v *scheme.Version) (map[string][]byte, error) {
		return w.Preview(s, v, time.Now())
	})
}

// writeFiles writes what is made of one version of a scheme into a folder.
func (c *call) writeFiles(folder string, make func(*correspondence.Writer, *scheme.Scheme, *scheme.Version) (map[string][]byte, error)) error {
	out := c.flags.String("out", folder, "folder for the files")
	version := c.flags.String("version", "", "the version (default: the one in force today)")
	names, err := c.parse(1)
	if err != nil {
		return err
	}
	s, v, err := c.open(names[0], *version, time.Now())
	if err != nil {
		return err
	}
	w, err := c.writer()
	if err != nil {
		return err
	}
	files, err := make(w, s, v)
	if err != nil {
		return err
	}
	return c.files(*out, files)
}

// writer writes for the authority of the environment.
func (c *call) writer() (*correspondence.Writer, error) {
	cfg, err := config.Load()
	if err != nil {
		return nil, err
	}
	a, err := cfg.Authority()
	if err != nil {
		return nil, err
	}
	texts, err := cfg.Texts(a)
	if err != nil {
		return nil, err
	}
	return &correspondence.Writer{Authority: a, Addresses: address.Addresses{Mailbox: cfg.Mail.Address}, Texts: texts}, nil
}

func runSchemeSchema(_ context.Context, c *call) error {
	if _, err := c.parse(0); err != nil {
		return err
	}
	_, err := c.raw.Write(schemes.Schema)
	return err
}

// files writes files into a folder and names them.
func (c *call) files(folder string, files map[string][]byte) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			return err
		}
	}
	fmt.Fprintf(c.stdout, "%d files in %s: %s\n", len(files), folder, strings.Join(slices.Sorted(maps.Keys(files)), ", "))
	return nil
}
