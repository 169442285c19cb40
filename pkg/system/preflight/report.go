// Package preflight is what the --check commands say: what is wrong in the files
// and on the host, before anything is started. It also holds the questions to
// the host that both programs ask.
package preflight

import (
	"encoding/json"
	"fmt"
	"io"
)

// Severity says how bad a finding is.
type Severity uint8

// The severities. An error keeps the program from working; a warning is worth a
// look; the rest is good to know.
const (
	Info Severity = iota
	Warning
	Error
)

// String returns the severity as a word.
func (s Severity) String() string { return [...]string{"info", "warning", "error"}[s] }

// MarshalText has JSON show the word.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Finding is one thing to say.
type Finding struct {
	Severity Severity `json:"severity"`
	File     string   `json:"file,omitempty"`   // "" if the host is meant
	Line     int      `json:"line,omitempty"`   // from 1
	Column   int      `json:"column,omitempty"` // in bytes from 1
	Text     string   `json:"text"`
}

// Report is everything that was found.
type Report struct {
	Path     string    `json:"-"` // the file that is looked at, if it is one
	Findings []Finding `json:"findings"`
	// Explained is what the files would do, a line each; nil if nobody asked.
	Explained []string `json:"explained,omitempty"`
}

// Add appends a finding about a file.
func (r *Report) Add(f Finding) { r.Findings = append(r.Findings, f) }

// Host appends a finding about the host.
func (r *Report) Host(s Severity, format string, args ...any) {
	r.Add(Finding{Severity: s, Text: fmt.Sprintf(format, args...)})
}

// The exit statuses of --check.
const (
	StatusClean    = 0
	StatusWarnings = 1
	StatusErrors   = 2
)

// Status is the exit status that the findings call for.
func (r *Report) Status() int {
	status := StatusClean
	for _, f := range r.Findings {
		switch f.Severity {
		case Error:
			return StatusErrors
		case Warning:
			status = StatusWarnings
		case Info:
		}
	}
	return status
}

// WriteText writes a line for each finding: file:line:column: severity: text, as
// compilers do, so that editors find the place.
func (r *Report) WriteText(w io.Writer) error {
	for _, f := range r.Findings {
		place := "host"
		if f.File != "" {
			place = f.File
			if f.Line > 0 {
				place += fmt.Sprintf(":%d", f.Line)
				if f.Column > 0 {
					place += fmt.Sprintf(":%d", f.Column)
				}
			}
		}
		if _, err := fmt.Fprintf(w, "%s: %s: %s\n", place, f.Severity, f.Text); err != nil {
			return err
		}
	}
	for _, line := range r.Explained {
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

// WriteJSON writes the report with its exit status as one object.
func (r *Report) WriteJSON(w io.Writer) error {
	out := struct {
		Status    int       `json:"status"`
		Findings  []Finding `json:"findings"`
		Explained []string  `json:"explained,omitempty"`
	}{r.Status(), r.Findings, r.Explained}
	if out.Findings == nil {
		out.Findings = []Finding{}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(out)
}
