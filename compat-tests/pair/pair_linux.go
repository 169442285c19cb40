package pair

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"lvsha/compat-tests/pace"
)

// VIP is the address that the pair serves.
const VIP = "10.77.0.100"

// Router is the address of a host that answers echo requests.
const Router = "10.77.0.9"

// beginning is for how long after a pair was made no other one is made: until what
// starts on it shows in the load of the machine.
const beginning = 500 * time.Millisecond

// settled is the Fault text that ends the excuse for an overlap.
const settled = "settled"

// Options say what kind of pair to make.
type Options struct {
	// Programs of the master and of the standby.
	Programs [2]Program
	// Failback is auto_failback of the master and of the standby, "on" if "".
	Failback [2]string
	// Keepalive and Deadtime of ha.cf; 200 ms and 2 s if 0. warntime is three
	// quarters of deadtime.
	Keepalive, Deadtime time.Duration
	// Initdead of ha.cf; 10 s if 0.
	Initdead time.Duration
	// Media are the lines of ha.cf by which the nodes hear each other, a ucast
	// line if none. PEER and PEER6 stand for the other node's addresses on eth0,
	// PEER2 for that on eth1,
	// ROUTER for a host that answers echo requests, TTY for a serial line to the
	// other node.
	Media []string
	// AuthKeys is authkeys, a sha1 key if empty; Extra are further lines of ha.cf.
	AuthKeys string
	Extra    []string
	// Second gives each node a second interface, eth1, on a cable of its own.
	Second bool
	// Resources of the one line of haresources; the VIP alone if none.
	Resources []string
	// OurAgents puts our IPaddr2 into the resource.d of a node that runs the
	// original.
	OurAgents bool
	// Stage is what make install has laid out, if anything of ours runs.
	Stage string
	// Dir takes the nodes' files; it must be empty.
	Dir string
}

// Pair is two nodes and a client on a bridge.
type Pair struct {
	Master, Standby *Node
	History         *History

	serial *cable   // nil unless there is a serial line
	hub    *process // the bridge, the client and the observers
}

// Missing says why no pair can be run on this machine, nil if one can.
func Missing(programs ...Program) error {
	if os.Getuid() != 0 {
		return errors.New("root is needed for namespaces")
	}
	for _, p := range programs {
		if p == Original {
			if _, err := os.Stat("/usr/share/heartbeat/ResourceManager"); err != nil {
				return fmt.Errorf("the original heartbeat is not installed: %w", err)
			}
		}
	}
	return nil
}

// Stage builds ours and lays it out in dir, as make install does. top is the
// directory of the Makefile.
func Stage(top, dir string) error {
	return run("make", "-s", "-C", top, "install", "DESTDIR="+dir)
}

func run(argv ...string) error {
	out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, out)
	}
	return nil
}

