// Package ipfail decides which of two nodes should serve by the ping nodes that
// each of them sees. It speaks with its like on the other node, ours or the
// original's, and does no input or output.
package ipfail

import (
	"fmt"
	"time"

	"lvsha/pkg/ha/message"
	"lvsha/pkg/system/logging/level"
)

// Name is the name of the client on both nodes.
const Name = "ipfail"

// Config is what a Machine must know.
type Config struct {
	Self, Peer   string
	AutoFailback bool
	// Delay is between a reason to give up and giving up: both nodes may have
	// lost the same ping node, and one of them notices it first.
	Delay time.Duration
}

// Effect is something the owner has to carry out, in the order returned.
type Effect interface{ effect() }

// Send asks for a message to the other node's ipfail.
type Send struct{ Message *message.Message }

// Ask asks what this node holds; the owner calls Holding with the answer.
type Ask struct{}

// GiveUp asks for a standby of what this node holds: all or foreign.
type GiveUp struct{ Set string }

// Log is a line for the log.
type Log struct {
	Level level.Level
	Text  string
}

func (Send) effect()   {}
func (Ask) effect()    {}
func (GiveUp) effect() {}
func (Log) effect()    {}

// Machine is one node's part. It is not safe for concurrent use.
type Machine struct {
	cfg   Config
	pings map[string]bool // seen or not
	peer  bool            // the other node is alive
	wish  string          // what is to be given up, "" for nothing
	at    time.Time       // and when
	out   []Effect
}

// New returns a machine that knows no ping node.
func New(cfg Config) *Machine { return &Machine{cfg: cfg, pings: make(map[string]bool)} }

// Start takes the ping nodes as they are, and whether the other node is alive.
func (m *Machine) Start(pings map[string]bool, peer bool) []Effect {
	for name, seen := range pings {
		m.pings[name] = seen
	}
	m.peer = peer
	m.compare()
	return m.end()
}

// Count is how many ping nodes this node sees.
func (m *Machine) Count() int {
	n := 0
	for _, seen := range m.pings {
		if seen {
			n++
		}
	}
	return n
}

// Node tells that a node has a new status.
func (m *Machine) Node(name, status string) []Effect {
	m.logf(level.Info, "Status update: Node %s now has status %s", name, status)
	if name == m.cfg.Peer {
		m.peer = status != "dead"
		if !m.peer {
			// There is nobody who could take what is given up.
			m.abort()
		}
		return m.end()
	}
	before, known := m.pings[name]
	seen := status == "ping"
	if !known || before == seen {
		return m.end()
	}
	m.pings[name] = seen
	switch {
	case seen:
		m.logf(level.Info, "A ping node just came up.")
	case m.Count() > 0:
		m.logf(level.Info, "NS: We are still alive!")
	default:
		m.logf(level.Info, "NS: We are dead. :<")
	}
	m.compare()
	return m.end()
}

// Link tells that a link of a node has come or gone.
func (m *Machine) Link(node, link, status string) []Effect {
	m.logf(level.Info, "Link Status update: Link %s/%s now has status %s", node, link, status)
	if node == m.cfg.Peer {
		m.logf(level.Info, "Checking remote count of ping nodes.")
		m.compare()
	}
	return m.end()
}

// Receive takes a message of the other node's ipfail.
func (m *Machine) Receive(now time.Time, msg *message.Message) []Effect {
	if msg.Text("src") != m.cfg.Peer {
		return nil
	}
	m.peer = true
	switch msg.Type() {
	case "hbapi-clstat":
		if msg.Text("st") == "join" {
			m.logf(level.Info, "Got join message from another ipfail client. (%s)", m.cfg.Peer)
			m.compare()
		}
	case "num_ping_nodes":
		if n, ok := msg.Decimal("num_ping"); ok {
			m.judge(now, n)
		}
	case "you_are_dead":
		m.logf(level.Info, "Giving up because we were told that we have less ping nodes.")
		m.plan(now, "all")
	case "abort_giveup":
		m.abort()
	}
	return m.end()
}

// judge compares the other node's count with this one's.
func (m *Machine) judge(now time.Time, theirs uint64) {
	ours := uint64(m.Count())
	switch {
	case theirs > ours:
		m.logf(level.Info, "Giving up because we have less visible ping nodes.")
		m.plan(now, "all")
	case theirs < ours:
		m.logf(level.Info, "Telling other node that we have more visible ping nodes.")
		m.abort()
		m.send(message.New("you_are_dead").Add("dest", m.cfg.Peer))
	default:
		m.logf(level.Info, "Ping node count is balanced.")
		m.abort()
		m.send(message.New("abort_giveup").Add("src", m.cfg.Self).Add("dest", m.cfg.Peer))
		if m.cfg.AutoFailback {
			m.plan(now, "foreign")
		}
	}
}

// Tick does what is due.
func (m *Machine) Tick(now time.Time) []Effect {
	if m.wish != "" && !now.Before(m.at) {
		m.emit(Ask{})
	}
	return m.end()
}

// Deadline is when Tick has something to do; the zero time means never.
func (m *Machine) Deadline() time.Time {
	if m.wish == "" {
		return time.Time{}
	}
	return m.at
}

// Holding takes what this node holds, and gives up what was planned. While
// resources move the answer is not yet known.
func (m *Machine) Holding(now time.Time, hold string) []Effect {
	wish := m.wish
	switch {
	case wish == "":
		return nil
	case hold == "transition":
		m.at = now.Add(m.cfg.Delay)
		return nil
	}
	m.wish = ""
	if hold == "none" || wish == "foreign" && hold == "local" {
		return nil
	}
	if wish == "foreign" {
		m.logf(level.Info, "Giving up foreign resources (auto_failback).")
	}
	m.emit(GiveUp{Set: wish})
	return m.end()
}

// compare tells the other node how many ping nodes this one sees.
func (m *Machine) compare() {
	if !m.peer || len(m.pings) == 0 {
		return
	}
	m.logf(level.Info, "Asking other side for ping node count.")
	m.send(message.New("num_ping_nodes").
		Add("src", m.cfg.Self).
		Add("num_ping", fmt.Sprint(m.Count())).
		Add("dest", m.cfg.Peer))
}

// plan has something given up a little later, unless it is planned already. To
// give up everything takes the place of giving up a part.
func (m *Machine) plan(now time.Time, set string) {
	if m.wish == "all" || m.wish == set {
		return
	}
	m.wish, m.at = set, now.Add(m.cfg.Delay)
	m.logf(level.Info, "Delayed giveup in %g seconds.", m.cfg.Delay.Seconds())
}

func (m *Machine) abort() {
	if m.wish == "" {
		return
	}
	m.wish = ""
	m.logf(level.Info, "Aborted delayed giveup")
}

func (m *Machine) send(msg *message.Message) { m.emit(Send{Message: msg}) }

func (m *Machine) emit(e Effect) { m.out = append(m.out, e) }

func (m *Machine) logf(l level.Level, format string, args ...any) {
	m.emit(Log{Level: l, Text: fmt.Sprintf(format, args...)})
}

func (m *Machine) end() []Effect {
	out := m.out
	m.out = nil
	return out
}
