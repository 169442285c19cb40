package pattern_test

import (
	"bufio"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"

	"lvsha/pkg/lvs/pattern"
)

// differences are the recorded pairs in which we refuse what Perl takes, with
// the reason. A wrong answer is never allowed.
var differences = map[string]string{
	`\b{wb}foo`:   "Unicode word boundaries",
	`(a(?1)?b)`:   "recursion",
	`(?(1)a|b)`:   "a condition on a group that does not exist",
	`(?|(a)|(b))`: "branch reset",
	`(x+x+)+y`:    "it backtracks without bound; Perl sees from its last letter that it cannot match",
}

// TestPerl holds every recorded answer of Perl 5.36 against ours.
func TestPerl(t *testing.T) {
	f, err := os.Open("testdata/perl.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	count := 0
	for scanner := bufio.NewScanner(f); scanner.Scan(); {
		if strings.HasPrefix(scanner.Text(), "#") {
			continue
		}
		fields := strings.Split(scanner.Text(), "\t")
		text, err1 := strconv.Unquote(fields[0])
		data, err2 := strconv.Unquote(fields[1])
		if len(fields) != 3 || err1 != nil || err2 != nil {
			t.Fatalf("bad line %q", scanner.Text())
		}
		count++
		got := answer(text, data)
		if got == fields[2] {
			continue
		}
		if got == "match" || got == "nomatch" || differences[text] == "" {
			t.Errorf("%s on %s: %s, Perl says %s", fields[0], fields[1], got, fields[2])
		}
	}
	if count < 100 {
		t.Errorf("only %d pairs were read", count)
	}
}

func answer(text, data string) string {
	p, err := pattern.Compile(text)
	if err != nil {
		return "error"
	}
	found, err := p.Match([]byte(data))
	switch {
	case err != nil:
		return err.Error()
	case found:
		return "match"
	}
	return "nomatch"
}

// TestMeaning covers what the recorded pairs do not.
func TestMeaning(t *testing.T) {
	t.Parallel()
	tests := []struct{ pattern, data, want string }{
		{"", "anything", "match"},
		{"(?i)stra\xdfe", "STRA\xdfE", "match"},
		{"(?i)\xe9", "\xc9", "nomatch"},
		{"(?i)[^a]", "A", "nomatch"},
		{"(?i:a)b", "Ab", "match"},
		{"(?i:a)b", "AB", "nomatch"},
		{"(?x) a b ", "ab", "match"},
		{"(?m)^b", "a\nb", "match"},
		{"(?m)^$", "a\n", "nomatch"},
		{"(?<q>['\"])x\\k<q>", "'x'", "match"},
		{"(?P<q>['\"])x(?P=q)", "'x\"", "nomatch"},
		{"(a)(?<n>b)\\2", "abb", "match"},
		{"(a)?(?(1)b|c)", "ab", "match"},
		{"\\bOK\\b", "\xe9OK\xe9", "match"},
		{"\\s", "\x0b", "match"},
		{"\\PL", "\xe9", "nomatch"},
		{"[\\p{Lu}]", "\xc9", "match"},
		{"\\p{Nonsense}", "", "error"},
		{"[[:^digit:]]", "5", "nomatch"},
		{"[a-", "a", "error"},
		{"(", "", "error"},
		{")", "", "error"},
		{"(?{1})", "", "error"},
		{"(?1)", "", "error"},
		{"a{3,2}", "", "error"},
		{"\\1", "", "error"},
	}
	for _, test := range tests {
		if got := answer(test.pattern, test.data); got != test.want {
			t.Errorf("%q on %q: %s, want %s", test.pattern, test.data, got, test.want)
		}
	}
}

func TestCatastropheIsGivenUp(t *testing.T) {
	t.Parallel()
	p, err := pattern.Compile("(x+x+)+y")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Match([]byte(strings.Repeat("x", 40))); !errors.Is(err, pattern.ErrTimeout) {
		t.Errorf("error %v, want the time limit's", err)
	}
}

func FuzzCompile(f *testing.F) {
	for _, seed := range []string{"Test Page", `^(?!.*ERROR)`, `(a)\1`, `[[:alpha:]-z]`, `a{,3}+`, `(?ix-s: a # b`, `\x{`, `[\`, `(?(`, `\g{-1}`} {
		f.Add(seed, "aa")
	}
	f.Fuzz(func(t *testing.T, text, data string) {
		p, err := pattern.Compile(text)
		if err != nil {
			return
		}
		if _, err := p.Match([]byte(data)); err != nil && !errors.Is(err, pattern.ErrTimeout) {
			t.Errorf("%q on %q: %v", text, data, err)
		}
	})
}
