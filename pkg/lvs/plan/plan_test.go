package plan_test

import (
	"fmt"
	"math/rand"
	"net/netip"
	"slices"
	"testing"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/health"
	"lvsha/pkg/lvs/plan"
)

// world is a random configuration with the health of its servers.
func world(r *rand.Rand) []plan.Virtual {
	var virtuals []plan.Virtual
	for i := range r.Intn(4) {
		v := &config.Virtual{Addr: addr(9, i), Port: 80, Scheduler: []string{"rr", "wlc"}[r.Intn(2)], Quiescent: r.Intn(2) == 0, CleanStop: r.Intn(2) == 0}
		if r.Intn(4) == 0 {
			v = &config.Virtual{Protocol: config.FWM, Mark: uint32(i + 1), Scheduler: "wrr"}
		}
		for j := range r.Intn(5) {
			v.Reals = append(v.Reals, config.Real{Addr: addr(1, j), Port: uint16(80 + r.Intn(2)), Forward: config.Forward(r.Intn(3)), Weight: r.Intn(3), Upper: r.Intn(2) * 50})
		}
		if r.Intn(2) == 0 {
			v.Fallback = &config.Fallback{Addr: addr(1, r.Intn(6)), Port: 80}
		}
		states := make([]health.State, len(v.Reals))
		for j := range states {
			states[j] = health.State(r.Intn(3))
		}
		virtuals = append(virtuals, plan.Virtual{Config: v, States: states, Settled: r.Intn(2) == 0})
	}
	return virtuals
}

func addr(net, host int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(net), 0, byte(host + 1)})
}

// litter fills a table with entries of the services and of others.
func litter(r *rand.Rand, virtuals []plan.Virtual) plan.Table {
	t := make(plan.Table)
	foreign := plan.Service{Key: plan.Key{Addr: addr(8, 0), Port: 99}, Scheduler: "rr"}
	services := []plan.Service{foreign}
	for _, v := range virtuals {
		s := plan.ServiceOf(v.Config)
		s.Scheduler = []string{s.Scheduler, "sh"}[r.Intn(2)]
		services = append(services, s)
	}
	for _, s := range services {
		if r.Intn(3) == 0 && s.Key != foreign.Key {
			continue
		}
		var dests []plan.Dest
		for j := range r.Intn(6) {
			a := netip.AddrPortFrom(addr(1, j), uint16(80+r.Intn(2)))
			dests = append(dests, plan.Dest{Addr: a, Forward: config.Forward(r.Intn(3)), Weight: r.Intn(3)})
		}
		t[s.Key] = plan.Entry{Service: s, Dests: plan.DestsOf(dests)}
	}
	return t
}

func apply(t *testing.T, table plan.Table, ops []plan.Op) {
	t.Helper()
	for _, op := range ops {
		if err := table.Apply(op); err != nil {
			t.Fatalf("%v in %v", err, ops)
		}
	}
}

