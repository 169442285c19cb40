package logging

import (
	"io"
	"time"
)

// Style is the form of a line.
type Style uint8

// The forms that the originals write.
const (
	// Heartbeat is the form of ha.cf(5) syslogmsgfmt true, the default of 3.0.6:
	//
	//	Nov 22 17:18:17 alpha heartbeat: [38]: info: text
	Heartbeat Style = iota
	// HeartbeatOld is the form of ha.cf(5) syslogmsgfmt false, the default of 2.1:
	//
	//	heartbeat[38]: 2026/11/22_17:18:32 info: text
	HeartbeatOld
	// Ldirectord is the form of the file that ldirectord.cf logfile names:
	//
	//	[Sun Nov 22 17:02:34 2026|ldirectord.cf|38] text
	Ldirectord
	// Supervised is the form of ldirectord.cf supervised on the standard output:
	//
	//	[Sun Nov 22 17:02:34 2026] text
	Supervised
	// Plain is the bare text, as ldirectord -d prints it.
	Plain
)

// ofLdirectord reports whether the form belongs to ldirectord, which opens its
// file for each line and gives every syslog line the severity info.
func (s Style) ofLdirectord() bool { return s >= Ldirectord }

// Options says where lines go and how they look. The zero value logs nowhere.
type Options struct {
	Style Style
	// Host is the node name in a Heartbeat line, as uname gives it.
	Host string
	// Name is the program in a heartbeat line ("heartbeat" if empty), the
	// instance in an Ldirectord line ("ldirectord" if empty).
	Name string
	// JSON has the files, and the terminal of a supervised ldirectord, get one
	// object of JSON a line. Syslog and ha_logd have time, program and severity of
	// their own and get their lines as ever.
	JSON bool
	// PID is printed in the line; 0 means the process itself.
	PID int
	// Level is the least severe level that is logged. The zero value logs all.
	Level Level

	// Logfile gets everything but debug lines, Debugfile everything. Empty or
	// /dev/null means no file. Both are made with mode 0644 if they are missing
	// and followed when they are rotated.
	Logfile, Debugfile string
	// UID and GID own the files, set once by Open; 0 leaves them as they are.
	UID, GID int
	// Facility is a syslog facility in lower case; empty or "none" means no
	// syslog. An unknown name is an error for heartbeat and "user" for
	// ldirectord.
	Facility string
	// SyslogSocket is the UNIX socket of syslog; empty means /dev/log.
	SyslogSocket string
	// Logd is the socket of ha_logd(8), which gets the lines in place of files and
	// syslog for as long as it listens; "" means none. LogdRetry is between
	// attempts to reach it, a minute if 0.
	Logd      string
	LogdRetry time.Duration
	// Terminal gets every line as well: standard error while heartbeat starts,
	// standard output of a supervised ldirectord. Detach ends that.
	Terminal io.Writer
	// Fallback gets the lines that could not be written to Logfile, and nil
	// loses them. For ldirectord it is standard error.
	Fallback io.Writer

	// Queue is how many lines may wait for the disk; 0 means 4096. Further
	// ones are dropped and counted.
	Queue int
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}
