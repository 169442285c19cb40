package main

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"lvsha/pkg/ha/config"
	"lvsha/pkg/ha/preflight"
	"lvsha/pkg/ha/resource"
	"lvsha/pkg/system/daemon"
	"lvsha/pkg/system/logging"
	"lvsha/pkg/system/netif"
	systempreflight "lvsha/pkg/system/preflight"
	"lvsha/pkg/system/status"
)

const checkUsage = `Usage: heartbeat --check [--json] [--explain] [directory]
  Looks at ha.cf, haresources and authkeys and at the host. Exit status: 0 all is
  well, 1 warnings, 2 errors.
  --json: the findings as JSON   --explain: who would hold what
`

// checkOptions are the command line of heartbeat --check.
type checkOptions struct {
	dir           string
	json, explain bool
}

// parseCheck returns false if this is no call of --check.
func parseCheck(args []string) (o checkOptions, err error, ok bool) {
	if !slices.Contains(args, "--check") {
		return o, nil, false
	}
	o.dir = configDir
	dirs := 0
	for _, arg := range args {
		switch {
		case arg == "--check":
		case arg == "--json":
			o.json = true
		case arg == "--explain":
			o.explain = true
		case strings.HasPrefix(arg, "-"):
			return o, fmt.Errorf("unknown option %s", arg), true
		default:
			o.dir = arg
			dirs++
		}
	}
	if dirs > 1 {
		return o, fmt.Errorf("--check takes one directory"), true
	}
	return o, nil, true
}

// runCheck prints everything that is wrong in one run.
func runCheck(o checkOptions, stdout, stderr io.Writer) int {
	options := preflight.Options{Dir: o.dir, Host: config.SystemHost()}
	pid, state := daemon.Find(pidFile, daemon.SameProgram)
	if options.Running = state == daemon.Running; options.Running {
		// A daemon of the package before this one does not tell.
		if _, v, err := askView(statusSocket); err == nil {
			options.View = v
		}
	}
	host, err := netif.Open()
	if err != nil {
		fmt.Fprintf(stderr, "heartbeat: netlink: %v\n", err)
	} else {
		defer host.Close()
		runner := &resource.Runner{Env: os.Environ(), Log: silent{}, Agents: &resource.Agents{Host: host, Log: silent{}}}
		options.Gateway = host.Gateway
		options.Scripts = func(g config.Group) []error { return withoutPlace(runner.Check(g)) }
	}
	cfg, report := preflight.Check(options)
	checkSettings(report, sysconfigFile, pid)
	if o.explain && report.Status() < 2 {
		report.Explained = preflight.Explain(cfg)
	}
	write := report.WriteText
	if o.json {
		write = report.WriteJSON
	}
	if err := write(stdout); err != nil {
		fmt.Fprintf(stderr, "heartbeat: %v\n", err)
	}
	return report.Status()
}

// checkSettings reads the settings as a start does, and tries whether the status can
// be shown where they say; pid is that of the daemon that runs, if one does.
func checkSettings(report *systempreflight.Report, path string, pid int) {
	for _, why := range status.Probe(readSettings(path, complaints{report}).listen, pid) {
		report.Host(systempreflight.Warning, "%s: STATUS_LISTEN: %s", path, why)
	}
}

// complaints makes findings of what would be logged.
type complaints struct{ report *systempreflight.Report }

// Log implements logging.Sink.
func (c complaints) Log(_ logging.Level, text string) {
	c.report.Host(systempreflight.Warning, "%s", text)
}

var place = regexp.MustCompile(`^haresources:\d+: `)

// withoutPlace takes the place off errors that are told with it.
func withoutPlace(errs []error) []error {
	for i, err := range errs {
		errs[i] = fmt.Errorf("%s", place.ReplaceAllString(err.Error(), ""))
	}
	return errs
}
