package link

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/sys/unix"

	"lvsha/pkg/ha/config"
)

// openUcast6 opens ha.cf(5) ucast6: ucast over IPv6. A link-local address is
// that of the device.
func openUcast6(ctx context.Context, m config.Medium, deliver func([]byte)) (medium, []string, error) {
	to, err := resolve(ctx, "ip6", m.Addr)
	if err != nil {
		return nil, nil, err
	}
	to = to.WithZone("")
	u := &udp{device: m.Device, deliver: deliver}
	u.dial = func(iface *net.Interface) (*sockets, error) {
		out, err := openSender(unix.AF_INET6, bindTo(m.Device))
		if err != nil {
			return nil, err
		}
		return pair(out, sockaddr(netip.AddrPortFrom(to, uint16(m.Port)), zone(to, iface)), func() (*net.UDPConn, error) {
			return openUDP(netip.AddrPortFrom(netip.IPv6Unspecified(), uint16(m.Port)), 0,
				on(unix.SO_REUSEADDR), ifKnown(on(unix.SO_REUSEPORT)), bindTo(m.Device))
		})
	}
	return u, []string{
		fmt.Sprintf("glib: ucast6: heartbeat started for [%s]:%d on interface %s", m.Addr, m.Port, m.Device),
	}, u.start()
}

// zone is the interface index that an address needs beside it.
func zone(a netip.Addr, iface *net.Interface) int {
	if a.IsLinkLocalUnicast() || a.IsLinkLocalMulticast() || a.IsInterfaceLocalMulticast() {
		return iface.Index
	}
	return 0
}
