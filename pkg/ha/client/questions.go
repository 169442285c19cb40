package client

import (
	"strconv"
	"time"

	"lvsha/pkg/ha/message"
)

// Node is a row of the daemon's node table.
type Node struct {
	Name, Type, Status string
}

// Link is one way on which a node is heard.
type Link struct{ Name, Status string }

// Nodes are the nodes and ping nodes in the order of ha.cf.
func (c *Client) Nodes() ([]Node, error) {
	list, err := c.list("nodelist")
	if err != nil {
		return nil, err
	}
	var out []Node
	for _, m := range list {
		n := Node{Name: m.Text("node"), Type: m.Text("nodetype"), Status: m.Text("st")}
		// A daemon of 2.1 says the name alone.
		if n.Type == "" {
			if n.Type, err = c.NodeType(n.Name); err != nil {
				return nil, err
			}
		}
		if n.Status == "" {
			if n.Status, err = c.NodeStatus(n.Name); err != nil {
				return nil, err
			}
		}
		out = append(out, n)
	}
	return out, nil
}

// Links are the links of a node in the order of ha.cf.
func (c *Client) Links(node string) ([]Link, error) {
	list, err := c.list("iflist", "node", node)
	if err != nil {
		return nil, err
	}
	var out []Link
	seen := make(map[string]bool)
	for _, m := range list {
		l := Link{Name: m.Text("ifname"), Status: m.Text("st")}
		if seen[l.Name] {
			continue // two media on one interface are one link
		}
		seen[l.Name] = true
		if l.Status == "" {
			if l.Status, err = c.LinkStatus(node, l.Name); err != nil {
				return nil, err
			}
		}
		out = append(out, l)
	}
	return out, nil
}

func (c *Client) text(field, reqtype string, fields ...string) (string, error) {
	m, err := c.one(reqtype, fields...)
	if err != nil {
		return "", err
	}
	return m.Text(field), nil
}

// NodeStatus is active, up, init, dead or ping.
func (c *Client) NodeStatus(node string) (string, error) {
	return c.text("st", "nodestatus", "node", node)
}

// NodeType is normal or ping.
func (c *Client) NodeType(node string) (string, error) {
	return c.text("nodetype", "nodetype", "node", node)
}

// NodeSite is what hb_setsite(1) said.
func (c *Client) NodeSite(node string) (string, error) {
	return c.text("site", "nodesite", "node", node)
}

// NodeWeight is what hb_setweight(1) said, 100 if nothing.
func (c *Client) NodeWeight(node string) (int, error) {
	text, err := c.text("weight", "nodeweight", "node", node)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(text)
}

// LinkStatus is up or dead.
func (c *Client) LinkStatus(node, link string) (string, error) {
	return c.text("st", "ifstatus", "node", node, "ifname", link)
}

// Parameter is a recorded setting of ha.cf; false means that it is not set.
func (c *Client) Parameter(name string) (string, bool, error) {
	m, err := c.one("getparm", "pname", name)
	if err != nil {
		return "", false, err
	}
	return m.Text("pvalue"), m.Has("pvalue"), nil
}

// Resources is none, local, foreign, all or transition.
func (c *Client) Resources() (string, error) { return c.text("rsc_hold", "getrsc") }

// ClientStatus is online or offline, or join or leave for events of clients. The
// daemon of another node has wait to answer.
func (c *Client) ClientStatus(node, client string, wait time.Duration) (string, error) {
	if err := c.ask("clientstatus", "node", node, "cn", client); err != nil {
		return "", ended(err)
	}
	if err := c.conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
		return "", err
	}
	m, err := c.answer(func(m *message.Message) bool {
		return answers("clientstatus")(m) || m.Type() == "respond-cstatus" && m.Text("cn") == client
	})
	if err != nil {
		return "", err
	}
	return m.Text("cs"), nil
}

// Filter chooses the kinds of messages that come; 1 is what is news.
func (c *Client) Filter(mask uint64) error {
	_, err := c.one("setfilter", "fmask", strconv.FormatUint(mask, 16))
	return err
}
