package takeover

import (
	"time"

	"lvsha/pkg/system/logging/level"
)

// noteStart keeps account of groups that do not start here.
func (m *Machine) noteStart(w Work, r Result) {
	set := w.Set
	switch w.Operation {
	case Acquire:
	case Inherit:
		set = Foreign
	default:
		return
	}
	if r.Err == nil {
		m.failed &^= set
		m.spurned &^= set
		m.unstarted &^= set
		return
	}
	m.failed |= set &^ m.spurned
	m.unstarted |= set
}

// tryAgain starts by the clock what this node holds and could not start. If it
// fails again the other node is asked once more: what kept the group down there
// may be gone. The original waits for the next event.
func (m *Machine) tryAgain(now time.Time) {
	set := m.unstarted & m.mine
	switch {
	case m.cfg.Retry <= 0 || set == None || m.stopping:
		m.retryAt = time.Time{}
	case m.retryAt.IsZero():
		m.retryAt = now.Add(m.cfg.Retry)
	case due(m.retryAt, now) && m.mayTry():
		m.startAgain(set)
	}
}

// HostChanged tells that what kept a group from starting here may be gone: an
// interface is back. It is not waited for the clock then.
func (m *Machine) HostChanged(now time.Time) []Effect {
	if set := m.unstarted & m.mine; set != None && !m.stopping && m.mayTry() {
		m.startAgain(set)
	}
	m.settle(now)
	return m.end()
}

func (m *Machine) startAgain(set Hold) {
	m.retryAt = time.Time{}
	m.spurned &^= set
	m.logf(level.Info, "Trying again to start the %s resources.", set)
	m.run(Work{Operation: Acquire, Set: set, Reason: Again})
}

// mayTry reports whether nothing else moves.
func (m *Machine) mayTry() bool { return m.phase == stable && m.quiet() }

// retryDue is when tryAgain has something to do; the zero time is never.
func (m *Machine) retryDue() time.Time {
	if !m.mayTry() {
		return time.Time{} // the end of what moves comes first
	}
	return m.retryAt
}
