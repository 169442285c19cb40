package resource

import "regexp"

// heartbeat judges a status by its standard output alone, whatever the exit
// code: first whether it says that something is not running, then whether it
// says that it is. The patterns span lines.
var (
	saysStopped = regexp.MustCompile(`(?s)[Nn][Oo][Tt] .*[Rr]unning`)
	saysRunning = regexp.MustCompile(`[Rr]unning|OK`)
)

// running judges the output of a script's status action.
func running(output []byte) bool {
	return !saysStopped.Match(output) && saysRunning.Match(output)
}
