package main

import (
	"os"
	"slices"
	"strings"

	"lvsha/pkg/ha/resource"
)

// daemonDoes says whether this command was called by a hook for an event that the
// daemon takes care of by itself: then there is nothing left to do.
func daemonDoes(command string) bool {
	return slices.Contains(strings.Fields(os.Getenv(resource.EnvDaemonDoes)), command)
}
