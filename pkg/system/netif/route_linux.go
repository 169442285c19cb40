package netif

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Route is a route of the main table to a network that is reached without a
// gateway.
type Route struct {
	Interface string
	Network   netip.Prefix
	Source    netip.Addr // preferred source, the zero value means none
}

// OnLink lists the routes of the main table that have link scope, in the
// kernel's order.
func (h *Host) OnLink() ([]Route, error) {
	names, err := h.names()
	if err != nil {
		return nil, err
	}
	want := &netlink.Route{Table: unix.RT_TABLE_MAIN, Scope: netlink.SCOPE_LINK}
	list, err := dump(func() ([]netlink.Route, error) {
		return h.handle.RouteListFiltered(netlink.FAMILY_V4, want, netlink.RT_FILTER_TABLE|netlink.RT_FILTER_SCOPE)
	})
	if err != nil {
		return nil, fmt.Errorf("list routes: %w", err)
	}
	var out []Route
	for _, r := range list {
		p, ok := prefixOf(r.Dst)
		if !ok || p.Bits() == 0 {
			continue // a default route names no network
		}
		route := Route{Interface: names[r.LinkIndex], Network: p.Masked()}
		if s, ok := netip.AddrFromSlice(r.Src); ok {
			route.Source = s.Unmap()
		}
		out = append(out, route)
	}
	return out, nil
}

// DefaultInterface names the interface of the IPv4 default route with the best
// metric, the first of equals. The error wraps ErrAbsent if there is none.
func (h *Host) DefaultInterface() (string, error) {
	names, err := h.names()
	if err != nil {
		return "", err
	}
	want := &netlink.Route{Table: unix.RT_TABLE_MAIN}
	list, err := dump(func() ([]netlink.Route, error) {
		return h.handle.RouteListFiltered(netlink.FAMILY_V4, want, netlink.RT_FILTER_TABLE)
	})
	if err != nil {
		return "", fmt.Errorf("list routes: %w", err)
	}
	best := -1
	for i, r := range list {
		if p, ok := prefixOf(r.Dst); ok && p.Bits() > 0 || names[r.LinkIndex] == "" {
			continue
		}
		if best < 0 || r.Priority < list[best].Priority {
			best = i
		}
	}
	if best < 0 {
		return "", fmt.Errorf("default route: %w", ErrAbsent)
	}
	return names[list[best].LinkIndex], nil
}

// DeleteRoute removes the route of the main table to exactly this network
// through this interface. The error wraps ErrAbsent if there is none.
func (h *Host) DeleteRoute(name string, network netip.Prefix) error {
	l, err := h.link(name)
	if err != nil {
		return fmt.Errorf("delete route %s: %w", network, err)
	}
	err = h.handle.RouteDel(&netlink.Route{
		LinkIndex: l.Attrs().Index,
		Table:     unix.RT_TABLE_MAIN,
		Scope:     netlink.SCOPE_NOWHERE,
		Dst: &net.IPNet{
			IP:   network.Addr().AsSlice(),
			Mask: net.CIDRMask(network.Bits(), network.Addr().BitLen()),
		},
	})
	switch {
	case errors.Is(err, unix.ESRCH):
		return fmt.Errorf("delete route %s dev %s: %w", network, name, ErrAbsent)
	case err != nil:
		return fmt.Errorf("delete route %s dev %s: %w", network, name, err)
	}
	return nil
}
