package core_test

import "time"

// playCalm does one thing after the other, each when the one before has come to
// rest, and compares with what the rules of the original foretell: the node that
// holds a group when its preferred node returns decides by its auto_failback.
func (h *script) playCalm() {
	want := map[string]string{"m": "m", "s": "s"}
	if !h.foretell("both start", want) {
		return
	}
	for range 5 {
		n, o := h.any()
		// A death moves everything to the other one; what is held by nobody else
		// comes back with the node.
		gone := map[string]string{"m": o.name, "s": o.name}
		what := []string{
			"stop", "kill", "pause", "partition", "quick restart", "restart in place",
			"restart in place in a partition", "deaf to a request", "request",
		}[h.rng.IntN(9)]
		h.logf("calm: %s of %s", what, n.name)
		switch what {
		case "stop":
			n.stop()
			h.foretell(what, gone)
			h.until(5*time.Second, func() bool { return !n.running })
			n.start()
			want = h.returned(n, o)
		case "kill":
			n.kill()
			h.run(n.cfg.deadtime + n.cfg.keepalive + 200*time.Millisecond)
			if !o.up["m"] || !o.up["s"] {
				h.judge.Accuse(h.now, "%s was killed, %s did not take over within the dead time", n.name, o.name)
			}
			n.start()
			want = h.returned(n, o)
		case "pause":
			n.pause()
			h.run(n.cfg.deadtime + n.cfg.keepalive + 200*time.Millisecond + h.upTo(4*time.Second))
			n.resume()
			want = h.returned(n, o)
		case "partition":
			h.setCut("m", "s", true, true)
			h.run(n.cfg.deadtime + n.cfg.keepalive + 200*time.Millisecond + h.upTo(4*time.Second))
			lives := [2]int{h.m.life, h.s.life}
			h.setCut("m", "s", true, false)
			want = map[string]string{"m": "m", "s": "s"}
			h.healsAtOnce(n.cfg.keepalive+300*time.Millisecond, lives)
		case "quick restart":
			held := n.up[o.name]
			n.kill()
			h.run(h.upTo(n.cfg.deadtime / 2))
			n.start()
			if want[n.name] == n.name || held {
				want = map[string]string{"m": "m", "s": "s"}
			}
		case "restart in place":
			downs := h.downs
			if n.up[o.name] && (n.cfg.failback || n.cfg.legacy) {
				// It gives back what it was asked to take.
				want, downs = map[string]string{"m": "m", "s": "s"}, -1
			}
			n.restartInPlace()
			if h.foretell(what, want) && downs >= 0 && h.downs != downs {
				h.judge.Accuse(h.now, "a group went down at a restart in place of %s", n.name)
			}
		case "restart in place in a partition":
			h.setCut("m", "s", true, true)
			h.run(n.cfg.deadtime + n.cfg.keepalive + 200*time.Millisecond + h.upTo(2*time.Second))
			n.restartInPlace()
			h.run(h.upTo(2 * n.cfg.deadtime))
			h.setCut("m", "s", true, false)
			want = map[string]string{"m": "m", "s": "s"}
		case "request":
			h.ordered()
			n.send(askStandby("all"))
			want = gone
		case "deaf to a request":
			want = h.deaf(n, o)
		}
		if !h.foretell(what, want) {
			return
		}
		h.judge.SetBounds(h.now, h.bounds())
	}
	h.rest()
}

// deaf has o miss everything of n until it has taken over. n, which hears o, may be
// told to give up what it holds; nobody answers. When o hears n again it says so, n
// answers at once, and nobody waits for the answer to that request.
func (h *script) deaf(n, o *host) map[string]string {
	want := map[string]string{"m": "m", "s": "s"}
	if !n.holdsAny() {
		want = map[string]string{"m": o.name, "s": o.name} // nothing changes
	}
	h.setCut(n.name, o.name, false, true)
	h.run(n.cfg.deadtime + n.cfg.keepalive + 200*time.Millisecond + h.upTo(time.Second))
	if h.rng.IntN(2) == 0 {
		h.ordered()
		n.send(askStandby("all"))
	}
	h.run(h.upTo(2 * time.Second))
	h.setCut(n.name, o.name, false, false)
	limit := n.cfg.keepalive + 500*time.Millisecond
	if took, ok := h.until(limit, h.agreed); !ok {
		h.judge.Accuse(h.now, "a node hears the other one again: after %v %s; %s", took, stateOf(n), stateOf(o))
	}
	return want
}

// returned is who holds what once n is back from its death.
func (h *script) returned(n, o *host) map[string]string {
	if o.cfg.failback || o.cfg.legacy {
		return map[string]string{"m": "m", "s": "s"}
	}
	return map[string]string{n.name: o.name, o.name: o.name}
}

// healsAtOnce holds two nodes to a heal without a restart.
func (h *script) healsAtOnce(limit time.Duration, lives [2]int) {
	took, ok := h.until(limit, func() bool { return h.holder("m") == "m" && h.holder("s") == "s" })
	if !ok || lives != [2]int{h.m.life, h.s.life} {
		h.judge.Accuse(h.now, "a partition has healed: after %v the groups are on %q and %q, lives %v, then %v",
			took, h.holder("m"), h.holder("s"), lives, [2]int{h.m.life, h.s.life})
	}
}
