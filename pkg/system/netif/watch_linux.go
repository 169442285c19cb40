package netif

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Change is what happened to an interface or an address.
type Change uint8

// The changes that a Watch tells of.
const (
	AddressAdded Change = iota + 1
	AddressGone
	LinkChanged // made, renamed, up, down, carrier
	LinkGone
)

// Event is one change. Link is filled for link changes; for address changes
// only its Index is.
type Event struct {
	At     time.Time // when it was read
	Change Change
	Link   Link
	Prefix netip.Prefix // of the address
}

// watchBuffer is the receive buffer in bytes: a host with thousands of routes
// and addresses changes many at once.
const watchBuffer = 1 << 20

// Watch is a subscription to changes in one network namespace.
type Watch struct {
	events chan Event
	done   chan struct{}
	ended  chan struct{}
}

// NewWatch subscribes in the network namespace of the calling thread.
func NewWatch() (*Watch, error) {
	addrs := make(chan netlink.AddrUpdate)
	links := make(chan netlink.LinkUpdate)
	done := make(chan struct{})
	err := netlink.AddrSubscribeWithOptions(addrs, done, netlink.AddrSubscribeOptions{
		ReceiveBufferSize: watchBuffer, ReceiveBufferForceSize: true,
	})
	if err != nil {
		return nil, fmt.Errorf("watch addresses: %w", err)
	}
	err = netlink.LinkSubscribeWithOptions(links, done, netlink.LinkSubscribeOptions{
		ReceiveBufferSize: watchBuffer, ReceiveBufferForceSize: true,
	})
	if err != nil {
		close(done)
		drain(addrs)
		return nil, fmt.Errorf("watch interfaces: %w", err)
	}
	w := &Watch{events: make(chan Event, 64), done: done, ended: make(chan struct{})}
	go w.run(addrs, links)
	return w, nil
}

// Events gives the changes in the kernel's order within each kind. It is closed
// by Close and when the kernel has dropped changes because they were not read in
// time; the reader then opens a new Watch and lists.
func (w *Watch) Events() <-chan Event { return w.events }

// Close ends the subscription and waits until it is over.
func (w *Watch) Close() {
	close(w.done)
	<-w.ended
}

func (w *Watch) run(addrs <-chan netlink.AddrUpdate, links <-chan netlink.LinkUpdate) {
	defer close(w.ended)
	w.pump(addrs, links)
	close(w.events)
	// The library's readers block on their channels until these are read; they
	// end after Close has closed the sockets.
	<-w.done
	drain(addrs)
	drain(links)
}

func (w *Watch) pump(addrs <-chan netlink.AddrUpdate, links <-chan netlink.LinkUpdate) {
	for {
		var e Event
		select {
		case <-w.done:
			return
		case u, ok := <-addrs:
			if !ok {
				return
			}
			e = addressEvent(u)
		case u, ok := <-links:
			if !ok {
				return
			}
			e = linkEvent(u)
		}
		select {
		case w.events <- e:
		case <-w.done:
			return
		}
	}
}

func addressEvent(u netlink.AddrUpdate) Event {
	p, _ := prefixOf(&u.LinkAddress)
	e := Event{At: time.Now(), Change: AddressGone, Prefix: p, Link: Link{Index: u.LinkIndex}}
	if u.NewAddr {
		e.Change = AddressAdded
	}
	return e
}

func linkEvent(u netlink.LinkUpdate) Event {
	e := Event{At: time.Now(), Change: LinkChanged, Link: linkOf(u.Link)}
	if u.Header.Type == unix.RTM_DELLINK {
		e.Change = LinkGone
	}
	return e
}

func drain[T any](c <-chan T) {
	for range c {
		continue
	}
}
