package core_test

import (
	"errors"
	"fmt"
	"time"

	"lvsha/pkg/ha/core"
	"lvsha/pkg/ha/membership"
	"lvsha/pkg/ha/message"
	"lvsha/pkg/ha/takeover"
)

// host is one machine: its process may die, its resources stay.
type host struct {
	w       *world
	index   int
	name    string
	cfg     settings
	core    *core.Core
	life    int // counts lives, so that late events of an old one are dropped
	gen     uint64
	running bool
	joined  bool // sees the whole cluster
	leaving bool // was told to stop
	paused  bool
	between bool // lets go of everything before it begins a new life
	since   time.Time
	inbox   []datagram
	seen    []datagram // the last ones, to be played again
	up      map[string]bool
	works   []takeover.Work
	broken  bool // no group starts here
	working bool
	wake    time.Time
	skew    time.Duration // of the wall clock

	mustLetGo bool // a status must not be sent before everything has gone
	window    time.Time
	sent      int // since window
}

// errBroken is the failure of a host on which no group starts.
var errBroken = errors.New("broken")

type settings struct {
	keepalive, deadtime, initdead time.Duration
	failback                      bool
	legacy                        bool
}

// way is how a life begins.
type way uint8

const (
	cold  way = iota
	again     // after a pause that was too long
	keep      // after a restart in place: the resources are kept
)

func (h *host) start() {
	if h.running || h.between {
		return
	}
	h.begin(cold, takeover.None)
	if h.holdsAny() {
		h.w.changed()
	}
	h.w.ordered()
}

func (h *host) begin(how way, holding takeover.Hold) {
	h.life++
	h.gen++
	h.running, h.joined, h.paused, h.working, h.leaving, h.between = true, false, false, false, false, false
	h.works, h.inbox, h.wake, h.mustLetGo = nil, nil, time.Time{}, false
	var nodes []membership.Node
	var others []string
	for _, n := range h.w.nodes {
		nodes = append(nodes, membership.Node{Name: n.name})
		if n != h {
			others = append(others, n.name)
		}
	}
	initdead := h.cfg.initdead
	if how != cold {
		initdead = h.cfg.deadtime
	}
	var id [16]byte
	copy(id[:], h.name)
	h.core = core.New(membership.Config{
		Self: h.name, UUID: id, Generation: h.gen, Nodes: nodes, Links: h.w.links,
		Keepalive: h.cfg.keepalive, Deadtime: h.cfg.deadtime, Warntime: h.cfg.deadtime / 2,
		Initdead: initdead, Deadping: h.cfg.deadtime, MaxRexmit: 250 * time.Millisecond, Hopfudge: 1, Seed: h.gen,
	}, takeover.Config{
		Self: h.name, Others: others, PID: 1, AutoFailback: h.cfg.failback || h.cfg.legacy,
		Legacy: h.cfg.legacy, Keys: []string{h.name}, Kept: how == keep, Holding: holding,
	})
	h.w.logf("%s starts (life %d)", h.name, h.life)
	h.apply(h.core.Start(h.w.now))
}

func (h *host) stop() {
	if h.running && !h.paused {
		h.w.logf("%s is asked to stop", h.name)
		h.leaving = true
		h.w.ordered()
		h.apply(h.core.Shutdown(h.w.now))
	}
}

// kill ends the process; what it had started stays up.
func (h *host) kill() {
	if h.running || h.between {
		h.w.logf("%s is killed", h.name)
		h.running, h.paused, h.between = false, false, false
		h.life++
		h.w.changed()
	}
}

func (h *host) pause() {
	if h.running && !h.paused {
		h.w.logf("%s is stopped by SIGSTOP", h.name)
		h.paused, h.since = true, h.w.now
		h.w.changed()
	}
}

func (h *host) resume() {
	if !h.running || !h.paused {
		return
	}
	h.w.logf("%s goes on", h.name)
	h.paused = false
	h.mustLetGo = h.w.now.Sub(h.since) > h.cfg.deadtime && h.core.Members().Joined() && h.peerLives()
	h.w.changed()
	// Timer or datagram, whichever the scheduler serves first.
	if h.w.rng.IntN(2) == 0 {
		h.tick(h.life, time.Time{})
	}
	life := h.life
	for _, d := range h.inbox {
		if h.life == life {
			h.arrive(d.link, d.msg)
		}
	}
	if h.life == life {
		h.inbox = nil
		h.tick(life, time.Time{})
		h.work()
	}
}

// peerLives reports whether this node believes that another one lives.
func (h *host) peerLives() bool {
	for _, n := range h.w.nodes {
		if v, ok := h.core.Members().View(n.name); ok && n != h && v.Status != membership.StatusDead {
			return true
		}
	}
	return false
}

// restartInPlace begins a new life that keeps what is held, as a node does at
// SIGHUP with a changed ha.cf once nothing moves.
func (h *host) restartInPlace() {
	if !h.running || h.paused || h.leaving || !h.core.Holder().Stable() || !h.core.Members().Joined() {
		return
	}
	h.w.logf("%s restarts in place", h.name)
	holding, life := h.core.Holder().Mine(), h.life
	h.apply(h.core.AnnounceRestart(h.w.now))
	if h.life == life {
		h.w.ordered()
		h.begin(keep, holding)
	}
}

