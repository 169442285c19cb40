package pair_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"lvsha/compat-tests/pair"
)

// Times that are generous: they bound a failure, they measure nothing.
const (
	upWithin   = 2 * time.Minute
	moveWithin = time.Minute
	healWithin = 2 * time.Minute
	quiet      = 1500 * time.Millisecond
)

// mixes are the programs of master and standby.
func mixes() [][2]pair.Program {
	m := [][2]pair.Program{{pair.Ours, pair.Ours}, {pair.Ours, pair.Original}, {pair.Original, pair.Ours}}
	if *oracle {
		m = append(m, [2]pair.Program{pair.Original, pair.Original})
	}
	return m
}

func name(m [2]pair.Program) string { return m[0].String() + "+" + m[1].String() }

// TestLife plays start, stop, death and a cut link with its heal on one pair.
func TestLife(t *testing.T) {
	t.Parallel()
	for _, mix := range mixes() {
		t.Run(name(mix), func(t *testing.T) {
			t.Parallel()
			p := &player{T: t, Pair: newPair(t, pair.Options{Programs: mix})}
			p.step()
			startBoth(p)
			p.holder("both started", upWithin, quiet, pair.Master)
			p.announced(p.Master)

			p.step()
			p.do("stop master", p.Master.Stop())
			p.holder("master stopped", moveWithin, quiet, pair.Standby)
			p.announced(p.Standby)

			p.step()
			p.do("start master", p.Master.Start())
			p.holder("failback", upWithin, quiet, pair.Master)
			p.announced(p.Master)

			p.step()
			p.do("kill master", p.Master.Kill())
			// Nobody is there to take the address off the dead node.
			p.holder("master killed", moveWithin, quiet, pair.Master, pair.Standby)
			p.announced(p.Standby)
			p.step()
			p.do("start the killed master", p.Master.Start())
			p.holder("master is back after its death", upWithin, 4*time.Second, pair.Master)
			p.announced(p.Master)
			p.Settled()
			checkOverlaps(p)

			p.step()
			p.do("cut the master's link", p.Master.CutLink())
			p.holder("link cut", moveWithin, quiet, pair.Master, pair.Standby)
			p.step()
			p.do("heal the master's link", p.Master.HealLink())
			p.holder("link healed", healWithin, 8*time.Second, pair.Master)
			p.announced(p.Master)
			p.Settled()

			p.step()
			p.do("stop standby", p.Standby.Stop())
			p.do("stop master", p.Master.Stop())
			p.holder("both stopped", moveWithin, quiet)
			checkOverlaps(p)
		})
	}
}

// startBoth starts both nodes at the same time.
func startBoth(p *player) {
	p.Helper()
	errs := make(chan error, 2)
	for _, n := range []*pair.Node{p.Master, p.Standby} {
		go func() { errs <- n.Start() }()
	}
	for range 2 {
		p.do("start both", <-errs)
	}
}

// checkOverlaps checks that while the nodes heard each other the address was on
// one node at most.
func checkOverlaps(p *player) {
	p.Helper()
	for _, o := range pair.Overlaps(p.History.Since(0)) {
		p.Errorf("both nodes had the address %s", o)
	}
}

// TestAutoFailback is the table of the how-to with the verdicts of the original:
// the setting of the node that holds the resources when the other returns
// decides.
func TestAutoFailback(t *testing.T) {
	t.Parallel()
	rows := []struct {
		failback [2]string
		end      string
	}{
		{[2]string{"on", "on"}, pair.Master},
		{[2]string{"off", "off"}, pair.Standby},
		{[2]string{"off", "on"}, pair.Master},
		{[2]string{"on", "off"}, pair.Standby},
	}
	for _, row := range rows {
		for _, mix := range mixes() {
			t.Run(row.failback[0]+"-"+row.failback[1]+"/"+name(mix), func(t *testing.T) {
				t.Parallel()
				p := &player{T: t, Pair: newPair(t, pair.Options{Programs: mix, Failback: row.failback})}
				p.step()
				startBoth(p)
				p.holder("both started", upWithin, quiet, pair.Master)
				p.step()
				p.do("stop master", p.Master.Stop())
				p.holder("master stopped", moveWithin, quiet, pair.Standby)
				p.step()
				p.do("start master", p.Master.Start())
				p.line(p.Master, upWithin, "remote resource transition completed.")
				// What does not move has no event: a failback would begin
				// within two seconds of this line.
				p.holder("master started again", upWithin, 5*time.Second, row.end)
				checkOverlaps(p)
			})
		}
	}
}

// TestOurAgentsUnderTheOriginal lets two real heartbeats run our IPaddr2.
func TestOurAgentsUnderTheOriginal(t *testing.T) {
	t.Parallel()
	p := &player{T: t, Pair: newPair(t, pair.Options{OurAgents: true})}
	p.step()
	startBoth(p)
	p.holder("both started", upWithin, quiet, pair.Master)
	p.burst(p.Master)
	p.step()
	p.do("stop master", p.Master.Stop())
	p.holder("master stopped", moveWithin, quiet, pair.Standby)
	p.burst(p.Standby)
	p.step()
	p.do("start master", p.Master.Start())
	p.holder("failback", upWithin, quiet, pair.Master)
	p.burst(p.Master)
	checkOverlaps(p)
	if log := p.Master.Logs(); !strings.Contains(log, "IPaddr2(IPaddr2_"+pair.VIP+")[") ||
		!strings.Contains(log, "INFO: Adding inet address "+pair.VIP+"/32 with broadcast address 10.77.0.255 to device eth0") {
		t.Error("the log has no line of our IPaddr2")
	}
}

// TestFrozenHolder stops the processes of the node that holds the address until
// the other has taken it, and lets them go on. The one that slept must not act on
// what it knew.
func TestFrozenHolder(t *testing.T) {
	t.Parallel()
	mixes := [][2]pair.Program{{pair.Ours, pair.Ours}}
	if *oracle {
		mixes = append(mixes, [2]pair.Program{pair.Original, pair.Original})
	}
	for _, mix := range mixes {
		t.Run(name(mix), func(t *testing.T) {
			t.Parallel()
			p := &player{T: t, Pair: newPair(t, pair.Options{Programs: mix})}
			p.step()
			startBoth(p)
			p.holder("both started", upWithin, quiet, pair.Master)
			p.step()
			p.do("freeze the holder", p.Master.Freeze())
			p.holder("holder frozen", moveWithin, quiet, pair.Master, pair.Standby)
			p.announced(p.Standby)
			p.step()
			p.do("thaw it", p.Master.Thaw())
			p.line(p.Master, moveWithin, "") // it runs
			ctx, cancel := context.WithTimeout(context.Background(), healWithin)
			defer cancel()
			_, err := p.History.WaitOneHolder(ctx, 8*time.Second)
			p.do("one holder after the thaw", err)
			p.report("thawed")
			holder := p.Master
			if p.History.Holders() == pair.Standby {
				holder = p.Standby
			}
			p.announced(holder)
			p.Settled()
			p.step()
			p.do("stop standby", p.Standby.Stop())
			p.holder("standby stopped", moveWithin, quiet, pair.Master)
			checkOverlaps(p)
		})
	}
}
