// Package link carries frames between nodes over the media of ha.cf: it opens
// sockets and lines the way the originals do, reads them in goroutines of their
// own, follows interfaces that go and come back, and leaves the meaning of what
// it carries to others.
package link

import (
	"context"
	"errors"
	"fmt"

	"lvsha/pkg/ha/config"
)

// ErrGone says that the interface or line of a link is away at present.
var ErrGone = errors.New("interface is gone")

// ErrMedium says that no medium has that name.
var ErrMedium = errors.New("unknown medium")

// Receive takes a frame. The bytes are only valid during the call. It is called
// from a goroutine of the link.
type Receive func(link string, frame []byte)

// medium is one kind of link. Everything but the delivery of what arrives is
// called from one goroutine, the owner's, and never waits for the network.
type medium interface {
	// send sends one frame.
	send(frame []byte) error
	// refresh looks whether the interface is there and the same as before, and
	// opens or closes accordingly. It returns what has changed, "" for nothing.
	refresh() (string, error)
	// on reports whether a change of that interface concerns the medium.
	on(name string, index int) bool
	// close ends the medium and waits for its goroutines.
	close()
}

// Link is one medium to the other nodes. It is not safe for concurrent use.
type Link struct {
	name  string
	kind  string
	lines []string
	medium
}

// opener opens a medium. It returns the lines that the originals log then.
type opener func(ctx context.Context, m config.Medium, deliver func(frame []byte)) (medium, []string, error)

var openers = map[string]opener{
	"ucast": openUcast, "ucast6": openUcast6,
	"bcast": openBcast,
	"mcast": openMcast, "mcast6": openMcast6,
	"serial": openSerial,
	"ping":   openPing, "ping6": openPing6, "ping_group": openPingGroup,
}

// Open opens a medium and begins to receive. Several media on one device may
// be open at once; the kernel gives each datagram to one of them. If the
// interface is not there the error is ErrGone and the link is returned besides:
// it opens when the interface comes.
func Open(ctx context.Context, m config.Medium, receive Receive) (*Link, error) {
	open, ok := openers[m.Kind]
	if !ok {
		return nil, fmt.Errorf("%s %s: %w", m.Kind, m.Device, ErrMedium)
	}
	l := &Link{name: m.Name(), kind: m.Kind}
	var err error
	l.medium, l.lines, err = open(ctx, m, func(frame []byte) { receive(l.name, frame) })
	if err == nil {
		return l, nil
	}
	err = fmt.Errorf("%s %s: %w", m.Kind, m.Device, err)
	if errors.Is(err, ErrGone) {
		return l, err
	}
	return nil, err
}

// Name is the interface, the tty or the ping node, as the lines "Link node:name
// up." have it.
func (l *Link) Name() string { return l.name }

// Kind is the directive of ha.cf.
func (l *Link) Kind() string { return l.kind }

// Pings reports whether the other end is a ping node, which sends back what it is
// sent and understands nothing.
func (l *Link) Pings() bool { return l.kind == "ping" || l.kind == "ping6" || l.kind == "ping_group" }

// Classic reports whether the link takes nothing but classic frames, without the
// NUL that ends a datagram.
func (l *Link) Classic() bool { return l.kind == "serial" }

// Lines are what the originals log when they open such a medium.
func (l *Link) Lines() []string { return l.lines }

// Send sends one frame. It never waits.
func (l *Link) Send(frame []byte) error { return l.send(frame) }

// Changed tells that an interface or one of its addresses has changed; the name
// may be "" if only the index is known. If the link was opened or closed for it,
// a line for the log is returned.
func (l *Link) Changed(name string, index int) (string, error) {
	if !l.on(name, index) {
		return "", nil
	}
	return l.Refresh()
}

// Refresh compares the link with the interfaces as they are now; see Changed.
func (l *Link) Refresh() (string, error) {
	line, err := l.refresh()
	if err != nil {
		err = fmt.Errorf("%s %s: %w", l.kind, l.name, err)
	}
	if line != "" {
		line = fmt.Sprintf("%s %s: %s", l.kind, l.name, line)
	}
	return line, err
}

// Close closes the link and waits for its goroutines.
func (l *Link) Close() { l.close() }
