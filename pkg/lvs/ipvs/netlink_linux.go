package ipvs

import (
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"
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

// parseAttrs returns the values by kind.
func parseAttrs(b []byte) (map[uint16][]byte, error) {
	values := make(map[uint16][]byte)
	for len(b) > 0 {
		if len(b) < 4 {
			return nil, errShort
		}
		n := int(binary.NativeEndian.Uint16(b))
		if n < 4 || n > len(b) {
			return nil, errShort
		}
		values[binary.NativeEndian.Uint16(b[2:])&^nestedFlag] = b[4:n]
		b = b[min(align(n), len(b)):]
	}
	return values, nil
}

// genl is a socket of the kernel's generic netlink. It is used by one
// goroutine at a time.
type genl struct {
	fd  int
	seq uint32
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
	return &genl{fd: fd}, nil
}

func (g *genl) close() error { return syscall.Close(g.fd) }

// request sends a command of a family and returns the attributes of each
// answer.
func (g *genl) request(family uint16, command, version uint8, flags uint16, attrs []attr) ([]map[uint16][]byte, error) {
	g.seq++
	b := make([]byte, 16, 256)
	b = append(b, command, version, 0, 0)
	b = appendAttrs(b, attrs)
	binary.NativeEndian.PutUint32(b, uint32(len(b)))
	binary.NativeEndian.PutUint16(b[4:], family)
	binary.NativeEndian.PutUint16(b[6:], flags|syscall.NLM_F_REQUEST)
	binary.NativeEndian.PutUint32(b[8:], g.seq)
	if err := syscall.Sendto(g.fd, b, 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		return nil, fmt.Errorf("netlink send: %w", err)
	}
	var answers []map[uint16][]byte
	buffer := make([]byte, 64<<10)
	for {
		n, _, err := syscall.Recvfrom(g.fd, buffer, 0)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("netlink receive: %w", err)
		}
		messages, err := syscall.ParseNetlinkMessage(buffer[:n])
		if err != nil {
			return nil, fmt.Errorf("netlink receive: %w", err)
		}
		done, more, err := g.collect(messages, flags)
		if err != nil {
			return nil, err
		}
		answers = append(answers, more...)
		if done {
			return answers, nil
		}
	}
}

// collect reads the messages that answer the last request; done is the end of
// the answer.
func (g *genl) collect(messages []syscall.NetlinkMessage, flags uint16) (done bool, answers []map[uint16][]byte, err error) {
	for _, m := range messages {
		if m.Header.Seq != g.seq {
			continue
		}
		switch m.Header.Type {
		case syscall.NLMSG_DONE:
			return true, answers, nil
		case syscall.NLMSG_ERROR:
			if len(m.Data) < 4 {
				return true, nil, errShort
			}
			if code := int32(binary.NativeEndian.Uint32(m.Data)); code != 0 {
				return true, nil, syscall.Errno(-code)
			}
			return true, answers, nil
		}
		if len(m.Data) < 4 {
			return true, nil, errShort
		}
		values, err := parseAttrs(m.Data[4:])
		if err != nil {
			return true, nil, err
		}
		// The attributes point into the buffer, which the next message reuses.
		for kind, v := range values {
			values[kind] = append([]byte(nil), v...)
		}
		answers = append(answers, values)
		if flags&(syscall.NLM_F_DUMP|syscall.NLM_F_ACK) == 0 {
			return true, answers, nil
		}
	}
	return false, answers, nil
}
