package core_test

import (
	"container/heap"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"lvsha/pkg/ha/core"
	"lvsha/pkg/ha/membership"
	"lvsha/pkg/ha/message"
	"lvsha/pkg/ha/takeover"
)

// world is a cluster in virtual time: cores, a network, and the resources that
// their works bring up and down.
type world struct {
	now   time.Time
	rng   *rand.Rand
	queue events
	order int
	nodes []*host
	trace []string
	quiet bool // no trace

	cut      map[[2]string]bool // from, to
	arrives  map[[2]string]time.Time
	loss     float64
	reorder  float64 // share of datagrams that may overtake
	latency  time.Duration
	workTime time.Duration

	disturbed time.Time // when the last fault began or ended
	overlaps  []string
	calm      time.Duration // longest time after a fault at which an overlap was seen
}

// host is one machine: its process may die, its resources stay.
type host struct {
	w       *world
	name    string
	cfg     settings
	core    *core.Core
	life    int // counts lives, so that late events of an old one are dropped
	gen     uint64
	running bool
	paused  bool
	inbox   []arrival
	up      map[string]bool // group (by preferred node) -> running here
	works   []takeover.Work
	broken  bool // no group starts here
	working bool
	wake    time.Time
	stopped time.Time // when the last orderly stop ended
}

// errBroken is the failure of a host on which no group starts.
var errBroken = errors.New("broken")

type settings struct {
	keepalive, deadtime, initdead time.Duration
	failback                      bool
}

type arrival struct {
	msg *message.Message
}

type event struct {
	at    time.Time
	order int
	do    func()
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	if !e[i].at.Equal(e[j].at) {
		return e[i].at.Before(e[j].at)
	}
	return e[i].order < e[j].order
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	old := *e
	last := old[len(old)-1]
	*e = old[:len(old)-1]
	return last
}

func newWorld(seed uint64, cfgs map[string]settings, names ...string) *world {
	w := &world{
		now:      time.Unix(1_700_000_000, 0),
		rng:      rand.New(rand.NewPCG(seed, 1)),
		cut:      make(map[[2]string]bool),
		arrives:  make(map[[2]string]time.Time),
		latency:  time.Millisecond,
		workTime: 20 * time.Millisecond,
	}
	for _, n := range names {
		w.nodes = append(w.nodes, &host{w: w, name: n, cfg: cfgs[n], gen: uint64(w.now.Unix()), up: make(map[string]bool)})
	}
	return w
}

func (w *world) logf(format string, args ...any) {
	if !w.quiet {
		w.trace = append(w.trace, fmt.Sprintf("%9.3f ", w.now.Sub(time.Unix(1_700_000_000, 0)).Seconds())+fmt.Sprintf(format, args...))
	}
}

func (w *world) after(d time.Duration, do func()) {
	w.order++
	heap.Push(&w.queue, event{at: w.now.Add(d), order: w.order, do: do})
}

