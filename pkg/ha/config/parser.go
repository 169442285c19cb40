package config

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// parser reads ha.cf. It holds what is known so far.
type parser struct {
	host   Host
	dir    string
	ha     *HA
	report *Report

	values map[string]value // recorded text by directive
	seen   map[string]value // last use of any directive
	// ports holds the UDP port that each kind of medium took at its first line.
	ports   map[string]int
	port    int // udpport so far
	baud    int
	clients map[string]bool
	// pings counts ping nodes, which share the node table.
	pings int
	// failbackGiven tells nice_failback whether auto_failback came before it.
	failbackGiven bool
}

// value is the text of a setting and where it stands.
type value struct {
	text         string
	line, column int
}

// problem is why a value is refused.
type problem struct {
	text   string
	legacy []Line
}

func refuse(format string, args ...any) *problem {
	return &problem{text: fmt.Sprintf(format, args...)}
}

func (p *problem) as(lines ...Line) *problem {
	p.legacy = lines
	return p
}

// directive is one row of the table of known directives.
type directive struct {
	name string
	// recorded settings are exported as HA_name and answered to clients.
	recorded bool
	// def is the recorded default, "" if there is none or it is computed.
	def string
	// set applies one value; each value of a line is applied in turn.
	set func(p *parser, s statement, v word) *problem
	// line takes the whole line instead.
	line func(p *parser, s statement) *problem
	// note says that the setting is accepted and has no effect; "" if it has one.
	note string
}

const noEffect = "has no effect yet"

// legacyPath is a file of the directory as the original prints it, with its
// doubled slash.
func legacyPath(dir, name string) string {
	return strings.TrimRight(dir, "/") + "//" + name
}

// parseHA reads the text of ha.cf. Defaults and cross checks come later.
func parseHA(data []byte, dir string, host Host) *parser {
	p := &parser{
		host:    host,
		dir:     dir,
		report:  new(Report),
		values:  make(map[string]value),
		seen:    make(map[string]value),
		ports:   make(map[string]int),
		clients: make(map[string]bool),
		ha:      newHA(),
	}
	p.port = p.defaultPort()
	comment := false
	for _, l := range readLines(data) {
		if l.offset > 0 && comment {
			comment = l.cut
			continue
		}
		if l.cut {
			comment = strings.HasPrefix(strings.TrimLeft(l.text, whiteSpace), "#")
			p.find(Warning, l.number, 0, longLine(comment))
		}
		if s, ok := parseStatement(l); ok {
			p.statement(s)
		}
	}
	return p
}

func longLine(comment bool) string {
	if comment {
		return fmt.Sprintf("the comment is longer than %d bytes; heartbeat 3.0.6 would read the rest as a directive", maxLine)
	}
	return fmt.Sprintf("the line is longer than %d bytes; the rest is read as a line of its own", maxLine)
}

// newHA is ha.cf before its first line.
func newHA() *HA {
	return &HA{
		Cluster:      "linux-ha",
		Hopfudge:     1,
		Keepalive:    time.Second,
		Deadtime:     30 * time.Second,
		SyslogMsgFmt: true,
		LogBadpack:   true,
		MaxRexmit:    250 * time.Millisecond,
		CompressOver: 2 << 10,
		Realtime:     true,
		ConnLogdTime: time.Minute,
		Coredumps:    true,
	}
}

// find records a finding about a line of ha.cf.
func (p *parser) find(s Severity, line, column int, text string, legacy ...Line) {
	p.report.add(Finding{Severity: s, File: filepath.Join(p.dir, "ha.cf"), Line: line, Column: column, Text: text, Legacy: legacy})
}

// warn records a warning about a word.
func (p *parser) warn(s statement, w word, format string, args ...any) {
	p.find(Warning, s.line, w.column, fmt.Sprintf(format, args...))
}

