package takeover

import (
	"time"

	"lvsha/pkg/ha/message"
	"lvsha/pkg/system/logging/level"
)

func ask(set Hold, info string) Send {
	return Send{Message: message.New("ask_resources").Add("rsc_hold", set.String()).Add("info", info)}
}

// failback gives the foreign groups back to their node, if this node holds them
// since that node died or left, and auto_failback is on here: the setting of
// the holder decides.
func (m *Machine) failback(now time.Time) {
	if m.stopping || !m.mine.Has(Foreign) || !m.needFailback || !m.cfg.AutoFailback {
		m.needFailback = false
		return
	}
	alive, kin := m.others()
	if !alive {
		return
	}
	if kin && m.theirs.Has(Local) {
		m.needFailback = false // they already hold it: one of the two yields
		return
	}
	if !m.quiet() || !m.theirStable || m.phase != stable {
		m.logf(level.Debug, "Auto failback delayed.")
		m.failbackAt = now.Add(failbackRetry)
		return
	}
	m.needFailback = false
	if m.requestStandby(now, Foreign, Failback) {
		m.emit(ask(Foreign, "me"))
	}
}

// Cause says why an exchange takes place.
type Cause uint8

// The causes.
const (
	Requested  Cause = iota // somebody has asked this node for it
	Failback                // the groups' own node is back
	NotStarted              // the groups do not start here
	Offered                 // the other side gives them
	Unclaimed               // nobody has them
)

// Cause is that of the last exchange.
func (m *Machine) Cause() Cause { return m.cause }

// Overlap reports whether both sides are known to hold the same groups.
func (m *Machine) Overlap() bool { return m.overlap }

// Standby begins an exchange at this node's wish. It reports whether the
// request stands; the owner then has sent, or sends, the asking message.
func (m *Machine) Standby(now time.Time, set Hold) ([]Effect, bool) {
	ok := m.requestStandby(now, set, Requested)
	m.settle(now)
	return m.end(), ok
}

func (m *Machine) requestStandby(now time.Time, set Hold, cause Cause) bool {
	if !m.standbyPossible(now, m.cfg.Self) {
		return false
	}
	m.logf(level.Info, "%s wants to go standby [%s]", m.cfg.Self, set)
	m.standby, m.standbySet, m.cause = standbyMe, set, cause
	m.standbyDeadline = now.Add(standbyReply)
	m.theirStable = false
	return true
}

func (m *Machine) standbyPossible(now time.Time, from string) bool {
	switch {
	case !m.standbyDeadline.IsZero():
		left := int(m.standbyDeadline.Sub(now) / time.Second)
		m.logf(level.Warn, "Standby in progress- new request from %s ignored [%d seconds left]", from, left)
	case !m.theirStable:
		m.logf(level.Warn, "standby message [me] from %s ignored.  Other side is in flux.", from)
	case m.phase != stable:
		m.logf(level.Warn, "standby message [me] from %s ignored.  local resources in flux.", from)
	default:
		return true
	}
	return false
}

// cancelStandby ends an exchange whose other side is gone or begins anew.
func (m *Machine) cancelStandby() {
	if m.standby != noStandby {
		m.logf(level.Info, "Cancelling pending standby operation")
		m.mine |= m.starting // the scripts go on; what they start is held
		m.starting = None
		m.keepOffer()
		m.standby, m.standbyDeadline = noStandby, time.Time{}
	}
}

// keepOffer has groups that do not start here given away later: the request in which
// they were offered ends without an answer.
func (m *Machine) keepOffer() {
	if m.standby == standbyMe && m.cause == NotStarted && m.busy == 0 {
		set := m.standbySet & m.mine & m.unstarted
		m.failed |= set
		m.spurned &^= set
	}
}

// forgetRequest ends a request that a node of this program cannot have heard: it
// has only now come to take part. Its answer would be waited for in vain.
func (m *Machine) forgetRequest(name string) {
	if m.standby == standbyMe && !m.reported && m.isKin(name) {
		m.cancelStandby()
	}
}