// New makes the pair, when the machine is not busy with others. Nothing runs on the
// nodes yet.
func New(o Options) (*Pair, error) {
	begun := pace.Begin()
	defer time.AfterFunc(beginning, begun)
	if o.Keepalive == 0 {
		o.Keepalive = 200 * time.Millisecond
	}
	if o.Deadtime == 0 {
		o.Deadtime = 2 * time.Second
	}
	if o.Initdead == 0 {
		o.Initdead = 10 * time.Second
	}
	for i := range o.Failback {
		if o.Failback[i] == "" {
			o.Failback[i] = "on"
		}
	}
	if o.Resources == nil {
		o.Resources = []string{"IPaddr2::" + VIP + "/32/eth0"}
	}
	p := &Pair{History: newHistory()}
	p.Master = &Node{Name: Master, Program: o.Programs[0], Dir: filepath.Join(o.Dir, Master), pair: p, port: "port1"}
	p.Standby = &Node{Name: Standby, Program: o.Programs[1], Dir: filepath.Join(o.Dir, Standby), pair: p, port: "port2"}
	if err := p.build(o); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

func (p *Pair) build(o Options) error {
	var err error
	if slices.ContainsFunc(o.Media, func(line string) bool { return strings.Contains(line, "TTY") }) {
		if p.serial, err = newCable(); err != nil {
			return err
		}
	}
	p.hub, err = startAgent(unix.CLONE_NEWNET|unix.CLONE_NEWNS, p.History.add)
	if err != nil {
		return err
	}
	if _, err := p.hub.do(order{Op: "setup", Spec: &spec{}}); err != nil {
		return err
	}
	if err := p.hub.ip(
		"link set lo up",
		"link add "+bridge+" type bridge forward_delay 0 mcast_snooping 0",
		"addr add "+clientAddr+"/24 brd + dev "+bridge,
		"addr add "+Router+"/24 brd + dev "+bridge,
		"link set "+bridge+" up",
		"link add "+secondBridge+" type bridge forward_delay 0 mcast_snooping 0",
		"link set "+secondBridge+" up",
	); err != nil {
		return err
	}
	for _, n := range []*Node{p.Master, p.Standby} {
		if err := n.build(o); err != nil {
			return fmt.Errorf("node %s: %w", n.Name, err)
		}
	}
	pids := map[string]int{Master: p.Master.agent.cmd.Process.Pid, Standby: p.Standby.agent.cmd.Process.Pid}
	for _, ord := range []order{
		{Op: "watch", Text: VIP, Pids: pids}, {Op: "sniff", Text: VIP}, {Op: "probe", Text: VIP},
	} {
		if _, err := p.hub.do(ord); err != nil {
			return err
		}
	}
	return nil
}

// build makes the node's namespaces and its cable.
func (n *Node) build(o Options) error {
	s, err := n.directories(o)
	if err != nil {
		return err
	}
	if err := n.configure(o); err != nil {
		return err
	}
	n.agent, err = startAgent(
		unix.CLONE_NEWNET|unix.CLONE_NEWNS|unix.CLONE_NEWPID|unix.CLONE_NEWUTS|unix.CLONE_NEWIPC, n.pair.History.add)
	if err != nil {
		return err
	}
	if _, err := n.agent.do(order{Op: "setup", Spec: s}); err != nil {
		return err
	}
	pid := n.agent.cmd.Process.Pid
	if err := n.pair.hub.ip(
		fmt.Sprintf("link add %s type veth peer name eth0 address %s netns %d", n.port, n.MAC(), pid),
		"link set "+n.port+" master "+bridge+" up",
	); err != nil {
		return err
	}
	if err := n.agent.ip(
		"link set lo up",
		"link set eth0 up",
		"addr add "+n.addr()+"/24 brd + dev eth0",
		"addr add "+n.addr6()+"/64 nodad dev eth0",
	); err != nil {
		return err
	}
	// Where the locks of serial lines are.
	if err := n.agent.run("/bin/mkdir", "-p", "/run/lock"); err != nil {
		return err
	}
	if o.Second {
		if err := n.buildSecond(pid); err != nil {
			return err
		}
	}
	n.follower, err = followLog(filepath.Join(n.Dir, "log"), logName, func(line string) {
		n.pair.History.add(Event{At: time.Now(), Kind: Line, Node: n.Name, Text: line})
	})
	return err
}

// buildSecond makes the node's second interface.
func (n *Node) buildSecond(pid int) error {
	if err := n.pair.hub.ip(
		fmt.Sprintf("link add %s type veth peer name eth1 netns %d", n.second(), pid),
		"link set "+n.second()+" master "+secondBridge+" up",
	); err != nil {
		return err
	}
	return n.agent.ip("link set eth1 up", "addr add "+n.addr2()+"/24 brd + dev eth1")
}

func (p *process) ip(commands ...string) error {
	for _, c := range commands {
		if err := p.run(append([]string{"/usr/sbin/ip"}, strings.Fields(c)...)...); err != nil {
			return err
		}
	}
	return nil
}

// Settled says that the nodes hear each other and have come to terms again:
// from here an overlap counts.
func (p *Pair) Settled() { p.History.add(Event{At: time.Now(), Kind: Fault, Text: settled}) }

// LostWord reports whether an event is the line of an original that has lost a word
// of its own: two of its scripts wrote into its fifo at the same time, and what got
// mixed is thrown away. If the order to start its groups was in it, it says that it has
// them and nobody does.
func LostWord(e Event) bool {
	return e.Kind == Line && (strings.Contains(e.Text, "NV failure (msgfromsteam)") || strings.Contains(e.Text, "msg2string: Message with zero fields"))
}

// HasLostWord reports whether a node has said so at any time.
func (p *Pair) HasLostWord(n *Node) bool {
	return slices.ContainsFunc(p.History.Since(0), func(e Event) bool { return e.Node == n.Name && LostWord(e) })
}

// Revive starts an original anew that has lost a word since the mark, if nobody has
// the address, and reports whether there was one.
func (p *Pair) Revive(since Mark) (bool, error) {
	if p.History.Holders() != "" {
		return false, nil
	}
	for _, e := range p.History.Since(since) {
		for _, n := range []*Node{p.Master, p.Standby} {
			if n.Program == Original && e.Node == n.Name && LostWord(e) {
				n.Note("has lost a word of its own")
				return true, errors.Join(n.Stop(), n.Start())
			}
		}
	}
	return false, nil
}

// WaitHolders waits until the address is on these nodes only, and quiet. If it is not
// in time, and an original has lost a word since the mark, it is started anew and has
// the time again.
func (p *Pair) WaitHolders(since Mark, within, quiet time.Duration, nodes ...string) error {
	for {
		ctx, cancel := context.WithTimeout(context.Background(), within)
		_, err := p.History.WaitHolders(ctx, quiet, nodes...)
		cancel()
		if err == nil {
			return nil
		}
		now := p.History.Now()
		revived, reviveErr := p.Revive(since)
		if !revived || reviveErr != nil {
			return errors.Join(err, reviveErr)
		}
		since = now
	}
}

// Client runs a command beside the nodes, where the client is; it must succeed.
func (p *Pair) Client(argv ...string) error { return p.hub.run(argv...) }

// Disturb has a share of the nodes' datagrams, in percent, come again: twice, long
// after, or with wrong bytes. 0 ends it.
func (p *Pair) Disturb(percent int) error {
	_, err := p.hub.do(order{Op: "disturb", Num: percent, Text: p.Master.port + " " + p.Standby.port})
	return err
}

// Flood sends so many forged datagrams a second to each node, from beside them. 0
// ends it.
func (p *Pair) Flood(rate int) error {
	_, err := p.hub.do(order{Op: "flood", Num: rate, Text: p.Master.addr() + " " + p.Standby.addr()})
	return err
}

// Close ends everything.
func (p *Pair) Close() {
	for _, n := range []*Node{p.Master, p.Standby} {
		if n.follower != nil {
			n.follower.close()
		}
		if n.agent != nil {
			n.agent.close()
		}
	}
	if p.hub != nil {
		p.hub.close()
	}
	if p.serial != nil {
		p.serial.close()
	}
}
