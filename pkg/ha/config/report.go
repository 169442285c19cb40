package config

import (
	"errors"
	"fmt"
	"strings"

	"lvsha/pkg/system/logging"
)

// Severity says how bad a finding is.
type Severity uint8

// The severities. Only an error keeps the daemon from starting.
const (
	Info Severity = iota
	Warning
	Error
)

// String returns the severity as a word.
func (s Severity) String() string {
	switch s {
	case Info:
		return "info"
	case Warning:
		return "warning"
	}
	return "error"
}

// level is the log level of the severity.
func (s Severity) level() logging.Level {
	switch s {
	case Info:
		return logging.Info
	case Warning:
		return logging.Warn
	}
	return logging.Error
}

// Line is one line for the log.
type Line struct {
	Level logging.Level
	Text  string
}

// Finding is one thing to say about a file.
type Finding struct {
	Severity Severity
	File     string // path, "" if no file is meant
	Line     int    // from 1, 0 if no line is meant
	Column   int    // in bytes from 1, 0 if unknown
	Text     string // what is wrong; what was meant
	// Legacy are the lines that the original logs here, for those who search
	// for them; mostly none or one.
	Legacy []Line
}

// place is "file:line:column" as far as it is known.
func (f Finding) place() string {
	switch {
	case f.Line == 0:
		return f.File
	case f.Column == 0:
		return fmt.Sprintf("%s:%d", f.File, f.Line)
	}
	return fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Column)
}

// String returns "file:line:column: text".
func (f Finding) String() string {
	if f.File == "" {
		return f.Text
	}
	return f.place() + ": " + f.Text
}

// Exit statuses of a start with a bad configuration.
const (
	ExitConfig     = 6 // something is wrong in a file
	ExitPermission = 4 // the system did not permit to read a file
)

// Report is what there is to say about a configuration.
type Report struct {
	Findings []Finding
	// Status is the exit status of the start command: 0 if the daemon may
	// start, else ExitConfig or ExitPermission.
	Status int
	// closing are the last lines of the log.
	closing []Line
}

// OK reports whether the daemon may start.
func (r *Report) OK() bool { return r.Status == 0 }

// Count returns how many findings of a severity there are.
func (r *Report) Count(s Severity) int {
	n := 0
	for _, f := range r.Findings {
		if f.Severity == s {
			n++
		}
	}
	return n
}

// Err returns the errors as one error; nil if there are none.
func (r *Report) Err() error {
	var errs []error
	for _, f := range r.Findings {
		if f.Severity == Error {
			errs = append(errs, errors.New(f.String()))
		}
	}
	return errors.Join(errs...)
}

// Lines returns everything for the log, in order. A finding that the original
// reports too is one line that begins as its line does and tells place and
// reason behind it, so that searches for the old text find it.
func (r *Report) Lines() []Line {
	var lines []Line
	for _, f := range r.Findings {
		if len(f.Legacy) == 0 {
			lines = append(lines, Line{f.Severity.level(), f.String()})
			continue
		}
		for i, l := range f.Legacy {
			if i == 0 && f.Text != "" {
				l.Text += " (" + f.String() + ")"
			}
			lines = append(lines, l)
		}
	}
	return append(lines, r.closing...)
}

// String returns one line a finding, for a terminal.
func (r *Report) String() string {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%v: %s\n", f.Severity, f)
	}
	return b.String()
}

// add records a finding. An error makes the exit status ExitConfig unless it is
// set already.
func (r *Report) add(f Finding) {
	r.Findings = append(r.Findings, f)
	if f.Severity == Error && r.Status == 0 {
		r.Status = ExitConfig
	}
}

// merge appends the findings of another report.
func (r *Report) merge(o *Report) {
	r.Findings = append(r.Findings, o.Findings...)
	r.closing = append(r.closing, o.closing...)
	if r.Status == 0 || o.Status == ExitPermission {
		r.Status = o.Status
	}
}

// Shorthands for legacy lines.

func legacyError(format string, args ...any) Line {
	return Line{logging.Error, fmt.Sprintf(format, args...)}
}

func legacyWarn(format string, args ...any) Line {
	return Line{logging.Warn, fmt.Sprintf(format, args...)}
}

func legacyInfo(format string, args ...any) Line {
	return Line{logging.Info, fmt.Sprintf(format, args...)}
}
