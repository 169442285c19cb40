// Package level names the severities of log lines. It stands alone so that the
// parts that decide can speak of a severity without being able to write a log.
package level

import "strconv"

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
	return "level" + strconv.Itoa(int(l))
}
