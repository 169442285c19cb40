package check

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// tcpConn is a connection over TCP that was made with as few system calls as it
// takes: thousands of servers are connected to anew in every interval.
type tcpConn struct {
	file   *os.File
	remote netip.AddrPort
	writes atomic.Uint32
}

// dialTCP connects. A connection that stands at once, as one to this machine
// does, is never waited for in the poller of the runtime.
func dialTCP(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	c := &tcpConn{remote: to}
	if err := c.connect(ctx); err != nil {
		c.abandon()
		return nil, c.failed("dial", err)
	}
	return c, nil
}

func (c *tcpConn) connect(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	family, peer := sockaddr(c.remote)
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, syscall.IPPROTO_TCP)
	if err != nil {
		return err
	}
	err = connectStep(fd, peer)
	c.file = os.NewFile(uintptr(fd), "tcp")
	if errors.Is(err, syscall.EALREADY) {
		err = c.await(ctx, peer)
	}
	if err != nil {
		return err
	}
	// Where nobody has a port of this machine, the kernel may give it to the
	// connection that goes there, which is then joined to itself.
	if c.remote.Port() >= firstGiven && c.local() == c.remote {
		return syscall.ECONNREFUSED
	}
	return nil
}

// firstGiven is the lowest port that the kernel gives to a connection; it refuses a
// lower one in net.ipv4.ip_local_port_range unless privileged ports begin below.
const firstGiven = 1024

// local is the address that the kernel has given the connection.
func (c *tcpConn) local() (local netip.AddrPort) {
	c.control(func(fd int) {
		if name, err := syscall.Getsockname(fd); err == nil {
			local = addrPort(name)
		}
	})
	return local
}

// control calls do with the descriptor. It reports whether there is one: it is
// closed else.
func (c *tcpConn) control(do func(fd int)) bool {
	raw, err := c.file.SyscallConn()
	return err == nil && raw.Control(func(fd uintptr) { do(int(fd)) }) == nil
}

// connectStep begins to connect, or tells what has become of it: EALREADY while
// it is under way. To a server on this machine that is settled by the second call.
func connectStep(fd int, peer syscall.Sockaddr) error {
	err := syscall.Connect(fd, peer)
	if errors.Is(err, syscall.EINPROGRESS) {
		err = syscall.Connect(fd, peer)
	}
	return err
}

// await waits until a connection that is under way stands or has failed.
func (c *tcpConn) await(ctx context.Context, peer syscall.Sockaddr) error {
	if deadline, ok := ctx.Deadline(); ok {
		if err := c.file.SetWriteDeadline(deadline); err != nil {
			return err
		}
	}
	stop := context.AfterFunc(ctx, func() { _ = c.file.SetWriteDeadline(time.Unix(1, 0)) })
	defer stop()
	raw, err := c.file.SyscallConn()
	if err != nil {
		return err
	}
	var outcome error
	err = raw.Write(func(fd uintptr) bool {
		outcome = connectStep(int(fd), peer)
		return !errors.Is(outcome, syscall.EALREADY)
	})
	if err != nil {
		return err
	}
	if outcome == nil {
		outcome = c.file.SetWriteDeadline(time.Time{})
	}
	return outcome
}

// abandon closes what a failed attempt has opened.
func (c *tcpConn) abandon() {
	if c.file != nil {
		_ = c.file.Close()
	}
}

// failed puts an error into the form that connections of package net give it.
func (c *tcpConn) failed(op string, err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	if errors.Is(err, os.ErrClosed) {
		err = net.ErrClosed
	}
	return &net.OpError{Op: op, Net: "tcp", Addr: c.RemoteAddr(), Err: err}
}

// Read implements net.Conn.
func (c *tcpConn) Read(p []byte) (int, error) {
	n, err := c.file.Read(p)
	return n, c.failed("read", err)
}

// Write implements net.Conn. A protocol that speaks in turns sends each at once; what
// is written first does so in any case.
func (c *tcpConn) Write(p []byte) (int, error) {
	if c.writes.Add(1) == 2 {
		c.control(func(fd int) { _ = syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1) })
	}
	n, err := c.file.Write(p)
	return n, c.failed("write", err)
}

// Close implements net.Conn.
func (c *tcpConn) Close() error { return c.failed("close", c.file.Close()) }

// CloseWrite tells the other side that nothing more will be sent.
func (c *tcpConn) CloseWrite() error {
	var outcome error
	if !c.control(func(fd int) { outcome = syscall.Shutdown(fd, syscall.SHUT_WR) }) {
		outcome = net.ErrClosed
	}
	return c.failed("close", outcome)
}

// LocalAddr implements net.Conn.
func (c *tcpConn) LocalAddr() net.Addr { return net.TCPAddrFromAddrPort(c.local()) }

// RemoteAddr implements net.Conn.
func (c *tcpConn) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(c.remote) }

// SetDeadline implements net.Conn.
func (c *tcpConn) SetDeadline(t time.Time) error { return c.unset(c.file.SetDeadline(t)) }

// SetReadDeadline implements net.Conn.
func (c *tcpConn) SetReadDeadline(t time.Time) error {
	return c.failed("set", c.file.SetReadDeadline(t))
}

// SetWriteDeadline implements net.Conn.
func (c *tcpConn) SetWriteDeadline(t time.Time) error {
	return c.failed("set", c.file.SetWriteDeadline(t))
}

// unset is the error of a deadline that could not be set: the connection is at its
// end, unless the poller does not know it.
func (c *tcpConn) unset(err error) error {
	if err != nil && !errors.Is(err, os.ErrNoDeadline) {
		err = net.ErrClosed
	}
	return c.failed("set", err)
}

// sockaddr is an address as the system calls take it.
func sockaddr(a netip.AddrPort) (family int, name syscall.Sockaddr) {
	if a.Addr().Is4() {
		return syscall.AF_INET, &syscall.SockaddrInet4{Addr: a.Addr().As4(), Port: int(a.Port())}
	}
	return syscall.AF_INET6, &syscall.SockaddrInet6{Addr: a.Addr().As16(), Port: int(a.Port())}
}

// addrPort is an address that a system call has given.
func addrPort(name syscall.Sockaddr) netip.AddrPort {
	switch n := name.(type) {
	case *syscall.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(n.Addr), uint16(n.Port))
	case *syscall.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(n.Addr), uint16(n.Port))
	}
	return netip.AddrPort{}
}
