package pattern

import (
	"fmt"
	"strings"
)

// set is a set of bytes.
type set [256]bool

func (s *set) add(other set) {
	for i := range s {
		s[i] = s[i] || other[i]
	}
}

func (s *set) addRange(from, to int) {
	for i := from; i <= to; i++ {
		s[i] = true
	}
}

func (s set) complement() set {
	for i := range s {
		s[i] = !s[i]
	}
	return s
}

// fold adds the other case of every ASCII letter, as Perl's /i does on bytes.
func (s *set) fold() {
	for lower := 'a'; lower <= 'z'; lower++ {
		upper := lower - 'a' + 'A'
		both := s[lower] || s[upper]
		s[lower], s[upper] = both, both
	}
}

// String writes the set as a class that regexp2 reads without options.
func (s set) String() string {
	var b strings.Builder
	for from := 0; from < len(s); from++ {
		if !s[from] {
			continue
		}
		to := from
		for to+1 < len(s) && s[to+1] {
			to++
		}
		fmt.Fprintf(&b, `\x%02x`, from)
		if to > from {
			fmt.Fprintf(&b, `-\x%02x`, to)
		}
		from = to
	}
	if b.Len() == 0 {
		return `[^\s\S]`
	}
	return "[" + b.String() + "]"
}

func setOf(ranges ...int) set {
	var s set
	for i := 0; i < len(ranges); i += 2 {
		s.addRange(ranges[i], ranges[i+1])
	}
	return s
}

var (
	digitSet = setOf('0', '9')
	wordSet  = setOf('0', '9', 'A', 'Z', 'a', 'z', '_', '_')
	spaceSet = setOf('\t', '\r', ' ', ' ')
	horizSet = setOf('\t', '\t', ' ', ' ', 0xa0, 0xa0)
	vertSet  = setOf('\n', '\r', 0x85, 0x85)
	lineSet  = setOf('\n', '\n')
)

// classEscapes are the escapes that stand for a set, inside and outside of
// classes.
var classEscapes = map[byte]set{
	'd': digitSet, 'D': digitSet.complement(), 'w': wordSet, 'W': wordSet.complement(),
	's': spaceSet, 'S': spaceSet.complement(), 'h': horizSet, 'H': horizSet.complement(),
	'v': vertSet, 'V': vertSet.complement(),
}

// posix are the names of [:name:], ASCII only as Perl has them on bytes.
var posix = map[string]set{
	"alpha": setOf('A', 'Z', 'a', 'z'), "digit": digitSet, "alnum": setOf('0', '9', 'A', 'Z', 'a', 'z'),
	"upper": setOf('A', 'Z'), "lower": setOf('a', 'z'), "space": spaceSet, "blank": setOf('\t', '\t', ' ', ' '),
	"punct": setOf('!', '/', ':', '@', '[', '`', '{', '~'), "print": setOf(' ', '~'), "graph": setOf('!', '~'),
	"cntrl": setOf(0, 31, 127, 127), "xdigit": setOf('0', '9', 'A', 'F', 'a', 'f'), "word": wordSet,
	"ascii": setOf(0, 127),
}
