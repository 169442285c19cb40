package main

import (
	"fmt"
	"os"

	"lvsha/pkg/lvs/director"
	"lvsha/pkg/lvs/ipvs"
	"lvsha/pkg/lvs/plan"
	lvspreflight "lvsha/pkg/lvs/preflight"
	"lvsha/pkg/system/preflight"
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
		report.Add(preflight.Finding{Severity: preflight.Error, File: a.name, Text: "not found"})
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
	write := report.WriteText
	if o.json {
		write = report.WriteJSON
	}
	if err := write(a.stdout); err != nil {
		fmt.Fprintf(a.stderr, "ldirectord: %v\n", err)
	}
	if o.explain && table != nil {
		for _, line := range table.Lines() {
			fmt.Fprintln(a.stdout, line)
		}
	}
	return report.Status()
}

func kernelWorks() error {
	k, err := ipvs.Open()
	if err != nil {
		return err
	}
	return k.Close()
}
