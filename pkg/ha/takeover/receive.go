package takeover

import (
	"time"

	"lvsha/pkg/ha/message"
	"lvsha/pkg/system/logging/level"
)

// Receive takes a message of another node.
func (m *Machine) Receive(now time.Time, from string, msg *message.Message) []Effect {
	kind := msg.Type()
	if m.phase == initial {
		m.noteEarlier(from, msg)
	}
	if (kind == "starting" || kind == "resource" || kind == "shutdone") && m.outdated(from, msg) {
		return nil
	}
	switch kind {
	case "starting":
		m.receiveStarting(from)
	case "resource":
		m.receiveResource(now, from, msg)
	case "ask_resources":
		m.receiveAsk(now, from, msg)
	case "shutdone":
		m.wanted, m.askAt = nil, time.Time{}
		m.receiveShutdone(from)
	case "ip-request":
		m.receiveRequest(from, msg)
	case "ip-request-resp":
		m.receiveGrant(msg)
	default:
		return nil
	}
	m.settle(now)
	return m.end()
}

// noteEarlier notes how far a node had come when this one began.
func (m *Machine) noteEarlier(from string, msg *message.Message) {
	p, ok := m.peers[from]
	if !ok {
		return
	}
	gen, _ := msg.Hex("hg")
	seq, _ := msg.Hex("seq")
	if gen > p.earlierGeneration {
		p.earlierGeneration, p.earlier = gen, 0
	}
	if gen == p.earlierGeneration {
		p.earlier = max(p.earlier, seq)
	}
}

// outdated reports whether a newer report of that node was seen already.
func (m *Machine) outdated(from string, msg *message.Message) bool {
	p, ok := m.peers[from]
	if !ok {
		return true
	}
	gen, _ := msg.Hex("hg")
	seq, _ := msg.Hex("seq")
	if gen > p.generation {
		p.asked = 0
	}
	if m.phase != initial && msg.Type() == "resource" && gen == p.earlierGeneration && seq <= p.earlier {
		return true
	}
	if gen < p.generation || gen == p.generation && seq < p.seq {
		return true
	}
	p.generation, p.seq = gen, seq
	return false
}

// receiveStarting answers a node that has joined with what this node holds.
func (m *Machine) receiveStarting(from string) {
	if p, ok := m.peers[from]; ok {
		p.left, p.leaving = false, false
	}
	m.theirStable = false
	m.forgetRequest(from)
	switch m.phase {
	case initial:
		// This node's own "starting" will be answered in its turn.
		return
	case starting:
		m.phase = bothStarting
		m.foreignDone = true
		m.report(false, "")
	case bothStarting:
		m.logf(level.Error, "Received 'starting' message in state %d", m.phase)
	case received:
		m.report(false, "")
	case shutdown:
		m.report(false, "shutdown")
		if m.ended {
			m.sayDone()
		}
	case stable:
		m.report(true, "")
	}
	if m.taking {
		m.logf(level.Warn, "T_STARTING received during takeover.")
	}
}

func (m *Machine) receiveResource(now time.Time, from string, msg *message.Message) {
	if !msg.Has("rsc_hold") {
		m.logf(level.Error, "resource message without rsc_hold field.")
		return
	}
	set, ok := ParseHold(msg.Text("rsc_hold"))
	if !ok {
		m.logf(level.Error, "encode_resources: bad resource type [%s]", msg.Text("rsc_hold"))
	}
	if p, ok := m.peers[from]; ok {
		p.leaving = msg.Text("info") == "shutdown"
	}
	if m.phase == initial {
		return
	}
	if m.phase == starting || m.phase == bothStarting {
		m.phase = received
	}
	before := m.theirs
	switch {
	case msg.Text("rtype") == "full":
		m.theirs, m.reported = set, true
	case set == None:
		m.theirs = None
	default:
		m.theirs |= set
	}
	if m.phase == shutdown {
		// What the other side has already it need not prepare for, and one that ends
		// as well takes nothing.
		info := msg.Text("info")
		if info == infoPrepared || m.anyLeaving() || m.isKin(from) && m.leaves != None && m.theirs.Has(m.leaves.Mirror()) {
			m.releaseAll()
		}
		if m.ended && m.isKin(from) && (info == infoSync || info == infoReturned) {
			m.sayDone() // it has not heard it, perhaps because it did not know this life
		}
		return
	}
	if m.anyLeaving() && !m.prepare(Work{Operation: Ready, Node: from, Reason: Preparation}, Foreign) && m.isKin(from) {
		m.report(m.phase == stable, infoPrepared)
	}
	m.receiveStability(now, from, msg)
	m.resolve(now, from, before, msg)
	m.dispel()
	if m.offer == offerEnded && m.theirStable {
		m.orphansAt = now // the old exchange is over there
	}
}

func (m *Machine) receiveStability(now time.Time, from string, msg *message.Message) {
	if !msg.Has("isstable") {
		return
	}
	if msg.Text("isstable") != "1" {
		m.theirStable = false
		return
	}
	if !m.theirStable {
		m.logf(level.Info, "remote resource transition completed.")
		m.theirStable = true
		m.report(m.phase == stable, "")
		m.failback(now)
	}
	if m.phase != stable {
		m.logf(level.Info, "remote resource transition completed.")
		m.acquireOwn(false)
		m.phase = stable
		m.localAt = time.Time{}
		m.report(true, "")
		m.failback(now)
		m.foreignDone = true
		if !m.cfg.AutoFailback && m.theirs.Has(Foreign) {
			m.localDone = true
		}
		m.initialDone("T_RESOURCES(them)")
	}
}

// receiveShutdone takes over from a node that has given up everything.
func (m *Machine) receiveShutdone(from string) {
	p, ok := m.peers[from]
	if !ok {
		return
	}
	p.left = true
	m.logf(level.Info, "Received shutdown notice from '%s'.", from)
	if m.phase == initial {
		return
	}
	m.theirs, m.theirStable = None, true
	m.dispel()
	m.standby, m.standbyDeadline = noStandby, time.Time{}
	if m.mine == All && !m.stopping {
		m.needFailback = true
		return
	}
	m.takeOver(from)
}

// Restarted tells that a node has begun a new life. What it holds will be known
// when it reports.
func (m *Machine) Restarted(now time.Time, name string) []Effect {
	p, ok := m.peers[name]
	if !ok {
		return m.end()
	}
	p.died, p.left, p.leaving, p.back = false, false, false, false
	m.theirStable, m.reported, m.overlap = false, false, false
	m.doubt = true
	m.cancelStandby()
	m.settle(now)
	return m.end()
}
