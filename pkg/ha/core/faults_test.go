package core_test

import (
	"time"

	"lvsha/pkg/ha/message"
)

// any gives one of the two nodes, and the other one.
func (h *script) any() (a, b *host) {
	if h.rng.IntN(2) == 0 {
		return h.m, h.s
	}
	return h.s, h.m
}

// gentleFault is something that needs no excuse.
func (h *script) gentleFault() {
	n, _ := h.any()
	switch h.rng.IntN(7) {
	case 0, 1:
		n.stop()
	case 2:
		n.start()
	case 3:
		h.setWorkTime(time.Duration(1 + h.rng.Int64N(int64(time.Second))))
	case 4:
		h.request(n)
	case 5:
		n.restartInPlace()
	case 6:
		n.skew = time.Duration(h.rng.Int64N(int64(48*time.Hour))) - 24*time.Hour
	}
	n.replay()
}

// fault is anything.
func (h *script) fault() {
	n, o := h.any()
	link := h.rng.IntN(len(h.links))
	switch h.rng.IntN(17) {
	case 0:
		n.stop()
	case 1, 2:
		n.start()
	case 3:
		n.kill()
	case 4:
		n.kill()
		h.run(h.upTo(time.Second))
		n.start()
	case 5:
		h.setCut(n.name, o.name, h.rng.IntN(3) > 0, true)
	case 6, 7:
		h.setCut("m", "s", true, false)
	case 8:
		h.cutLink(n, o, link, h.rng.IntN(2) == 0, true)
	case 9:
		n.pause()
	case 10:
		n.pause()
		h.run(h.upTo(5 * n.cfg.deadtime))
		n.resume()
	case 11:
		for _, n := range h.nodes {
			n.resume()
		}
	case 12:
		h.setLoss(link, 0.01+h.rng.Float64()*0.89)
	case 13:
		h.setLoss(-1, 0)
		h.setWorkTime(time.Duration(1 + h.rng.Int64N(int64(500*time.Millisecond))))
	case 14:
		h.duplicate = h.rng.Float64() * 0.5
		n.skew = time.Duration(h.rng.Int64N(int64(48*time.Hour))) - 24*time.Hour
	case 15:
		n.restartInPlace()
	case 16:
		h.request(n)
	}
	for range 3 {
		n.replay()
		o.replay()
	}
}

// request is what an administrator asks of a node.
func (h *script) request(n *host) {
	if !n.running || n.paused {
		return
	}
	set := []string{"all", "local", "foreign"}[h.rng.IntN(3)]
	h.ordered()
	if h.rng.IntN(2) == 0 {
		h.logf("%s is told to give up %s", n.name, set)
		n.send(askStandby(set))
		return
	}
	h.logf("%s is told to take %s", n.name, set)
	n.send(message.New("hb_takeover").Add("rsc_hold", set))
}
