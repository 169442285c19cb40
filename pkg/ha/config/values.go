package config

import (
	"math/big"
	"strings"
	"time"
)

// maxDuration bounds what a duration can say; it is far beyond any use and far
// below an overflow.
const maxDuration = 100 * 365 * 24 * time.Hour

// parseDuration reads a duration of ha.cf: digits and dots, then no unit for
// seconds, a word that begins with ms, or one that begins with us. The result
// is rounded half up to whole milliseconds.
func parseDuration(s string) (time.Duration, bool) {
	end := 0
	for end < len(s) && (s[end] == '.' || isDigit(s[end])) {
		end++
	}
	if end == 0 {
		return 0, false
	}
	number, unit := s[:end], strings.ToLower(s[end:])
	var inMilliseconds *big.Rat
	switch {
	case unit == "":
		inMilliseconds = big.NewRat(1000, 1)
	case strings.HasPrefix(unit, "ms"):
		inMilliseconds = big.NewRat(1, 1)
	case strings.HasPrefix(unit, "us"):
		inMilliseconds = big.NewRat(1, 1000)
	default:
		return 0, false
	}
	whole, fraction, _ := strings.Cut(number, ".")
	// A second dot ends the number.
	fraction, _, _ = strings.Cut(fraction, ".")
	const enough = 30 // digits
	if len(whole) > enough {
		return maxDuration, true
	}
	fraction = fraction[:min(len(fraction), enough)]
	value, ok := new(big.Rat).SetString("0" + whole + "." + fraction + "0")
	if !ok {
		return 0, false
	}
	value.Mul(value, inMilliseconds).Add(value, big.NewRat(1, 2))
	ms := new(big.Int).Quo(value.Num(), value.Denom())
	if ms.Cmp(big.NewInt(maxDuration.Milliseconds())) > 0 {
		return maxDuration, true
	}
	return time.Duration(ms.Int64()) * time.Millisecond, true
}

// parseBool reads a boolean of ha.cf, in any case.
func parseBool(s string) (value, ok bool) {
	switch strings.ToLower(s) {
	case "true", "on", "yes", "y", "1":
		return true, true
	case "false", "off", "no", "n", "0":
		return false, true
	}
	return false, false
}

// parseInt reads an integer as C atoi does: leading digits count, the rest is
// ignored, a word is 0. It reports false if something was ignored.
func parseInt(s string) (value int, exact bool) {
	i, negative := 0, false
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		negative = s[i] == '-'
		i++
	}
	start := i
	for ; i < len(s) && isDigit(s[i]); i++ {
		// The value saturates: it is out of every range long before.
		if value < 1<<30 {
			value = value*10 + int(s[i]-'0')
		}
	}
	if negative {
		value = -value
	}
	return value, i == len(s) && i > start
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// lower folds ASCII letters, as heartbeat does with node names; other bytes stay.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// Nearest returns the known word that is most like the given one, or "" if none
// is like it.
func Nearest(given string, known []string) string {
	best, bestDistance := "", 1+len(given)/3
	for _, k := range known {
		d := distance(strings.ToLower(given), strings.ToLower(k))
		if d < bestDistance || d == bestDistance && best == "" {
			best, bestDistance = k, d
		}
	}
	return best
}

// distance is how many bytes must be added, dropped, changed or swapped with
// their neighbour to make one word of the other.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
