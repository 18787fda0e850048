// Relance is an engine for public aid: firms apply by email, each application is a durable workflow, officers decide, and the
// decision goes out as a letter. Run it without an argument for the list of what it can do.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"relance/command"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := command.Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
