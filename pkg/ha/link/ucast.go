package link

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/sys/unix"

	"lvsha/pkg/ha/config"
)

// lowDelay is IPTOS_LOWDELAY.
const lowDelay = 0x10

// openUcast opens ha.cf(5) ucast: datagrams to one address through one device.
func openUcast(ctx context.Context, m config.Medium, deliver func([]byte)) (medium, []string, error) {
	to, err := resolve(ctx, "ip4", m.Addr)
	if err != nil {
		return nil, nil, err
	}
	u := &udp{device: m.Device, deliver: deliver}
	u.dial = func(*net.Interface) (*sockets, error) {
		out, err := openSender(unix.AF_INET,
			bindTo(m.Device), set(unix.IPPROTO_IP, unix.IP_TOS, lowDelay), ifKnown(on(unix.SO_REUSEPORT)))
		if err != nil {
			return nil, err
		}
		return pair(out, sockaddr(netip.AddrPortFrom(to, uint16(m.Port)), 0), func() (*net.UDPConn, error) {
			return openUDP(netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(m.Port)), 0,
				on(unix.SO_REUSEADDR), bindTo(m.Device), ifKnown(on(unix.SO_REUSEPORT)))
		})
	}
	return u, []string{
		"glib: ucast: write socket priority set to IPTOS_LOWDELAY on " + m.Device,
		"glib: ucast: bound send socket to device: " + m.Device,
		"glib: ucast: set SO_REUSEPORT(w)",
		"glib: ucast: set SO_REUSEADDR",
		"glib: ucast: bound receive socket to device: " + m.Device,
		"glib: ucast: set SO_REUSEPORT",
		fmt.Sprintf("glib: ucast: started on port %d interface %s to %s", m.Port, m.Device, m.Addr),
	}, u.start()
}
