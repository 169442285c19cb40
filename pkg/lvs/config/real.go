package config

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
)

func (p *parser) real(s *section, number int, value string, ipv6 bool) {
	if ipv6 != s.virtual.IPv6 {
		p.wrongFamily(number, "real", ipv6)
		return
	}
	s.reals = append(s.reals, realLine{number, value})
}

func (p *parser) wrongFamily(number int, name string, ipv6 bool) {
	wrong, right := name, name+"6"
	if ipv6 {
		wrong, right = right, wrong
	}
	p.report.fail(number, fmt.Sprintf("cannot specify %q here.  please use %q instead", wrong, right))
}

// serverAddress is "HOST [-> HOST] [:PORT]" at the beginning of real=.
type serverAddress struct{ first, last, port string }

const realHostBytes = letters + ".-"

// cutHost reads a name, a dotted quad or a bracketed IPv6 address.
func cutHost(text string) (host, rest string) {
	if inner, rest, ok := bracketed(text); ok {
		return "[" + inner + "]", rest
	}
	end := 0
	for end < len(text) && strings.IndexByte(realHostBytes, text[end]) >= 0 && !strings.HasPrefix(text[end:], "->") {
		end++
	}
	return text[:end], text[end:]
}

// cutAddress reads the address of a real server. The original finds it anywhere
// in the line and so takes part of a misspelt one for another; ours wants it at
// the beginning.
func cutAddress(text string) (a serverAddress, rest string, ok bool) {
	a.first, rest = cutHost(text)
	if a.first == "" {
		return a, "", false
	}
	if strings.HasPrefix(rest, "->") {
		if a.last, rest = cutHost(rest[2:]); a.last == "" {
			return a, "", false
		}
	}
	if strings.HasPrefix(rest, ":") {
		if a.port = portRun(rest); a.port == "" {
			return a, "", false
		}
		rest = rest[1+len(a.port):]
	}
	return a, rest, rest != "" && strings.IndexByte(blanks, rest[0]) >= 0
}

var forwards = map[string]Forward{"gate": Gate, "masq": Masq, "ipip": IPIP}

const forwardText = "forward method must be gate, masq or ipip"

// resolveReal reads one real= line and adds the servers that it names.
func (p *parser) resolveReal(s *section, l realLine) {
	a, rest, ok := cutAddress(l.value)
	if !ok {
		p.report.failMeant(l.number, "invalid address for real server (wrong format)", "ADDRESS:PORT gate|masq|ipip WEIGHT is wanted")
		return
	}
	first, err := p.lookup(a.first, s.virtual.IPv6)
	if err != nil {
		p.report.failMeant(l.number, "invalid address ("+a.first+") for real server (could not resolve host)", reason(err))
		return
	}
	real := Real{Addr: first, Line: l.number}
	if a.port != "" {
		if real.Port, ok = p.lookupPort(a.port, ""); !ok {
			p.report.fail(l.number, "invalid port ("+a.port+") for real server (could not resolve port)")
			return
		}
	}
	last := first
	if a.last != "" {
		if s.virtual.IPv6 {
			p.report.fail(l.number, "Address range for IPv6 is not supported yet")
			return
		}
		if last, err = p.lookup(a.last, false); err != nil {
			p.report.failMeant(l.number, "invalid address ("+a.last+") for real server (could not resolve end host)", reason(err))
			return
		}
		if last.Less(first) {
			p.report.fail(l.number, fmt.Sprintf("Invalid Range: %s-%s: First value must be greater than or equal to the second value", first, last))
			return
		}
	}
	if !p.realTail(&real, l.number, rest) {
		return
	}
	for addr := first; ; addr = addr.Next() {
		real.Addr = addr
		s.virtual.Reals = append(s.virtual.Reals, real)
		if len(s.virtual.Reals) > maxReals {
			p.report.fail(l.number, fmt.Sprintf("more than %d real servers in one service", maxReals))
			return
		}
		if addr == last {
			return
		}
	}
}

// maxReals bounds what a range like 0.0.0.0->255.255.255.255 can take.
const maxReals = 1 << 20

// realPair is a request and what shall be received.
var realPair = regexp.MustCompile(`(?s)\s"(.*)"[, ]\s*"(.*)"`)

// cutNumber finds the first number that stands behind a blank and a prefix, and
// drops everything up to its end. Without one the digits are empty.
func cutNumber(rest, prefix string) (digits, tail string) {
	for i := range len(rest) {
		if strings.IndexByte(" \t\n\r\f", rest[i]) < 0 {
			continue
		}
		if after, ok := strings.CutPrefix(rest[i+1:], prefix); ok && after != "" && isDigit(after[0]) {
			digits = span(after, isDigit)
			return digits, after[len(digits):]
		}
	}
	return "", rest
}

