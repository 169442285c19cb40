package membership_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"lvsha/pkg/ha/membership"
	"lvsha/pkg/ha/message"
)

// nodes is the node table, and what it is told to a node that asks.
func (b *bench) nodes(seq uint64) string {
	b.t.Helper()
	var names []string
	for _, n := range b.m.Nodes() {
		names = append(names, n.Name)
	}
	b.out = nil
	b.hear(b.header(message.New("reqnodes").Add("dest", "alpha"), seq))
	reply := b.sent("repnodes")
	if len(reply) != 1 || reply[0].Text("nodelist") != strings.Join(names, " ")+" " {
		b.t.Fatalf("table %q, told %v", names, reply)
	}
	return strings.Join(names, " ") + "/" + reply[0].Text("delnodelist")
}

func TestAddAndDeleteNodes(t *testing.T) {
	b := joined(t)
	seq := uint64(3)
	beat := func(seconds int) {
		for range seconds {
			b.pass(time.Second)
			seq++
			b.status(seq, "active")
		}
	}
	beat(20)
	seq++
	b.hear(b.header(message.New("addnode").Add("nodelist", "Gamma beta"), seq))
	lines := b.effects()
	for _, want := range []string{"info: hb_add_one_node: Adding new node[gamma] to configuration.", "membership.NodeAdded"} {
		if !slices.Contains(lines, want) {
			t.Errorf("no %q in %q", want, lines)
		}
	}
	beat(4)
	seq++
	if got := b.nodes(seq); got != "alpha beta gamma/ " {
		t.Errorf("got %q", got)
	}
	v, ok := b.m.View("gamma")
	if !ok || v.Status != membership.StatusInit {
		t.Errorf("got %+v", v)
	}

	// It is refused as long as the node may live.
	b.hear(b.header(message.New("delnode").Add("nodelist", "gamma nobody alpha beta"), seq+1))
	seq++
	lines = b.effects()
	for _, want := range []string{
		"WARN: deletion failed: node gamma is not dead",
		"WARN: deletion failed: node nobody is not in the configuration",
		"WARN: deletion failed: node alpha is not dead",
		"WARN: deletion failed: node beta is not dead",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("no %q in %q", want, lines)
		}
	}
	beat(2)
	b.mustSay("WARN: node gamma: is dead")

	// This node's own command counts as well.
	b.take(b.m.Send(b.now, message.New("delnode").Add("nodelist", "gamma")))
	b.mustSay("info: Removing node [gamma] from configuration.")
	if got := b.nodes(seq + 1); got != "alpha beta/gamma " {
		t.Errorf("got %q", got)
	}
	if _, ok := b.m.View("gamma"); ok {
		t.Error("gamma is still a member")
	}
	b.take(b.m.Send(b.now, message.New("addnode").Add("nodelist", "gamma")))
	if got := b.nodes(seq + 2); got != "alpha beta gamma/ " {
		t.Errorf("got %q", got)
	}
	status := b.m.Send(b.now, message.New("any"))
	if got := status[0].(membership.Transmit).Message.Text("ttl"); got != "4" {
		t.Errorf("ttl %s", got)
	}
}

func TestNoDeletionWhileAnotherNodeIsDead(t *testing.T) {
	b := newBench(t, func(c *membership.Config) {
		c.Nodes = append(c.Nodes, membership.Node{Name: "gamma"}, membership.Node{Name: "delta"})
	})
	for seq := uint64(1); seq < 12; seq++ {
		b.status(seq, "up")
		b.pass(time.Second)
	}
	b.out = nil
	b.take(b.m.Send(b.now, message.New("delnode").Add("nodelist", "gamma")))
	b.mustSay("WARN: hb_remove_one_node: deletion failed. We don't have all required nodes alive (delta is dead)")
	if got := b.nodes(12); got != "alpha beta gamma delta/ " {
		t.Errorf("got %q", got)
	}
}

func TestEndOfTheTable(t *testing.T) {
	b := joined(t)
	var names []string
	for n := range 120 {
		names = append(names, fmt.Sprintf("n%d", n))
	}
	names = append(names[:50], append([]string{strings.Repeat("x", 100)}, names[50:]...)...)
	b.hear(b.header(message.New("addnode").Add("nodelist", strings.Join(names, " ")), 4))
	if n := len(b.m.Nodes()); n != 100 {
		t.Errorf("%d nodes", n)
	}
}

