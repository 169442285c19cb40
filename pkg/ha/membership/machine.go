package membership

import (
	"math/rand/v2"
	"time"

	"lvsha/pkg/ha/message"
	"lvsha/pkg/system/logging/level"
)

// The statuses a node announces or is given.
const (
	StatusInit   = "init"   // configured, never heard
	StatusUp     = "up"     // running, node lists not yet agreed
	StatusActive = "active" // fully running
	StatusDead   = "dead"   // silent for its dead time
	StatusPing   = "ping"   // an answering ping node
)

// Implementation is the value of the field "impl" in every status of this
// program. The originals ignore the field; two nodes that both send it may take
// short cuts that the originals do not know.
const Implementation = "5"

// askInterval is between requests for the node list.
const askInterval = time.Second

// Node is a configured member: a cluster node, or a ping node.
type Node struct {
	Name string // lower case
	Ping bool
}

// Config is what a machine must know. Durations as ha.cf(5) names them.
type Config struct {
	Self       string
	UUID       [16]byte
	Generation uint64 // higher than in any earlier life of this node
	Nodes      []Node // in configuration order, this node included
	Links      []string
	Keepalive  time.Duration
	Deadtime   time.Duration
	Warntime   time.Duration
	Initdead   time.Duration
	Deadping   time.Duration
	MaxRexmit  time.Duration // longest wait before a lost message is asked for
	Hopfudge   int
	Seed       uint64 // of the random delays
}

// Machine is one node's view of the cluster. It is not safe for concurrent use.
type Machine struct {
	cfg       Config
	rng       *rand.Rand
	out       []Effect
	self      *peer
	peers     []*peer // every member but this node, in configuration order
	byName    map[string]*peer
	deleted   []string // nodes that hb_delnode(1) has taken out
	load      string
	sum       string // checksum of haresources, for nodes of this program
	seq       uint64 // last sequence number used
	history   history
	status    string
	monitored bool          // clients want to see what is not delivered
	extra     time.Duration // added to the announced dead time before a restart

	started    time.Time
	joined     bool
	asked      string // node that was asked for its node list
	nextAsk    time.Time
	nextStatus time.Time
	lastRun    time.Time
	deadline   time.Time
}

// New returns the machine of a node that has not yet started.
func New(cfg Config) *Machine {
	m := &Machine{
		cfg:    cfg,
		rng:    rand.New(rand.NewPCG(cfg.Seed, cfg.Generation)),
		byName: make(map[string]*peer),
		load:   "n/a",
		status: StatusInit,
	}
	for _, n := range cfg.Nodes {
		if m.byName[n.Name] != nil {
			continue // the first one of a name is the member
		}
		p := m.newPeer(n)
		m.byName[n.Name] = p
		if n.Name == cfg.Self {
			m.self = p
			continue
		}
		m.peers = append(m.peers, p)
	}
	return m
}

// Start begins the node's life: it says that it is there.
func (m *Machine) Start(now time.Time) []Effect {
	m.started, m.lastRun = now, now
	m.self.uuid, m.self.generation, m.self.known = m.cfg.UUID, m.cfg.Generation, true
	m.sendStatus(now)
	m.setStatus(now, StatusUp)
	m.sendStatus(now)
	m.joinIfComplete(now)
	return m.end(now)
}

// Tick does what is due. The owner calls it at Deadline or later.
func (m *Machine) Tick(now time.Time) []Effect {
	if !m.begin(now) {
		return m.end(now)
	}
	m.runTimers(now)
	return m.end(now)
}

// Deadline is when Tick has something to do next.
func (m *Machine) Deadline() time.Time { return m.deadline }

// Send numbers and sends a message of this node to the cluster and delivers it
// to the node itself if it is addressed to it or to everyone.
func (m *Machine) Send(now time.Time, msg *message.Message) []Effect {
	if !m.begin(now) {
		return m.end(now)
	}
	m.send(now, msg)
	return m.end(now)
}

// AnnounceRestart raises the announced dead time by extra, so that the others
// wait for a planned restart.
func (m *Machine) AnnounceRestart(now time.Time, extra time.Duration) []Effect {
	if !m.begin(now) {
		return m.end(now)
	}
	m.extra = extra
	m.sendStatus(now)
	return m.end(now)
}

// Announce sends a status out of turn.
func (m *Machine) Announce(now time.Time) []Effect {
	if !m.begin(now) {
		return m.end(now)
	}
	m.sendStatus(now)
	return m.end(now)
}

// SetLoad sets the text of the load field, the first line of /proc/loadavg.
func (m *Machine) SetLoad(text string) { m.load = text }

// SetChecksum sets the checksum of haresources that every status of this node
// carries from now on, so that nodes of this program can compare theirs. The
// originals ignore the field.
func (m *Machine) SetChecksum(sum string) { m.sum = sum }

// begin notices whether the process was stopped or starved. It reports false if
// it was so for longer than the others wait for it.
func (m *Machine) begin(now time.Time) bool {
	gap := now.Sub(m.lastRun)
	late := now.Sub(m.deadline)
	m.lastRun = now
	if gap > m.announcedDeadtime() {
		m.emit(Stalled{Gap: gap})
		return false
	}
	if late > m.cfg.Keepalive/4 {
		// What the others said meanwhile still waits in the socket: nobody is
		// declared dead before it has been read.
		m.grace(now.Add(min(late, m.cfg.Keepalive)))
	}
	return true
}

func (m *Machine) end(now time.Time) []Effect {
	m.deadline = m.nextDeadline(now)
	out := m.out
	m.out = nil
	return out
}

func (m *Machine) setStatus(now time.Time, status string) {
	m.status = status
	m.logf(level.Info, "Local status now set to: '%s'", status)
	m.sendStatus(now)
}

func (m *Machine) sendStatus(now time.Time) {
	msg := message.New("status").
		Add("st", m.status).
		AddHex("dt", uint64(m.announcedDeadtime().Milliseconds())).
		Add("protocol", "1").
		Add("impl", Implementation)
	if m.sum != "" {
		msg.Add("haresources", m.sum)
	}
	m.send(now, msg)
	m.nextStatus = now.Add(m.cfg.Keepalive)
}

// announcedDeadtime is how long the others shall wait for this node. The originals
// add two seconds in their first five, while they are busy starting; this node
// is not.
func (m *Machine) announcedDeadtime() time.Duration { return m.cfg.Deadtime + m.extra }
