package check

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// dialed is a connection and the server's end of it.
func dialed(t *testing.T, listen string) (near, far net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", listen)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if near, err = dialHost(context.Background(), "tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if far, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = near.Close(), far.Close() })
	return near, far
}

func TestTCPConnection(t *testing.T) {
	t.Parallel()
	for _, listen := range []string{"127.0.0.1:0", "[::1]:0"} {
		near, far := dialed(t, listen)
		if _, ok := near.(*tcpConn); !ok {
			t.Fatalf("%s: a %T", listen, near)
		}
		if near.LocalAddr().String() != far.RemoteAddr().String() || near.RemoteAddr().String() != far.LocalAddr().String() {
			t.Errorf("from %v to %v, the server sees %v and %v", near.LocalAddr(), near.RemoteAddr(), far.RemoteAddr(), far.LocalAddr())
		}
		if _, err := io.WriteString(near, "question"); err != nil {
			t.Fatal(err)
		}
		if err := near.(*tcpConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if heard, err := io.ReadAll(far); err != nil || string(heard) != "question" {
			t.Errorf("the server heard %q, %v", heard, err)
		}
		if _, err := io.WriteString(far, "answer"); err != nil {
			t.Fatal(err)
		}
		_ = far.Close()
		if heard, err := io.ReadAll(near); err != nil || string(heard) != "answer" {
			t.Errorf("the answer is %q, %v", heard, err)
		}
	}
}

// The errors are those of package net: the checks and their libraries tell a
// timeout, a refusal and an end of their own by them.
func TestTCPErrors(t *testing.T) {
	t.Parallel()
	near, _ := dialed(t, "127.0.0.1:0")
	if err := near.SetDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	_, err := near.Read(make([]byte, 1))
	if timeout, ok := err.(net.Error); !ok || !timeout.Timeout() || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("behind the deadline: %v", err)
	}
	_ = near.Close()
	for name, err := range map[string]error{
		"read": second(near.Read(make([]byte, 1))), "write": second(near.Write([]byte{0})), "close": near.Close(),
		"deadline": near.SetDeadline(time.Time{}), "end": near.(*tcpConn).CloseWrite(),
	} {
		if !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s after the end: %v", name, err)
		}
	}
	if _, err := dialHost(context.Background(), "tcp", "127.0.0.1:1"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("where nobody listens: %v", err)
	}
}

func second(_ int, err error) error { return err }

// fullServer listens and has no room for another connection until it accepts.
func fullServer(t *testing.T) (address string, accept func() error) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), unix.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address = addrPort(name).String()
	first, err := dialHost(context.Background(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = first.Close() })
	return address, func() error {
		far, _, err := unix.Accept4(fd, unix.SOCK_CLOEXEC)
		if err == nil {
			t.Cleanup(func() { _ = unix.Close(far) })
		}
		return err
	}
}

func TestTCPConnectionThatTakesTime(t *testing.T) {
	t.Parallel()
	address, accept := fullServer(t)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := dialHost(ctx, "tcp", address); !isTimeout(err) {
		t.Errorf("at the deadline: %v", err)
	}
	ctx, end := context.WithCancel(context.Background())
	time.AfterFunc(20*time.Millisecond, end)
	if _, err := dialHost(ctx, "tcp", address); !isTimeout(err) {
		t.Errorf("when the check is called off: %v", err)
	}
	// The kernel asks again after a second, when there is room.
	ctx, cancel = context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	time.AfterFunc(20*time.Millisecond, func() {
		if err := accept(); err != nil {
			t.Error(err)
		}
	})
	late, err := dialHost(ctx, "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer late.Close()
	if late.LocalAddr().String() == late.RemoteAddr().String() {
		t.Error(late.LocalAddr())
	}
}

// TestBugServerThatIsOneself: the kernel joins a connection to itself that goes to
// the port which it has given it; a server that does not run would be up.
func TestBugServerThatIsOneself(t *testing.T) {
	t.Parallel()
	outcome := make(chan error, 1)
	go func() {
		// The thread with the namespace of its own ends with the goroutine.
		runtime.LockOSThread()
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			outcome <- err
			return
		}
		outcome <- dialOnlyPort(40000)
	}()
	switch err := <-outcome; {
	case errors.Is(err, unix.EPERM) && os.Getenv("CI") != "true":
		t.Skip("needs a network namespace")
	case !errors.Is(err, syscall.ECONNREFUSED):
		t.Errorf("the only port that there is: %v", err)
	}
}

// dialOnlyPort dials a port of this machine that is the only one to dial from.
func dialOnlyPort(port uint16) error {
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	lo.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo); err != nil {
		return err
	}
	// What is below /proc/sys/net is that of the namespace of the thread.
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_local_port_range", []byte("40000 40000"), 0); err != nil {
		return err
	}
	_, err = dialTCP(context.Background(), netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port))
	return err
}
