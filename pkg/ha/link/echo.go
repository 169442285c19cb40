package link

import (
	"encoding/binary"
	"hash/maphash"

	"golang.org/x/sys/unix"
)

// echoHeader is how long the header of an echo is: type, code, checksum, id and
// sequence.
const echoHeader = 8

// protocol is ICMP of IPv4 or of IPv6.
type protocol struct {
	network        string
	family, number int
	request, reply byte
}

var (
	icmp4 = protocol{"ip4", unix.AF_INET, unix.IPPROTO_ICMP, 8, 0}
	icmp6 = protocol{"ip6", unix.AF_INET6, unix.IPPROTO_ICMPV6, 128, 129}
)

// echo is a parsed echo reply.
type echo struct {
	id, seq uint16
	data    []byte
}

// appendRequest appends an echo request. The identifier is stored as this
// machine stores numbers, as the originals do; the sequence in network order.
// The kernel fills in the checksum of IPv6.
func (p protocol) appendRequest(b []byte, id, seq uint16, data []byte) []byte {
	start := len(b)
	b = append(b, p.request, 0, 0, 0)
	b = binary.NativeEndian.AppendUint16(b, id)
	b = binary.BigEndian.AppendUint16(b, seq)
	b = append(b, data...)
	if p.family == unix.AF_INET {
		binary.BigEndian.PutUint16(b[start+2:], checksum(b[start:]))
	}
	return b
}

// parseReply takes an echo reply apart; anything else is none.
func (p protocol) parseReply(packet []byte) (echo, bool) {
	if len(packet) < echoHeader || packet[0] != p.reply || packet[1] != 0 {
		return echo{}, false
	}
	return echo{
		id:   binary.NativeEndian.Uint16(packet[4:]),
		seq:  binary.BigEndian.Uint16(packet[6:]),
		data: packet[echoHeader:],
	}, true
}

// checksum is that of RFC 1071.
func checksum(b []byte) uint16 {
	sum := uint32(0)
	for ; len(b) > 1; b = b[2:] {
		sum += uint32(b[0])<<8 | uint32(b[1])
		sum = sum&0xffff + sum>>16
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	for sum > 0xffff {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}

// windowSize is how many requests may wait for their reply.
const windowSize = 128

// window remembers the last requests. A reply counts once, and only if it brings
// back what was sent: another medium or program may ask the same host, and old
// replies may be played again.
type window struct {
	seed maphash.Seed
	next uint16
	ring [windowSize]struct {
		seq     uint16
		sum     uint64
		waiting bool
	}
}

// sent notes a request and gives its sequence number, which begins at 0.
func (w *window) sent(data []byte) uint16 {
	seq := w.next
	w.next++
	r := &w.ring[seq%windowSize]
	r.seq, r.sum, r.waiting = seq, maphash.Bytes(w.seed, data), true
	return seq
}

// answered reports whether a reply is the first one to a request that waits.
func (w *window) answered(e echo) bool {
	r := &w.ring[e.seq%windowSize]
	if !r.waiting || r.seq != e.seq || r.sum != maphash.Bytes(w.seed, e.data) {
		return false
	}
	r.waiting = false
	return true
}
