// Package command is the command line: it reads arguments, calls a room of the house and prints what comes back. Tables are for
// people, -json for programs. It exits with 0 where all went well, 1 where something did not, 2 where the command was wrong.
package command

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"relance/domain/casefile"
	"relance/office/desk"
)

// call is one invocation of a command.
type call struct {
	args           []string
	stdout, stderr io.Writer // for people (screen)
	raw            io.Writer // the standard output, for programs
	flags          *flag.FlagSet
	sent           func(casefile.ActKind, casefile.Act) error // takes acts instead of the engine; nil but in tests
}

// entry is one command.
type entry struct {
	name, args, about string
	run               func(context.Context, *call) error
}

// errUsage is returned where the command line was wrong and its author has been told.
var errUsage = errors.New("usage")

// errSilent is returned where all has been said already.
var errSilent = errors.New("failed")

// entries are all commands: those written here, and those that follow from the table of acts.
func entries() []entry { return append(written(), derived()...) }

func written() []entry {
	return []entry{
		{"demo", "", "the whole engine on this machine, from nothing, with sample applicants", runDemo},
		{"try", "ADDRESS", "write as a sample applicant to the engine that runs, from a mailbox of the same mail server", runTry},
		{"up", "", "the whole engine on this machine, without samples, for good", runUp},
		{"worker", "", "host workflows and activities", runWorker},
		{"starter", "", "watch the mailbox; start and signal workflows", runStarter},
		{"case list", "", "list cases", runCaseList},
		{"case show", "REFERENCE", "a case as it stands, and why its dates are what they are", runCaseShow},
		{"case decide", "REFERENCE", "approve or reject", runCaseDecide},
		{"case correct", "REFERENCE FIELD VALUE", "correct or enter a value of the application, with its source and the reason", runCaseCorrect},
		{"case preview", "REFERENCE", "the letter of a decision not yet taken, or another, as it would go today", runCasePreview},
		{"case resume", "[REFERENCE]", "let correspondence go that was stopped because a letter lacked something", runCaseResume},
		{"case reexamine", "[REFERENCE]", "apply the rules again, to one case or to all running cases of a scheme", runCaseReexamine},
		{"case verify", "REFERENCE|FOLDER|FILE.pdf", "examine a case folder by itself, or a letter: is it as it was written", runCaseVerify},
		{"case fetch", "REFERENCE FOLDER", "copy a case folder out of the archive", runCaseFetch},
		{"case export", "REFERENCE", "everything about an applicant in one ZIP, for the right of access", runCaseExport},
		{"case hold", "REFERENCE on|off", "keep a case for a court: nothing of it is erased", runCaseHold},
		{"case erase", "REFERENCE…", "erase cases that have ended, and leave a proof of each", runCaseErase},
		{"case pay", "REFERENCE INSTALMENT", "confirm an instalment, record that it was paid, or give it up", runCasePay},
		{"call list", "", "list the sessions of calls for projects", runCallList},
		{"call show", "CALL", "a session as it stands: candidates, readers, what is awaited", runCallShow},
		{"call score", "CALL REFERENCE [CRITERION=SCORE…]", "enter a member's scores, or a conflict of interest", runCallScore},
		{"call rank", "CALL", "the ranking as the scores are, with its ties explained", runCallRank},
		{"call admit", "REFERENCE", "let an application compete that came, or was completed, too late", runCallAdmit},
		{"call begin", "CALL", "send the dossiers to the panel without waiting for the end of the period", runCallBegin},
		{"call close", "CALL", "decide: awards down the ranking, letters to everybody, minutes", runCallClose},
		{"pay list", "", "payment orders that are in no file yet", runPayList},
		{"pay run", "", "make the next file of payment orders: credit transfers and a table, each order once", runPayRun},
		{"pay show", "[NUMBER]", "the files that were made; one of them, again", runPayShow},
		{"pay confirm", "[ORDER]", "an order, or every order of a file, was paid", runPayConfirm},
		{"pay return", "ORDER", "the bank gave an order back: it is to be confirmed anew", runPayReturn},
		{"statement", "FILE…", "take in bank statements (CAMT.053) and status reports (pain.002)", runStatement},
		{"advance list", "", "repayable advances: lent, repaid, owed, late", runAdvanceList},
		{"advance show", "REFERENCE", "an advance with its schedule and what came", runAdvanceShow},
		{"advance repay", "REFERENCE [AMOUNT]", "money came for an advance, was taken back, or was paid back", runAdvanceRepay},
		{"advance reschedule", "REFERENCE", "propose a new schedule, which the debtor agrees to by mail", runAdvanceReschedule},
		{"advance insolvency", "REFERENCE", "a collective proceeding: published, claim declared, ended, or the rest given up", runAdvanceInsolvency},
		{"advance unmatched", "", "movements of statements that fit no case by themselves", runAdvanceUnmatched},
		{"register decisions", "", "the register of decisions, as CSV and PDF", runRegisterDecisions},
		{"register open-data", "", "the essential data of granted aid, in the legal format", runRegisterOpenData},
		{"register de-minimis", "[SIREN]", "de minimis aid over three years, of one firm or of all", runRegisterMinimis},
		{"report month", "SCHEME", "a scheme's month, with the eleven before: CSV, and PDF with charts", runReportMonth},
		{"scheme check", "[FILE…]", "check scheme files: file, line, field and what would be right", runSchemeCheck},
		{"scheme evaluate", "FILE FACTS.json", "apply a scheme's rules to facts, as JSON", runSchemeEvaluate},
		{"scheme try", "FILE MAIL.eml…", "play the mails of one applicant as the engine would, without servers", runSchemeTry},
		{"scheme form", "FILE", "write the blank application form: a mail to copy and a fillable PDF", runSchemeForm},
		{"scheme preview", "FILE", "write every mail and letter of a scheme with sample data", runSchemePreview},
		{"scheme schema", "", "print the JSON Schema of scheme files, for editors", runSchemeSchema},
		{"texts check", "[DIR]", "check an authority's own texts: file, line, what is wrong and what would be right", runTextsCheck},
		{"texts write", "DIR", "write the built-in texts into a folder, to begin one's own from", runTextsWrite},
		{"texts variables", "", "print what a text may speak of", runTextsVariables},
		{"plan top-up", "LINE AMOUNT", "add money to a line of the plan, or take some away (-away)", runPlanTopUp},
		{"plan", "", "the envelopes: granted, reserved, paid and left, per level", runPlan},
		{"sign list", "", "decisions that officers have prepared and that wait for the signatory", runSignList},
		{"sign approve", "[REFERENCE…]", "sign prepared decisions, named or all (-all): they are sealed and sent", runSignApprove},
		{"sign return", "REFERENCE", "send a prepared decision back to the officers", runSignReturn},
		{"case charter", "REFERENCE accept|refuse", "settle a doubtful signature of the charter, with both documents before you", runCaseCharter},
		{"case notify", "REFERENCE", "a letter was notified by another way, or goes to another address", runCaseNotify},
		{"mail list", "", "messages that belong to no case by themselves, and why", runMailList},
		{"mail show", "MAIL", "a message that was set aside", runMailShow},
		{"mail assign", "MAIL REFERENCE|SCHEME", "put a message on a case, or open one with it", runMailAssign},
		{"mail inspect", "FILE…", "how a raw message is understood, as JSON", runMailInspect},
		{"codec", "", "decrypt cases for Temporal's pages and command line", runCodec},
		{"keys new", "", "make a master key", runKeysNew},
		{"keys list", "", "how many cases each master key protects", runKeysList},
		{"keys rotate", "", "protect every case with the first master key of the ring", runKeysRotate},
		{"rollout status", "", "the versions of the workers: which gets cases, which runs, what each has left", runRolloutStatus},
		{"rollout check", "", "replay every open case with this version's code: can it go on with them", runRolloutCheck},
		{"rollout current", "[BUILD]", "let a version have all cases, after a check", runRolloutCurrent},
		{"rollout ramp", "PERCENT [BUILD]", "let a version have a share of the cases, after a check; 0: none", runRolloutRamp},
		{"rollout drain", "BUILD", "wait until a version has nothing left to do and may be stopped", runRolloutDrain},
		{"backup key", "", "make the key that opens backups", runBackupKey},
		{"backup", "", "copy settings, a dump of the database and the bucket with its versions and locks into one encrypted file", runBackup},
		{"restore", "FILE…", "read a backup and those that follow it: look whether they are whole, and put back what is asked for", runRestore},
		{"audit", "", "hold mailbox, archive, Temporal and the plan's book against each other", runAudit},
		{"bench", "", "complete grant cases through the whole stack, measured", runBench},
		{"servers", "", "build the servers that demo, up and the tests start, and stop", runServers},
		{"health", "URL", "how a running process does, at /healthz or /readyz", runHealth},
	}
}

