package membership

import (
	"time"

	"lvsha/pkg/ha/message"
	"lvsha/pkg/system/logging/level"
)

// Receive takes a message whose signature was verified, and the name of the
// link it came in on.
func (m *Machine) Receive(now time.Time, linkName string, msg *message.Message) []Effect {
	if !m.begin(now) {
		return m.end(now)
	}
	m.receive(now, linkName, msg)
	m.joinIfComplete(now)
	return m.end(now)
}

func (m *Machine) receive(now time.Time, linkName string, msg *message.Message) {
	kind, src := msg.Type(), msg.Text("src")
	if kind == "" || src == "" || !msg.Has("ts") {
		m.repeatf("fields", level.Error, "process_clustermsg: missing from/ts/type: iface %s, from %s", linkName, src)
		return
	}
	if ts, ok := msg.Hex("ts"); !ok || ts == 0 {
		return
	}
	numbered := sequenced(kind)
	if numbered && !msg.Has("seq") {
		m.repeatf("seq "+src, level.Error, "process_clustermsg: missing seqno: iface %s, from %s, type %s", linkName, src, kind)
		return
	}
	p := m.sender(src, msg)
	if p == nil {
		m.saw(msg, Dropped)
		return
	}
	if p == m.self {
		m.receiveOwn(now, linkName, msg)
		return
	}
	if p.Ping || kind == "NS_st" {
		m.receiveEcho(now, linkName, p, msg)
		return
	}
	if !numbered {
		p.heard = true
		m.receiveControl(now, linkName, p, msg)
		return
	}
	m.receiveSequenced(now, linkName, p, msg)
}

// sender finds the member that sent the message. The name decides; a uuid that
// belongs to somebody else is told, not believed.
func (m *Machine) sender(src string, msg *message.Message) *peer {
	p, ok := m.byName[src]
	if !ok {
		m.repeatf("bad node "+src, level.Error, "process_status_message: bad node [%s] in message", src)
		return nil
	}
	f, ok := msg.Lookup("srcuuid")
	if !ok {
		return p
	}
	var id [16]byte
	if f.Kind != message.Binary || len(f.Value) != len(id) {
		m.repeatf("uuid "+src, level.Error, "Binary field srcuuid is not a uuid.")
		return p
	}
	copy(id[:], f.Value)
	var none [16]byte
	switch {
	case id == none || id == p.uuid:
	case p == m.self:
		m.repeatf("own name", level.Error, "another host calls itself %s: its messages are ignored", src)
		return nil
	case p.uuid == none:
		p.uuid = id
	default:
		m.logf(level.Warn, "node %s changed its uuid to %s", src, formatUUID(id))
		p.uuid = id
	}
	return p
}

// receiveOwn sees this node's own messages come back from the network. They say
// that the link carries, nothing else.
func (m *Machine) receiveOwn(now time.Time, linkName string, msg *message.Message) {
	fate := Dropped
	defer func() { m.saw(msg, fate) }()
	gen, ok := msg.Hex("hg")
	if !ok {
		return
	}
	if gen < m.cfg.Generation {
		m.replay(m.cfg.Self, gen, m.cfg.Generation)
		return
	}
	if gen == m.cfg.Generation {
		if sequenced(msg.Type()) {
			fate = Duplicate
		}
		m.refresh(now, m.self, linkName)
	}
}

func (m *Machine) replay(name string, gen, current uint64) {
	m.repeatf("replay "+name, level.Error, "should_drop_message: attempted replay attack [%s]? [gen = %d, curgen = %d]", name, gen, current)
}

func (m *Machine) receiveSequenced(now time.Time, linkName string, p *peer, msg *message.Message) {
	seq, ok := msg.Hex("seq")
	if !ok || seq == 0 {
		m.repeatf("bad seq "+p.Name, level.Error, "should_drop_message: bad sequence number")
		return
	}
	gen := uint64(0)
	if msg.Has("hg") {
		if gen, ok = msg.Hex("hg"); !ok {
			m.repeatf("bad gen "+p.Name, level.Error, "should_drop_message: bad generation number")
			return
		}
	}
	if p.known && gen < p.generation {
		m.replay(p.Name, gen, p.generation)
		m.saw(msg, Dropped)
		return
	}
	p.heard = true
	isStatus := msg.Type() == "status"
	if !isStatus && (p.known && gen > p.generation || p.status == StatusDead) {
		// A new life, and the return of the dead, begin with a status.
		m.saw(msg, Dropped)
		return
	}
	fresh := false
	if isStatus {
		if fresh, ok = m.newLife(now, p, gen, seq); !ok {
			m.saw(msg, Dropped)
			return
		}
	}
	if !m.accept(now, linkName, p, seq, fresh) {
		m.saw(msg, Duplicate)
		return
	}
	if isStatus {
		m.takeStatus(now, p, seq, msg)
	}
	if !m.addressed(msg) {
		m.saw(msg, Dropped)
		return
	}
	if msg.Type() == "reqnodes" {
		m.answerNodes(now, p)
	}
	if msg.Type() == "repnodes" {
		m.nodesAgreed(now, p, msg)
	}
	m.applyNodeChange(now, msg)
	m.emit(Deliver{Message: msg, From: p.Name})
}

