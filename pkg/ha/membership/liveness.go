package membership

import (
	"slices"
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
	// Clients hear of the node first, then of its links.
	m.emit(StatusChange{Node: p.Name, From: from, To: StatusDead})
	for _, name := range sortedKeys(p.links) {
		m.dropLink(p, name)
	}
	m.emit(Died{Node: p.Name, Ping: p.Ping})
	if m.asked == p.Name {
		m.asked = ""
	}
}

func (m *Machine) checkLinks(now time.Time, p *peer) {
	for _, name := range sortedKeys(p.links) {
		if l := p.links[name]; l.up && !now.Before(l.seen.Add(p.deadtime)) && !now.Before(p.graceEnd) {
			m.dropLink(p, name)
		}
	}
}

func (m *Machine) dropLink(p *peer, name string) {
	l := p.links[name]
	if !l.up {
		return
	}
	l.up = false
	m.logf(level.Info, "Link %s:%s dead.", p.Name, name)
	m.emit(LinkChange{Node: p.Name, Link: name, Up: false})
}

// grace keeps everybody from being declared dead before that time.
func (m *Machine) grace(until time.Time) {
	for _, p := range m.byName {
		p.graceEnd = until
	}
}

func (m *Machine) nextDeadline(now time.Time) time.Time {
	next := m.nextStatus
	earlier := func(t time.Time) {
		if t.Before(next) {
			next = t
		}
	}
	if !m.joined && m.asked != "" {
		earlier(m.nextAsk)
	}
	for _, p := range m.byName {
		if p != m.self && p.alive() {
			earlier(m.deadAt(p))
		}
		for _, l := range p.links {
			if l.up {
				at := l.seen.Add(p.deadtime)
				if p.graceEnd.After(at) {
					at = p.graceEnd
				}
				earlier(at)
			}
		}
		if p.status == StatusUp || p.status == StatusActive {
			for _, at := range p.missing {
				earlier(at)
			}
		}
	}
	if next.Before(now) {
		return now
	}
	return next
}

// sortedKeys makes what the machine does the same in every run.
func sortedKeys[K interface{ ~string | ~uint64 }, V any](set map[K]V) []K {
	keys := make([]K, 0, len(set))
	for k := range set {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
