package status

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// Metrics collects metrics and writes them in the text format of Prometheus,
// version 0.0.4. The zero value is empty.
type Metrics struct {
	families []*Family
}

// Family is the samples of one metric.
type Family struct {
	name, help, kind string
	labels           []string
	samples          []sample
	// What Each has given.
	rows  []Labels
	value func(i int) (float64, bool)
}

type sample struct {
	labels Labels
	value  float64
}

// Labels are the labels of a sample as they are written, with braces.
type Labels string

// Gauge adds a metric that goes up and down. Labels are the names of its labels.
func (m *Metrics) Gauge(name, help string, labels ...string) *Family {
	return m.family(name, help, "gauge", labels)
}

// Counter adds a metric that only grows; by custom its name ends in _total.
func (m *Metrics) Counter(name, help string, labels ...string) *Family {
	return m.family(name, help, "counter", labels)
}

func (m *Metrics) family(name, help, kind string, labels []string) *Family {
	f := &Family{name: identifier(name, true), help: help, kind: kind}
	for _, l := range labels {
		f.labels = append(f.labels, identifier(l, false))
	}
	for i, other := range m.families {
		if other.name == f.name { // told once, by the last
			m.families[i] = f
			return f
		}
	}
	m.families = append(m.families, f)
	return f
}

// Set gives the value for the labels' values, in the order of their names. One
// that is missing is empty. The last value for the same labels counts.
func (f *Family) Set(value float64, values ...string) {
	f.Put(value, f.Labels(values...))
}

// Labels writes the labels' values, for the samples of several metrics with the
// same names of labels: where there are thousands, that is most of the work.
func (f *Family) Labels(values ...string) Labels { return Labels(f.written(values)) }

// Put is Set with what Labels has written.
func (f *Family) Put(value float64, labels Labels) {
	f.samples = append(f.samples, sample{labels, value})
}

// Bool is a truth as a value.
func Bool(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (f *Family) written(values []string) string {
	if len(f.labels) == 0 {
		return ""
	}
	var b strings.Builder
	n := 2
	for i, name := range f.labels {
		n += len(name) + 4
		if i < len(values) {
			n += len(values[i])
		}
	}
	b.Grow(n)
	for i, name := range f.labels {
		b.WriteByte("{,"[min(i, 1)])
		b.WriteString(name)
		b.WriteString(`="`)
		if i < len(values) {
			escape(&b, values[i], true)
		}
		b.WriteByte('"')
	}
	b.WriteByte('}')
	return b.String()
}

// Text returns the metrics, by name and in it by label, so that the same state
// always reads the same.
func (m *Metrics) Text() []byte { return m.AppendText(nil) }

// AppendText is Text behind what is in b.
func (m *Metrics) AppendText(b []byte) []byte {
	b = slices.Grow(b, m.size())
	families := slices.Clone(m.families)
	slices.SortFunc(families, func(a, b *Family) int { return strings.Compare(a.name, b.name) })
	for _, f := range families {
		if f.any() {
			b = f.append(b)
		}
	}
	return b
}

// size is about how long the text will be.
func (m *Metrics) size() int {
	n := 0
	for _, f := range m.families {
		if len(f.rows) > 0 {
			n += len(f.rows) * (len(f.name) + len(f.rows[0]) + 16)
		}
		if len(f.samples) > 0 {
			n += len(f.samples) * (len(f.name) + len(f.samples[0].labels) + 16)
		}
		n += len(f.help) + 64
	}
	return n
}

// wholeMax is below what a float64 has of whole numbers one by one.
const wholeMax = 1 << 53

// appendValue writes a value. Most are whole numbers, which are sooner written
// without an exponent.
func appendValue(b []byte, v float64) []byte {
	if v >= 0 && v < wholeMax && !math.Signbit(v) {
		if n := int64(v); float64(n) == v {
			return strconv.AppendInt(b, n, 10)
		}
	}
	return strconv.AppendFloat(b, v, 'g', -1, 64)
}

func (f *Family) append(b []byte) []byte {
	var help strings.Builder
	escape(&help, f.help, false)
	b = append(b, "# HELP "+f.name+" "+help.String()+"\n# TYPE "+f.name+" "+f.kind+"\n"...)
	if f.rows != nil {
		return f.appendRows(b)
	}
	samples := f.samples
	byLabel := func(a, b sample) int { return strings.Compare(string(a.labels), string(b.labels)) }
	if !slices.IsSortedFunc(samples, byLabel) {
		samples = slices.Clone(samples)
		slices.SortStableFunc(samples, byLabel)
	}
	for i, s := range samples {
		if i+1 < len(samples) && samples[i+1].labels == s.labels {
			continue
		}
		b = append(b, f.name...)
		b = append(b, s.labels...)
		b = append(b, ' ')
		b = appendValue(b, s.value)
		b = append(b, '\n')
	}
	return b
}

// escape writes a text as HELP lines and, in quotes, values of labels want it.
func escape(b interface {
	WriteString(string) (int, error)
	WriteByte(byte) error
}, text string, quoted bool) {
	text = strings.ToValidUTF8(text, "\uFFFD")
	for {
		at := strings.IndexAny(text, "\\\n\"")
		if at < 0 {
			_, _ = b.WriteString(text)
			return
		}
		_, _ = b.WriteString(text[:at])
		switch c := text[at]; {
		case c == '\n':
			_, _ = b.WriteString(`\n`)
		case c == '\\' || quoted:
			_ = b.WriteByte('\\')
			fallthrough
		default:
			_ = b.WriteByte(c)
		}
		text = text[at+1:]
	}
}

// identifier is a name that Prometheus takes: what it does not is written as _.
func identifier(name string, metric bool) string {
	ok := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' || metric && r == ':'
	}
	out := strings.Map(func(r rune) rune {
		if ok(r) || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, name)
	if out == "" || out[0] >= '0' && out[0] <= '9' {
		return "_" + out
	}
	return out
}
