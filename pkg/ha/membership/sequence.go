package membership

import (
	"time"

	"lvsha/pkg/ha/message"
	"lvsha/pkg/system/logging/level"
)

// maxMissing is how many lost messages are worth asking for.
const maxMissing = 250

// minRexmit is the shortest wait before a lost message is asked for: the
// originals often send the next number first.
const minRexmit = 50 * time.Millisecond

// accept applies the rules of numbering and reports whether the message is new.
// fresh says that numbering may begin anew with this message.
func (m *Machine) accept(now time.Time, linkName string, p *peer, seq uint64, fresh bool) bool {
	switch {
	case p.last == 0 || seq == p.last+1:
		if p.last == 0 {
			p.acked = seq - 1
		}
		p.last = seq
	case seq == p.last:
		m.refresh(now, p, linkName)
		return false
	case seq > p.last+1:
		m.gap(now, p, seq)
		p.last = seq
	default:
		if _, lost := p.missing[seq]; lost {
			delete(p.missing, seq)
			if len(p.missing) == 0 {
				m.logf(level.Info, "No pkts missing from %s!", p.Name)
			}
			break
		}
		if !fresh {
			return false
		}
		p.forget()
		p.last, p.acked = seq, seq-1
	}
	m.refresh(now, p, linkName)
	m.acknowledge(now, p)
	return true
}

// gap notes the numbers between the last one and seq as lost.
func (m *Machine) gap(now time.Time, p *peer, seq uint64) {
	lost := seq - p.last - 1
	m.repeatf("lost "+p.Name, level.Warn, "%d lost packet(s) for [%s] [%d:%d]", lost, p.Name, p.last, seq)
	if lost+uint64(len(p.missing)) > maxMissing {
		m.repeatf("lost lots "+p.Name, level.Error, "lost a lot of packets!")
		clear(p.missing)
		p.acked = seq - 1
		return
	}
	spread := m.cfg.MaxRexmit
	low := minRexmit
	if spread < 2*minRexmit {
		low = 0
	}
	for n := p.last + 1; n < seq; n++ {
		p.missing[n] = now.Add(low + time.Duration(m.rng.Int64N(int64(spread-low)+1)))
	}
}

// How many messages there are between two acknowledgements. An original that
// hears too few pauses its clients and warns of a full history. A node of this
// program only spares repeats by them; and as each of n nodes acknowledges all
// others for all n to hear, they would be most of what a large cluster says.
const (
	ackEvery    = 10  // the originals' own
	ackEveryKin = 100 // well below historySize
)

// acknowledge tells a sender up to where everything has arrived, at numbers whose
// last digits this node picked for that sender.
func (m *Machine) acknowledge(now time.Time, p *peer) {
	upTo := p.last
	for n := range p.missing {
		upTo = min(upTo, n-1)
	}
	every := uint64(ackEvery)
	if p.kin {
		every = ackEveryKin
	}
	trigger := p.trigger % every
	if upTo < trigger {
		return
	}
	ack := upTo - (upTo-trigger)%every
	if ack <= p.acked || ack == 0 {
		return
	}
	p.acked = ack
	m.send(now, message.New("NS_ackmsg").Add("dest", p.Name).AddHex("ackseq", ack))
}

// refresh notes that a peer was heard on a link.
func (m *Machine) refresh(now time.Time, p *peer, linkName string) {
	l := p.link(linkName)
	if l == nil {
		return
	}
	l.seen = now
	if !l.up {
		l.up = true
		m.logf(level.Info, "Link %s:%s up.", p.Name, linkName)
		m.emit(LinkChange{Node: p.Name, Link: linkName, Up: true})
	}
}
