package membership

import (
	"time"

	"lvsha/pkg/ha/message"
	"lvsha/pkg/system/logging/level"
)

// joinIfComplete goes on to agree on the node list once every configured member
// is heard or dead.
func (m *Machine) joinIfComplete(now time.Time) {
	if m.joined || m.asked != "" {
		return
	}
	for _, p := range m.peers {
		if p.alive() && !p.introduced() {
			return
		}
	}
	m.askNodes(now)
}

// introduced reports whether a member has said its status in this life: only that
// tells what program it runs. Other messages may come first if it was lost.
func (p *peer) introduced() bool { return p.heard && !p.statusAt.IsZero() }

// askNodes asks the first live node for its list; with nobody to ask, the own
// list is the agreed one.
func (m *Machine) askNodes(now time.Time) {
	for _, p := range m.peers {
		if p.Ping || !p.alive() {
			continue
		}
		m.asked = p.Name
		m.nextAsk = now.Add(askInterval)
		// One who has not heard a status of this life hears nothing else of it. Those
		// of the start may have been lost.
		m.sendStatus(now)
		m.send(now, message.New("reqnodes").Add("dest", p.Name))
		return
	}
	m.join(now)
}

// answerNodes tells a peer every configured node, as the originals list them.
func (m *Machine) answerNodes(now time.Time, p *peer) {
	var names []string
	for _, n := range m.cfg.Nodes {
		if !n.Ping {
			names = append(names, n.Name)
		}
	}
	m.send(now, new(message.Message).
		Add("dest", p.Name).
		Add("t", "repnodes").
		Add("nodelist", listed(names)).
		Add("delnodelist", listed(m.deleted)))
}

func (m *Machine) nodesAgreed(now time.Time, p *peer, msg *message.Message) {
	if !m.joined && m.asked == p.Name && p.introduced() {
		m.adoptNodes(now, msg)
		m.join(now)
	}
}

func (m *Machine) join(now time.Time) {
	m.joined = true
	for _, p := range m.peers {
		if p.alive() {
			// From here on the announced dead time counts, not initdead.
			p.graceEnd = now.Add(min(p.deadtime, m.cfg.Keepalive*2))
		}
	}
	m.logf(level.Info, "Comm_now_up(): updating status to active")
	m.setStatus(now, StatusActive)
	m.emit(Joined{})
}
