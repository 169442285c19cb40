package plan

import (
	"maps"
	"math/rand/v2"
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
		var want wishes
		want.fill(v)
		if !slices.Equal(w.list, want.list) || !maps.Equal(w.at, want.at) || len(w.list) != n {
			t.Errorf("of %d servers: %v, want %v", n, w, want)
		}
	}
}

// TestOneWishIsThatOfAll, also where servers and the fallback share addresses.
func TestOneWishIsThatOfAll(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	states := []health.State{health.Unknown, health.Up, health.Down}
	for range 2000 {
		v := Virtual{
			Config: &config.Virtual{Addr: netip.MustParseAddr("10.9.0.1"), Port: 80, Quiescent: random.IntN(2) == 0}, Settled: random.IntN(2) == 0,
		}
		if random.IntN(2) == 0 {
			v.Config.Fallback = &config.Fallback{Addr: netip.AddrFrom4([4]byte{10, 1, 0, byte(random.IntN(4))}), Port: 80}
		}
		for i := range random.IntN(6) {
			v.Config.Reals = append(v.Config.Reals, config.Real{Addr: netip.AddrFrom4([4]byte{10, 1, 0, byte(random.IntN(3))}), Port: 80, Weight: i})
			v.States = append(v.States, states[random.IntN(len(states))])
		}
		var all wishes
		all.fill(v)
		for addr, i := range all.at {
			if got := v.wishFor(addr); got != all.list[i] {
				t.Fatalf("%v of %+v: %v, want %v", addr, v, got, all.list[i])
			}
		}
	}
}
