package ipvs

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"
	"testing"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/plan"
)

func u64(kind uint16, v uint64) attr {
	return attr{kind: kind, value: binary.NativeEndian.AppendUint64(nil, v)}
}

// stats are counters as the kernel lists them, in 32 bits but for the bytes, and
// in 64.
func stats(kind uint16, t plan.Traffic, wide bool) attr {
	number := func(kind uint16, v uint64) attr {
		if wide || kind == statsInBytes || kind == statsOutBytes {
			return u64(kind, v)
		}
		return u32(kind, uint32(v))
	}
	return attr{kind: kind, nested: []attr{
		number(statsConns, t.Counters.Connections), number(statsInPackets, t.Counters.InPackets), number(statsOutPackets, t.Counters.OutPackets),
		number(statsInBytes, t.Counters.InBytes), number(statsOutBytes, t.Counters.OutBytes),
		number(statsConnRate, t.Rates.Connections), number(statsInPacketRate, t.Rates.InPackets), number(statsOutPacketRate, t.Rates.OutPackets),
		number(statsInByteRate, t.Rates.InBytes), number(statsOutByteRate, t.Rates.OutBytes),
	}}
}

var busy = plan.Traffic{
	Counters: plan.Counters{Connections: 1<<32 + 5, InPackets: 1<<33 + 6, OutPackets: 7, InBytes: 1 << 50, OutBytes: 8},
	Rates:    plan.Rates{Connections: 9, InPackets: 10, OutPackets: 11, InBytes: 12, OutBytes: 13},
}

// TestCountersAre64Bits where the kernel has them so; before 4.1 it has not.
func TestCountersAre64Bits(t *testing.T) {
	t.Parallel()
	dest := plan.Dest{Addr: netip.MustParseAddrPort("10.1.0.11:80"), Forward: config.Masq, Weight: 3}
	both := destAttrs(dest, true).nested
	both = append(both, u32(destActive, 12), u32(destInactive, 34), u32(destPersistent, 56), stats(destStats, busy, false))
	old, err := parseDestUse(appendAttrs(nil, both), false)
	narrow := busy
	narrow.Counters.Connections, narrow.Counters.InPackets = 5, 6
	want := plan.DestUse{Dest: dest, Active: 12, Inactive: 34, Persistent: 56, Traffic: narrow}
	if err != nil || old != want {
		t.Errorf("an old kernel: %+v, %v, want %+v", old, err, want)
	}
	both = append(both, stats(destStats64, busy, true))
	want.Traffic = busy
	if got, err := parseDestUse(appendAttrs(nil, both), false); err != nil || got != want {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
}

// TestServicesAreReadAsTheyAreWritten, with their counters; one of a kind that no
// configuration can name is told apart.
func TestServicesAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for _, s := range []plan.Service{
		{Key: plan.Key{Addr: netip.MustParseAddr("10.9.0.1"), Port: 80}, Scheduler: "wlc", Netmask: plan.FullMask(false)},
		{Key: plan.Key{Addr: netip.MustParseAddr("10.9.0.1")}, Scheduler: "rr", Persistent: 600, Netmask: 0xffffff00},
		{Key: plan.Key{Protocol: config.UDP, Addr: netip.MustParseAddr("2001:db8::70"), Port: 53, IPv6: true}, Scheduler: "sh", Flags: 3, OnePacket: true, Netmask: 128},
		{Key: plan.Key{Protocol: config.FWM, Mark: 7, IPv6: true}, Scheduler: "mh", Persistent: 60, Netmask: 64},
	} {
		got, err := parseService(appendAttrs(nil, append(serviceAttrs(s, true).nested, stats(svcStats64, busy, true))))
		if err != nil || got.Service != s || got.Traffic != busy {
			t.Errorf("%+v, %v, want %+v", got, err, s)
		}
	}
	sctp := appendAttrs(nil, []attr{u16(svcFamily, 2), u16(svcProtocol, 132), {kind: svcAddr, value: []byte{10, 9, 0, 1}}, port(svcPort, 80)})
	if _, err := parseService(sctp); !errors.Is(err, errForeignKind) {
		t.Errorf("sctp: %v", err)
	}
	if _, err := parseService(appendAttrs(nil, []attr{u16(svcFamily, 2), u16(svcProtocol, 6)})); !errors.Is(err, errShort) {
		t.Errorf("without an address: %v", err)
	}
}

func FuzzParseService(f *testing.F) {
	s := plan.Service{Key: plan.Key{Addr: netip.MustParseAddr("10.9.0.1"), Port: 80}, Scheduler: "wlc", Persistent: 60}
	f.Add(appendAttrs(nil, append(serviceAttrs(s, true).nested, stats(svcStats64, busy, true))))
	f.Add(slices.Repeat([]byte{4, 0, 1, 0}, 3))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := parseService(b)
		if err == nil && s.Mark == 0 && !s.Addr.IsValid() {
			t.Errorf("%+v without an error", s)
		}
		if u, err := parseDestUse(b, false); err == nil && !u.Addr.IsValid() {
			t.Errorf("%+v without an error", u)
		}
	})
}
