package demo

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"relance/domain/calendar"
	"relance/domain/casefile"
	"relance/domain/money"
	"relance/letters/texts"
	"relance/local/run"
)

// table is the live table: a line for each sample, with the stage and the last event of its case.
type table struct {
	screen   io.Writer
	terminal bool
	labels   *texts.Labels
	clock    casefile.Clock
	lines    int    // drawn last time
	last     string // what was drawn last time
}

// draw shows the cases. On a terminal the table is drawn over the one before; elsewhere only lines that changed are
// printed.
func (t *table) draw(samples []Sample, cases map[string][]casefile.State) {
	var rows []string
	for _, s := range samples {
		if len(cases[s.Account]) == 0 {
			rows = append(rows, fmt.Sprintf("%s  %s", pad(s.Business, 24), "a écrit, pas encore de dossier"))
		}
		for _, c := range cases[s.Account] {
			amount := ""
			if c.Decision != nil && c.Decision.Grant {
				amount = money.Cents(c.Decision.Amount).Format()
			}
			rows = append(rows, fmt.Sprintf("%s  %s  %s  %s  %s", pad(s.Business, 24), c.Reference, pad(t.labels.Stage(c.Stage), 20), pad(amount, 12), t.labels.Event(c.Last(), c.Terms)))
		}
	}
	text := strings.Join(rows, "\n")
	if text == t.last {
		return
	}
	before := strings.Split(t.last, "\n")
	t.last = text
	today := calendar.InWords(t.clock.Legal(time.Now()))
	if !t.terminal {
		for i, row := range rows {
			if i >= len(before) || row != before[i] {
				fmt.Fprintf(t.screen, "%s  %s\n", pad(today, 17), row)
			}
		}
		return
	}
	if t.lines > 0 {
		fmt.Fprintf(t.screen, "\x1b[%dA", t.lines)
	}
	fmt.Fprintf(t.screen, "\x1b[J%s\n", "Nous sommes le "+today+".")
	for _, row := range rows {
		fmt.Fprintln(t.screen, row)
	}
	t.lines = len(rows) + 1
}

// pad fills a text up to a width counted in characters, or cuts it there.
func pad(text string, width int) string {
	if n := utf8.RuneCountInString(text); n < width {
		return text + strings.Repeat(" ", width-n)
	}
	return string([]rune(text)[:width])
}

// signposts tells the person where to look.
func (d *Demo) signposts() {
	s := d.local.Stack
	fmt.Fprintf(d.Screen, `
Relance est en marche. Un jour légal dure %v.

  Temporal, l'écran de l'administrateur  %s
  MinIO, les dossiers                    %s   (%s / %s)
  Webmail                                %s
`, d.Day, s.TemporalUI, s.S3Console, s.S3AccessKey, s.S3SecretKey, s.WebmailURL)
	for _, account := range d.local.Accounts() {
		who := "la collectivité"
		for _, sample := range d.Samples {
			if sample.Account == account {
				who = sample.Business + " : " + sample.About
			}
		}
		fmt.Fprintf(d.Screen, "    %s  %s  %s\n", pad(account+"@localhost", 22), s.Passwords[account], who)
	}
	fmt.Fprintf(d.Screen, "  Dans un autre terminal                 go run . case list -data %s\n", d.Data)
	if d.Manual {
		fmt.Fprintf(d.Screen, "  Les décisions sont à vous              go run . case decide RÉFÉRENCE -approve -by agent-01 -data %s\n", d.Data)
	}
	fmt.Fprintln(d.Screen)
}

// cutAt splits an address; the account of the authority is no sample.
func cutAt(address string) (account, domain string, ok bool) {
	account, domain, ok = strings.Cut(address, "@")
	return account, domain, ok && account != run.Account
}
