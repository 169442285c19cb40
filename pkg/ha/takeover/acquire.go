package takeover

import (
	"time"

	"lvsha/pkg/ha/message"
	"lvsha/pkg/system/logging/level"
)

// Result is how a work ended.
type Result struct {
	Up  bool  // Probe: some group is up
	Err error // what went wrong; the groups' own log lines say more
}

// Done tells that a work has ended.
func (m *Machine) Done(now time.Time, w Work, r Result) []Effect {
	m.busy--
	m.noteStart(w, r)
	switch w.Reason {
	case Startup:
		m.startupDone(now, w, r)
	case Own:
		m.ownDone()
	case MachDown:
		m.machDownDone(w)
	case Standby:
		m.standbyWorkDone(w)
	case Preparation:
		m.preparationDone(w)
	case Asked:
		m.givenAway(w)
	case Granted:
		m.ownDone()
	case Orphans:
		m.report(true, "")
	case Yield:
		m.logf(level.Info, "foreign HA resource release completed.")
		m.yields++
		m.report(true, "")
	case Shutdown:
		m.logf(level.Info, "All HA resources relinquished.")
		m.ended = true
		m.sayDone()
		m.emit(Stopped{Restart: m.restart})
		return m.end()
	}
	if !m.failbackAt.IsZero() {
		m.failbackAt = time.Time{}
		m.failback(now)
	}
	m.settle(now)
	return m.end()
}

// giveFailed asks the other node to take what did not start here. The original
// means to, and names the wrong side. What comes back is kept: the other node
// could not start it either.
func (m *Machine) giveFailed(now time.Time) {
	set := m.failed & m.mine
	if set == None || m.stopping || !m.anyAlive() || !m.theirStable || m.phase != stable || !m.quiet() {
		return
	}
	m.failed = None
	m.spurned |= set
	m.needFailback = false
	if m.requestStandby(now, set, NotStarted) {
		m.emit(ask(set, "me"))
	}
}

func (m *Machine) startupDone(now time.Time, w Work, r Result) {
	if w.Operation == Probe {
		m.probed, m.leftovers = true, r.Up
		m.cleanUp(now)
		return
	}
	m.announce(now)
}

// cleanUp brings down what an earlier life left up before this node tells
// anyone what it holds; with nobody else alive it simply keeps it.
func (m *Machine) cleanUp(now time.Time) {
	if !m.joined || !m.probed || m.phase != initial || m.stopping {
		return
	}
	if m.leftovers && m.anyAlive() && !m.cfg.Kept {
		m.logf(level.Warn, "Resources of an earlier life are still up: giving them up first.")
		m.run(Work{Operation: Release, Set: All, Reason: Startup})
		return
	}
	m.announce(now)
}

// announce enters the resource protocol.
func (m *Machine) announce(now time.Time) {
	if m.stopping {
		return
	}
	if m.legacy() {
		m.announceLegacy(now)
		return
	}
	m.phase = starting
	m.emit(Send{Message: message.New("starting")})
	if m.cfg.Kept {
		// What is held is known, nothing has to be waited for.
		m.report(true, "")
		m.phase = stable
		m.needFailback = m.mine.Has(Foreign)
	}
	lost := false
	for _, name := range m.cfg.Others {
		p := m.peers[name]
		lost = lost || p.died || p.left
	}
	if !lost {
		m.foreignDone = true
	}
	for _, name := range m.cfg.Others {
		switch p := m.peers[name]; {
		case p.died:
			p.died = false
			m.nodeDied(name)
		case p.left:
			m.takeOver(name)
		}
	}
	if !m.anyAlive() && m.phase != stable && !m.anyFencing() {
		m.theirStable = true
		m.takeLocal(now)
	}
}

// takeLocal takes this node's own groups without the word of another.
func (m *Machine) takeLocal(now time.Time) {
	m.localAt = time.Time{}
	m.phase = stable
	m.acquireOwn(false)
	m.logf(level.Info, "local resource transition completed.")
	m.report(true, "")
	m.failback(now)
}

// acquireOwn takes the groups whose preferred node this is, unless somebody has
// them. forced skips that question.
func (m *Machine) acquireOwn(forced bool) {
	if m.stopping {
		return
	}
	if !forced && m.standby == noStandby && (m.theirs.Has(Foreign) || m.mine.Has(Local)) {
		m.logf(level.Info, "Local Resource acquisition completed. (none)")
		return
	}
	m.mine |= Local
	m.run(Work{Operation: Acquire, Set: Local, Reason: Own})
}

func (m *Machine) ownDone() {
	m.logf(level.Info, "Local Resource acquisition completed.")
	m.localDone = true
	if m.stopping || m.legacy() {
		return
	}
	m.report(true, "req_our_resources()")
	m.initialDone("req_our_resources")
}

// takeUnowned decides at once what the original decides by waiting, and what it
// leaves without a holder.
func (m *Machine) takeUnowned(now time.Time) {
	if m.stopping {
		m.orphansAt = time.Time{}
		return
	}
	alive, kin := m.others()
	switch m.phase {
	case received:
		if m.anyFencing() {
			m.localAt = time.Time{}
			return
		}
		if !alive || kin && m.reported && !m.theirStable && m.theirs == None && !m.anyLeaving() {
			m.takeLocal(now)
		} else if m.localAt.IsZero() {
			m.localAt = now.Add(localWait)
		}
	case stable:
		if alive && m.reported && m.theirStable && m.quiet() && !m.mine.Has(Local) && !m.theirs.Has(Foreign) {
			m.acquireOwn(false)
			m.report(true, "")
		}
		m.takeOrphans(now, alive && !kin && m.reported && m.theirStable && m.quiet() && !m.mine.Has(Foreign) && !m.theirs.Has(Local))
	}
}

