package health

import (
	"fmt"
	"strings"
)

// words are how a dependency is called, and by what it is set.
type words struct{ name, address, login, certificate string }

var vocabulary = map[Dependency]words{
	Temporal:  {"Temporal", "TEMPORAL_ADDRESS", "TEMPORAL_API_KEY or TEMPORAL_TLS_*", "TEMPORAL_TLS_*"},
	Archive:   {"the object store", "RELANCE_S3_ENDPOINT", "RELANCE_S3_ACCESS_KEY and RELANCE_S3_SECRET_KEY", "RELANCE_S3_CA"},
	IMAP:      {"the mailbox's server", "RELANCE_IMAP_ADDRESS", "RELANCE_IMAP_USERNAME and RELANCE_IMAP_PASSWORD, or the access token", "RELANCE_IMAP_CA"},
	Inbox:     {"the inbox", "RELANCE_IMAP_INBOX", "", ""},
	SMTP:      {"the mail server that sends", "RELANCE_SMTP_ADDRESS", "RELANCE_SMTP_USERNAME and RELANCE_SMTP_PASSWORD, or the access token", "RELANCE_SMTP_CA"},
	Scanner:   {"the virus scanner", "RELANCE_CLAMD", "", ""},
	Timestamp: {"the timestamp authority", "RELANCE_TSA_URL", "", "RELANCE_TSA_ROOTS"},
	Disk:      {"the folder for temporary files", "TMPDIR", "", ""},
	Clock:     {"this machine's clock", "", "", ""},
	Versions:  {"the version of the workers that is current", "", "", ""},
}

// Sentence says in plain words what is wrong, and what whoever keeps the servers does about it. It holds no word of the server itself: those are in
// the log.
func (f *Failure) Sentence(address string) string {
	w := vocabulary[f.Of]
	who := w.name
	if address != "" {
		who += " at " + address
	}
	code := ""
	if f.Code != "" {
		code = " (" + f.Code + ")"
	}
	switch f.Reason {
	case Refused:
		return fmt.Sprintf("Nothing listens where %s should be: start it, or correct %s.", who, w.address)
	case Unresolved:
		return fmt.Sprintf("The name of %s is not known: look at the DNS, or correct %s.", who, w.address)
	case Unreachable:
		if f.Of == Temporal {
			return fmt.Sprintf("%s cannot be reached, or cannot work: see whether it runs, its database and that one's disk, and the network between.", capital(who))
		}
		return fmt.Sprintf("%s cannot be reached: see whether it runs, and the network between.", capital(who))
	case Timeout:
		return fmt.Sprintf("%s does not answer in time: see whether it hangs, is overloaded or is cut off by a firewall.", capital(who))
	case Cut:
		return fmt.Sprintf("The connection to %s breaks: its log says why.", who)
	case Busy:
		return fmt.Sprintf("%s turns us away for now%s: its load, or a limit it sets us.", capital(who), code)
	case Failing:
		return fmt.Sprintf("%s answers that it has failed%s: its log says why.", capital(who), code)
	case Full:
		if f.Of == Disk {
			return "The folder for temporary files is full, and large mails wait: make room, or let TMPDIR lead to a larger one."
		}
		return fmt.Sprintf("%s has no room left%s: give it more space; nothing can be stored until then.", capital(who), code)
	case Refusing:
		return fmt.Sprintf("%s puts off the mails that it is given%s: its log says why.", capital(who), code)
	case PutOff:
		return fmt.Sprintf("%s puts this mail off%s: it is sent again later.", capital(who), code)
	case Login:
		return fmt.Sprintf("%s refuses the login%s: correct %s.", capital(who), code, w.login)
	case Denied:
		if f.Of == Archive {
			return fmt.Sprintf("%s does not let the access key do what it must%s: give it the rights of deploy/minio/policy.json.", capital(who), code)
		}
		return fmt.Sprintf("%s does not let us do what we must%s: give us the right.", capital(who), code)
	case Missing:
		if f.Of == Temporal {
			return "Temporal has no such namespace: make it, or correct TEMPORAL_NAMESPACE."
		}
		return fmt.Sprintf("%s has no such bucket: make it, or correct RELANCE_S3_BUCKET.", capital(who))
	case Certificate:
		return fmt.Sprintf("The certificate of %s cannot be believed: it has expired, names another server, or its authority is not in %s; or this machine's clock is wrong.", who, w.certificate)
	case Skewed:
		if f.Of == Clock {
			return "The clocks of this machine and of Temporal or the mail server differ by minutes: set them by NTP. A worker does nothing that bears a date meanwhile."
		}
		return fmt.Sprintf("The clocks of this machine and of %s differ too much: set both by NTP.", who)
	}
	if f.Reason == Stuck {
		return fmt.Sprintf("The mailbox's server cannot give some messages of the inbox%s: look at them with a mail program, "+
			"and forward or move them. All others are read.", code)
	}
	if f.Reason == Standstill {
		return "Cases wait for a version of which no worker asks for work: `relance rollout status` shows which; start one, or give the cases to another with `relance rollout current`."
	}
	return fmt.Sprintf("%s cannot be worked with%s: the log says why.", capital(who), code)
}

func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
