package config

import (
	"sort"
	"strings"
	"time"
)

// section is what one virtual section said. Addresses are resolved when the
// whole file has been read.
type section struct {
	inherited
	virtual Virtual
	end     int  // the line that ended the section
	atEOF   bool // it is the last line of the file, and of the section
	valid   bool // the virtual= line could be understood

	host, port  string // of virtual=, to be resolved; port is also a mark
	protocolSet bool
	receiveLine int
	reals       []realLine
	fallback    *fallbackLine
}

// id is the identity of the service with a mark or port as it is written.
func (s *section) id() string {
	id, written := s.virtual.ID(), s.port
	if span(written, isDigit) != written {
		return id
	}
	shown := itoa(int(s.virtual.Port))
	if s.virtual.Protocol == FWM {
		shown = s.virtual.Name()
	}
	return strings.TrimSuffix(id, shown) + written
}

// met is when the original comes across what is wrong with the whole section,
// among the lines of the file counted twice.
func (s *section) met() int {
	if s.atEOF {
		return 2*s.end + 1
	}
	return 2*s.end - 1
}

type realLine struct {
	number int
	value  string
}

type fallbackLine struct {
	number     int
	host, port string // the port may be missing
	forward    Forward
}

// A sectionDirective reads an option. It returns false if the value is not of
// the option's form, which the original calls an unknown command.
type sectionDirective func(p *parser, s *section, number int, value string) bool

// sectionDirectives are the options of a virtual section; ldirectord(8),
// PER-VIRTUAL DIRECTIVES.
var sectionDirectives map[string]sectionDirective

