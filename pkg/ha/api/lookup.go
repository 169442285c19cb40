package api

import (
	"strconv"
	"strings"

	"lvsha/pkg/ha/message"
)

// noQueryName is why a question without a name or a uuid is refused.
const noQueryName = "no query node name found"

func (m *Machine) uuidOf(_ *client, msg *message.Message) []*message.Message {
	if !msg.Has("queryname") {
		return failed("getuuid", noQueryName)
	}
	out := answer("getuuid")
	if n, ok := m.node(msg.Text("queryname")); ok && n.UUID != [16]byte{} {
		out.AddBinary("queryuuid", n.UUID[:])
	}
	return one(out.Add("result", resultOK))
}

func (m *Machine) nameOf(_ *client, msg *message.Message) []*message.Message {
	id := msg.Bytes("queryuuid")
	if id == nil {
		return failed("getnodename", noQueryName)
	}
	out := answer("getnodename")
	for _, n := range m.cluster.Nodes() {
		if n.UUID != [16]byte{} && string(n.UUID[:]) == string(id) {
			out.Add("queryname", n.Name)
			break
		}
	}
	return one(out.Add("result", resultOK))
}

// setFilter chooses the kinds of messages. All but the first are for debugging;
// root alone may see them.
func (m *Machine) setFilter(c *client, msg *message.Message) []*message.Message {
	mask, err := strconv.ParseUint(msg.Text("fmask"), 16, 32)
	switch {
	case err != nil || kind(mask)&allKinds == 0:
		return failed("setfilter", badArgument)
	case kind(mask)&allKinds&^kept != 0 && c.cred.UID != 0:
		return failed("setfilter", "EPERM")
	}
	c.mask = kind(mask) & allKinds
	return one(answer("setfilter").Add("result", resultOK))
}

// setSignal chooses the signal that tells of a message. SIGKILL, SIGSTOP and
// what is none are refused.
func (m *Machine) setSignal(c *client, msg *message.Message) []*message.Message {
	const kill, stop, signals = 9, 19, 32
	if !msg.Has("signal") {
		return failed("setsignal", "")
	}
	n, err := strconv.Atoi(msg.Text("signal"))
	if err != nil || n < 0 || n == kill || n == stop || n >= signals {
		return failed("setsignal", badArgument)
	}
	c.signal = n
	return one(answer("setsignal").Add("result", resultOK))
}

// maxQueue bounds set_sendqlen.
const maxQueue = 1 << 16

// setQueue sets how many messages may wait for a client. There is no answer.
func (m *Machine) setQueue(c *client, msg *message.Message) []*message.Message {
	if n, err := strconv.Atoi(msg.Text("sendqlen")); err == nil && n > 0 {
		m.emit(Limit{Of: c.id, Frames: min(n, maxQueue)})
	}
	return nil
}

// defaultWeight is the weight of a node of which hb_setweight(1) said nothing.
const defaultWeight = 100

func (m *Machine) attributesOf(n Node) attributes {
	if a, ok := m.attributes[n.Name]; ok {
		return a
	}
	return attributes{weight: defaultWeight}
}

// note carries out what hb_setweight(1) and hb_setsite(1) say.
func (m *Machine) note(msg *message.Message) {
	n, ok := m.node(msg.Text("node"))
	if !ok || n.Ping {
		return
	}
	a := m.attributesOf(n)
	switch msg.Type() {
	case "setweight":
		w, err := strconv.Atoi(strings.TrimSpace(msg.Text("weight")))
		if err != nil {
			return
		}
		a.weight = w
	case "setsite":
		a.site = msg.Text("site")
	}
	m.attributes[n.Name] = a
}
