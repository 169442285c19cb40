package ipvs

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"syscall"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/plan"
)

// The numbers of linux/ip_vs.h for what is counted. libipvs reads the counters
// of 32 bits only, which a busy director overruns in hours.
const (
	cmdGetService uint8 = 4

	svcStats, svcStats64                                             = 10, 12
	destActive, destInactive, destPersistent, destStats, destStats64 = 7, 8, 9, 10, 12
	statsConns, statsInPackets, statsOutPackets                      = 1, 2, 3
	statsInBytes, statsOutBytes                                      = 4, 5
	statsConnRate, statsInPacketRate, statsOutPacketRate             = 6, 7, 8
	statsInByteRate, statsOutByteRate                                = 9, 10
)

// Reader reads the table with its counters. It has a connection of its own, so
// that who reads never holds up who changes the table. Its methods may be called
// from any goroutine.
type Reader struct {
	mu  sync.Mutex
	raw *rawConn
}

// NewReader returns a reader, which connects when it is first asked.
func NewReader() *Reader { return &Reader{} }

// Close gives the connection back.
func (r *Reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.raw == nil {
		return nil
	}
	err := r.raw.close()
	r.raw = nil
	return err
}

// Usage reads all services of a kind that a configuration can name, with their
// servers and counters. The error is ErrNoIPVS if the kernel has no IPVS.
func (r *Reader) Usage() (plan.Usage, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	usage, err := r.read()
	if err == nil || r.raw == nil {
		return usage, err
	}
	// The number of the family is another one when the module was loaded anew.
	_ = r.raw.close()
	r.raw = nil
	return r.read()
}

func (r *Reader) read() (plan.Usage, error) {
	if r.raw == nil {
		raw, err := openRaw()
		if err != nil {
			return nil, fmt.Errorf("read ipvs: %w", err)
		}
		r.raw = raw
	}
	usage, err := r.raw.services()
	if err != nil {
		return nil, fmt.Errorf("read ipvs services: %w", err)
	}
	for i := range usage {
		if usage[i].Dests, err = r.raw.uses(usage[i].Service); err != nil {
			return nil, fmt.Errorf("read ipvs servers of %s: %w", usage[i].Key, err)
		}
	}
	return usage, nil
}

func (r *rawConn) services() (plan.Usage, error) {
	var usage plan.Usage
	err := r.genl.each(r.family, cmdGetService, ipvsVersion, syscall.NLM_F_DUMP, nil, func(b []byte) error {
		return eachOf(b, attrService, func(value []byte) error {
			s, err := parseService(value)
			if errors.Is(err, errForeignKind) {
				return nil // nobody's that a configuration can name
			}
			usage = append(usage, s)
			return err
		})
	})
	slices.SortFunc(usage, func(a, b plan.ServiceUse) int { return a.Compare(b.Key) })
	return usage, err
}

func (r *rawConn) uses(s plan.Service) ([]plan.DestUse, error) {
	var uses []plan.DestUse
	err := r.genl.each(r.family, cmdGetDest, ipvsVersion, syscall.NLM_F_DUMP, []attr{serviceAttrs(s, false)}, func(b []byte) error {
		return eachOf(b, attrDest, func(value []byte) error {
			u, err := parseDestUse(value, s.IPv6)
			uses = append(uses, u)
			return err
		})
	})
	slices.SortFunc(uses, func(a, b plan.DestUse) int { return a.Addr.Compare(b.Addr) })
	return uses, err
}

// eachOf calls visit with every attribute of one kind.
func eachOf(b []byte, wanted uint16, visit func(value []byte) error) error {
	var inner error
	err := eachAttr(b, func(kind uint16, value []byte) {
		if kind == wanted && inner == nil {
			inner = visit(value)
		}
	})
	return cmp.Or(err, inner)
}

