package link

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"

	"golang.org/x/sys/unix"

	"lvsha/pkg/ha/config"
)

// ping is a pseudo member of the cluster: a host, or several of which one is
// enough, that sends back what it is sent. Interfaces that come and go do not
// concern it, the kernel finds the way anew for each echo.
type ping struct {
	protocol
	id      uint16
	targets []netip.Addr
	conn    *net.IPConn
	deliver func(frame []byte)
	done    chan struct{}

	mu sync.Mutex // the sender notes, the reader looks
	window
}

// openPing opens ha.cf(5) ping.
func openPing(ctx context.Context, m config.Medium, deliver func([]byte)) (medium, []string, error) {
	return startPing(ctx, icmp4, []string{m.Addr}, deliver, "glib: ping heartbeat started.")
}

// openPing6 opens ha.cf(5) ping6.
func openPing6(ctx context.Context, m config.Medium, deliver func([]byte)) (medium, []string, error) {
	return startPing(ctx, icmp6, []string{m.Addr}, deliver, "glib: ping heartbeat started.")
}

// openPingGroup opens ha.cf(5) ping_group.
func openPingGroup(ctx context.Context, m config.Medium, deliver func([]byte)) (medium, []string, error) {
	return startPing(ctx, icmp4, m.Hosts, deliver, "glib: ping group heartbeat started.")
}

func startPing(ctx context.Context, proto protocol, hosts []string, deliver func([]byte), line string) (medium, []string, error) {
	p := &ping{
		protocol: proto,
		// The originals' rule; a reply is recognised by more than this.
		id:      uint16(os.Getpid() & math.MaxUint16),
		deliver: deliver, done: make(chan struct{}),
		window: window{seed: maphash.MakeSeed()},
	}
	for _, host := range hosts {
		to, err := resolve(ctx, proto.network, host)
		if err != nil {
			return nil, nil, fmt.Errorf("host %s: %w", host, err)
		}
		p.targets = append(p.targets, to)
	}
	if len(p.targets) == 0 {
		return nil, nil, errors.New("no host to ping")
	}
	conn, err := open(proto.family, unix.SOCK_RAW, proto.number, nil, proto.repliesOnly)
	if err != nil {
		return nil, nil, err
	}
	p.conn = conn.(*net.IPConn)
	go p.read()
	return p, []string{line}, nil
}

// repliesOnly has the kernel keep everything but echo replies away.
func (p protocol) repliesOnly(fd int) error {
	if p.family == unix.AF_INET {
		const filterICMP = 1 // ICMP_FILTER, a mask of the types not wanted
		return os.NewSyscallError("filter", unix.SetsockoptInt(fd, unix.SOL_RAW, filterICMP, ^(1<<p.reply)))
	}
	const filterICMP6 = 1
	var f unix.ICMPv6Filter
	for i := range f.Data {
		f.Data[i] = math.MaxUint32
	}
	f.Data[p.reply/32] &^= 1 << (p.reply % 32)
	return os.NewSyscallError("filter", unix.SetsockoptICMPv6Filter(fd, unix.SOL_ICMPV6, filterICMP6, &f))
}

// send sends one echo request to each host. If one cannot be asked the others
// are nevertheless.
func (p *ping) send(frame []byte) error {
	p.mu.Lock()
	seq := p.sent(frame)
	p.mu.Unlock()
	packet := p.appendRequest(make([]byte, 0, echoHeader+len(frame)), p.id, seq, frame)
	var failed error
	for _, to := range p.targets {
		err := sendTo(p.conn, packet, sockaddr(netip.AddrPortFrom(to.WithZone(""), 0), interfaceOf(to)))
		if err != nil && failed == nil {
			failed = err
		}
	}
	return failed
}

// interfaceOf is the interface that the zone of an address names.
func interfaceOf(a netip.Addr) int {
	if a.Zone() == "" {
		return 0
	}
	iface, err := net.InterfaceByName(a.Zone())
	if err != nil {
		return 0
	}
	return iface.Index
}

func (p *ping) read() {
	defer close(p.done)
	buf := make([]byte, maxDatagram+1)
	for {
		n, from, err := p.conn.ReadFromIP(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // of an earlier request; the socket lives on
		}
		if frame := p.accept(buf[:n], from); frame != nil {
			p.deliver(frame)
		}
	}
}

// accept returns what a reply brings back, nil if it is none of ours.
func (p *ping) accept(packet []byte, from *net.IPAddr) []byte {
	e, ok := p.parseReply(packet)
	if !ok || e.id != p.id {
		return nil
	}
	addr, _ := netip.AddrFromSlice(from.IP)
	if !slices.ContainsFunc(p.targets, func(t netip.Addr) bool { return t.WithZone("") == addr.Unmap() }) {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.answered(e) {
		return nil
	}
	return e.data
}

func (*ping) refresh() (string, error) { return "", nil }

func (*ping) on(string, int) bool { return false }

func (p *ping) close() {
	_ = p.conn.Close()
	<-p.done
}
