package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// cast is whose programs play.
type cast int

// The casts, in the order of the columns.
const (
	original cast = iota
	ours
	keepalived
)

var castNames = [...]string{"original", "ours", "keepalived"}

// String is the name on the command line and at the head of the column.
func (c cast) String() string { return castNames[c] }

// row is one line of the table: the same thing measured of each cast.
type row struct {
	name    string
	unit    string // "s", "MB" or what is counted
	how     string // how it was measured
	floor   float64
	samples [len(castNames)][]float64
	notes   [len(castNames)]string // instead of a figure
}

// table is the rows in the order of their first sample.
type table struct{ rows []*row }

// row finds a row, or begins it. floor is the least figure that the
// measurement can tell apart; what is below is shown and compared as that.
func (t *table) row(name, unit string, floor float64, how string) *row {
	for _, r := range t.rows {
		if r.name == name {
			return r
		}
	}
	r := &row{name: name, unit: unit, floor: floor, how: how}
	t.rows = append(t.rows, r)
	return r
}

func (r *row) add(c cast, value float64) { r.samples[c] = append(r.samples[c], value) }

// median of the samples; false if there is none.
func median(samples []float64) (float64, bool) {
	if len(samples) == 0 {
		return 0, false
	}
	s := slices.Clone(samples)
	slices.Sort(s)
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2, true
	}
	return s[len(s)/2], true
}

// cell is the median, and the range if there are several samples.
func (r *row) cell(c cast) string {
	m, ok := median(r.samples[c])
	if !ok {
		if r.notes[c] != "" {
			return r.notes[c]
		}
		return "-"
	}
	text := r.figure(m)
	if least, most := slices.Min(r.samples[c]), slices.Max(r.samples[c]); len(r.samples[c]) > 1 && most >= r.floor {
		text += fmt.Sprintf(" (%s to %s)", r.number(max(least, r.floor)), r.number(max(most, r.floor)))
	}
	return text
}

func (r *row) figure(v float64) string {
	if v < r.floor {
		return "under " + r.number(r.floor) + " " + r.unit
	}
	return r.number(v) + " " + r.unit
}

func (r *row) number(v float64) string {
	switch r.unit {
	case "s":
		return fmt.Sprintf("%.2f", v)
	case "MB", "%":
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

// ratio says how often ours goes into the original's figure.
func (r *row) ratio() string {
	theirs, ok1 := median(r.samples[original])
	own, ok2 := median(r.samples[ours])
	own = max(own, r.floor)
	if !ok1 || !ok2 || own <= 0 || theirs <= 0 {
		return "-"
	}
	prefix := ""
	if m, _ := median(r.samples[ours]); m < r.floor {
		prefix = "over "
	}
	return fmt.Sprintf("%s%.1f : 1", prefix, theirs/own)
}

// print writes the table, and below each row how it was measured.
func (t *table) print(out io.Writer) {
	const wide, column = 48, 29
	fmt.Fprintf(out, "\n%-*s %-*s %-*s %-14s %s\n", wide, "median (range)", column, "original", column, "ours", "original:ours", "keepalived")
	fmt.Fprintln(out, strings.Repeat("-", wide+2*column+14+20))
	for _, r := range t.rows {
		fmt.Fprintf(out, "%-*s %-*s %-*s %-14s %s\n", wide, r.name, column, r.cell(original), column, r.cell(ours), r.ratio(), r.cell(keepalived))
		fmt.Fprintf(out, "    %s\n", r.how)
	}
}