// run lets the given time pass.
func (w *world) run(d time.Duration) {
	end := w.now.Add(d)
	for len(w.queue) > 0 && !w.queue[0].at.After(end) {
		e := heap.Pop(&w.queue).(event)
		w.now = e.at
		e.do()
	}
	w.now = end
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
		e := heap.Pop(&w.queue).(event)
		w.now = e.at
		e.do()
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

func (w *world) setCut(a, b string, both, on bool) {
	w.disturbed = w.now
	w.cut[[2]string{a, b}] = on
	if both {
		w.cut[[2]string{b, a}] = on
	}
	w.logf("cut %s %s both=%v: %v", a, b, both, on)
}

func (w *world) transmit(from *host, msg *message.Message) {
	for _, to := range w.nodes {
		if to == from || w.cut[[2]string{from.name, to.name}] || w.rng.Float64() < w.loss {
			continue
		}
		m := msg.Clone()
		at := w.now.Add(w.latency + time.Duration(w.rng.Int64N(int64(w.latency))))
		path := [2]string{from.name, to.name}
		if last := w.arrives[path]; at.Before(last) && w.rng.Float64() >= w.reorder {
			at = last
		}
		w.arrives[path] = at
		w.after(at.Sub(w.now), func() { to.arrive(arrival{msg: m}) })
	}
}

func (h *host) start() {
	if h.running {
		return
	}
	h.begin(false)
}

func (h *host) begin(quick bool) {
	if h.holdsAny() {
		h.w.disturbed = h.w.now
	}
	h.life++
	h.gen++
	h.running, h.paused, h.working = true, false, false
	h.works, h.inbox, h.wake = nil, nil, time.Time{}
	var nodes []membership.Node
	var others []string
	for _, n := range h.w.nodes {
		nodes = append(nodes, membership.Node{Name: n.name})
		if n != h {
			others = append(others, n.name)
		}
	}
	initdead := h.cfg.initdead
	if quick {
		initdead = h.cfg.deadtime
	}
	var id [16]byte
	copy(id[:], h.name)
	h.core = core.New(membership.Config{
		Self: h.name, UUID: id, Generation: h.gen, Nodes: nodes, Links: []string{"eth0"},
		Keepalive: h.cfg.keepalive, Deadtime: h.cfg.deadtime, Warntime: h.cfg.deadtime / 2,
		Initdead: initdead, Deadping: h.cfg.deadtime, MaxRexmit: 250 * time.Millisecond, Hopfudge: 1, Seed: h.gen,
	}, takeover.Config{Self: h.name, Others: others, AutoFailback: h.cfg.failback, PID: 1})
	h.w.logf("%s starts (life %d)", h.name, h.life)
	h.apply(h.core.Start(h.w.now))
}

func (h *host) stop() {
	if h.running && !h.paused {
		h.w.logf("%s is asked to stop", h.name)
		h.apply(h.core.Shutdown(h.w.now))
	}
}

// kill ends the process; what it had started stays up.
func (h *host) kill() {
	if h.running {
		h.w.disturbed = h.w.now
		h.w.logf("%s is killed", h.name)
		h.running = false
		h.life++
	}
}

func (h *host) pause() {
	if h.running && !h.paused {
		h.w.disturbed = h.w.now
		h.w.logf("%s is stopped by SIGSTOP", h.name)
		h.paused = true
	}
}

func (h *host) resume() {
	if !h.running || !h.paused {
		return
	}
	h.w.disturbed = h.w.now
	h.w.logf("%s goes on", h.name)
	h.paused = false
	// Timer or datagram, whichever the scheduler serves first.
	if h.w.rng.IntN(2) == 0 {
		h.tick(h.life)
	}
	life := h.life
	for _, a := range h.inbox {
		if h.life == life {
			h.arrive(a)
		}
	}
	h.inbox = nil
	if h.life == life {
		h.tick(life)
		h.work()
	}
}

func (h *host) arrive(a arrival) {
	switch {
	case !h.running:
	case h.paused:
		if len(h.inbox) < 500 {
			h.inbox = append(h.inbox, a)
		}
	default:
		h.apply(h.core.Receive(h.w.now, "eth0", a.msg))
	}
}

func (h *host) tick(life int) {
	if h.life != life || !h.running || h.paused {
		return
	}
	h.wake = time.Time{}
	h.apply(h.core.Tick(h.w.now))
}

func (h *host) apply(effects []core.Effect) {
	life := h.life
	for _, e := range effects {
		if h.life != life {
			return
		}
		h.carryOut(e)
	}
	if !h.running || h.life != life {
		return
	}
	if at := h.core.Deadline(); h.wake.IsZero() || at.Before(h.wake) {
		h.wake = at
		h.w.after(max(at.Sub(h.w.now), 0), func() { h.tick(life) })
	}
}

func (h *host) carryOut(e core.Effect) {
	switch e := e.(type) {
	case core.Transmit:
		if t := e.Message.Type(); t != "status" && t != "NS_ackmsg" {
			h.w.logf("%s sends %s %s %s %s", h.name, t, e.Message.Text("rsc_hold"), e.Message.Text("isstable"), e.Message.Text("info"))
		}
		h.w.transmit(h, e.Message)
	case core.Run:
		h.works = append(h.works, e.Work)
		h.work()
	case core.Log:
		h.w.logf("%s %s: %s", h.name, e.Level, e.Text)
	case core.Ended:
		h.w.logf("%s has ended (restart %v)", h.name, e.Restart)
		h.running = false
		h.life++
		h.stopped = h.w.now
		if e.Restart {
			life := h.life
			h.w.after(h.cfg.deadtime+time.Second, func() {
				if h.life == life {
					h.begin(false)
				}
			})
		}
	case core.Stalled:
		clear(h.up)
		h.w.check()
		h.begin(true)
	}
}

// groups are the preferred nodes of the groups a work concerns.
func (h *host) groups(w takeover.Work) []string {
	if w.Operation == takeover.Inherit {
		return []string{w.Node}
	}
	var names []string
	for _, n := range h.w.nodes {
		if n == h && w.Set.Has(takeover.Local) || n != h && w.Set.Has(takeover.Foreign) {
			names = append(names, n.name)
		}
	}
	return names
}

// work runs the next work: groups go down in its first half and come up in its
// second.
func (h *host) work() {
	if h.working || len(h.works) == 0 {
		return
	}
	h.working = true
	w := h.works[0]
	h.works = h.works[1:]
	life := h.life
	half := time.Duration(1 + h.w.rng.Int64N(int64(h.w.workTime)))
	h.w.after(half, func() {
		if h.life != life {
			return
		}
		for _, g := range h.groups(w) {
			switch w.Operation {
			case takeover.Release:
				h.set(g, false)
			case takeover.Acquire, takeover.Inherit:
				h.set(g, !h.broken)
			}
		}
	})
	h.w.after(2*half, func() { h.finish(life, w) })
}

func (h *host) finish(life int, w takeover.Work) {
	if h.life != life {
		return
	}
	if h.paused {
		h.w.after(50*time.Millisecond, func() { h.finish(life, w) })
		return
	}
	h.working = false
	r := takeover.Result{Up: h.holdsAny()}
	if h.broken && (w.Operation == takeover.Acquire || w.Operation == takeover.Inherit) {
		r.Err = errBroken
	}
	h.apply(h.core.Done(h.w.now, w, r))
	if h.life == life {
		h.work()
	}
}

func (h *host) set(group string, on bool) {
	if h.up[group] == on {
		return
	}
	h.up[group] = on
	h.w.logf("%s: group of %s is %v", h.name, group, on)
	h.w.check()
}

// whole reports whether no fault is in force.
func (w *world) whole() bool {
	for _, on := range w.cut {
		if on {
			return false
		}
	}
	for _, h := range w.nodes {
		if h.paused || !h.running && h.holdsAny() {
			return false
		}
	}
	return w.loss == 0
}

func (h *host) holdsAny() bool {
	for _, on := range h.up {
		if on {
			return true
		}
	}
	return false
}

// check notes every overlap of two holders with how long ago the world was
// last disturbed.
func (w *world) check() {
	for _, n := range w.nodes {
		if who := w.holders(n.name); len(who) > 1 {
			since := w.now.Sub(w.disturbed)
			if !w.whole() {
				continue
			}
			w.calm = max(w.calm, since)
			w.overlaps = append(w.overlaps, fmt.Sprintf("group of %s on %v, %v after the last fault", n.name, who, since))
			w.logf("OVERLAP group of %s on %v", n.name, who)
		}
	}
}