// addressed applies the rule of delivery: a uuid or the name. For the originals a
// uuid decides alone; but they go on to use that of an earlier life, which a node
// has lost with the disk that kept it.
func (m *Machine) addressed(msg *message.Message) bool {
	var none [16]byte
	if id := msg.Bytes("destuuid"); len(id) == len(none) && [16]byte(id) != none {
		return [16]byte(id) == m.cfg.UUID || msg.Text("dest") == m.cfg.Self
	}
	dest := msg.Text("dest")
	return dest == "" || dest == m.cfg.Self
}

// newLife looks at a status for a restart of the sender, or for the end of a
// partition. It reports whether numbering begins anew, and false if the status
// is a stale one of a node that is dead.
func (m *Machine) newLife(now time.Time, p *peer, gen, seq uint64) (fresh, ok bool) {
	switch {
	case !p.known || gen > p.generation:
		if p.known {
			m.logf(level.Info, "Heartbeat restart on node %s", p.Name)
		}
		again := p.known
		p.generation, p.known = gen, true
		p.forget()
		p.statusSeq, p.statusTS, p.statusAt = 0, 0, time.Time{}
		p.confirmed = 0
		if again {
			m.emit(Restarted{Node: p.Name})
		}
		// The newcomer need not wait for our next turn to hear us.
		m.nextStatus = now
		return true, true
	case p.status == StatusDead:
		if seq <= p.statusSeq {
			return false, false
		}
		m.logf(level.Crit, "Cluster node %s returning after partition.", p.Name)
		m.logf(level.Info, "For information on cluster partitions, See URL: http://linux-ha.org/wiki/Split_Brain")
		m.logf(level.Warn, "Deadtime value may be too small.")
		m.logf(level.Info, "See FAQ for information on tuning deadtime.")
		m.logf(level.Info, "URL: http://linux-ha.org/wiki/FAQ#Heavy_Load")
		if !p.statusAt.IsZero() {
			m.logf(level.Crit, "Late heartbeat: Node %s: interval %d ms (> deadtime)", p.Name, now.Sub(p.statusAt).Milliseconds())
		}
		p.forget()
		p.statusAt = time.Time{}
		m.emit(Returned{Node: p.Name})
		m.nextStatus = now
		return true, true
	}
	return false, true
}

// takeStatus notes what a status says, unless a newer one was seen already.
func (m *Machine) takeStatus(now time.Time, p *peer, seq uint64, msg *message.Message) {
	ts, _ := msg.Hex("ts")
	if ts < p.statusTS && seq < p.statusSeq {
		return
	}
	st := msg.Text("st")
	if st == "" {
		m.repeatf("st "+p.Name, level.Error, "HBDoMsg_T_STATUS: status update without st field")
		return
	}
	if !p.statusAt.IsZero() {
		if gap := now.Sub(p.statusAt); gap > m.cfg.Warntime && m.cfg.Warntime > 0 {
			m.logf(level.Warn, "Late heartbeat: Node %s: interval %d ms", p.Name, gap.Milliseconds())
		}
	}
	p.statusAt, p.statusTS = now, ts
	p.statusSeq = max(p.statusSeq, seq)
	if dt, ok := msg.Hex("dt"); ok && dt > 0 && dt < uint64(24*time.Hour/time.Millisecond) {
		p.deadtime = time.Duration(dt) * time.Millisecond
	}
	p.kin = msg.Text("impl") != ""
	p.sum = msg.Text("haresources")
	if st == p.status {
		return
	}
	from := p.status
	p.status = st
	m.logf(level.Info, "Status update for node %s: status %s", p.Name, st)
	m.emit(StatusChange{Node: p.Name, From: from, To: st, Message: msg})
}

func formatUUID(id [16]byte) string {
	const digits = "0123456789abcdef"
	out := make([]byte, 0, 36)
	for i, b := range id {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			out = append(out, '-')
		}
		out = append(out, digits[b>>4], digits[b&15])
	}
	return string(out)
}
