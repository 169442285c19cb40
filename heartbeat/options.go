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
  no option: start in the background   -f: start in the foreground
  -k: stop   -s: status   -r: reread the configuration   -d: more debug lines   -V: version
`

// parse reads the options. Words that are no options are ignored, as the
// original does.
func parse(args []string, stderr io.Writer) (options, bool) {
	var o options
	for _, arg := range args {
		if len(arg) < 2 || arg[0] != '-' {
			continue
		}
		if arg == "--version" {
			o.action = printVersion
			continue
		}
		for _, letter := range arg[1:] {
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
	default:
		return false
	}
	return true
}
