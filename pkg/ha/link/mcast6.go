package link

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"

	"lvsha/pkg/ha/config"
)

// openMcast6 opens ha.cf(5) mcast6: mcast over IPv6.
func openMcast6(_ context.Context, m config.Medium, deliver func([]byte)) (medium, []string, error) {
	group, err := netip.ParseAddr(m.Addr)
	if err != nil || !group.Is6() || !group.IsMulticast() {
		return nil, nil, fmt.Errorf("%s is no multicast group", m.Addr)
	}
	group = group.WithZone("")
	to := netip.AddrPortFrom(group, uint16(m.Port))
	u := &udp{device: m.Device, deliver: deliver}
	u.dial = func(iface *net.Interface) (*sockets, error) {
		out, err := openSender(unix.AF_INET6,
			set(unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_IF, iface.Index),
			set(unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_LOOP, number(m.Loop)),
			set(unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_HOPS, m.TTL))
		if err != nil {
			return nil, err
		}
		mreq := &unix.IPv6Mreq{Multiaddr: group.As16(), Interface: uint32(iface.Index)}
		return pair(out, sockaddr(to, zone(group, iface)), func() (*net.UDPConn, error) {
			// Older kernels cannot be told otherwise to keep what comes in on
			// other interfaces away.
			return openUDP(to, zone(group, iface), on(unix.SO_REUSEADDR), bindTo(m.Device),
				func(fd int) error {
					return os.NewSyscallError("join group", unix.SetsockoptIPv6Mreq(fd, unix.IPPROTO_IPV6, unix.IPV6_JOIN_GROUP, mreq))
				})
		})
	}
	return u, []string{
		fmt.Sprintf("glib: UDP multicast heartbeat started for [%s]:%d on interface %s (hops=%d loop=%d)",
			m.Addr, m.Port, m.Device, m.TTL, number(m.Loop)),
	}, u.start()
}
