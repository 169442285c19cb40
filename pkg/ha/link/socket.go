package link

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// receiveBuffer keeps what arrives while this process does not run. It is the
// size that the originals ask for on IPv6.
const receiveBuffer = 1 << 20

// option sets something on a socket that is not yet bound.
type option func(fd int) error

func set(level, name, value int) option {
	return func(fd int) error {
		return os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, level, name, value))
	}
}

func on(name int) option { return set(unix.SOL_SOCKET, name, 1) }

// ifKnown leaves an option out that the kernel does not know: Linux before 3.9
// has no SO_REUSEPORT, and REUSEADDR does as well there.
func ifKnown(o option) option {
	return func(fd int) error {
		if err := o(fd); !errors.Is(err, unix.ENOPROTOOPT) {
			return err
		}
		return nil
	}
}

func bindTo(device string) option {
	return func(fd int) error {
		return os.NewSyscallError("bind to device "+device, unix.BindToDevice(fd, device))
	}
}

// socket makes a socket that does not block and that programs started later do
// not inherit. Go's own listeners neither bind to a multicast group nor leave
// REUSEADDR alone.
func socket(family, kind, protocol int, bind unix.Sockaddr, options ...option) (fd int, err error) {
	fd, err = unix.Socket(family, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	defer func() {
		if err != nil {
			_ = unix.Close(fd)
		}
	}()
	for _, o := range options {
		if err := o(fd); err != nil {
			return -1, err
		}
	}
	if bind != nil {
		if err := unix.Bind(fd, bind); err != nil {
			return -1, os.NewSyscallError("bind", err)
		}
	}
	return fd, nil
}

// open makes a socket that the runtime polls.
func open(family, kind, protocol int, bind unix.Sockaddr, options ...option) (net.PacketConn, error) {
	fd, err := socket(family, kind, protocol, bind, options...)
	if err != nil {
		return nil, err
	}
	// A smaller buffer only loses earlier.
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer)
	file := os.NewFile(uintptr(fd), "link")
	defer file.Close()
	return net.FilePacketConn(file)
}

// openUDP opens a UDP socket to receive, for IPv4 or IPv6 by the kind of the
// address.
func openUDP(bind netip.AddrPort, zone int, options ...option) (*net.UDPConn, error) {
	family := unix.AF_INET
	if bind.Addr().Is6() {
		family = unix.AF_INET6
		// The port of IPv4 is another medium's.
		options = append(options, set(unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1))
	}
	conn, err := open(family, unix.SOCK_DGRAM, 0, sockaddr(bind, zone), options...)
	if err != nil {
		return nil, err
	}
	return conn.(*net.UDPConn), nil
}

// sockaddr is an address for the kernel; zone is the interface of a link-local
// one.
func sockaddr(a netip.AddrPort, zone int) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16(), ZoneId: uint32(zone)}
}

// sendTo sends a datagram or says why not. Unlike the methods of net it does not
// wait for room: the socket does not block.
func sendTo(conn syscall.Conn, frame []byte, to unix.Sockaddr) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Write(func(fd uintptr) bool {
		failed = unix.Sendto(int(fd), frame, 0, to)
		return true
	})
	if err == nil {
		err = failed
	}
	return err
}

// resolve finds the address of a host, of the network ip4 or ip6.
func resolve(ctx context.Context, network, host string) (netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		if a.Unmap().Is4() != (network == "ip4") {
			return netip.Addr{}, fmt.Errorf("%s is no address of %s", host, network)
		}
		return a.Unmap(), nil
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, network, host)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("cannot resolve hostname: %w", err)
	}
	if len(addrs) == 0 {
		return netip.Addr{}, errors.New("cannot resolve hostname")
	}
	return addrs[0].Unmap(), nil
}
