package api

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"lvsha/pkg/ha/membership"
	"lvsha/pkg/ha/message"
	"lvsha/pkg/system/logging/level"
)

// kind is a set of kinds of messages that a client wants to see.
type kind uint8

// The kinds.
const (
	kept      kind = 0x01 // everything that is news
	unchanged kind = 0x02 // a status that says nothing new
	dropped   kind = 0x04 // for somebody else, or of an earlier life
	duplicate kind = 0x08 // what came once more
	calls     kind = 0x10 // what clients ask
	protocol  kind = 0x20 // requests for lost messages, and their refusals
	allKinds  kind = 0x3f
)

// The statuses that the answers about clients depend on.
const (
	statusActive = "active"
	statusDead   = "dead"
)

// Deliver hands a message of the cluster to the clients it is for. own says that
// this node has sent it, news that it is no mere repetition of a status.
func (m *Machine) Deliver(msg *message.Message, own, news bool) []Effect {
	switch msg.Type() {
	case "setweight", "setsite":
		m.note(msg)
	case "query-cstatus":
		m.answerQuery(msg)
		// Clients do not see the question.
		return m.end()
	case "reqnodes", "repnodes":
		// Daemons settle among themselves who the nodes are.
		return m.end()
	}
	want := kept
	if !news {
		want = unchanged
	}
	m.hand(msg, own, want)
	return m.end()
}

// Seen hands on what was not delivered, to those who debug.
func (m *Machine) Seen(msg *message.Message, fate membership.Fate) []Effect {
	m.hand(msg, false, map[membership.Fate]kind{
		membership.Unchanged: unchanged, membership.Dropped: dropped,
		membership.Duplicate: duplicate, membership.Protocol: protocol,
	}[fate])
	return m.end()
}

// Curious reports whether any client wants to see more than what is delivered.
func (m *Machine) Curious() bool {
	for _, c := range m.clients {
		if c.mask&^kept != 0 {
			return true
		}
	}
	return false
}

// hand gives a message to everybody who wants it, or to the one it names.
func (m *Machine) hand(msg *message.Message, own bool, want kind) {
	to, addressed := msg.Text("to_id"), msg.Has("to_id")
	for _, id := range slices.Clone(m.order) {
		c := m.clients[id]
		if c.name == "" || c.mask&want == 0 || addressed && c.name != to {
			continue
		}
		m.emit(Reply{To: c.id, Message: msg, Own: own})
		if c.signal != 0 {
			m.emit(Signal{PID: c.cred.PID, Number: c.signal})
		}
	}
}

// Died tells the clients that a node was declared dead.
func (m *Machine) Died(now time.Time, node string, ping bool) []Effect {
	msg := message.New("status").
		Add("seq", "1").
		AddHex("ts", uint64(max(now.Unix(), 1))).
		Add("src", node).
		Add("st", statusDead)
	if ping {
		msg.Add("info", "ping")
	}
	m.hand(msg, false, kept)
	return m.end()
}

// LinkChanged tells the clients that a link of a node has come or gone.
func (m *Machine) LinkChanged(node, link string, up bool) []Effect {
	msg := message.New("ifstat").
		Add("node", node).
		Add("ifname", link).
		Add("st", Link{Up: up}.status())
	m.hand(msg, false, kept)
	return m.end()
}

// controlFields belong to the daemon; what a client puts there is dropped.
var controlFields = []string{"srcuuid", "destuuid", "seq", "hg", "ts", "ld", "ttl", "auth"}

// reserved are the messages that only a daemon may send.
func reserved(kind string) bool {
	switch kind {
	case "status", "reqnodes", "repnodes", "shutdone", "starting", "hbapi-clstat", "hbapi-resp", "respond-cstatus":
		return true
	}
	return strings.HasPrefix(kind, "NS_")
}

// toCluster sends a message of a client in its name.
func (m *Machine) toCluster(c *client, msg *message.Message) {
	switch {
	case c.casual:
		m.repeatf("casual", level.Error, "client %s has no name and may not send messages", c.name)
		m.drop(c, "badclient")
		return
	case reserved(msg.Type()):
		m.repeatf("reserved", level.Error, "client %s may not send messages of type %s", c.name, msg.Type())
		return
	}
	// What says who it is stands where the client has put it, with the truth in
	// it, and else at the end.
	truth := message.New("").Add("src", m.cfg.Self).
		Add("from_id", c.name).Add("to_id", c.name).Add("client_gen", strconv.Itoa(c.generation))
	out := new(message.Message)
	for _, f := range msg.Fields {
		real, ok := truth.Lookup(f.Name)
		switch {
		case ok && f.Name != "t":
			if !out.Has(f.Name) {
				out.Fields = append(out.Fields, real)
			}
		case f.Name == "dest":
			out.Add("dest", strings.ToLower(msg.Text("dest")))
		case !slices.Contains(controlFields, f.Name):
			out.Fields = append(out.Fields, f)
		}
	}
	for _, f := range truth.Fields {
		if f.Name != "t" && f.Name != "src" && !out.Has(f.Name) {
			out.Fields = append(out.Fields, f)
		}
	}
	m.emit(Send{Message: out})
}

// clientStatus tells whether a client has signed on. The daemon of another node
// is asked, and its answer takes the place of ours.
func (m *Machine) clientStatus(c *client, msg *message.Message) []*message.Message {
	n, ok := m.node(msg.Text("node"))
	if !ok || !msg.Has("cn") {
		return failed("clientstatus", badArgument)
	}
	if n.Name != m.cfg.Self && n.Status == statusActive && !n.Ping {
		m.emit(Send{Message: message.New("query-cstatus").Add("dest", n.Name).Add("cn", msg.Text("cn")).Add("from_id", c.name)})
		return nil
	}
	state := "offline"
	if n.Name == m.cfg.Self {
		state = m.presenceOf(msg.Text("cn"))
	}
	return one(answer("clientstatus").Add("subt", "respond-cstatus").Add("cs", state).Add("result", resultOK))
}

func (m *Machine) presenceOf(client string) string {
	if m.find(client) != nil {
		return "online"
	}
	return "offline"
}

// answerQuery tells another daemon, or a client of this one that has asked all
// nodes, whether a client has signed on here.
func (m *Machine) answerQuery(msg *message.Message) {
	m.emit(Send{Message: message.New("respond-cstatus").
		Add("dest", msg.Text("src")).
		Add("result", resultOK).
		Add("cn", msg.Text("cn")).
		Add("to_id", msg.Text("from_id")).
		Add("cs", m.presenceOf(msg.Text("cn")))})
}
