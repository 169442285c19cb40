package main

import (
	"io"
	"os"

	"lvsha/pkg/system/logging"
)

// openToolLog is the log of a tool that may run as a client of heartbeat: to
// standard error and to what the daemon's environment names.
func openToolLog(name string, stderr io.Writer) (*logging.Log, error) {
	o := logging.Options{
		Style: logging.Heartbeat, Name: name, Terminal: stderr, Level: logging.Info,
		Logfile: os.Getenv("HA_LOGFILE"), Debugfile: os.Getenv("HA_DEBUGLOG"), Facility: os.Getenv("HA_LOGFACILITY"),
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
