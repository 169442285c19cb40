package ipvs

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// attr is a netlink attribute: a value, or attributes in it.
type attr struct {
	kind   uint16
	value  []byte
	nested []attr
}

const nestedFlag = 0x8000 // NLA_F_NESTED

func u16(kind, v uint16) attr {
	return attr{kind: kind, value: binary.NativeEndian.AppendUint16(nil, v)}
}

func u32(kind uint16, v uint32) attr {
	return attr{kind: kind, value: binary.NativeEndian.AppendUint32(nil, v)}
}

func text(kind uint16, s string) attr { return attr{kind: kind, value: append([]byte(s), 0)} }

func align(n int) int { return (n + 3) &^ 3 }

func appendAttrs(b []byte, attrs []attr) []byte {
	for _, a := range attrs {
		start := len(b)
		kind := a.kind
		b = append(b, 0, 0, 0, 0)
		b = append(b, a.value...)
		if a.nested != nil {
			kind |= nestedFlag
			b = appendAttrs(b, a.nested)
		}
		binary.NativeEndian.PutUint16(b[start:], uint16(len(b)-start))
		binary.NativeEndian.PutUint16(b[start+2:], kind)
		for len(b) < align(len(b)) {
			b = append(b, 0)
		}
	}
	return b
}

var errShort = errors.New("netlink answer is cut off")

// eachAttr calls visit with every attribute of b; the value is a part of b.
func eachAttr(b []byte, visit func(kind uint16, value []byte)) error {
	for len(b) > 0 {
		if len(b) < 4 {
			return errShort
		}
		n := int(binary.NativeEndian.Uint16(b))
		if n < 4 || n > len(b) {
			return errShort
		}
		visit(binary.NativeEndian.Uint16(b[2:])&^nestedFlag, b[4:n])
		b = b[min(align(n), len(b)):]
	}
	return nil
}

// parseAttrs returns the values by kind.
func parseAttrs(b []byte) (map[uint16][]byte, error) {
	values := make(map[uint16][]byte)
	err := eachAttr(b, func(kind uint16, value []byte) { values[kind] = value })
	return values, err
}

// genl is a socket of the kernel's generic netlink. It is used by one
// goroutine at a time.
type genl struct {
	fd  int
	seq uint32
	out []byte // the last requests
	in  *inbox
}

func openGenl() (*genl, error) {
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, syscall.NETLINK_GENERIC)
	if err != nil {
		return nil, fmt.Errorf("netlink socket: %w", err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		_ = syscall.Close(fd)
		return nil, fmt.Errorf("netlink socket: %w", err)
	}
	// The kernel answers at once; a limit keeps a lost answer from holding us.
	_ = syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &syscall.Timeval{Sec: 5})
	return &genl{fd: fd, in: newInbox()}, nil
}

func (g *genl) close() error { return syscall.Close(g.fd) }

// request sends a command of a family and returns the attributes of each
// answer.
func (g *genl) request(family uint16, command, version uint8, flags uint16, attrs []attr) ([]map[uint16][]byte, error) {
	var answers []map[uint16][]byte
	err := g.each(family, command, version, flags, attrs, func(b []byte) error {
		// The buffer is used again for the next message.
		values, err := parseAttrs(append([]byte(nil), b...))
		answers = append(answers, values)
		return err
	})
	if err != nil {
		return nil, err
	}
	return answers, nil
}

// each sends a command and calls visit with the attributes of each answer, which
// it must not keep.
func (g *genl) each(family uint16, command, version uint8, flags uint16, attrs []attr, visit func(attrs []byte) error) error {
	g.compose(family, command, version, flags, attrs)
	if err := g.send(flags&syscall.NLM_F_DUMP != 0); err != nil {
		return fmt.Errorf("netlink send: %w", err)
	}
	var failed error
	err := g.receive(func(b []byte) (bool, error) {
		done, err := g.collect(b, flags, visit)
		// What cannot be read is told when the answer is over: its rest must not be
		// taken for that to the next request.
		if failed == nil {
			failed = err
		}
		return done, nil
	})
	return cmp.Or(err, failed)
}

// receive calls read with what the kernel answers, until it says that it is done.
func (g *genl) receive(read func(b []byte) (done bool, err error)) error {
	for {
		n, err := g.in.receive(g.fd)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			return fmt.Errorf("netlink receive: %w", err)
		}
		for k := range n {
			b, err := g.in.message(k)
			if err != nil {
				return err
			}
			if done, err := read(b); done || err != nil {
				return err
			}
		}
	}
}

