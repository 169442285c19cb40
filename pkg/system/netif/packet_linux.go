package netif

import (
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// packetSocket sends raw frames. It receives nothing.
type packetSocket int

// openPacket opens a socket in the network namespace of the calling thread.
func openPacket() (packetSocket, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return -1, fmt.Errorf("open packet socket: %w", err)
	}
	return packetSocket(fd), nil
}

func (p packetSocket) send(index int, frame []byte) error {
	to := &unix.SockaddrLinklayer{Ifindex: index, Halen: 6}
	copy(to.Addr[:], net.HardwareAddr(frame[:6]))
	return unix.Sendto(int(p), frame, 0, to)
}

func (p packetSocket) close() { _ = unix.Close(int(p)) }
