// Package logging writes log lines in the forms that administrators of
// heartbeat and ldirectord grep for. A caller never waits for a disk.
package logging

import "fmt"

// Level is the severity of a line, with the names that heartbeat prints.
type Level uint8

// The levels, least severe first.
const (
	Debug Level = iota
	Info
	Notice
	Warn
	Error
	Crit
)

// String returns the level as a heartbeat log line spells it.
func (l Level) String() string {
	switch l {
	case Debug:
		return "debug"
	case Info:
		return "info"
	case Notice:
		return "notice"
	case Warn:
		return "WARN"
	case Error:
		return "ERROR"
	case Crit:
		return "CRIT"
	}
	return fmt.Sprintf("level%d", uint8(l))
}

// Sink takes finished lines. Implementations must not block the caller.
type Sink interface {
	Log(level Level, text string)
}

// Logf formats a line and gives it to the sink.
func Logf(s Sink, level Level, format string, args ...any) {
	s.Log(level, fmt.Sprintf(format, args...))
}
