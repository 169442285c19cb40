package pattern

import (
	"fmt"
	"strconv"
	"strings"
)

// wordEdge is \b on ASCII words.
var (
	word     = wordSet.String()
	wordEdge = "(?:(?<=" + word + ")(?!" + word + ")|(?<!" + word + ")(?=" + word + "))"
	noEdge   = "(?:(?<=" + word + ")(?=" + word + ")|(?<!" + word + ")(?!" + word + "))"
)

// fixedEscapes are the escapes outside of classes that stand for more than a
// set.
var fixedEscapes = map[byte]string{
	'A': `\A`, 'z': `\z`, 'Z': endAnchor, 'G': `\A`, 'b': wordEdge, 'B': noEdge,
	'R': `(?>\r\n|[\n\x0b\f\r\x85])`, 'X': `(?>\r\n|[\s\S])`,
}

// escape reads a backslash and what follows it, outside of a class.
func (t *translator) escape() error {
	if t.pos+1 == len(t.in) {
		return fmt.Errorf("a backslash at the end")
	}
	c := t.in[t.pos+1]
	after := t.in[t.pos+2:]
	if s, ok := classEscapes[c]; ok {
		t.pos += 2
		t.emit(s.String())
		return nil
	}
	switch {
	case c == 'K':
		// Only what is replaced differs; a search is the same.
		t.pos += 2
		t.emit("(?:)")
		return nil
	case c == 'N' && !strings.HasPrefix(after, "{"):
		t.pos += 2
		t.emit(lineSet.complement().String())
		return nil
	case c == 'p' || c == 'P':
		s, length, err := property(t.rest())
		t.pos += length
		t.emit(s.String())
		return err
	case (c == 'b' || c == 'B') && strings.HasPrefix(after, "{"), c == 'N':
		return fmt.Errorf(`\%c is not supported here`, c)
	case fixedEscapes[c] != "":
		t.pos += 2
		t.emit(fixedEscapes[c])
		return nil
	case c == 'g' || c == 'k':
		return t.namedReference(c, after)
	case '1' <= c && c <= '9':
		digits := leading(t.in[t.pos+1:], "0123456789")
		if n, err := strconv.Atoi(digits); err == nil && (n < 10 || n <= t.captures) {
			t.pos += 1 + len(digits)
			return t.backreference(digits)
		}
	}
	value, length, err := charEscape(t.in[t.pos:])
	if err != nil {
		return err
	}
	t.pos += length
	if value > 255 {
		t.emit(set{}.String())
		return nil
	}
	t.byteAtom(byte(value))
	return nil
}

// namedReference reads \g1, \g-1, \g{...}, \k<...>, \k{...} and \k'...'.
func (t *translator) namedReference(c byte, after string) error {
	if c == 'g' {
		sign := leading(after, "-")
		if digits := leading(after[len(sign):], "0123456789"); digits != "" && len(sign) < 2 {
			t.pos += 2 + len(sign) + len(digits)
			return t.backreference(sign + digits)
		}
	}
	for _, form := range []string{"{}", "<>", "''"} {
		if after != "" && after[0] == form[0] {
			name, _, ok := strings.Cut(after[1:], form[1:])
			if !ok {
				break
			}
			t.pos += 2 + 2 + len(name)
			return t.backreference(name)
		}
	}
	return fmt.Errorf(`\%c without the name or number of a group`, c)
}

func (t *translator) backreference(name string) error {
	n, err := t.groupNumber(name)
	if err != nil {
		return err
	}
	t.emit(fmt.Sprintf(`\k<g%d>`, n))
	return nil
}

// groupNumber finds a group by number, by number counted backwards, or by name.
func (t *translator) groupNumber(name string) (int, error) {
	if n, err := strconv.Atoi(name); err == nil {
		if n < 0 {
			n += t.captures + 1
		}
		if n < 1 || n > t.captures {
			return 0, fmt.Errorf("reference to the group %s, which does not stand before it", name)
		}
		return n, nil
	}
	if n := t.names[name]; n != 0 {
		return n, nil
	}
	return 0, fmt.Errorf("reference to the group %q, which does not stand before it", name)
}

// leading returns the run of bytes of set at the beginning.
func leading(text, set string) string {
	return text[:len(text)-len(strings.TrimLeft(text, set))]
}

var letterEscapes = map[byte]int{'n': '\n', 'r': '\r', 't': '\t', 'f': '\f', 'e': 0x1b, 'a': 7}

// charEscape reads an escape that stands for one character; text begins with
// the backslash. Other letters stand for themselves.
func charEscape(text string) (value, length int, err error) {
	c, after := text[1], text[2:]
	if v, ok := letterEscapes[c]; ok {
		return v, 2, nil
	}
	switch {
	case c == 'x' && strings.HasPrefix(after, "{"), c == 'o' && strings.HasPrefix(after, "{"):
		inner, _, ok := strings.Cut(after[1:], "}")
		base := map[byte]int{'x': 16, 'o': 8}[c]
		v, err := strconv.ParseUint(strings.TrimSpace(inner), base, 31)
		if !ok || err != nil {
			return 0, 0, fmt.Errorf(`bad number in \%c{...}`, c)
		}
		return int(v), 4 + len(inner), nil
	case c == 'x':
		digits := leading(after[:min(2, len(after))], "0123456789abcdefABCDEF")
		v, _ := strconv.ParseUint("0"+digits, 16, 16)
		return int(v), 2 + len(digits), nil
	case '0' <= c && c <= '7':
		digits := leading(text[1:min(4, len(text))], "01234567")
		v, _ := strconv.ParseUint(digits, 8, 16)
		return int(v), 1 + len(digits), nil
	case c == 'c':
		if after == "" {
			return 0, 0, fmt.Errorf(`\c without a letter`)
		}
		upper := after[0]
		if 'a' <= upper && upper <= 'z' {
			upper -= 'a' - 'A'
		}
		return int(upper ^ 64), 3, nil
	}
	return int(c), 2, nil
}
