package pattern

import (
	"fmt"
	"strings"
)

// class reads "[...]" into a set of bytes.
func (t *translator) class() error {
	s, length, err := readClass(t.rest())
	if err != nil {
		return err
	}
	if t.flags.i {
		negated := strings.HasPrefix(t.rest(), "[^")
		// The case is folded before a negation takes effect.
		if negated {
			s = s.complement()
		}
		s.fold()
		if negated {
			s = s.complement()
		}
	}
	t.pos += length
	t.emit(s.String())
	return nil
}

// readClass returns the set and the length of the class at the beginning.
func readClass(text string) (s set, length int, err error) {
	pos := 1
	negated := strings.HasPrefix(text[pos:], "^")
	if negated {
		pos++
	}
	for first := true; ; first = false {
		if pos >= len(text) {
			return set{}, 0, fmt.Errorf("unmatched [")
		}
		if text[pos] == ']' && !first {
			pos++
			break
		}
		item, n, single, err := classItem(text[pos:])
		if err != nil {
			return set{}, 0, err
		}
		pos += n
		if single >= 0 && pos+1 < len(text) && text[pos] == '-' && text[pos+1] != ']' {
			_, n, high, err := classItem(text[pos+1:])
			if err != nil {
				return set{}, 0, err
			}
			if high >= 0 {
				if high < single {
					return set{}, 0, fmt.Errorf("invalid range in a class: %q", text[pos-1:pos+1+n])
				}
				item.addRange(single, high)
				pos += 1 + n
			}
		}
		s.add(item)
	}
	if negated {
		s = s.complement()
	}
	return s, pos, nil
}

// classItem reads one member of a class. single is its value if it is one
// character, else -1.
func classItem(text string) (s set, length, single int, err error) {
	if strings.HasPrefix(text, "[:") {
		if name, _, ok := strings.Cut(text[2:], ":]"); ok && strings.Trim(name, "^abcdefghijklmnopqrstuvwxyz") == "" {
			bare := strings.TrimPrefix(name, "^")
			s, known := posix[bare]
			if !known {
				return set{}, 0, 0, fmt.Errorf("unknown class [:%s:]", name)
			}
			if bare != name {
				s = s.complement()
			}
			return s, len(name) + 4, -1, nil
		}
	}
	if text[0] != '\\' {
		s[text[0]] = true
		return s, 1, int(text[0]), nil
	}
	if len(text) < 2 {
		return set{}, 0, 0, fmt.Errorf("unmatched [")
	}
	if s, ok := classEscapes[text[1]]; ok {
		return s, 2, -1, nil
	}
	switch text[1] {
	case 'b':
		s['\b'] = true
		return s, 2, '\b', nil
	case 'p', 'P':
		s, length, err := property(text)
		return s, length, -1, err
	case 'N', 'R', 'X':
		return set{}, 0, 0, fmt.Errorf(`\%c is not supported in a class`, text[1])
	}
	value, length, err := charEscape(text)
	if err != nil || value > 255 {
		return set{}, length, -1, err
	}
	s[value] = true
	return s, length, value, nil
}
