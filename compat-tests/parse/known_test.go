package parse

import (
	"regexp"
	"strings"

	"lvsha/pkg/lvs/config"
)

// lastLine is a virtual with nothing behind it.
var lastLine = regexp.MustCompile(`(?:^|\n)virtual6?\s*=[^\n]*\n?$`)

// known returns why a difference is meant; each reason is a row of
// docs/migration.md. Empty: it is not.
func known(content string, own, theirs reading, report *config.Report) string {
	note := func(part string) bool {
		for _, f := range report.Findings {
			if strings.Contains(f.Text, part) || strings.Contains(f.Meant, part) {
				return true
			}
		}
		return false
	}
	switch {
	case theirs.exit == 14:
		return "the original takes more than five seconds"
	case strings.Contains(content, "\r"):
		return "carriage returns"
	case note("seconds means no limit"):
		return "a time of 00"
	case note("in column 1"):
		return "options in column 1"
	case lastLine.MatchString(content) && strings.HasSuffix(theirs.last(), "duplicate virtual server"):
		return "a virtual on the last line"
	case strings.Contains(content, "59.154.20"):
		return "a range that has no servers"
	case strings.HasSuffix(own.last(), "invalid receive string") && note("pattern "):
		return "a receive that is no pattern"
	case own.exit == 2 && strings.Contains(own.last(), "invalid address for real server (wrong format)"):
		return "address of a real server in the middle of its line"
	}
	return ""
}

func (r reading) last() string {
	if len(r.said) == 0 {
		return ""
	}
	return r.said[len(r.said)-1]
}
