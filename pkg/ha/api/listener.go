package api

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"lvsha/pkg/system/daemon"
)

// The bounds of what clients may cost.
const (
	maxClients   = 512
	defaultQueue = 64
	// farewell is how long a client that is told to go has to read why.
	farewell = 2 * time.Second
	// sweepEvery is how often the daemon looks for clients that are gone.
	sweepEvery = 9 * time.Second
)

// Event is what happened on the socket.
type Event interface{ event() }

// Connected is a new connection.
type Connected struct {
	ID          ID
	Credentials Credentials
}

// Received is the body of a frame.
type Received struct {
	ID   ID
	Body []byte
}

// Disconnected is the end of a connection; the reason is "" if the client closed
// it.
type Disconnected struct {
	ID     ID
	Reason string
}

// Due says that it is time to look for clients that are gone.
type Due struct{}

func (Connected) event()    {}
func (Received) event()     {}
func (Disconnected) event() {}
func (Due) event()          {}

// Listener is the socket of the API. What clients send comes out of Events, one
// message at a time; what they are sent waits in a queue of its own for each,
// and a client whose queue is full is disconnected.
type Listener struct {
	path   string
	socket *net.UnixListener
	events chan Event
	quit   chan struct{}
	tasks  sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	last    ID
	clients map[ID]*connection
}

// connection is one client. Its reader and its writer are goroutines.
type connection struct {
	id    ID
	conn  *net.UnixConn
	wake  chan struct{} // the queue or the state has changed
	ended chan struct{} // the reader is done

	mu      sync.Mutex
	writing bool // the writer has a frame in hand
	queue   [][]byte
	limit   int
	leaving bool   // to be closed when the queue is empty
	reason  string // why it was cut off
}

// Listen makes the socket at a path, in place of one that is left there.
func Listen(path string) (*Listener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("client socket: %w", err)
	}
	// Who may connect is decided by the directory and by credentials.
	socket, err := daemon.ListenUnix(path, 0o777, -1)
	if err != nil {
		return nil, fmt.Errorf("client socket: %w", err)
	}
	l := &Listener{
		path: path, socket: socket,
		events: make(chan Event), quit: make(chan struct{}), clients: make(map[ID]*connection),
	}
	l.tasks.Add(2)
	go l.accept()
	go l.sweep()
	return l, nil
}

// Events is what happens. Nothing is read from a client while its last message
// waits here.
func (l *Listener) Events() <-chan Event { return l.events }

// Send queues a body for a client. It never waits. A client that is gone or on
// its way gets nothing.
func (l *Listener) Send(id ID, body []byte) {
	if c := l.find(id); c != nil {
		c.push(Frame(body))
	}
}

// SetLimit sets how many messages may wait for a client.
func (l *Listener) SetLimit(id ID, frames int) {
	if c := l.find(id); c != nil {
		c.mu.Lock()
		c.limit = frames
		c.mu.Unlock()
	}
}

// Disconnect closes a connection when what is queued was written, or after a
// short while.
func (l *Listener) Disconnect(id ID) {
	if c := l.find(id); c != nil {
		c.leave()
	}
}

// Close ends all connections and removes the socket.
func (l *Listener) Close() {
	l.mu.Lock()
	l.closed = true
	close(l.quit)
	for _, c := range l.clients {
		_ = c.conn.Close()
	}
	l.mu.Unlock()
	_ = l.socket.Close() // which removes the file
	l.tasks.Wait()
}

func (l *Listener) find(id ID) *connection {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.clients[id]
}

// tell hands an event to the owner. It reports false when there is none any more.
func (l *Listener) tell(e Event) bool {
	select {
	case l.events <- e:
		return true
	case <-l.quit:
		return false
	}
}

func (l *Listener) accept() {
	defer l.tasks.Done()
	for {
		conn, err := l.socket.AcceptUnix()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			// Out of descriptors: connections that end make room again.
			select {
			case <-time.After(100 * time.Millisecond):
				continue
			case <-l.quit:
				return
			}
		}
		cred, err := peer(conn)
		if err != nil || !l.begin(conn, cred) {
			_ = conn.Close()
		}
	}
}