func (h *host) arrive(link string, msg *message.Message) {
	switch {
	case !h.running:
	case h.paused:
		if len(h.inbox) < 500 {
			h.inbox = append(h.inbox, datagram{link: link, msg: msg})
		}
	default:
		if len(h.seen) < kept {
			h.seen = append(h.seen, datagram{})
		}
		h.seen[h.w.order%len(h.seen)] = datagram{link: link, life: h.life, msg: msg}
		h.apply(h.core.Receive(h.w.now, link, msg))
	}
}

// tick is a timer that was set for a time; the zero time means now.
func (h *host) tick(life int, at time.Time) {
	if h.life != life || !h.running || h.paused || !at.IsZero() && !h.wake.Equal(at) {
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
	if joined := h.core.Members().Joined(); joined != h.joined {
		h.joined = joined
		h.w.ordered()
	}
	if at := h.core.Deadline(); h.wake.IsZero() || at.Before(h.wake) {
		h.wake = at
		h.w.after(max(at.Sub(h.w.now), 0), func() { h.tick(life, at) })
	}
}

func (h *host) carryOut(e core.Effect) {
	switch e := e.(type) {
	case core.Transmit:
		if !h.w.quiet {
			if t := e.Message.Type(); t != "status" && t != "NS_ackmsg" {
				h.w.logf("%s sends %s %s %s %s", h.name, t, e.Message.Text("rsc_hold"), e.Message.Text("isstable"), e.Message.Text("info"))
			}
		}
		h.mustHaveLetGo()
		h.w.transmit(h, e.Message)
	case core.Run:
		h.works = append(h.works, e.Work)
		h.work()
	case core.Reannounce:
		for _, g := range h.groups(takeover.Work{Set: e.Set}) {
			h.announce(g)
		}
	case core.Log:
		if !h.w.quiet {
			h.w.logf("%s %s: %s", h.name, e.Level, e.Text)
		}
	case core.Ended:
		h.w.logf("%s has ended (restart %v)", h.name, e.Restart)
		h.running = false
		h.life++
		if e.Restart {
			life := h.life
			h.w.after(h.cfg.deadtime+time.Second, func() {
				if h.life == life {
					h.begin(cold, takeover.None)
				}
			})
		}
		h.w.ordered()
	case core.Stalled:
		h.letGo()
	}
}

// letGo stops everything, deaf and silent, and begins a new life unless it was told to
// stop.
func (h *host) letGo() {
	h.life++
	leaving := h.leaving
	h.running, h.between, h.mustLetGo = false, true, false
	life := h.life
	h.w.after(h.half(), func() {
		if h.life == life {
			for _, g := range h.w.nodes {
				h.set(g.name, false)
			}
			if leaving {
				h.between = false
				h.w.changed()
				return
			}
			h.begin(again, takeover.None)
			h.w.changed()
		}
	})
}

// mustHaveLetGo holds a node that was stopped for too long to its duty: nothing
// is said on old knowledge.
func (h *host) mustHaveLetGo() {
	if h.mustLetGo && h.w.judge != nil {
		h.w.judge.Accuse(h.w.now, "%s speaks after a pause before it has let go", h.name)
	}
	h.mustLetGo = false
}

// mostSent bounds the messages of one second under any loss: heartbeats,
// acknowledgements and what was asked for again.
const mostSent = 250

func (h *host) count() {
	if h.w.now.Sub(h.window) >= time.Second {
		h.window, h.sent = h.w.now, 0
	}
	if h.sent++; h.sent == mostSent && h.w.judge != nil {
		h.w.judge.Accuse(h.w.now, "%s sends %d messages in %v", h.name, h.sent, h.w.now.Sub(h.window))
	}
}

// replay plays a datagram again, twice, that has arrived before in this life. It
// may have been refused or missed then; from the second on nothing may come of it.
func (h *host) replay() {
	if !h.running || h.paused || len(h.seen) == 0 {
		return
	}
	d := h.seen[h.w.rng.IntN(len(h.seen))]
	if d.life != h.life {
		return
	}
	h.apply(h.core.Receive(h.w.now, d.link, d.msg))
	if d.life != h.life {
		return
	}
	before := h.state()
	h.apply(h.core.Receive(h.w.now, d.link, d.msg))
	if after := h.state(); before != after && h.w.judge != nil {
		h.w.judge.Accuse(h.w.now, "%s believes a repeated %s: %s, then %s", h.name, d.msg.Type(), before, after)
	}
}

// state is what a node has decided, in words.
func (h *host) state() string {
	r := h.core.Holder()
	text := fmt.Sprintf("life %d holds %s, the other %s, stable %v, %d works", h.life, r.Mine(), r.Theirs(), r.Stable(), len(h.works))
	for _, n := range h.w.nodes {
		v, _ := h.core.Members().View(n.name)
		text += fmt.Sprintf(", %s %s", n.name, v.Status)
	}
	return text
}
