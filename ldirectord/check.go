package main

import (
	"fmt"
	"os"

	"lvsha/pkg/lvs/director"
	"lvsha/pkg/lvs/ipvs"
	"lvsha/pkg/lvs/plan"
	lvspreflight "lvsha/pkg/lvs/preflight"
	"lvsha/pkg/system/daemon"
	"lvsha/pkg/system/logging"
	"lvsha/pkg/system/preflight"
	"lvsha/pkg/system/status"
)

// checkOptions are what --check is told besides the file.
type checkOptions struct {
	json, explain bool
}

// preflight prints everything that is wrong with the file and the host in one
// run. Nothing is changed, but that the kernel may load IPVS.
func (a *app) preflight(o checkOptions) int {
	report := &preflight.Report{Path: a.path}
	var table plan.Table
	switch content, err := os.ReadFile(a.path); {
	case !a.found:
		report.Add(preflight.Finding{Severity: preflight.Error, File: a.name, Text: a.nowhere()})
	case err != nil:
		report.Add(preflight.Finding{Severity: preflight.Error, File: a.path, Text: err.Error()})
	default:
		loaded, found := director.Load(a.path, readOnly)
		lvspreflight.Add(report, found, string(content))
		if loaded != nil {
			lvspreflight.Check(lvspreflight.Options{Kernel: kernelWorks}, loaded.Config, report)
			table = plan.Whole(loaded.Config)
		}
	}
	a.checkSettings(report, sysconfigFile)
	a.checkTwin(report)
	if o.explain && table != nil {
		report.Explained = table.Lines()
	}
	write := report.WriteText
	if o.json {
		write = report.WriteJSON
	}
	if err := write(a.stdout); err != nil {
		fmt.Fprintf(a.stderr, "ldirectord: %v\n", err)
	}
	return report.Status()
}

// checkSettings reads the settings as a start does, and tries whether the status can
// be shown where they say.
func (a *app) checkSettings(report *preflight.Report, path string) {
	log := complaints{report}
	readVerify(path, log)
	readLogFormat(path, log)
	pid, _ := a.findDaemon()
	for _, why := range status.Probe(readListen(path, a.instance, log), pid) {
		report.Host(preflight.Warning, "%s: STATUS_LISTEN: %s", path, why)
	}
}

// complaints makes findings of what would be logged.
type complaints struct{ report *preflight.Report }

// Log implements logging.Sink.
func (c complaints) Log(_ logging.Level, text string) { c.report.Host(preflight.Warning, "%s", text) }

// checkTwin looks for a daemon that runs the same file under its other name: both
// would change the same services.
func (a *app) checkTwin(report *preflight.Report) {
	if !a.found {
		return
	}
	_, own := a.running()
	if instance, pid := a.twin(); pid != 0 && own == daemon.Running {
		report.Host(preflight.Warning, "%s is run by two instances, %s and %s (pid %d): stop one of them", a.path, a.instance, instance, pid)
	}
}

func kernelWorks() error {
	k, err := ipvs.Open()
	if err != nil {
		return err
	}
	return k.Close()
}