// compose makes the next request.
func (g *genl) compose(family uint16, command, version uint8, flags uint16, attrs []attr) {
	g.out = g.out[:0]
	g.add(family, command, version, flags, attrs)
}

// add puts another request behind those that are sent next.
func (g *genl) add(family uint16, command, version uint8, flags uint16, attrs []attr) {
	g.seq++
	start := len(g.out)
	b := append(g.out, make([]byte, headerSize)...)
	b = append(b, command, version, 0, 0)
	b = appendAttrs(b, attrs)
	binary.NativeEndian.PutUint32(b[start:], uint32(len(b)-start))
	binary.NativeEndian.PutUint16(b[start+4:], family)
	binary.NativeEndian.PutUint16(b[start+6:], flags|syscall.NLM_F_REQUEST)
	binary.NativeEndian.PutUint32(b[start+8:], g.seq)
	g.out = b
}

// together sends the requests that were added, of which only the last asks for an
// acknowledgement. refused is called with the number of each, from 0, that the
// kernel refused; an error is one of the socket, after which it is not known what
// became of the others.
func (g *genl) together(n int, refused func(i int, err syscall.Errno)) error {
	if err := g.send(false); err != nil {
		return fmt.Errorf("netlink send: %w", err)
	}
	first := g.seq - uint32(n-1)
	return g.receive(func(b []byte) (bool, error) { return verdicts(b, first, n, refused) })
}

// verdicts reads what the kernel says of n requests, the first of which has the
// number first; done is what it says of the last.
func verdicts(b []byte, first uint32, n int, refused func(i int, err syscall.Errno)) (done bool, err error) {
	for len(b) >= headerSize {
		m, rest, err := cutMessage(b)
		if err != nil {
			return false, err
		}
		b = rest
		i := m.seq - first // of another request: beyond n
		if m.kind != syscall.NLMSG_ERROR || i >= uint32(n) {
			continue
		}
		if len(m.data) < 4 {
			return false, errShort
		}
		if code := int32(binary.NativeEndian.Uint32(m.data)); code != 0 {
			refused(int(i), syscall.Errno(-code))
		}
		done = done || i == uint32(n-1)
	}
	return done, nil
}

// answered is one message of the kernel.
type answered struct {
	kind uint16
	seq  uint32
	data []byte
}

// cutMessage takes the first message off what was received.
func cutMessage(b []byte) (m answered, rest []byte, err error) {
	size := int(binary.NativeEndian.Uint32(b))
	if size < headerSize || size > len(b) {
		return m, nil, errShort
	}
	m = answered{kind: binary.NativeEndian.Uint16(b[4:]), seq: binary.NativeEndian.Uint32(b[8:]), data: b[headerSize:size]}
	return m, b[min(align(size), len(b)):], nil
}

// send sends the request to the kernel, which has answered when it returns. A
// change may have the kernel load a module; a list costs it microseconds, and the
// runtime is not told of the call, as in inbox.take.
func (g *genl) send(list bool) error {
	if !list {
		return syscall.Sendto(g.fd, g.out, 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK})
	}
	_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(g.fd), uintptr(unsafe.Pointer(unsafe.SliceData(g.out))), uintptr(len(g.out)), 0, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

const headerSize = syscall.NLMSG_HDRLEN

// collect reads the messages that answer the last request; done is the end of
// the answer.
func (g *genl) collect(b []byte, flags uint16, visit func(attrs []byte) error) (done bool, failed error) {
	for len(b) >= headerSize {
		m, rest, err := cutMessage(b)
		if err != nil {
			return true, err
		}
		b = rest
		if m.seq != g.seq {
			continue
		}
		data := m.data
		switch m.kind {
		case syscall.NLMSG_DONE:
			return true, failed
		case syscall.NLMSG_ERROR:
			if len(data) < 4 {
				return true, errShort
			}
			if code := int32(binary.NativeEndian.Uint32(data)); code != 0 {
				return true, syscall.Errno(-code)
			}
			return true, failed
		}
		if len(data) < 4 {
			return true, errShort
		}
		if err := visit(data[4:]); failed == nil {
			failed = err
		}
		if flags&(syscall.NLM_F_DUMP|syscall.NLM_F_ACK) == 0 {
			return true, failed
		}
	}
	return false, failed
}
