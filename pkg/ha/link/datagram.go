package link

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxDatagram is the largest payload of UDP over IPv4.
const maxDatagram = 65507

// burst is how many datagrams are taken in a row before others have their turn.
const burst = 32

// The system calls that take and send datagrams never wait, and the runtime is not
// told of them: when it is told of one after a pause it wakes a thread that watches
// over the others, which costs several times what a heartbeat does. A call that may
// wait, of whatever else runs here, wakes that thread still.

// receive hands every datagram of a socket to deliver until the socket is closed.
// Only if they come faster than they are taken has that thread something to do: it
// is woken between two bursts.
func receive(conn *net.UDPConn, deliver func(datagram []byte)) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return
	}
	buf := make([]byte, maxDatagram+1)
	for {
		err := raw.Read(func(fd uintptr) bool {
			for range burst {
				n, err := take(fd, buf)
				if err == unix.EAGAIN {
					return false
				}
				// Another error was caused by an earlier datagram; the socket lives on.
				if err == nil && n > 0 {
					deliver(buf[:n])
				}
			}
			return true
		})
		if errors.Is(err, net.ErrClosed) {
			return
		}
		runtime.Gosched()
		if n, err := conn.Read(buf); err == nil && n > 0 {
			deliver(buf[:n])
		}
	}
}

// take takes a datagram from a socket, or returns EAGAIN.
func take(fd uintptr, buf []byte) (int, error) {
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, fd,
		uintptr(unsafe.Pointer(unsafe.SliceData(buf))), uintptr(len(buf)), unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// sender is a UDP socket that only sends. The runtime does not poll it: it would
// wake the process each time the kernel is done with a datagram.
type sender int

// openSender opens a sender for IPv4 or IPv6.
func openSender(family int, options ...option) (sender, error) {
	fd, err := socket(family, unix.SOCK_DGRAM, 0, nil, options...)
	if err != nil {
		return -1, fmt.Errorf("send socket: %w", err)
	}
	return sender(fd), nil
}

// send sends a datagram or says why not; it does not wait for room.
func (s sender) send(frame []byte, to unix.Sockaddr) error {
	var raw struct {
		family uint16
		port   [2]byte // in network order
		rest   [24]byte
	}
	size := uintptr(unix.SizeofSockaddrInet4)
	switch a := to.(type) {
	case *unix.SockaddrInet4:
		raw.family = unix.AF_INET
		binary.BigEndian.PutUint16(raw.port[:], uint16(a.Port))
		copy(raw.rest[:], a.Addr[:])
	case *unix.SockaddrInet6:
		raw.family, size = unix.AF_INET6, unix.SizeofSockaddrInet6
		binary.BigEndian.PutUint16(raw.port[:], uint16(a.Port))
		copy(raw.rest[4:], a.Addr[:]) // behind the flow
		binary.NativeEndian.PutUint32(raw.rest[20:], a.ZoneId)
	default:
		return unix.EAFNOSUPPORT
	}
	_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(s), uintptr(unsafe.Pointer(unsafe.SliceData(frame))),
		uintptr(len(frame)), unix.MSG_DONTWAIT, uintptr(unsafe.Pointer(&raw)), size)
	if errno != 0 {
		return errno
	}
	return nil
}

func (s sender) close() { _ = unix.Close(int(s)) }
