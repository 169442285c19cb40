package takeover

import (
	"slices"
	"time"

	"lvsha/pkg/ha/message"
	"lvsha/pkg/system/logging/level"
)

// legacyRetry is between requests for a group that nobody answered.
const legacyRetry = 10 * time.Second

// legacy reports whether the protocol of "auto_failback legacy" is to be spoken:
// it is configured, and an original node that is alive knows no other then. Two
// nodes of this program speak the present protocol and act as with "on".
func (m *Machine) legacy() bool {
	alive, kin := m.others()
	return m.cfg.Legacy && alive && !kin
}

// announceLegacy enters the cluster the old way: the other node is asked for
// each own group, and there are no reports.
func (m *Machine) announceLegacy(now time.Time) {
	m.phase = stable
	m.theirStable = true
	m.wanted = slices.Clone(m.cfg.Keys)
	m.askGroups(now)
}

func (m *Machine) askGroups(now time.Time) {
	m.askAt = time.Time{}
	if len(m.wanted) == 0 || m.stopping {
		return
	}
	for _, key := range m.wanted {
		m.emit(Send{Message: message.New("ip-request").Add("ipaddr", key)})
	}
	m.askAt = now.Add(legacyRetry)
}

// receiveRequest gives a group to the node that asks for its own.
func (m *Machine) receiveRequest(from string, msg *message.Message) {
	key := msg.Text("ipaddr")
	if key == "" || m.phase != stable || m.stopping {
		return
	}
	// The groups of a node are asked for one by one; the first answer ends the
	// claim to all of them.
	m.giving = m.giving || m.mine.Has(Foreign)
	if !m.giving {
		m.answerRequest(from, key, "no")
		return
	}
	m.run(Work{Operation: Release, Key: key, Node: from, Reason: Asked})
}

func (m *Machine) answerRequest(to, key, weown string) {
	m.emit(Send{Message: message.New("ip-request-resp").
		Add("dest", to).Add("ipaddr", key).Add("weown", weown).Add("ok", "OK")})
}

// givenAway follows the release of a group that was asked for.
func (m *Machine) givenAway(w Work) {
	m.mine &^= Foreign
	m.answerRequest(w.Node, w.Key, "yes")
}

// receiveGrant takes a group that the other node has let go of or never had.
func (m *Machine) receiveGrant(msg *message.Message) {
	key := msg.Text("ipaddr")
	at := slices.Index(m.wanted, key)
	if at < 0 || msg.Text("ok") != "OK" || m.stopping {
		return
	}
	m.logf(level.Info, "received ip-request-resp %s OK %s", key, msg.Text("weown"))
	m.wanted = slices.Delete(m.wanted, at, at+1)
	if len(m.wanted) == 0 {
		m.askAt = time.Time{}
	}
	m.mine |= Local
	m.run(Work{Operation: Acquire, Key: key, Reason: Granted})
}
