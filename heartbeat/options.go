package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"lvsha/pkg/ha/config"
)

// action is what a call of heartbeat is to do.
type action uint8

const (
	start action = iota
	stop
	printStatus
	reload
	printVersion
	printDefaults
)

// options are the command line of heartbeat(8).
type options struct {
	action     action
	foreground bool
	debug      int
	verbose    bool
	noRealtime bool
}

const usage = `Usage: heartbeat [-dDkMrRsvWlVf] [-C Current-resource-state]
  no option: start in the background   -f: start in the foreground   -l: without realtime priority
  -k: stop   -s: status   -r: reread the configuration   -D: defaults of ha.cf   -V: version
  -d: more debug lines   status [--json]: what this node sees   --check: what is wrong in files and host
`

// noPacemaker answers the option that leaves the resources to somebody else.
const noPacemaker = "heartbeat: -M leaves the resources to Pacemaker, which this heartbeat does not run\n"

// meant is what words ask for that the original ignores: who writes them does not
// want another daemon to start.
var meant = map[string]string{
	"stop": "heartbeat -k", "reload": "heartbeat -r", "restart": "/etc/init.d/heartbeat restart", "standby": "hb_standby", "takeover": "hb_takeover",
	"version": "heartbeat -V", "check": "heartbeat --check", "help": "man heartbeat", "status": "heartbeat status", "state": "heartbeat status",
	"stat": "heartbeat status",
}

// misspelt says what was meant by a word, "" if it is none of those.
func misspelt(word string) string {
	word = strings.ToLower(strings.TrimLeft(word, "-"))
	if command := meant[word]; command != "" || len(word) < 4 {
		return command
	}
	return meant[config.Nearest(word, slices.Sorted(maps.Keys(meant)))]
}

// parse reads the options. Other words are ignored, as the original does, unless
// they ask for something else than a start.
func parse(args []string, stderr io.Writer) (options, bool) {
	var o options
	if len(args) > 0 && (args[0] == "" || args[0][0] != '-') && args[0] != "start" {
		if command := misspelt(args[0]); command != "" {
			fmt.Fprintf(stderr, "heartbeat: %s is nothing that it does; did you mean %s?\n", args[0], command)
			return o, false
		}
	}
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if len(arg) < 2 || arg[0] != '-' {
			continue
		}
		if arg == "--version" {
			o.action = printVersion
			continue
		}
		if strings.HasPrefix(arg, "--") {
			hint := ""
			if command := misspelt(arg); command != "" {
				hint = "; did you mean " + command + "?"
			}
			fmt.Fprintf(stderr, "heartbeat: unknown option %s%s\n%s", arg, hint, usage)
			return o, false
		}
		for at, letter := range arg[1:] {
			if letter == 'C' {
				// The state that the original hands on to its next life. Ours needs none.
				if at+2 == len(arg) {
					i++
				}
				break
			}
			if letter == 'M' {
				fmt.Fprint(stderr, noPacemaker)
				return o, false
			}
			if !o.set(letter) {
				fmt.Fprintf(stderr, "heartbeat: unknown option -%c\n%s", letter, usage)
				return o, false
			}
		}
	}
	return o, true
}

func (o *options) set(letter rune) bool {
	switch letter {
	case 'd':
		o.debug++
	case 'f':
		o.foreground = true
	case 'k':
		o.action = stop
	case 'l':
		o.noRealtime = true
	case 'r':
		o.action = reload
	case 's':
		o.action = printStatus
	case 'v':
		o.verbose = true
	case 'V':
		o.action = printVersion
	case 'D':
		o.action = printDefaults
	case 'R', 'W':
		// How the original restarts itself, and a form of -D for a wiki.
	default:
		return false
	}
	return true
}
