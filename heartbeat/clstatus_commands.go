package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"lvsha/pkg/ha/client"
)

const clStatusUsage = `Usage: cl_status <sub-command> [<options>] [<parameters>]

Sub-commands:
clientstatus <node-name> <client-id> [<timeout>]
	Show the status of heartbeat clients.
hblinkstatus <node-name> <link-name>
	Show the status of a heartbeat link
hbstatus
	Indicate if heartbeat is running on the local system.
	Options:
		-v	verbose: also add "listnodes -v" output
listnodes [<option>]
	List the nodes in the cluster.
	Options:
		-p	list only 'ping' type nodes
		-n	list only 'normal' type nodes
		-v	verbose: also list type and status,
			then add "listhblinks -v" output
listhblinks <node-name>
	List the network interfaces used as hearbeat links.
	Options:
		-v	verbose: list link status as well
nodestatus <node-name>
	List the node status.
nodeweight <node-name>
	List the node weight.
nodesite <node-name>
	List the node site.
nodetype <node-name>
	List the nodes of a given type.
rscstatus
	Show the status of cluster resources.
hbparameter -p <parameter-name>
	Retrieve the value of a cluster parameter.
	As for the valid parameter names, please refer to the man page.
`

// clientWait is how long the daemon of another node has to answer.
const clientWait = 500

// membership prints what ccm says, where it runs.
func (c *clStatus) membership() {
	m, err := client.AskCCM(runDir+"/"+client.CCMSocket, c.deadline)
	switch {
	case errors.Is(err, client.ErrDenied):
		fmt.Fprintln(c.stderr, err)
		c.complain("%v", client.ErrNoMembership)
	case err != nil:
		c.complain("%v", err)
	case m == nil:
	case m.Evicted:
		fmt.Fprint(c.stdout, "\nccm membership evicted\n")
	default:
		quorum, not := "with", ""
		if !m.Quorum {
			quorum = "WITHOUT"
		}
		if !m.Has(c.client.Node) {
			not = "NOT "
		}
		fmt.Fprintf(c.stdout, "\nccm membership %s quorum\n\tinstance %d\n\tmembers %d\n", quorum, m.Instance, len(m.Members))
		for _, n := range m.Members {
			fmt.Fprintf(c.stdout, "\t\t%d %s\t(born: %d)\n", n.Index, n.Name, n.Born)
		}
		fmt.Fprintf(c.stdout, "\t%smember of partition\n", not)
	}
}

func (c *clStatus) listNodes() int {
	nodes, err := c.client.Nodes()
	if err != nil {
		return c.fail(err, statusFailed, "Cannot start node walk.")
	}
	if c.has('m') {
		fmt.Fprintln(c.stdout, "The nodes are as follow:")
	}
	// Programs have always seen the last one first.
	slices.Reverse(nodes)
	for _, n := range nodes {
		if c.has('n') != c.has('p') && c.has('n') != (n.Type == "normal") {
			continue
		}
		if !c.has('v') {
			fmt.Fprintln(c.stdout, n.Name)
			continue
		}
		fmt.Fprintf(c.stdout, "\n%s\t%s\t(nodetype: %s)\n", n.Name, n.Status, n.Type)
		if status := c.links(n.Name); status != exitOK {
			return status
		}
	}
	return exitOK
}

// links prints the links of a node.
func (c *clStatus) links(node string) int {
	list, err := c.client.Links(node)
	if err != nil {
		var bad *client.BadRequestError
		if errors.As(err, &bad) {
			c.complain("Cannot start heartbeat link interface walk.")
			c.complain("REASON: %s", bad.Info)
			return statusFailed
		}
		return c.fail(err, statusFailed, "Cannot start heartbeat link interface walk.")
	}
	if c.has('m') {
		fmt.Fprintln(c.stdout, "\tthis node has the following heartbeat links:")
	}
	slices.Reverse(list)
	for _, l := range list {
		if c.has('v') {
			fmt.Fprintf(c.stdout, "\t%s\t%s\n", l.Name, l.Status)
		} else {
			fmt.Fprintf(c.stdout, "\t%s\n", l.Name)
		}
	}
	return exitOK
}

