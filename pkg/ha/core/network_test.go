package core_test

import (
	"time"

	"lvsha/pkg/ha/message"
)

// wire is one direction of one link between two hosts.
type wire struct {
	cut  bool
	loss float64
	last time.Time // when the last datagram arrives
}

// datagram is a message as it arrived once, kept to be played again.
type datagram struct {
	link string
	life int // of the receiver
	msg  *message.Message
}

// kept is how many datagrams a host can be sent again.
const kept = 64

// wire lays a wire for every pair of hosts on every link.
func (w *world) wire() {
	w.wires = make([]wire, len(w.nodes)*len(w.nodes)*len(w.links))
}

func (w *world) path(from, to *host, link int) *wire {
	return &w.wires[(from.index*len(w.nodes)+to.index)*len(w.links)+link]
}

// hears reports whether a link without a fault leads from one host to another.
func (w *world) hears(to, from *host) bool {
	for link := range w.links {
		if p := w.path(from, to, link); !p.cut && p.loss == 0 {
			return true
		}
	}
	return false
}

// setCut cuts or heals every link between two hosts.
func (w *world) setCut(a, b string, both, on bool) {
	w.logf("cut %s %s both=%v: %v", a, b, both, on)
	for link := range w.links {
		w.path(w.host(a), w.host(b), link).cut = on
		if both {
			w.path(w.host(b), w.host(a), link).cut = on
		}
	}
	w.changed()
}

// cutLink cuts or heals one link of a host, one direction of it or both.
func (w *world) cutLink(a, b *host, link int, both, on bool) {
	w.logf("link %s %s %s both=%v: cut %v", w.links[link], a.name, b.name, both, on)
	w.path(a, b, link).cut = on
	if both {
		w.path(b, a, link).cut = on
	}
	w.changed()
}

// setLoss loses a share of the datagrams of one link, or of all for link -1.
func (w *world) setLoss(link int, share float64) {
	w.logf("loss on link %d: %.2f", link, share)
	for i := range w.wires {
		if link < 0 || i%len(w.links) == link {
			w.wires[i].loss = share
		}
	}
	w.changed()
}

func (w *world) transmit(from *host, msg *message.Message) {
	from.count()
	if w.lose != nil && w.lose(from, msg.Type(), msg.Text("info")) {
		return
	}
	if from.skew != 0 {
		msg = skewed(msg, from.skew)
	}
	for _, to := range w.nodes {
		if to == from {
			continue
		}
		for link := range w.links {
			p := w.path(from, to, link)
			if p.cut || p.loss > 0 && w.rng.Float64() < p.loss {
				continue
			}
			w.deliver(p, to, link, msg)
			if w.duplicate > 0 && w.rng.Float64() < w.duplicate {
				w.deliver(p, to, link, msg)
			}
		}
	}
}

func (w *world) deliver(p *wire, to *host, link int, msg *message.Message) {
	at := w.now.Add(w.latency + time.Duration(w.rng.Int64N(int64(w.latency))))
	if at.Before(p.last) && (w.reorder == 0 || w.rng.Float64() >= w.reorder) {
		at = p.last
	}
	p.last = at
	name := w.links[link]
	w.after(at.Sub(w.now), func() { to.arrive(name, msg) })
}

// skewed is the message of a host whose wall clock is off.
func skewed(msg *message.Message, by time.Duration) *message.Message {
	out := new(message.Message)
	for _, f := range msg.Fields {
		if f.Name != "ts" {
			out.Fields = append(out.Fields, f)
			continue
		}
		ts, _ := msg.Hex("ts")
		out.AddHex("ts", uint64(max(int64(ts)+int64(by/time.Second), 1)))
	}
	return out
}
