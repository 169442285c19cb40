package view_test

import (
	"strings"
	"testing"
	"time"

	"lvsha/pkg/ha/config"
	"lvsha/pkg/ha/core"
	"lvsha/pkg/ha/membership"
	"lvsha/pkg/ha/message"
	"lvsha/pkg/ha/takeover"
	"lvsha/pkg/ha/view"
)

// epoch is when every test begins.
var epoch = time.Date(2026, time.November, 28, 12, 0, 0, 0, time.UTC)

// pair is two nodes in virtual time that hear each other on two links.
type pair struct {
	t           *testing.T
	now         time.Time
	alpha, beta *node
}

// node is one of them, with its book.
type node struct {
	name, peer string
	groups     []config.Group
	failback   bool
	core       *core.Core
	book       *view.Book
	gen        uint64
	running    bool
	cut        map[string]bool // links on which it is not heard
	works      []takeover.Work
	workDone   time.Time
	workTime   time.Duration
	broken     map[string]string // by key: why a group does not start
	left       []datagram        // to be heard by the other one
}

type datagram struct {
	link string
	msg  *message.Message
}

var links = []string{"eth0", "eth1"}

func newPair(t *testing.T) *pair {
	p := &pair{t: t, now: epoch}
	groups := []config.Group{
		{Node: "alpha", Resources: []config.Resource{{Word: "192.0.2.70"}, {Word: "ldirectord"}}},
		{Node: "beta", Resources: []config.Resource{{Word: "192.0.2.71"}}},
	}
	make2 := func(name, peer string) *node {
		return &node{
			name: name, peer: peer, groups: groups, failback: true, workTime: 300 * time.Millisecond,
			cut: make(map[string]bool), broken: make(map[string]string),
		}
	}
	p.alpha, p.beta = make2("alpha", "beta"), make2("beta", "alpha")
	return p
}

// config is that of the node.
func (n *node) config() *config.Config {
	ha := config.HA{Nodes: []string{"alpha", "beta"}, Keepalive: time.Second, Warntime: 2 * time.Second, Deadtime: 5 * time.Second, Initdead: 10 * time.Second, Deadping: 5 * time.Second, UDPPort: 694}
	if n.failback {
		ha.AutoFailback = config.FailbackOn
	}
	return &config.Config{Dir: "/etc/ha.d", Node: n.name, HA: ha, Groups: n.groups}
}

func (p *pair) start(n *node) {
	n.gen++
	n.running, n.works, n.left = true, nil, nil
	ha := n.config().HA
	if n.book == nil {
		n.book = view.New(p.now, view.Start{Version: "test", PID: 7})
	}
	n.core = core.New(membership.Config{
		Self: n.name, UUID: [16]byte{n.name[0]}, Generation: n.gen, Links: links,
		Nodes:     []membership.Node{{Name: "alpha"}, {Name: "beta"}},
		Keepalive: ha.Keepalive, Deadtime: ha.Deadtime, Warntime: ha.Warntime, Initdead: ha.Initdead, Deadping: ha.Deadping,
		MaxRexmit: 250 * time.Millisecond, Hopfudge: 1, Seed: n.gen,
	}, takeover.Config{Self: n.name, Others: []string{n.peer}, AutoFailback: n.failback})
	n.book.Begin(p.now, n.gen, n.config(),
		[]view.Medium{{Name: "eth0", Kind: "ucast"}, {Name: "eth1", Kind: "bcast"}}, false)
	n.core.SetChecksum(n.book.Checksum())
	p.apply(n, n.core.Start(p.now))
}

func (p *pair) other(n *node) *node {
	if n == p.alpha {
		return p.beta
	}
	return p.alpha
}

