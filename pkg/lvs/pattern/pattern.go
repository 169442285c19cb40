// Package pattern gives receive= its Perl meaning. A pattern is translated into
// explicit sets of bytes for regexp2, which has the look-around and the
// back-references that Go's regexp lacks, and runs under a time limit.
package pattern

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/dlclark/regexp2"
)

// ErrTimeout says that a match was given up: the pattern backtracks without
// bound on this text.
var ErrTimeout = errors.New("the pattern takes too long on this text")

// matchLimit bounds one match, well under the shortest deadline of a check.
const matchLimit = 500 * time.Millisecond

// Pattern is a compiled receive string. The zero Pattern matches everything.
type Pattern struct {
	text    string
	literal []byte // set if the pattern has no metacharacter
	re      *regexp2.Regexp
}

// Compile reads a Perl pattern as bytes. The error says what Perl, or we,
// cannot take, and where.
func Compile(text string) (Pattern, error) {
	p := Pattern{text: text}
	if text == "" {
		return p, nil
	}
	translated, err := translate(text)
	if err != nil {
		return Pattern{}, err
	}
	if isLiteral(text) {
		p.literal = []byte(text)
		return p, nil
	}
	re, err := regexp2.Compile(translated, regexp2.None)
	if err != nil {
		return Pattern{}, fmt.Errorf("pattern %q: %w", text, err)
	}
	re.MatchTimeout = matchLimit
	p.re = re
	return p, nil
}

// String returns the pattern as it was written.
func (p Pattern) String() string { return p.text }

// Empty says whether the pattern matches everything because none was given.
func (p Pattern) Empty() bool { return p.text == "" }

// Match says whether the pattern is found anywhere in the data. The only error
// is ErrTimeout.
func (p Pattern) Match(data []byte) (bool, error) {
	if p.re == nil {
		return bytes.Contains(data, p.literal), nil
	}
	// One rune a byte: Perl is given undecoded bytes too.
	runes := make([]rune, len(data))
	for i, b := range data {
		runes[i] = rune(b)
	}
	found, err := p.re.MatchRunes(runes)
	if err != nil {
		// The library's error quotes the whole text.
		return false, ErrTimeout
	}
	return found, nil
}

func isLiteral(text string) bool {
	return !bytes.ContainsAny([]byte(text), `\^$.|?*+()[]{}`)
}
