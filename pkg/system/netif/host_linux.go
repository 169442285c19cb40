package netif

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Errors that a caller decides by.
var (
	// ErrExists says that the address is already on the interface.
	ErrExists = errors.New("address is already there")
	// ErrAbsent says that the address, the route or the interface is not there.
	ErrAbsent = errors.New("not there")
)

// dumpTries bounds how often a listing is repeated that a change has
// interrupted. The last answer is taken as it is.
const dumpTries = 5

// Host is the network side of this machine: one namespace's links, addresses
// and routes. Its methods may be called from any goroutine.
type Host struct {
	handle *netlink.Handle
}

// Open connects to the network namespace of the calling thread.
func Open() (*Host, error) {
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("open rtnetlink: %w", err)
	}
	return &Host{handle: h}, nil
}

// Close gives the sockets back. An Announcer made from the Host must have been
// closed before.
func (h *Host) Close() { h.handle.Close() }

// Link is an interface.
type Link struct {
	Name     string
	Index    int
	Hardware net.HardwareAddr // empty when the interface has none
	Ethernet bool             // frames are Ethernet and ARP means something
	Loopback bool
	Up       bool // administratively up
	Running  bool // has a carrier
}

func linkOf(l netlink.Link) Link {
	at := l.Attrs()
	return Link{
		Name:     at.Name,
		Index:    at.Index,
		Hardware: at.HardwareAddr,
		Ethernet: at.EncapType == "ether" && at.RawFlags&unix.IFF_NOARP == 0,
		Loopback: at.RawFlags&unix.IFF_LOOPBACK != 0,
		Up:       at.RawFlags&unix.IFF_UP != 0,
		Running:  at.RawFlags&unix.IFF_RUNNING != 0,
	}
}

// Link finds an interface by its name. The error wraps ErrAbsent if there is none.
func (h *Host) Link(name string) (Link, error) {
	l, err := h.link(name)
	if err != nil {
		return Link{}, err
	}
	return linkOf(l), nil
}

func (h *Host) link(name string) (netlink.Link, error) {
	l, err := h.handle.LinkByName(name)
	var missing netlink.LinkNotFoundError
	switch {
	case errors.As(err, &missing), errors.Is(err, unix.ENODEV):
		return nil, fmt.Errorf("interface %s: %w", name, ErrAbsent)
	case err != nil:
		return nil, fmt.Errorf("interface %s: %w", name, err)
	}
	return l, nil
}

// Links lists the interfaces.
func (h *Host) Links() ([]Link, error) {
	ls, err := dump(h.handle.LinkList)
	if err != nil {
		return nil, fmt.Errorf("list interfaces: %w", err)
	}
	out := make([]Link, len(ls))
	for i, l := range ls {
		out[i] = linkOf(l)
	}
	return out, nil
}

// Up brings an interface up.
func (h *Host) Up(name string) error {
	l, err := h.link(name)
	if err != nil {
		return err
	}
	if l.Attrs().RawFlags&unix.IFF_UP != 0 {
		return nil
	}
	if err := h.handle.LinkSetUp(l); err != nil {
		return fmt.Errorf("bring up %s: %w", name, err)
	}
	return nil
}

// names maps interface indices to names.
func (h *Host) names() (map[int]string, error) {
	ls, err := h.Links()
	if err != nil {
		return nil, err
	}
	m := make(map[int]string, len(ls))
	for _, l := range ls {
		m[l.Index] = l.Name
	}
	return m, nil
}

// dump repeats a listing that the kernel says was interrupted by a change.
func dump[T any](list func() ([]T, error)) (out []T, err error) {
	for range dumpTries {
		out, err = list()
		if !errors.Is(err, netlink.ErrDumpInterrupted) {
			return out, err
		}
	}
	return out, nil
}

// prefixOf turns the library's network into a prefix, keeping the host part.
func prefixOf(n *net.IPNet) (netip.Prefix, bool) {
	if n == nil {
		return netip.Prefix{}, false
	}
	a, ok := netip.AddrFromSlice(n.IP)
	ones, _ := n.Mask.Size()
	return netip.PrefixFrom(a.Unmap(), ones), ok
}
