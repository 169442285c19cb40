package core_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lvsha/pkg/ha/judge"
)

var (
	seedFlag  = flag.Uint64("seed", 0, "play only the history of this seed and print it")
	firstSeed = flag.Uint64("first", 1, "first seed of the random histories")
	histories = flag.Int("histories", 2000, "how many random histories to play")
)

// keptSeeds is where the seeds of failed histories are, one file each; they are
// played first.
const keptSeeds = "testdata/seeds"

// TestRandomHistories plays seeded histories over every mix of auto_failback. The
// judge sees every change of a holder at once: no two nodes hold a group without
// a fault to blame, somebody answers while a healthy node runs, nothing moves
// without a cause, and in the end both nodes know who holds what.
func TestRandomHistories(t *testing.T) {
	if *seedFlag != 0 {
		trouble, trace := playHistory(*seedFlag, false)
		t.Log(strings.Join(trace, "\n"))
		if trouble != "" {
			t.Errorf("seed %d: %s", *seedFlag, trouble)
		}
		return
	}
	// The histories leave much behind and need little of it at a time.
	defer debug.SetGCPercent(debug.SetGCPercent(800))
	seeds := storedSeeds(t)
	for i := range *histories {
		seeds = append(seeds, *firstSeed+uint64(i))
	}
	var next, failed atomic.Int64
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Add(1)
		go func() {
			defer all.Done()
			for {
				i := int(next.Add(1)) - 1
				if i >= len(seeds) || failed.Load() >= 5 {
					return
				}
				if trouble, _ := playHistory(seeds[i], true); trouble != "" {
					failed.Add(1)
					store(t, seeds[i], trouble)
				}
			}
		}()
	}
	all.Wait()
}

// store prints the history of a seed that failed and notes the seed.
func store(t *testing.T, seed uint64, trouble string) {
	_, trace := playHistory(seed, false)
	t.Errorf("seed %d: %s (replay with -run %s -seed %d)\n%s",
		seed, trouble, t.Name(), seed, strings.Join(trace[max(0, len(trace)-120):], "\n"))
	if err := os.MkdirAll(keptSeeds, 0o755); err != nil {
		t.Error(err)
	}
	name := filepath.Join(keptSeeds, strconv.FormatUint(seed, 10))
	if err := os.WriteFile(name, []byte(trouble+"\n"), 0o644); err != nil {
		t.Error(err)
	}
}

func storedSeeds(t *testing.T) []uint64 {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(keptSeeds, "*"))
	if err != nil {
		t.Fatal(err)
	}
	var seeds []uint64
	for _, name := range files {
		seed, err := strconv.ParseUint(filepath.Base(name), 10, 64)
		if err != nil {
			t.Fatalf("%s is not named for a seed", name)
		}
		seeds = append(seeds, seed)
	}
	return seeds
}

// TestSeedReplays plays histories twice: a seed is a history.
func TestSeedReplays(t *testing.T) {
	for seed := uint64(1); seed <= 12; seed++ {
		_, one := playHistory(seed, false)
		_, two := playHistory(seed, false)
		if len(one) < 50 || !slices.Equal(one, two) {
			t.Errorf("seed %d: two histories, of %d and %d lines", seed, len(one), len(two))
		}
	}
}

// script is what happens in a history.
type script struct {
	*world
	m, s *host
	kind int // of faults
}

// The kinds of histories.
const (
	gentle = iota // orderly starts, stops and moves: no overlap is excused
	calm          // one thing after the other: who holds what is foretold
	wild          // everything
	kinds  = 4    // half of all are wild
)

// mixes are the values of auto_failback.
var mixes = []string{"on", "off", "legacy"}

func playHistory(seed uint64, quiet bool) (trouble string, trace []string) {
	set := settings{keepalive: 200 * time.Millisecond, deadtime: time.Second, initdead: 3 * time.Second}
	if seed%7 == 0 {
		set.keepalive, set.deadtime = 500*time.Millisecond, 2*time.Second
	}
	mix := seed / kinds % uint64(len(mixes)*len(mixes))
	w := newWorld(seed, map[string]settings{
		"m": set.withFailback(mixes[mix%3]), "s": set.withFailback(mixes[mix/3]),
	}, "m", "s")
	w.quiet = quiet
	h := &script{world: w, m: w.host("m"), s: w.host("s"), kind: int(seed % kinds)}
	if seed/36%3 == 0 {
		w.links = []string{"eth0", "eth1"}
		w.wire()
	}
	if seed%5 == 0 {
		w.reorder = 0.1
	}
	if seed%11 == 0 {
		w.latency = 30 * time.Millisecond
	}
	w.judge = judge.New(w.now, h.bounds(), "m", "s")
	h.play()
	if v := w.judge.Verdicts(); len(v) > 0 {
		return v[0], w.trace
	}
	return "", w.trace
}

