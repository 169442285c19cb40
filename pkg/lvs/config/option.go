package config

import (
	"net/netip"
	"sort"
	"strconv"
	"strings"
	"time"
)

const checkTypeText = `checktype must be "connect", "negotiate", "on", "off", "ping", "external", "external-perl" or a positive number`

var checkTypes = map[string]CheckType{
	"connect": Connect, "negotiate": Negotiate, "on": On, "off": Off, "ping": Ping,
	"external": External, "external-perl": ExternalPerl,
}

// checkType takes a number anywhere in the value before it looks at words, as
// the original does: ping2 is the number 2.
func (p *parser) checkType(s *section, number int, value string) {
	if digits := span(value, isDigit); digits != "" {
		s.virtual.CheckType, s.virtual.Connects = Combined, clamp(digits)
		return
	}
	word := span(value, func(c byte) bool { return isWord(c) || c == '-' })
	t, ok := checkTypes[word]
	if !ok {
		p.report.failMeant(number, checkTypeText, meant(word, keys(checkTypes)))
		return
	}
	s.virtual.CheckType, s.virtual.Connects = t, 0
}

func keys[V any](m map[string]V) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

var services = []string{
	"dns", "ftp", "http", "https", "http_proxy", "imap", "imaps", "ldap", "ldaps", "mysql", "nntp", "none", "oracle",
	"pop", "pops", "radius", "pgsql", "simpletcp", "sip", "smtp", "submission",
}

const serviceText = "service must be dns, ftp, http, https, http_proxy, imap, imaps, ldap, ldaps, mysql, nntp, none, " +
	"oracle, pop, pops, radius, pgsql, simpletcp, sip, smtp or submission"

func (p *parser) service(s *section, number int, value string) {
	word := span(value, isWord)
	known := false
	for _, name := range services {
		known = known || name == word
	}
	if !known {
		p.report.failMeant(number, serviceText, meant(word, services))
		return
	}
	s.virtual.Service = word
	p.fillLogin(s)
}

// fillLogin gives ftp and sip the login that they have when the file is silent.
func (p *parser) fillLogin(s *section) {
	v := &s.virtual
	switch v.Service {
	case "ftp":
		if v.Login == "" {
			v.Login = "anonymous"
		}
		if v.Passwd == "" {
			v.Passwd = Secret("ldirectord@" + p.host.NodeName())
		}
	case "sip":
		if v.Login == "" {
			v.Login = "ldirectord@" + p.host.NodeName()
		}
	}
}

func (p *parser) protocol(s *section, number int, value string) {
	word := span(value, isWord)
	isMark := s.virtual.Protocol == FWM
	switch {
	case word == "":
		p.report.fail(number, "invalid protocol")
	case isMark && word != "fwm":
		p.report.fail(number, "protocol must be fwm if the virtual service is a fwmark (a number)")
	case isMark:
	case word == "tcp", word == "udp":
		s.protocolSet = true
		s.virtual.Protocol = TCP
		if word == "udp" {
			s.virtual.Protocol = UDP
		}
	default:
		p.report.failMeant(number, "protocol must be tcp or udp if the virtual service is an address and port",
			meant(word, []string{"tcp", "udp"}))
	}
}

func (p *parser) scheduler(s *section, number int, value string) {
	name := span(value, func(c byte) bool { return 'a' <= c && c <= 'z' })
	p.required(number, name, &s.virtual.Scheduler, "invalid scheduler, should be only lowercase letters (a-z)")
}

func (p *parser) schedFlags(s *section, number int, value string) {
	flags := span(value, func(c byte) bool { return strings.IndexByte(blanks, c) < 0 })
	p.required(number, flags, &s.virtual.SchedFlags, "invalid sched-flags")
}

func (p *parser) persistent(s *section, line int, value string) {
	n, ok := number(value)
	if !ok {
		p.report.fail(line, "invalid persistent timeout")
		return
	}
	s.virtual.Persistent = time.Duration(n) * time.Second
	if n == 0 || s.virtual.Persistent > maxPersistent {
		s.virtual.Refused = "persistent must be between 1 and 2678400 seconds"
		p.report.note(line, "persistent="+strconv.Itoa(n)+" is refused by the kernel's tools: the service will not be set up",
			"write a number between 1 and 2678400")
	}
}

func (p *parser) netmask(s *section, number int, value string) {
	if s.virtual.IPv6 {
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > 128 || span(value, isDigit) != value {
			p.report.fail(number, "invalid netmask: a prefix length between 1 and 128 is required")
			return
		}
		s.virtual.Netmask = value
		return
	}
	parts := strings.Split(value, ".")
	valid := len(parts) == 4
	for _, part := range parts {
		valid = valid && len(part) >= 1 && len(part) <= 3 && span(part, isDigit) == part
	}
	if !valid {
		p.report.fail(number, "invalid netmask: dotted quad notation is required")
		return
	}
	s.virtual.Netmask = value
	if _, err := netip.ParseAddr(value); err != nil {
		p.report.note(number, "netmask="+value+" is no mask", "with persistent the service will not be set up")
	}
}

func (p *parser) checkPort(s *section, line int, value string) {
	n, ok := number(value)
	switch {
	case !ok:
		p.report.fail(line, "invalid port")
	case n < 1 || n > 65535:
		p.report.fail(line, "checkport must be in range 1..65536")
	default:
		s.virtual.CheckPort = uint16(n)
	}
}

func (p *parser) httpMethod(s *section, number int, value string) {
	word := strings.ToUpper(span(value, isWord))
	if word != "GET" && word != "HEAD" {
		p.report.failMeant(number, "httpmethod must be GET or HEAD", meant(word, []string{"GET", "HEAD"}))
		return
	}
	s.virtual.HTTPMethod = word
}
