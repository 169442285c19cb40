package config

import (
	"sort"
	"strconv"
	"strings"
	"time"
)

func itoa(n int) string { return strconv.Itoa(n) }

// inherited holds the settings that may stand globally and in a section; nil
// where the file is silent.
type inherited struct {
	checkTimeout     *time.Duration
	negotiateTimeout *time.Duration
	checkInterval    *time.Duration
	checkCount       *int
	failureCount     *int
	quiescent        *bool
	cleanStop        *bool
	fallbackCommand  *string
	emailAlert       *string
	emailAlertFreq   *time.Duration
	emailAlertStatus *AlertStatus
	smtp             *string
}

// global is what the global directives said.
type global struct {
	Global
	inherited
	fallback, fallback6 *globalFallback
}

// globalFallback may leave the port to the services that use it.
type globalFallback struct {
	Fallback
	hasPort bool
}

func newGlobal() *global {
	return &global{Global: Global{CheckInterval: 10 * time.Second, LogFile: DefaultLogFile}}
}

// A globalDirective reads its line. It returns false if the line is not of its
// form, which the original calls an unknown command.
type globalDirective func(p *parser, l line, value string, assigned bool) bool

// globalDirectives are read in column 1; ldirectord(8), GLOBAL DIRECTIVES.
var globalDirectives map[string]globalDirective

func init() {
	globalDirectives = map[string]globalDirective{
		"checktimeout": assigned(func(p *parser, n int, v string) {
			p.seconds(n, aboveZero(v), &p.global.checkTimeout, "invalid check timeout value")
		}),
		"negotiatetimeout": assigned(func(p *parser, n int, v string) {
			p.seconds(n, aboveZero(v), &p.global.negotiateTimeout, "invalid negotiate timeout value")
		}),
		"checkinterval": assigned(func(p *parser, n int, v string) {
			p.seconds(n, v, &p.global.checkInterval, "invalid check interval value")
		}),
		"checkcount": assigned(func(p *parser, n int, v string) {
			p.warnCheckCount(n, p.count(n, v, &p.global.checkCount, "invalid check count value"))
		}),
		"failurecount": assigned(func(p *parser, n int, v string) {
			p.count(n, v, &p.global.failureCount, "invalid failure count value")
		}),
		"autoreload": assigned(func(p *parser, n int, v string) { p.flag(n, v, "autoreload", &p.global.AutoReload) }),
		"fork":       assigned(func(p *parser, n int, v string) { p.flag(n, v, "fork", &p.global.Fork) }),
		"readdquiescent": assigned(func(p *parser, n int, v string) {
			p.flag(n, v, "readdquiescent", &p.global.ReaddQuiescent)
		}),
		"quiescent":  assigned(func(p *parser, n int, v string) { p.optFlag(n, v, "quiescent", &p.global.quiescent) }),
		"cleanstop":  assigned(func(p *parser, n int, v string) { p.optFlag(n, v, "cleanstop", &p.global.cleanStop) }),
		"supervised": supervised,
		"callback":   quotedText(func(p *parser, _ int, v string) { p.global.Callback = v }),
		"logfile":    quotedText(logFile),
		"fallback": assigned(func(p *parser, n int, v string) {
			p.global.fallback = p.globalFallback(n, v, false)
		}),
		"fallback6": assigned(func(p *parser, n int, v string) {
			p.global.fallback6 = p.globalFallback(n, v, true)
		}),
		"fallbackcommand": assigned(func(p *parser, n int, v string) {
			p.text(n, v, &p.global.fallbackCommand, "invalid fallback command")
		}),
		"execute": assigned(execute),
		"emailalert": assigned(func(p *parser, n int, v string) {
			p.text(n, email(v), &p.global.emailAlert, "no email address specified")
		}),
		"emailalertfrom": assigned(func(p *parser, n int, v string) {
			if v == "" {
				p.report.fail(n, "no email from address specified")
			}
			p.global.AlertFrom = v
		}),
		"emailalertfreq": assigned(func(p *parser, n int, v string) { p.frequency(n, v, &p.global.emailAlertFreq) }),
		"emailalertstatus": assigned(func(p *parser, n int, v string) {
			p.status(n, v, &p.global.emailAlertStatus)
		}),
		"smtp":           assigned(func(p *parser, n int, v string) { p.smtp(n, v, &p.global.smtp) }),
		"maintenancedir": assigned(maintenanceDir),
		"timeout": assigned(func(p *parser, n int, _ string) {
			p.report.fail(n, "timeout directive deprecated in favour of checktimeout and negotiatetimeout")
		}),
		"connecttimeout": assigned(func(p *parser, n int, _ string) {
			p.report.fail(n, "connecttimeout directive deprecated in favour of negotiatetimeout")
		}),
	}
}

func globalNames() []string {
	names := []string{"virtual", "virtual6"}
	for name := range globalDirectives {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func assigned(read func(p *parser, number int, value string)) globalDirective {
	return func(p *parser, l line, value string, assigned bool) bool {
		if assigned {
			read(p, l.number, value)
		}
		return assigned
	}
}

// quotedText reads a directive whose value must be in quotes and may be empty.
func quotedText(read func(p *parser, number int, value string)) globalDirective {
	return func(p *parser, l line, value string, assigned bool) bool {
		text, ok := quoted(value)
		if !assigned || !ok {
			return false
		}
		read(p, l.number, text)
		return true
	}
}

func supervised(p *parser, l line, value string, assigned bool) bool {
	if !assigned && strings.TrimRight(l.text, blanks) == "supervised" {
		p.report.warn(l.number, "please update your config not to use a bare supervised directive")
		p.global.Supervised = true
		return true
	}
	if name, _, _ := assignment(l.text); name != "supervised" {
		value = ""
	}
	p.flag(l.number, value, "supervised", &p.global.Supervised)
	return true
}

func logFile(p *parser, number int, value string) {
	p.global.LogFile = value
	// A supervised director logs to its terminal.
	if strings.HasPrefix(value, "/") && !p.global.Supervised {
		if err := p.host.Appendable(value); err != nil {
			p.report.failMeant(number, "unable to open logfile: "+value, reason(err))
		}
	}
}

func execute(p *parser, _ int, value string) {
	for _, e := range p.global.Execute {
		if e == value {
			return
		}
	}
	p.global.Execute = append(p.global.Execute, value)
}

func maintenanceDir(p *parser, number int, value string) {
	p.global.MaintenanceDir = value
	switch {
	case value == "":
		p.report.fail(number, "maintenance directory not specified")
	case !p.host.IsDir(value):
		p.report.warn(number, "maintenance directory does not exist")
	}
}
