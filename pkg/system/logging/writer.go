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
	screen    formatter // for the terminal
	logfile   *fileTarget
	debugfile *fileTarget
	files     []*fileTarget // those of the two that there are
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
	if o.JSON && f.host == "" {
		f.host, _ = os.Hostname()
	}
	onScreen := f
	f.json = o.JSON
	onScreen.json = o.JSON && o.Style == Supervised
	sys, err := newSyslog(o)
	if err != nil {
		return writer{}, err
	}
	w := writer{
		style:     o.Style,
		format:    f,
		screen:    onScreen,
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
	for _, t := range []*fileTarget{w.debugfile, w.logfile} {
		if t != nil {
			w.files = append(w.files, t)
		}
	}
	for _, t := range w.files {
		if !t.brief && t.open() == nil {
			t.own(o.UID, o.GID)
		}
	}
	return w, nil
}

// write gives one line to every target that takes its level. Files have it at
// the next flush.
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
	w.toTerminal(entry)
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

func (w *writer) toTerminal(entry *logrus.Entry) {
	if w.terminal == nil {
		return
	}
	if line, err := w.screen.Format(entry); err == nil {
		_, _ = w.terminal.Write(line)
	}
}

func (w *writer) toFile(t *fileTarget, at time.Time, line []byte) {
	if t.add(at, line) {
		w.flushFile(t)
	}
}

// flush gives the files what waits for them.
func (w *writer) flush() {
	for _, t := range w.files {
		w.flushFile(t)
	}
}

func (w *writer) flushFile(t *fileTarget) {
	if len(t.waiting) == 0 {
		return
	}
	lines := t.waiting
	rotated, err := t.write()
	t.waiting = lines[:0]
	if err != nil {
		if w.fallback != nil {
			_, _ = w.fallback.Write(lines)
		}
		if !t.failed {
			t.failed = true
			w.aside(t.at, Error, fmt.Sprintf("Cannot write log file %s: %v", t.path, err))
		}
		return
	}
	t.failed = false
	if rotated && !t.brief {
		w.aside(t.at, Info, "log-rotate detected on logfile "+t.path)
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
	w.toTerminal(entry)
	if w.syslog != nil {
		w.toSyslog(at, level, text)
	}
	for _, t := range w.files {
		if t.file != nil {
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

// rest says that no line waits to be written: files have them all.
func (w *writer) rest() {
	w.flush()
	for _, t := range w.files {
		t.rest()
	}
}

func (w *writer) close() {
	w.flush()
	for _, t := range w.files {
		t.close()
	}
	if w.syslog != nil {
		w.syslog.close()
	}
	if w.logd != nil {
		w.logd.close()
	}
}
