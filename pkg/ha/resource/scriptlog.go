package resource

import (
	"fmt"
	"io"
	"net"
	"os"
	"path"
	"strings"
	"time"

	"lvsha/pkg/system/logging"
)

// ScriptLog writes where a resource script writes: to what HA_LOGFILE,
// HA_DEBUGLOG and HA_LOGFACILITY name, in the form of shellfuncs' ha_log; with a
// terminal on standard input, or if none is named, to standard error.
type ScriptLog struct {
	tag     string // resource instance and process id
	stderr  io.Writer
	logfile *os.File
	debug   *os.File
	syslog  net.Conn
	pri     int
	now     func() time.Time
	json    bool // the daemon wants objects of JSON in its files
	own     bool // a script of heartbeat, not an agent: severities in its spelling
}

// OpenAgentLog opens the log of an agent: instance is its name and what it works
// on, joined by "_".
func OpenAgentLog(instance string, getenv func(string) string, stderr io.Writer) *ScriptLog {
	kind, _, _ := strings.Cut(instance, "_")
	l := &ScriptLog{
		tag: fmt.Sprintf("%s(%s)[%d]", kind, instance, os.Getpid()), stderr: stderr, now: time.Now,
		json: getenv(logging.JSONEnv) == logging.FormatJSON,
	}
	if terminal(os.Stdin) {
		return l
	}
	l.logfile = appendTo(getenv("HA_LOGFILE"))
	if debug := getenv("HA_DEBUGLOG"); debug != getenv("HA_LOGFILE") {
		l.debug = appendTo(debug)
	}
	if f := facility(getenv("HA_LOGFACILITY")); f >= 0 {
		if c, err := net.Dial("unixgram", "/dev/log"); err == nil {
			l.syslog, l.pri = c, f*8
		}
	}
	return l
}

// OpenScriptLog returns the log of a script of heartbeat's own: to what
// HA_LOGFILE, HA_DEBUGLOG and HA_LOGFACILITY of env name, in the form of
// shellfuncs' ha_log. The function closes it.
func OpenScriptLog(name string, env []string, stderr io.Writer) (logging.Sink, func()) {
	values := make(map[string]string)
	for _, e := range env {
		key, value, _ := strings.Cut(e, "=")
		values[key] = value
	}
	l := OpenAgentLog("default", func(key string) string { return values[key] }, stderr)
	l.tag = fmt.Sprintf("%s(default)[%d]", name, os.Getpid())
	l.own = true
	return l, l.Close
}

// terminal says whether a file is a character device other than the null device.
func terminal(f *os.File) bool {
	i, err := f.Stat()
	if err != nil || i.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err == nil && !os.SameFile(i, null)
}

func appendTo(name string) *os.File {
	if name == "" || name == os.DevNull {
		return nil
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return nil // a log that cannot be written stops no resource
	}
	return f
}

func facility(name string) int {
	names := []string{
		"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
		"", "", "", "", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
	}
	for i, n := range names {
		if name != "" && n == name {
			return i
		}
	}
	return -1
}

// Log writes a line with the severity as resource agents spell it.
func (l *ScriptLog) Log(level logging.Level, text string) {
	names := map[logging.Level]string{
		logging.Debug: "debug", logging.Info: "INFO", logging.Notice: "NOTICE",
		logging.Warn: "WARNING", logging.Error: "ERROR", logging.Crit: "CRIT",
	}
	// The tag names the resource already.
	if _, rest, ok := strings.Cut(text, ": "); ok && strings.Contains(l.tag, text[:len(text)-len(rest)-2]+")") {
		text = rest
	}
	name := names[level]
	if l.own {
		name = level.String()
	}
	l.write(level, text, name+": "+text)
}

// Line writes a line as it is.
func (l *ScriptLog) Line(text string) { l.write(logging.Info, text, text) }

// write writes a bare text where JSON is wanted, and elsewhere the same with its
// severity.
func (l *ScriptLog) write(level logging.Level, bare, text string) {
	now := l.now()
	stamp := now.Format("2006/01/02_15:04:05")
	asFile, asDebug := fmt.Sprintf("%s  %s:    %s\n", stamp, l.tag, text), fmt.Sprintf("%s:\t%s %s\n", l.tag, stamp, text)
	if l.json {
		host, _ := os.Hostname()
		program, _, _ := strings.Cut(l.tag, "[")
		asFile = string(logging.JSON(now, level, host, program, "", os.Getpid(), bare))
		asDebug = asFile
	}
	if l.logfile != nil {
		_, _ = io.WriteString(l.logfile, asFile)
	}
	if l.debug != nil {
		_, _ = io.WriteString(l.debug, asDebug)
	}
	if l.syslog != nil {
		fmt.Fprintf(l.syslog, "<%d>%s %s: %s", l.pri|6, now.Format(time.Stamp), l.tag, text)
	}
	if l.logfile == nil && l.debug == nil && l.syslog == nil {
		fmt.Fprintf(l.stderr, "%s %s: %s\n", stamp, path.Base(l.tag), text)
	}
}

// Close closes the files.
func (l *ScriptLog) Close() {
	for _, f := range []*os.File{l.logfile, l.debug} {
		if f != nil {
			_ = f.Close()
		}
	}
	if l.syslog != nil {
		_ = l.syslog.Close()
	}
}
