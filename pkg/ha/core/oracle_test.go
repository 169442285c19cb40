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
		what := []string{"stop", "kill", "pause", "partition", "quick restart", "restart in place"}[h.rng.IntN(6)]
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
			n.restartInPlace()
		}
		if !h.foretell(what, want) {
			return
		}
	}
	h.rest()
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
