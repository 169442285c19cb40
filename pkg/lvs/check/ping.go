package check

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// ping is checktype=ping, and connect of a udp service.
type ping struct{ target Target }

// pingID is the identifier of the latest ping; no two at once have the same. It
// begins anywhere, because the answers of other programs' pings come here, too.
var pingID = func() *atomic.Uint32 {
	var id atomic.Uint32
	id.Store(rand.Uint32())
	return &id
}()

// pingSize is how many bytes an echo request carries, 0x00 to 0x3f.
const pingSize = 64

func (p ping) Run(ctx context.Context) Result {
	socket := pingSockets[0]
	if p.target.Addr.Is6() {
		socket = pingSockets[1]
	}
	if err := socket.enter(); err != nil {
		return down("", fmt.Errorf("ping %s: %w", p.target.Addr, cause(err)))
	}
	defer socket.leave()
	id := uint16(pingID.Add(1))
	for attempt := 1; ; attempt++ {
		err := p.attempt(ctx, socket, echo{p.target.Addr, id, uint16(attempt)})
		if err == nil {
			return Result{Up: true}
		}
		if attempt >= p.target.Attempts || ctx.Err() != nil {
			return down("", fmt.Errorf("ping %s: %w", p.target.Addr, cause(err)))
		}
	}
}

// attempt sends one request and waits for its answer.
func (p ping) attempt(ctx context.Context, socket *pingSocket, e echo) error {
	data := make([]byte, pingSize)
	for i := range data {
		data[i] = byte(i)
	}
	message := icmp.Message{Type: ipv4.ICMPTypeEcho, Body: &icmp.Echo{ID: int(e.id), Seq: int(e.seq), Data: data}}
	if e.addr.Is6() {
		message.Type = ipv6.ICMPTypeEchoRequest
	}
	packet, err := message.Marshal(nil)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, p.target.Timeout)
	defer cancel()
	defer socket.forget(e)
	answered, err := socket.send(e, packet)
	if err != nil {
		return err
	}
	select {
	case <-answered:
		return nil
	case <-ctx.Done():
		return errTimeout
	}
}
