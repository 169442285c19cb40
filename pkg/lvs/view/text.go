package view

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// textWidth is what a terminal has at least.
const textWidth = 80

// nameWidth is the column of a server's name; a longer name has a line for
// itself.
const nameWidth = 23

// WriteText writes the document for a terminal of 80 columns.
func (s *Status) WriteText(w io.Writer) error {
	b := &strings.Builder{}
	s.head(b)
	if s.Kernel.Available && len(s.Virtuals) == 0 {
		b.WriteString("There is no virtual service\n")
	}
	for i := range s.Virtuals {
		b.WriteByte('\n')
		s.Virtuals[i].text(b, s.Time, s.Running, s.Standby)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (s *Status) head(b *strings.Builder) {
	if s.Running {
		wrap(b, "", fmt.Sprintf("ldirectord %s for %s runs with pid %d since %s (%s)",
			s.Version, s.Config.Path, s.PID, clock(*s.Started), Ago(s.Time.Sub(*s.Started))))
		if r := s.Config.Reload; r != nil {
			wrap(b, "", "Last reload "+clock(r.Time)+": "+r.text())
		}
		if s.Standby {
			wrap(b, "", "It stands by: the servers are checked, the table is left alone")
		}
		if !s.Ready {
			wrap(b, "", "The first results are still awaited")
		}
		if s.Config.MaintenanceDir != "" {
			wrap(b, "", "Maintenance files: "+s.Config.MaintenanceDir)
		}
	}
	if !s.Kernel.Available {
		wrap(b, "", "The kernel's table cannot be read: "+s.Kernel.Error)
	}
}

// text words the verdict of a reload.
func (v *Verdict) text() string {
	switch {
	case !v.InEffect:
		return fmt.Sprintf("failed (%s, the first in line %d); the configuration read before is in effect", plural(v.Errors, "error"), v.Line)
	case v.Warnings > 0:
		return "in effect, with " + plural(v.Warnings, "warning")
	}
	return "in effect"
}

func plural(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// Title is the service in one line. inKernel says whether it should be in the
// kernel.
func (v *Virtual) Title(inKernel bool) string {
	words := []string{v.Protocol + " " + v.Label() + " " + v.Scheduler}
	if v.Persistent > 0 {
		words = append(words, fmt.Sprintf("persistent %d s", v.Persistent))
	}
	if v.Total > 0 {
		words = append(words, fmt.Sprintf("%d of %d up", v.Up, v.Total))
	}
	if v.Fallback != nil && v.Fallback.InUse {
		words = append(words, "fallback in use")
	}
	switch {
	case v.Refused != "":
		words = append(words, "not set up: "+v.Refused)
	case v.Configured && !v.InKernel && inKernel:
		words = append(words, "not in the kernel")
	}
	return strings.Join(words, ", ")
}

func (v *Virtual) text(b *strings.Builder, now time.Time, running, standby bool) {
	wrap(b, "", v.Title(!standby))
	if name := strings.TrimSpace(v.Name + " " + v.Comment); name != "" {
		wrap(b, "  ", printable(name))
	}
	line(b, "  REAL SERVER", "STATE", "SINCE", "FAIL", "WEIGHT", "ACTIVE", "INACT", "CHECK")
	for i := range v.Reals {
		v.Reals[i].text(b, now, running)
	}
	if f := v.Fallback; f != nil {
		state := "idle"
		if f.InUse {
			state = "in use"
		}
		row(b, f.Entry, state, "", "", Weight{Wanted: f.Weight, Kernel: f.Weight}.Text(), f.Connections, "fallback")
	}
}

func (r *Real) text(b *strings.Builder, now time.Time, running bool) {
	state, since, fails, took := r.StateWord(), "", "", ""
	if !running || !r.Configured {
		state = "-"
	} else {
		since, fails = Ago(now.Sub(*r.Since)), fmt.Sprintf("%d/%d", r.Failures, r.FailLimit)
	}
	if r.Check != nil && r.Check.Result != ResultMaintenance {
		took = Took(r.Check.Seconds)
	}
	row(b, r.Server, state, since, fails, r.Weight.Text(), r.Connections, took)
	if r.Check != nil && r.Check.Reason != "" {
		wrap(b, "      ", Ago(now.Sub(r.Check.Time))+" ago: "+r.Check.Reason)
	}
}

// StateWord is the state as people call it: a server that an administrator took
// out is drained.
func (r *Real) StateWord() string {
	if r.Maintenance && r.State == StateDown {
		return "drained"
	}
	return r.State
}

func row(b *strings.Builder, name, state, since, fails, weight string, c Connections, last string) {
	if len(name) > nameWidth {
		b.WriteString("  " + name + "\n")
		name = ""
	}
	line(b, "  "+name, state, since, fails, weight, Short(uint64(c.Active)), Short(uint64(c.Inactive)), last)
}

func line(b *strings.Builder, cells ...string) {
	text := fmt.Sprintf("%-*s %-7s %6s %5s %8s %6s %6s %8s", nameWidth+2,
		cells[0], cells[1], cells[2], cells[3], cells[4], cells[5], cells[6], cells[7])
	b.WriteString(strings.TrimRight(text, " ") + "\n")
}

// Text is what the kernel has, and in parentheses what it should have if that
// is something else.
func (w Weight) Text() string {
	text := func(n *int) string {
		if n == nil {
			return "-"
		}
		return fmt.Sprint(*n)
	}
	has, wanted := text(w.Kernel), text(w.Wanted)
	if has == wanted || w.Wanted == nil {
		return has
	}
	return has + " (" + wanted + ")"
}

func clock(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }

// Ago words a time that has passed, in at most six letters.
func Ago(d time.Duration) string {
	s := max(0, int64(d/time.Second))
	switch {
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 3600:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	case s < 86400:
		return fmt.Sprintf("%dh%02dm", s/3600, s/60%60)
	case s < 100*86400:
		return fmt.Sprintf("%dd%02dh", s/86400, s/3600%24)
	}
	return fmt.Sprintf("%dd", s/86400)
}

// Took words the time that a check took.
func Took(seconds float64) string {
	switch {
	case seconds < 0.0995:
		return fmt.Sprintf("%.1fms", seconds*1000)
	case seconds < 0.9995:
		return fmt.Sprintf("%.0fms", seconds*1000)
	}
	return fmt.Sprintf("%.2fs", seconds)
}

// Short words a number in at most five letters.
func Short(n uint64) string {
	if n < 100000 {
		return fmt.Sprint(n)
	}
	f := float64(n)
	for _, unit := range "kMGTPE" {
		f /= 1000
		switch {
		case f < 99.95 && f >= 9.995:
			return fmt.Sprintf("%.1f%c", f, unit)
		case f < 9.995:
			return fmt.Sprintf("%.2f%c", f, unit)
		case f < 999.5:
			return fmt.Sprintf("%.0f%c", f, unit)
		}
	}
	return "huge"
}

// wrap writes a text in lines that fit, the later ones indented by two more.
func wrap(b *strings.Builder, indent, text string) {
	column := 0
	for i, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
			b.WriteString(indent)
			column = len(indent)
		case column+1+n > textWidth:
			b.WriteString("\n" + indent + "  ")
			column = len(indent) + 2
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	b.WriteByte('\n')
}
