// Package link carries datagrams between nodes over the media of ha.cf: it
// opens sockets the way the originals do, reads them in goroutines of their own
// and leaves their meaning to others.
package link

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"

	"lvsha/pkg/ha/config"
)

// maxDatagram is the largest payload of UDP over IPv4.
const maxDatagram = 65507

// receiveBuffer keeps what arrives while this process does not run.
const receiveBuffer = 1 << 20

// ErrMedium says that a medium is known to ha.cf and not carried yet.
var ErrMedium = errors.New("medium has no effect yet")

// Link is one medium to the other nodes.
type Link struct {
	name  string // as logs and status show it
	kind  string // ha.cf directive
	to    netip.AddrPort
	out   *net.UDPConn
	in    *net.UDPConn
	lines []string
	done  chan struct{}
}

// Receive takes a datagram. The bytes are only valid during the call. It is
// called from the link's own goroutine.
type Receive func(link string, datagram []byte)

// Open opens a medium and begins to receive. Several media on one device may
// be open at once; the kernel gives each datagram to one of them.
func Open(ctx context.Context, m config.Medium, receive Receive) (*Link, error) {
	var l *Link
	var err error
	switch m.Kind {
	case "ucast":
		l, err = openUcast(ctx, m)
	case "bcast":
		l, err = openBcast(ctx, m)
	default:
		return nil, fmt.Errorf("%s %s: %w", m.Kind, m.Device, ErrMedium)
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", m.Kind, m.Device, err)
	}
	l.done = make(chan struct{})
	go l.read(receive)
	return l, nil
}

// Name is the interface, as the lines "Link node:name up." have it.
func (l *Link) Name() string { return l.name }

// Kind is the directive of ha.cf.
func (l *Link) Kind() string { return l.kind }

// Lines are what the originals log when they open such a medium.
func (l *Link) Lines() []string { return l.lines }

// Send sends one datagram.
func (l *Link) Send(datagram []byte) error {
	_, err := l.out.WriteToUDPAddrPort(datagram, l.to)
	return err
}

// Close closes the link and waits for its goroutine.
func (l *Link) Close() {
	_ = l.out.Close()
	_ = l.in.Close()
	<-l.done
}

func (l *Link) read(receive Receive) {
	defer close(l.done)
	buf := make([]byte, maxDatagram+1)
	for {
		n, _, err := l.in.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil || n == 0 {
			// An error that an earlier datagram caused; the socket lives on.
			continue
		}
		receive(l.name, buf[:n])
	}
}

func openUcast(ctx context.Context, m config.Medium) (*Link, error) {
	to, err := resolve(ctx, m.Addr)
	if err != nil {
		return nil, err
	}
	out, err := listen(ctx, ":0", m.Device, unix.SO_REUSEPORT)
	if err != nil {
		return nil, fmt.Errorf("send socket: %w", err)
	}
	if err := setTOS(out); err != nil {
		_ = out.Close()
		return nil, err
	}
	in, err := listen(ctx, fmt.Sprintf(":%d", m.Port), m.Device, unix.SO_REUSEADDR, unix.SO_REUSEPORT)
	if err != nil {
		_ = out.Close()
		return nil, fmt.Errorf("receive socket: %w", err)
	}
	return &Link{name: m.Name(), kind: m.Kind, to: netip.AddrPortFrom(to, uint16(m.Port)), out: out, in: in, lines: []string{
		"glib: ucast: write socket priority set to IPTOS_LOWDELAY on " + m.Device,
		"glib: ucast: bound send socket to device: " + m.Device,
		"glib: ucast: set SO_REUSEPORT(w)",
		"glib: ucast: set SO_REUSEADDR",
		"glib: ucast: bound receive socket to device: " + m.Device,
		"glib: ucast: set SO_REUSEPORT",
		fmt.Sprintf("glib: ucast: started on port %d interface %s to %s", m.Port, m.Device, m.Addr),
	}}, nil
}

func openBcast(ctx context.Context, m config.Medium) (*Link, error) {
	to, err := broadcastAddress(m.Device)
	if err != nil {
		return nil, err
	}
	out, err := listen(ctx, ":0", m.Device, unix.SO_BROADCAST, unix.SO_DONTROUTE)
	if err != nil {
		return nil, fmt.Errorf("send socket: %w", err)
	}
	in, err := listen(ctx, fmt.Sprintf(":%d", m.Port), m.Device, unix.SO_REUSEADDR)
	if err != nil {
		_ = out.Close()
		return nil, fmt.Errorf("receive socket: %w", err)
	}
	return &Link{name: m.Name(), kind: m.Kind, to: netip.AddrPortFrom(to, uint16(m.Port)), out: out, in: in, lines: []string{
		fmt.Sprintf("glib: UDP Broadcast heartbeat started on port %d (%d) interface %s", m.Port, m.Port, m.Device),
	}}, nil
}

// broadcastAddress is the one configured on the interface. Where there is none
// the limited broadcast reaches the same hosts; the original would only hear
// itself.
func broadcastAddress(device string) (netip.Addr, error) {
	limited := netip.AddrFrom4([4]byte{255, 255, 255, 255})
	iface, err := net.InterfaceByName(device)
	if err != nil {
		return limited, err
	}
	addrs, err := iface.Addrs()
	if err != nil {
		return limited, err
	}
	for _, a := range addrs {
		n, ok := a.(*net.IPNet)
		if !ok || n.IP.To4() == nil {
			continue
		}
		ones, bits := n.Mask.Size()
		if bits != 32 || ones > 30 {
			continue
		}
		ip := [4]byte(n.IP.To4())
		for i := range ip {
			ip[i] |= ^n.Mask[i]
		}
		return netip.AddrFrom4(ip), nil
	}
	return limited, nil
}

func resolve(ctx context.Context, host string) (netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return a, nil
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", host)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("cannot resolve hostname: %w", err)
	}
	return addrs[0].Unmap(), nil
}

// listen opens a UDP socket bound to a device, with the given socket options
// switched on.
func listen(ctx context.Context, address, device string, options ...int) (*net.UDPConn, error) {
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		var failed error
		err := raw.Control(func(fd uintptr) {
			failed = unix.SetsockoptString(int(fd), unix.SOL_SOCKET, unix.SO_BINDTODEVICE, device)
			for _, option := range options {
				if failed == nil {
					failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, option, 1)
				}
			}
		})
		return errors.Join(err, failed)
	}}
	conn, err := config.ListenPacket(ctx, "udp4", address)
	if err != nil {
		return nil, err
	}
	udp := conn.(*net.UDPConn)
	_ = udp.SetReadBuffer(receiveBuffer) // a smaller one only loses earlier
	return udp, nil
}

func setTOS(conn *net.UDPConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	const lowDelay = 0x10 // IPTOS_LOWDELAY
	var failed error
	err = raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_TOS, lowDelay)
	})
	return errors.Join(err, failed)
}
