package logging

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// JSONEnv is the variable by which a daemon tells its children that log files are
// to have JSON; its value is FormatJSON then.
const JSONEnv = "HA_LOG_FORMAT"

// The values of the setting LOG_FORMAT.
const (
	FormatJSON   = "json"
	FormatLegacy = "legacy"
)

// ParseFormat reads the setting LOG_FORMAT: json or legacy, which "" is too.
func ParseFormat(text string) (asJSON bool, err error) {
	switch strings.ToLower(text) {
	case FormatJSON:
		return true, nil
	case "", FormatLegacy:
		return false, nil
	}
	return false, fmt.Errorf("%q is neither %s nor %s", text, FormatJSON, FormatLegacy)
}

// jsonLine is one line. The names of its fields are a promise: docs/status.md.
type jsonLine struct {
	Time     string `json:"time"` // RFC 3339 with milliseconds
	Level    string `json:"level"`
	Host     string `json:"host"`
	Program  string `json:"program"`
	Instance string `json:"instance,omitempty"` // of ldirectord: its configuration
	PID      int    `json:"pid"`
	Message  string `json:"message"`
}

const jsonTime = "2006-01-02T15:04:05.000Z07:00"

// JSON returns a line as one object of JSON with its newline. instance may be "".
func JSON(at time.Time, level Level, host, program, instance string, pid int, text string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(jsonLine{
		Time: at.Format(jsonTime), Level: strings.ToLower(level.String()), Host: host,
		Program: program, Instance: instance, PID: pid, Message: clean(text),
	})
	if err != nil {
		return nil // strings and a number: cannot be
	}
	return b.Bytes()
}
