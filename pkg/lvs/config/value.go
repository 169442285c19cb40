package config

import (
	"strconv"
	"strings"
)

// The value forms of ldirectord.cf. They look at bytes: the file has no
// character set.

// assignment takes "name = value" apart. The name is what stands before the
// first blank or "=".
func assignment(text string) (name, value string, ok bool) {
	end := strings.IndexAny(text, "= \t\r\v\f")
	if end < 0 {
		return text, "", false
	}
	rest := strings.TrimLeft(text[end:], blanks)
	if !strings.HasPrefix(rest, "=") {
		return text[:end], "", false
	}
	return text[:end], strings.TrimLeft(rest[1:], blanks), true
}

// blanks is what Perl's \s stands for.
const blanks = " \t\r\n\v\f"

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isWord(c byte) bool {
	return isDigit(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
}

// span returns the first run of bytes in set, anywhere in the text.
func span(text string, set func(byte) bool) string {
	start := 0
	for start < len(text) && !set(text[start]) {
		start++
	}
	end := start
	for end < len(text) && set(text[end]) {
		end++
	}
	return text[start:end]
}

// number reads the form num: the first run of digits anywhere. Values beyond
// what fits count as the largest.
func number(value string) (n int, ok bool) {
	digits := span(value, isDigit)
	if digits == "" {
		return 0, false
	}
	return clamp(digits), true
}

// aboveZero turns 00 and the like into 0, where the original looks at the number
// and not at the text.
func aboveZero(value string) string {
	if n, ok := number(value); ok && n == 0 {
		return "0"
	}
	return value
}

const maxNumber = 1<<31 - 1

func clamp(digits string) int {
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || n > maxNumber {
		return maxNumber
	}
	return int(n)
}

// yesNo reads the form yesno: the whole value and nothing else.
func yesNo(value string) (yes, ok bool) { return value == "yes", value == "yes" || value == "no" }

// quoted reads the form quoted: from a quote to the last quote of the line.
func quoted(value string) (text string, ok bool) {
	if !strings.HasPrefix(value, `"`) {
		return "", false
	}
	end := strings.LastIndexByte(value, '"')
	if end == 0 {
		return "", false
	}
	return value[1:end], true
}

// maybeQuoted reads the form maybe quoted.
func maybeQuoted(value string) string {
	if text, ok := quoted(value); ok {
		return text
	}
	return value
}

// email reads the form email: quotes around the whole are dropped.
func email(value string) string {
	if len(value) >= 2 && value[0] == '"' && value[len(value)-1] == '"' &&
		!strings.Contains(value[1:len(value)-1], `"`) {
		return value[1 : len(value)-1]
	}
	return value
}

// smtpHost reads the leading run of what a host name may have.
func smtpHost(value string) string {
	end := 0
	for end < len(value) && (isWord(value[end]) || strings.IndexByte(".+-", value[end]) >= 0) {
		end++
	}
	return value[:end]
}

var alertWords = []struct {
	word string
	bit  AlertStatus
}{{"starting", Starting}, {"running", Running}, {"stopping", Stopping}, {"reloading", Reloading}}

// alertStatus reads emailalertstatus. problem is the original's text.
func alertStatus(value string) (status AlertStatus, problem string) {
	none := false
	if value == "" {
		return 0, ""
	}
	words := strings.Split(value, ",")
	for len(words) > 0 && strings.Trim(words[len(words)-1], blanks) == "" {
		words = words[:len(words)-1]
	}
	for _, word := range words {
		word = strings.TrimLeft(word, blanks)
		if !strings.HasSuffix(value, word) {
			word = strings.TrimRight(word, blanks)
		}
		bit := AlertStatus(0)
		switch word {
		case "all":
			bit = AllPhases
		case "none":
			none = true
			continue
		default:
			for _, w := range alertWords {
				if w.word == word {
					bit = w.bit
				}
			}
			if bit == 0 {
				return 0, `invalid email alert status at: "` + word + `"`
			}
		}
		if none {
			return 0, `invalid email alert status: "` + word + `" specified with "none"`
		}
		status |= bit
	}
	if none && status != 0 {
		return 0, `invalid email alert status: "none" specified with "none"`
	}
	return status, ""
}
