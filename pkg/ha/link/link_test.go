package link_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lvsha/pkg/ha/config"
	"lvsha/pkg/ha/link"
	"lvsha/pkg/ha/link/linktest"
)

// limit bounds a failure.
const limit = 10 * time.Second

const port = 6940

// arrived is one datagram as a link gave it.
type arrived struct{ link, text string }

// open opens a medium on a host; what comes in goes to the channel.
func open(t *testing.T, h *linktest.Host, m config.Medium) (*link.Link, chan arrived, error) {
	t.Helper()
	in := make(chan arrived, 100)
	var l *link.Link
	var err error
	h.Do(func() {
		l, err = link.Open(context.Background(), m, func(name string, datagram []byte) {
			in <- arrived{name, string(datagram)}
		})
	})
	return l, in, err
}

func mustOpen(t *testing.T, h *linktest.Host, m config.Medium) (*link.Link, chan arrived) {
	t.Helper()
	l, in, err := open(t, h, m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l, in
}

func ucast(to string) config.Medium {
	return config.Medium{Kind: "ucast", Device: "eth0", Addr: to, Port: port}
}

func bcast(device string) config.Medium {
	return config.Medium{Kind: "bcast", Device: device, Port: port}
}

func expect(t *testing.T, in chan arrived, want arrived) {
	t.Helper()
	select {
	case got := <-in:
		if got != want {
			t.Errorf("got %.40q, want %.40q", got, want)
		}
	case <-time.After(limit):
		t.Fatalf("nothing came; want %.40q", want)
	}
}

func TestUcastGoesBothWays(t *testing.T) {
	a, b := linktest.Cable(t)
	la, fromB := mustOpen(t, a, ucast(b.Addr))
	lb, fromA := mustOpen(t, b, ucast(a.Addr))
	// Larger than a frame of the cable, as a long message is.
	long := strings.Repeat("x", 9000)
	for _, text := range []string{"one", long, "two"} {
		if err := la.Send([]byte(text)); err != nil {
			t.Fatal(err)
		}
		expect(t, fromA, arrived{"eth0", text})
	}
	if err := lb.Send([]byte("answer")); err != nil {
		t.Fatal(err)
	}
	expect(t, fromB, arrived{"eth0", "answer"})
	if la.Kind() != "ucast" || la.Name() != "eth0" {
		t.Errorf("%s %s", la.Kind(), la.Name())
	}
	if lines := la.Lines(); len(lines) == 0 || lines[len(lines)-1] != "glib: ucast: started on port 6940 interface eth0 to "+b.Addr {
		t.Errorf("lines %q", lines)
	}
}

func TestBcastReachesTheOtherAndItself(t *testing.T) {
	a, b := linktest.Cable(t)
	la, own := mustOpen(t, a, bcast("eth0"))
	_, fromA := mustOpen(t, b, bcast("eth0"))
	if err := la.Send([]byte("to all")); err != nil {
		t.Fatal(err)
	}
	expect(t, fromA, arrived{"eth0", "to all"})
	expect(t, own, arrived{"eth0", "to all"})
}

// TestBcastWithoutAddress uses the limited broadcast: the interface has no
// address of which a broadcast address could be made.
func TestBcastWithoutAddress(t *testing.T) {
	a, b := linktest.Cable(t)
	a.IP("addr flush dev eth0")
	a.IP("route add default dev eth0")
	la, _ := mustOpen(t, a, bcast("eth0"))
	_, fromA := mustOpen(t, b, bcast("eth0"))
	if err := la.Send([]byte("to all")); err != nil {
		t.Fatal(err)
	}
	expect(t, fromA, arrived{"eth0", "to all"})
}

// TestOtherDevice sends to the port on another device: the link is bound to its
// own and must not hear it.
func TestOtherDevice(t *testing.T) {
	a, b := linktest.Cable(t)
	_, in := mustOpen(t, a, ucast(b.Addr))
	lb, _ := mustOpen(t, b, ucast(a.Addr))
	var err error
	a.Do(func() {
		var c net.Conn
		if c, err = net.Dial("udp4", "127.0.0.1:6940"); err == nil {
			_, err = c.Write([]byte("by lo"))
			err = errors.Join(err, c.Close())
		}
	})
	if err != nil && !errors.Is(err, unix.ECONNREFUSED) {
		t.Fatal(err)
	}
	if err := lb.Send([]byte("by eth0")); err != nil {
		t.Fatal(err)
	}
	expect(t, in, arrived{"eth0", "by eth0"})
}

// TestRefusedDatagramsHarmNothing sends where nobody listens yet: the error that
// comes back must not end the link.
func TestRefusedDatagramsHarmNothing(t *testing.T) {
	a, b := linktest.Cable(t)
	la, in := mustOpen(t, a, ucast(b.Addr))
	for range 3 {
		_ = la.Send([]byte("into the void"))
	}
	lb, fromA := mustOpen(t, b, ucast(a.Addr))
	if err := lb.Send([]byte("here I am")); err != nil {
		t.Fatal(err)
	}
	expect(t, in, arrived{"eth0", "here I am"})
	// A send may still give the error of an earlier one, once.
	if err := la.Send([]byte("welcome")); err != nil {
		if err := la.Send([]byte("welcome")); err != nil {
			t.Fatal(err)
		}
	}
	expect(t, fromA, arrived{"eth0", "welcome"})
}

// TestCableOut: a link lives on while its interface is down, and carries again
// when it is up.
func TestCableOut(t *testing.T) {
	a, b := linktest.Cable(t)
	la, _ := mustOpen(t, a, ucast(b.Addr))
	_, fromA := mustOpen(t, b, ucast(a.Addr))
	a.IP("link set eth0 down")
	if err := la.Send([]byte("lost")); err == nil {
		t.Error("no error while the interface is down")
	}
	a.IP("link set eth0 up")
	if err := la.Send([]byte("again")); err != nil {
		t.Fatal(err)
	}
	expect(t, fromA, arrived{"eth0", "again"})
}

func TestOpenRefuses(t *testing.T) {
	a, b := linktest.Cable(t)
	for _, c := range []struct {
		name   string
		medium config.Medium
		is     error
		text   string
	}{
		{"no such device", config.Medium{Kind: "ucast", Device: "eth7", Addr: b.Addr, Port: port}, nil, "ucast eth7: "},
		{"no such device for bcast", bcast("eth7"), nil, "bcast eth7: "},
		{"a medium not carried", config.Medium{Kind: "tipc", Device: "eth0"}, link.ErrMedium, "tipc eth0: "},
	} {
		l, _, err := open(t, a, c.medium)
		if err == nil {
			l.Close()
			t.Errorf("%s: no error", c.name)
			continue
		}
		if c.is != nil && !errors.Is(err, c.is) || !strings.HasPrefix(err.Error(), c.text) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	// What was opened before the failure is closed: the port is free.
	_, _ = mustOpen(t, a, ucast(b.Addr))
}

// TestCloseEndsTheGoroutine also frees the port at once; goleak looks at the
// goroutines of the whole run.
func TestCloseEndsTheGoroutine(t *testing.T) {
	a, b := linktest.Cable(t)
	for range 10 {
		l, in, err := open(t, a, bcast("eth0"))
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Send(bytes.Repeat([]byte("x"), 100)); err != nil {
			t.Fatal(err)
		}
		expect(t, in, arrived{"eth0", strings.Repeat("x", 100)})
		l.Close()
		if err := l.Send([]byte("late")); !errors.Is(err, link.ErrGone) {
			t.Errorf("send on a closed link: %v", err)
		}
	}
	_ = b
}
