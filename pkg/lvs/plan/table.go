// Package plan says which IPVS table a configuration and the health of its
// servers call for, and by which operations the kernel's table gets there. It
// decides only; it reads and writes nothing.
package plan

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"lvsha/pkg/lvs/config"
)

// Key names a virtual service in the kernel.
type Key struct {
	Protocol config.Protocol
	Addr     netip.Addr // not valid with a mark
	Port     uint16
	Mark     uint32
	IPv6     bool // the family, which a mark needs
}

// String returns the key as the original's identities do: tcp:ADDR:PORT,
// fwm:MARK, fwm6:MARK.
func (k Key) String() string {
	switch {
	case k.Protocol == config.FWM && k.IPv6:
		return fmt.Sprintf("fwm6:%d", k.Mark)
	case k.Protocol == config.FWM:
		return fmt.Sprintf("fwm:%d", k.Mark)
	}
	return k.Protocol.String() + ":" + netip.AddrPortFrom(k.Addr, k.Port).String()
}

// Compare orders keys, so that plans are the same every time.
func (k Key) Compare(o Key) int {
	return cmp.Or(cmp.Compare(k.Protocol, o.Protocol), k.Addr.Compare(o.Addr), cmp.Compare(k.Port, o.Port),
		cmp.Compare(k.Mark, o.Mark), boolCompare(k.IPv6, o.IPv6))
}

func boolCompare(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// Service is a virtual service with its settings, as the kernel has them.
type Service struct {
	Key
	Scheduler  string
	Flags      config.Flags // of the scheduler
	Persistent uint32       // seconds; 0: not persistent
	OnePacket  bool
	// Netmask joins clients of a persistent service: the address of the mask
	// for IPv4, its length for IPv6. Without persistence it means nothing, and
	// ours is then always the full mask.
	Netmask uint32
}

// Dest is a real server of a service, as the kernel has it.
type Dest struct {
	Addr         netip.AddrPort
	Forward      config.Forward
	Weight       int
	Upper, Lower int
}

// Entry is a service with its real servers.
type Entry struct {
	Service Service
	Dests   Dests
}

// Dests are the real servers of a service, in the order of their addresses.
type Dests []Dest

// DestsOf puts a list of servers in order, which becomes what is returned. The
// kernel's list names a server twice if others came while it was read.
func DestsOf(list []Dest) Dests {
	slices.SortFunc(list, func(a, b Dest) int { return a.Addr.Compare(b.Addr) })
	return slices.CompactFunc(list, func(a, b Dest) bool { return a.Addr == b.Addr })
}

// Find returns the server with an address.
func (d Dests) Find(addr netip.AddrPort) (Dest, bool) {
	i, ok := d.at(addr)
	if !ok {
		return Dest{}, false
	}
	return d[i], true
}

// at returns where the server with an address is, or would be.
func (d Dests) at(addr netip.AddrPort) (int, bool) {
	return slices.BinarySearchFunc(d, addr, func(e Dest, addr netip.AddrPort) int { return e.Addr.Compare(addr) })
}

// Table is what the kernel has, or should have.
type Table map[Key]Entry

// Keys returns the keys in order.
func (t Table) Keys() []Key {
	keys := make([]Key, 0, len(t))
	for k := range t {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, Key.Compare)
	return keys
}

// Action is what an operation does.
type Action uint8

// The actions.
const (
	AddService Action = iota
	EditService
	DeleteService
	AddDest
	EditDest
	DeleteDest
)

// String returns the action in words.
func (a Action) String() string {
	return [...]string{"add service", "edit service", "delete service", "add server", "edit server", "delete server"}[a]
}

// Op is one change of the kernel's table.
type Op struct {
	Action  Action
	Service Service
	Dest    Dest // with the actions on servers
	Before  Dest // what was there, with EditDest and DeleteDest
}

// Apply returns what a table looks like after an operation; the table itself is
// changed. Operations that the kernel would refuse return an error.
func (t Table) Apply(op Op) error {
	entry, exists := t[op.Service.Key]
	at, known := entry.Dests.at(op.Dest.Addr)
	switch {
	case op.Action == AddService:
		if exists {
			return fmt.Errorf("%s %s: exists", op.Action, op.Service.Key)
		}
		t[op.Service.Key] = Entry{Service: op.Service}
		return nil
	case !exists:
		return fmt.Errorf("%s %s: no such service", op.Action, op.Service.Key)
	case op.Action == EditService:
		entry.Service = op.Service
		t[op.Service.Key] = entry
	case op.Action == DeleteService:
		delete(t, op.Service.Key)
	case op.Action == AddDest && known, op.Action != AddDest && !known:
		return fmt.Errorf("%s %s of %s: exists is %v", op.Action, op.Dest.Addr, op.Service.Key, known)
	case op.Action == AddDest:
		entry.Dests = slices.Insert(entry.Dests, at, op.Dest)
		t[op.Service.Key] = entry
	case op.Action == EditDest:
		entry.Dests[at] = op.Dest
	case op.Action == DeleteDest:
		entry.Dests = slices.Delete(entry.Dests, at, at+1)
		t[op.Service.Key] = entry
	}
	return nil
}

// Clone returns a table that shares nothing with this one.
func (t Table) Clone() Table {
	c := make(Table, len(t))
	for k, e := range t {
		c[k] = Entry{e.Service, slices.Clone(e.Dests)}
	}
	return c
}
