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

// openMcast opens ha.cf(5) mcast: datagrams to a group, with a port of its own.
func openMcast(_ context.Context, m config.Medium, deliver func([]byte)) (medium, []string, error) {
	group, err := netip.ParseAddr(m.Addr)
	if err != nil || !group.Is4() || !group.IsMulticast() {
		return nil, nil, fmt.Errorf("%s is no multicast group", m.Addr)
	}
	to := netip.AddrPortFrom(group, uint16(m.Port))
	u := &udp{device: m.Device, deliver: deliver}
	u.dial = func(iface *net.Interface) (*sockets, error) {
		mreq := &unix.IPMreqn{Multiaddr: group.As4(), Ifindex: int32(iface.Index)}
		out, err := openSender(unix.AF_INET,
			func(fd int) error {
				return os.NewSyscallError("multicast interface", unix.SetsockoptIPMreqn(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_IF, mreq))
			},
			set(unix.IPPROTO_IP, unix.IP_MULTICAST_LOOP, number(m.Loop)),
			set(unix.IPPROTO_IP, unix.IP_MULTICAST_TTL, m.TTL))
		if err != nil {
			return nil, err
		}
		return pair(out, sockaddr(to, 0), func() (*net.UDPConn, error) {
			return openUDP(to, 0, on(unix.SO_REUSEADDR),
				// What another socket has joined on another interface is not
				// heard on this link.
				set(unix.IPPROTO_IP, unix.IP_MULTICAST_ALL, 0),
				func(fd int) error {
					return os.NewSyscallError("join group", unix.SetsockoptIPMreqn(fd, unix.IPPROTO_IP, unix.IP_ADD_MEMBERSHIP, mreq))
				})
		})
	}
	return u, []string{
		fmt.Sprintf("glib: UDP multicast heartbeat started for group %s port %d interface %s (ttl=%d loop=%d)",
			m.Addr, m.Port, m.Device, m.TTL, number(m.Loop)),
	}, u.start()
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