func parseService(b []byte) (plan.ServiceUse, error) {
	var s plan.ServiceUse
	v, err := parseAttrs(b)
	if err != nil {
		return s, err
	}
	s.IPv6 = binary16(v[svcFamily]) == syscall.AF_INET6
	s.Scheduler = string(bytes.TrimRight(v[svcScheduler], "\x00"))
	flags := uint32(0)
	if f := v[svcFlags]; len(f) >= 4 {
		flags = binary.NativeEndian.Uint32(f)
	}
	s.Flags, s.OnePacket = config.Flags(flags&schedMask>>flagSched), flags&flagOnePacket != 0
	s.Netmask = plan.FullMask(s.IPv6)
	if flags&flagPersistent != 0 {
		s.Persistent, s.Netmask = uint32(number(v[svcTimeout])), maskFromKernel(uint32(number(v[svcNetmask])), s.IPv6)
	}
	if s.Traffic, err = parseTraffic(v[svcStats], v[svcStats64]); err != nil {
		return s, err
	}
	if mark := uint32(number(v[svcMark])); mark != 0 {
		s.Protocol, s.Mark = config.FWM, mark
		return s, nil
	}
	switch binary16(v[svcProtocol]) {
	case syscall.IPPROTO_TCP:
	case syscall.IPPROTO_UDP:
		s.Protocol = config.UDP
	default:
		return s, fmt.Errorf("protocol %d: %w", binary16(v[svcProtocol]), errForeignKind)
	}
	var ok bool
	if s.Addr, s.Port, ok = parseAddr(v[svcAddr], v[svcPort], s.IPv6); !ok {
		return s, fmt.Errorf("service without address or port: %w", errShort)
	}
	return s, nil
}

func parseDestUse(b []byte, ipv6 bool) (plan.DestUse, error) {
	var u plan.DestUse
	var err error
	if u.Dest, err = parseDest(b, ipv6); err != nil {
		return u, err
	}
	var stats, stats64 []byte
	err = eachAttr(b, func(kind uint16, v []byte) {
		switch kind {
		case destActive:
			u.Active = int(number(v))
		case destInactive:
			u.Inactive = int(number(v))
		case destPersistent:
			u.Persistent = int(number(v))
		case destStats:
			stats = v
		case destStats64:
			stats64 = v
		}
	})
	if err == nil {
		u.Traffic, err = parseTraffic(stats, stats64)
	}
	return u, err
}

// parseTraffic reads the counters of 64 bits, or where the kernel has none
// (before 4.1) the older ones.
func parseTraffic(stats, stats64 []byte) (plan.Traffic, error) {
	if len(stats64) > 0 {
		stats = stats64
	}
	var t plan.Traffic
	into := [...]*uint64{
		statsConns: &t.Counters.Connections, statsInPackets: &t.Counters.InPackets, statsOutPackets: &t.Counters.OutPackets,
		statsInBytes: &t.Counters.InBytes, statsOutBytes: &t.Counters.OutBytes,
		statsConnRate: &t.Rates.Connections, statsInPacketRate: &t.Rates.InPackets, statsOutPacketRate: &t.Rates.OutPackets,
		statsInByteRate: &t.Rates.InBytes, statsOutByteRate: &t.Rates.OutBytes,
	}
	err := eachAttr(stats, func(kind uint16, v []byte) {
		if kind > 0 && int(kind) < len(into) {
			*into[kind] = number(v)
		}
	})
	return t, err
}

// number reads an unsigned number of 32 or 64 bits; 0 of anything else.
func number(v []byte) uint64 {
	switch len(v) {
	case 4:
		return uint64(binary.NativeEndian.Uint32(v))
	case 8:
		return binary.NativeEndian.Uint64(v)
	}
	return 0
}

func binary16(v []byte) uint16 {
	if len(v) != 2 {
		return 0
	}
	return binary.NativeEndian.Uint16(v)
}

// parseAddr reads an address, to which the kernel gives the length of an IPv6
// one whatever it is, and a port.
func parseAddr(addr, port []byte, ipv6 bool) (netip.Addr, uint16, bool) {
	size := 4
	if ipv6 {
		size = 16
	}
	if len(addr) < size || len(port) != 2 {
		return netip.Addr{}, 0, false
	}
	ip, ok := netip.AddrFromSlice(addr[:size])
	return ip, binary.BigEndian.Uint16(port), ok
}
