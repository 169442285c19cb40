package main

import (
	"fmt"
	"io"
)

// action is what a call of heartbeat is to do.
type action uint8

const (
	start action = iota
	stop
	status
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
  -d: more debug lines
`

// noPacemaker answers the option that leaves the resources to somebody else.
const noPacemaker = "heartbeat: -M leaves the resources to Pacemaker, which this heartbeat does not run\n"

// parse reads the options. Words that are no options are ignored, as the
// original does.
func parse(args []string, stderr io.Writer) (options, bool) {
	var o options
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if len(arg) < 2 || arg[0] != '-' {
			continue
		}
		if arg == "--version" {
			o.action = printVersion
			continue
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
		o.action = status
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