func sectionNames() []string {
	var names []string
	for name := range sectionDirectives {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

type readOption func(p *parser, s *section, number int, value string)

func option(read readOption) sectionDirective {
	return func(p *parser, s *section, number int, value string) bool {
		read(p, s, number, value)
		return true
	}
}

// quotedOption reads an option whose value must be in quotes and not empty.
func quotedOption(to func(s *section) *string, empty string) sectionDirective {
	return func(p *parser, s *section, number int, value string) bool {
		text, ok := quoted(value)
		if !ok {
			return false
		}
		if text == "" {
			p.report.fail(number, empty)
			return true
		}
		*to(s) = text
		return true
	}
}

func init() {
	sectionDirectives = map[string]sectionDirective{
		"real":      option(func(p *parser, s *section, n int, v string) { p.real(s, n, v, false) }),
		"real6":     option(func(p *parser, s *section, n int, v string) { p.real(s, n, v, true) }),
		"fallback":  option(func(p *parser, s *section, n int, v string) { p.sectionFallback(s, n, v, false) }),
		"fallback6": option(func(p *parser, s *section, n int, v string) { p.sectionFallback(s, n, v, true) }),

		"checktype":  option((*parser).checkType),
		"service":    option((*parser).service),
		"protocol":   option((*parser).protocol),
		"scheduler":  option((*parser).scheduler),
		"schedflags": option((*parser).schedFlags),
		"persistent": option((*parser).persistent),
		"netmask":    option((*parser).netmask),
		"ops": option(func(p *parser, s *section, n int, v string) {
			p.flag(n, v, "ops", &s.virtual.OnePacket)
		}),
		"checkcommand": option(func(p *parser, s *section, n int, v string) {
			p.required(n, maybeQuoted(v), &s.virtual.CheckCommand, "invalid check command")
		}),
		"checkport": option((*parser).checkPort),
		"checktimeout": option(func(p *parser, s *section, n int, v string) {
			p.seconds(n, v, &s.checkTimeout, "invalid check timeout")
		}),
		"negotiatetimeout": option(func(p *parser, s *section, n int, v string) {
			p.seconds(n, v, &s.negotiateTimeout, "invalid negotiate timeout")
		}),
		"connecttimeout": option(func(p *parser, _ *section, n int, _ string) {
			p.report.fail(n, "connecttimeout directive deprecated in favour of negotiatetimeout")
		}),
		"checkcount": option(func(p *parser, s *section, n int, v string) {
			p.warnCheckCount(n, p.count(n, v, &s.checkCount, "invalid check count"))
		}),
		"failurecount": option(func(p *parser, s *section, n int, v string) {
			p.count(n, v, &s.failureCount, "invalid failure count")
		}),
		"checkinterval": option(func(p *parser, s *section, n int, v string) {
			p.seconds(n, v, &s.checkInterval, "invalid checkinterval")
		}),
		"request": func(p *parser, s *section, n int, v string) bool {
			ok := quotedOption(func(s *section) *string { return &s.virtual.Request }, "no request string specified")(p, s, n, v)
			s.virtual.Request = withSlash(s.virtual.Request)
			return ok
		},
		"receive": func(p *parser, s *section, n int, v string) bool {
			s.receiveLine = n
			return quotedOption(func(s *section) *string { return &s.virtual.Receive }, "invalid receive string")(p, s, n, v)
		},
		"login": quotedOption(func(s *section) *string { return &s.virtual.Login }, "invalid login string"),
		"passwd": quotedOption(func(s *section) *string { return (*string)(&s.virtual.Passwd) },
			"invalid password"),
		"database": quotedOption(func(s *section) *string { return &s.virtual.Database }, "invalid database"),
		"secret": quotedOption(func(s *section) *string { return (*string)(&s.virtual.Secret) },
			"invalid secret"),
		"load":        load,
		"httpmethod":  option((*parser).httpMethod),
		"virtualhost": option(virtualHost),
		"fallbackcommand": option(func(p *parser, s *section, n int, v string) {
			p.text(n, maybeQuoted(v), &s.fallbackCommand, "invalid fallback command")
		}),
		"quiescent": option(func(p *parser, s *section, n int, v string) { p.optFlag(n, v, "quiescent", &s.quiescent) }),
		"cleanstop": option(func(p *parser, s *section, n int, v string) { p.optFlag(n, v, "cleanstop", &s.cleanStop) }),
		"emailalert": option(func(p *parser, s *section, n int, v string) {
			p.text(n, email(v), &s.emailAlert, "no email address specified")
		}),
		"emailalertfreq": option(func(p *parser, s *section, n int, v string) {
			p.frequency(n, v, &s.emailAlertFreq)
		}),
		"emailalertstatus": option(func(p *parser, s *section, n int, v string) {
			p.status(n, v, &s.emailAlertStatus)
		}),
		"smtp":        option(func(p *parser, s *section, n int, v string) { p.smtp(n, v, &s.smtp) }),
		"monitorfile": option(monitorFile),
		"servicename": option(func(_ *parser, s *section, _ int, v string) { s.virtual.ServiceName = v }),
		"comment":     option(func(_ *parser, s *section, _ int, v string) { s.virtual.Comment = v }),
	}
}

func (p *parser) required(number int, value string, to *string, text string) {
	if value == "" {
		p.report.fail(number, text)
		return
	}
	*to = value
}

func withSlash(request string) string {
	if strings.HasPrefix(request, "/") {
		return request
	}
	return "/" + request
}

// load is accepted and used by nothing, as in the original.
func load(p *parser, _ *section, number int, value string) bool {
	text, ok := quoted(value)
	if !ok {
		return false
	}
	if span(text, isWord) == "" {
		p.report.fail(number, "invalid string for load testing")
	}
	return true
}

// virtualHost drops an opening quote and ends before the next one. Trailing
// blanks, which no host name has, are dropped too.
func virtualHost(p *parser, s *section, number int, value string) {
	value = strings.TrimPrefix(value, `"`)
	value, _, _ = strings.Cut(value, `"`)
	if trimmed := strings.TrimRight(value, blanks); trimmed != value {
		p.report.note(number, "blanks after virtualhost="+trimmed, "they are left out; the original sends them")
		value = trimmed
	}
	s.virtual.VirtualHost = &value
}

func monitorFile(p *parser, s *section, number int, value string) {
	s.virtual.MonitorFile = maybeQuoted(value)
	if err := p.host.Appendable(s.virtual.MonitorFile); err != nil {
		p.report.fail(number, "unable to open monitorfile "+s.virtual.MonitorFile+": "+reason(err))
	}
}

func newSection(number int, ipv6 bool) *section {
	return &section{virtual: Virtual{
		Line: number, IPv6: ipv6, Scheduler: "wrr", CheckCommand: "/bin/true", Request: "/", HTTPMethod: "GET",
	}}
}

const maxPersistent = 2678400 * time.Second // 31 days, the limit of ipvsadm(8) -p
