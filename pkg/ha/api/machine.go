package api

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"lvsha/pkg/ha/message"
	"lvsha/pkg/system/logging/level"
)

// ID names a connection.
type ID uint64

// Node is a row of the node table as clients see it.
type Node struct {
	Name   string
	Ping   bool
	Status string
	UUID   [16]byte // all zero if not known
	Links  []Link   // in the order of the media
}

// Link is one way on which a node is heard.
type Link struct {
	Name string
	Up   bool
}

// Cluster is the daemon as clients see it.
type Cluster interface {
	// Nodes are the members and ping nodes in the order of ha.cf.
	Nodes() []Node
	// Parameter is a recorded setting of ha.cf.
	Parameter(name string) (string, bool)
	// Holding is none, local, foreign, all or transition.
	Holding() string
}

// Config is what a Machine must know.
type Config struct {
	Self                string // name of this node
	Deadtime, Keepalive time.Duration
	Version             string // what getparm hbversion says
	LongVersion         string // what the answer to a sign-on says
	Pacemaker           string
	Facility            int // code of the syslog facility, 0 for none, -1 if not set
	Permissions         Permissions
	// Exists reports whether a process exists.
	Exists func(pid int) bool
}

// Effect is something the owner has to carry out, in the order returned.
type Effect interface{ effect() }

// Reply is a message to a client. Own says that it is a message of this node to
// the cluster, which clients get with its signature.
type Reply struct {
	To      ID
	Message *message.Message
	Own     bool
}

// Close ends a connection when what it was sent before has been written.
type Close struct{ Of ID }

// Limit sets how many messages may wait for a client.
type Limit struct {
	Of     ID
	Frames int
}

// Send hands a message to the cluster. It must come back by Deliver, if it is for
// this node too, before the effects behind it are carried out.
type Send struct{ Message *message.Message }

// Signal asks for a signal to the process of a client: it has a message.
type Signal struct{ PID, Number int }

// Log is a line for the log; lines with the same Key repeat.
type Log struct {
	Level level.Level
	Text  string
	Key   string
}

func (Reply) effect()  {}
func (Close) effect()  {}
func (Limit) effect()  {}
func (Send) effect()   {}
func (Signal) effect() {}
func (Log) effect()    {}

// Machine is the daemon's side of the API. It is not safe for concurrent use.
type Machine struct {
	cfg        Config
	cluster    Cluster
	clients    map[ID]*client
	order      []ID // of connecting, in which events are handed out
	generation int  // of sign-ons, refused ones too
	attributes map[string]attributes
	out        []Effect
}

// client is one connection.
type client struct {
	id         ID
	cred       Credentials
	name       string // from_id; "" until it has signed on
	casual     bool
	generation int
	mask       kind
	signal     int
	failures   int // malformed messages in a row
}

// attributes are what hb_setweight and hb_setsite say of a node.
type attributes struct {
	weight int
	site   string
}

// maxFailures is how many malformed messages in a row end a connection.
const maxFailures = 10

// New returns a machine without clients.
func New(cfg Config, cluster Cluster) *Machine {
	return &Machine{cfg: cfg, cluster: cluster, clients: make(map[ID]*client), attributes: make(map[string]attributes)}
}

// Connect tells of a new connection.
func (m *Machine) Connect(id ID, cred Credentials) {
	m.clients[id] = &client{id: id, cred: cred}
	m.order = append(m.order, id)
}

// Receive takes the body of a frame of a client.
func (m *Machine) Receive(id ID, body []byte) []Effect {
	c := m.clients[id]
	if c == nil {
		return nil // what it sent before it was told to go
	}
	msg, err := Decode(body)
	if err != nil {
		c.failures++
		m.repeatf("message", level.Error, "No message from pid %d: %v", c.cred.PID, err)
		if c.failures >= maxFailures {
			m.drop(c, "badclient")
		}
		return m.end()
	}
	c.failures = 0
	switch {
	case c.name == "":
		m.register(c, msg)
	case msg.Type() == "hbapi-req":
		m.hand(msg, false, calls)
		m.request(c, msg)
	case msg.Type() == "":
		m.repeatf("type", level.Error, "a message of client %s has no type", c.name)
	default:
		m.toCluster(c, msg)
	}
	return m.end()
}

// Gone tells that a connection has ended. Reason is what the leave event says;
// "" means that the client closed it.
func (m *Machine) Gone(id ID, reason string) []Effect {
	if c := m.clients[id]; c != nil {
		if reason == "" {
			reason = "EOF"
		}
		if !m.cfg.Exists(c.cred.PID) {
			reason = "died"
		}
		m.leave(c, reason)
	}
	return m.end()
}

// Sweep ends the connections of processes that are gone: a child may hold on to
// the socket of a client that died.
func (m *Machine) Sweep() []Effect {
	for _, id := range slices.Clone(m.order) {
		if c := m.clients[id]; !m.cfg.Exists(c.cred.PID) {
			m.drop(c, "died")
		}
	}
	return m.end()
}

// drop ends a connection from this side.
func (m *Machine) drop(c *client, reason string) {
	m.leave(c, reason)
	m.emit(Close{Of: c.id})
}

// leave forgets a client and tells those of its name on every node.
func (m *Machine) leave(c *client, reason string) {
	delete(m.clients, c.id)
	m.order = slices.DeleteFunc(m.order, func(id ID) bool { return id == c.id })
	if c.name == "" || c.casual {
		return
	}
	m.emit(Send{Message: m.presence("leave", c.name, reason, c.generation)})
}

// presence is the event of a client that has come or gone.
func (m *Machine) presence(st, name, reason string, generation int) *message.Message {
	return message.New("hbapi-clstat").
		Add("st", st).
		Add("from_id", name).
		Add("to_id", name).
		Add("src", m.cfg.Self).
		Add("info", reason).
		Add("client_gen", strconv.Itoa(generation))
}

// find returns the client that has signed on by a name.
func (m *Machine) find(name string) *client {
	for _, c := range m.clients {
		if c.name == name && name != "" {
			return c
		}
	}
	return nil
}

func (m *Machine) reply(c *client, msg *message.Message) {
	m.emit(Reply{To: c.id, Message: msg})
	if c.signal != 0 {
		m.emit(Signal{PID: c.cred.PID, Number: c.signal})
	}
}

func (m *Machine) emit(e Effect) { m.out = append(m.out, e) }

func (m *Machine) repeatf(key string, l level.Level, format string, args ...any) {
	m.emit(Log{Level: l, Text: fmt.Sprintf(format, args...), Key: "api " + key})
}

func (m *Machine) end() []Effect {
	out := m.out
	m.out = nil
	return out
}