// The node that is asked at the start decides what the table is; who is alive
// stays in it.
func TestTableOfTheOtherNode(t *testing.T) {
	b := newBench(t, func(c *membership.Config) {
		c.Nodes = append(c.Nodes, membership.Node{Name: "gamma"}, membership.Node{Name: "router", Ping: true})
	})
	for seq := uint64(1); seq < 12; seq++ {
		b.status(seq, "up")
		b.pass(time.Second)
	}
	if b.m.Joined() {
		t.Fatal("joined without an answer")
	}
	b.out = nil
	b.hear(b.header(message.New("repnodes").Add("dest", "alpha").Add("nodelist", "alpha delta ").Add("delnodelist", "gamma "), 12))
	if !b.m.Joined() {
		t.Fatal("not joined")
	}
	b.mustSay("info: Removing node [gamma] from configuration.")
	var names []string
	for _, n := range b.m.Nodes() {
		names = append(names, n.Name)
	}
	if got := strings.Join(names, " "); got != "alpha beta router delta" {
		t.Errorf("got %q", got)
	}
	// Later lists are answers to nobody's question.
	b.hear(b.header(message.New("repnodes").Add("dest", "alpha").Add("nodelist", "alpha beta ").Add("delnodelist", " "), 13))
	if len(b.m.Nodes()) != 4 {
		t.Errorf("got %v", b.m.Nodes())
	}
}

// TestManyMembers joins five nodes over a network that loses a fifth of all
// messages: each gets what every other one says, once.
func TestManyMembers(t *testing.T) {
	names := []string{"a", "b", "c", "d", "e"}
	var nodes []membership.Node
	for _, n := range names {
		nodes = append(nodes, membership.Node{Name: n})
	}
	rng := rand.New(rand.NewPCG(1, 2))
	now := time.Unix(1_800_000_000, 0)
	machines := make(map[string]*membership.Machine)
	heard := make(map[string]int) // "from number to" -> times
	active := make(map[string]bool)
	type flight struct {
		to  string
		msg *message.Message
	}
	var wire []flight
	take := func(at string, effects []membership.Effect) {
		for _, e := range effects {
			switch e := e.(type) {
			case membership.Transmit:
				for _, to := range names {
					if to != at && rng.Float64() >= 0.2 {
						wire = append(wire, flight{to, e.Message.Clone()})
					}
				}
			case membership.Deliver:
				if e.Message.Type() == "word" {
					heard[e.From+" "+e.Message.Text("n")+" "+at]++
				}
			case membership.StatusChange:
				active[at+" "+e.Node] = e.To == membership.StatusActive
			}
		}
	}
	for i, n := range names {
		machines[n] = membership.New(membership.Config{
			Self: n, UUID: [16]byte{byte(i + 1)}, Generation: 10, Nodes: nodes, Links: []string{"eth0"},
			Keepalive: 200 * time.Millisecond, Deadtime: 5 * time.Second, Initdead: 20 * time.Second,
			MaxRexmit: 250 * time.Millisecond, Hopfudge: 1, Seed: uint64(i),
		})
		take(n, machines[n].Start(now))
	}
	const words = 50
	for step := range 3000 { // thirty seconds
		now = now.Add(10 * time.Millisecond)
		for i := 0; i < len(wire); i++ {
			take(wire[i].to, machines[wire[i].to].Receive(now, "eth0", wire[i].msg))
		}
		wire = wire[:0]
		for _, n := range names {
			if m := machines[n]; !m.Deadline().After(now) {
				take(n, m.Tick(now))
			}
			if step >= 1000 && step%10 == 0 && step < 1000+10*words {
				take(n, machines[n].Send(now, message.New("word").Add("n", fmt.Sprint(step))))
			}
		}
	}
	for _, from := range names {
		for _, to := range names {
			if from != to && !active[to+" "+from] {
				t.Errorf("%s does not know that %s is active", to, from)
			}
			for step := 1000; step < 1000+10*words; step += 10 {
				if n := heard[fmt.Sprintf("%s %d %s", from, step, to)]; n != 1 {
					t.Fatalf("%s hears word %d of %s %d times", to, step, from, n)
				}
			}
		}
	}
}

func FuzzNodeLists(f *testing.F) {
	f.Add("alpha beta ", " ", "gamma")
	f.Add("", "x", "alpha beta")
	f.Fuzz(func(t *testing.T, list, deleted, more string) {
		b := newBench(t, nil)
		b.status(1, "up")
		b.hear(b.header(message.New("repnodes").Add("dest", "alpha").Add("nodelist", list).Add("delnodelist", deleted), 2))
		b.hear(b.header(message.New("addnode").Add("nodelist", more), 3))
		b.hear(b.header(message.New("delnode").Add("nodelist", more), 4))
		seen := make(map[string]bool)
		for _, n := range b.m.Nodes() {
			if seen[n.Name] {
				t.Errorf("%q is listed twice", n.Name)
			}
			seen[n.Name] = true
		}
		if !seen["alpha"] || !seen["beta"] {
			t.Error("a live node was removed")
		}
	})
}
