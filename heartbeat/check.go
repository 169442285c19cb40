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
	"lvsha/pkg/system/netif"
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
	_, state := daemon.Find(pidFile, daemon.SameProgram)
	options.Running = state == daemon.Running
	host, err := netif.Open()
	if err != nil {
		fmt.Fprintf(stderr, "heartbeat: netlink: %v\n", err)
	} else {
		defer host.Close()
		runner := &resource.Runner{Env: os.Environ(), Log: silent{}, Agents: &resource.Agents{Host: host, Log: silent{}}}
		options.Scripts = func(g config.Group) []error { return withoutPlace(runner.Check(g)) }
	}
	cfg, report := preflight.Check(options)
	write := report.WriteText
	if o.json {
		write = report.WriteJSON
	}
	if err := write(stdout); err != nil {
		fmt.Fprintf(stderr, "heartbeat: %v\n", err)
	}
	if o.explain && report.Status() < 2 {
		for _, line := range preflight.Explain(cfg) {
			fmt.Fprintln(stdout, line)
		}
	}
	return report.Status()
}

var place = regexp.MustCompile(`^haresources:\d+: `)

// withoutPlace takes the place off errors that are told with it.
func withoutPlace(errs []error) []error {
	for i, err := range errs {
		errs[i] = fmt.Errorf("%s", place.ReplaceAllString(err.Error(), ""))
	}
	return errs
}
