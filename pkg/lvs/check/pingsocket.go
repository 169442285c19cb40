package check

import (
	"encoding/binary"
	"net"
	"net/netip"
	"sync"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// echo tells the answers of concurrent pings apart.
type echo struct {
	addr    netip.Addr
	id, seq uint16
}

// pingSocket is the one raw socket of a family: each gets every ICMP packet of
// the host, so that one for each check would read all answers of all the others.
// It is open while pings are under way.
type pingSocket struct {
	network, address string
	reply            byte // the type of an answer
	listen           func(network, address string) (net.PacketConn, error)

	mu      sync.Mutex
	conn    net.PacketConn
	users   int
	ended   chan struct{} // closed by the reader of conn
	waiting map[echo]chan struct{}
}

func listenICMP(network, address string) (net.PacketConn, error) {
	return icmp.ListenPacket(network, address)
}

// pingSockets are those of IPv4 and IPv6.
var pingSockets = [2]*pingSocket{
	{network: "ip4:icmp", address: "0.0.0.0", reply: byte(ipv4.ICMPTypeEchoReply), listen: listenICMP},
	{network: "ip6:ipv6-icmp", address: "::", reply: byte(ipv6.ICMPTypeEchoReply), listen: listenICMP},
}

// enter opens the socket for the first of its users. Each calls leave in the end.
func (s *pingSocket) enter() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users == 0 {
		conn, err := s.listen(s.network, s.address)
		if err != nil {
			return err
		}
		s.conn, s.ended, s.waiting = conn, make(chan struct{}), make(map[echo]chan struct{})
		go s.read(conn, s.ended)
	}
	s.users++
	return nil
}

// leave closes the socket with its last user and waits for its reader.
func (s *pingSocket) leave() {
	s.mu.Lock()
	s.users--
	last, conn, ended := s.users == 0, s.conn, s.ended
	if last {
		_ = conn.Close()
	}
	s.mu.Unlock()
	if last {
		<-ended
	}
}

// send writes a request. The channel is closed when its answer comes; forget
// must be called when nobody waits for it any more.
func (s *pingSocket) send(e echo, packet []byte) (<-chan struct{}, error) {
	answered := make(chan struct{})
	s.mu.Lock()
	s.waiting[e] = answered
	conn := s.conn
	s.mu.Unlock()
	_, err := conn.WriteTo(packet, &net.IPAddr{IP: e.addr.AsSlice(), Zone: e.addr.Zone()})
	return answered, err
}

func (s *pingSocket) forget(e echo) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.waiting, e)
}

// read hands the answers out until the socket is closed. It looks at the head
// only, because a flood of other packets must be cheap.
func (s *pingSocket) read(conn net.PacketConn, ended chan<- struct{}) {
	defer close(ended)
	buffer := make([]byte, 1500)
	for {
		n, from, err := conn.ReadFrom(buffer)
		if err != nil {
			// A raw socket has no error of its own that would not come again; those
			// who wait run out of time.
			return
		}
		ip, ok := from.(*net.IPAddr)
		if !ok || n < 8 || buffer[0] != s.reply {
			continue
		}
		addr, ok := netip.AddrFromSlice(ip.IP)
		if !ok {
			continue
		}
		s.answered(echo{
			addr.Unmap().WithZone(ip.Zone), binary.BigEndian.Uint16(buffer[4:]), binary.BigEndian.Uint16(buffer[6:]),
		})
	}
}

func (s *pingSocket) answered(e echo) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if waiting, ok := s.waiting[e]; ok {
		close(waiting)
		delete(s.waiting, e)
	}
}
