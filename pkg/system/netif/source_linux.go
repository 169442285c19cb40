package netif

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// ErrAmbiguous says that there is more than one default route.
var ErrAmbiguous = errors.New("more than 1 matching route exists")

// Sources are the routes of an interface that say from which of its addresses
// packets leave.
type Sources struct {
	// Default is the preferred source of the default route; the zero value means
	// that none is set.
	Default netip.Addr

	handle  *netlink.Handle
	routes  []netlink.Route // the default route first
	primary netip.Addr      // the interface's first address
}

// Sources finds the IPv4 default route over an interface and the route to the
// network that contains ip. The error wraps ErrAbsent if there is no default route
// over it, and ErrAmbiguous if there are several.
func (h *Host) Sources(name string, ip netip.Addr) (*Sources, error) {
	l, err := h.link(name)
	if err != nil {
		return nil, err
	}
	want := &netlink.Route{Table: unix.RT_TABLE_MAIN, LinkIndex: l.Attrs().Index}
	list, err := dump(func() ([]netlink.Route, error) {
		return h.handle.RouteListFiltered(netlink.FAMILY_V4, want, netlink.RT_FILTER_TABLE|netlink.RT_FILTER_OIF)
	})
	if err != nil {
		return nil, fmt.Errorf("list routes of %s: %w", name, err)
	}
	s := &Sources{handle: h.handle}
	var near []netlink.Route
	for _, r := range list {
		p, ok := prefixOf(r.Dst)
		switch {
		case !ok || p.Bits() == 0:
			s.routes = append(s.routes, r)
		case r.Scope == netlink.SCOPE_LINK && p.Masked().Contains(ip):
			near = append(near, r)
		}
	}
	switch len(s.routes) {
	case 0:
		return nil, fmt.Errorf("default route over %s: %w", name, ErrAbsent)
	case 1:
	default:
		return nil, fmt.Errorf("default route over %s: %w", name, ErrAmbiguous)
	}
	if src, ok := netip.AddrFromSlice(s.routes[0].Src); ok {
		s.Default = src.Unmap()
	}
	s.routes = append(s.routes, near...)
	addrs, err := h.Addresses()
	if err != nil {
		return nil, err
	}
	for _, a := range addrs {
		if a.Interface == name && a.Prefix.Addr().Is4() && !a.Secondary {
			s.primary = a.Prefix.Addr()
			break
		}
	}
	return s, nil
}

// Set makes an address of the interface the source of what leaves by these routes.
// Everything else of them stays.
func (s *Sources) Set(ip netip.Addr) error {
	// The default route last: its gateway is reached by the other.
	for i := len(s.routes) - 1; i >= 0; i-- {
		r := s.routes[i]
		r.Src = ip.AsSlice()
		if err := s.handle.RouteReplace(&r); err != nil {
			return fmt.Errorf("source %s of route %s: %w", ip, r, err)
		}
	}
	return nil
}

// Restore makes the interface's first address the source again.
func (s *Sources) Restore() error {
	if !s.primary.IsValid() {
		return fmt.Errorf("first address of the interface: %w", ErrAbsent)
	}
	return s.Set(s.primary)
}
