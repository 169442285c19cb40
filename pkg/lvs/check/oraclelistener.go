package check

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
)

// listener makes sure that what answers a connect packet is an Oracle listener,
// and that what follows comes in packets: the library takes lengths and offsets
// for granted, and reserves or writes as much as they say.
type listener struct {
	net.Conn
	packet   []byte // what was looked at and not yet read
	left     int    // of the packet, what was not looked at
	answered bool
	wide     bool // lengths have four bytes
}

// errNoListener says that something else is at the port.
var errNoListener = errors.New("the answer is not that of an Oracle listener")

// packetHead is how long the head of a packet is, with its length in the first
// two bytes and its type in the fifth.
const packetHead = 8

// The types of packets that answer a connect packet.
const (
	packetAccept   = 2
	packetRefuse   = 4
	packetRedirect = 5
	packetResend   = 11
)

// Read implements net.Conn.
func (l *listener) Read(p []byte) (n int, err error) {
	if len(l.packet) == 0 && l.left == 0 {
		if err := l.next(); err != nil {
			return 0, err
		}
	}
	if len(l.packet) > 0 {
		n = copy(p, l.packet)
		l.packet = l.packet[n:]
		return n, nil
	}
	n, err = l.Conn.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}

// next looks at the beginning of a packet.
func (l *listener) next() (err error) {
	if !l.answered {
		if l.packet, err = readPacket(l.Conn); err == nil {
			l.answered = l.packet[4] != packetResend
			l.wide = l.packet[4] == packetAccept && wide(l.packet)
		}
		return err
	}
	head := make([]byte, packetHead)
	if _, err := io.ReadFull(l.Conn, head); err != nil {
		return err
	}
	length := int(binary.BigEndian.Uint16(head))
	if l.wide {
		length = int(binary.BigEndian.Uint32(head))
	}
	if length < packetHead || length > maxMessage {
		return errNoListener
	}
	l.packet, l.left = head, length-packetHead
	return nil
}

// readPacket reads one answer to a connect packet.
func readPacket(r io.Reader) ([]byte, error) {
	head := make([]byte, packetHead)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	length := int(binary.BigEndian.Uint16(head))
	switch head[4] {
	case packetAccept, packetRefuse, packetRedirect, packetResend:
	default:
		return nil, errNoListener
	}
	if length < packetHead {
		return nil, errNoListener
	}
	packet := append(make([]byte, 0, length), head...)[:length]
	if _, err := io.ReadFull(r, packet[packetHead:]); err != nil {
		return nil, err
	}
	if !wellFormed(packet) {
		return nil, errNoListener
	}
	return packet, nil
}

// wide says that an acceptance is of a version whose sizes have four bytes.
func wide(packet []byte) bool { return binary.BigEndian.Uint16(packet[8:]) >= 315 }

// leastUnit is the smallest unit that the two sides of a session may agree on.
const leastUnit = 512

// wellFormed says that what a packet says of its own parts is true.
func wellFormed(packet []byte) bool {
	at := func(i int) int { return int(binary.BigEndian.Uint16(packet[i:])) }
	switch length := len(packet); packet[4] {
	case packetAccept:
		if length < 32 || at(20) > length || at(18) != length-at(20) {
			return false
		}
		if !wide(packet) {
			return min(at(12), at(14)) >= leastUnit
		}
		return length >= 40 && min(binary.BigEndian.Uint32(packet[32:]), binary.BigEndian.Uint32(packet[36:])) >= leastUnit
	case packetRefuse:
		return length >= 12 && 12+at(10) <= length
	case packetRedirect:
		// The address may come in a packet of its own.
		return length == 10 || length > 10 && 10+at(8) <= length
	}
	return true
}
