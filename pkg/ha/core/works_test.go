package core_test

import (
	"time"

	"lvsha/pkg/ha/takeover"
)

// groups are the preferred nodes of the groups a work concerns.
func (h *host) groups(w takeover.Work) []string {
	var names []string
	for _, n := range h.w.nodes {
		switch {
		case w.Key != "":
			if n.name == w.Key {
				names = append(names, n.name)
			}
		case w.Node != "":
			if n.name == w.Node {
				names = append(names, n.name)
			}
		case n == h && w.Set.Has(takeover.Local), n != h && w.Set.Has(takeover.Foreign):
			names = append(names, n.name)
		}
	}
	return names
}

func (h *host) half() time.Duration { return time.Duration(1 + h.w.rng.Int64N(int64(h.w.workTime))) }

// work runs the next work: groups change in the middle of it.
func (h *host) work() {
	if h.working || len(h.works) == 0 {
		return
	}
	h.working = true
	w := h.works[0]
	h.works = h.works[1:]
	life := h.life
	half := h.half()
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
				if !h.broken {
					h.announce(g)
				}
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
	switch {
	case h.w.judge == nil:
	case on:
		h.w.judge.Up(h.w.now, h.name, group)
	default:
		h.w.downs++
		h.w.judge.Down(h.w.now, h.name, group)
	}
}

func (h *host) announce(group string) {
	if !h.up[group] {
		return
	}
	h.w.announcer[group] = h.name
	if h.w.judge != nil {
		h.w.judge.Announce(h.w.now, h.name, group)
	}
}

func (h *host) holdsAny() bool {
	for _, on := range h.up {
		if on {
			return true
		}
	}
	return false
}
