package netif

import (
	"encoding/binary"
	"net"
	"net/netip"
)

const (
	etherTypeIPv6 = 0x86dd
	protoICMPv6   = 58
	// neighbourAdvertisement is the ICMPv6 type of RFC 4861, 4.4.
	neighbourAdvertisement = 136
	// override has the neighbours replace what they know.
	override = 0x20
	// targetLink is the option that carries the hardware address.
	targetLink = 2
)

// allNodes is ff02::1, whom an announcement is for.
var allNodes = netip.AddrFrom16([16]byte{0: 0xff, 1: 0x02, 15: 1})

// Unsolicited returns the Ethernet frame that announces an IPv6 address at mac: a
// neighbour advertisement to all nodes that replaces what they know (RFC 4861,
// 7.2.6). mac must be six bytes long and ip be IPv6.
func Unsolicited(mac net.HardwareAddr, ip netip.Addr) []byte {
	source, all := ip.As16(), allNodes.As16()

	icmp := []byte{neighbourAdvertisement, 0, 0, 0, override, 0, 0, 0}
	icmp = append(icmp, source[:]...)
	icmp = append(icmp, targetLink, 1)
	icmp = append(icmp, mac[:6]...)
	binary.BigEndian.PutUint16(icmp[2:], checksum(source, all, icmp))

	b := make([]byte, 0, 14+40+len(icmp))
	b = append(b, 0x33, 0x33, 0, 0, 0, 1) // RFC 2464, 7: of ff02::1
	b = append(b, mac[:6]...)
	b = binary.BigEndian.AppendUint16(b, etherTypeIPv6)
	b = append(b, 0x60, 0, 0, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(len(icmp)))
	b = append(b, protoICMPv6, 255) // RFC 4861, 7.1.2: another hop limit is not accepted
	b = append(b, source[:]...)
	b = append(b, all[:]...)
	return append(b, icmp...)
}

// checksum is that of RFC 4443, 2.3, over the pseudo header and an ICMPv6 message
// of even length whose own checksum is zero.
func checksum(source, to [16]byte, icmp []byte) uint16 {
	sum := uint32(len(icmp)) + protoICMPv6
	for _, part := range [][]byte{source[:], to[:], icmp} {
		for i := 0; i < len(part); i += 2 {
			sum += uint32(binary.BigEndian.Uint16(part[i:]))
		}
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