// TestDiffReachesTheTable applies the difference between random tables and
// looks whether every address is as its server's state demands.
func TestDiffReachesTheTable(t *testing.T) {
	t.Parallel()
	for seed := range int64(3000) {
		r := rand.New(rand.NewSource(seed))
		virtuals := world(r)
		actual := litter(r, virtuals)
		before := actual.Clone()
		apply(t, actual, plan.Diff(actual, virtuals, nil))
		for _, v := range virtuals {
			if err := holds(v, actual[plan.KeyOf(v.Config)], before[plan.KeyOf(v.Config)]); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		if got, want := fmt.Sprint(actual[foreignKey]), fmt.Sprint(before[foreignKey]); got != want {
			t.Fatalf("seed %d: the foreign service is %s, was %s", seed, got, want)
		}
		if ops := plan.Diff(actual, virtuals, nil); len(ops) != 0 {
			t.Fatalf("seed %d: a second difference is not empty: %v", seed, ops)
		}
	}
}

var foreignKey = plan.Key{Addr: addr(8, 0), Port: 99}

// holds compares an entry with what the rules say, written the other way round
// than the product: from the table to the servers.
func holds(v plan.Virtual, entry, before plan.Entry) error {
	if entry.Service != plan.ServiceOf(v.Config) {
		return fmt.Errorf("service is %v, want %v", entry.Service, plan.ServiceOf(v.Config))
	}
	noneUp, someUp := true, false
	for _, s := range v.States {
		if s == health.Up {
			noneUp, someUp = false, true
		}
		if s == health.Unknown && !v.Settled {
			noneUp = false
		}
	}
	fallback, hasFallback := plan.FallbackAddr(v.Config)
	for _, d := range entry.Dests {
		a := d.Addr
		was, _ := before.Dests.Find(a)
		states := make(map[health.State]bool)
		exact := false
		for i, r := range v.Config.Reals {
			if plan.RealAddr(v.Config, r) == a {
				states[v.States[i]] = true
				exact = exact || v.States[i] == health.Up && d == (plan.Dest{Addr: a, Forward: r.Forward, Weight: r.Weight, Upper: r.Upper, Lower: r.Lower})
			}
		}
		isFallback := hasFallback && a == fallback
		switch {
		case states[health.Up]:
			if !exact {
				return fmt.Errorf("the server that is up is there as %v", d)
			}
		case isFallback && noneUp:
			if d != (plan.Dest{Addr: a, Forward: v.Config.Fallback.Forward, Weight: 1}) {
				return fmt.Errorf("the fallback is there as %v", d)
			}
		case states[health.Unknown]:
			if d != was {
				return fmt.Errorf("the unknown server %v was changed to %v", was, d)
			}
		case states[health.Down]:
			if !v.Config.Quiescent || d.Weight != 0 {
				return fmt.Errorf("the dead server is there as %v", d)
			}
		case isFallback && !someUp:
			if d != was {
				return fmt.Errorf("the fallback %v was changed to %v", was, d)
			}
		default:
			return fmt.Errorf("%v is there and must not be", d)
		}
	}
	for i, r := range v.Config.Reals {
		_, there := entry.Dests.Find(plan.RealAddr(v.Config, r))
		if (v.States[i] == health.Up || v.States[i] == health.Down && v.Config.Quiescent) && !there {
			return fmt.Errorf("the server %v, %v, is not there", r.Addr, v.States[i])
		}
	}
	if _, there := entry.Dests.Find(fallback); hasFallback && noneUp && !there {
		return fmt.Errorf("the fallback is not there")
	}
	return nil
}

// TestChangeLeavesOthersAlone sets weights by hand and looks whether a change of
// one server leaves those of the others.
func TestChangeLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	for seed := range int64(3000) {
		r := rand.New(rand.NewSource(seed))
		for _, v := range world(r) {
			if len(v.States) == 0 {
				continue
			}
			table := make(plan.Table)
			apply(t, table, plan.Diff(table, []plan.Virtual{v}, nil))
			entry := table[plan.KeyOf(v.Config)]
			for i := range entry.Dests {
				entry.Dests[i].Weight = 77
			}
			before := table.Clone()[plan.KeyOf(v.Config)]
			real := r.Intn(len(v.States))
			v.States[real] = health.State(1 + r.Intn(2))
			apply(t, table, plan.Change(entry, v, real, true))
			touched := plan.RealAddr(v.Config, v.Config.Reals[real])
			fallback, _ := plan.FallbackAddr(v.Config)
			for _, d := range before.Dests {
				if is, _ := table[plan.KeyOf(v.Config)].Dests.Find(d.Addr); d.Addr != touched && d.Addr != fallback && is != d {
					t.Fatalf("seed %d: %v became %v by a change of %v", seed, d, is, touched)
				}
			}
		}
	}
}

// TestAPlainPortFollowsTheService is the original's defect with a server behind
// direct routing on another port: it never finds its entry again.
func TestAPlainPortFollowsTheService(t *testing.T) {
	t.Parallel()
	v := &config.Virtual{Addr: addr(9, 0), Port: 80}
	mark := &config.Virtual{Protocol: config.FWM, Mark: 1}
	tests := []struct {
		virtual *config.Virtual
		forward config.Forward
		want    uint16
	}{{v, config.Gate, 80}, {v, config.IPIP, 80}, {v, config.Masq, 8080}, {mark, config.Gate, 8080}}
	for _, test := range tests {
		got := plan.RealAddr(test.virtual, config.Real{Addr: addr(1, 0), Port: 8080, Forward: test.forward}).Port()
		if got != test.want {
			t.Errorf("%v %v: port %d, want %d", test.virtual.Protocol, test.forward, got, test.want)
		}
	}
}

