package membership

import "time"

// peer is what this node knows of one member.
type peer struct {
	Node
	uuid       [16]byte
	status     string
	generation uint64
	known      bool // generation is known
	heard      bool // an authenticated message of it was seen in this life
	kin        bool // it runs this program

	last    uint64               // highest sequence number accepted; 0: none
	missing map[uint64]time.Time // lost ones, with the time to ask (again)
	acked   uint64               // highest number this node acknowledged to it
	trigger uint64               // residue of the numbers to acknowledge

	confirmed uint64 // highest number of ours that it acknowledged

	statusSeq uint64
	statusTS  uint64
	statusAt  time.Time // arrival of the last status, zero before the first
	deadtime  time.Duration
	graceEnd  time.Time

	links map[string]*link
}

// link is one way on which a peer is heard.
type link struct {
	up   bool
	seen time.Time
}

func (m *Machine) newPeer(n Node) *peer {
	p := &peer{
		Node:     n,
		status:   StatusInit,
		missing:  make(map[uint64]time.Time),
		trigger:  m.rng.Uint64N(10),
		deadtime: m.cfg.Deadtime,
		links:    make(map[string]*link),
	}
	if n.Ping {
		p.deadtime = m.cfg.Deadping
		p.links[n.Name] = &link{}
		return p
	}
	for _, name := range m.cfg.Links {
		p.links[name] = &link{}
	}
	return p
}

func (p *peer) alive() bool { return p.status != StatusDead }

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
}

// View returns a member by name.
func (m *Machine) View(name string) (View, bool) {
	p, ok := m.byName[name]
	if !ok {
		return View{}, false
	}
	v := View{Name: p.Name, Ping: p.Ping, Status: p.status, UUID: p.uuid, Kin: p.kin, Known: p.heard, Heard: p.statusAt, Links: make(map[string]bool)}
	if p == m.self {
		v.Status, v.Kin, v.Known = m.status, true, true
	}
	for name, l := range p.links {
		v.Links[name] = l.up
	}
	return v, true
}

// Joined reports whether the node lists are agreed.
func (m *Machine) Joined() bool { return m.joined }

// Status is the status this node announces.
func (m *Machine) Status() string { return m.status }
