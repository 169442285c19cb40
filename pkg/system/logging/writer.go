package logging

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/sirupsen/logrus"
)

// writer gives a line to each target. Only the goroutine of the log uses it.
type writer struct {
	style     Style
	tag       string // for syslog
	prefix    string // before the text, for syslog
	format    formatter
	logfile   *fileTarget
	debugfile *fileTarget
	syslog    *syslogTarget
	logd      *logdTarget
	terminal  io.Writer
	fallback  io.Writer
}

func newWriter(o Options) (writer, error) {
	f := formatter{style: o.Style, host: o.Host, name: o.Name, pid: o.PID}
	if f.pid == 0 {
		f.pid = os.Getpid()
	}
	if f.name == "" {
		f.name = "heartbeat"
		if o.Style.ofLdirectord() {
			f.name = "ldirectord"
		}
	}
	sys, err := newSyslog(o)
	if err != nil {
		return writer{}, err
	}
	w := writer{
		style:     o.Style,
		format:    f,
		logfile:   newFile(o.Logfile, o.Style.ofLdirectord()),
		debugfile: newFile(o.Debugfile, o.Style.ofLdirectord()),
		syslog:    sys,
		logd:      newLogd(o),
		terminal:  o.Terminal,
		fallback:  o.Fallback,
	}
	if o.Style.ofLdirectord() {
		w.tag = fmt.Sprintf("ldirectord[%d]", f.pid)
	} else {
		w.tag = f.name
		w.prefix = fmt.Sprintf("[%d]: ", f.pid)
	}
	for _, t := range []*fileTarget{w.logfile, w.debugfile} {
		if t != nil && !t.eachLine && t.open() == nil {
			t.own(o.UID, o.GID)
		}
	}
	return w, nil
}

// write gives one line to every target that takes its level.
func (w *writer) write(at time.Time, level Level, text string) {
	text = clean(text)
	entry := &logrus.Entry{
		Time:    at,
		Level:   logrusLevel(level),
		Message: text,
		Data:    logrus.Fields{severityKey: level},
	}
	line, err := w.format.Format(entry)
	if err != nil {
		return
	}
	if w.terminal != nil {
		_, _ = w.terminal.Write(line)
	}
	if w.logd != nil && w.toLogd(at, level, text) {
		return
	}
	if w.debugfile != nil {
		w.toFile(w.debugfile, at, line)
	}
	if w.logfile != nil && level != Debug {
		w.toFile(w.logfile, at, line)
	}
	if w.syslog != nil {
		w.toSyslog(at, level, text)
	}
}

// toLogd reports whether the log daemon has taken a line. That it is not there is
// said each time that it was looked for in vain.
func (w *writer) toLogd(at time.Time, level Level, text string) bool {
	priority := priorities[Crit]
	if int(level) < len(priorities) {
		priority = priorities[level]
	}
	err := w.logd.write(at, logdFrame(at, w.logd.facility, priority, w.format.pid, true, w.format.name, text))
	if err != nil && err != errLogdAway {
		w.aside(at, Warn, "Initializing connection to logging daemon failed. Logging daemon may not be running")
	}
	return err == nil
}

func (w *writer) toFile(t *fileTarget, at time.Time, line []byte) {
	rotated, err := t.write(line)
	if err != nil {
		if w.fallback != nil {
			_, _ = w.fallback.Write(line)
		}
		if !t.failed {
			t.failed = true
			w.aside(at, Error, fmt.Sprintf("Cannot write log file %s: %v", t.path, err))
		}
		return
	}
	t.failed = false
	if rotated && !t.eachLine {
		w.aside(at, Info, "log-rotate detected on logfile "+t.path)
	}
}

// aside reports something about a file to the targets that are no files, and
// into the new file after a rotation.
func (w *writer) aside(at time.Time, level Level, text string) {
	entry := &logrus.Entry{Time: at, Message: text, Data: logrus.Fields{severityKey: level}}
	line, err := w.format.Format(entry)
	if err != nil {
		return
	}
	if w.terminal != nil {
		_, _ = w.terminal.Write(line)
	}
	if w.syslog != nil {
		w.toSyslog(at, level, text)
	}
	for _, t := range []*fileTarget{w.logfile, w.debugfile} {
		if t != nil && t.file != nil {
			_, _ = t.file.Write(line)
		}
	}
}

func (w *writer) toSyslog(at time.Time, level Level, text string) {
	priority := priorities[Info]
	if !w.style.ofLdirectord() {
		priority = priorities[Crit]
		if int(level) < len(priorities) {
			priority = priorities[level]
		}
		text = w.prefix + level.String() + ": " + text
	}
	w.syslog.write(at, priority, w.tag, text)
}

func (w *writer) close() {
	for _, t := range []*fileTarget{w.logfile, w.debugfile} {
		if t != nil {
			t.close()
		}
	}
	if w.syslog != nil {
		w.syslog.close()
	}
	if w.logd != nil {
		w.logd.close()
	}
}
