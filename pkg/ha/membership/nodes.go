package membership

import (
	"slices"
	"strings"
	"time"

	"lvsha/pkg/ha/message"
	"lvsha/pkg/system/logging/level"
)

// The limits of the node table, as in ha.cf(5) node.
const (
	maxNodes = 100
	maxName  = 99 // bytes
)

// Nodes are the members at present: those of the configuration, and what
// hb_addnode(1) and hb_delnode(1) made of them.
func (m *Machine) Nodes() []Node { return slices.Clone(m.cfg.Nodes) }

// applyNodeChange carries out a message that changes the node table. Every node
// does so, the sender too.
func (m *Machine) applyNodeChange(now time.Time, msg *message.Message) {
	change := m.addNode
	switch msg.Type() {
	case "addnode":
	case "delnode":
		change = func(_ time.Time, name string) { m.deleteNode(name) }
	default:
		return
	}
	for _, name := range strings.Fields(msg.Text("nodelist")) {
		change(now, strings.ToLower(name))
	}
}

// addNode makes a node a member until the end of this life. It has its dead time
// to be heard. It takes no part in the resources: haresources names nodes of
// ha.cf only.
func (m *Machine) addNode(now time.Time, name string) {
	switch {
	case m.byName[name] != nil:
		m.logf(level.Info, "node %s is in the configuration already", name)
		return
	case len(m.cfg.Nodes) >= maxNodes || len(name) > maxName:
		m.logf(level.Error, "node %s cannot be added: a cluster has at most %d nodes with names of at most %d bytes", name, maxNodes, maxName)
		return
	}
	m.logf(level.Info, "hb_add_one_node: Adding new node[%s] to configuration.", name)
	n := Node{Name: name}
	p := m.newPeer(n)
	p.graceEnd = now.Add(p.deadtime)
	m.byName[name] = p
	m.peers = append(m.peers, p)
	m.cfg.Nodes = append(slices.Clone(m.cfg.Nodes), n)
	m.deleted = slices.DeleteFunc(m.deleted, func(d string) bool { return d == name })
	m.emit(NodeAdded{Node: name})
}

// deleteNode ends the membership of a node that is dead, if all others are
// there: one that is only cut off would come back to a cluster that does not
// know it.
func (m *Machine) deleteNode(name string) {
	p := m.byName[name]
	switch {
	case p == nil || p.Ping:
		m.logf(level.Warn, "deletion failed: node %s is not in the configuration", name)
		return
	case p == m.self || p.alive():
		m.logf(level.Warn, "deletion failed: node %s is not dead", name)
		return
	}
	for _, o := range m.peers {
		if o != p && !o.Ping && o.status != StatusUp && o.status != StatusActive {
			m.logf(level.Warn, "hb_remove_one_node: deletion failed. We don't have all required nodes alive (%s is %s)", o.Name, o.status)
			return
		}
	}
	m.dropNode(p)
	m.deleted = append(m.deleted, name)
}

func (m *Machine) dropNode(p *peer) {
	m.logf(level.Info, "Removing node [%s] from configuration.", p.Name)
	delete(m.byName, p.Name)
	m.peers = slices.DeleteFunc(slices.Clone(m.peers), func(o *peer) bool { return o == p })
	m.cfg.Nodes = slices.DeleteFunc(slices.Clone(m.cfg.Nodes), func(n Node) bool { return n.Name == p.Name && !n.Ping })
	m.emit(NodeRemoved{Node: p.Name})
}

// adoptNodes makes the node table that of the node that was asked for it. Nodes
// that are alive stay.
func (m *Machine) adoptNodes(now time.Time, msg *message.Message) {
	if !msg.Has("nodelist") {
		return
	}
	list := strings.Fields(strings.ToLower(msg.Text("nodelist")))
	for _, name := range list {
		if m.byName[name] == nil {
			m.addNode(now, name)
		}
	}
	for _, p := range m.peers {
		switch {
		case p.Ping || slices.Contains(list, p.Name):
		case p.alive():
			m.logf(level.Warn, "deletion failed: node %s is not dead", p.Name)
		default:
			m.dropNode(p)
		}
	}
	m.deleted = strings.Fields(msg.Text("delnodelist"))
}

// listed is a list of names as the originals write it: a blank behind each, and
// one alone for none.
func listed(names []string) string {
	if len(names) == 0 {
		return " "
	}
	return strings.Join(names, " ") + " "
}
