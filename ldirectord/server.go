package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"lvsha/pkg/lvs/check"
	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/view"
)

// lookupLimit bounds the lookup of a name on the command line.
const lookupLimit = 5 * time.Second

// server is what drain was asked for.
type server struct {
	addr    netip.Addr
	port    uint16
	hasPort bool
	all     []netip.AddrPort // the configured servers that are meant
}

// String names it as the file does.
func (s server) String() string { return s.file() }

// file is the name of its maintenance file.
func (s server) file() string {
	if s.hasPort {
		return fmt.Sprintf("%s:%d", check.Bracket(s.addr), s.port)
	}
	return check.Bracket(s.addr)
}

// in finds the servers that are meant, each with its service.
func (s server) in(status *view.Status) (reals []*view.Real, virtuals []*view.Virtual) {
	for i := range status.Virtuals {
		v := &status.Virtuals[i]
		for j := range v.Reals {
			if r := &v.Reals[j]; r.Configured && r.Address == s.addr && (!s.hasPort || r.Port == s.port) {
				reals, virtuals = append(reals, r), append(virtuals, v)
			}
		}
	}
	return reals, virtuals
}

// findServer finds the real server that an administrator means: by address or
// name, with or without its port.
func findServer(ctx context.Context, s *view.Status, text string) (server, error) {
	host, port, hasPort := splitServer(text)
	want := server{hasPort: hasPort}
	if hasPort {
		n, err := net.DefaultResolver.LookupPort(ctx, "tcp", port)
		if err != nil {
			return want, fmt.Errorf("port %s: no number and no service of /etc/services", port)
		}
		want.port = uint16(n)
	}
	for _, addr := range addresses(ctx, host) {
		want.addr = addr
		reals, _ := want.in(s)
		for _, r := range reals {
			want.all = append(want.all, netip.AddrPortFrom(r.Address, r.Port))
		}
		if len(reals) > 0 {
			return want, nil
		}
	}
	return want, noServer(s, text)
}

// splitServer takes HOST, HOST:PORT, an IPv6 address and one in brackets, with a
// port or without, apart.
func splitServer(text string) (host, port string, hasPort bool) {
	if _, err := netip.ParseAddr(text); err == nil {
		return text, "", false
	}
	if host, port, err := net.SplitHostPort(text); err == nil {
		return host, port, true
	}
	return strings.Trim(text, "[]"), "", false
}

func addresses(ctx context.Context, host string) []netip.Addr {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a.Unmap()}
	}
	ctx, cancel := context.WithTimeout(ctx, lookupLimit)
	defer cancel()
	found, _ := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	for i := range found {
		found[i] = found[i].Unmap()
	}
	return found
}

// noServer names the configured server that was probably meant.
func noServer(s *view.Status, text string) error {
	seen := make(map[string]bool)
	var names []string
	for _, v := range s.Virtuals {
		for _, r := range v.Reals {
			if r.Configured && !seen[r.Server] {
				seen[r.Server] = true
				names = append(names, r.Server)
			}
		}
	}
	if near := config.Nearest(text, names); near != "" {
		return fmt.Errorf("%s has no such real server; did you mean %s?", s.Config.Path, near)
	}
	const some = 5
	more := ""
	if len(names) > some {
		names, more = names[:some], " and others"
	}
	return fmt.Errorf("%s has no such real server; it has %s%s", s.Config.Path, strings.Join(names, ", "), more)
}