func (c *clStatus) listLinks() int {
	if len(c.args) == 0 {
		return c.tooFew("No enough parameter.")
	}
	return c.links(c.args[0])
}

// ofNode prints one value of a node.
func (c *clStatus) ofNode(text, unknown, human string, ask func(node string) (string, error)) (string, int) {
	if len(c.args) == 0 {
		return "", c.tooFew(text)
	}
	value, err := ask(c.args[0])
	var bad *client.BadRequestError
	if errors.As(err, &bad) {
		return "", c.tooFew(unknown)
	}
	if err != nil {
		return "", c.fail(err, statusBadArgument, "no answer about node %s", c.args[0])
	}
	c.choose(value, fmt.Sprintf(human, c.args[0], value))
	return value, exitOK
}

const unknownNode = "Error. May be due to incorrect node name"

func (c *clStatus) nodeStatus() int {
	value, status := c.ofNode("Not enough parameters.", unknownNode, "The cluster node %s is %s", c.client.NodeStatus)
	if status == exitOK && value != "up" && value != "active" && value != "ping" {
		return exitFailed
	}
	return status
}

func (c *clStatus) nodeType() int {
	_, status := c.ofNode("No enough parameter.", unknownNode, "The node %s's type: %s", c.client.NodeType)
	return status
}

func (c *clStatus) nodeWeight() int {
	_, status := c.ofNode("No enough parameter.", "Error. Maybe due to incorrect node name.", "The weight of the cluster node %s is %s",
		func(node string) (string, error) {
			w, err := c.client.NodeWeight(node)
			return fmt.Sprint(w), err
		})
	return status
}

func (c *clStatus) nodeSite() int {
	_, status := c.ofNode("No enough parameter.", unknownNode, "The site of the cluster node %s is %s", c.client.NodeSite)
	return status
}

func (c *clStatus) linkStatus() int {
	if len(c.args) < 2 {
		return c.tooFew("No enough parameter.")
	}
	value, err := c.client.LinkStatus(c.args[0], c.args[1])
	if err != nil {
		return c.fail(err, statusFailed, "Cannot get heartbeat link status")
	}
	c.choose(value, fmt.Sprintf("The node %s's heartbeat link %s is %s", c.args[0], c.args[1], value))
	if value != "up" {
		return exitFailed
	}
	return exitOK
}

func (c *clStatus) clientStatus() int {
	if len(c.args) < 2 {
		return c.tooFew("No enough parameter.")
	}
	wait := clientWait
	if len(c.args) > 2 {
		wait, _ = strconv.Atoi(c.args[2])
	}
	value, err := c.client.ClientStatus(c.args[0], c.args[1], time.Duration(wait)*time.Millisecond)
	if err != nil {
		c.complain("Cannot get heartbeat client %s's status", c.args[1])
		c.complain("REASON: No timely response.")
		return statusFailed
	}
	fmt.Fprintln(c.stdout, value)
	return max(slices.Index([]string{"online", "offline", "join", "leave"}, value), 0)
}

func (c *clStatus) resources() int {
	value, err := c.client.Resources()
	if err != nil {
		return c.fail(err, exitFailed, "Cannot get cluster resource status")
	}
	c.choose(value, "This node is holding "+value+" resources.")
	return exitOK
}

func (c *clStatus) parameter() int {
	name, ok := c.flags['p']
	if !ok {
		c.complain("parameter name required")
		return statusBadArgument
	}
	value, ok, err := c.client.Parameter(name)
	if err != nil || !ok {
		return c.fail(err, exitFailed, "Cannot get parameter %s's value", name)
	}
	c.choose(value, fmt.Sprintf("Heartbeat parameter %s's value: %s", name, value))
	return exitOK
}

func (c *clStatus) test() int {
	hold, err := c.client.Resources()
	if err != nil {
		return c.fail(err, exitFailed, "Cannot get cluster resource status")
	}
	fmt.Fprintf(c.stdout, "Dead time: %d\n keeplive time: %d\n mynodeid: %s\n rsc: %s\n",
		c.client.Deadtime.Milliseconds(), c.client.Keepalive.Milliseconds(), c.client.Node, hold)
	return exitOK
}
