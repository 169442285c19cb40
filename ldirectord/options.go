package main

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"lvsha/pkg/lvs/config"
)

// options are what stands behind a command.
type options struct {
	verbose, json bool          // of status
	real          string        // of drain and undrain
	timeout       time.Duration // of drain and undrain; 0: none
	file          string        // the one that was named
}

// parseCommand reads the command, with the file before it or without one.
func (a *app) parseCommand(args []string) (status int, done bool) {
	if len(args) == 0 {
		return a.usage()
	}
	isCommand := func(i int) bool {
		if i >= len(args) {
			return false
		}
		_, known := commands[args[i]]
		return known
	}
	var rest []string
	named := isCommand(1)
	switch {
	case named:
		a.name, a.command, a.instance, rest = args[0], args[1], filepath.Base(args[0]), args[2:]
	case isCommand(0):
		a.name, a.command, a.instance, rest = "ldirectord.cf", args[0], "ldirectord", args[1:]
	default:
		word := args[min(1, len(args)-1)]
		if near := config.Nearest(word, slices.Sorted(maps.Keys(commands))); near != "" {
			fmt.Fprintf(a.stderr, "ldirectord: there is no command %s; did you mean %s?\n", word, near)
		}
		return a.usage()
	}
	parse := commands[a.command]
	if parse == nil {
		// The original takes no notice of what comes after its own commands.
		if !named && len(rest) > 0 {
			return a.usage()
		}
		return 0, false
	}
	if err := parse(&a.options, rest); err != nil {
		return a.misused(a.command, err)
	}
	if file := a.options.file; file != "" {
		if named {
			return a.misused(a.command, errors.New("one file at a time"))
		}
		a.name, a.instance = file, filepath.Base(file)
	} else if named {
		a.options.file = a.name
	}
	return 0, false
}

// brief is how the commands are used that are not the original's.
var brief = map[string]string{
	"status":  "[configfile] status [--verbose | --json]",
	"drain":   "[configfile] drain REAL[:PORT] [--timeout SECONDS]",
	"undrain": "[configfile] undrain REAL[:PORT] [--timeout SECONDS]",
	"top":     "top [configfile]",
	"--check": "--check [--json] [--explain] [configfile]",
}

// misused says what is wrong with a command line, and how it should be, in two lines:
// the whole help would hide the first.
func (a *app) misused(command string, err error) (status int, done bool) {
	fmt.Fprintf(a.stderr, "ldirectord %s: %v\nUsage: ldirectord %s\n", command, err, brief[command])
	return statusUsage, true
}

func statusOptions(o *options, args []string) error {
	for _, arg := range args {
		switch arg {
		case "--verbose":
			o.verbose = true
		case "--json":
			o.json = true
		default:
			if strings.HasPrefix(arg, "-") {
				return fmt.Errorf("unknown option %s: it has --verbose and --json", arg)
			}
		}
	}
	return nil
}

func drainOptions(o *options, args []string) error {
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		value, attached := strings.CutPrefix(arg, "--timeout=")
		switch {
		case arg == "--timeout" && len(args) > 0:
			value, args = args[0], args[1:]
		case attached:
		case strings.HasPrefix(arg, "-"):
			return fmt.Errorf("unknown option %s: it has --timeout SECONDS", arg)
		case o.real != "":
			return errors.New("one real server at a time")
		default:
			o.real = arg
			continue
		}
		n, err := strconv.ParseUint(value, 10, 31)
		if err != nil || n == 0 {
			return fmt.Errorf("--timeout %s is no number of seconds", value)
		}
		o.timeout = time.Duration(n) * time.Second
	}
	if o.real == "" {
		return errors.New("which real server? ADDRESS or ADDRESS:PORT")
	}
	return nil
}

func topOptions(o *options, args []string) error {
	for _, arg := range args {
		if strings.HasPrefix(arg, "-") || o.file != "" {
			return fmt.Errorf("%s: it takes a file and nothing else", arg)
		}
		o.file = arg
	}
	return nil
}