// Run carries out one command line and gives the exit status.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	for _, e := range entries() {
		words := strings.Fields(e.name)
		if len(args) < len(words) || strings.Join(args[:len(words)], " ") != e.name {
			continue
		}
		if !slices.Contains(processes, e.name) { // these draw on their screen, and log
			stderr = &screen{Writer: stderr}
		}
		c := &call{args: args[len(words):], stdout: &screen{Writer: stdout}, raw: stdout, stderr: stderr, flags: flag.NewFlagSet("relance "+e.name, flag.ContinueOnError)}
		c.flags.SetOutput(stderr)
		c.flags.Usage = func() {
			fmt.Fprintf(stderr, "usage: relance %s\n%s\n", strings.TrimSpace(e.name+" "+e.args+" [flags]"), e.about)
			c.flags.PrintDefaults()
		}
		err := e.run(ctx, c)
		if !slices.Contains(processes, e.name) {
			tellOutage(stderr, err)
		}
		return status(err, stderr)
	}
	usage(stderr, args)
	if len(args) == 0 {
		return 0
	}
	return 2
}

// status tells a person what went wrong, and the shell with a number.
func status(err error, stderr io.Writer) int {
	var refusal *desk.Refusal
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		return 2
	case errors.Is(err, errSilent):
	case errors.As(err, &refusal):
		fmt.Fprintln(stderr, refusal.Reason)
	default:
		fmt.Fprintln(stderr, "relance:", err)
	}
	return 1
}

