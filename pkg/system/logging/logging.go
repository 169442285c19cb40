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

// Lines gives several lines of one level to the sink. They take one place in the
// queue of a Log and have one time: to ask for the time of each costs more than
// the line where that is a call of the kernel.
func Lines(s Sink, level Level, texts []string) {
	if l, ok := s.(*Log); ok {
		l.lines(level, texts)
		return
	}
	for _, text := range texts {
		s.Log(level, text)
	}
}
