package top

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"lvsha/pkg/lvs/view"
)

// Style is how a whole line is shown.
type Style uint8

// The styles. The colours come on top of bold, for terminals without colours.
const (
	Plain Style = iota
	Bold
	Reverse
	Bad  // red
	Warn // yellow
)

// Line is one line of the screen.
type Line struct {
	Text  string
	Style Style
}

// Lines around the rows: title, addresses, sum and head above, two of detail and
// the keys below.
const headLines, footLines = 4, 3

// column widths but for the name's, which takes what is left.
const (
	otherColumns = 58
	nameMost     = 50
)

// Screen renders the model for a terminal. cursor is the line of the selected
// row, from 0.
func (m *Model) Screen(width, height int) (lines []Line, cursor int) {
	width, height = max(width, 20), max(height, headLines+footLines+1)
	m.scroll(height - headLines - footLines)
	name := min(max(width-otherColumns, 22), nameMost)
	lines = []Line{
		{m.title(), Reverse}, {m.addresses(), Plain}, {m.sum(), Plain},
		{cells(name, "  SERVER", "STATE", "WEIGHT", "ACTIVE", "INACT", "CONN/S", "PKT/S", "BYTE/S", "CHECK"), Reverse},
	}
	if m.mode == helping {
		for _, text := range help {
			lines = append(lines, Line{text, Plain})
		}
	} else {
		for i := m.first; i < len(m.rows) && i < m.first+m.page; i++ {
			lines = append(lines, m.line(&m.rows[i], name))
		}
	}
	for len(lines) < height-footLines {
		lines = append(lines, Line{})
	}
	cursor = headLines + max(m.at(), 0) - m.first
	detail, more := m.detail()
	lines = append(lines[:height-footLines], detail, Line{more, Plain}, Line{m.keys(), Reverse})
	for i := range lines {
		lines[i].Text = fit(lines[i].Text, width, lines[i].Style == Reverse)
	}
	return lines, cursor
}

// fit cuts a text; what is reversed fills the line.
func fit(text string, width int, fill bool) string {
	n := utf8.RuneCountInString(text)
	if n > width {
		return string([]rune(text)[:width-1]) + "~"
	}
	if fill {
		text += strings.Repeat(" ", width-n)
	}
	return text
}

func (m *Model) title() string {
	s := m.look.Status
	if s == nil {
		return "ldirectord top"
	}
	text := "ldirectord top  " + s.Host + "  " + s.Time.Local().Format("15:04:05")
	switch {
	case m.look.Daemons > 1:
		text += fmt.Sprintf("  %d directors run", m.look.Daemons)
	case s.Running:
		text += "  " + s.Config.Path + " runs for " + view.Ago(s.Time.Sub(*s.Started))
		if s.Standby {
			text += ", stands by"
		}
	default:
		text += "  no director answers: the kernel's table alone"
	}
	return text
}

// addresses tells which virtual addresses this host has.
func (m *Model) addresses() string {
	s := m.look.Status
	if s == nil {
		return ""
	}
	if !s.Kernel.Available {
		return "No table: " + s.Kernel.Error
	}
	var held []string
	for _, a := range s.Held() {
		held = append(held, a.String())
	}
	all := make(map[string]bool)
	for i := range s.Virtuals {
		if a := s.Virtuals[i].Address; a.IsValid() {
			all[a.String()] = true
		}
	}
	switch {
	case len(all) == 0:
		return "VIPs held: none is configured"
	case len(held) == 0:
		return fmt.Sprintf("VIPs held: none of %d", len(all))
	}
	return fmt.Sprintf("VIPs held: %d of %d: %s", len(held), len(all), strings.Join(held, ", "))
}

func (m *Model) sum() string {
	s := m.look.Status
	if s == nil {
		return ""
	}
	states := make(map[string]int)
	var total rate
	active := 0
	for i := range s.Virtuals {
		v := &s.Virtuals[i]
		r := m.traffic.rates[rowID{v.ID, ""}]
		total.connections, total.packets, total.bytes = total.connections+r.connections, total.packets+r.packets, total.bytes+r.bytes
		active += connections(v).Active
		for j := range v.Reals {
			states[stateOf(v, &v.Reals[j])]++
		}
	}
	var words []string
	for _, state := range []string{view.StateUp, view.StateDown, "drained", view.StateUnknown} {
		if n := states[state]; n > 0 || state == view.StateUp {
			words = append(words, fmt.Sprintf("%d %s", n, state))
		}
	}
	return fmt.Sprintf("Servers: %s  Now: %s active, %s conn/s, %s byte/s", strings.Join(words, ", "),
		view.Short(uint64(active)), short(total.connections), short(total.bytes))
}

