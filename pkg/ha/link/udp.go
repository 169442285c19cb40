package link

import (
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// sockets are what a medium over UDP has open while its interface is there.
type sockets struct {
	out  sender
	in   *net.UDPConn
	to   unix.Sockaddr
	done chan struct{} // the reader has ended
}

// udp is a medium over UDP: a socket to send, another to receive, both for one
// interface.
type udp struct {
	device  string
	dial    func(*net.Interface) (*sockets, error)
	target  func(*net.Interface) (unix.Sockaddr, error) // nil if it never changes
	deliver func(frame []byte)

	open  *sockets // nil while the interface is away
	index int      // of the interface that they were opened for
}

// start opens the sockets for the first time.
func (u *udp) start() error {
	iface, err := net.InterfaceByName(u.device)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrGone, err)
	}
	return u.connect(iface)
}

func (u *udp) connect(iface *net.Interface) error {
	s, err := u.dial(iface)
	if err != nil {
		return err
	}
	s.done = make(chan struct{})
	u.open, u.index = s, iface.Index
	go s.read(u.deliver)
	return nil
}

func (u *udp) send(frame []byte) error {
	if u.open == nil {
		return ErrGone
	}
	return u.open.out.send(frame, u.open.to)
}

func (u *udp) on(name string, index int) bool {
	if u.open == nil {
		return name == u.device || name == ""
	}
	return name == u.device || index == u.index
}

// refresh: a socket that is bound to an interface, or has joined a group on it,
// is deaf for ever when the interface was removed, also if another one of that
// name comes.
func (u *udp) refresh() (string, error) {
	iface, err := net.InterfaceByName(u.device)
	switch {
	case err != nil && u.open == nil:
		return "", nil
	case err != nil:
		u.close()
		return "the interface is gone", nil
	case u.open == nil:
		if err := u.connect(iface); err != nil {
			return "", err
		}
		return "the interface is back", nil
	case iface.Index != u.index:
		u.close()
		if err := u.connect(iface); err != nil {
			return "", err
		}
		return "the interface is another one now", nil
	}
	return u.retarget(iface)
}

// retarget asks for the address to send to again.
func (u *udp) retarget(iface *net.Interface) (string, error) {
	if u.target == nil {
		return "", nil
	}
	to, err := u.target(iface)
	if err != nil {
		return "", err
	}
	was, is := text(u.open.to), text(to)
	u.open.to = to
	if was == is {
		return "", nil
	}
	return "sent to " + is + " from now on", nil
}

func text(a unix.Sockaddr) string {
	if v4, ok := a.(*unix.SockaddrInet4); ok {
		return net.IP(v4.Addr[:]).String()
	}
	return ""
}

func (u *udp) close() {
	if u.open != nil {
		u.open.close()
		u.open = nil
	}
}

func (s *sockets) close() {
	s.out.close()
	_ = s.in.Close()
	<-s.done
}

func (s *sockets) read(deliver func(frame []byte)) {
	defer close(s.done)
	receive(s.in, deliver)
}

// pair joins the two sockets; it closes the first if there is no second.
func pair(out sender, to unix.Sockaddr, in func() (*net.UDPConn, error)) (*sockets, error) {
	receiver, err := in()
	if err != nil {
		out.close()
		return nil, fmt.Errorf("receive socket: %w", err)
	}
	return &sockets{out: out, in: receiver, to: to}, nil
}
