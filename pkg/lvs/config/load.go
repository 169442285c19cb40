package config

import (
	"errors"
	"os"
	"slices"
	"strings"
)

// Load reads a file. The configuration is nil if the report has failed; the
// report has everything that was found, also when nothing is wrong.
func Load(path string, host Host) (*Config, *Report) {
	content, err := os.ReadFile(path)
	if err != nil {
		report := &Report{Path: path}
		meant := err.Error()
		if pathError := (*os.PathError)(nil); errors.As(err, &pathError) {
			meant = pathError.Err.Error()
		}
		report.failMeant(0, "can not open file "+path, meant)
		return nil, report
	}
	return Parse(path, string(content), host)
}

// Parse is Load for content that has been read already.
func Parse(path, content string, host Host) (*Config, *Report) {
	p := &parser{host: host, report: &Report{Path: path}, global: newGlobal()}
	p.file(splitLines(content))
	p.finish()
	if p.report.Failed() {
		return nil, p.report
	}
	return p.build(path), p.report
}

// parser holds what has been read so far. The typed values are made at the end,
// because a global directive counts wherever it stands.
type parser struct {
	host     Host
	report   *Report
	global   *global
	sections []*section

	open *section // the section whose options are being read
	// stray is the section that options in column 1 belong to: web pages lose
	// the indentation. An empty line ends it.
	stray     *section
	strayNote bool
}

func (p *parser) file(lines []line) {
	last := 0
	for _, l := range lines {
		last = l.number
		if p.open != nil {
			if l.isComment() {
				continue
			}
			if text, ok := l.option(); ok {
				p.option(l, text)
				continue
			}
			p.endSection(l.number)
		}
		p.outside(l)
	}
	if p.open != nil {
		p.endSection(last)
		// The end of the file comes behind what is said of its last line.
		p.sections[len(p.sections)-1].atEOF = true
	}
}

// outside reads a line in global context.
func (p *parser) outside(l line) {
	if l.isComment() {
		return
	}
	if l.isBlank() {
		p.stray = nil
		return
	}
	name, value, assigned := assignment(l.text)
	if assigned && (name == "virtual" || name == "virtual6") {
		p.begin(l, value, name == "virtual6")
		return
	}
	if strings.HasPrefix(name, "supervised") {
		// The original takes every line that begins so for this directive.
		name = "supervised"
	}
	if d, known := globalDirectives[name]; known && d(p, l, value, assigned) {
		if p.stray != nil && sectionDirectives[name] != nil {
			p.report.note(l.number, `"`+name+`" stands in column 1 and is taken as a global directive`,
				"indent it if it belongs to the virtual service above")
		}
		return
	}
	if p.stray != nil && assigned && globalDirectives[name] == nil && sectionDirectives[name] != nil {
		p.strayOption(l)
		return
	}
	p.unknown(l, name)
}

// strayOption takes an option in column 1 as belonging to the section above.
func (p *parser) strayOption(l line) {
	if !p.strayNote {
		p.report.note(l.number, "option of a virtual service in column 1",
			"it is taken as belonging to the service above; indent it by a tab or four blanks")
		p.strayNote = true
	}
	// The section has been closed by this line; it goes on.
	p.option(l, l.unindented())
}

// unknown reports a line in global context that is no directive.
func (p *parser) unknown(l line, name string) {
	hint := ""
	switch {
	case sectionDirectives[name] != nil:
		hint = "it belongs into a virtual section, indented by a tab or four blanks"
	case l.text[0] == ' ' || l.text[0] == '\t':
		hint = "a directive must begin in column 1, an option must follow its virtual without an empty line and be indented by a tab or four blanks"
	default:
		if globalDirectives[name] != nil {
			hint = "its value must be given after = in the form of the manual, a text in double quotes"
		} else {
			hint = meant(name, globalNames())
		}
	}
	p.report.failMeant(l.number, "Unknown command "+l.text, hint)
}

// option reads one option of the section that is open or stray.
func (p *parser) option(l line, text string) {
	s := p.open
	if s == nil {
		s = p.stray
	}
	name, value, assigned := assignment(text)
	if d := sectionDirectives[name]; d != nil && assigned {
		if d(p, s, l.number, value) {
			return
		}
		p.report.failMeant(l.number, `Unknown command "`+l.text+`"`, "its value must be in double quotes")
		return
	}
	hint := meant(name, sectionNames())
	if globalDirectives[name] != nil {
		hint = "it is a global directive and must stand in column 1, outside of any section"
	}
	p.report.failMeant(l.number, `Unknown command "`+l.text+`"`, hint)
}

// endSection leaves the section that is open; number is the line that ended it.
func (p *parser) endSection(number int) {
	p.open.end = number
	p.open = nil
}

// finish does what needs the whole file: addresses, defaults, duplicates.
func (p *parser) finish() {
	p.meet(0, func(f Finding) int { return 2 * f.Line })
	found := len(p.report.Findings)
	seen := make(map[string]*section)
	for _, s := range p.sections {
		p.resolve(s)
		p.rejectDuplicate(s, seen)
		// The original does this when the section has ended, before it looks at
		// the line that ended it.
		p.meet(found, func(Finding) int { return s.met() })
		found = len(p.report.Findings)
	}
	slices.SortStableFunc(p.report.Findings, func(a, b Finding) int { return a.met - b.met })
	for _, s := range p.sections {
		if s.valid && s.checkInterval != nil && !p.global.Fork {
			p.report.warn(0, "checkinterval in virtual service "+s.id()+" ignored when fork=no")
		}
	}
}

// meet says of the findings from one on when the original comes across them.
func (p *parser) meet(from int, when func(f Finding) int) {
	for i := from; i < len(p.report.Findings); i++ {
		p.report.Findings[i].met = when(p.report.Findings[i])
	}
}

func (p *parser) rejectDuplicate(s *section, seen map[string]*section) {
	if !s.valid {
		return
	}
	id, spelled := s.virtual.ID(), " "+s.port
	if span(s.port, isDigit) != s.port {
		spelled = " " + itoa(int(s.virtual.Port)) // a name
	}
	if first := seen[id+spelled]; first != nil {
		p.report.failMeant(s.end, "duplicate virtual server", id+" is already at line "+itoa(first.virtual.Line))
		return
	}
	if first := seen[id]; first != nil {
		// :80 and :080 are two services to the original; the kernel has one.
		s.virtual.Refused = "it is the service of line " + itoa(first.virtual.Line)
		p.report.note(s.virtual.Line, id+" is already at line "+itoa(first.virtual.Line)+": the service will not be set up again",
			"write its servers there")
	} else {
		seen[id] = s
	}
	seen[id+spelled] = s
}

// DefaultLogFile is where the log goes if the file does not say.
const DefaultLogFile = "/var/log/ldirectord.log"

// LogTarget returns what logfile says, however broken the rest of the content
// is. It looks nothing up and opens nothing.
func LogTarget(content string) string {
	target := DefaultLogFile
	for _, l := range splitLines(content) {
		if name, value, ok := assignment(l.text); ok && name == "logfile" {
			if text, ok := quoted(value); ok {
				target = text
			}
		}
	}
	return target
}

// Directives are the names of the global directives and of the options of a
// service, each in the order of the alphabet.
func Directives() (global, service []string) { return globalNames(), sectionNames() }
