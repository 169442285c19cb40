package netif

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Scope is how far an address is valid, as rtnetlink(7) ifa_scope numbers it.
type Scope uint8

// The scopes in use for addresses; zero is global.
const (
	ScopeGlobal Scope = unix.RT_SCOPE_UNIVERSE
	ScopeLink   Scope = unix.RT_SCOPE_LINK
	ScopeHost   Scope = unix.RT_SCOPE_HOST
)

// Address is an address on an interface.
type Address struct {
	Interface string
	Prefix    netip.Prefix // address and prefix length; the host part is kept
	Broadcast netip.Addr   // the zero value means none
	Label     string       // IPv4 only, "" means the name of the interface
	Scope     Scope
	Secondary bool // set by the kernel, ignored by Add
	// NoDAD has the kernel use an IPv6 address at once, without asking whether
	// somebody else has it (RFC 4862, 5.4). Only Add looks at it.
	NoDAD bool
}

// Addresses lists the addresses of both families on all interfaces, in the
// kernel's order.
func (h *Host) Addresses() ([]Address, error) {
	names, err := h.names()
	if err != nil {
		return nil, err
	}
	list, err := dump(func() ([]netlink.Addr, error) { return h.handle.AddrList(nil, netlink.FAMILY_ALL) })
	if err != nil {
		return nil, fmt.Errorf("list addresses: %w", err)
	}
	out := make([]Address, 0, len(list))
	for _, a := range list {
		p, ok := prefixOf(a.IPNet)
		if !ok {
			continue
		}
		addr := Address{
			Interface: names[a.LinkIndex],
			Prefix:    p,
			Label:     a.Label,
			Scope:     Scope(a.Scope),
			Secondary: a.Flags&unix.IFA_F_SECONDARY != 0 && p.Addr().Is4(),
		}
		if b, ok := netip.AddrFromSlice(a.Broadcast); ok {
			addr.Broadcast = b.Unmap()
		}
		out = append(out, addr)
	}
	return out, nil
}

// Holds says whether ip is on the interface, with whatever prefix length.
// An empty name means any interface.
func (h *Host) Holds(name string, ip netip.Addr) (bool, error) {
	list, err := h.Addresses()
	if err != nil {
		return false, err
	}
	for _, a := range list {
		if a.Prefix.Addr() == ip && (name == "" || a.Interface == name) {
			return true, nil
		}
	}
	return false, nil
}

// Add puts an address on its interface. The error wraps ErrExists if it is
// there already and ErrAbsent if the interface is not.
func (h *Host) Add(a Address) error {
	l, err := h.link(a.Interface)
	if err != nil {
		return fmt.Errorf("add address %s: %w", a.Prefix, err)
	}
	na := libraryAddr(a)
	// The library invents a broadcast address for nil; zero says that none
	// is wanted.
	na.Broadcast = net.IPv4zero
	if a.Broadcast.IsValid() {
		na.Broadcast = a.Broadcast.AsSlice()
	}
	if a.Prefix.Addr().Is6() {
		na.Broadcast = nil
		if a.NoDAD {
			na.Flags = unix.IFA_F_NODAD
		}
	}
	err = h.handle.AddrAdd(l, na)
	switch {
	case errors.Is(err, unix.EEXIST):
		return fmt.Errorf("add address %s to %s: %w", a.Prefix, a.Interface, ErrExists)
	case err != nil:
		return fmt.Errorf("add address %s to %s: %w", a.Prefix, a.Interface, err)
	}
	return nil
}

// Delete takes an address off its interface; prefix and interface must agree,
// broadcast and label do not matter. The error wraps ErrAbsent if it is not
// there.
func (h *Host) Delete(a Address) error {
	l, err := h.link(a.Interface)
	if err != nil {
		return fmt.Errorf("delete address %s: %w", a.Prefix, err)
	}
	a.Label = ""
	err = h.handle.AddrDel(l, libraryAddr(a))
	switch {
	case errors.Is(err, unix.EADDRNOTAVAIL):
		return fmt.Errorf("delete address %s from %s: %w", a.Prefix, a.Interface, ErrAbsent)
	case err != nil:
		return fmt.Errorf("delete address %s from %s: %w", a.Prefix, a.Interface, err)
	}
	return nil
}

func libraryAddr(a Address) *netlink.Addr {
	bits := a.Prefix.Addr().BitLen()
	return &netlink.Addr{
		IPNet: &net.IPNet{IP: a.Prefix.Addr().AsSlice(), Mask: net.CIDRMask(a.Prefix.Bits(), bits)},
		Label: a.Label,
		Scope: int(a.Scope),
	}
}
