package main

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// group is a row of the house: rooms that serve one purpose.
type group struct {
	folder string // where the rooms lie; empty: each at the top level
	rooms  string // from top to bottom: a room imports only rooms that come after it, here or in a later group
	what   string
}

// house has the groups from top to bottom. docs/architecture.md holds it as a table, which TestTheHouseIsDrawn compares.
var house = []group{
	{"", ". command", "the command line: reads arguments, prints"},
	{"local", "storm outage round demo bench run postoffice devstack chance expect", "the whole engine on one machine, and what breaks it on purpose"},
	{"office", "audit custody desk report backup", "what people of the authority do"},
	{"process", "engine rollout config histories", "what a process is made of"},
	{"", "worker starter", "host workflows and activities; watch the mailbox"},
	{"", "workflows", "the procedure: decides, deterministic, no input or output"},
	{"", "activities", "side effects, each with a key"},
	{"", "contract", "what stands in histories and passes between processes: names, inputs, results"},
	{"letters", "rehearsal correspondence texts check pdf prose", "what the authority writes"},
	{"intake", "routing inspect reading reader reader/hostile supporting papers form fields clamd tesseract sirene bodacc", "what came, understood"},
	{"proof", "verify evidence seal signature imprint", "why it can be believed"},
	{"mail", "mailbox outbox auth message login address dkimtest", "mail as bytes, and its servers"},
	{"store", "treasury vault index restored archive", "what lies where"},
	{"observe", "telemetry health", "health, figures, logs"},
	{"domain", "scheme round authority ledger inquiry casefile loan competition chain sepa french money calendar", "the law and the money; pure"},
	{"", "schemes deploy", "data and shipping"},
}

// hidden libraries appear in their rooms alone.
var hidden = map[string]string{
	"github.com/prometheus":            "observe/telemetry",
	"go.opentelemetry.io":              "observe/telemetry",
	"github.com/emersion/go-imap":      "mail/mailbox local/postoffice",
	"github.com/emersion/go-smtp":      "mail/outbox local/postoffice",
	"github.com/emersion/go-msgauth":   "mail/auth",
	"golang.org/x/oauth2":              "mail/login",
	"github.com/minio/minio-go":        "store/archive",
	"filippo.io/age":                   "office/backup",
	"github.com/jung-kurt/gofpdf":      "letters/pdf",
	"github.com/expr-lang/expr":        "domain/scheme",
	"github.com/xuri/excelize":         "intake/form",
	"github.com/makiuchi-d/gozxing":    "proof/imprint",
	"github.com/boombuler/barcode":     "proof/imprint",
	"github.com/ledongthuc/pdf":        "proof/imprint",
	"github.com/pdfcpu/pdfcpu":         "intake/form intake/papers local/demo proof/signature proof/seal proof/imprint",
	"github.com/elastic/go-seccomp":    "intake/reader",
	"software.sslmate.com/src/go-pkcs": "proof/seal",
	"github.com/google/go-cmp":         "local/expect",
	"pgregory.net/rapid":               "local/chance",
	"go.temporal.io/sdk/workflow":      "workflows worker local/bench",
}

// pure rooms do no input or output and know no Temporal. All of domain is pure.
var pure = strings.Fields(`letters/check letters/prose intake/routing intake/inspect intake/reading intake/supporting intake/papers proof/verify proof/evidence proof/signature
	proof/imprint mail/auth mail/message mail/address`)

// roomsOf lists the rooms of a group by their folders.
func (g group) roomsOf() []string {
	rooms := strings.Fields(g.rooms)
	if g.folder != "" {
		for i := range rooms {
			rooms[i] = g.folder + "/" + rooms[i]
		}
	}
	return rooms
}

// heights gives each room its place from top to bottom.
func heights() map[string]int {
	all := map[string]int{}
	for _, g := range house {
		for _, room := range g.roomsOf() {
			all[room] = len(all)
		}
	}
	return all
}

func TestTheHouseStands(t *testing.T) {
	places := heights()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if strings.HasPrefix(d.Name(), ".") && path != "." || d.Name() == "testdata" || d.Name() == "data" {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, i := range file.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			checkImport(t, places, path, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkImport(t *testing.T, places map[string]int, path, name string) {
	room := filepath.ToSlash(filepath.Dir(path))
	place, known := places[room]
	if !known {
		t.Errorf("%s: the folder %s is in no group of the house", path, room)
		return
	}
	if other, ours := strings.CutPrefix(name, "relance/"); ours && places[other] <= place {
		t.Errorf("%s: %s imports %s, which does not come after it in the house", path, room, other)
	}
	for library, rooms := range hidden {
		if strings.HasPrefix(name, library) && !slices.Contains(strings.Fields(rooms), room) {
			t.Errorf("%s: %s belongs to %s alone", path, library, rooms)
		}
	}
	reachesOut := slices.Contains([]string{"net", "net/http", "os", "database/sql"}, name) || strings.HasPrefix(name, "go.temporal.io/")
	if reachesOut && (strings.HasPrefix(room, "domain/") || slices.Contains(pure, room)) {
		t.Errorf("%s: %s is pure and imports %s", path, room, name)
	}
}

// TestTheHouseIsDrawn compares the table of docs/architecture.md with the house, and prints the table that it wants.
func TestTheHouseIsDrawn(t *testing.T) {
	var table strings.Builder
	table.WriteString("| group | rooms, from top to bottom | purpose |\n|---|---|---|\n")
	for _, g := range house {
		name := ""
		if g.folder != "" {
			name = "`" + g.folder + "/`"
		}
		rooms := strings.Fields(g.rooms)
		for i, room := range rooms {
			rooms[i] = "`" + strings.Replace(room, ".", "main.go", 1) + "`"
		}
		fmt.Fprintf(&table, "| %s | %s | %s |\n", name, strings.Join(rooms, " "), g.what)
	}
	doc, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(doc), table.String()) {
		t.Errorf("docs/architecture.md lacks this table:\n%s", table.String())
	}
}

// TestNoTestHangsOnLuck: where a test draws values, package chance draws them, the same ones in every ordinary run.
func TestNoTestHangsOnLuck(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "local/chance/") || path == "house_test.go" {
			return err
		}
		text, err := os.ReadFile(path)
		for _, call := range []string{"rapid.Check(", "rand.Uint64()", "rand.IntN(", "rand.Perm(", "rand.Shuffle("} {
			if strings.Contains(string(text), call) {
				t.Errorf("%s calls %s: let package chance do it", path, call)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestOneLookShowsTheHouse keeps the top level short enough for one look.
func TestOneLookShowsTheHouse(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	folders := 0
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			folders++
		}
	}
	if folders > 24 {
		t.Errorf("%d folders at the top level, more than 24", folders)
	}
}