func (p *pair) apply(n *node, effects []core.Effect) {
	for _, e := range effects {
		n.book.See(p.now, e, n.core)
	}
	n.book.Hold(p.now, n.core.Holder())
	for _, e := range effects {
		switch e := e.(type) {
		case core.Transmit:
			for _, l := range links {
				if !n.cut[l] {
					n.left = append(n.left, datagram{link: l, msg: e.Message})
				}
			}
		case core.Run:
			if len(n.works) == 0 {
				n.workDone = p.now.Add(n.workTime)
			}
			n.works = append(n.works, e.Work)
		case core.Stalled:
			p.start(n)
			return
		case core.Ended:
			n.running = false
		}
	}
}

// deliver brings what was sent to the other side.
func (p *pair) deliver() {
	for _, n := range []*node{p.alpha, p.beta} {
		for len(n.left) > 0 {
			d := n.left[0]
			n.left = n.left[1:]
			to := p.other(n)
			if !to.running {
				continue
			}
			p.apply(to, to.core.Receive(p.now, d.link, d.msg))
			if to.running && to.core.Members().Seen(n.name, d.link).Equal(p.now) {
				to.book.Heard(p.now, n.name, d.link)
			}
		}
	}
}

// work ends a work that is due.
func (p *pair) work(n *node) {
	if len(n.works) == 0 || p.now.Before(n.workDone) {
		return
	}
	w := n.works[0]
	n.works, n.workDone = n.works[1:], p.now.Add(n.workTime)
	var outcomes []view.Outcome
	var result takeover.Result
	for _, g := range n.groups {
		own := g.Node == n.name
		concerned := own && w.Set.Has(takeover.Local) || !own && w.Set.Has(takeover.Foreign)
		if w.Node != "" {
			concerned = g.Node == w.Node
		}
		if w.Operation == takeover.Probe || w.Operation == takeover.Ready || !concerned {
			continue
		}
		o := view.Outcome{Key: g.Key()}
		if w.Operation != takeover.Release && n.broken[o.Key] != "" {
			o.Err = n.broken[o.Key]
			result.Err = errBroken(o.Err)
		}
		outcomes = append(outcomes, o)
	}
	n.book.Done(p.now, w, outcomes)
	p.apply(n, n.core.Done(p.now, w, result))
}

type errBroken string

func (e errBroken) Error() string { return string(e) }

// run lets some time pass.
func (p *pair) run(d time.Duration) {
	const tick = 10 * time.Millisecond
	for end := p.now.Add(d); p.now.Before(end); p.now = p.now.Add(tick) {
		for _, n := range []*node{p.alpha, p.beta} {
			if !n.running {
				continue
			}
			p.work(n)
			if n.running && !n.core.Deadline().After(p.now) {
				p.apply(n, n.core.Tick(p.now))
			}
		}
		p.deliver()
	}
}

// view is what a node sees now.
func (p *pair) view(n *node) *view.View { return n.book.View(p.now, n.core) }

// standby asks a node to give everything to the other.
func (p *pair) standby(n *node) {
	p.apply(n, n.core.Send(p.now, message.New("ask_resources").Add("rsc_hold", "all").Add("info", "me")))
}

// groupIs checks one group of a view: "key holder state: why".
func groupIs(t *testing.T, v *view.View, want string) {
	t.Helper()
	var all []string
	for _, g := range v.Groups {
		got := g.Key + " " + g.Holder + " " + g.State + ": " + g.Why
		if got == want {
			return
		}
		all = append(all, got)
	}
	t.Errorf("%s sees\n\t%s\nwant\t%s", v.Node, strings.Join(all, "\n\t"), want)
}

// newest checks the newest transition: "action cause groups".
func newest(t *testing.T, v *view.View, want string) view.Transition {
	t.Helper()
	if len(v.Transitions) == 0 {
		t.Errorf("%s: no transition, want %s", v.Node, want)
		return view.Transition{}
	}
	n := v.Transitions[0]
	if got := n.Action + " " + n.Cause + " " + strings.Join(n.Groups, ","); got != want {
		t.Errorf("%s: newest transition %s (%s), want %s", v.Node, got, n.Why, want)
	}
	return n
}
