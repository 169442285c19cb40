package link

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lvsha/pkg/ha/config"
)

func itoa(n int) string { return strconv.Itoa(n) }

// media are the lines of both ends for every medium over UDP.
var media = []struct {
	name  string
	a, b  config.Medium
	lines string // the last of the lines at the start, on a
}{
	{"ucast",
		config.Medium{Kind: "ucast", Device: "eth0", Addr: "10.88.0.3", Port: 6940},
		config.Medium{Kind: "ucast", Device: "eth0", Addr: "10.88.0.2", Port: 6940},
		"glib: ucast: started on port 6940 interface eth0 to 10.88.0.3"},
	{"bcast",
		config.Medium{Kind: "bcast", Device: "eth0", Port: 6940},
		config.Medium{Kind: "bcast", Device: "eth0", Port: 6940},
		"glib: UDP Broadcast heartbeat started on port 6940 (6940) interface eth0"},
	{"mcast",
		config.Medium{Kind: "mcast", Device: "eth0", Addr: "239.1.2.3", Port: 6941, TTL: 1},
		config.Medium{Kind: "mcast", Device: "eth0", Addr: "239.1.2.3", Port: 6941, TTL: 1},
		"glib: UDP multicast heartbeat started for group 239.1.2.3 port 6941 interface eth0 (ttl=1 loop=0)"},
	{"mcast6",
		config.Medium{Kind: "mcast6", Device: "eth0", Addr: "ff02::1:2:3:4", Port: 6941, TTL: 1},
		config.Medium{Kind: "mcast6", Device: "eth0", Addr: "ff02::1:2:3:4", Port: 6941, TTL: 1},
		"glib: UDP multicast heartbeat started for [ff02::1:2:3:4]:6941 on interface eth0 (hops=1 loop=0)"},
	{"mcast6 site",
		config.Medium{Kind: "mcast6", Device: "eth0", Addr: "ff15::beef", Port: 6941, TTL: 2},
		config.Medium{Kind: "mcast6", Device: "eth0", Addr: "ff15::beef", Port: 6941, TTL: 2},
		"glib: UDP multicast heartbeat started for [ff15::beef]:6941 on interface eth0 (hops=2 loop=0)"},
	{"ucast6",
		config.Medium{Kind: "ucast6", Device: "eth0", Addr: "fd88::3", Port: 6940},
		config.Medium{Kind: "ucast6", Device: "eth0", Addr: "fd88::2", Port: 6940},
		"glib: ucast6: heartbeat started for [fd88::3]:6940 on interface eth0"},
}

func TestBothWays(t *testing.T) {
	for _, m := range media {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			a, b := cabled(t)
			atA, earA := a.open(m.a)
			atB, earB := b.open(m.b)
			earB.carry(t, atA, "warm")
			must(t, atA.Send([]byte("from a")))
			earB.wait(t, "eth0 from a")
			earA.carry(t, atB, "warm")
			must(t, atB.Send([]byte("from b")))
			earA.wait(t, "eth0 from b")
			if lines := atA.Lines(); lines[len(lines)-1] != m.lines {
				t.Errorf("got %q", lines)
			}
			big := strings.Repeat("x", 60000)
			must(t, atA.Send([]byte(big)))
			earB.wait(t, "eth0 "+big)
		})
	}
}

// A link that is cut, comes back, and is made anew carries again: the sockets
// of an interface that was removed are deaf for ever.
func TestInterfaceGoesAndComesBack(t *testing.T) {
	for _, m := range media {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			a, b := cabled(t)
			atA, _ := a.open(m.a)
			atB, earB := b.open(m.b)
			earB.carry(t, atA, "before")

			refresh := func(p *place, l *Link) string {
				var line string
				var err error
				p.do(func() { line, err = l.Changed("eth0", 0) })
				must(t, err)
				return line
			}
			if line := refresh(b, atB); line != "" {
				t.Errorf("nothing has changed: %q", line)
			}
			a.ip("link del eth0")
			for place, l := range map[*place]*Link{a: atA, b: atB} {
				if line, want := refresh(place, l), m.a.Kind+" eth0: the interface is gone"; line != want {
					t.Errorf("got %q, want %q", line, want)
				}
				if err := l.Send([]byte("lost")); !errors.Is(err, ErrGone) {
					t.Errorf("sent without an interface: %v", err)
				}
			}
			connect(a, b, "eth0", "10.88.0.2/24", "10.88.0.3/24", "fd88::2/64", "fd88::3/64")
			for place, l := range map[*place]*Link{a: atA, b: atB} {
				if line, want := refresh(place, l), m.a.Kind+" eth0: the interface is back"; line != want {
					t.Errorf("got %q, want %q", line, want)
				}
			}
			earB.carry(t, atA, "after")

			// Removed and made again before anybody looked.
			a.ip("link del eth0")
			connect(a, b, "eth0", "10.88.0.2/24", "10.88.0.3/24", "fd88::2/64", "fd88::3/64")
			refresh(a, atA)
			refresh(b, atB)
			earB.carry(t, atA, "again")
		})
	}
}

