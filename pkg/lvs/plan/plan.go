package plan

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"time"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/health"
)

// Virtual is one service of the configuration with the health of its servers.
type Virtual struct {
	Config *config.Virtual
	States []health.State // one for each of Config.Reals
	// Settled says that unknown servers are no longer waited for: the fallback
	// may take over while one of them is silent.
	Settled bool
}

// KeyOf returns the key of a configured service.
func KeyOf(v *config.Virtual) Key {
	if v.Protocol == config.FWM {
		return Key{Protocol: config.FWM, Mark: v.Mark, IPv6: v.IPv6}
	}
	return Key{Protocol: v.Protocol, Addr: v.Addr, Port: v.Port, IPv6: v.IPv6}
}

// ServiceOf returns a configured service as the kernel shall have it.
func ServiceOf(v *config.Virtual) Service {
	s := Service{Key: KeyOf(v), Scheduler: v.Scheduler, Persistent: uint32(v.Persistent / time.Second), Netmask: FullMask(v.IPv6)}
	s.Flags, _ = v.Flags()
	s.OnePacket = v.OnePacket && v.Protocol == config.UDP
	if s.Persistent == 0 || v.Netmask == "" {
		return s
	}
	if v.IPv6 {
		if n, err := strconv.ParseUint(v.Netmask, 10, 32); err == nil {
			s.Netmask = uint32(n)
		}
	} else if a, err := netip.ParseAddr(v.Netmask); err == nil {
		b := a.As4()
		s.Netmask = binary.BigEndian.Uint32(b[:])
	}
	return s
}

// FullMask is the netmask that joins no clients.
func FullMask(ipv6 bool) uint32 {
	if ipv6 {
		return 128
	}
	return 0xffffffff
}

// AddrOf returns the address and port that a real server has in the kernel: a
// server of an address service that is reached by direct routing or a tunnel
// gets the packets as they are, so its port is the service's.
func AddrOf(v *config.Virtual, addr netip.Addr, port uint16, forward config.Forward) netip.AddrPort {
	if v.Protocol != config.FWM && forward != config.Masq {
		port = v.Port
	}
	return netip.AddrPortFrom(addr, port)
}

// RealAddr is AddrOf for a configured server.
func RealAddr(v *config.Virtual, r config.Real) netip.AddrPort {
	return AddrOf(v, r.Addr, r.Port, r.Forward)
}

// FallbackAddr is AddrOf for the fallback; ok is false if there is none.
func FallbackAddr(v *config.Virtual) (addr netip.AddrPort, ok bool) {
	if v.Fallback == nil {
		return netip.AddrPort{}, false
	}
	return AddrOf(v, v.Fallback.Addr, v.Fallback.Port, v.Fallback.Forward), true
}

// NoneUp says whether no server can take connections: none is up and none is
// waited for.
func (v Virtual) NoneUp() bool {
	for _, s := range v.States {
		if s == health.Up || s == health.Unknown && !v.Settled {
			return false
		}
	}
	return true
}

// someUp says whether a server is up.
func (v Virtual) someUp() bool {
	for _, s := range v.States {
		if s == health.Up {
			return true
		}
	}
	return false
}

// want is what shall be with one address of a service.
type want uint8

const (
	absent  want = iota
	present      // exactly as given
	zero         // weight 0 if it is to be there at all
	keep         // whatever is there stays
)

type wish struct {
	want want
	dest Dest
}

// wishes are what shall be with every address that a service configures, in the
// order of the file. The zero value is ready to be filled.
type wishes struct {
	list []wish
	at   map[netip.AddrPort]int
}

// yields says whether a wish gives way to a later one for the same address. One for
// an entry that is present wins; without it the former stays, or is replaced.
func (w wish) yields(to wish, replace bool) bool {
	return to.want == present || replace && w.want != present
}

// add has a wish stand for its address.
func (w *wishes) add(wanted wish, replace bool) {
	i, seen := w.at[wanted.dest.Addr]
	switch {
	case !seen:
		w.at[wanted.dest.Addr] = len(w.list)
		w.list = append(w.list, wanted)
	case w.list[i].yields(wanted, replace):
		w.list[i] = wanted
	}
}

// wishFor is the wish for one address that the service configures.
func (v Virtual) wishFor(addr netip.AddrPort) (found wish) {
	seen := false
	v.eachWish(func(wanted wish, replace bool) {
		if wanted.dest.Addr == addr && (!seen || found.yields(wanted, replace)) {
			found, seen = wanted, true
		}
	})
	return found
}

// reset forgets all wishes and keeps their room for n of another service. Room that
// is far too large takes longer to clear than new room to make.
func (w *wishes) reset(n int) {
	if w.at == nil || cap(w.list) > 64*n {
		w.list, w.at = make([]wish, 0, n), make(map[netip.AddrPort]int, n)
		return
	}
	w.list = w.list[:0]
	clear(w.at)
}

// fill makes the wishes those of a service.
func (w *wishes) fill(v Virtual) {
	w.reset(len(v.States) + 1)
	v.eachWish(w.add)
}

// eachWish calls visit with what each server calls for, and whether it replaces
// what one before it with the same address does: the one that is up wins, then the
// later.
func (v Virtual) eachWish(visit func(wanted wish, replace bool)) {
	for i, r := range v.Config.Reals {
		addr := RealAddr(v.Config, r)
		wanted := wish{absent, Dest{Addr: addr, Forward: r.Forward, Weight: r.Weight, Upper: r.Upper, Lower: r.Lower}}
		switch {
		case v.States[i] == health.Up:
			wanted.want = present
		case v.States[i] == health.Unknown:
			wanted.want = keep
		case v.Config.Quiescent:
			wanted = wish{zero, Dest{Addr: addr, Forward: r.Forward}}
		}
		visit(wanted, true)
	}
	addr, ok := FallbackAddr(v.Config)
	if !ok {
		return
	}
	wanted := wish{keep, Dest{Addr: addr, Forward: v.Config.Fallback.Forward, Weight: 1}}
	switch {
	case v.NoneUp():
		wanted.want = present
	case v.someUp():
		wanted.want = absent
	}
	// An entry that is also a configured server is never removed here.
	visit(wanted, false)
}