// begin starts the reader and the writer of a connection. It reports false if
// there is no room for one more.
func (l *Listener) begin(conn *net.UnixConn, cred Credentials) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || len(l.clients) >= maxClients {
		return false
	}
	l.last++
	c := &connection{id: l.last, conn: conn, wake: make(chan struct{}, 1), ended: make(chan struct{}), limit: defaultQueue}
	l.clients[c.id] = c
	l.tasks.Add(2)
	go func() {
		defer l.tasks.Done()
		l.read(c, cred)
	}()
	go func() {
		defer l.tasks.Done()
		c.write()
	}()
	return true
}

// peer asks the kernel who is at the other end.
func peer(conn *net.UnixConn) (Credentials, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return Credentials{}, err
	}
	var cred *unix.Ucred
	var failure error
	if err := raw.Control(func(fd uintptr) {
		cred, failure = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil {
		return Credentials{}, err
	}
	if failure != nil {
		return Credentials{}, failure
	}
	return Credentials{PID: int(cred.Pid), UID: cred.Uid, GID: cred.Gid}, nil
}

// read is the reader: it hands over one message after the other, and the end.
func (l *Listener) read(c *connection, cred Credentials) {
	defer func() {
		l.mu.Lock()
		delete(l.clients, c.id)
		l.mu.Unlock()
		_ = c.conn.Close()
		close(c.ended)
	}()
	if !l.tell(Connected{ID: c.id, Credentials: cred}) {
		return
	}
	in := bufio.NewReaderSize(c.conn, 4096)
	for {
		body, err := ReadFrame(in)
		if err != nil {
			l.tell(Disconnected{ID: c.id, Reason: c.why(err)})
			return
		}
		if !l.tell(Received{ID: c.id, Body: body}) {
			return
		}
	}
}

// why is the reason of an end that this side has made, "" for one that the
// client has.
func (c *connection) why(err error) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var bad *FrameError
	if c.reason == "" && errors.As(err, &bad) {
		return "badclient"
	}
	return c.reason
}

// push hands a frame to the socket, or queues it if that is full. A client that
// does not read is cut off.
func (c *connection) push(frame []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leaving || c.reason != "" {
		return
	}
	if !c.writing && len(c.queue) == 0 {
		if frame = frame[c.try(frame):]; len(frame) == 0 {
			return
		}
	}
	switch {
	case len(c.queue) >= c.limit:
		c.reason = "sendfail"
		c.queue = nil
		_ = c.conn.Close()
		return
	}
	c.queue = append(c.queue, frame)
	c.notify()
}

// try writes what the socket takes at once.
func (c *connection) try(frame []byte) (written int) {
	raw, err := c.conn.SyscallConn()
	if err != nil {
		return 0
	}
	// What fails here fails again for the writer, which ends the connection.
	_ = raw.Write(func(fd uintptr) bool {
		n, err := unix.Write(int(fd), frame)
		if err == nil {
			written = n
		}
		return true
	})
	return written
}

func (c *connection) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leaving = true
	_ = c.conn.SetWriteDeadline(time.Now().Add(farewell))
	c.notify()
}

func (c *connection) notify() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// write is the writer. It ends with the reader, or when the client was told to
// go and everything is written.
func (c *connection) write() {
	for {
		c.mu.Lock()
		var frame []byte
		if len(c.queue) > 0 {
			frame, c.queue = c.queue[0], c.queue[1:]
		}
		c.writing = frame != nil
		leaving := c.leaving
		c.mu.Unlock()
		switch {
		case frame != nil:
			if _, err := c.conn.Write(frame); err != nil {
				_ = c.conn.Close()
				return
			}
		case leaving:
			// The reader notices.
			_ = c.conn.Close()
			return
		default:
			select {
			case <-c.wake:
			case <-c.ended:
				return
			}
		}
	}
}

// sweep says from time to time that clients may be gone.
func (l *Listener) sweep() {
	defer l.tasks.Done()
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if !l.tell(Due{}) {
				return
			}
		case <-l.quit:
			return
		}
	}
}

// Exists reports whether a process exists.
func Exists(pid int) bool {
	err := unix.Kill(pid, 0)
	return err == nil || errors.Is(err, unix.EPERM)
}
