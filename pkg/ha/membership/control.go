package membership

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"lvsha/pkg/ha/message"
	"lvsha/pkg/system/logging/level"
)

// The bounds of what one request or one turn may cause.
const (
	maxResend = 50 // messages sent again for one request
	maxAsk    = 50 // requests sent in one turn
	resendGap = 10 * time.Millisecond
)

// receiveControl handles the messages without a number.
func (m *Machine) receiveControl(now time.Time, linkName string, p *peer, msg *message.Message) {
	kind := msg.Type()
	if gen, ok := msg.Hex("hg"); p.known && (!ok || gen != p.generation) {
		if ok && gen < p.generation {
			m.replay(p.Name, gen, p.generation)
		}
		return
	}
	if kind == "NS_nak_rexmit" {
		m.saw(msg, Protocol)
		m.receiveNak(p, msg)
		return
	}
	if dest := msg.Text("dest"); dest != "" && dest != m.cfg.Self {
		m.saw(msg, Dropped)
		return
	}
	switch kind {
	case "NS_ackmsg":
		m.receiveAck(p, msg)
	case "NS_rexmit":
		m.saw(msg, Protocol)
		m.receiveRexmit(now, p, msg)
	}
}

func (m *Machine) receiveAck(p *peer, msg *message.Message) {
	ack, ok := msg.Hex("ackseq")
	if !ok || ack <= p.confirmed {
		return
	}
	if ack > m.seq {
		m.repeatf("ack "+p.Name, level.Error, "HBDoMsg_T_ACK: corrupted ackseq current hiseq = %d ackseq =%d in this message", m.seq, ack)
		return
	}
	p.confirmed = ack
}

// receiveRexmit sends again what a peer has lost. The numbers are decimal.
func (m *Machine) receiveRexmit(now time.Time, p *peer, msg *message.Message) {
	first, ok1 := msg.Decimal("firstseq")
	last, ok2 := msg.Decimal("lastseq")
	if !ok1 || !ok2 || first == 0 || last < first {
		m.repeatf("rexmit "+p.Name, level.Error, "Invalid rexmit seqnos")
		return
	}
	last = min(last, first+maxResend-1)
	for seq := first; seq <= last; seq++ {
		if seq > m.seq {
			m.repeatf("rexmit high "+p.Name, level.Error, "Rexmit of seq %d requested. %d is max.", seq, m.seq)
			return
		}
		m.resend(now, p, seq)
	}
}

func (m *Machine) resend(now time.Time, p *peer, seq uint64) {
	if seq <= p.confirmed {
		return
	}
	s := m.history.find(seq)
	if s == nil {
		m.repeatf("nak "+p.Name, level.Error, "Cannot rexmit pkt %d for %s: seqno too low", seq, p.Name)
		m.send(now, message.New("NS_nak_rexmit").AddHex("firstseq", seq).Add("dest", p.Name).Add("info", "seqno too low"))
		return
	}
	if !s.resent.IsZero() && now.Sub(s.resent) < m.cfg.MaxRexmit-resendGap {
		return
	}
	s.resent = now
	m.logf(level.Debug, "Retransmitting pkt %d", seq)
	m.emit(Transmit{Message: s.msg})
}

// receiveNak gives up a lost message. Naks count for everybody who misses it.
func (m *Machine) receiveNak(p *peer, msg *message.Message) {
	seq, ok := msg.Hex("firstseq")
	if !ok {
		return
	}
	if dest := msg.Text("dest"); dest == "" || dest == m.cfg.Self {
		m.repeatf("irretrievable "+p.Name, level.Error, "Irretrievably lost packet: node %s seq %d", p.Name, seq)
	}
	delete(p.missing, seq)
}

// askMissing asks a peer for what is overdue, a bounded number in one turn. What
// is missing in a row is asked for in one request: under heavy loss one for each
// would be most of what is sent.
func (m *Machine) askMissing(now time.Time, p *peer) {
	if len(p.missing) == 0 || (p.status != StatusUp && p.status != StatusActive) {
		return
	}
	asked := 0
	for lost := slices.Sorted(maps.Keys(p.missing)); len(lost) > 0 && asked < maxAsk; {
		row, due := 0, false
		for row < len(lost) && lost[row] == lost[0]+uint64(row) && row < maxAsk-asked {
			due = due || !p.missing[lost[row]].After(now)
			row++
		}
		if due {
			for _, seq := range lost[:row] {
				p.missing[seq] = now.Add(max(m.cfg.MaxRexmit, resendGap))
			}
			m.send(now, message.New("NS_rexmit").Add("dest", p.Name).
				Add("firstseq", strconv.FormatUint(lost[0], 10)).Add("lastseq", strconv.FormatUint(lost[row-1], 10)))
			asked += row
		}
		lost = lost[row:]
	}
}
