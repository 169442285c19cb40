package config

import (
	"fmt"
	"io/fs"
	"net/netip"
	"strings"
)

// maxMedia is how many media a node can have.
const maxMedia = 64

// defaultPort is the UDP port without udpport: that of the service ha-cluster.
func (p *parser) defaultPort() int {
	const service, port = "ha-cluster", 694
	if p.host.UDPPort != nil {
		if n, ok := p.host.UDPPort(service); ok {
			return n
		}
	}
	return port
}

func setUDPPort(p *parser, s statement, v word) *problem {
	n := p.integer(s, v)
	if n <= 0 {
		return refuse("udpport is 1 to 65535, not %s", v.text).as(
			legacyError("heartbeat: invalid port [%s] specified.", v.text))
	}
	const ports = 1 << 16
	if n >= ports {
		p.warn(s, v, "udpport %s is too big; port %d is used", v.text, n%ports)
		n %= ports
	}
	if p.host.UDPService != nil {
		if name, ok := p.host.UDPService(n); ok && name != "ha-cluster" {
			p.find(Warning, s.line, v.column, fmt.Sprintf("UDP port %d is that of the service %s", n, name),
				legacyWarn("heartbeat: udp port %d reserved for service \"%s\".", n, name))
		}
	}
	for _, m := range p.ha.Media {
		if m.Port != 0 && m.Port != n && (m.Kind == "bcast" || m.Kind == "ucast") {
			p.warn(s, s.name, "udpport must stand before the media: %s in line %d stays at port %d", m.Kind, m.Line, m.Port)
			break
		}
	}
	p.port, p.ha.UDPPort = n, n
	return nil
}

// portOf is the port of a kind of medium: the one that was set when its first
// line was read.
func (p *parser) portOf(kind string) int {
	if _, ok := p.ports[kind]; !ok {
		p.ports[kind] = p.port
	}
	return p.ports[kind]
}

// medium adds a medium.
func (p *parser) medium(s statement, m Medium) *problem {
	if len(p.ha.Media) >= maxMedia {
		return refuse("a node has at most %d media", maxMedia)
	}
	m.Kind, m.Line = s.name.text, s.line
	for _, o := range p.ha.Media {
		if o.Kind == m.Kind && o.Device == m.Device && o.Addr == m.Addr {
			p.find(Warning, s.line, s.name.column, fmt.Sprintf("%s %s stands in line %d already", m.Kind, m.Device, o.Line))
		}
	}
	p.ha.Media = append(p.ha.Media, m)
	return nil
}

func (p *parser) noInterface(name string) bool {
	return p.host.HasInterface != nil && !p.host.HasInterface(name)
}

func setBcast(p *parser, s statement, v word) *problem {
	text := ""
	switch {
	case p.noInterface(v.text):
		text = "there is no interface " + v.text
	case p.host.HasIPv4 != nil && !p.host.HasIPv4(v.text):
		text = "interface " + v.text + " has no IPv4 address"
	}
	if text != "" {
		return refuse("%s", text).as(
			legacyError("glib: IP interface [%s] does not exist", v.text),
			legacyError("Illegal bcast [UDP/IP broadcast] in config file [%s]", v.text))
	}
	return p.medium(s, Medium{Device: v.text, Port: p.portOf("bcast")})
}

// setUcast reads "IF ADDRESS". The original finds out about a missing interface
// only after it has started, and dies.
func setUcast(p *parser, s statement) *problem {
	words := s.fields()
	switch {
	case len(words) == 0:
		return refuse("ucast wants an interface and the address of the other node")
	case len(words) == 1:
		return refuse("ucast %s wants the address of the other node", words[0].text).as(
			legacyError("glib: ucast: [%s] missing target IP address/hostname", words[0].text))
	}
	device, addr := words[0].text, words[1].text
	if p.noInterface(device) {
		return refuse("there is no interface %s", device).as(
			legacyError("glib: ucast: error setting option SO_BINDTODEVICE(w) on %s: No such device", device))
	}
	if bad := p.resolvable(addr); bad != nil {
		return bad.as(legacyError("glib: ucast: cannot resolve hostname"),
			legacyError("glib: ucast: interface [%s] does not exist", device))
	}
	p.extraWords(s, words, 2)
	return p.medium(s, Medium{Device: device, Addr: addr, Port: p.portOf("ucast")})
}

func (p *parser) resolvable(host string) *problem {
	if p.host.Resolve == nil {
		return nil
	}
	if err := p.host.Resolve(host); err != nil {
		return refuse("%s has no IPv4 address: %v", host, err)
	}
	return nil
}

func (p *parser) extraWords(s statement, words []word, n int) {
	if len(words) > n {
		p.warn(s, words[n], "%s takes %d words; the rest is ignored", s.name.text, n)
	}
}

func setUcast6(p *parser, s statement) *problem {
	words := s.fields()
	const wanted = "ucast6 wants an interface and the IPv6 address of the other node"
	switch len(words) {
	case 0:
		return refuse(wanted)
	case 1:
		return refuse(wanted).as(legacyError("glib: ucast6 [%s] missing ucast6 address", words[0].text))
	}
	device, addr := words[0].text, words[1].text
	a, err := netip.ParseAddr(addr)
	if err != nil || !a.Is6() || a.IsLoopback() || a.IsMulticast() {
		return refuse("%s is no IPv6 address of another node", addr).as(
			legacyError("glib: ucast6 [%s] bad addr [%s]", device, addr))
	}
	if p.noInterface(device) {
		return refuse("there is no interface %s", device)
	}
	p.extraWords(s, words, 2)
	return p.medium(s, Medium{Device: device, Addr: addr, Port: p.portOf("ucast6")})
}

