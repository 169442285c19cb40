package takeover

import (
	"time"

	"lvsha/pkg/system/logging/level"
)

// Returned tells that a node declared dead goes on in its old life. Two nodes
// of this program settle at once who keeps what; beside an original node this
// one does as the original does: it gives up everything and starts anew.
func (m *Machine) Returned(now time.Time, name string) []Effect {
	p, ok := m.peers[name]
	if !ok {
		return m.end()
	}
	p.died, p.left = false, false
	if m.stopping || m.phase == initial {
		return m.end()
	}
	m.reported, m.theirStable = false, false
	if p.kin {
		m.report(m.phase == stable, "")
	} else if m.restartAt.IsZero() {
		m.restartAt = now.Add(partitionPause)
	}
	m.settle(now)
	return m.end()
}

// resolve compares a report with what this node holds. The preferred node keeps
// its groups; the other one lets go.
func (m *Machine) resolve(from string, before Hold) {
	if m.overlap && !m.theirs.Has(Foreign) {
		m.overlap = false
		m.emit(Reannounce{Set: Local})
	}
	if !m.isKin(from) {
		return
	}
	conflict := m.mine.Has(Local) && m.theirs.Has(Foreign)
	if conflict && before != m.theirs {
		// The other side may not know that this node never let go.
		m.report(m.phase == stable, "")
	}
	if conflict && !m.overlap {
		m.overlap = true
		m.logf(level.Error, "Both machines own our resources!")
	}
}

// yield lets go of foreign groups that their preferred node also holds.
func (m *Machine) yield() {
	if !m.mine.Has(Foreign) || !m.theirs.Has(Local) || !m.reported || m.stopping || m.phase != stable || !m.quiet() {
		return
	}
	if _, kin := m.others(); !kin {
		return
	}
	m.logf(level.Error, "Both machines own foreign resources!")
	m.logf(level.Info, "give up foreign HA resources.")
	m.mine &^= Foreign
	m.needFailback = false
	m.report(false, "")
	m.run(Work{Operation: Release, Set: Foreign, Reason: Yield})
}
