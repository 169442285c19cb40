package config

import "strings"

// line is one line of the file. text has no newline.
type line struct {
	number int
	text   string
}

// splitLines cuts at LF, a missing final newline is fine. One CR before it goes
// too: the original keeps it, and then refuses or garbles half of the values.
func splitLines(content string) []line {
	lines := make([]line, 0, strings.Count(content, "\n")+1)
	for number := 1; content != ""; number++ {
		text, rest, _ := strings.Cut(content, "\n")
		lines = append(lines, line{number, strings.TrimSuffix(text, "\r")})
		content = rest
	}
	return lines
}

// isBlank says whether nothing but white space is on the line.
func (l line) isBlank() bool { return strings.Trim(l.text, blanks) == "" }

// isComment says whether the first non-blank is "#".
func (l line) isComment() bool { return strings.HasPrefix(strings.TrimLeft(l.text, blanks), "#") }

const indentation = "    "

// option returns the line as an option of a section: the comment cut off, even
// inside quotes, tabs turned into four blanks, the indentation removed. ok is
// false if the line is not indented enough, which ends the section.
func (l line) option() (text string, ok bool) {
	text, _, _ = strings.Cut(l.text, "#")
	// A newline counts as a character after the indentation only if something
	// stands before it.
	text = strings.ReplaceAll(text, "\t", indentation)
	if !strings.HasPrefix(text, indentation) || len(text) == len(indentation) {
		return "", false
	}
	return strings.TrimLeft(text, " "), true
}

// unindented returns the line as an option that stands in column 1, with the
// same treatment of comments and tabs.
func (l line) unindented() string {
	text, _, _ := strings.Cut(l.text, "#")
	return strings.ReplaceAll(text, "\t", indentation)
}
