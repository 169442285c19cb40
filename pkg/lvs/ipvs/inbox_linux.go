package ipvs

import (
	"errors"
	"unsafe"

	"golang.org/x/sys/unix"
)

// messageSize is the size of the largest message in which the kernel lists
// anything: it takes no more than 32 KiB of what a reader has room for.
const messageSize = 32 << 10

// inbox is room for two messages of a netlink socket, which one call receives. A
// list of a few dozen servers is one message, and that it is over the next one.
type inbox struct {
	rooms [2][messageSize]byte
	parts [2]unix.Iovec
	heads [2]messageHead
	alone bool // messages are received one by one: the kernel is older than 2.6.33
}

// messageHead is struct mmsghdr of recvmmsg(2).
type messageHead struct {
	head unix.Msghdr
	size uint32 // of the message that was received
}

func newInbox() *inbox {
	i := new(inbox)
	for k := range i.heads {
		i.parts[k].Base = &i.rooms[k][0]
		i.parts[k].SetLen(messageSize)
		i.heads[k].head.Iov = &i.parts[k]
		i.heads[k].head.SetIovlen(1)
	}
	return i
}

// receive waits for a message and takes the one behind it too, if it is there. It
// returns how many there are.
func (i *inbox) receive(fd int) (n int, err error) {
	if !i.alone {
		n, err = i.take(fd)
		i.alone = errors.Is(err, unix.ENOSYS)
	}
	if i.alone {
		return i.receiveOne(fd)
	}
	return n, err
}

// take takes messages that are there, which they nearly always are: the kernel
// answers while it is asked. That call does not wait, so the runtime is not told
// of it; where calls are slow it would take the processor away each time.
func (i *inbox) take(fd int) (int, error) {
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&i.heads)), uintptr(len(i.heads)), unix.MSG_DONTWAIT, 0, 0)
	if errno == unix.EAGAIN {
		n, _, errno = unix.Syscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&i.heads)), uintptr(len(i.heads)), unix.MSG_WAITFORONE, 0, 0)
	}
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

func (i *inbox) receiveOne(fd int) (int, error) {
	n, _, err := unix.Recvfrom(fd, i.rooms[0][:], 0)
	if err != nil {
		return 0, err
	}
	i.heads[0].size, i.heads[0].head.Flags = uint32(n), 0
	return 1, nil
}

// message returns what was received; the next call of receive overwrites it.
func (i *inbox) message(k int) ([]byte, error) {
	if i.heads[k].head.Flags&unix.MSG_TRUNC != 0 {
		return nil, errShort
	}
	return i.rooms[k][:i.heads[k].size], nil
}
