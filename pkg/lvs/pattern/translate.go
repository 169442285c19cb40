package pattern

import (
	"fmt"
	"strconv"
	"strings"
)

// flags are Perl's modifiers that hold at a place of the pattern.
type flags struct{ i, m, s, x bool }

// translator reads a Perl pattern and writes one that means the same to regexp2
// without options: every literal and class becomes a set of bytes, every
// capture a named group, anchors become look-around.
type translator struct {
	in    string
	pos   int
	out   strings.Builder
	flags flags

	groups   []group
	captures int
	names    map[string]int
	// atom is where the last thing that can be repeated begins in out; -1 if
	// there is none.
	atom int
}

// group is an open parenthesis.
type group struct {
	start int // in out
	at    int // in the pattern
	flags flags
}

func translate(text string) (string, error) {
	t := &translator{in: text, atom: -1, names: make(map[string]int)}
	for t.pos < len(t.in) {
		if err := t.next(); err != nil {
			return "", fmt.Errorf("pattern %q, byte %d: %w", text, t.pos+1, err)
		}
	}
	if len(t.groups) > 0 {
		return "", fmt.Errorf("pattern %q, byte %d: unmatched (", text, t.groups[len(t.groups)-1].at+1)
	}
	return t.out.String(), nil
}

func (t *translator) rest() string { return t.in[t.pos:] }

// emit writes something that can be repeated.
func (t *translator) emit(text string) {
	t.atom = t.out.Len()
	t.out.WriteString(text)
}

// byteAtom writes one literal byte.
func (t *translator) byteAtom(b byte) {
	var s set
	s[b] = true
	if t.flags.i {
		s.fold()
	}
	t.emit(s.String())
}

func (t *translator) next() error {
	c := t.in[t.pos]
	if t.flags.x && strings.IndexByte(" \t\n\r\v\f", c) >= 0 {
		t.pos++
		return nil
	}
	if t.flags.x && c == '#' {
		end := strings.IndexByte(t.rest(), '\n')
		if end < 0 {
			end = len(t.rest()) - 1
		}
		t.pos += end + 1
		return nil
	}
	switch c {
	case '\\':
		return t.escape()
	case '[':
		return t.class()
	case '(':
		return t.open()
	case ')':
		return t.close()
	case '*', '+', '?':
		return t.quantifier(t.in[t.pos : t.pos+1])
	case '{':
		if q := t.braces(); q != "" {
			return t.quantifier(q)
		}
		t.byteAtom(c)
	case '|':
		t.out.WriteByte('|')
		t.atom = -1
	case '.':
		any := lineSet.complement()
		if t.flags.s {
			any = setOf(0, 255)
		}
		t.emit(any.String())
	case '^':
		t.emit(map[bool]string{false: `\A`, true: `(?:\A|(?<=\n)(?!\z))`}[t.flags.m])
	case '$':
		t.emit(map[bool]string{false: endAnchor, true: `(?=\n|\z)`}[t.flags.m])
	default:
		t.byteAtom(c)
	}
	t.pos++
	return nil
}

// endAnchor is Perl's $ and \Z: the end, or before a newline at the end.
const endAnchor = `(?=\n?\z)`

// braces returns the quantifier {n}, {n,}, {n,m} or {,m} at the position, as it
// was written; empty if the brace is a letter.
func (t *translator) braces() string {
	end := strings.IndexByte(t.rest(), '}')
	if end < 0 {
		return ""
	}
	inner := t.rest()[1:end]
	low, high, comma := strings.Cut(inner, ",")
	if strings.Trim(low+high, "0123456789") != "" || low+high == "" || !comma && low == "" {
		return ""
	}
	return t.rest()[:end+1]
}

// quantifier repeats the last atom. Possessive forms become an atomic group.
func (t *translator) quantifier(q string) error {
	if t.atom < 0 {
		return fmt.Errorf("quantifier %s follows nothing", q)
	}
	t.pos += len(q)
	if strings.HasPrefix(q, "{,") {
		q = "{0" + q[1:]
	}
	if q[0] == '{' {
		for _, n := range strings.Split(strings.Trim(q, "{}"), ",") {
			if v, err := strconv.Atoi(n); n != "" && (err != nil || v > maxRepeat) {
				return fmt.Errorf("quantifier %s is larger than %d", q, maxRepeat)
			}
		}
	}
	// The atom is put into a group, so that "^*" and the like stay one thing.
	atom := t.out.String()[t.atom:]
	before := t.out.String()[:t.atom]
	t.out.Reset()
	t.out.WriteString(before)
	switch {
	case strings.HasPrefix(t.rest(), "+"):
		t.pos++
		t.out.WriteString("(?>(?:" + atom + ")" + q + ")")
	case strings.HasPrefix(t.rest(), "?"):
		t.pos++
		t.out.WriteString("(?:" + atom + ")" + q + "?")
	default:
		t.out.WriteString("(?:" + atom + ")" + q)
	}
	// Perl refuses a quantifier on a quantifier.
	t.atom = -1
	return nil
}

const maxRepeat = 65534
