package view_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"lvsha/pkg/ha/view"
	"lvsha/pkg/system/schematest"
)

// documented holds a view to the schema of docs/status.md.
func documented(t *testing.T, v *view.View) {
	t.Helper()
	schema, err := os.ReadFile("../../../docs/status-heartbeat.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range schematest.Problems(schema, text) {
		t.Errorf("%s: %s", v.Node, p)
	}
}

// started is a pair that has come up.
func started(t *testing.T) *pair {
	t.Helper()
	p := newPair(t)
	p.start(p.alpha)
	p.start(p.beta)
	p.run(20 * time.Second)
	return p
}

func TestStart(t *testing.T) {
	p := started(t)
	a, b := p.view(p.alpha), p.view(p.beta)
	groupIs(t, a, "192.0.2.70 alpha up: this is its own node")
	groupIs(t, a, "192.0.2.71 beta held: beta says so")
	groupIs(t, b, "192.0.2.71 beta up: this is its own node")
	groupIs(t, b, "192.0.2.70 alpha held: alpha says so")
	if n := newest(t, a, "start start 192.0.2.70"); n.Seconds != 0.3 || n.Running {
		t.Errorf("it took %v", n.Seconds)
	}
	if !a.Healthy || len(a.Trouble)+len(a.Warnings) != 0 || a.Holds != "local" || a.Status != "active" {
		t.Errorf("%+v", a)
	}
	peer := a.Nodes[1]
	if peer.Name != "beta" || peer.Status != "active" || !peer.Kin || peer.Haresources != a.Config.Haresources || len(peer.Links) != 2 {
		t.Errorf("%+v", peer)
	}
	for _, l := range peer.Links {
		if !l.Up || l.GapMax < 0.9 || l.GapMax > 1.1 || l.Late != 0 {
			t.Errorf("%+v", l)
		}
	}
}

// The dead time of a dead node is no gap, and neither is its absence.
func TestDeath(t *testing.T) {
	p := started(t)
	p.beta.running = false
	documented(t, p.view(p.alpha))
	p.run(8 * time.Second)
	v := p.view(p.alpha)
	documented(t, v)
	groupIs(t, v, "192.0.2.71 alpha up: beta is dead")
	n := newest(t, v, "start dead 192.0.2.71")
	if n.Node != "beta" || n.Silence < 4.9 || n.Silence > 5.1 || n.Seconds < 0.29 || n.Seconds > 0.35 {
		t.Errorf("%+v", n)
	}
	if !v.Healthy || len(v.Warnings) != 1 || v.Warnings[0] != "beta is dead" {
		t.Errorf("%v %v", v.Trouble, v.Warnings)
	}
	p.run(time.Minute)
	p.start(p.beta)
	p.run(20 * time.Second)
	v = p.view(p.alpha)
	groupIs(t, v, "192.0.2.71 beta held: its own node beta is back")
	newest(t, v, "stop failback 192.0.2.71")
	groupIs(t, p.view(p.beta), "192.0.2.71 beta up: alpha gave it back")
	for _, l := range v.Nodes[1].Links {
		if l.GapMax > 1.1 {
			t.Errorf("a death counts as a gap: %v", l.GapMax)
		}
	}
	if v.Nodes[1].Deaths != 1 || v.Totals.Transitions["failback"] != 1 || v.Totals.Transitions["dead"] != 1 {
		t.Errorf("%+v %+v", v.Totals, v.Nodes[1])
	}
	var seen []string
	for _, e := range v.Events {
		seen = append(seen, e.Node+" "+e.Link+" "+e.From+">"+e.To)
	}
	if all := strings.Join(seen, ", "); !strings.Contains(all, "beta  active>dead") || !strings.Contains(all, "beta eth0 up>dead") {
		t.Errorf("events: %s", all)
	}
}

func TestStandby(t *testing.T) {
	p := started(t)
	p.standby(p.alpha)
	p.run(100 * time.Millisecond)
	groupIs(t, p.view(p.alpha), "192.0.2.70 alpha stopping: this node was asked to go standby")
	p.run(5 * time.Second)
	groupIs(t, p.view(p.alpha), "192.0.2.70 beta held: this node was asked to go standby")
	groupIs(t, p.view(p.beta), "192.0.2.70 beta up: alpha went standby")
	newest(t, p.view(p.alpha), "stop standby 192.0.2.70,192.0.2.71")
}

func TestStop(t *testing.T) {
	p := started(t)
	p.apply(p.alpha, p.alpha.core.Shutdown(p.now))
	p.run(time.Second)
	newest(t, p.view(p.alpha), "stop shutdown 192.0.2.70,192.0.2.71")
	p.run(4 * time.Second)
	groupIs(t, p.view(p.beta), "192.0.2.70 beta up: alpha has given up everything")
	newest(t, p.view(p.beta), "start left 192.0.2.70")
}

