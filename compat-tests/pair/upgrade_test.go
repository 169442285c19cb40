package pair_test

import (
	"regexp"
	"strconv"
	"testing"
	"time"

	"lvsha/compat-tests/pair"
)

// TestUpgradeInPlace goes from two originals to two of ours and back, node by node
// as docs/migration.md says: first the node that does not hold the address, then
// the one that does. The client is answered throughout, but for one graceful
// switch when a holder stops and one when it takes its resources back.
func TestUpgradeInPlace(t *testing.T) {
	t.Parallel()
	for _, failback := range []string{"on", "off"} {
		t.Run("auto_failback "+failback, func(t *testing.T) {
			t.Parallel()
			dir, err := stage()
			if err != nil {
				t.Fatal(err)
			}
			p := &player{T: t, Pair: newPair(t, pair.Options{Failback: [2]string{failback, failback}})}
			u := &upgrade{player: p, stage: dir, backs: failback == "on"}
			p.step()
			startBoth(p)
			p.holder("both started", upWithin, quiet, pair.Master)
			holder, other := p.Master, p.Standby
			for _, to := range []pair.Program{pair.Ours, pair.Original} {
				u.swap(other, to, holder)
				u.swap(holder, to, other)
				if failback == "off" {
					holder, other = other, holder
				}
			}
			checkOverlaps(p)
		})
	}
}

// upgrade plays the exchange of programs.
type upgrade struct {
	*player
	stage string
	backs bool // the resources go back to their preferred node
}

// How long a client may be without an answer at a switch, with room for a busy
// machine: where ours takes the address, and where an original's scripts do.
const (
	graceful         = 15 * time.Second
	gracefulOriginal = 45 * time.Second
)

// swap exchanges the program of one node. peer is the node that holds the address
// afterwards, unless auto_failback brings it back.
func (u *upgrade) swap(n *pair.Node, to pair.Program, peer *pair.Node) {
	u.Helper()
	what := n.Name + " gets " + to.String()
	held := u.History.Holders() == n.Name
	before := u.generation(n)
	u.step()
	u.do("stop", n.Stop())
	u.holder(what+": stopped", moveWithin, quiet, peer.Name)
	u.do("swap", n.Swap(to, u.stage))
	u.do("start", n.Start())
	u.line(n, upWithin, "Local status now set to: 'active'")
	end := peer.Name
	if held && n == u.Master && u.backs {
		end = n.Name
	}
	// What does not move has no event; the originals' ten seconds are included.
	u.holder(what, upWithin, 12*time.Second, end)
	ups, longest := 0, time.Duration(0)
	for _, e := range u.History.Since(u.mark) {
		switch e.Kind {
		case pair.Up:
			ups++
		case pair.Gap:
			longest = max(longest, e.Length)
		case pair.Down, pair.ARP, pair.Neighbour, pair.Line, pair.Fault:
		}
	}
	moves, most := 0, graceful
	if peer.Program == pair.Original || end == n.Name && to == pair.Original {
		most = gracefulOriginal
	}
	if held {
		moves = 1
		if end == n.Name {
			moves = 2
		}
	}
	if ups != moves || longest > most {
		u.Errorf("%s: the address has come up %d times, want %d; a client was without an answer for %v", what, ups, moves, longest)
	}
	if after := u.generation(n); after <= before {
		u.Errorf("%s: generation %d after %d", what, after, before)
	}
}

var generationLine = regexp.MustCompile(`Heartbeat generation: (\d+)`)

// generation is the last one that a node has logged.
func (u *upgrade) generation(n *pair.Node) uint64 {
	u.Helper()
	all := generationLine.FindAllStringSubmatch(n.Logs(), -1)
	if len(all) == 0 {
		u.Fatalf("%s has logged no generation", n.Name)
	}
	g, err := strconv.ParseUint(all[len(all)-1][1], 10, 64)
	if err != nil {
		u.Fatal(err)
	}
	return g
}
