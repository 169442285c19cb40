package netif_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lvsha/pkg/system/netif"
)

// listener hears the frames that reach an interface.
type listener int

func listen(t *testing.T, h *netif.Host, name string) listener {
	t.Helper()
	l, err := h.Link(name)
	must(t, err)
	const arp = unix.ETH_P_ARP>>8 | unix.ETH_P_ARP<<8&0xff00 // network order
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, arp)
	must(t, err)
	t.Cleanup(func() { _ = unix.Close(fd) })
	must(t, unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: arp, Ifindex: l.Index}))
	return listener(fd)
}

// frame gives the next frame, or nil if none comes within the time.
func (l listener) frame(t *testing.T, within time.Duration) []byte {
	t.Helper()
	tv := unix.NsecToTimeval(within.Nanoseconds())
	must(t, unix.SetsockoptTimeval(int(l), unix.SOL_SOCKET, unix.SO_RCVTIMEO, &tv))
	for {
		b := make([]byte, 128)
		n, err := unix.Read(int(l), b)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			return nil
		}
		must(t, err)
		return b[:n]
	}
}

func (l listener) expect(t *testing.T, h *netif.Host, ip string, pairs int) {
	t.Helper()
	eth0, err := h.Link("eth0")
	must(t, err)
	want := netif.Gratuitous(eth0.Hardware, addr(ip))
	for n := range pairs {
		for i := range want {
			if got := l.frame(t, 10*time.Second); !bytes.Equal(got, want[i]) {
				t.Fatalf("pair %d frame %d: got %x, want %x", n, i, got, want[i])
			}
		}
	}
}

func announcer(t *testing.T, h *netif.Host, s netif.Schedule) *netif.Announcer {
	t.Helper()
	a, err := netif.NewAnnouncer(h, s, func(err error) { t.Errorf("report: %v", err) })
	must(t, err)
	t.Cleanup(a.Close)
	return a
}

func TestAnnounceBurstThenRefresh(t *testing.T) {
	h := inNamespace(t)
	l := listen(t, h, "peer0")
	a := announcer(t, h, netif.Schedule{
		Burst: 3, Gap: 10 * time.Millisecond,
		Early: []time.Duration{50 * time.Millisecond},
		Every: 30 * time.Millisecond,
	})
	must(t, a.Announce("eth0", addr("10.88.0.3")))
	l.expect(t, h, "10.88.0.3", 7) // three, one early, three refreshes
	a.Withdraw("eth0", addr("10.88.0.3"))
	for l.frame(t, time.Millisecond) != nil {
		continue // what had left before the withdrawal
	}
	if f := l.frame(t, 100*time.Millisecond); f != nil {
		t.Errorf("after the withdrawal %x", f)
	}
}

func TestAnnounceAgainBeginsAnew(t *testing.T) {
	h := inNamespace(t)
	l := listen(t, h, "peer0")
	a := announcer(t, h, netif.Schedule{Burst: 2, Gap: 20 * time.Millisecond})
	must(t, a.Announce("eth0", addr("10.88.0.3")))
	l.expect(t, h, "10.88.0.3", 2)
	must(t, a.Announce("eth0", addr("10.88.0.3")))
	l.expect(t, h, "10.88.0.3", 2)
}

func TestAnnounceEndsWithTheAddress(t *testing.T) {
	h := inNamespace(t)
	l := listen(t, h, "peer0")
	a := announcer(t, h, netif.Schedule{Burst: 1, Every: 40 * time.Millisecond})
	vip := netif.Address{Interface: "eth0", Prefix: prefix("10.88.0.80/32")}
	must(t, h.Add(vip))
	must(t, a.Announce("eth0", addr("10.88.0.80")))
	l.expect(t, h, "10.88.0.80", 2)
	must(t, h.Delete(vip))
	for l.frame(t, time.Millisecond) != nil {
		continue
	}
	if f := l.frame(t, 150*time.Millisecond); f != nil {
		t.Errorf("after the address has gone %x", f)
	}
}

func TestAnnounceNowhere(t *testing.T) {
	h := inNamespace(t)
	a := announcer(t, h, netif.DefaultSchedule())
	if err := a.Announce("lo", addr("127.0.0.1")); !errors.Is(err, netif.ErrNotEthernet) {
		t.Errorf("loopback: %v", err)
	}
	if err := a.Announce("nosuch0", addr("10.88.0.80")); !errors.Is(err, netif.ErrAbsent) {
		t.Errorf("missing interface: %v", err)
	}
	must(t, setDown("eth0"))
	if err := a.Announce("eth0", addr("10.88.0.3")); !errors.Is(err, unix.ENETDOWN) {
		t.Errorf("interface down: %v", err)
	}
	a.Withdraw("eth0", addr("10.88.0.3"))
}
