package main

import (
	"os"
	"strings"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/system/logging"
)

// openLog opens the log that the configuration names. Foreground modes log to
// the terminal.
func (a *app) openLog(target string, supervised bool) (*logging.Log, error) {
	o := logging.Options{Style: logging.Ldirectord, Name: a.instance, Fallback: a.stderr, Level: logging.Info}
	o.JSON = readLogFormat(sysconfigFile, silent{})
	switch {
	case a.debug:
		o.Style, o.Terminal, o.Fallback, o.Level = logging.Plain, a.stderr, nil, logging.Debug
	case supervised:
		o.Style, o.Terminal, o.Fallback = logging.Supervised, a.stdout, nil
	case strings.HasPrefix(target, "/"):
		o.Logfile = target
	default:
		o.Facility = target
	}
	return logging.Open(o)
}

// note writes lines to the log of a command that is not the daemon.
func (a *app) note(lines ...string) {
	target := config.DefaultLogFile
	if content, err := os.ReadFile(a.path); err == nil {
		target = config.LogTarget(string(content))
	}
	l, err := a.openLog(target, false)
	if err != nil {
		return
	}
	for _, text := range lines {
		l.Log(logging.Info, text)
	}
	l.Close()
}

// silent is the log of who is told elsewhere.
type silent struct{}

// Log implements logging.Sink.
func (silent) Log(logging.Level, string) {}

// invoked is how the original says that it was called.
func (a *app) invoked() string {
	return "Invoking ldirectord invoked as: " + a.args[0] + " " + a.operands() + " "
}

func (a *app) operands() string {
	if a.instance == "ldirectord" && a.name == "ldirectord.cf" && len(a.args) > 1 && a.args[len(a.args)-1] == a.command {
		return a.command
	}
	return a.name + " " + a.command
}