func usage(w io.Writer, args []string) {
	if len(args) > 0 {
		fmt.Fprintf(w, "relance: no command %q\n\n", strings.Join(args, " "))
	}
	fmt.Fprint(w, "Relance, an engine for public aid\n\n")
	for _, e := range entries() {
		fmt.Fprintf(w, "  relance %-24s %s\n", strings.TrimSpace(e.name+" "+e.args), e.about)
	}
	fmt.Fprint(w, "\nEach command explains its flags with -h.\n")
}

// parse reads flags wherever they stand, and exactly so many other arguments.
func (c *call) parse(positional int) ([]string, error) {
	return c.parseRange(positional, positional)
}

func (c *call) parseRange(least, most int) ([]string, error) {
	var others []string
	rest := c.args
	for {
		if err := c.flags.Parse(rest); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, errUsage
		}
		if rest = c.flags.Args(); len(rest) == 0 {
			break
		}
		others, rest = append(others, rest[0]), rest[1:]
	}
	if len(others) < least || len(others) > most {
		c.flags.Usage()
		return nil, errUsage
	}
	return others, nil
}

// json prints a value for programs.
func (c *call) json(v any) error {
	e := json.NewEncoder(&screen{Writer: c.raw, as: escaped})
	e.SetIndent("", "  ")
	return e.Encode(v)
}
