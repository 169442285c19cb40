package config

import (
	"bytes"
	"strings"
)

// maxLine is the longest line that heartbeat reads in one piece, in bytes.
const maxLine = 5119

const whiteSpace = " \t\r\n\f"

// word is a value with the place where it stands.
type word struct {
	text   string
	column int // from 1
}

// textLine is one line as heartbeat reads it.
type textLine struct {
	number int    // physical line, from 1
	offset int    // where the text begins in that line, 0 unless it was too long
	text   string // without line end, from a NUL on cut
	cut    bool   // the physical line goes on in the next one
}

// readLines cuts a file into lines the way a buffer of 5120 bytes does: what is
// beyond it becomes a line of its own.
func readLines(data []byte) []textLine {
	var lines []textLine
	for number := 1; len(data) > 0; number++ {
		line := data
		if i := bytes.IndexByte(data, '\n'); i >= 0 {
			line = data[:i+1]
		}
		data = data[len(line):]
		for offset := 0; offset < len(line); offset += maxLine {
			piece := line[offset:min(len(line), offset+maxLine)]
			if i := bytes.IndexByte(piece, 0); i >= 0 {
				piece = piece[:i]
			}
			lines = append(lines, textLine{
				number: number,
				offset: offset,
				text:   string(piece),
				cut:    offset+maxLine < len(line),
			})
		}
	}
	return lines
}

// splitWords splits a text at any byte of a set. The column is that of the
// beginning of the text.
func splitWords(text, separators string, column int) []word {
	var words []word
	for i := 0; i < len(text); {
		n := strings.IndexAny(text[i:], separators)
		if n < 0 {
			n = len(text) - i
		}
		if n > 0 {
			words = append(words, word{text[i : i+n], column + i})
		}
		i += n + 1
	}
	return words
}

// statement is one directive of ha.cf.
type statement struct {
	line int
	name word
	rest string // behind the name, trimmed
	at   int    // column of rest
}

// words are the values of a value directive: commas part them too.
func (s statement) words() []word { return splitWords(s.rest, whiteSpace+",", s.at) }

// fields are the arguments of a whole-line directive.
func (s statement) fields() []word { return splitWords(s.rest, whiteSpace, s.at) }

// parseStatement reads a line of ha.cf; it reports false if there is nothing on
// it.
func parseStatement(l textLine) (statement, bool) {
	text, _, _ := strings.Cut(l.text, "#")
	if i := strings.IndexAny(text, "\r\n"); i >= 0 {
		text = text[:i]
	}
	start := len(text) - len(strings.TrimLeft(text, whiteSpace))
	text = strings.TrimRight(text[start:], whiteSpace)
	if text == "" {
		return statement{}, false
	}
	column := l.offset + start + 1
	s := statement{line: l.number, name: word{text, column}}
	if i := strings.IndexAny(text, whiteSpace); i >= 0 {
		s.name.text = text[:i]
		rest := strings.TrimLeft(text[i:], whiteSpace)
		s.rest = rest
		s.at = column + len(text) - len(rest)
	}
	return s, true
}