func TestBroadcastAddressFollows(t *testing.T) {
	a, b := cabled(t)
	atA, _ := a.open(config.Medium{Kind: "bcast", Device: "eth0", Port: 6940})
	_, earB := b.open(config.Medium{Kind: "bcast", Device: "eth0", Port: 6940})
	a.ip("addr flush dev eth0", "addr add 10.99.0.2/16 brd + dev eth0")
	b.ip("addr add 10.99.0.3/16 brd + dev eth0")
	a.do(func() {
		line, err := atA.Changed("", atA.medium.(*udp).index)
		if err != nil || line != "bcast eth0: sent to 10.99.255.255 from now on" {
			t.Errorf("got %q, %v", line, err)
		}
	})
	earB.carry(t, atA, "moved")
}

// Two links of one kind do not hear what the other one carries.
func TestTwoInterfacesOneGroup(t *testing.T) {
	for _, m := range media {
		if strings.HasPrefix(m.name, "ucast") {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			a, b := cabled(t)
			connect(a, b, "eth1", "10.89.0.2/24", "10.89.0.3/24", "fd89::2/64", "fd89::3/64")
			second := m.a
			second.Device = "eth1"
			at0, _ := a.open(m.a)
			at1, _ := a.open(second)
			_, ear0 := b.open(m.b)
			_, ear1 := b.open(second)
			ear0.carry(t, at0, "on the first")
			ear1.carry(t, at1, "on the second")
			ear0.carry(t, at0, "end")
			for quiet := time.After(100 * time.Millisecond); quiet != nil; { // what should not come
				select {
				case got := <-ear1:
					if got != "eth1 on the second" {
						t.Errorf("eth1 hears %q", got)
					}
				case got := <-ear0:
					if got != "eth0 on the first" && got != "eth0 end" {
						t.Errorf("eth0 hears %q", got)
					}
				case <-quiet:
					quiet = nil
				}
			}
		})
	}
}

// With loop a node hears itself on the link.
func TestLoop(t *testing.T) {
	for _, m := range media {
		if !strings.HasPrefix(m.name, "mcast") {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			a, _ := cabled(t)
			m.a.Loop = true
			l, e := a.open(m.a)
			e.carry(t, l, "echo")
		})
	}
}

// A flood that nobody takes off the cable never makes a sender wait.
func TestSendNeverWaits(t *testing.T) {
	a, _ := cabled(t)
	l, _ := a.open(config.Medium{Kind: "ucast", Device: "eth0", Addr: "10.88.0.77", Port: 6940})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 5000 {
			_ = l.Send(make([]byte, 1400))
		}
	}()
	select {
	case <-done:
	case <-time.After(limit):
		t.Fatal("a sender waits")
	}
}

// A kernel that does not know an option refuses it with ENOPROTOOPT; anything
// else is an error.
func TestUnknownOption(t *testing.T) {
	any4 := netip.MustParseAddrPort("127.0.0.1:0")
	const never = 9999
	if _, err := openUDP(any4, 0, set(unix.SOL_SOCKET, never, 1)); !errors.Is(err, unix.ENOPROTOOPT) {
		t.Errorf("got %v", err)
	}
	conn, err := openUDP(any4, 0, ifKnown(set(unix.SOL_SOCKET, never, 1)))
	must(t, err)
	must(t, conn.Close())
	if _, err := openUDP(any4, 0, ifKnown(bindTo("nosuch0"))); err == nil {
		t.Error("bound to an interface that is not there")
	}
}