// realTail reads what stands behind the address: method, weight, request and
// receive, thresholds. As in the original, each is looked for anywhere in the
// rest and what stands before it is dropped.
func (p *parser) realTail(real *Real, number int, rest string) bool {
	word := span(rest, isWord)
	method, ok := forwards[word]
	if !ok {
		p.report.failMeant(number, forwardText, meant(word, keys(forwards)))
		return false
	}
	real.Forward = method
	rest = rest[strings.Index(rest, word)+len(word):]
	before := rest
	real.Weight = 1
	if digits, tail := cutNumber(rest, ""); digits != "" {
		real.Weight = clamp(digits)
		p.noteDropped(number, before, tail, digits)
		rest = tail
	}
	if m := realPair.FindStringSubmatch(rest); m != nil {
		request, receive := m[1], m[2]
		real.Request, real.HasRequest = withSlash(request), true
		if strings.HasPrefix(request, "/") {
			p.report.note(number, `the receive string of a request with a leading slash ("`+request+`") is not used, nor what follows it`,
				"the original forgets it; leave the slash out to have it checked")
			return true
		}
		real.Receive, real.HasReceive = receive, true
		rest = rest[strings.Index(rest, m[0])+len(m[0]):]
	}
	if digits, tail := cutNumber(rest, "l:"); digits != "" {
		real.Lower, rest = clamp(digits), tail
	}
	if digits, tail := cutNumber(rest, "u:"); digits != "" {
		real.Upper, rest = clamp(digits), tail
	}
	if real.Upper != 0 && real.Lower > real.Upper {
		p.report.note(number, fmt.Sprintf("l:%d is greater than u:%d", real.Lower, real.Upper), "the kernel refuses such a real server")
	}
	if strings.Trim(rest, blanks) != "" {
		p.report.fail(number, `Invalid real server line, around "`+rest+`"`)
		return false
	}
	return true
}

// noteDropped warns of words between method and weight, which have no effect.
func (p *parser) noteDropped(number int, before, tail, digits string) {
	dropped := strings.Trim(before[:len(before)-len(tail)-len(digits)], blanks)
	if dropped != "" {
		p.report.note(number, `"`+dropped+`" before the weight has no effect`, "")
	}
}

// sectionFallback reads the form of every fallback; only the last one is looked
// up, when the section has ended.
func (p *parser) sectionFallback(s *section, number int, value string, ipv6 bool) {
	if ipv6 != s.virtual.IPv6 {
		p.wrongFamily(number, "fallback", ipv6)
		return
	}
	s.fallback = p.fallbackForm(number, value, ipv6)
}

// globalFallback reads a fallback of the global context; a port name must be
// known for both protocols.
func (p *parser) globalFallback(number int, value string, ipv6 bool) *globalFallback {
	return p.findFallback(p.fallbackForm(number, value, ipv6), ipv6, "tcp", "udp")
}

// fallbackForm reads "HOST [:PORT] [METHOD]"; nil if it is of another form. Of
// more words the last two count.
func (p *parser) fallbackForm(number int, value string, ipv6 bool) *fallbackLine {
	f := &fallbackLine{number: number}
	words := strings.Fields(value)
	if n := len(words); n > 2 {
		p.report.note(number, "of the fallback "+value+" only the last two words are used", "HOST:PORT and gate, masq or ipip are wanted")
		words = words[n-2:]
	}
	// To the original the method 0 is none.
	if len(words) == 2 && words[1] != "0" {
		method, ok := forwards[words[1]]
		if !ok {
			p.report.failMeant(number, forwardText, meant(words[1], keys(forwards)))
			return nil
		}
		f.forward = method
	}
	if len(words) > 0 {
		f.host = words[0]
	}
	if colon := strings.LastIndexByte(f.host, ':'); colon >= 0 {
		if port := portRun(f.host[colon:]); port != "" && port == f.host[colon+1:] {
			f.host, f.port = f.host[:colon], port
		}
	}
	if f.host == "" {
		p.report.note(number, "an empty fallback stands for the loopback address", "write the address")
		f.host = map[bool]string{false: "127.0.0.1", true: "[::1]"}[ipv6]
	}
	return f
}

// findFallback looks host and port up.
func (p *parser) findFallback(l *fallbackLine, ipv6 bool, protocols ...string) *globalFallback {
	if l == nil {
		return nil
	}
	f := &globalFallback{Fallback: Fallback{Forward: l.forward}}
	host := l.host
	// An address in brackets is found wherever it stands.
	if open, end := strings.IndexByte(host, '['), strings.LastIndexByte(host, ']'); open >= 0 && end > open && end-open+1 < len(host) {
		host = host[open : end+1]
		p.report.note(l.number, "of the fallback "+l.host+" only "+host+" is used", "write the address, and behind it a colon and the port")
	}
	addr, err := p.lookup(host, ipv6)
	if err != nil {
		family := map[bool]string{false: "IPv4", true: "IPv6"}[ipv6]
		p.report.failMeant(l.number, "invalid "+family+" address or could not resolve for fallback server: "+l.host, reason(err))
		return nil
	}
	f.Addr = addr
	for _, protocol := range protocols {
		if l.port == "" {
			break
		}
		var ok bool
		if f.Port, ok = p.lookupPort(l.port, protocol); !ok {
			p.report.fail(l.number, "invalid port for fallback server")
			return nil
		}
		f.hasPort = true
	}
	return f
}

// withPort is the fallback as a service uses it.
func (f *globalFallback) withPort(port uint16) *Fallback {
	result := f.Fallback
	if !f.hasPort {
		result.Port = port
	}
	return &result
}

// addrOfUint32 is the address of a number, as the old notations have it.
func addrOfUint32(n uint32) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], n)
	return netip.AddrFrom4(b)
}
