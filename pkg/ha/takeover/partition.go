package takeover

import (
	"strconv"
	"time"

	"lvsha/pkg/ha/message"
	"lvsha/pkg/system/logging/level"
)

// Reports with these comments want an answer, but for the last. The originals
// ignore them.
const (
	infoReturned = "returned" // the receiver was dead to the sender, or is new to it
	infoSync     = "sync"     // the sender waits for the receiver
	infoPrepared = "prepared" // no answer: the receiver can let go now
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
	if m.ended {
		m.sayDone() // it was cut off when that was said
	}
	m.cancelStandby() // that node has not heard the request
	if m.stopping || m.phase == initial {
		m.settle(now)
		return m.end()
	}
	m.reported, m.theirStable = false, false
	m.needFailback = false
	m.doubt = true
	if p.kin {
		m.report(m.phase == stable, infoReturned)
		p.back = true
	} else if m.restartAt.IsZero() {
		m.restartAt = now.Add(partitionPause)
	}
	m.settle(now)
	return m.end()
}

// Active tells that a node announces itself as fully running. It may have
// joined while the two could not hear each other; what this node holds is news
// to it then.
func (m *Machine) Active(now time.Time, name string) []Effect {
	m.forgetRequest(name)
	if m.isKin(name) && !m.stopping && (m.phase == received || m.phase == stable) {
		info := infoSync
		if p := m.peers[name]; p.back {
			// Said again: what is overtaken on its way counts no more.
			p.back, info = false, infoReturned
		}
		m.report(m.phase == stable, info)
		m.settle(now)
	}
	return m.end()
}

// sync asks a node of this program again and again what it holds, until it is
// known to be stable: an answer may have been lost or overtaken.
func (m *Machine) sync(now time.Time) {
	waiting := !m.theirStable && m.quiet() || m.busy == 0 && (m.standby == standbyOther || m.standby == standbyDone)
	waiting = waiting && m.phase == stable && !m.given // a stop may be what waits
	if alive, kin := m.others(); !waiting || !alive || !kin {
		m.syncAt = time.Time{}
		return
	}
	if m.syncAt.IsZero() {
		m.syncAt = now.Add(syncInterval)
		return
	}
	if due(m.syncAt, now) {
		m.syncAt = now.Add(syncInterval)
		m.report(true, infoSync)
	}
}

// dispel announces what this node holds once it is known what the other side has.
// While the two did not hear each other, or from an earlier life, the other side
// may have had the addresses and have been the last to say so. What both hold is
// announced when one of them has let go.
func (m *Machine) dispel() {
	set := m.mine &^ m.theirs.Mirror()
	if m.doubt && set != None {
		m.emit(Reannounce{Set: set})
	}
	m.doubt = false
}

// resolve compares a report with what this node holds. The preferred node keeps
// its groups; the other one lets go.
func (m *Machine) resolve(now time.Time, from string, before Hold, msg *message.Message) {
	if m.overlap && !m.theirs.Has(Foreign) {
		m.overlap = false
		m.emit(Reannounce{Set: Local})
	}
	if !m.isKin(from) {
		return
	}
	m.outlast(from, msg)
	info := msg.Text("info")
	m.matchStandby(now, from, msg)
	conflict := m.mine.Has(Local) && m.theirs.Has(Foreign)
	if conflict && before != m.theirs || info == infoReturned || info == infoSync {
		// The other side asked, or may not know that this node never let go.
		m.report(m.phase == stable, "")
	}
	if conflict && !m.overlap {
		m.overlap = true
		m.logf(level.Error, "Both machines own our resources!")
	}
}

// outlast announces the own groups when the other side has let go of what both
// held. That both did this node need not have heard: the reports may have been lost.
func (m *Machine) outlast(from string, msg *message.Message) {
	p := m.peers[from]
	gave, _ := msg.Hex("yields")
	if gave > p.gave && m.mine.Has(Local) {
		m.emit(Reannounce{Set: Local})
	}
	p.gave = gave
}

// meetAfterRestart is for a life that has kept its resources through a restart in
// place while an original node took them over: that one hears a new life, not the
// end of a partition, and never lets go. This node does, and begins anew.
func (m *Machine) meetAfterRestart(now time.Time) {
	alive, kin := m.others()
	both := m.mine&m.theirs.Mirror() != None
	if m.cfg.Kept && alive && !kin && m.reported && both && m.quiet() && !m.stopping && m.restartAt.IsZero() {
		m.restartAt = now.Add(partitionPause)
	}
}

// matchStandby ends an exchange that the other side has ended or never knew of.
// A report says so if it is newer than the other side's last word in it.
func (m *Machine) matchStandby(now time.Time, from string, msg *message.Message) {
	p := m.peers[from]
	if m.standby == noStandby || p.seq < p.asked {
		return
	}
	if msg.Text("info") == infoReturned {
		m.cancelStandby()
		return
	}
	if m.standby == standbyOther && msg.Text("standby") == strconv.Itoa(int(standbyDone)) && m.theirs&m.standbySet == None {
		// It has let go; the message that says so was lost or is late.
		m.takeStandby(now, from)
		return
	}
	if msg.Text("standby") != "0" || m.busy > 0 || m.standby == standbyMe {
		return
	}
	m.standby, m.standbyDeadline = noStandby, time.Time{}
	m.logf(level.Info, "Other node completed standby takeover of %s resources.", m.standbySet)
	m.report(true, "")
}

// yield lets go of foreign groups that their preferred node also holds.
func (m *Machine) yield() {
	if !m.mine.Has(Foreign) || !m.theirs.Has(Local) || !m.reported || m.stopping || m.phase != stable {
		return
	}
	if _, kin := m.others(); !kin {
		return
	}
	if m.standby == standbyMe && m.busy == 0 {
		m.cancelStandby() // an answer need not come while both hold the groups
	}
	if !m.quiet() {
		return
	}
	m.logf(level.Error, "Both machines own foreign resources!")
	m.logf(level.Info, "give up foreign HA resources.")
	m.mine &^= Foreign
	m.needFailback = false
	m.report(false, "")
	m.run(Work{Operation: Release, Set: Foreign, Reason: Yield})
}