// line is a service or a server.
func (m *Model) line(r *row, name int) Line {
	rate := m.traffic.rates[r.id]
	cs, ps, bs := short(rate.connections), short(rate.packets), short(rate.bytes)
	style := Plain
	var text string
	if r.real == nil {
		style = Bold
		up := ""
		if r.virtual.Total > 0 {
			up = fmt.Sprintf("%d/%d", r.virtual.Up, r.virtual.Total)
			if r.virtual.Up == 0 {
				style = Bad
			}
		}
		c := connections(r.virtual)
		text = cells(name, shorten(r.virtual.Protocol+" "+r.virtual.Label(), name), up, r.virtual.Scheduler, number(c.Active), number(c.Inactive), cs, ps, bs, fallback(r.virtual))
	} else {
		state, took := stateOf(r.virtual, r.real), ""
		if c := r.real.Check; c != nil && c.Result != view.ResultMaintenance {
			took = view.Took(c.Seconds)
		}
		switch state {
		case view.StateDown:
			style = Bad
		case "drained", view.StateUnknown:
			style = Warn
		}
		text = cells(name, "  "+shorten(r.real.Server, name-2), state, r.real.Weight.Text(), number(r.real.Connections.Active), number(r.real.Connections.Inactive), cs, ps, bs, took)
	}
	if r.id == m.selected {
		style = Reverse
	}
	return Line{text, style}
}

func fallback(v *view.Virtual) string {
	if v.Fallback != nil && v.Fallback.InUse {
		return "fallbk!"
	}
	return ""
}

// shorten keeps the end of a name, where the port is.
func shorten(name string, width int) string {
	if len(name) <= width {
		return name
	}
	const tail = 9
	return name[:width-tail-1] + "~" + name[len(name)-tail:]
}

func cells(name int, c ...string) string {
	return strings.TrimRight(fmt.Sprintf("%-*s %-7s %6s %6s %6s %6s %6s %6s %7s", name, c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8]), " ")
}

func number(n int) string { return view.Short(uint64(max(n, 0))) }

func short(f float64) string {
	if f > 0 && f < 9.95 {
		return fmt.Sprintf("%.1f", f)
	}
	return view.Short(uint64(f + 0.5))
}

// detail is about the selected row, or what has to be said first.
func (m *Model) detail() (first Line, more string) {
	switch {
	case m.mode == filtering:
		return Line{"Filter: " + m.filter + "_", Bold}, ""
	case m.mode == confirming && m.pending.Back:
		return Line{"Give " + m.pending.Server.Server + " back, in every service that has it? y or n", Bold}, ""
	case m.mode == confirming:
		return Line{"Take " + m.pending.Server.Server + " out of every service that has it? y or n", Bold}, ""
	case m.message != "":
		return Line{m.message, Bold}, ""
	case m.look.Note != "":
		return Line{m.look.Note, Warn}, ""
	}
	at := m.at()
	switch {
	case m.look.Status == nil:
		return Line{"Asking the directors and the kernel", Plain}, ""
	case at < 0 && m.filter != "":
		return Line{"Nothing matches " + m.filter + "; the escape key shows everything", Plain}, ""
	case at < 0:
		return Line{"There is no virtual service", Plain}, ""
	}
	r := m.rows[at]
	if r.real == nil {
		return Line{r.virtual.Title(true), Plain}, strings.TrimSpace(r.virtual.Name + " " + r.virtual.Comment)
	}
	text, more := m.server(r.real)
	return Line{text, Plain}, more
}

func (m *Model) server(r *view.Real) (text, more string) {
	now := m.look.Status.Time
	text = r.Server + " " + r.Forward
	if r.Since != nil && r.Configured {
		text += ", " + r.StateWord() + " for " + view.Ago(now.Sub(*r.Since))
	}
	if r.FailLimit > 1 {
		text += fmt.Sprintf(", failures %d/%d", r.Failures, r.FailLimit)
	}
	if r.Connections.Persistent > 0 {
		text += fmt.Sprintf(", %d persistent", r.Connections.Persistent)
	}
	if r.Check != nil {
		text += ", checked " + view.Ago(now.Sub(r.Check.Time)) + " ago"
		more = r.Check.Reason
	}
	return text, more
}

func (m *Model) keys() string {
	direction := ""
	if m.reverse {
		direction = " reversed"
	}
	filter := ""
	if m.filter != "" && m.mode != filtering {
		filter = "=" + m.filter
	}
	return fmt.Sprintf("q quit  s sort: %s%s  r reverse  / filter%s  d drain  u undrain  h help", m.sort, direction, filter)
}

var help = []string{
	"",
	"  up down j k        select a service or a server",
	"  page keys, space   a screen further; home and end: the first and the last",
	"  s S                another order: file, name, state, active, conn/s, byte/s,",
	"                     check; r turns it round",
	"  /                  show only what has these letters in its name, protocol or",
	"                     state; the escape key shows everything again",
	"  d u                take the selected server out by a file in maintenancedir,",
	"                     and give it back",
	"  q                  quit",
	"",
	"  WEIGHT  in the table; in parentheses what it should be if that differs",
	"  CHECK   the time that the last check took",
}
