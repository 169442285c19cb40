package takeover

import (
	"time"

	"lvsha/pkg/ha/message"
	"lvsha/pkg/system/logging/level"
)

// Shutdown asks for an orderly end: everything is given up, then said.
func (m *Machine) Shutdown(now time.Time) []Effect {
	if m.stopping && !m.restart {
		return m.end()
	}
	m.stopping, m.restart = true, false
	m.settle(now)
	return m.end()
}

// beginShutdown starts to give up once nothing is moving. A node that shuts
// down does not wait for the other side to become stable: what it says at the
// end is understood at any time.
func (m *Machine) beginShutdown(now time.Time) {
	if !m.stopping || m.given {
		return
	}
	if _, kin := m.others(); m.standby == standbyMe && m.busy == 0 && (kin || m.cause == Unclaimed) {
		m.cancelStandby() // the end says more than the request
	}
	if !m.quiet() {
		if !m.deferred {
			m.deferred = true
			m.logf(level.Warn, "Shutdown delayed until current resource activity finishes.")
		}
		return
	}
	m.leaves = m.mine
	m.given = true
	m.mine = None
	m.phase = shutdown
	m.localAt, m.failbackAt, m.syncAt, m.agreeAt = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	m.offer, m.orphansAt = noOffer, time.Time{}
	m.report(false, "shutdown")
	m.logf(level.Info, "Heartbeat shutdown in progress. (%d)", m.cfg.PID)
	if alive, kin := m.others(); alive && kin && m.leaves != None {
		m.releaseAt = now.Add(prepareLimit)
		return
	}
	m.releaseAll()
}

// releaseAll gives everything up once the other side had the time to prepare.
func (m *Machine) releaseAll() {
	if !m.given || m.released {
		return
	}
	m.released = true
	m.releaseAt = time.Time{}
	m.logf(level.Info, "Giving up all HA resources.")
	m.run(Work{Operation: Release, Set: All, Reason: Shutdown})
}

// sayDone says that everything is given up, which is the word to take it over.
func (m *Machine) sayDone() {
	m.emit(Send{Message: message.New("shutdone").Add("st", "dead")})
}
