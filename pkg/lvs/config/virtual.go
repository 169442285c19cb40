package config

import (
	"net/netip"
	"strings"
)

// begin starts a section. Only the beginning of the value counts; what follows
// a complete match is ignored.
func (p *parser) begin(l line, value string, ipv6 bool) {
	s := newSection(l.number, ipv6)
	p.sections = append(p.sections, s)
	p.open, p.stray, p.strayNote = s, s, false
	s.valid = p.virtualValue(s, l.number, value)
}

func (p *parser) virtualValue(s *section, number int, value string) bool {
	v := &s.virtual
	if v.IPv6 && strings.HasPrefix(value, "[") {
		host, rest, ok := bracketed(value)
		port := portRun(rest)
		if !ok || port == "" {
			p.report.failMeant(number, "invalid address for virtual server", "[ADDRESS]:PORT, HOST:PORT or a firewall mark is wanted")
			return false
		}
		if addr, err := netip.ParseAddr(host); err != nil || !addr.Is6() {
			p.report.fail(number, "invalid ipv6 address for virtual server")
			return false
		}
		s.host, s.port = "["+host+"]", port
		return true
	}
	host := value[:len(value)-len(strings.TrimLeft(value, hostBytes))]
	if port := portRun(value[len(host):]); host != "" && port != "" {
		s.host, s.port = host, port
		return true
	}
	if value != "" && isDigit(value[0]) {
		p.mark(s, number, value)
		return true
	}
	if host, rest, ok := bracketed(value); ok && host != "" && portRun(rest) != "" {
		p.report.fail(number, `cannot specify an IPv6 address here. please use "virtual6" instead.`)
		return false
	}
	p.report.failMeant(number, "invalid address for virtual server", "HOST:PORT or a firewall mark (a number) is wanted")
	return false
}

const (
	letters   = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	hostBytes = letters + "._+-"
	portBytes = letters + "-_"
)

// bracketed reads "[ADDRESS]" of hexadecimal digits and colons.
func bracketed(value string) (host, rest string, ok bool) {
	if !strings.HasPrefix(value, "[") {
		return "", "", false
	}
	host, rest, ok = strings.Cut(value[1:], "]")
	return host, rest, ok && host != "" && strings.Trim(host, "0123456789abcdefABCDEF:") == ""
}

// portRun reads ":PORT" at the beginning; empty if there is none.
func portRun(rest string) string {
	if !strings.HasPrefix(rest, ":") {
		return ""
	}
	rest = rest[1:]
	return rest[:len(rest)-len(strings.TrimLeft(rest, portBytes))]
}

// mark reads the leading number as a firewall mark.
func (p *parser) mark(s *section, number int, value string) {
	v := &s.virtual
	digits := span(value, isDigit)
	v.Protocol = FWM
	s.port = digits
	n, err := parseMark(digits)
	v.Mark = n
	if err != nil || n == 0 {
		v.Refused = "a firewall mark must be between 1 and 4294967295"
		p.report.note(number, "the firewall mark "+digits+" is refused by the kernel's tools: the service will not be set up",
			"write a number between 1 and 4294967295")
	}
	rest := strings.Trim(value[len(digits):], blanks)
	if rest != "" && !strings.HasPrefix(rest, "#") {
		p.report.note(number, "virtual="+value+" is taken as the firewall mark "+digits,
			"an address needs its port directly behind it: ADDRESS:PORT")
	}
}

// resolve finds addresses and ports of a section: its fallback, itself, its
// real servers, in the original's order.
func (p *parser) resolve(s *section) {
	v := &s.virtual
	if v.Protocol != FWM && !s.protocolSet && (s.port == "53" || s.port == "domain") {
		v.Protocol = UDP
	}
	fallback := p.findFallback(s.fallback, v.IPv6, v.Protocol.String())
	if fallback != nil && !fallback.hasPort && s.valid && v.Protocol != FWM {
		// It takes the port of the service, which is looked up for it first.
		if _, ok := p.lookupPort(s.port, v.Protocol.String()); !ok {
			p.report.fail(s.fallback.number, "invalid port for fallback server")
		}
	}
	if !s.valid {
		return
	}
	if v.Protocol != FWM && !p.resolveVirtual(s) {
		s.valid = false
	}
	if fallback != nil {
		s.virtual.Fallback = fallback.withPort(v.Port)
	}
	if v.Service == "" {
		v.Service = "none"
		// The original compares the port as it is written: 080 has no service.
		if v.Protocol != FWM && !strings.HasPrefix(s.port, "0") {
			v.Service = serviceOfPort(v.Port)
		}
		p.fillLogin(s)
	}
	v.Reals = make([]Real, 0, len(s.reals)) // more with ranges
	for _, r := range s.reals {
		p.resolveReal(s, r)
	}
	p.checkKernel(s)
	p.checkReceive(s)
}

func (p *parser) resolveVirtual(s *section) bool {
	v := &s.virtual
	addr, err := p.lookup(s.host, v.IPv6)
	if err != nil {
		p.report.failMeant(v.Line, "invalid address for virtual service", reason(err))
		return false
	}
	port, ok := p.lookupPort(s.port, v.Protocol.String())
	if !ok {
		p.report.failMeant(v.Line, "invalid address for virtual service", "no port "+s.port+"/"+v.Protocol.String())
		return false
	}
	v.Addr, v.Port = addr, port
	return true
}

// checkKernel finds what ipvsadm refuses before it asks the kernel: the
// original runs on without the service, so it is no error.
func (p *parser) checkKernel(s *section) {
	v := &s.virtual
	if v.Protocol != FWM && v.Port == 0 && v.Persistent == 0 {
		v.Refused = "port 0 needs persistent"
		p.report.note(v.Line, "a service on port 0 needs persistent: it will not be set up", "")
	}
	if v.Persistent > 0 && v.Netmask != "" && !v.IPv6 {
		if _, err := netip.ParseAddr(v.Netmask); err != nil {
			v.Refused = "netmask=" + v.Netmask + " is no mask"
		}
	}
	if _, err := v.Flags(); err != nil {
		v.Refused = err.Error()
		p.report.note(v.Line, err.Error()+": the service will not be set up", "")
	}
}
