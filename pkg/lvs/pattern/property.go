package pattern

import (
	"fmt"
	"strings"
	"unicode"
)

// propertyNames are Perl's names beyond the general categories of Unicode.
var propertyNames = map[string]func(rune) bool{
	"alpha": unicode.IsLetter, "alphabetic": unicode.IsLetter, "digit": unicode.IsDigit, "upper": unicode.IsUpper,
	"uppercase": unicode.IsUpper, "lower": unicode.IsLower, "lowercase": unicode.IsLower, "space": unicode.IsSpace,
	"spaceperl": unicode.IsSpace, "punct": unicode.IsPunct, "cntrl": unicode.IsControl, "print": unicode.IsPrint,
	"graph": unicode.IsGraphic, "alnum": func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) },
	"word": func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' },
}

// property reads \pL, \p{Name}, \P{Name} and \p{^Name}. Here alone Perl gives
// bytes above 127 the meaning of Latin-1.
func property(text string) (s set, length int, err error) {
	negated := text[1] == 'P'
	name := ""
	switch {
	case strings.HasPrefix(text[2:], "{"):
		inner, _, ok := strings.Cut(text[3:], "}")
		if !ok {
			return set{}, 0, fmt.Errorf(`\p{... has no end`)
		}
		name, length = inner, 4+len(inner)
	case len(text) > 2:
		name, length = text[2:3], 3
	}
	bare := strings.TrimSpace(name)
	if strings.HasPrefix(bare, "^") {
		negated, bare = !negated, bare[1:]
	}
	has := propertyNames[strings.TrimPrefix(strings.ToLower(bare), "is")]
	if table := unicode.Categories[bare]; table != nil {
		has = func(r rune) bool { return unicode.Is(table, r) }
	}
	if has == nil {
		return set{}, 0, fmt.Errorf(`\p{%s} is not supported`, name)
	}
	for i := range s {
		s[i] = has(rune(i))
	}
	if negated {
		s = s.complement()
	}
	return s, length, nil
}
