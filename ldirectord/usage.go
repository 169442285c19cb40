package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

const usageText = `Usage:
    ldirectord [-d|--debug] [-f|--foreground] [--] [configfile] start | stop |
    restart | try-restart | reload | force-reload | status | standby

    ldirectord [configfile] status --verbose | --json

    ldirectord [configfile] drain | undrain REAL[:PORT] [--timeout SECONDS]

    ldirectord top [configfile]

    ldirectord --check [--json] [--explain] [configfile]

    ldirectord [-h|-?|--help|-v|--version]

Options:
    configfile: the configuration, looked for in /etc/ha.d, in /etc/ha.d/conf
    and as it is given. Without one: ldirectord.cf.

    -d|--debug Stay in the foreground and log to the standard error.

    --check Look at the configuration and the host and print everything that
    is wrong. Exit status: 0 nothing, 1 warnings, 2 errors. --json prints it as
    JSON, --explain the table as well that there would be with all servers up.

    -f|--foreground Stay in the foreground, for service managers. The log and the
    pid file are those of a daemon in the background.

    -h|--help Print this help and exit.

    -v|--version Print the version and exit.

    start: run in the background. Returns when the table stands.

    stop: end the running daemon. Returns when it has cleaned up.

    restart, try-restart: stop and start; the latter only if it is running.

    reload, force-reload: read the configuration again. Returns when it is in
    effect; a file with errors changes nothing and gives exit status 2.

    status: say whether it is running. --verbose prints the virtual services and
    their servers, --json the same for programs.

    drain, undrain: take a real server out of service by a file in maintenancedir
    and watch its connections end, and give it back. Exit status: 0 done, 1
    failed, 2 an error in the file, 3 the daemon does not run, 4 the time was up.

    top: show it all on one screen, once a second, of one file or of every one.

    standby: run in the background, check the real servers and leave the table
    alone. A start then sets up the table by what is known. To status it is stopped.

`

// standbyCommand runs the daemon with its checks alone.
const standbyCommand = "standby"

// commands are the words, and what may stand behind them.
var commands = map[string]func(*options, []string) error{
	"start": nil, "stop": nil, "restart": nil, "try-restart": nil, "reload": nil, "force-reload": nil, standbyCommand: nil,
	"status": statusOptions, "drain": drainOptions, "undrain": drainOptions, "top": topOptions,
}

// parse reads the command line. done is true if the invocation ends here.
func (a *app) parse(args []string) (status int, done bool) {
	if status, done := a.parseCheck(args); done {
		return status, true
	}
	var show string // help or version
	for len(args) > 0 && strings.HasPrefix(args[0], "-") && args[0] != "-" {
		option := args[0]
		args = args[1:]
		if option == "--" {
			break
		}
		letters := strings.Split(strings.TrimPrefix(option, "-"), "")
		if strings.HasPrefix(option, "--") {
			letters = []string{longOptions[option]}
			if letters[0] == "" {
				return a.badOption(strings.TrimPrefix(option, "--"))
			}
		}
		for _, letter := range letters {
			switch letter {
			case "d":
				a.debug = true
			case "f":
				a.stay = true
			case "h", "?":
				show = "help"
			case "v":
				if show == "" {
					show = "version"
				}
			default:
				return a.badOption(letter)
			}
		}
	}
	switch show {
	case "help":
		fmt.Fprint(a.stdout, usageText)
		return statusOK, true
	case "version":
		fmt.Fprintf(a.stdout, "Linux Director v%s-ha\n", version)
		return statusOK, true
	}
	return a.parseCommand(args)
}

// parseCheck does what --check asks for, if it is there.
func (a *app) parseCheck(args []string) (status int, done bool) {
	if !slices.Contains(args, "--check") {
		return 0, false
	}
	var o checkOptions
	var files []string
	for _, arg := range args {
		switch {
		case arg == "--check":
		case arg == "--json":
			o.json = true
		case arg == "--explain":
			o.explain = true
		case strings.HasPrefix(arg, "-"):
			return a.misused("--check", fmt.Errorf("unknown option %s: it has --json and --explain", arg))
		default:
			files = append(files, arg)
		}
	}
	switch len(files) {
	case 0:
		a.name, a.instance = "ldirectord.cf", "ldirectord"
	case 1:
		a.name, a.instance = files[0], filepath.Base(files[0])
	default:
		return a.misused("--check", errors.New("one file at a time"))
	}
	a.path, a.found = a.site.find(a.name)
	return a.preflight(o), true
}

var longOptions = map[string]string{"--debug": "d", "--foreground": "f", "--help": "h", "--version": "v"}

func (a *app) badOption(name string) (int, bool) {
	fmt.Fprintf(a.stderr, "Unknown option: %s\n", name)
	return a.usage()
}

func (a *app) usage() (int, bool) {
	fmt.Fprint(a.stdout, usageText)
	return statusUsage, true
}
