package api

import (
	"strconv"
	"strings"

	"lvsha/pkg/ha/message"
	"lvsha/pkg/system/logging/level"
)

// The results of an answer. More follows "ok/more".
const (
	resultOK     = "OK"
	resultMore   = "ok/more"
	resultFailed = "badreq"
)

// badArgument is why a request about something unknown is refused.
const badArgument = "EINVAL"

// requests are what a client that has signed on may ask. Each gives the answers
// in order.
var requests = map[string]func(*Machine, *client, *message.Message) []*message.Message{
	"nodelist":     (*Machine).nodeList,
	"nodestatus":   ofNode("nodestatus", func(_ *Machine, n Node) (string, string) { return "st", n.Status }),
	"nodetype":     ofNode("nodetype", func(_ *Machine, n Node) (string, string) { return "nodetype", n.kind() }),
	"nodeweight":   ofNode("nodeweight", func(m *Machine, n Node) (string, string) { return "weight", strconv.Itoa(m.attributesOf(n).weight) }),
	"nodesite":     ofNode("nodesite", func(m *Machine, n Node) (string, string) { return "site", m.attributesOf(n).site }),
	"numnodes":     (*Machine).numNodes,
	"iflist":       (*Machine).linkList,
	"ifstatus":     (*Machine).linkStatus,
	"clientstatus": (*Machine).clientStatus,
	"getparm":      (*Machine).parameter,
	"getrsc":       (*Machine).resources,
	"getuuid":      (*Machine).uuidOf,
	"getnodename":  (*Machine).nameOf,
	"setfilter":    (*Machine).setFilter,
	"setsignal":    (*Machine).setSignal,
	"set_sendqlen": (*Machine).setQueue,
	"signon": func(*Machine, *client, *message.Message) []*message.Message {
		return failed("signon", "")
	},
}

// request answers a request. One that does not say by whom it is, or that names
// another client, gets no answer.
func (m *Machine) request(c *client, msg *message.Message) {
	reqtype := msg.Text("reqtype")
	pid, id := msg.Text("pid"), msg.Text("from_id")
	if len(id) > maxClientName {
		id = id[:maxClientName]
	}
	switch {
	case reqtype == "", pid == "" && id == "":
		m.repeatf("fields", level.Error, "api_process_request: bad message type from client %s", c.name)
		return
	case pid != "" && pid != strconv.Itoa(c.cred.PID), id != "" && id != c.name:
		m.repeatf("mismatch", level.Error, "Client mismatch! (%s, pid %s) is not %s, pid %d", id, pid, c.name, c.cred.PID)
		return
	case reqtype == "signoff":
		m.drop(c, "signoff")
		return
	}
	handle, ok := requests[reqtype]
	if !ok {
		m.reply(c, answer(reqtype).Add("result", resultFailed))
		return
	}
	for _, a := range handle(m, c, msg) {
		m.reply(c, a)
	}
}

func one(msg *message.Message) []*message.Message { return []*message.Message{msg} }

func failed(reqtype, info string) []*message.Message {
	msg := answer(reqtype).Add("result", resultFailed)
	if info != "" {
		msg.Add("info", info)
	}
	return one(msg)
}

func (n Node) kind() string {
	if n.Ping {
		return "ping"
	}
	return "normal"
}

// node looks a node up without regard to case.
func (m *Machine) node(name string) (Node, bool) {
	for _, n := range m.cluster.Nodes() {
		if strings.EqualFold(n.Name, name) {
			return n, true
		}
	}
	return Node{}, false
}

// ofNode serves the requests for one value of a node.
func ofNode(reqtype string, value func(*Machine, Node) (name, text string)) func(*Machine, *client, *message.Message) []*message.Message {
	return func(m *Machine, _ *client, msg *message.Message) []*message.Message {
		n, ok := m.node(msg.Text("node"))
		if !ok {
			return failed(reqtype, badArgument)
		}
		name, text := value(m, n)
		return one(answer(reqtype).Add(name, text).Add("result", resultOK))
	}
}

func (m *Machine) nodeList(*client, *message.Message) []*message.Message {
	var out []*message.Message
	for _, n := range m.cluster.Nodes() {
		out = append(out, answer("nodelist").Add("node", n.Name).Add("nodetype", n.kind()).Add("st", n.Status))
	}
	return finish(out)
}

// finish gives every answer of a list its result.
func finish(list []*message.Message) []*message.Message {
	for i, a := range list {
		if i < len(list)-1 {
			a.Add("result", resultMore)
		} else {
			a.Add("result", resultOK)
		}
	}
	return list
}

func (m *Machine) numNodes(*client, *message.Message) []*message.Message {
	count := 0
	for _, n := range m.cluster.Nodes() {
		if !n.Ping {
			count++
		}
	}
	return one(answer("numnodes").Add("numnodes", strconv.Itoa(count)).Add("result", resultOK))
}

func (l Link) status() string {
	if l.Up {
		return "up"
	}
	return "dead"
}

func (m *Machine) linkList(_ *client, msg *message.Message) []*message.Message {
	n, ok := m.node(msg.Text("node"))
	if !ok || len(n.Links) == 0 {
		return failed("iflist", badArgument)
	}
	var out []*message.Message
	for _, l := range n.Links {
		out = append(out, answer("iflist").Add("ifname", l.Name).Add("st", l.status()))
	}
	return finish(out)
}

func (m *Machine) linkStatus(_ *client, msg *message.Message) []*message.Message {
	n, _ := m.node(msg.Text("node"))
	for _, l := range n.Links {
		if l.Name == msg.Text("ifname") {
			return one(answer("ifstatus").Add("st", l.status()).Add("result", resultOK))
		}
	}
	return failed("ifstatus", badArgument)
}

func (m *Machine) resources(*client, *message.Message) []*message.Message {
	return one(answer("getrsc").Add("rsc_hold", m.cluster.Holding()).Add("result", resultOK))
}

// parameter answers a setting; one that is not set has no value.
func (m *Machine) parameter(_ *client, msg *message.Message) []*message.Message {
	if !msg.Has("pname") {
		return failed("getparm", badArgument)
	}
	name := msg.Text("pname")
	if name == "crm" {
		name = "pacemaker"
	}
	value, ok := m.cluster.Parameter(name)
	if name == "hbversion" {
		value, ok = m.cfg.Version, true
	}
	out := answer("getparm")
	if ok {
		out.Add("pvalue", value)
	}
	return one(out.Add("result", resultOK))
}
