package membership

import "time"

// peer is what this node knows of one member.
type peer struct {
	Node
	uuid       [16]byte
	status     string
	generation uint64
	known      bool   // generation is known
	heard      bool   // an authenticated message of it was seen in this life
	kin        bool   // it runs this program
	sum        string // checksum of its haresources, "" if it does not tell

	last    uint64               // highest sequence number accepted; 0: none
	missing map[uint64]time.Time // lost ones, with the time to ask (again)
	acked   uint64               // highest number this node acknowledged to it
	trigger uint64               // residue of the numbers to acknowledge, below ackEveryKin

	confirmed uint64 // highest number of ours that it acknowledged

	statusSeq uint64
	statusTS  uint64
	statusAt  time.Time // arrival of the last status, zero before the first
	deadtime  time.Duration
	graceEnd  time.Time

	links []link // in configuration order
}

// link is one way on which a peer is heard.
type link struct {
	name string
	up   bool
	seen time.Time
}

func (m *Machine) newPeer(n Node) *peer {
	p := &peer{
		Node:     n,
		status:   StatusInit,
		missing:  make(map[uint64]time.Time),
		trigger:  m.rng.Uint64N(ackEveryKin),
		deadtime: m.cfg.Deadtime,
	}
	if n.Ping {
		p.deadtime = m.cfg.Deadping
		p.links = []link{{name: n.Name}}
		return p
	}
	for _, name := range m.cfg.Links {
		p.links = append(p.links, link{name: name})
	}
	return p
}

func (p *peer) alive() bool { return p.status != StatusDead }

// link returns the link of that name, nil if the peer is not heard there.
func (p *peer) link(name string) *link {
	for i := range p.links {
		if p.links[i].name == name {
			return &p.links[i]
		}
	}
	return nil
}

// forget drops the numbering of an ended or interrupted life.
func (p *peer) forget() {
	p.last, p.acked = 0, 0
	clear(p.missing)
}

// View is what the outside may know of a member.
type View struct {
	Name   string
	Ping   bool
	Status string
	UUID   [16]byte // all zero if not known
	Kin    bool     // runs this program
	Known  bool     // heard in this life
	Heard  time.Time
	Links  map[string]bool // up or not
	// Checksum is that of the node's haresources, "" if it does not tell.
	Checksum string
}

// View returns a member by name.
func (m *Machine) View(name string) (View, bool) {
	p, ok := m.byName[name]
	if !ok {
		return View{}, false
	}
	v := View{Name: p.Name, Ping: p.Ping, Status: p.status, UUID: p.uuid, Kin: p.kin, Known: p.heard, Heard: p.statusAt, Links: make(map[string]bool), Checksum: p.sum}
	if p == m.self {
		v.Status, v.Kin, v.Known, v.Checksum = m.status, true, true, m.sum
	}
	for _, l := range p.links {
		v.Links[l.name] = l.up
	}
	return v, true
}

// Seen is when a member was last heard on a link by a message that counts; zero if
// it was not.
func (m *Machine) Seen(name, link string) time.Time {
	if p, ok := m.byName[name]; ok {
		if l := p.link(link); l != nil {
			return l.seen
		}
	}
	return time.Time{}
}

// Joined reports whether the node lists are agreed.
func (m *Machine) Joined() bool { return m.joined }

// Status is the status this node announces.
func (m *Machine) Status() string { return m.status }
