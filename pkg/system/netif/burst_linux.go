package netif

import (
	"context"
	"fmt"
	"net/netip"
	"time"
)

// Burst announces an address n times, gap apart, the first time at once, and
// ends early when the address has gone. It opens its sockets in the namespace of
// the calling thread.
func Burst(ctx context.Context, name string, ip netip.Addr, n int, gap time.Duration) error {
	return burst(ctx, target{name, ip}, n, gap, true)
}

// BurstForeign is Burst for an address that is not on the interface: nothing ends
// it early.
func BurstForeign(ctx context.Context, name string, ip netip.Addr, n int, gap time.Duration) error {
	return burst(ctx, target{name, ip}, n, gap, false)
}

func burst(ctx context.Context, t target, n int, gap time.Duration, own bool) error {
	h, err := Open()
	if err != nil {
		return err
	}
	defer h.Close()
	sock, err := openPacket()
	if err != nil {
		return fmt.Errorf("announce %s on %s: %w", t.ip, t.name, err)
	}
	defer sock.close()
	a := &Announcer{host: h, socket: sock}
	if err := a.send(t); err != nil {
		return err
	}
	if n < 2 {
		return nil
	}
	tick := time.NewTicker(max(gap, time.Millisecond))
	defer tick.Stop()
	for range n - 1 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		if own {
			if held, err := h.Holds(t.name, t.ip); err != nil || !held {
				return err
			}
		}
		if err := a.send(t); err != nil {
			return err
		}
	}
	return nil
}
