package membership

import (
	"strconv"
	"strings"
	"time"

	"lvsha/pkg/ha/message"
)

// sequenced reports whether a message type carries a number and is repeated on
// request.
func sequenced(kind string) bool { return !strings.HasPrefix(kind, "NS_") }

// send completes the header in the order the originals use, keeps what may be
// asked for again, transmits, and delivers to this node itself.
func (m *Machine) send(now time.Time, msg *message.Message) {
	msg = msg.Clone()
	dest := msg.Text("dest")
	if dest != "" {
		if p, ok := m.byName[dest]; ok && !msg.Has("destuuid") {
			msg.AddBinary("destuuid", append([]byte(nil), p.uuid[:]...))
		}
	}
	if !msg.Has("src") {
		msg.Add("src", m.cfg.Self)
	}
	msg.AddBinary("srcuuid", append([]byte(nil), m.cfg.UUID[:]...))
	numbered := sequenced(msg.Type())
	if numbered {
		m.seq++
		msg.AddHex("seq", m.seq)
	}
	msg.AddHex("hg", m.cfg.Generation)
	msg.AddHex("ts", uint64(max(now.Unix(), 1)))
	if numbered {
		msg.Add("ld", m.load)
	}
	msg.Add("ttl", strconv.Itoa(m.cfg.Hopfudge+len(m.cfg.Nodes)))
	if numbered {
		m.history.keep(m.seq, msg)
	}
	m.emit(Transmit{Message: msg})
	if numbered && (dest == "" || dest == m.cfg.Self) {
		m.applyNodeChange(now, msg)
		m.emit(Deliver{Message: msg, From: m.cfg.Self, Own: true})
	}
}