func TestFailedGroup(t *testing.T) {
	p := newPair(t)
	p.alpha.broken["192.0.2.70"] = "192.0.2.70: exit status 1"
	p.start(p.alpha)
	p.run(15 * time.Second)
	v := p.view(p.alpha)
	documented(t, v)
	groupIs(t, v, "192.0.2.70 alpha failed: this is its own node")
	if v.Healthy || len(v.Trouble) != 1 || v.Trouble[0] != "group 192.0.2.70 failed: 192.0.2.70: exit status 1" || v.Totals.Failures != 1 {
		t.Errorf("%v %+v", v.Trouble, v.Totals)
	}
}

// A link that breaks for a moment shows in its plot and in no other.
func TestGap(t *testing.T) {
	p := started(t)
	p.beta.cut["eth1"] = true
	p.run(3 * time.Second)
	v := p.view(p.alpha)
	if last := v.Nodes[1].Links[1].Gaps.Values; *last[len(last)-1] < 2 {
		t.Errorf("a silence that lasts does not show: %v", *last[len(last)-1])
	}
	p.beta.cut["eth1"] = false
	p.run(10 * time.Second)
	v = p.view(p.alpha)
	good, bad := v.Nodes[1].Links[0], v.Nodes[1].Links[1]
	if good.GapMax > 1.1 || good.Late != 0 {
		t.Errorf("eth0: %v, %d late", good.GapMax, good.Late)
	}
	if bad.GapMax < 3 || bad.GapMax > 4.1 || bad.Late != 1 {
		t.Errorf("eth1: %v, %d late", bad.GapMax, bad.Late)
	}
	if len(v.Warnings) != 1 || !strings.Contains(v.Warnings[0], "on eth1 from beta is more than half of the dead time") {
		t.Errorf("%v", v.Warnings)
	}
}

// The past is bounded, however long the node lives.
func TestBounds(t *testing.T) {
	p := started(t)
	for range 12 {
		p.standby(p.alpha)
		p.run(5 * time.Second)
		p.standby(p.beta)
		p.run(5 * time.Second)
	}
	p.run(20 * time.Minute)
	v := p.view(p.alpha)
	if len(v.Transitions) != 10 || len(v.Events) > 40 {
		t.Errorf("%d transitions, %d events", len(v.Transitions), len(v.Events))
	}
	for _, l := range v.Nodes[1].Links {
		if len(l.Gaps.Values) != 120 || l.Gaps.Every != 5 {
			t.Errorf("%d gaps of %v s", len(l.Gaps.Values), l.Gaps.Every)
		}
	}
}

// Haresources that differ are told without a look at the other node.
func TestOtherHaresources(t *testing.T) {
	p := newPair(t)
	p.beta.groups = p.beta.groups[:1]
	p.start(p.alpha)
	p.start(p.beta)
	p.run(20 * time.Second)
	if v := p.view(p.alpha); len(v.Warnings) == 0 || v.Warnings[len(v.Warnings)-1] != "haresources of beta is another one" {
		t.Errorf("%v", v.Warnings)
	}
}

// A process that was stopped gives up everything and begins anew.
func TestPause(t *testing.T) {
	p := started(t)
	p.alpha.running = false
	p.run(8 * time.Second)
	p.alpha.running = true
	p.run(time.Second)
	v := p.view(p.alpha)
	for _, tr := range v.Transitions {
		if tr.Cause == "pause" && tr.Action == "stop" {
			if v.Totals.Lives != 2 {
				t.Errorf("%d lives", v.Totals.Lives)
			}
			return
		}
	}
	t.Errorf("%+v", v.Transitions)
}

// A start that a pause cuts off is told as one that failed.
func TestPauseWhileStarting(t *testing.T) {
	p := newPair(t)
	p.alpha.workTime = 3 * time.Second
	p.start(p.alpha)
	p.run(14 * time.Second)
	groupIs(t, p.view(p.alpha), "192.0.2.71 alpha starting: beta is dead")
	p.alpha.book.Begin(p.now, 2, p.alpha.config(), nil, false)
	v := p.view(p.alpha)
	groupIs(t, v, "192.0.2.71  down: a new life of this node began")
	if tr := newest(t, v, "start dead 192.0.2.71"); tr.Running || tr.Error != "interrupted: a new life of this node began" {
		t.Errorf("%+v", tr)
	}
}

func TestText(t *testing.T) {
	p := started(t)
	p.alpha.groups[1].Resources[0].Word = strings.Repeat("x", 200) + "\x1b[2J"
	p.alpha.book.SetGroups(p.now, p.alpha.groups)
	p.beta.running = false
	p.run(8 * time.Second)
	text := p.view(p.alpha).Text()
	for _, line := range strings.Split(text, "\n") {
		if len(line) > 80 || strings.ContainsRune(line, 0x1b) {
			t.Errorf("%d: %q", len(line), line)
		}
	}
	for _, want := range []string{
		"heartbeat test on alpha: active, holds all, pid 7, up since 2026-11-28 12:00:00\n",
		"warning: beta is dead\n",
		"  beta             dead    since 2026-11-28 12:00:24, node\n",
		"    ucast eth0     dead  heard 8.99s ago, longest gap ",
		"  192.0.2.70 ldirectord\n    on alpha, up since 2026-11-28 12:00:0",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
