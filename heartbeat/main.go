// Command heartbeat is the node daemon and, under their names, the small
// commands that belong to it.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"lvsha/pkg/ha/agent"
	"lvsha/pkg/ha/resource"
)

// version is set by the linker.
var version = "5.0.0"

func main() {
	os.Exit(run(os.Args, os.Stdout, os.Stderr))
}

// run picks the command by the name it was called by, so that one binary is
// installed under many names.
func run(args []string, stdout, stderr io.Writer) int {
	name := filepath.Base(args[0])
	switch {
	case borrowed() && name != clStatusName:
		// Installed with the group of the API for everybody: only to ask.
		fmt.Fprintf(stderr, "%s: this program asks only, as %s\n", name, clStatusName)
		return exitFailed
	case resource.IsAddress(name):
		return resource.RunIPaddr(name, args[1:], stdout, stderr)
	case name == resource.SendARPName:
		return resource.RunSendARP(args[1:], stderr)
	case agent.Is(name):
		ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
		defer cancel()
		return agent.Run(ctx, args[0], args[1:], stdout, stderr)
	}
	if t, ok := tools[name]; ok {
		if daemonDoes(name) {
			return exitOK
		}
		return t(args[0], args[1:], stdout, stderr)
	}
	return runHeartbeat(args[1:], stdout, stderr)
}
