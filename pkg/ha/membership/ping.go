package membership

import (
	"time"

	"lvsha/pkg/ha/message"
	"lvsha/pkg/system/logging/level"
)

// receiveEcho takes what a ping node has sent back. It counts on the ping node's
// own link only: a ping node says nothing of itself, and nobody for it.
func (m *Machine) receiveEcho(now time.Time, linkName string, p *peer, msg *message.Message) {
	if !p.Ping || linkName != p.Name || msg.Type() != "NS_st" {
		return
	}
	p.heard, p.statusAt = true, now
	m.refresh(now, p, linkName)
	if p.status == StatusPing {
		m.saw(msg, Unchanged)
		return
	}
	from := p.status
	p.status = StatusPing
	m.logf(level.Info, "Status update for node %s: status %s", p.Name, StatusPing)
	m.emit(StatusChange{Node: p.Name, From: from, To: StatusPing, Message: msg})
}