func (p *parser) statement(s statement) {
	name := s.name.text
	if name == "udp" {
		p.find(Warning, s.line, s.name.column, "udp is an old name of bcast",
			legacyWarn("WARNING: directive 'udp' replaced by 'bcast'"))
		name = "bcast"
	}
	d, ok := directives[name]
	if !ok {
		text := "unknown directive"
		if near := Nearest(name, directiveNames); near != "" {
			text += "; did you mean " + near + "?"
		}
		p.find(Error, s.line, s.name.column, text,
			legacyError("Illegal directive [%s] in %s", name, legacyPath(p.dir, "ha.cf")))
		return
	}
	s.name.text = name
	if d.line != nil {
		if bad := d.line(p, s); bad != nil {
			p.refused(s, s.name, bad)
			return
		}
		p.done(d, s, value{s.rest, s.line, s.at})
		return
	}
	words := s.words()
	if len(words) == 0 {
		p.warn(s, s.name, "%s without a value does nothing", name)
		return
	}
	good := 0
	for _, w := range words {
		if bad := d.set(p, s, w); bad != nil {
			p.refused(s, w, bad)
			continue
		}
		good++
		p.done(d, s, value{w.text, s.line, w.column})
	}
	if len(words) > 1 && good == len(words) && !accumulates[name] {
		p.warn(s, words[1], "%s takes one value; the last one, %s, counts", name, words[len(words)-1].text)
	}
}

// refused records an error about a value.
func (p *parser) refused(s statement, w word, bad *problem) {
	p.find(Error, s.line, w.column, bad.text, bad.legacy...)
}

// done records an accepted setting.
func (p *parser) done(d *directive, s statement, v value) {
	if d.note != "" {
		p.find(Warning, s.line, s.name.column, s.name.text+" "+d.note)
	}
	name := s.name.text
	if old, again := p.seen[name]; again && old.line != s.line && d.recorded {
		p.find(Warning, s.line, s.name.column,
			fmt.Sprintf("%s was set before, in line %d; this one counts", name, old.line))
	}
	p.seen[name] = v
	if d.recorded {
		p.values[name] = v
	}
}

// recorded returns the parameters in the order of the table, with defaults.
func (p *parser) recorded(computed map[string]string) []Parameter {
	var list []Parameter
	for _, name := range directiveNames {
		d := directives[name]
		text := d.def
		if c, ok := computed[name]; ok {
			text = c
		}
		if v, ok := p.values[name]; ok {
			text = v.text
		}
		if text != "" && (d.recorded || computed[name] != "") {
			list = append(list, Parameter{name, text})
		}
	}
	return list
}

// Shapes of simple directives.

// boolean sets a bool field.
func boolean(field func(*HA) *bool) func(*parser, statement, word) *problem {
	return func(p *parser, s statement, v word) *problem {
		b, bad := wantBool(s, v)
		if bad == nil {
			*field(p.ha) = b
		}
		return bad
	}
}

func wantBool(s statement, v word) (bool, *problem) {
	b, ok := parseBool(v.text)
	if !ok {
		return false, refuse("%s is on or off, not %s", s.name.text, v.text)
	}
	return b, nil
}

// duration sets a duration field; zero says whether 0 is allowed.
func duration(field func(*HA) *time.Duration, zero bool) func(*parser, statement, word) *problem {
	return func(p *parser, s statement, v word) *problem {
		d, bad := p.wantDuration(s, v, zero)
		if bad == nil {
			*field(p.ha) = d
		}
		return bad
	}
}

func (p *parser) wantDuration(s statement, v word, zero bool) (time.Duration, *problem) {
	d, ok := parseDuration(v.text)
	switch {
	case !ok:
		hint := ""
		if unit := "1" + v.text; v.column > s.at {
			if _, ok := parseDuration(unit); ok {
				hint = "; the unit follows the number without a blank"
			}
		}
		if d, ok := parseDuration(strings.TrimRight(strings.ToLower(v.text), "sec")); ok && d > 0 {
			hint = "; seconds have no unit: write " + strings.TrimRight(strings.ToLower(v.text), "sec")
		}
		return 0, refuse("%s %s is no duration such as 2, 0.5 or 500ms%s", s.name.text, v.text, hint)
	case d == 0 && !zero:
		return 0, refuse("%s must be more than 0, not %s", s.name.text, v.text)
	case d == maxDuration:
		return 0, refuse("%s %s is longer than a century", s.name.text, v.text)
	}
	return d, nil
}

// integer reads a number as the original does and warns if it is written oddly.
func (p *parser) integer(s statement, v word) int {
	n, exact := parseInt(v.text)
	if !exact {
		p.warn(s, v, "%s %s is read as %d", s.name.text, v.text, n)
	}
	return n
}

// oneOf refuses a word that is not listed.
func oneOf(s statement, v word, words ...string) *problem {
	for _, w := range words {
		if v.text == w {
			return nil
		}
	}
	return refuse("%s is %s, not %s", s.name.text, strings.Join(words, " or "), v.text)
}

// ignored accepts any value.
func ignored(*parser, statement, word) *problem { return nil }
