package main

import (
	"io"
	"os"

	"golang.org/x/sys/unix"

	"lvsha/pkg/system/logging"
)

// borrowed reports whether the program has the rights of its file, not of its
// caller.
func borrowed() bool { return unix.Getgid() != unix.Getegid() || unix.Getuid() != unix.Geteuid() }

// openToolLog is the log of a tool that may run as a client of heartbeat: to
// standard error and to what the daemon's environment names.
func openToolLog(name string, stderr io.Writer) (*logging.Log, error) {
	o := logging.Options{
		Style: logging.Heartbeat, Name: name, Terminal: stderr, Level: logging.Info,
		Facility: os.Getenv("HA_LOGFACILITY"), JSON: os.Getenv(logging.JSONEnv) == logging.FormatJSON,
	}
	// A program with more rights than its caller writes to no file of the
	// caller's choice.
	if !borrowed() {
		o.Logfile, o.Debugfile = os.Getenv("HA_LOGFILE"), os.Getenv("HA_DEBUGLOG")
	}
	o.Host, _ = os.Hostname()
	if format := os.Getenv("HA_syslogmsgfmt"); format == "false" || format == "off" || format == "no" {
		o.Style = logging.HeartbeatOld
	}
	if !logging.KnownFacility(o.Facility) {
		o.Facility = ""
	}
	return logging.Open(o)
}
