package netif

import (
	"encoding/binary"
	"net"
	"net/netip"
)

// ARP operations, RFC 826.
const (
	arpRequest = 1
	arpReply   = 2
)

const etherTypeARP = 0x0806

var etherBroadcast = [6]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// Gratuitous returns the pair of Ethernet frames that announces ip at mac: a
// request and a reply, both broadcast, because some stacks learn only from the
// one and some only from the other (RFC 5944, 4.6). The target hardware address
// is zero in the request and mac in the reply, as send_arp of resource-agents
// has it. mac must be six bytes long and ip be IPv4.
func Gratuitous(mac net.HardwareAddr, ip netip.Addr) [2][]byte {
	return [2][]byte{arpFrame(arpRequest, mac, ip), arpFrame(arpReply, mac, ip)}
}

func arpFrame(op uint16, mac net.HardwareAddr, ip netip.Addr) []byte {
	b := make([]byte, 0, 42)
	b = append(b, etherBroadcast[:]...)
	b = append(b, mac[:6]...)
	b = binary.BigEndian.AppendUint16(b, etherTypeARP)
	b = binary.BigEndian.AppendUint16(b, 1)      // hardware: Ethernet
	b = binary.BigEndian.AppendUint16(b, 0x0800) // protocol: IPv4
	b = append(b, 6, 4)
	b = binary.BigEndian.AppendUint16(b, op)
	a := ip.As4()
	b = append(b, mac[:6]...)
	b = append(b, a[:]...)
	if op == arpReply {
		b = append(b, mac[:6]...)
	} else {
		b = append(b, 0, 0, 0, 0, 0, 0)
	}
	return append(b, a[:]...)
}
