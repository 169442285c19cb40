package view

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// width is that of a terminal of old.
const width = 80

const clockForm = "2006-01-02 15:04:05"

// Text is the view for people, in eighty columns. Names come from files and from
// the network: what a terminal would obey is written as a question mark.
func (v *View) Text() string {
	var b strings.Builder
	line := func(indent int, format string, args ...any) {
		for i, part := range wrap(plain(fmt.Sprintf(format, args...)), width-indent) {
			deeper := indent
			if i > 0 {
				deeper += 2
			}
			b.WriteString(strings.Repeat(" ", deeper) + part + "\n")
		}
	}
	line(0, "heartbeat %s on %s: %s, holds %s, pid %d, up since %s", v.Version, v.Node, v.Status, v.Holds, v.PID, clock(v.Started))
	for _, t := range v.Trouble {
		line(0, "TROUBLE: %s", t)
	}
	for _, w := range v.Warnings {
		line(0, "warning: %s", w)
	}
	line(0, "")
	line(0, "Nodes")
	for _, n := range v.Nodes {
		v.node(line, n)
	}
	line(0, "")
	line(0, "Groups")
	for _, g := range v.Groups {
		holder := "held by nobody"
		if g.Holder != "" {
			holder = "on " + g.Holder
		}
		line(2, "%s", strings.Join(g.Resources, " "))
		line(4, "%s, %s since %s: %s", holder, g.State, clock(g.Since), g.Why)
		if g.Error != "" {
			line(4, "%s", g.Error)
		}
	}
	if len(v.Transitions) > 0 {
		line(0, "")
		line(0, "Last transitions")
	}
	for _, t := range v.Transitions {
		line(2, "%s %s", clock(t.At), t.sentence())
	}
	return b.String()
}

func (v *View) node(line func(int, string, ...any), n Node) {
	what := "node"
	if n.Ping {
		what = "ping node"
	}
	if n.Self {
		what = "this node"
	}
	line(2, "%-16s %-7s since %s, %s", n.Name, n.Status, clock(n.Since), what)
	for _, l := range n.Links {
		up := "up"
		if !l.Up {
			up = "dead"
		}
		heard := "never heard"
		if l.Heard != "" {
			heard = fmt.Sprintf("heard %v ago, longest gap %v, %d late", v.Time.Time().Sub(l.Heard.Time()), l.GapMax.Duration(), l.Late)
		}
		line(4, "%-14s %-5s %s", l.Kind+" "+l.Name, up, heard)
	}
}

func (t Transition) sentence() string {
	s := fmt.Sprintf("%s %s: %s", t.Action, strings.Join(t.Groups, ", "), t.Why)
	if t.Silence > 0 {
		s += fmt.Sprintf(", silent for %v", t.Silence.Duration())
	}
	if t.Running {
		return s + fmt.Sprintf("; runs for %v", t.Seconds.Duration())
	}
	s += fmt.Sprintf("; took %v", t.Seconds.Duration())
	if t.Error != "" {
		s += "; failed: " + t.Error
	}
	return s
}

func clock(s Stamp) string {
	if s == "" {
		return "-"
	}
	return s.Time().Format(clockForm)
}

// plain leaves one line without control characters.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, text)
}

// wrap breaks a text at blanks, and where there is none after as much as fits.
func wrap(text string, most int) []string {
	var out []string
	for utf8.RuneCountInString(text) > most {
		runes := []rune(text)
		at := most
		for i := most; i > most/2; i-- {
			if runes[i] == ' ' {
				at = i
				break
			}
		}
		out = append(out, strings.TrimRight(string(runes[:at]), " "))
		text = strings.TrimLeft(string(runes[at:]), " ")
		if len(out) == 1 {
			most -= 2 // what follows stands deeper
		}
	}
	return append(out, text)
}
