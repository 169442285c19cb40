package ipvs

import (
	"net/netip"
	"testing"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/plan"
)

// BenchmarkUsage is the work of reading 1,000 servers of 100 services with their
// counters, without the calls of the kernel.
func BenchmarkUsage(b *testing.B) {
	dest := plan.Dest{Addr: netip.MustParseAddrPort("10.1.0.11:80"), Forward: config.Masq, Weight: 3}
	attrs := destAttrs(dest, true)
	attrs.nested = append(attrs.nested, u32(destActive, 12), u32(destInactive, 34), u32(destPersistent, 56), stats(destStats, busy, false), stats(destStats64, busy, true))
	message := appendAttrs(nil, []attr{attrs})
	b.SetBytes(int64(1000 * len(message)))
	b.ReportAllocs()
	for range b.N {
		for range 1000 {
			err := eachOf(message, attrDest, func(value []byte) error {
				_, err := parseDestUse(value, false)
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}
