package config

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Host is what the parser asks the machine. Tests give their own.
type Host interface {
	// Lookup returns the first address of a name in the family.
	Lookup(name string, ipv6 bool) (netip.Addr, error)
	// Service returns the port of a name in services(5); protocol may be empty
	// for any.
	Service(name, protocol string) (uint16, bool)
	// NodeName is $HOSTNAME or the name of the node.
	NodeName() string
	// Appendable opens a file for append, creating it, and says why it cannot.
	Appendable(path string) error
	// IsDir says whether the path is a directory.
	IsDir(path string) bool
}

// System is the machine that the program runs on.
type System struct {
	// ReadOnly leaves log and monitor files alone, for commands that only ask.
	ReadOnly bool
	// Timeout bounds the lookup of one name. Zero means 10 seconds.
	Timeout time.Duration
}

// Lookup implements Host.
func (s System) Lookup(name string, ipv6 bool) (netip.Addr, error) {
	limit := s.Timeout
	if limit == 0 {
		limit = 10 * time.Second
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	network := "ip4"
	if ipv6 {
		network = "ip6"
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, network, name)
	if err != nil {
		return netip.Addr{}, err
	}
	for _, a := range addrs {
		return a.Unmap().WithZone(""), nil
	}
	return netip.Addr{}, errors.New("no address")
}

// Service implements Host.
func (System) Service(name, protocol string) (uint16, bool) {
	content, err := os.ReadFile("/etc/services")
	if err != nil {
		return 0, false
	}
	return findService(string(content), name, protocol)
}

// findService looks a name or alias up in the text of services(5).
func findService(content, name, protocol string) (uint16, bool) {
	for _, text := range strings.Split(content, "\n") {
		text, _, _ = strings.Cut(text, "#")
		fields := strings.Fields(text)
		if len(fields) < 2 {
			continue
		}
		number, proto, _ := strings.Cut(fields[1], "/")
		if protocol != "" && proto != protocol {
			continue
		}
		for i, field := range fields {
			if i == 1 || field != name {
				continue
			}
			port, err := strconv.ParseUint(number, 10, 16)
			return uint16(port), err == nil
		}
	}
	return 0, false
}

// NodeName implements Host.
func (System) NodeName() string {
	if name := os.Getenv("HOSTNAME"); name != "" {
		return name
	}
	name, err := os.Hostname()
	if err != nil {
		return "localhost"
	}
	return name
}

// Appendable implements Host.
func (s System) Appendable(path string) error {
	if s.ReadOnly {
		return nil
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY|syscall.O_NONBLOCK, 0o644)
	if err != nil {
		return err
	}
	return f.Close()
}

// IsDir implements Host.
func (System) IsDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// reason is the last cause of an error, spelled as the C library spells it.
func reason(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		text := errno.Error()
		return strings.ToUpper(text[:1]) + text[1:]
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return dns.Err
	}
	return err.Error()
}

// lookup resolves a host as the file writes it: an IPv6 address in brackets, an
// IPv4 address in any of the notations of inet_aton(3), or a name.
func (p *parser) lookup(host string, ipv6 bool) (netip.Addr, error) {
	if strings.HasPrefix(host, "[") {
		addr, err := netip.ParseAddr(strings.TrimSuffix(host[1:], "]"))
		if err != nil || !ipv6 || !addr.Is6() || !strings.HasSuffix(host, "]") {
			return netip.Addr{}, fmt.Errorf("%s is no address of the right family", host)
		}
		return addr, nil
	}
	if addr, ok := inetAton(host); ok {
		if ipv6 {
			return netip.Addr{}, fmt.Errorf("%s is no IPv6 address", host)
		}
		return addr, nil
	}
	if host == "" || strings.Trim(host, "0123456789.") == "" || strings.Trim(host, hostBytes) != "" {
		return netip.Addr{}, fmt.Errorf("%q is neither an address nor a name", host)
	}
	return p.host.Lookup(host, ipv6)
}

// inetAton reads the notations of inet_aton(3): one to four numbers, decimal,
// octal or hexadecimal, the last filling what is left.
func inetAton(host string) (netip.Addr, bool) {
	// Nearly every file has the usual notation only.
	if addr, err := netip.ParseAddr(host); err == nil && addr.Is4() {
		return addr, true
	}
	parts := strings.Split(host, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var n uint64
	for i, part := range parts {
		if part == "" || strings.ContainsAny(part, "_+-") || part != "0" && strings.Trim(part, "xX0123456789abcdefABCDEF") != "" {
			return netip.Addr{}, false
		}
		value, err := strconv.ParseUint(octal(part), 0, 32)
		width := uint(8)
		if i == len(parts)-1 {
			width = uint(8 * (5 - len(parts)))
		}
		if err != nil || value >= 1<<width {
			return netip.Addr{}, false
		}
		n = n<<width | value
	}
	return addrOfUint32(uint32(n)), true
}

// octal leaves the prefixes that inet_aton knows and no others of Go's.
func octal(part string) string {
	if len(part) > 1 && part[0] == '0' && (part[1] == 'b' || part[1] == 'B' || part[1] == 'o' || part[1] == 'O') {
		return "invalid"
	}
	return part
}

// lookupPort reads a port: digits, or a name of services(5).
func (p *parser) lookupPort(port, protocol string) (uint16, bool) {
	if span(port, isDigit) == port {
		n := clamp(port)
		return uint16(n), n <= 65535
	}
	return p.host.Service(port, protocol)
}

func parseMark(digits string) (uint32, error) {
	n, err := strconv.ParseUint(digits, 10, 32)
	return uint32(n), err
}
