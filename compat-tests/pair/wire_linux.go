package pair

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

const (
	bridge = "br0"
	// secondBridge joins the nodes' second interfaces.
	secondBridge = "br1"
	clientAddr   = "10.77.0.1"
	etherARP     = 0x0806

	probeEvery = 10 * time.Millisecond
	// GapMin is the shortest time without an answer that is told.
	GapMin = 25 * time.Millisecond
)

// sniff tells of the announcements of an address on the bridge: gratuitous ARP, or
// unsolicited neighbour advertisements.
func (a *agent) sniff(address string) error {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return err
	}
	br, err := net.InterfaceByName(bridge)
	if err != nil {
		return err
	}
	ether, kind, announcer := uint16(etherARP), ARP, gratuitous
	if ip.Is6() {
		ether, kind, announcer = unix.ETH_P_IPV6, Neighbour, advertised
	}
	proto := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, ether))
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, int(proto))
	if err != nil {
		return err
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: proto, Ifindex: br.Index}); err != nil {
		return err
	}
	go func() {
		frame := make([]byte, 256)
		for {
			n, err := unix.Read(fd, frame)
			if errors.Is(err, unix.EINTR) || errors.Is(err, unix.ENETDOWN) {
				continue
			}
			if err != nil {
				return
			}
			if mac := announcer(frame[:n], ip); mac != nil {
				a.tell(Event{At: time.Now(), Kind: kind, Text: mac.String()})
			}
		}
	}()
	return nil
}

// gratuitous gives who announces an address by ARP: sender and target protocol
// address are the same.
func gratuitous(frame []byte, ip netip.Addr) net.HardwareAddr {
	if len(frame) < 42 || [4]byte(frame[28:32]) != ip.As4() || [4]byte(frame[38:42]) != ip.As4() {
		return nil
	}
	return net.HardwareAddr(frame[22:28])
}

// advertised gives who announces an address to all nodes: RFC 4861, 4.4, with the
// override flag, not solicited, with the target's link-layer address.
func advertised(frame []byte, ip netip.Addr) net.HardwareAddr {
	const nextHeader, advertisement, override, solicited = 20, 136, 0x20, 0x40
	if len(frame) < 86 || frame[nextHeader] != unix.IPPROTO_ICMPV6 || frame[54] != advertisement ||
		frame[58]&(override|solicited) != override || [16]byte(frame[62:78]) != ip.As16() || frame[78] != 2 {
		return nil
	}
	return net.HardwareAddr(frame[80:86])
}

// Sniff tells of the announcements of another address, IPv4 or IPv6, from now on.
func (p *Pair) Sniff(address string) error {
	_, err := p.hub.do(order{Op: "sniff", Text: address})
	return err
}

// probe asks the address for an echo all the time and tells how long there was
// no answer, at the end of each such time.
func (a *agent) probe(address string) error {
	c, err := net.ListenPacket("ip4:icmp", clientAddr)
	if err != nil {
		return err
	}
	to := &net.IPAddr{IP: net.ParseIP(address)}
	go func() {
		// Echo request, identifier and sequence number 0.
		echo := []byte{8, 0, 0xf7, 0xff, 0, 0, 0, 0}
		for range time.Tick(probeEvery) {
			// While nobody has the address this fails; the answer counts.
			_, _ = c.WriteTo(echo, to)
		}
	}()
	go func() {
		b := make([]byte, 1500)
		var last time.Time
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			if n < 8 || b[0] != 0 || from.String() != address {
				continue
			}
			now := time.Now()
			if gap := now.Sub(last); !last.IsZero() && gap >= GapMin {
				a.tell(Event{At: now, Kind: Gap, Length: gap})
			}
			last = now
		}
	}()
	return nil
}
