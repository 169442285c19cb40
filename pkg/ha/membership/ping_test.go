package membership_test

import (
	"testing"
	"time"

	"lvsha/pkg/ha/membership"
	"lvsha/pkg/ha/message"
)

func withRouter(c *membership.Config) {
	c.Nodes = append(c.Nodes, membership.Node{Name: "router", Ping: true})
	c.Deadping = 8 * time.Second
}

// echo is what the ping node sends back.
func (b *bench) echo(link, kind string) {
	m := message.New(kind).Add("st", "ping").Add("info", "ping").Add("src", "router").AddHex("ts", uint64(b.now.Unix()))
	b.take(b.m.Receive(b.now, link, m))
}

func (b *bench) router() membership.View {
	v, ok := b.m.View("router")
	if !ok {
		b.t.Fatal("the ping node is no member")
	}
	return v
}

func TestJoinWaitsForPingNode(t *testing.T) {
	b := newBench(t, withRouter)
	if ttl := b.sent("status")[0].Text("ttl"); ttl != "4" {
		t.Errorf("ttl %s", ttl)
	}
	b.status(1, "up")
	if n := len(b.sent("reqnodes")); n != 0 {
		t.Fatal("the node lists are compared before the ping node was heard")
	}
	b.echo("router", "NS_st")
	if n := len(b.sent("reqnodes")); n != 1 {
		t.Fatal("the node lists are not compared")
	}
	b.mustSay("info: Status update for node router: status ping")
	if v := b.router(); v.Status != membership.StatusPing || !v.Links["router"] || len(v.Links) != 1 {
		t.Errorf("got %+v", v)
	}
}

func TestSilentPingNodeIsWaitedForUntilInitdead(t *testing.T) {
	b := newBench(t, withRouter)
	for range 11 {
		b.status(uint64(b.now.Unix()-1_800_000_000)+1, "up")
		if b.m.Joined() {
			t.Fatal("joined before initdead")
		}
		b.pass(time.Second)
	}
	b.mustSay("WARN: node router: is dead")
}

func TestPingNodeDiesAndReturns(t *testing.T) {
	b := newBench(t, withRouter)
	b.status(1, "up")
	b.echo("router", "NS_st")
	b.hear(b.header(message.New("repnodes").Add("dest", "alpha").Add("nodelist", "alpha beta "), 2))
	b.status(3, "active")
	b.effects()
	beat := func(d time.Duration) {
		for seq := uint64(0); seq < uint64(d/time.Second); seq++ {
			b.pass(time.Second)
			b.status(uint64(b.now.Unix()), "active")
		}
	}
	beat(7 * time.Second)
	b.mustNotSay("router")
	beat(2 * time.Second)
	died := false
	for _, e := range b.out {
		if d, ok := e.(membership.Died); ok && d.Node == "router" && d.Ping {
			died = true
		}
	}
	if !died {
		t.Error("the death of the ping node is not told")
	}
	b.mustSay("info: Link router:router dead.")
	b.echo("router", "NS_st")
	b.mustSay("info: Link router:router up.")
	if v := b.router(); v.Status != membership.StatusPing {
		t.Errorf("got %+v", v)
	}
}

// Nobody speaks for a ping node, and it does not speak itself.
func TestPingNodeIsHeardOnItsLinkOnly(t *testing.T) {
	b := newBench(t, withRouter)
	b.echo("eth0", "NS_st")
	b.echo("router", "NS_ackmsg")
	b.hear(message.New("status").Add("st", "active").Add("src", "router").AddHex("seq", 1).AddHex("hg", 1).AddHex("ts", 1))
	if v := b.router(); v.Known || v.Status != membership.StatusInit || v.Links["router"] {
		t.Errorf("got %+v", v)
	}
	m := message.New("NS_st").Add("st", "ping").Add("src", "beta").AddHex("ts", 1)
	b.hear(m)
	if v, _ := b.m.View("beta"); v.Known {
		t.Error("a node is heard by an echo in its name")
	}
}

func TestPingNodeWithTheNameOfANode(t *testing.T) {
	b := newBench(t, func(c *membership.Config) {
		c.Nodes = append(c.Nodes, membership.Node{Name: "beta", Ping: true})
	})
	if v, _ := b.m.View("beta"); v.Ping {
		t.Error("beta is a ping node")
	}
}
