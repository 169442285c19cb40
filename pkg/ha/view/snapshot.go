package view

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"lvsha/pkg/ha/config"
	"lvsha/pkg/ha/core"
	"lvsha/pkg/ha/membership"
)

// View makes a view of the present.
func (b *Book) View(now time.Time, c *core.Core) *View {
	ha := &b.config.HA
	v := &View{
		Format: Format, Program: "heartbeat", Running: true, Version: b.start.Version, Time: stamp(now), Node: b.config.Node,
		PID: b.start.PID, Started: stamp(b.started), Life: stamp(b.life), Generation: b.generation,
		Status: c.Members().Status(), Holds: "transition",
		Config: Config{
			Dir: b.config.Dir, Keepalive: seconds(ha.Keepalive), Warntime: seconds(ha.Warntime), Deadtime: seconds(ha.Deadtime),
			Initdead: seconds(ha.Initdead), Deadping: seconds(ha.Deadping), AutoFailback: failback[ha.AutoFailback],
			UDPPort: ha.UDPPort, Haresources: b.sum,
		},
		Nodes: []Node{}, Groups: []Group{}, Transitions: []Transition{}, Events: []Event{}, Trouble: []string{}, Warnings: []string{},
		Totals: Totals{
			Transitions: maps.Clone(b.totals.Transitions), Failures: b.totals.Failures, Lives: b.totals.Lives,
		},
	}
	if c.Holder().Stable() {
		v.Holds = c.Holder().Mine().String()
	}
	for _, n := range c.Members().Nodes() {
		b.addNode(now, v, n, c.Members())
	}
	for _, g := range b.groups {
		v.Groups = append(v.Groups, Group{
			Key: g.key, Resources: slices.Clone(g.resources), Preferred: g.preferred, Holder: g.holder,
			State: g.state, Since: stamp(g.since), Why: g.why, Error: g.err,
		})
	}
	b.addPast(now, v)
	v.judge(c)
	return v
}

var failback = map[config.Failback]string{config.FailbackLegacy: "legacy", config.FailbackOff: "off", config.FailbackOn: "on"}

func (b *Book) addNode(now time.Time, v *View, n membership.Node, members *membership.Machine) {
	for _, there := range v.Nodes {
		if there.Name == n.Name {
			return
		}
	}
	seen, ok := members.View(n.Name)
	if !ok {
		return
	}
	m := b.member(b.life, n.Name)
	row := Node{
		Name: n.Name, Self: n.Name == b.config.Node, Ping: n.Ping, Status: seen.Status, Since: stamp(m.since),
		Heard: stamp(seen.Heard), Kin: seen.Kin, Deaths: m.deaths, Haresources: seen.Checksum, Links: []Link{},
	}
	if row.Self {
		row.Since, row.Heard = v.Life, ""
	}
	done := make(map[string]bool)
	for _, medium := range b.media {
		if row.Self || done[medium.Name] || medium.Ping != n.Ping || n.Ping && medium.Name != n.Name {
			continue
		}
		done[medium.Name] = true
		w := b.wire(b.life, n.Name, medium.Name)
		row.Links = append(row.Links, Link{
			Name: medium.Name, Kind: medium.Kind, Up: seen.Links[medium.Name], Since: stamp(w.since), Heard: stamp(w.gaps.heard),
			GapMax: seconds(w.gaps.max), GapAt: stamp(w.gaps.maxAt), Late: w.gaps.late, Gaps: w.gaps.view(now),
		})
	}
	v.Nodes = append(v.Nodes, row)
}

// addPast adds what has happened, and what is under way.
func (b *Book) addPast(now time.Time, v *View) {
	for i := len(b.works) - 1; i >= 0; i-- {
		if m := b.works[i]; m.cause != "" && len(m.groups) > 0 {
			v.Transitions = append(v.Transitions, m.view(now))
		}
	}
	for i := len(b.transitions) - 1; i >= 0 && len(v.Transitions) < transitionsKept; i-- {
		v.Transitions = append(v.Transitions, b.transitions[i].view(now))
	}
	for i := len(b.events) - 1; i >= 0; i-- {
		e := b.events[i]
		v.Events = append(v.Events, Event{At: stamp(e.at), Node: e.node, Link: e.link, From: e.from, To: e.to})
	}
}

func (m *move) view(now time.Time) Transition {
	t := Transition{
		At: stamp(m.begun), Action: "start", Why: m.why, Cause: m.cause, Groups: slices.Clone(m.groups), Node: m.node,
		Running: m.ended.IsZero(), Silence: seconds(m.silence), Error: m.err,
	}
	if m.stop {
		t.Action = "stop"
	}
	if t.Running {
		t.Seconds = seconds(now.Sub(m.begun))
	} else {
		t.Seconds = seconds(m.ended.Sub(m.begun))
	}
	return t
}

// judge says what is wrong. Trouble is what keeps this node from its work; that
// the other node is away is none, but worth a look.
func (v *View) judge(c *core.Core) {
	trouble := func(format string, args ...any) { v.Trouble = append(v.Trouble, fmt.Sprintf(format, args...)) }
	warn := func(format string, args ...any) { v.Warnings = append(v.Warnings, fmt.Sprintf(format, args...)) }
	if v.Status != membership.StatusActive {
		trouble("this node is not yet part of the cluster")
	}
	if c.Holder().Overlap() {
		trouble("both nodes hold the same groups")
	}
	for _, g := range v.Groups {
		switch {
		case g.State == StateFailed:
			trouble("group %s failed: %s", g.Key, g.Error)
		case g.State == StateDown && v.Status == membership.StatusActive && v.Holds != "transition":
			warn("group %s is held by nobody", g.Key)
		}
	}
	for _, n := range v.Nodes {
		v.judgeNode(n, warn)
	}
	v.Healthy = len(v.Trouble) == 0
}

func (v *View) judgeNode(n Node, warn func(string, ...any)) {
	switch {
	case n.Self:
		return
	case n.Status != membership.StatusActive && n.Status != membership.StatusPing:
		warn("%s is %s", n.Name, n.Status)
		return
	case n.Haresources != "" && n.Haresources != v.Config.Haresources:
		warn("haresources of %s is another one", n.Name)
	}
	for _, l := range n.Links {
		if !l.Up {
			warn("link %s to %s is dead", l.Name, n.Name)
		}
		if dead := v.Config.Deadtime; !n.Ping && l.GapMax > dead/2 {
			warn("a gap of %v on %s from %s is more than half of the dead time", l.GapMax.Duration(), l.Name, n.Name)
		}
	}
}