// receiveAsk handles the messages of a standby exchange.
func (m *Machine) receiveAsk(now time.Time, from string, msg *message.Message) {
	if m.phase == shutdown || m.phase == initial {
		return
	}
	set, ok := ParseHold(msg.Text("rsc_hold"))
	if !ok || !msg.Has("rsc_hold") {
		set = All
	}
	info := msg.Text("info")
	if p, ok := m.peers[from]; ok {
		seq, _ := msg.Hex("seq")
		p.asked = max(p.asked, seq)
	}
	if info == "me" && m.givesWay(from, set) {
		m.cancelStandby()
		m.theirStable = true
	}
	switch {
	case m.standby == noStandby && info == "me":
		if !m.standbyPossible(now, from) {
			return
		}
		m.logf(level.Info, "%s wants to go standby [%s]", from, set)
		m.standby, m.standbySet, m.cause = standbyOther, set, Offered
		m.standbyDeadline = now.Add(standbyLimit)
		m.agreeAt = now.Add(agreeLimit)
		if !m.prepare(Work{Operation: Ready, Set: set.Mirror(), Reason: Preparation}, set.Mirror()) {
			m.agree()
		}
	case info == "me":
		m.standbyPossible(now, from)
	case m.standby == standbyMe && info == "other":
		m.giveStandby(now, from)
	case m.standby == standbyOther && m.isKin(from) && (info == "other" || info == "done" && m.overtaken(from, msg)):
		// Each has given way to the other, or the exchange has ended there.
		m.cancelStandby()
		m.theirStable = true
		m.report(true, "")
	case m.standby == standbyOther && info == "done":
		m.takeStandby(now, from)
	case m.standby == noStandby && info == "done" && (m.isKin(from) || m.cause == Unclaimed):
		// Its report came first and has ended the exchange, or it was in one with an
		// earlier life.
	case m.standby == standbyDone && info == "done" && m.busy > 0 && m.isKin(from):
		// Its report came first; this node is taking the set already.
	case m.standby == standbyMe && info == "done" && m.cause == Unclaimed:
		// It has taken what an earlier life of this node had given up.
		m.standby, m.standbyDeadline, m.theirStable = noStandby, time.Time{}, true
	case m.standby == standbyDone && info == "done" && m.busy == 0:
		m.standby, m.standbyDeadline = noStandby, time.Time{}
		m.theirs |= m.standbySet.Mirror() // its report may be late
		m.logf(level.Info, "Other node completed standby takeover of %s resources.", m.standbySet)
		m.report(true, "")
	default:
		m.logf(level.Error, "Ignored standby message '%s' from %s in state %d", info, from, m.standby)
	}
}

// givesWay reports whether the request of this node yields to one of another node of
// this program that has crossed it: each would refuse the other and wait in vain. Who
// alone has nothing to give yields, otherwise the later name.
func (m *Machine) givesWay(from string, set Hold) bool {
	if m.standby != standbyMe || m.busy > 0 || !m.isKin(from) {
		return false
	}
	nothing, nothingThere := m.mine&m.standbySet == None, m.theirs&set == None
	if nothing != nothingThere {
		return nothing
	}
	return from < m.cfg.Self
}

// overtaken reports whether a node says that it has let go of a set, and has since
// said that it holds it: the exchange has ended there.
func (m *Machine) overtaken(from string, msg *message.Message) bool {
	seq, _ := msg.Hex("seq")
	return seq < m.peers[from].seq && m.theirs&m.standbySet != None
}

// agree tells the other side that this node is ready to take what it gives.
func (m *Machine) agree() {
	if m.agreeAt.IsZero() {
		return
	}
	m.agreeAt = time.Time{}
	if m.standby == standbyOther {
		m.emit(ask(m.standbySet, "other"))
	}
}

// giveStandby lets go of the set the other side agreed to take.
func (m *Machine) giveStandby(now time.Time, from string) {
	m.standbyDeadline = now.Add(standbyLimit)
	m.logf(level.Info, "standby: %s can take our %s resources", from, m.standbySet)
	m.mine &^= m.standbySet
	m.report(false, "standby")
	m.logf(level.Info, "give up %s HA resources (standby).", m.standbySet)
	m.run(Work{Operation: Release, Set: m.standbySet, Reason: Standby})
}

// takeStandby takes the set the other side has let go of.
func (m *Machine) takeStandby(now time.Time, from string) {
	m.standbyDeadline = now.Add(standbyLimit)
	m.logf(level.Info, "standby: acquire [%s] resources from %s", m.standbySet, from)
	m.theirs &^= m.standbySet // its report may be late
	set := m.standbySet.Mirror()
	m.standby, m.prepared, m.starting = standbyDone, None, set
	m.logf(level.Info, "acquire %s HA resources (standby).", set)
	m.run(Work{Operation: Acquire, Set: set, Reason: Standby})
}

func (m *Machine) standbyWorkDone(w Work) {
	m.starting = None
	if m.standby == noStandby {
		// The exchange ended by the death of the other side while scripts ran.
		return
	}
	if w.Operation == Release {
		m.logf(level.Info, "%s HA resource release completed (standby).", w.Set)
		m.logf(level.Info, "Local standby process completed [%s].", m.standbySet)
		m.emit(ask(m.standbySet, "done"))
		m.standby = standbyDone
		return
	}
	m.logf(level.Info, "%s HA resource acquisition completed (standby).", w.Set)
	m.logf(level.Info, "Standby resource acquisition done [%s].", m.standbySet)
	m.mine |= w.Set
	m.standby, m.standbyDeadline = noStandby, time.Time{}
	m.localDone = true
	m.report(true, "")
	m.emit(ask(m.standbySet, "done"))
	m.initialDone("auto_failback")
}
