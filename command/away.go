package command

import (
	"fmt"
	"io"
	"unicode"

	"relance/observe/health"
)

// processes are the commands of administrators that last, and tell in English what they wait for.
var processes = []string{"worker", "starter", "codec", "up", "demo", "health", "servers", "bench"}

// away is how a server is called for an officer.
var away = map[health.Dependency]string{health.Temporal: "Temporal", health.Archive: "le stockage des documents", health.IMAP: "la boîte aux lettres", health.SMTP: "le serveur de courriel"}

// tellOutage tells an officer that a command could not be carried out because a server is away: it is no fault of his, and the rest is for the
// administrator.
func tellOutage(stderr io.Writer, err error) {
	f, outage := health.Outage(err)
	if !outage || away[f.Of] == "" {
		return
	}
	name := []rune(away[f.Of])
	name[0] = unicode.ToUpper(name[0])
	if f.Reason.Passing() {
		fmt.Fprintf(stderr, "%s ne répond pas en ce moment : recommencez plus tard. Pour l'administrateur :\n", string(name))
		return
	}
	fmt.Fprintf(stderr, "%s refuse cette opération. Pour l'administrateur :\n", string(name))
}