func TestQuiescing(t *testing.T) {
	t.Parallel()
	cfg := &config.Virtual{Addr: addr(9, 0), Port: 80, Quiescent: true, Reals: []config.Real{{Addr: addr(1, 0), Port: 80, Weight: 5, Upper: 9}}}
	v := plan.Virtual{Config: cfg, States: []health.State{health.Down}}
	a := plan.RealAddr(cfg, cfg.Reals[0])
	entry := func(dests ...plan.Dest) plan.Entry {
		return plan.Entry{Service: plan.ServiceOf(cfg), Dests: plan.DestsOf(dests)}
	}
	if ops := plan.Change(entry(plan.Dest{Addr: a, Weight: 5, Upper: 9}), v, 0, false); len(ops) != 1 || ops[0].Action != plan.EditDest || ops[0].Dest.Weight != 0 || ops[0].Dest.Upper != 0 {
		t.Errorf("in service: %v, want weight 0 without threshold", ops)
	}
	if ops := plan.Change(entry(), v, 0, false); len(ops) != 0 {
		t.Errorf("removed by hand: %v, want nothing", ops)
	}
	if ops := plan.Change(entry(), v, 0, true); len(ops) != 1 || ops[0].Action != plan.AddDest || ops[0].Dest.Weight != 0 {
		t.Errorf("removed by hand, readdquiescent: %v, want weight 0", ops)
	}
	if ops := plan.Change(entry(plan.Dest{Addr: a, Upper: 9}), v, 0, true); len(ops) != 0 {
		t.Errorf("already 0: %v, want nothing", ops)
	}
}

func TestAdopt(t *testing.T) {
	t.Parallel()
	cfg := &config.Virtual{Addr: addr(9, 0), Port: 80, Reals: []config.Real{
		{Addr: addr(1, 0), Port: 80, Weight: 1}, {Addr: addr(1, 1), Port: 80, Weight: 1}, {Addr: addr(1, 2), Port: 80, Weight: 0}, {Addr: addr(1, 3), Port: 80, Weight: 1},
	}}
	var dests plan.Dests
	for i, weight := range []int{7, 0, 0} {
		dests = append(dests, plan.Dest{Addr: plan.RealAddr(cfg, cfg.Reals[i]), Weight: weight})
	}
	want := []health.State{health.Up, health.Unknown, health.Up, health.Unknown}
	if got := plan.Adopt(cfg, plan.Entry{Dests: dests}); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("states %v, want %v", got, want)
	}
	cfg.CheckType = config.Off
	want = []health.State{health.Up, health.Down, health.Up, health.Down}
	if got := plan.Adopt(cfg, plan.Entry{Dests: dests}); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("checktype off: states %v, want %v", got, want)
	}
}

func TestStopHonoursCleanstop(t *testing.T) {
	t.Parallel()
	clean := plan.Virtual{Config: &config.Virtual{Addr: addr(9, 0), Port: 80, CleanStop: true}}
	leave := plan.Virtual{Config: &config.Virtual{Addr: addr(9, 1), Port: 80}}
	table := make(plan.Table)
	apply(t, table, plan.Diff(table, []plan.Virtual{clean, leave}, nil))
	apply(t, table, plan.Stop(table, []plan.Virtual{clean, leave}))
	if _, there := table[plan.KeyOf(clean.Config)]; there || len(table) != 1 {
		t.Errorf("left: %v", table.Keys())
	}
}

func TestAServerIsThereOnce(t *testing.T) {
	t.Parallel()
	at := func(i int) plan.Dest { return plan.Dest{Addr: netip.AddrPortFrom(addr(1, i), 80), Weight: i} }
	dests := plan.DestsOf([]plan.Dest{at(3), at(1), at(2), at(1)})
	if want := (plan.Dests{at(1), at(2), at(3)}); !slices.Equal(dests, want) {
		t.Errorf("%v, want %v", dests, want)
	}
	for i := range 5 {
		if d, ok := dests.Find(at(i).Addr); ok != (i >= 1 && i <= 3) || ok && d != at(i) {
			t.Errorf("server %d is found as %v, %v", i, d, ok)
		}
	}
}
