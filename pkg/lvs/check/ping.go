package check

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand"
	"net"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// ping is checktype=ping, and connect of a udp service.
type ping struct{ target Target }

// pingSize is how many bytes an echo request carries, 0x00 to 0x3f.
const pingSize = 64

func (p ping) Run(ctx context.Context) Result {
	conn, proto, err := listenICMP(p.target)
	if err != nil {
		return down("", fmt.Errorf("ping %s: %w", p.target.Addr, cause(err)))
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	id := rand.Intn(1 << 16)
	for attempt := 1; ; attempt++ {
		err = p.attempt(conn, proto, id, attempt)
		if err == nil {
			return Result{Up: true}
		}
		if attempt >= p.target.Attempts || ctx.Err() != nil {
			return down("", fmt.Errorf("ping %s: %w", p.target.Addr, cause(err)))
		}
	}
}

func listenICMP(t Target) (conn *icmp.PacketConn, proto int, err error) {
	if t.Addr.Is6() {
		conn, err = icmp.ListenPacket("ip6:ipv6-icmp", "::")
		return conn, 58, err
	}
	conn, err = icmp.ListenPacket("ip4:icmp", "0.0.0.0")
	return conn, 1, err
}

// attempt sends one request and waits for its answer. Every raw socket gets all
// answers of the host, so identifier, sequence and sender are compared.
func (p ping) attempt(conn *icmp.PacketConn, proto, id, seq int) error {
	data := make([]byte, pingSize)
	for i := range data {
		data[i] = byte(i)
	}
	message := icmp.Message{Type: ipv4.ICMPTypeEcho, Body: &icmp.Echo{ID: id, Seq: seq, Data: data}}
	if p.target.Addr.Is6() {
		message.Type = ipv6.ICMPTypeEchoRequest
	}
	packet, err := message.Marshal(nil)
	if err != nil {
		return err
	}
	deadline := time.Now().Add(p.target.Timeout)
	if err := conn.SetDeadline(deadline); err != nil {
		return err
	}
	if _, err := conn.WriteTo(packet, &net.IPAddr{IP: p.target.Addr.AsSlice(), Zone: p.target.Addr.Zone()}); err != nil {
		return err
	}
	buffer := make([]byte, 1500)
	for {
		n, from, err := conn.ReadFrom(buffer)
		if err != nil {
			return err
		}
		addr, ok := from.(*net.IPAddr)
		if ok && addr.IP.Equal(p.target.Addr.AsSlice()) && isReply(buffer[:n], proto, id, seq) {
			return nil
		}
	}
}

// isReply looks at the header only, because a flood of other packets must be
// cheap.
func isReply(packet []byte, proto, id, seq int) bool {
	reply := byte(ipv4.ICMPTypeEchoReply)
	if proto == 58 {
		reply = byte(ipv6.ICMPTypeEchoReply)
	}
	return len(packet) >= 8 && packet[0] == reply &&
		int(binary.BigEndian.Uint16(packet[4:])) == id && int(binary.BigEndian.Uint16(packet[6:])) == seq
}
