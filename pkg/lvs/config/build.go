package config

import (
	"time"

	"lvsha/pkg/lvs/pattern"
)

// Defaults of ldirectord(8), as its code has them.
const (
	defaultCheckTimeout     = 5 * time.Second
	defaultNegotiateTimeout = 30 * time.Second
)

// build makes the value of a file that has no error.
func (p *parser) build(path string) *Config {
	g := p.global
	c := &Config{Path: path, Global: g.Global}
	if g.checkInterval != nil {
		c.Global.CheckInterval = *g.checkInterval
	}
	for _, s := range p.sections {
		c.Virtuals = append(c.Virtuals, p.inherit(s))
	}
	return c
}

// first returns the first setting that is given, else the default.
func first[T any](fallback T, settings ...*T) T {
	for _, s := range settings {
		if s != nil {
			return *s
		}
	}
	return fallback
}

func (p *parser) inherit(s *section) Virtual {
	v, g := s.virtual, p.global
	v.CheckTimeout = first(defaultCheckTimeout, s.checkTimeout, s.negotiateTimeout, g.checkTimeout, g.negotiateTimeout)
	v.NegotiateTimeout = first(defaultNegotiateTimeout, s.negotiateTimeout, s.checkTimeout, g.negotiateTimeout, g.checkTimeout)
	v.CheckInterval = first(g.CheckInterval, g.checkInterval)
	if g.Fork {
		v.CheckInterval = first(v.CheckInterval, s.checkInterval)
	}
	v.CheckCount = first(1, s.checkCount, g.checkCount)
	v.FailureCount = first(1, s.failureCount, g.failureCount)
	v.Quiescent = first(false, s.quiescent, g.quiescent)
	v.CleanStop = first(true, s.cleanStop, g.cleanStop)
	v.FallbackCommand = first("", s.fallbackCommand, g.fallbackCommand)
	v.Alert = Alert{
		To:     first("", s.emailAlert, g.emailAlert),
		From:   g.AlertFrom,
		Every:  first(0, s.emailAlertFreq, g.emailAlertFreq),
		Status: first(AllPhases, s.emailAlertStatus, g.emailAlertStatus),
		SMTP:   first("", s.smtp, g.smtp),
	}
	if v.Fallback == nil {
		fallback := g.fallback
		if v.IPv6 {
			fallback = g.fallback6
		}
		if fallback != nil {
			v.Fallback = fallback.withPort(v.Port)
		}
	}
	return v
}

// usesReceive lists the services that look for the receive string.
var usesReceive = map[string]bool{
	"http": true, "https": true, "http_proxy": true, "ftp": true, "simpletcp": true, "ldap": true, "ldaps": true, "dns": true,
}

// checkReceive refuses a receive string that is no regular expression. The
// original dies of it at the first answer.
func (p *parser) checkReceive(s *section) {
	v := &s.virtual
	negotiates := (v.CheckType == Negotiate || v.CheckType == Combined) && usesReceive[v.Service]
	p.checkPattern(s.receiveLine, v.Receive, negotiates)
	for i, r := range v.Reals {
		if r.HasReceive && (i == 0 || v.Reals[i-1].Line != r.Line) {
			p.checkPattern(r.Line, r.Receive, negotiates)
		}
	}
}

func (p *parser) checkPattern(line int, text string, used bool) {
	_, err := pattern.Compile(text)
	switch {
	case err == nil:
	case used:
		p.report.failMeant(line, "invalid receive string", err.Error())
	default:
		p.report.note(line, "the receive string is no regular expression", "it is not used by this check")
	}
}
