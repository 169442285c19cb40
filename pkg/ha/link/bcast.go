package link

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/sys/unix"

	"lvsha/pkg/ha/config"
)

// openBcast opens ha.cf(5) bcast: datagrams to the broadcast address of a
// device.
func openBcast(_ context.Context, m config.Medium, deliver func([]byte)) (medium, []string, error) {
	u := &udp{device: m.Device, deliver: deliver}
	u.target = func(iface *net.Interface) (unix.Sockaddr, error) {
		to, err := broadcastAddress(iface)
		return sockaddr(netip.AddrPortFrom(to, uint16(m.Port)), 0), err
	}
	u.dial = func(iface *net.Interface) (*sockets, error) {
		to, err := u.target(iface)
		if err != nil {
			return nil, err
		}
		out, err := openSender(unix.AF_INET,
			on(unix.SO_BROADCAST), on(unix.SO_DONTROUTE), bindTo(m.Device))
		if err != nil {
			return nil, err
		}
		return pair(out, to, func() (*net.UDPConn, error) {
			return openUDP(netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(m.Port)), 0,
				on(unix.SO_REUSEADDR), bindTo(m.Device))
		})
	}
	return u, []string{
		fmt.Sprintf("glib: UDP Broadcast heartbeat started on port %d (%d) interface %s", m.Port, m.Port, m.Device),
	}, u.start()
}

// broadcastAddress is that of the first network of the interface. Where there is
// none the limited broadcast reaches the same hosts; the original would only
// hear itself.
func broadcastAddress(iface *net.Interface) (netip.Addr, error) {
	limited := netip.AddrFrom4([4]byte{255, 255, 255, 255})
	addrs, err := iface.Addrs()
	if err != nil {
		return limited, err
	}
	for _, a := range addrs {
		n, ok := a.(*net.IPNet)
		if !ok || n.IP.To4() == nil {
			continue
		}
		ones, bits := n.Mask.Size()
		if bits != 32 || ones > 30 {
			continue
		}
		ip := [4]byte(n.IP.To4())
		for i := range ip {
			ip[i] |= ^n.Mask[i]
		}
		return netip.AddrFrom4(ip), nil
	}
	return limited, nil
}
