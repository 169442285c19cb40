package preflight

import (
	"regexp"
	"strings"

	"lvsha/pkg/lvs/config"
)

// quoted is what the words of a finding quote from the file.
var quoted = regexp.MustCompile(`"([^"]+)"|\(([^()]+)\)|=(\S+)|(\S+)$`)

// meant is the word that a finding would rather have seen.
var meant = regexp.MustCompile(`did you mean "([^"]+)"`)

// column is where in a line stands what a finding is about, from 1 and in bytes:
// what it quotes, what is like the word that it proposes, or else the first
// letter.
func column(line, text, proposal string) int {
	start := len(line) - len(strings.TrimLeft(line, " \t"))
	at, longest := start, 0
	for _, groups := range quoted.FindAllStringSubmatch(text, -1) {
		for _, word := range groups[1:] {
			if i := strings.Index(line, word); word != "" && i > start && len(word) > longest {
				at, longest = i, len(word)
			}
		}
	}
	if longest > 0 {
		return at + 1
	}
	if m := meant.FindStringSubmatch(proposal); m != nil {
		words := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t=,", r) })
		if near := config.Nearest(m[1], words); near != "" {
			return strings.Index(line, near) + 1
		}
	}
	return start + 1
}
