package netif

import (
	"errors"
	"net/netip"
)

// ErrNoInterface says that no on-link route leads to the address, and the wish
// names not both interface and prefix length.
var ErrNoInterface = errors.New("unable to find nic or netmask")

// Wish is what the configuration says about where an address is to go.
type Wish struct {
	Addr      netip.Addr
	Bits      int        // prefix length, 0 means not given
	Interface string     // "" means not given
	Broadcast netip.Addr // the zero value means not given
}

// Choice is where the address goes. Broadcast is the zero value if there is none.
type Choice struct {
	Interface string
	Prefix    netip.Prefix
	Broadcast netip.Addr
}

// Choose fills in what the wish leaves open, as the IPaddr2 agent of
// resource-agents does: among the on-link routes that contain the address (and
// are not narrower than a given prefix length) on the given interface the
// longest prefix wins, of equals the last. The broadcast address is the one of
// the address that the route names as its source. With interface and prefix
// length given no route is needed.
func Choose(w Wish, routes []Route, addrs []Address) (Choice, error) {
	best, found := Route{}, false
	for _, r := range routes {
		switch {
		case !r.Network.Contains(w.Addr):
		case w.Bits != 0 && r.Network.Bits() > w.Bits:
		case w.Interface != "" && r.Interface != w.Interface:
		// A host route is listed without a length and so never gives one.
		case r.Network.Bits() == r.Network.Addr().BitLen():
		case !found || r.Network.Bits() >= best.Network.Bits():
			best, found = r, true
		}
	}
	if !found && (w.Interface == "" || w.Bits == 0) {
		if host, ok := chooseHost(w, addrs); ok {
			return host, nil
		}
		return Choice{}, ErrNoInterface
	}
	c := Choice{Interface: w.Interface, Broadcast: w.Broadcast}
	if c.Interface == "" {
		c.Interface = best.Interface
	}
	bits := w.Bits
	if bits == 0 {
		bits = best.Network.Bits()
	}
	c.Prefix = netip.PrefixFrom(w.Addr, bits)
	if !c.Broadcast.IsValid() && found && best.Source.IsValid() {
		c.Broadcast = broadcastOf(best.Source, addrs)
	}
	return c, nil
}

// chooseHost finds the loopback interface for an address of its network, which
// has no on-link route.
func chooseHost(w Wish, addrs []Address) (Choice, bool) {
	if !w.Addr.IsLoopback() {
		return Choice{}, false
	}
	for _, a := range addrs {
		if a.Scope != ScopeHost || !a.Prefix.Masked().Contains(w.Addr) || a.Prefix.IsSingleIP() ||
			w.Interface != "" && a.Interface != w.Interface {
			continue
		}
		bits := w.Bits
		if bits == 0 {
			bits = a.Prefix.Bits()
		}
		return Choice{Interface: a.Interface, Prefix: netip.PrefixFrom(w.Addr, bits), Broadcast: w.Broadcast}, true
	}
	return Choice{}, false
}

func broadcastOf(source netip.Addr, addrs []Address) netip.Addr {
	for _, a := range addrs {
		if a.Prefix.Addr() == source {
			return a.Broadcast
		}
	}
	return netip.Addr{}
}