// offer is how far this node has come in bringing an original node to take its own
// groups, which neither claims. The original had given them to an earlier life of this
// node, or was to get them back; that life was killed, of which the original hears a
// restart only.
type offer uint8

const (
	noOffer       offer = iota
	offerMade           // asked to take them, in an exchange in which nothing is given up
	offerEnded          // no answer: it is still in the old exchange, which was ended
	offerRepeated       // asked once more
)

// takeOrphans sees to it that groups of an original node have a holder. Whatever else
// that node is about to do it has said when all three steps have failed.
func (m *Machine) takeOrphans(now time.Time, orphans bool) {
	if m.mine.Has(Foreign) || m.theirs.Has(Local) || m.cfg.Legacy {
		m.offer, m.orphansAt = noOffer, time.Time{}
		return
	}
	if !orphans || !m.orphansAt.IsZero() && !due(m.orphansAt, now) {
		return
	}
	m.orphansAt = time.Time{}
	switch m.offer {
	case noOffer, offerEnded:
		m.offer++
		if m.requestStandby(now, Foreign, Unclaimed) {
			m.emit(ask(Foreign, "me"))
		}
	case offerMade:
		m.offer = offerEnded
		m.orphansAt = now.Add(localWait)
		m.emit(ask(Foreign, "done"))
	case offerRepeated:
		m.offer = noOffer
		m.mine |= Foreign
		for _, name := range m.cfg.Others {
			m.run(Work{Operation: Inherit, Node: name, Reason: Orphans})
		}
		m.report(true, "")
	}
}

// prepare has everything readied for the groups that the other side is about to
// give up. It reports false if there is nothing to ready.
func (m *Machine) prepare(w Work, set Hold) bool {
	if m.stopping || m.phase != stable || m.prepared != None || m.mine&set != None {
		return false
	}
	m.prepared = set
	m.run(w)
	return true
}

// preparationDone lets the other side go on.
func (m *Machine) preparationDone(w Work) {
	if w.Node == "" {
		m.agree()
		return
	}
	if m.isKin(w.Node) && !m.stopping && m.phase == stable {
		m.report(true, infoPrepared)
	}
}

// unprepare takes back what was prepared for groups that are not to come.
func (m *Machine) unprepare() {
	if m.prepared == None || m.stopping || m.standby != noStandby || m.anyLeaving() {
		return
	}
	set := m.prepared &^ m.mine
	m.prepared = None
	if set != None {
		m.run(Work{Operation: Release, Set: set, Reason: Unprepare})
	}
}

// Died tells that a node is declared dead.
func (m *Machine) Died(now time.Time, name string) []Effect {
	p, ok := m.peers[name]
	if !ok {
		return m.end()
	}
	p.alive = false
	if m.phase == initial {
		p.died = true
		return m.end()
	}
	m.nodeDied(name)
	if !m.anyAlive() {
		m.releaseAll()
	}
	m.settle(now)
	return m.end()
}

func (m *Machine) nodeDied(name string) {
	m.wanted, m.askAt = nil, time.Time{}
	m.cancelStandby()
	m.doubt = true
	if m.stopping {
		return
	}
	m.needFailback = true
	p := m.peers[name]
	if m.reported && m.theirs == None || p.left {
		p.left = false
		m.logf(level.Info, "Dead node %s gave up resources.", name)
		m.stonith(name, notNeeded)
		m.takeRest(name)
		return
	}
	m.fence(name)
}

func (m *Machine) stonith(name string, v Verdict) {
	m.emit(Send{Message: message.New("stonith").Add("node", name).Add("result", string(v))})
}

// takeRest completes this node's hold after the death of a node that had
// nothing.
func (m *Machine) takeRest(name string) {
	m.theirs, m.theirStable = None, true
	if !m.mine.Has(Foreign) {
		m.takeOver(name)
		return
	}
	if !m.mine.Has(Local) {
		m.acquireOwn(true)
	}
}

// takeOver takes what a dead or leaving node held. The claim is made before any
// script runs, so that nobody believes the resources are free.
func (m *Machine) takeOver(name string) {
	if m.stopping {
		m.logf(level.Info, "Resource takeover cancelled - shutdown in progress.")
		return
	}
	m.logf(level.Info, "Resources being acquired from %s.", name)
	own := !m.mine.Has(Local)
	m.mine, m.giving = All, false
	m.theirs, m.theirStable, m.reported = None, true, false
	m.taking, m.overlap, m.prepared = true, false, None
	if own {
		m.run(Work{Operation: Acquire, Set: Local, Reason: Own})
	}
	m.run(Work{Operation: Inherit, Node: name, Reason: MachDown})
	m.report(true, "")
	if m.phase == received {
		m.phase = stable
		m.localAt = time.Time{}
	}
}

func (m *Machine) machDownDone(w Work) {
	m.taking = false
	m.logf(level.Info, "mach_down takeover complete for node %s.", w.Node)
	m.needFailback, m.foreignDone = true, true
	if m.stopping {
		return
	}
	m.emit(Send{Message: message.New("resource").Add("rsc_hold", Foreign.String()).Add("info", "mach_down")})
	m.logf(level.Info, "mach_down takeover complete.")
	m.initialDone("mach_down")
}

// MachDown tells that somebody has taken the foreign groups here by hand.
func (m *Machine) MachDown(now time.Time) []Effect {
	if m.phase != initial && m.phase != shutdown && !m.stopping {
		m.logf(level.Info, "mach_down takeover complete.")
		m.mine |= Foreign
		m.taking, m.needFailback, m.theirStable, m.foreignDone = false, true, true, true
		m.settle(now)
	}
	return m.end()
}
