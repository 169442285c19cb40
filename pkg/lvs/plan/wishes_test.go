package plan

import (
	"maps"
	"net/netip"
	"slices"
	"testing"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/health"
)

// TestWishesAreOfOneService, whatever service had the room before.
func TestWishesAreOfOneService(t *testing.T) {
	t.Parallel()
	service := func(n int) Virtual {
		v := Virtual{Config: &config.Virtual{Port: 80}, States: make([]health.State, n)}
		for i := range n {
			v.States[i] = health.Up
			addr := netip.AddrFrom4([4]byte{10, byte(n), byte(i / 250), byte(i%250 + 1)})
			v.Config.Reals = append(v.Config.Reals, config.Real{Addr: addr, Port: 80, Weight: n})
		}
		return v
	}
	var w wishes
	for _, n := range []int{3, 2, 1000, 1, 0, 200} {
		v := service(n)
		w.fill(v)
		want := v.wishes()
		if !slices.Equal(w.list, want.list) || !maps.Equal(w.at, want.at) || len(w.list) != n {
			t.Errorf("of %d servers: %v, want %v", n, w, want)
		}
	}
}
