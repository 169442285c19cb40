package core_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"lvsha/pkg/ha/judge"
)

// epoch is when every world begins.
var epoch = time.Unix(1_700_000_000, 0).UTC()

// world is a cluster in virtual time: cores, a network, and the resources that
// their works bring up and down.
type world struct {
	now   time.Time
	rng   *rand.Rand
	queue []event
	order int
	nodes []*host
	wires []wire // by sender, receiver and link; see path
	links []string
	trace []string
	quiet bool // no trace
	judge *judge.Judge

	// lose, unless nil, picks the messages that never arrive.
	lose func(from *host, kind, info string) bool

	reorder   float64 // share of datagrams that may overtake
	duplicate float64 // share of datagrams that come twice
	latency   time.Duration
	workTime  time.Duration // longest half of a work

	downs     int       // how often a group went down, before the judge
	disturbed time.Time // when the last fault began or ended
	overlaps  []string
	announcer map[string]string // who was the last to announce a group
}

// event is something that is due; of two at one time the first planned is first.
type event struct {
	at    time.Time
	order int
	do    func()
}

func (e event) before(o event) bool {
	if !e.at.Equal(o.at) {
		return e.at.Before(o.at)
	}
	return e.order < o.order
}

func newWorld(seed uint64, cfgs map[string]settings, names ...string) *world {
	w := &world{
		now:       epoch,
		rng:       rand.New(rand.NewPCG(seed, 1)),
		links:     []string{"eth0"},
		latency:   time.Millisecond,
		announcer: make(map[string]string),
		workTime:  20 * time.Millisecond,
	}
	for i, n := range names {
		w.nodes = append(w.nodes, &host{w: w, index: i, name: n, cfg: cfgs[n], gen: uint64(w.now.Unix()), up: make(map[string]bool)})
	}
	w.wire()
	return w
}

func (w *world) logf(format string, args ...any) {
	if !w.quiet {
		w.trace = append(w.trace, fmt.Sprintf("%9.3f ", w.now.Sub(epoch).Seconds())+fmt.Sprintf(format, args...))
	}
}

// after plans something: the queue is a heap with the next event first.
func (w *world) after(d time.Duration, do func()) {
	w.order++
	w.queue = append(w.queue, event{at: w.now.Add(d), order: w.order, do: do})
	q := w.queue
	for i := len(q) - 1; i > 0; {
		up := (i - 1) / 2
		if !q[i].before(q[up]) {
			break
		}
		q[i], q[up] = q[up], q[i]
		i = up
	}
}

// step takes the next event out and has it happen.
func (w *world) step() {
	q := w.queue
	e := q[0]
	last := len(q) - 1
	q[0], q[last] = q[last], event{}
	w.queue = q[:last]
	q = w.queue
	for i := 0; ; {
		least := i
		for _, k := range [2]int{2*i + 1, 2*i + 2} {
			if k < len(q) && q[k].before(q[least]) {
				least = k
			}
		}
		if least == i {
			break
		}
		q[i], q[least] = q[least], q[i]
		i = least
	}
	w.now = e.at
	e.do()
}

// run lets the given time pass.
func (w *world) run(d time.Duration) {
	end := w.now.Add(d)
	for len(w.queue) > 0 && !w.queue[0].at.After(end) {
		w.step()
	}
	w.now = end
	if w.judge != nil {
		w.judge.Pass(end)
	}
}

// until runs until the condition holds and returns how long that took; false
// if it did not within the limit.
func (w *world) until(limit time.Duration, cond func() bool) (time.Duration, bool) {
	begin, end := w.now, w.now.Add(limit)
	for !cond() {
		if len(w.queue) == 0 || w.queue[0].at.After(end) {
			w.now = end
			return limit, false
		}
		w.step()
	}
	return w.now.Sub(begin), true
}

func (w *world) host(name string) *host {
	for _, h := range w.nodes {
		if h.name == name {
			return h
		}
	}
	return nil
}

func (w *world) holders(group string) []string {
	var names []string
	for _, h := range w.nodes {
		if h.up[group] {
			names = append(names, h.name)
		}
	}
	return names
}

func (w *world) holder(group string) string { return strings.Join(w.holders(group), "+") }

// changed tells the judge that a fault has begun or ended.
func (w *world) changed() {
	w.disturbed = w.now
	if w.judge != nil {
		w.judge.Conditions(w.now, judge.Conditions{Whole: w.whole(), Healthy: w.healthy(), Steady: w.steady()})
	}
}

// ordered tells the judge that a node was told to do something.
func (w *world) ordered() {
	if w.judge != nil {
		w.judge.Order(w.now, w.healthy())
	}
}

// whole reports whether no fault excuses an overlap.
func (w *world) whole() bool {
	for _, a := range w.nodes {
		if a.paused || a.between || !a.running && a.holdsAny() {
			return false
		}
		for _, b := range w.nodes {
			if a != b && !w.hears(b, a) {
				return false
			}
		}
	}
	return true
}

// steady reports whether no path between two hosts loses by chance.
func (w *world) steady() bool {
	for i := range w.wires {
		if w.wires[i].loss > 0 {
			return w.whole()
		}
	}
	return true
}

// healthy reports whether a node runs that could hold everything. A node that
// does not yet see the whole cluster is waited for, at most its initdead.
func (w *world) healthy() bool {
	able := false
	for _, h := range w.nodes {
		if h.broken || h.running && !h.core.Members().Joined() {
			return false
		}
		able = able || h.running && !h.paused && !h.leaving
	}
	return able
}

// check notes every overlap of two holders while no fault is in force.
func (w *world) check() {
	for _, n := range w.nodes {
		if who := w.holders(n.name); len(who) > 1 && w.whole() {
			w.overlaps = append(w.overlaps, fmt.Sprintf("group of %s on %v, %v after the last fault", n.name, who, w.now.Sub(w.disturbed)))
			w.logf("OVERLAP group of %s on %v", n.name, who)
		}
	}
}
