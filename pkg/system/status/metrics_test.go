package status_test

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"lvsha/pkg/system/status"
)

func TestMetricsText(t *testing.T) {
	var m status.Metrics
	b := m.Gauge("b_seconds", "How\nlong \\ \"it\" takes.", "node", "link")
	b.Set(0.25, "beta", "eth1")
	b.Set(1e9, "alpha", "a\"b\\c\nd")
	b.Set(2, "beta", "eth0")
	b.Set(3, "beta", "eth0") // the last counts
	b.Set(math.NaN(), "gamma")
	m.Counter("a_total", "All.").Set(123456789)
	m.Gauge("c", "Nothing has been set.")
	m.Gauge("0 bad-name", "Words.", "le bel").Set(math.Inf(1), "\xff")
	want := `# HELP _0_bad_name Words.
# TYPE _0_bad_name gauge
_0_bad_name{le_bel="` + "\uFFFD" + `"} +Inf
# HELP a_total All.
# TYPE a_total counter
a_total 123456789
# HELP b_seconds How\nlong \\ "it" takes.
# TYPE b_seconds gauge
b_seconds{node="alpha",link="a\"b\\c\nd"} 1000000000
b_seconds{node="beta",link="eth0"} 3
b_seconds{node="beta",link="eth1"} 0.25
b_seconds{node="gamma",link=""} NaN
`
	if got := string(m.Text()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// FuzzMetrics writes samples and reads them as Prometheus does: the same names,
// labels and values come out, each family in one piece, each sample once.
func FuzzMetrics(f *testing.F) {
	f.Add("up", "Help.", "node", "alpha", "beta", 1.5)
	f.Add("", "\\n\n", "0", "\"", "\\", math.Inf(-1))
	f.Add("a:b", "\xff\xfe", "ü", "}\n{", "a=\"b\",", 0.0)
	f.Fuzz(func(t *testing.T, name, help, label, first, second string, value float64) {
		var m status.Metrics
		f := m.Gauge(name, help, label, "other")
		f.Set(value, first, second)
		f.Set(value, second, first)
		m.Counter("zz_last", "Last.").Set(1)
		text := string(m.Text())
		got, err := parse(text)
		if err != nil {
			t.Fatalf("%v:\n%s", err, text)
		}
		var want []string
		for _, labels := range [][2]string{{first, second}, {second, first}} {
			want = append(want, fmt.Sprintf("%q %q %v", strings.ToValidUTF8(labels[0], "\uFFFD"), strings.ToValidUTF8(labels[1], "\uFFFD"), value))
		}
		want = append(want, "1")
		slices.Sort(want)
		want = slices.Compact(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("got %q, want %q:\n%s", got, want, text)
		}
	})
}

// parse reads the text format, version 0.0.4, and returns each sample as the
// values of its labels and its value.
func parse(text string) ([]string, error) {
	if !utf8.ValidString(text) || !strings.HasSuffix(text, "\n") {
		return nil, fmt.Errorf("no text of whole lines")
	}
	var out []string
	current, seen := "", make(map[string]bool)
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		if rest, ok := strings.CutPrefix(line, "# HELP "); ok {
			current, _, _ = strings.Cut(rest, " ")
			if seen[current] {
				return nil, fmt.Errorf("%s comes twice", current)
			}
			seen[current] = true
			continue
		}
		if strings.HasPrefix(line, "# TYPE "+current+" ") {
			continue
		}
		rest, ok := strings.CutPrefix(line, current)
		if !ok || seen[line] {
			return nil, fmt.Errorf("line %q", line)
		}
		seen[line] = true
		var values []string
		if strings.HasPrefix(rest, "{") {
			for !strings.HasPrefix(rest, "} ") {
				_, after, ok := strings.Cut(rest[1:], `="`)
				value, end := unquote(after)
				if !ok || end < 0 {
					return nil, fmt.Errorf("labels of %q", line)
				}
				values, rest = append(values, strconv.Quote(value)), after[end:]
			}
			rest = rest[1:]
		}
		number, err := strconv.ParseFloat(strings.TrimPrefix(rest, " "), 64)
		if err != nil {
			return nil, err
		}
		out = append(out, strings.Join(append(values, fmt.Sprint(number)), " "))
	}
	return out, nil
}

// unquote reads the value of a label up to its quote.
func unquote(text string) (value string, end int) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return b.String(), i + 1
		case c == '\\' && i+1 < len(text):
			i++
			b.WriteString(map[byte]string{'n': "\n", '"': `"`, '\\': `\`}[text[i]])
		default:
			b.WriteByte(c)
		}
	}
	return "", -1
}

// TestEach: samples that are given together read as those that are set one by one.
func TestEach(t *testing.T) {
	t.Parallel()
	var one, many status.Metrics
	values := []float64{1, 2, -1, 0.5, -1, 7}
	words := []string{"a", "b", "c", "d", "e", "f"}
	set, each := one.Gauge("x", "Help.", "l"), many.Gauge("x", "Help.", "l")
	var rows []status.Labels
	for i, word := range words {
		rows = append(rows, each.Labels(word))
		if values[i] >= 0 {
			set.Set(values[i], word)
		}
	}
	each.Each(rows, func(i int) (float64, bool) { return values[i], values[i] >= 0 })
	many.Gauge("y", "None of them.", "l").Each(rows, func(int) (float64, bool) { return 0, false })
	if got, want := string(many.Text()), string(one.Text()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
