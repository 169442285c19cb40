package link

import (
	"errors"
	"net"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// loopback is a receiver on a port of its own and a sender to it.
func loopback(t testing.TB) (in *net.UDPConn, say func(string)) {
	t.Helper()
	in, err := openUDP(netip.MustParseAddrPort("127.0.0.1:0"), 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close() })
	out, err := openSender(unix.AF_INET)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(out.close)
	to := sockaddr(in.LocalAddr().(*net.UDPAddr).AddrPort(), 0)
	return in, func(text string) {
		if err := out.send([]byte(text), to); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReceiveMoreThanABurst: all that waits is delivered in its order, what comes
// after a pause as well, and the end of the socket ends the receiver.
func TestReceiveMoreThanABurst(t *testing.T) {
	const many = 5*burst + 7
	in, say := loopback(t)
	heard, ended := make(chan string, 2*many), make(chan struct{})
	for i := range many {
		say(strconv.Itoa(i))
	}
	go func() {
		defer close(ended)
		receive(in, func(datagram []byte) { heard <- string(datagram) })
	}()
	expect := func(want string) {
		t.Helper()
		select {
		case got := <-heard:
			if got != want {
				t.Fatalf("heard %q, want %q", got, want)
			}
		case <-time.After(limit):
			t.Fatalf("%q is not heard", want)
		}
	}
	for i := range many {
		expect(strconv.Itoa(i))
	}
	for i := range 3 {
		say("late " + strconv.Itoa(i))
		expect("late " + strconv.Itoa(i))
	}
	_ = in.Close()
	select {
	case <-ended:
	case <-time.After(limit):
		t.Fatal("the receiver has not ended")
	}
}

// TestReceiveEmpty: an empty datagram is none.
func TestReceiveEmpty(t *testing.T) {
	in, say := loopback(t)
	heard := make(chan string, 2)
	go receive(in, func(datagram []byte) { heard <- string(datagram) })
	say("")
	say("full")
	if got := <-heard; got != "full" {
		t.Errorf("heard %q", got)
	}
}

func BenchmarkReceive(b *testing.B) {
	in, say := loopback(b)
	heard := make(chan int, 1)
	go receive(in, func(datagram []byte) { heard <- len(datagram) })
	b.ReportAllocs()
	for b.Loop() {
		say("a heartbeat")
		<-heard
	}
}

func TestSendToNoAddress(t *testing.T) {
	out, err := openSender(unix.AF_INET)
	if err != nil {
		t.Fatal(err)
	}
	defer out.close()
	if err := out.send([]byte("x"), &unix.SockaddrUnix{Name: "/nowhere"}); !errors.Is(err, unix.EAFNOSUPPORT) {
		t.Errorf("sent to a path: %v", err)
	}
	if err := out.send(make([]byte, maxDatagram+1), &unix.SockaddrInet4{Port: 9, Addr: [4]byte{127, 0, 0, 1}}); !errors.Is(err, unix.EMSGSIZE) {
		t.Errorf("a datagram that is too long: %v", err)
	}
}
