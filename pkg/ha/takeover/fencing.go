package takeover

import (
	"time"

	"lvsha/pkg/system/logging/level"
)

// fenceRetry is how long after a failure a node is fenced again.
const fenceRetry = 5 * time.Second

// Verdict is how an attempt to fence a node ended. The words are those of the
// message that tells the others.
type Verdict string

// The verdicts.
const (
	Reset     Verdict = "OK"
	NotReset  Verdict = "bad"
	BadHost   Verdict = "badhost"  // the device does not control the node
	noDevice  Verdict = "n_stnth"  // none is configured
	notNeeded Verdict = "unneeded" // the node had nothing
)

// Fence asks for a node to be reset; the owner calls Fenced with how it ended.
type Fence struct{ Node string }

func (Fence) effect() {}

// fence has a dead node reset before anything of it is taken. Without a device
// nothing protects shared disks, and the takeover goes on.
func (m *Machine) fence(name string) {
	if m.cfg.Fencing {
		m.peers[name].fencing = true
		m.emit(Fence{Node: name})
		return
	}
	m.stonith(name, noDevice)
	m.logf(level.Warn, "No STONITH device configured.")
	m.logf(level.Warn, "Shared disks are not protected.")
	m.takeOver(name)
}

// Fenced tells how an attempt to fence a node ended.
func (m *Machine) Fenced(now time.Time, name string, v Verdict) []Effect {
	p, ok := m.peers[name]
	if !ok || !p.fencing {
		return m.end()
	}
	m.stonith(name, v)
	if v != Reset {
		m.logf(level.Error, "STONITH of %s failed.  Retrying...", name)
		p.fenceAt = now.Add(fenceRetry)
		return m.end()
	}
	p.fencing = false
	if !p.alive {
		m.takeOver(name)
	}
	m.settle(now)
	return m.end()
}

// fenceDue tries again what failed.
func (m *Machine) fenceDue(now time.Time) {
	for _, name := range m.cfg.Others {
		p := m.peers[name]
		if m.stopping {
			p.unfence()
		}
		if due(p.fenceAt, now) {
			p.fenceAt = time.Time{}
			m.emit(Fence{Node: name})
		}
	}
}

// unfence gives up fencing a node that is heard again: what it holds it says
// itself.
func (p *peer) unfence() { p.fencing, p.fenceAt = false, time.Time{} }

// anyFencing reports whether a dead node may still hold what this node would
// take.
func (m *Machine) anyFencing() bool {
	for _, p := range m.peers {
		if p.fencing {
			return true
		}
	}
	return false
}