func (s settings) withFailback(word string) settings {
	s.failback, s.legacy = word == "on", word == "legacy"
	return s
}

// bounds follow from the times of the nodes and from how long works take. A
// change may have to wait for works under way before its own.
func (h *script) bounds() judge.Bounds {
	set, work := h.m.cfg, 2*h.workTime
	asked := time.Duration(0)
	if h.reorder > 0 {
		asked = time.Second // a request for the node list that is overtaken is said again
	}
	return judge.Bounds{
		Settle: set.deadtime + set.keepalive + 4*h.latency + 2*work + asked,
		Answer: set.deadtime + 100*time.Millisecond + 4*h.latency + 2*work,
		Calm:   12*time.Second + 4*work,
		Moves:  3, // what was being started when a partition began, and what each side takes in it
	}
}

func (h *script) setWorkTime(d time.Duration) {
	h.workTime = max(h.workTime, d)
	h.judge.SetBounds(h.now, h.bounds())
	h.workTime = d
}

func (h *script) play() {
	h.m.start()
	if h.kind != calm {
		h.run(h.upTo(4 * time.Second))
	}
	h.s.start()
	if h.kind == calm {
		h.playCalm()
		return
	}
	for range 10 {
		h.run(h.upTo(3 * time.Second))
		if h.kind == gentle {
			h.gentleFault()
		} else {
			h.fault()
		}
		if len(h.judge.Verdicts()) > 0 {
			return
		}
	}
	h.heal()
	h.rest()
}

func (h *script) upTo(d time.Duration) time.Duration { return time.Duration(h.rng.Int64N(int64(d))) }

// heal ends every fault and starts what does not run.
func (h *script) heal() {
	h.logf("all faults end")
	for i := range h.wires {
		h.wires[i] = wire{last: h.wires[i].last}
	}
	h.duplicate = 0
	h.m.broken, h.s.broken = false, false
	h.changed()
	for _, n := range h.nodes {
		n.resume()
	}
	h.setWorkTime(20 * time.Millisecond)
	// A stop that was asked for may still be under way.
	h.until(20*time.Second, func() bool { return (!h.m.leaving || !h.m.running) && (!h.s.leaving || !h.s.running) })
	h.run(time.Second)
	for _, n := range h.nodes {
		n.start()
	}
}

// rest waits until nothing moves and looks at what everybody believes.
func (h *script) rest() {
	limit := h.bounds().Calm
	since := h.now
	quiet := func() bool {
		if !h.agreed() {
			since = h.now
		}
		return h.now.Sub(since) > 2*h.m.cfg.keepalive+4*h.latency
	}
	if _, ok := h.until(limit, quiet); !ok {
		h.judge.Accuse(h.now, "no rest after %v: %s; %s", limit, stateOf(h.m), stateOf(h.s))
		return
	}
	before := [2]string{h.holder("m"), h.holder("s")}
	h.run(3*time.Second + h.upTo(9*time.Second))
	h.judge.Rest(h.now)
	if after := [2]string{h.holder("m"), h.holder("s")}; after != before {
		h.judge.Accuse(h.now, "still moving: %v, then %v", before, after)
	}
	if !h.agreed() {
		h.judge.Accuse(h.now, "no agreement: %s; %s", stateOf(h.m), stateOf(h.s))
	}
}

// agreed reports whether all nodes that run are at rest, hold what they believe
// to hold, and know it of each other.
func (h *script) agreed() bool {
	for i, n := range h.nodes {
		o := h.nodes[1-i]
		if !n.running {
			if n.between {
				return false
			}
			continue
		}
		r := n.core.Holder()
		if n.working || len(n.works) > 0 || !n.core.Members().Joined() || !r.Stable() {
			return false
		}
		if r.Mine().Has(1) != n.up[n.name] || r.Mine().Has(2) != n.up[o.name] {
			return false
		}
		if o.running && r.Theirs() != o.core.Holder().Mine() {
			return false
		}
	}
	return true
}

// foretell says what a calm history has come to.
func (h *script) foretell(what string, want map[string]string) bool {
	limit := h.bounds().Calm
	right := func() bool { return h.agreed() && h.holder("m") == want["m"] && h.holder("s") == want["s"] }
	if took, ok := h.until(limit, right); !ok {
		h.judge.Accuse(h.now, "%s: after %v the groups are on %q and %q, foretold %q and %q; %s; %s",
			what, took, h.holder("m"), h.holder("s"), want["m"], want["s"], stateOf(h.m), stateOf(h.s))
		return false
	}
	h.run(time.Second)
	if !right() {
		h.judge.Accuse(h.now, "%s: the groups have moved on, to %q and %q", what, h.holder("m"), h.holder("s"))
	}
	h.judge.Rest(h.now)
	return len(h.judge.Verdicts()) == 0
}

func stateOf(h *host) string {
	if !h.running {
		return fmt.Sprintf("%s does not run", h.name)
	}
	return h.name + ": " + h.state()
}
