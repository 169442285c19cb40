package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"lvsha/pkg/lvs/ipvs"
	"lvsha/pkg/lvs/plan"
	"lvsha/pkg/lvs/view"
	"lvsha/pkg/system/daemon"
)

// statusCommand is status with or without its options.
func (a *app) statusCommand() int {
	switch {
	case a.options.json || a.options.verbose:
		return a.fullStatus()
	}
	return a.status()
}

// fullStatus prints what the daemon knows, or without one the kernel's table
// alone. The exit status is that of plain status, but for a file with errors,
// which does not matter here.
func (a *app) fullStatus() int {
	s, status := a.look(context.Background())
	const alone = "; the kernel's table alone:"
	if a.options.json {
		if s.Reason != "" {
			fmt.Fprintln(a.stderr, s.Reason+alone)
		}
		e := json.NewEncoder(a.stdout)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		if err := e.Encode(s); err != nil {
			fmt.Fprintf(a.stderr, "ldirectord: %v\n", err)
			return statusFailed
		}
		return status
	}
	if s.Reason != "" {
		fmt.Fprintln(a.stdout, s.Reason+alone)
	}
	if err := s.WriteText(a.stdout); err != nil {
		fmt.Fprintf(a.stderr, "ldirectord: %v\n", err)
		return statusFailed
	}
	return status
}

// look asks the daemon, or the kernel if there is none that answers.
func (a *app) look(ctx context.Context) (s *view.Status, status int) {
	pid, state := a.findDaemon()
	if state == daemon.Running {
		s, err := askStatus(ctx, a.socket())
		switch {
		case err == nil && s.Standby:
			return s, statusStopped
		case err == nil:
			return s, statusOK
		}
		s = a.tableAlone()
		s.Running, s.PID, s.Reason = true, pid, a.unanswered(pid, err)
		return s, statusFailed
	}
	s = a.tableAlone()
	s.Reason = "ldirectord is stopped for " + a.path
	if !a.found {
		s.Reason = a.nowhere()
	}
	return s, statusStopped
}

// unanswered says why a daemon that runs has told nothing.
func (a *app) unanswered(pid int, err error) string {
	return fmt.Sprintf("ldirectord for %s runs with pid %d and does not answer: %s", a.path, pid, daemon.Unanswered(pid, err))
}

// findDaemon finds the daemon of this file under either of its names, and takes
// the name over.
func (a *app) findDaemon() (pid int, state daemon.State) {
	if pid, state = a.running(); state == daemon.Running {
		return pid, state
	}
	if instance, pid := a.twin(); pid != 0 {
		a.instance = instance
		return pid, daemon.Running
	}
	return pid, state
}

func (a *app) tableAlone() *view.Status {
	r := ipvs.NewReader()
	defer r.Close()
	return a.tableOf(r.Usage())
}

func (a *app) tableOf(usage plan.Usage, err error) *view.Status {
	s := view.Stopped(a.facts(0), a.path, time.Now())
	s.AddUsage(usage, err, true)
	s.SetHost(hostAddresses())
	return s
}
