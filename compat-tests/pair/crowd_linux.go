package pair

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Crowd is a cluster of many nodes that hear each other by broadcast. The first
// one has the address.
type Crowd struct {
	Nodes []*Node

	hub *process
}

// NewCrowd makes n nodes of one program with keepalive, deadtime and initdead of
// the options. Nothing runs on them yet.
func NewCrowd(o Options, program Program, n int) (*Crowd, error) {
	c := &Crowd{}
	var err error
	nobody := newHistory()
	if c.hub, err = startAgent(unix.CLONE_NEWNET|unix.CLONE_NEWNS, nobody.add); err != nil {
		return nil, err
	}
	if _, err = c.hub.do(order{Op: "setup", Spec: &spec{}}); err == nil {
		err = c.hub.ip("link add "+bridge+" type bridge forward_delay 0 mcast_snooping 0", "link set "+bridge+" up")
	}
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("node%d", i+1))
	}
	for i := 0; i < n && err == nil; i++ {
		node := &Node{Name: names[i], Program: program, Dir: filepath.Join(o.Dir, names[i]), pair: &Pair{History: nobody}}
		c.Nodes = append(c.Nodes, node)
		if err = node.join(c.hub, o, i, names); err != nil {
			err = fmt.Errorf("node %s: %w", node.Name, err)
		}
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (n *Node) join(hub *process, o Options, i int, names []string) error {
	s, err := n.directories(o)
	if err != nil {
		return err
	}
	for name, text := range map[string]string{
		"ha.cf": fmt.Sprintf("logfile /var/log/%s\nkeepalive %s\ndeadtime %s\ninitdead %s\nauto_failback on\nbcast eth0\nnode %s\n",
			logName, millis(o.Keepalive), millis(o.Deadtime), millis(o.Initdead), strings.Join(names, " ")),
		"haresources": names[0] + " IPaddr2::" + VIP + "/32/eth0\n",
		"authkeys":    "auth 2\n2 sha1 lvs\n",
	} {
		if err := os.WriteFile(filepath.Join(n.Dir, "etc", name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	n.agent, err = startAgent(
		unix.CLONE_NEWNET|unix.CLONE_NEWNS|unix.CLONE_NEWPID|unix.CLONE_NEWUTS|unix.CLONE_NEWIPC, n.pair.History.add)
	if err != nil {
		return err
	}
	if _, err := n.agent.do(order{Op: "setup", Spec: s}); err != nil {
		return err
	}
	port := fmt.Sprintf("port%d", i+1)
	if err := hub.ip(
		fmt.Sprintf("link add %s type veth peer name eth0 netns %d", port, n.agent.cmd.Process.Pid),
		"link set "+port+" master "+bridge+" up",
	); err != nil {
		return err
	}
	return n.agent.ip("link set lo up", "link set eth0 up", fmt.Sprintf("addr add 10.77.0.%d/24 brd + dev eth0", 10+i))
}

// Close ends everything.
func (c *Crowd) Close() {
	for _, n := range c.Nodes {
		if n.agent != nil {
			n.agent.close()
		}
	}
	if c.hub != nil {
		c.hub.close()
	}
}
