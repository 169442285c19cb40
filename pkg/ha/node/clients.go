package node

import (
	"fmt"
	"path/filepath"
	"syscall"
	"time"

	"lvsha/pkg/ha/api"
	"lvsha/pkg/ha/config"
	"lvsha/pkg/ha/membership"
	"lvsha/pkg/ha/message"
	"lvsha/pkg/system/logging"
)

// What programs of the original expect to hear of the daemon's version.
const (
	legacyVersion     = "3.0.6"
	legacyLongVersion = "3.0.6 (node: 958e11be8686759f1b99204c17812f2c2633b169)"
)

// clientBurst is how many messages of clients go out within one keepalive time,
// or within the time after which lost ones are asked for, if that is longer. More
// would push out of the history what the others may still ask for.
const clientBurst = 100

// clients joins the API to the loop. A nil value has no clients.
type clients struct {
	machine  *api.Machine
	listener *api.Listener

	news  *message.Message // the status that is a change
	own   string           // status of this node that clients know
	spent int              // messages sent to the cluster since …
	since time.Time
}

// openClients opens the socket of the API. A node without it does its work.
func (n *node) openClients() {
	if n.RunDir == "" {
		return
	}
	listener, err := api.Listen(filepath.Join(n.RunDir, api.SocketName))
	if err != nil {
		logging.Logf(n.Log, logging.Error, "%v", err)
		return
	}
	ha := n.Config.HA
	pacemaker, _ := n.Parameter("pacemaker")
	n.clients = &clients{
		listener: listener,
		machine: api.New(api.Config{
			Self: n.Host, Deadtime: ha.Deadtime, Keepalive: ha.Keepalive,
			Version: legacyVersion, LongVersion: legacyLongVersion, Pacemaker: pacemaker,
			Facility: logging.FacilityCode(ha.Logfacility), Permissions: n.Permissions, Exists: api.Exists,
		}, n),
	}
}

func (c *clients) close() {
	if c != nil {
		c.listener.Close()
	}
}

// events is what clients do. It is silent while they have sent more than goes
// out at once.
func (c *clients) events(ha *config.HA) <-chan api.Event {
	if c == nil {
		return nil
	}
	if now := time.Now(); now.Sub(c.since) >= max(ha.Keepalive, ha.MaxRexmit) {
		c.spent, c.since = 0, now
	}
	if c.spent >= clientBurst {
		return nil
	}
	return c.listener.Events()
}

func (n *node) clientEvent(e api.Event) error {
	m := n.clients.machine
	defer func() { n.core.Monitor(m.Curious()) }()
	switch e := e.(type) {
	case api.Connected:
		m.Connect(e.ID, e.Credentials)
	case api.Received:
		return n.serve(m.Receive(e.ID, e.Body))
	case api.Disconnected:
		return n.serve(m.Gone(e.ID, e.Reason))
	case api.Due:
		return n.serve(m.Sweep())
	}
	return nil
}

// serve carries out what the API asks for.
func (n *node) serve(effects []api.Effect) error {
	for _, e := range effects {
		switch e := e.(type) {
		case api.Reply:
			n.sendClient(e)
		case api.Close:
			n.clients.listener.Disconnect(e.Of)
		case api.Limit:
			n.clients.listener.SetLimit(e.Of, e.Frames)
		case api.Signal:
			_ = syscall.Kill(e.PID, syscall.Signal(e.Number)) // it may be gone
		case api.Log:
			n.repeats.log(e.Key, e.Level, e.Text)
		case api.Send:
			n.clients.spent++
			if err := n.apply(n.core.Send(time.Now(), e.Message)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (n *node) sendClient(r api.Reply) {
	var body []byte
	var err error
	if r.Own && !n.Config.HA.Netstring {
		// Own messages have no signature before they are sent.
		signed := r.Message.Clone()
		if body, err = message.Encode(signed, message.Classic, n.keys.Load()); err == nil {
			signed, err = message.DecodePlain(body)
		}
		if err == nil {
			body, err = api.Encode(signed, false)
		}
	} else {
		body, err = api.Encode(r.Message, n.Config.HA.Netstring)
	}
	if err != nil {
		n.repeats.log("client encode", logging.Error, fmt.Sprintf("encode %s for a client: %v", r.Message.Type(), err))
		return
	}
	n.clients.listener.Send(r.To, body)
}

// tellClients passes on a message or a change.
func (n *node) tellClients(change membership.Effect) error {
	c := n.clients
	if c == nil {
		return nil
	}
	switch e := change.(type) {
	case membership.Deliver:
		return n.serve(c.machine.Deliver(e.Message, e.Own, c.isNews(e)))
	case membership.StatusChange:
		switch {
		case e.To == membership.StatusPing && e.Message != nil:
			// Answers of ping nodes are not delivered as messages are. Of one that was
			// dead the original says so once more.
			if e.From == membership.StatusDead {
				if err := n.serve(c.machine.Died(time.Now(), e.Node, true)); err != nil {
					return err
				}
			}
			return n.serve(c.machine.Deliver(e.Message, false, true))
		case e.Message != nil:
			c.news = e.Message
		case e.To == membership.StatusDead:
			v, _ := n.core.Members().View(e.Node)
			return n.serve(c.machine.Died(time.Now(), e.Node, v.Ping))
		}
	case membership.Seen:
		return n.serve(c.machine.Seen(e.Message, e.Fate))
	case membership.LinkChange:
		return n.serve(c.machine.LinkChanged(e.Node, e.Link, e.Up))
	}
	return nil
}

// isNews reports whether a message is more than a status that was seen before.
func (c *clients) isNews(d membership.Deliver) bool {
	if d.Message.Type() != "status" {
		return true
	}
	if d.Own {
		before := c.own
		c.own = d.Message.Text("st")
		return c.own != before
	}
	return d.Message == c.news
}

// Nodes implements api.Cluster.
func (n *node) Nodes() []api.Node {
	var out []api.Node
	listed := make(map[string]bool)
	add := func(name string) {
		v, ok := n.core.Members().View(name)
		if !ok || listed[name] {
			return
		}
		listed[name] = true
		row := api.Node{Name: v.Name, Ping: v.Ping, Status: v.Status, UUID: v.UUID}
		for _, l := range n.links {
			if v.Ping && l.Name() == name || !v.Ping && !l.Pings() {
				row.Links = append(row.Links, api.Link{Name: l.Name(), Up: v.Links[l.Name()]})
			}
		}
		out = append(out, row)
	}
	for _, name := range n.Config.HA.Table {
		add(name)
	}
	// What hb_addnode(1) has made stands behind.
	for _, node := range n.core.Members().Nodes() {
		add(node.Name)
	}
	return out
}

// Parameter implements api.Cluster.
func (n *node) Parameter(name string) (string, bool) {
	for _, p := range n.Config.HA.Parameters {
		if p.Name == name {
			return p.Value, true
		}
	}
	return "", false
}

// Holding implements api.Cluster.
func (n *node) Holding() string {
	if !n.core.Holder().Stable() {
		return "transition"
	}
	return n.core.Holder().Mine().String()
}

var _ api.Cluster = (*node)(nil)
