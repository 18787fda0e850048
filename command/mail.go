package command

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"relance/intake/inspect"
	"relance/mail/auth"
)

// inspected is an inspection with the file it is of.
type inspected struct {
	File string `json:"file"`
	inspect.Inspection
}

// runMailInspect shows how raw messages are understood. It needs neither a server nor any configuration.
func runMailInspect(_ context.Context, c *call) error {
	lines := c.flags.Bool("json", false, "one object a line, for programs")
	server := c.flags.String("server", "", "believe the Authentication-Results of this server alone (its authserv-id); without it the last receiver's are shown")
	below := c.flags.Bool("below", false, "that server writes them right below its Received field")
	const most = 1 << 20
	files, err := c.parseRange(1, most)
	if err != nil {
		return err
	}
	out := json.NewEncoder(&screen{Writer: c.raw, as: escaped})
	out.SetEscapeHTML(false)
	if !*lines {
		out.SetIndent("", "  ")
	}
	failed := false
	for _, file := range files {
		raw, err := readFile(file)
		if err != nil {
			fmt.Fprintln(c.stderr, "relance:", err)
			failed = true
			continue
		}
		if err := out.Encode(inspected{file, inspect.Message(raw, auth.Server{Name: *server, Below: *below})}); err != nil {
			return err
		}
	}
	if failed {
		return errSilent
	}
	return nil
}

// readFile reads a file; « - » is standard input.
func readFile(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(os.Stdin)
	}
	return os.ReadFile(name)
}
