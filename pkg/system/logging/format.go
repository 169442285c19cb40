package logging

import (
	"strconv"
	"strings"

	"github.com/sirupsen/logrus"
)

// severityKey is the field of a logrus entry that carries our level: logrus
// knows neither notice nor crit.
const severityKey = "severity"

// maxText is the longest text of a line in bytes. What is beyond is cut, so that
// a dump of a big datagram cannot fill a disk.
const maxText = 8192

// formatter turns an entry into one line of a style.
type formatter struct {
	style Style
	host  string
	name  string
	pid   int
	json  bool
}

// Format implements logrus.Formatter.
func (f formatter) Format(e *logrus.Entry) ([]byte, error) {
	if f.json {
		program, instance := f.name, ""
		if f.style.ofLdirectord() {
			program, instance = "ldirectord", f.name
		}
		return JSON(e.Time, severity(e), f.host, program, instance, f.pid, e.Message), nil
	}
	b := make([]byte, 0, len(e.Message)+96)
	pid := int64(f.pid)
	switch f.style {
	case Heartbeat:
		b = e.Time.AppendFormat(b, "Jan 02 15:04:05 ")
		b = append(append(b, f.host...), ' ')
		b = append(append(b, f.name...), ": ["...)
		b = append(strconv.AppendInt(b, pid, 10), "]: "...)
		b = append(append(b, severity(e).String()...), ": "...)
	case HeartbeatOld:
		b = append(append(b, f.name...), '[')
		b = append(strconv.AppendInt(b, pid, 10), "]: "...)
		b = e.Time.AppendFormat(b, "2006/01/02_15:04:05 ")
		b = append(append(b, severity(e).String()...), ": "...)
	case Ldirectord:
		b = e.Time.AppendFormat(b, "[Mon Jan _2 15:04:05 2006|")
		b = append(append(b, f.name...), '|')
		b = append(strconv.AppendInt(b, pid, 10), "] "...)
	case Supervised:
		b = e.Time.AppendFormat(b, "[Mon Jan _2 15:04:05 2006] ")
	}
	return append(append(b, e.Message...), '\n'), nil
}

// severity returns the level of an entry.
func severity(e *logrus.Entry) Level {
	l, ok := e.Data[severityKey].(Level)
	if !ok {
		return Info
	}
	return l
}

// logrusLevel maps a level to the nearest that logrus has and that does not end
// the program.
func logrusLevel(l Level) logrus.Level {
	switch l {
	case Debug:
		return logrus.DebugLevel
	case Info, Notice:
		return logrus.InfoLevel
	case Warn:
		return logrus.WarnLevel
	}
	return logrus.ErrorLevel
}

// clean makes one line of a text: a final newline is dropped, control bytes are
// written as Go escapes them and the length is bounded, so that nobody on the
// network can forge or flood lines. Other bytes pass as they are.
func clean(text string) string {
	text = strings.TrimRight(text, "\n")
	if len(text) > maxText {
		text = text[:maxText] + "..."
	}
	bad := func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }
	if strings.IndexFunc(text, bad) < 0 {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c < ' ' && c != '\t' || c == 0x7f:
			const hex = "0123456789abcdef"
			b.WriteString(`\x`)
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
