package check

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
)

// hostPort is the address that a check connects to.
func (t Target) hostPort() string { return netip.AddrPortFrom(t.Addr, t.Port).String() }

// errNoPort says that nothing tells where to connect to.
var errNoPort = errors.New("no port: neither the server nor checkport nor service gives one")

// dialHost is the Dial of the real world. Only hosts with a name, to which a page
// may lead, and datagrams take the way of package net.
func dialHost(ctx context.Context, network, address string) (net.Conn, error) {
	if network == "tcp" {
		if to, err := netip.ParseAddrPort(address); err == nil && to.Addr().Zone() == "" {
			return dialTCP(ctx, netip.AddrPortFrom(to.Addr().Unmap(), to.Port()))
		}
	}
	dialer := net.Dialer{KeepAlive: -1}
	return dialer.DialContext(ctx, network, address)
}

// open connects and ties the connection to the context, whose end closes it: what is
// read and written fails then. The function returned must be called when the
// connection is not used any more.
func open(ctx context.Context, dial Dial, network, address string) (net.Conn, func(), error) {
	conn, err := dial(ctx, network, address)
	if err != nil {
		return nil, nil, fmt.Errorf("connect %s: %w", address, cause(err))
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	return conn, func() { stop(); _ = conn.Close() }, nil
}

// connections are those that a library opens for one check. They end with it,
// and after it there are no more.
type connections struct {
	ctx  context.Context // of the check
	dial Dial

	mu    sync.Mutex
	ended bool
	dones []func()
}

func (c *connections) open(network, address string) (net.Conn, error) {
	conn, done, err := open(c.ctx, c.dial, network, address)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		done()
		return nil, net.ErrClosed
	}
	c.dones = append(c.dones, done)
	return conn, nil
}

func (c *connections) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	for _, done := range c.dones {
		done()
	}
}

// errTimeout is the deadline of the check, whoever noticed it.
var errTimeout = errors.New("timed out")

// cause strips what the net package puts around an error.
func cause(err error) error {
	if isTimeout(err) {
		return errTimeout
	}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return fmt.Errorf("lookup %s: %s", dns.Name, dns.Err)
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) ||
		errors.As(err, &timeout) && timeout.Timeout() || errors.Is(err, net.ErrClosed)
}

// expired says that the time of a check is over. A connection may notice it a
// moment before the context does.
func expired(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ctx.Err() != nil || ok && !time.Now().Before(deadline)
}

// within limits a context to the time of a check.
func within(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, limit)
}
