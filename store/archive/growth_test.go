package archive

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var objects = flag.Int("objects", 5_200, "how many objects of cases the store holds when it is listed (docs/growth.md)")

// ofCase is how many objects a granted case has.
const ofCase = 26

// TestListingGrowsWithWhatIsListed fills a bucket as cases do, and lists it when it holds a tenth and when it holds all: an object takes no longer to
// be listed among many, a folder no longer to be found, and one case's folder no longer to be read.
func TestListingGrowsWithWhatIsListed(t *testing.T) {
	s := open(t, testConfig(t))
	if *maker != "minio" {
		t.Skip("fills MinIO's own folder")
	}
	cases := *objects / ofCase
	name := func(n, o int) string { return fmt.Sprintf("cases/RBD-%06d/mail/%02d.json", n, o) }
	for o := range ofCase {
		if err := s.PutVersion(t.Context(), name(0, o), []byte("{}"), "application/json"); err != nil {
			t.Fatal(err)
		}
	}
	disk := filepath.Join(sharedData, "minio", s.bucket)
	fill := func(from, to int) { // a million puts take an hour; the server finds links to what it wrote itself as good as what it wrote
		for n := max(from, 1); n < to; n++ {
			for o := range ofCase {
				into := filepath.Join(disk, name(n, o))
				if err := errors.Join(os.MkdirAll(into, 0o755), double(filepath.Join(disk, name(n/links*links, o), "xl.meta"), filepath.Join(into, "xl.meta"), filepath.Join(disk, name(0, o), "xl.meta"))); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	type took struct{ object, folder, read time.Duration }
	list := func(cases int) (of took) {
		began, n := time.Now(), 0
		for _, err := range s.Each(t.Context(), "cases/") {
			if n++; err != nil {
				t.Fatal(err)
			}
		}
		all := time.Since(began)
		if n != cases*ofCase {
			t.Fatalf("%d objects are listed of %d", n, cases*ofCase)
		}
		began = time.Now()
		if n = folders(t.Context(), t, s); n != cases {
			t.Fatalf("%d folders are listed of %d", n, cases)
		}
		only := time.Since(began)
		began = time.Now()
		const looks = 20
		for i := range looks {
			names, err := s.Names(t.Context(), fmt.Sprintf("cases/RBD-%06d/", i*cases/looks))
			if err != nil || len(names) != ofCase {
				t.Fatalf("%d names, %v", len(names), err)
			}
		}
		one := time.Since(began) / looks
		t.Logf("%d objects: all listed in %v (%.0f/s), %d folders in %v (%.0f/s), one folder in %v",
			cases*ofCase, all, float64(cases*ofCase)/all.Seconds(), cases, only, float64(cases)/only.Seconds(), one)
		return took{all / time.Duration(cases*ofCase), only / time.Duration(cases), one}
	}
	fill(0, cases/10)
	few := list(cases / 10)
	fill(cases/10, cases)
	many := list(cases)
	const slower, enough = 4, 100_000 // of ten, were it to grow with the square; what is measured among few is noise
	if *objects >= enough && (many.object > slower*few.object || many.folder > slower*few.folder || many.read > slower*few.read) {
		t.Errorf("among ten times as many: %+v, before %+v", many, few)
	}
}

func folders(ctx context.Context, t *testing.T, s *Store) (n int) {
	for folder, err := range s.Folders(ctx, "cases/") {
		if err != nil || !strings.HasPrefix(folder, "cases/RBD-") {
			t.Fatalf("%s, %v", folder, err)
		}
		n++
	}
	return n
}

// links is how many cases share the files of one: a file system bounds how many names a file may have.
const links = 10_000

// double gives a file another name; the first of those that share one is a copy of the original.
func double(first, to, original string) error {
	if first != to {
		return os.Link(first, to)
	}
	text, err := os.ReadFile(original)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o644)
}
