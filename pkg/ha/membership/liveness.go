package membership

import (
	"time"

	"lvsha/pkg/system/logging/level"
)

// runTimers does everything that is due.
func (m *Machine) runTimers(now time.Time) {
	if !now.Before(m.nextStatus) {
		due := m.nextStatus
		m.sendStatus(now)
		// The beat is kept, not pushed back by each delay.
		if next := due.Add(m.cfg.Keepalive); next.After(now) {
			m.nextStatus = next
		}
	}
	for _, p := range m.peers {
		if p.alive() && !now.Before(m.deadAt(p)) {
			m.die(now, p)
		}
		m.checkLinks(now, p)
		m.askMissing(now, p)
	}
	m.checkLinks(now, m.self)
	m.joinIfComplete(now)
	if !m.joined && m.asked != "" && !now.Before(m.nextAsk) {
		m.askNodes(now)
	}
}

// deadAt is when a peer is dead unless it is heard before.
func (m *Machine) deadAt(p *peer) time.Time {
	limit := p.deadtime
	if !m.joined {
		limit = max(m.cfg.Initdead, 0)
	}
	from := p.statusAt
	if from.IsZero() {
		from = m.started
		if m.joined {
			// Heard before it said its status: give it the time to say it.
			from = m.joinedAt(p)
		}
	}
	at := from.Add(limit)
	if p.graceEnd.After(at) {
		return p.graceEnd
	}
	return at
}

// joinedAt is the last sign of life of a peer that has not yet said its status.
func (m *Machine) joinedAt(p *peer) time.Time {
	at := m.started
	for _, l := range p.links {
		if l.seen.After(at) {
			at = l.seen
		}
	}
	return at
}

func (m *Machine) die(now time.Time, p *peer) {
	m.logf(level.Warn, "node %s: is dead", p.Name)
	from := p.status
	p.status = StatusDead
	p.forget()
	// Clients hear of the node first, then how it was fenced, then of its links.
	m.emit(StatusChange{Node: p.Name, From: from, To: StatusDead})
	m.emit(Died{Node: p.Name, Ping: p.Ping})
	for i := range p.links {
		m.dropLink(p, &p.links[i])
	}
	if m.asked == p.Name {
		m.asked = ""
	}
}

func (m *Machine) checkLinks(now time.Time, p *peer) {
	for i := range p.links {
		if l := &p.links[i]; l.up && !now.Before(l.seen.Add(p.deadtime)) && !now.Before(p.graceEnd) {
			m.dropLink(p, l)
		}
	}
}

func (m *Machine) dropLink(p *peer, l *link) {
	if !l.up {
		return
	}
	l.up = false
	m.logf(level.Info, "Link %s:%s dead.", p.Name, l.name)
	m.emit(LinkChange{Node: p.Name, Link: l.name, Up: false})
}

// grace keeps everybody from being declared dead before that time.
func (m *Machine) grace(until time.Time) {
	m.self.graceEnd = until
	for _, p := range m.peers {
		p.graceEnd = until
	}
}

// nextDeadline is looked for after every message, over all members.
func (m *Machine) nextDeadline(now time.Time) time.Time {
	next := m.linksUntil(m.self, m.nextStatus)
	if !m.joined && m.asked != "" {
		next = earlier(next, m.nextAsk)
	}
	for _, p := range m.peers {
		if p.alive() {
			next = earlier(next, m.deadAt(p))
		}
		next = m.linksUntil(p, next)
		if len(p.missing) > 0 && (p.status == StatusUp || p.status == StatusActive) {
			for _, at := range p.missing {
				next = earlier(next, at)
			}
		}
	}
	if next.Before(now) {
		return now
	}
	return next
}

// linksUntil is the first time at which a link of a peer is dead, or next if that
// is before.
func (m *Machine) linksUntil(p *peer, next time.Time) time.Time {
	for i := range p.links {
		l := &p.links[i]
		if !l.up {
			continue
		}
		at := l.seen.Add(p.deadtime)
		if p.graceEnd.After(at) {
			at = p.graceEnd
		}
		next = earlier(next, at)
	}
	return next
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
