package status

import (
	"container/list"
	"net"
	"sync"
)

// bounded is a listener with a bounded number of connections. One too many ends
// the oldest: an honest question takes milliseconds, so that one is a client that
// hangs or only keeps its connection, and who hangs never keeps others out.
type bounded struct {
	net.Listener
	limit int
	pace  *pace
	done  <-chan struct{} // closed when the listener is not wanted any more

	mu    sync.Mutex
	conns list.List
}

// Accept implements net.Listener.
func (b *bounded) Accept() (net.Conn, error) {
	b.pace.wait(b.done)
	conn, err := b.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &boundedConn{Conn: conn, of: b}
	b.mu.Lock()
	var oldest *boundedConn
	if b.conns.Len() >= b.limit {
		oldest = b.conns.Front().Value.(*boundedConn)
	}
	c.at = b.conns.PushBack(c)
	b.mu.Unlock()
	if oldest != nil {
		_ = oldest.Close()
	}
	return c, nil
}

// boundedConn is a connection that counts.
type boundedConn struct {
	net.Conn
	of   *bounded
	at   *list.Element
	once sync.Once
}

// Close implements net.Conn.
func (c *boundedConn) Close() error {
	c.once.Do(func() {
		c.of.mu.Lock()
		c.of.conns.Remove(c.at)
		c.of.mu.Unlock()
	})
	return c.Conn.Close()
}
