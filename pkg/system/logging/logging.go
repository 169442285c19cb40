// Package logging writes log lines in the forms that administrators of
// heartbeat and ldirectord grep for. A caller never waits for a disk.
package logging

import (
	"fmt"

	"lvsha/pkg/system/logging/level"
)

// Level is the severity of a line, with the names that heartbeat prints.
type Level = level.Level

// The levels, least severe first.
const (
	Debug  = level.Debug
	Info   = level.Info
	Notice = level.Notice
	Warn   = level.Warn
	Error  = level.Error
	Crit   = level.Crit
)

// Sink takes finished lines. Implementations must not block the caller.
type Sink interface {
	Log(level Level, text string)
}

// Logf formats a line and gives it to the sink.
func Logf(s Sink, level Level, format string, args ...any) {
	s.Log(level, fmt.Sprintf(format, args...))
}