func setMcast(p *parser, s statement) *problem {
	return p.multicast(s, func(a netip.Addr) bool { return a.Is4() && a.IsMulticast() }, 4)
}

func setMcast6(p *parser, s statement) *problem {
	return p.multicast(s, func(a netip.Addr) bool { return a.Is6() && a.IsMulticast() }, 255)
}

// multicast reads "IF GROUP PORT TTL LOOP".
func (p *parser) multicast(s statement, group func(netip.Addr) bool, maxTTL int) *problem {
	kind, words := s.name.text, s.fields()
	if len(words) == 0 {
		return refuse("%s wants interface, group address, port, ttl and loop", kind)
	}
	device := words[0].text
	bad := func(text string, legacy string) *problem {
		return refuse("%s", text).as(legacyError("glib:  %s [%s] %s", kind, device, legacy))
	}
	missing := []string{"", kind + " address", "port", "ttl", "loop"}
	if n := len(words); n < 5 {
		return refuse("%s wants interface, group address, port, ttl and loop", kind).as(
			legacyError("glib: %s [%s] missing %s", kind, device, missing[n]))
	}
	addr, err := netip.ParseAddr(words[1].text)
	if err != nil || !group(addr) {
		b := bad(words[1].text+" is no multicast address", fmt.Sprintf("bad addr [%s]", words[1].text))
		if kind == "mcast" {
			b = b.as(legacyError("glib: mcast [%s] bad addr [%s]", device, words[1].text))
		}
		return b
	}
	port := p.integer(s, words[2]) & 0xffff
	if port == 0 {
		return bad("the port is 1 to 65535", "bad port [0]")
	}
	ttl := p.integer(s, words[3]) & 0xff
	if ttl > maxTTL {
		return bad(fmt.Sprintf("the ttl is 0 to %d", maxTTL), fmt.Sprintf("bad ttl [%d]", ttl))
	}
	loop := p.integer(s, words[4])
	if loop != 0 && loop != 1 {
		return bad("loop is 0 or 1", fmt.Sprintf("bad loop [%d]", loop))
	}
	if p.noInterface(device) {
		return refuse("there is no interface %s", device).as(
			legacyError("glib: %s device [%s] is invalid or not set up properly", kind, device))
	}
	p.extraWords(s, words, 5)
	return p.medium(s, Medium{Device: device, Addr: words[1].text, Port: port, TTL: ttl, Loop: loop == 1})
}

// bauds are the speeds that a serial line can have.
var bauds = map[int]bool{9600: true, 19200: true, 38400: true, 57600: true, 115200: true, 230400: true, 460800: true}

const defaultBaud = 19200

func setBaud(p *parser, s statement, v word) *problem {
	if old, again := p.seen["baud"]; again {
		return refuse("line %d sets it already", old.line).as(legacyError("heartbeat: Baudrate multiply specified."))
	}
	n := p.integer(s, v)
	if !bauds[n] {
		return refuse("baud is 9600, 19200, 38400, 57600, 115200, 230400 or 460800").as(
			legacyError("heartbeat: invalid baudrate [%s] specified.", v.text))
	}
	p.baud = n
	return nil
}

func setSerial(p *parser, s statement, v word) *problem {
	illegal := legacyError("Illegal serial [serial ring] in config file [%s]", v.text)
	if !strings.HasPrefix(v.text, "/") {
		return refuse("serial wants the full path of a device, not %s", v.text).as(
			legacyError("glib: Serial port not full pathname [%s] in config file", v.text), illegal)
	}
	if p.host.Stat != nil {
		info, err := p.host.Stat(v.text)
		if err != nil {
			return refuse("there is no device %s", v.text).as(
				legacyError("glib: Nonexistent serial port [%s] in config file", v.text), illegal)
		}
		if info.Mode()&fs.ModeCharDevice == 0 {
			return refuse("%s is no serial line", v.text).as(
				legacyError("glib: Serial port [%s] not a char device in config file", v.text), illegal)
		}
	}
	return p.medium(s, Medium{Device: v.text})
}

func setPing(p *parser, s statement, v word) *problem {
	if bad := p.resolvable(v.text); bad != nil {
		return bad.as(legacyError("glib: unknown host: %s", v.text),
			legacyError("Illegal ping [ping membership] in config file [%s]", v.text))
	}
	return p.pingNode(s, Medium{Device: lower(v.text), Addr: v.text})
}

func setPing6(p *parser, s statement, v word) *problem {
	return p.pingNode(s, Medium{Device: lower(v.text), Addr: v.text})
}

func setPingGroup(p *parser, s statement) *problem {
	words := s.fields()
	if len(words) < 2 {
		return refuse("ping_group wants a name and at least one host")
	}
	m := Medium{Device: lower(words[0].text)}
	for _, w := range words[1:] {
		if bad := p.resolvable(w.text); bad != nil {
			p.find(Warning, s.line, w.column, bad.text, legacyError("glib: unknown host: %s", w.text))
			continue
		}
		m.Hosts = append(m.Hosts, w.text)
	}
	return p.pingNode(s, m)
}

// pingNode adds a medium that is a node as well.
func (p *parser) pingNode(s statement, m Medium) *problem {
	if bad := p.room(); bad != nil {
		return bad
	}
	if bad := p.medium(s, m); bad != nil {
		return bad
	}
	p.pings++
	p.ha.Table = append(p.ha.Table, m.Name())
	return nil
}
