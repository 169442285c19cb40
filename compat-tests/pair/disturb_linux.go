package pair

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"

	"golang.org/x/sys/unix"
)

// heldFrames is how many frames of a port are kept to be sent again.
const heldFrames = 256

// disturb sends a share of the heartbeat datagrams that pass between two ports of
// the bridge once more: at once, an old one again, or with wrong bytes.
func (a *agent) disturb(ports []string, percent int) error {
	a.percent.Store(int32(percent))
	var err error
	a.taps.Do(func() {
		var socks [2]int
		for i, name := range ports {
			if socks[i], err = portSocket(name); err != nil {
				return
			}
		}
		for i := range socks {
			go a.tap(socks[i], socks[1-i])
		}
	})
	return err
}

// portSocket sees and sends the frames of one port of the bridge.
func portSocket(name string) (int, error) {
	port, err := net.InterfaceByName(name)
	if err != nil {
		return 0, err
	}
	all := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, unix.ETH_P_IP))
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, int(all))
	if err != nil {
		return 0, err
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: port.Index}); err != nil {
		return 0, fmt.Errorf("bind to %s: %w", name, err)
	}
	// What this program sends must not come back to it.
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1); err != nil {
		return 0, err
	}
	return fd, nil
}

// tap reads what a node sends at its port and sends copies out of the other
// node's port. It ends with the process.
func (a *agent) tap(from, to int) {
	var held [][]byte
	buf := make([]byte, 4096)
	for {
		n, err := unix.Read(from, buf)
		if err != nil {
			if err == unix.EINTR || err == unix.ENETDOWN {
				continue
			}
			return
		}
		frame := append([]byte(nil), buf[:n]...)
		if !heartbeatFrame(frame) {
			continue
		}
		// The kernel has not yet computed it; none is allowed.
		frame[40], frame[41] = 0, 0
		if len(held) < heldFrames {
			held = append(held, frame)
		} else {
			held[rand.IntN(heldFrames)] = frame
		}
		if rand.IntN(100) >= int(a.percent.Load()) {
			continue
		}
		switch rand.IntN(3) {
		case 0:
		case 1:
			frame = held[rand.IntN(len(held))]
		case 2:
			frame = append([]byte(nil), frame...)
			for range 1 + rand.IntN(4) {
				frame[42+rand.IntN(len(frame)-42)] ^= byte(1 + rand.IntN(255))
			}
		}
		_, _ = unix.Write(to, frame) // a port that is down loses it
	}
}

// heartbeatFrame reports whether a frame is an unfragmented IPv4 datagram to
// heartbeat's port.
func heartbeatFrame(f []byte) bool {
	return len(f) > 50 && f[12] == 8 && f[13] == 0 && f[14] == 0x45 && f[23] == unix.IPPROTO_UDP &&
		binary.BigEndian.Uint16(f[36:38]) == 694
}
