package netif

import (
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
)

// Gateway is the first hop to an address that is no neighbour, for what leaves
// through one interface. The zero value means that there is none: the kernel takes
// the address for one on the link.
func (h *Host) Gateway(name string, to netip.Addr) (netip.Addr, error) {
	routes, err := h.handle.RouteGetWithOptions(to.AsSlice(), &netlink.RouteGetOptions{Oif: name})
	if err != nil {
		return netip.Addr{}, fmt.Errorf("route to %s dev %s: %w", to, name, err)
	}
	for _, r := range routes {
		if gateway, ok := netip.AddrFromSlice(r.Gw); ok {
			return gateway.Unmap(), nil
		}
	}
	return netip.Addr{}, nil
}
