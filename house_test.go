package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// floors is the house: a room imports only from floors below its own (docs/architecture.md). Rooms of one floor do not know
// each other.
var floors = [][]string{
	{"money", "calendar", "chain", "prose", "message", "schemes", "form", "sepa", "competition", "health"},
	{"loan"},
	{"casefile"},
	{"ledger", "trust", "authority", "signature", "imprint", "telemetry"},
	{"call"},
	{"evidence"},
	{"verify"},
	{"inspect"},
	{"scheme", "templates", "control"},
	{"reading"},
	{"mailbox", "outbox", "archive", "letter", "register", "seal", "devstack", "postoffice", "oauth", "clamd"},
	{"correspondence", "index", "vault", "treasury"},
	{"report"},
	{"routing"},
	{"activities"},
	{"workflows"},
	{"worker", "starter", "config", "histories"},
	{"rollout"},
	{"custody", "desk", "engine"},
	{"audit"},
	{"local"},
	{"demo", "bench"},
	{"command"},
	{"."},
}

// hidden libraries appear in one room alone.
var hidden = map[string]string{
	"github.com/prometheus": "telemetry", "go.opentelemetry.io": "telemetry",
	"github.com/emersion/go-imap": "mailbox postoffice", "github.com/minio/minio-go": "archive", "github.com/jung-kurt/gofpdf": "letter",
	"github.com/emersion/go-smtp": "outbox postoffice", "golang.org/x/oauth2": "oauth", "github.com/emersion/go-msgauth": "trust",
	"github.com/expr-lang/expr": "scheme", "github.com/xuri/excelize": "form", "github.com/makiuchi-d/gozxing": "imprint", "github.com/boombuler/barcode": "imprint", "github.com/ledongthuc/pdf": "imprint", "github.com/pdfcpu/pdfcpu": "form reading demo signature seal imprint", "software.sslmate.com/src/go-pkcs12": "seal", "go.temporal.io/sdk/workflow": "workflows worker bench",
}

// pure rooms do no input or output and know no Temporal.
var pure = []string{"competition", "call", "chain", "evidence", "verify", "ledger", "money", "calendar", "loan", "sepa", "prose", "message", "casefile", "scheme", "reading", "trust", "signature", "imprint", "inspect", "routing", "control"}

func floorOf(room string) int {
	return slices.IndexFunc(floors, func(rooms []string) bool { return slices.Contains(rooms, room) })
}

func TestTheHouseStands(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != "." || d.Name() == "testdata" || d.Name() == "data") {
			if d != nil && d.IsDir() && err == nil {
				return filepath.SkipDir
			}
			return err
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		room := filepath.ToSlash(filepath.Dir(path))
		if floorOf(room) < 0 {
			t.Errorf("%s stands on no floor", room)
		}
		for _, i := range file.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			checkImport(t, path, room, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkImport(t *testing.T, path, room, name string) {
	if other, ours := strings.CutPrefix(name, "relance/"); ours && floorOf(other) >= floorOf(room) {
		t.Errorf("%s: %s imports %s, which is not on a floor below", path, room, other)
	}
	for library, rooms := range hidden {
		if strings.HasPrefix(name, library) && !slices.Contains(strings.Fields(rooms), room) {
			t.Errorf("%s: %s belongs to %s alone", path, library, rooms)
		}
	}
	if slices.Contains(pure, room) && (slices.Contains([]string{"net", "net/http", "os", "database/sql"}, name) || strings.HasPrefix(name, "go.temporal.io/")) {
		t.Errorf("%s: %s is pure and imports %s", path, room, name)
	}
}
