package config

import "fmt"

// Severity of a finding.
type Severity uint8

// The severities.
const (
	Warning Severity = iota
	Error
)

// String returns the word that begins a line of the original.
func (s Severity) String() string {
	if s == Error {
		return "Error"
	}
	return "Warning"
}

// Finding is one thing that is wrong or odd in a file.
type Finding struct {
	Severity Severity
	Line     int    // 0 when no line is to blame
	Text     string // in the original's words where it has some
	Meant    string // what was probably meant, or what to do; may be empty
	Ours     bool   // the original says nothing here

	met int // when the original comes across it; see section.met
}

// Format returns the finding in the original's form. pid is that of the
// program that speaks.
func (f Finding) Format(path string, pid int) string {
	where := ""
	if f.Line > 0 {
		where = fmt.Sprintf(" reading file %s at line %d", path, f.Line)
	}
	text := fmt.Sprintf("%s [%d]%s: %s", f.Severity, pid, where, f.Text)
	if f.Meant != "" {
		text += "; " + f.Meant
	}
	return text
}

// Report is everything found in one file, in the order in which the original
// would have come across it.
type Report struct {
	Path     string
	Findings []Finding
}

// Failed says whether the file cannot be used.
func (r *Report) Failed() bool {
	for _, f := range r.Findings {
		if f.Severity == Error {
			return true
		}
	}
	return false
}

// Add appends a finding.
func (r *Report) Add(f Finding) { r.Findings = append(r.Findings, f) }

func (r *Report) fail(line int, text string) { r.Add(Finding{Severity: Error, Line: line, Text: text}) }

func (r *Report) failMeant(line int, text, meant string) {
	r.Add(Finding{Severity: Error, Line: line, Text: text, Meant: meant})
}

// warn adds a warning that the original gives too.
func (r *Report) warn(line int, text string) {
	r.Add(Finding{Severity: Warning, Line: line, Text: text})
}

// note adds a warning that only we give.
func (r *Report) note(line int, text, meant string) {
	r.Add(Finding{Severity: Warning, Line: line, Text: text, Meant: meant, Ours: true})
}
