package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"lvsha/pkg/ha/config"
	"lvsha/pkg/system/daemon"
	"lvsha/pkg/system/logging"
)

// Exit statuses that the init script and its readers know.
const (
	exitOK         = 0
	exitFailed     = 1
	exitUsage      = 2
	exitStopped    = 3
	exitPermission = 4
	exitConfig     = 6
)

func runHeartbeat(args []string, stdout, stderr io.Writer) int {
	if o, err, ok := parseCheck(args); ok {
		if err != nil {
			fmt.Fprintf(stderr, "heartbeat: %v\n%s", err, checkUsage)
			return exitUsage
		}
		return runCheck(o, stdout, stderr)
	}
	if len(args) > 0 && args[0] == "status" {
		return runFullStatus(args[1:], statusSocket, pidFile, stdout, stderr)
	}
	o, ok := parse(args, stderr)
	if !ok {
		return exitUsage
	}
	switch o.action {
	case printVersion:
		fmt.Fprintln(stdout, version)
		return exitOK
	case printDefaults:
		runDefaults(stdout)
		return exitOK
	case printStatus:
		return runStatus(pidFile, stdout)
	case stop:
		return runStop(pidFile, stderr)
	case reload:
		return runReload(configDir, pidFile, o, stdout, stderr)
	}
	return runStart(o, stdout, stderr)
}

// runDefaults prints the table of the directives of ha.cf that have a default.
func runDefaults(stdout io.Writer) {
	const format = "%-23.23s  %-8.8s  %s\n"
	fmt.Fprintf(stdout, format, "Directive", "Default", "Description")
	fmt.Fprintln(stdout, strings.Repeat("-", 80))
	for _, d := range config.Defaults() {
		fmt.Fprintf(stdout, format, d.Name, d.Value, d.Text)
	}
}

// runStatus prints what monitoring greps for.
func runStatus(file string, stdout io.Writer) int {
	pid, state := daemon.Find(file, daemon.SameProgram)
	if state == daemon.Running {
		host, _ := os.Hostname()
		fmt.Fprintf(stdout, "heartbeat OK [pid %d et al] is running on %s [%s]...\n", pid, host, strings.ToLower(host))
		return exitOK
	}
	fmt.Fprintln(stdout, "heartbeat is stopped. No process")
	if state == daemon.Stale {
		return exitFailed
	}
	return exitStopped
}

// runStop asks the daemon to give up everything and returns when it has gone.
func runStop(file string, stderr io.Writer) int {
	pid, state := daemon.Find(file, daemon.SameProgram)
	if state != daemon.Running {
		fmt.Fprintln(stderr, "INFO: Heartbeat already stopped.")
		return exitOK
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
		fmt.Fprintf(stderr, "ERROR: Could not kill pid %d: %v\n", pid, err)
		if errors.Is(err, syscall.EPERM) {
			return exitPermission
		}
		return exitFailed
	}
	if err := daemon.WaitExit(context.Background(), pid); err != nil {
		fmt.Fprintf(stderr, "ERROR: heartbeat: %v\n", err)
		return exitFailed
	}
	return exitOK
}

// runReload checks the configuration and tells the daemon to read it again.
func runReload(dir, file string, o options, stdout, stderr io.Writer) int {
	pid, state := daemon.Find(file, daemon.SameProgram)
	if state != daemon.Running {
		return runStart(o, stdout, stderr)
	}
	cfg, report := config.Load(dir, config.SystemHost())
	log := openLog(cfg, stderr, o)
	defer log.Close()
	for _, line := range report.Lines() {
		log.Log(line.Level, line.Text)
	}
	if !report.OK() {
		logging.Logf(log, logging.Info, "Config errors: Heartbeat pid %d NOT restarted", pid)
		return report.Status
	}
	logging.Logf(log, logging.Info, "Signalling heartbeat pid %d to reread config files", pid)
	if err := syscall.Kill(pid, syscall.SIGHUP); err != nil {
		logging.Logf(log, logging.Error, "signal pid %d: %v", pid, err)
		return exitFailed
	}
	return exitOK
}
