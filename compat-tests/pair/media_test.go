package pair_test

import (
	"strings"
	"testing"
	"time"

	"lvsha/compat-tests/pair"
)

// TestMedia has the nodes hear each other by each medium in its turn: start, a
// stop of the master, failback.
func TestMedia(t *testing.T) {
	t.Parallel()
	ours, old := pair.Ours, pair.Original
	for i, m := range []struct {
		name  string
		lines []string
	}{
		{"bcast", []string{"bcast eth0"}},
		{"mcast", []string{"mcast eth0 239.1.2.3 694 1 0"}},
		{"mcast6", []string{"mcast6 eth0 ff02::1:2:3:4 694 1 0"}},
		{"ucast6", []string{"ucast6 eth0 PEER6"}},
		{"serial", []string{"baud 115200", "serial TTY"}},
	} {
		mixes := [][2]pair.Program{{ours, old}, {old, ours}}
		mix := mixes[i%2]
		t.Run(m.name+"/"+name(mix), func(t *testing.T) {
			t.Parallel()
			p := &player{T: t, Pair: newPair(t, pair.Options{Programs: mix, Media: m.lines})}
			p.step()
			startBoth(p)
			p.holder("both started", upWithin, quiet, pair.Master)
			at := [2]string{"eth0", "eth0"}
			if m.name == "serial" {
				at = [2]string{p.Master.TTY(), p.Standby.TTY()}
			}
			p.line(p.Master, moveWithin, "Link standby:"+at[0]+" up.")
			p.line(p.Standby, moveWithin, "Link master:"+at[1]+" up.")
			p.step()
			p.do("stop master", p.Master.Stop())
			p.holder("master stopped", moveWithin, quiet, pair.Standby)
			p.step()
			p.do("start master", p.Master.Start())
			p.holder("failback", upWithin, quiet, pair.Master)
			checkOverlaps(p)
			for _, n := range []*pair.Node{p.Master, p.Standby} {
				if log := strings.ReplaceAll(n.Logs(), " ERROR: Cannot lock ourselves", ""); n.Program == pair.Original && !p.HasLostWord(n) && strings.Contains(log, " ERROR: ") {
					t.Errorf("the original on %s complains:\n%s", n.Name, n.Logs())
				}
			}
		})
	}
}

// TestSignatures has the nodes sign by each method, in each framing that ha.cf
// can ask for: they hear each other and a stop moves the address.
func TestSignatures(t *testing.T) {
	t.Parallel()
	mixes := [][2]pair.Program{{pair.Ours, pair.Original}, {pair.Original, pair.Ours}}
	for i, key := range []string{"crc", "md5 lvs", "sha1 lvs"} {
		for j, format := range []string{"classic", "netstring"} {
			mix := mixes[(i+j)%2]
			t.Run(strings.Fields(key)[0]+"/"+format+"/"+name(mix), func(t *testing.T) {
				t.Parallel()
				p := &player{T: t, Pair: newPair(t, pair.Options{
					Programs: mix, AuthKeys: "auth 3\n3 " + key + "\n", Extra: []string{"msgfmt " + format},
				})}
				p.step()
				startBoth(p)
				p.holder("both started", upWithin, quiet, pair.Master)
				p.step()
				p.do("stop master", p.Master.Stop())
				p.holder("master stopped", moveWithin, quiet, pair.Standby)
				checkOverlaps(p)
			})
		}
	}
}

// TestSecondLink cuts one of two links: it is told, and nothing else happens.
func TestSecondLink(t *testing.T) {
	t.Parallel()
	mix := [2]pair.Program{pair.Ours, pair.Original}
	p := &player{T: t, Pair: newPair(t, pair.Options{
		Programs: mix, Second: true,
		Media: []string{"ucast eth0 PEER", "bcast eth1", "mcast eth1 239.1.2.3 6940 1 1"},
	})}
	p.step()
	startBoth(p)
	p.holder("both started", upWithin, quiet, pair.Master)
	for _, link := range []string{"eth0", "eth1"} {
		p.line(p.Master, moveWithin, "Link standby:"+link+" up.")
		p.line(p.Standby, moveWithin, "Link master:"+link+" up.")
	}
	p.step()
	p.do("cut the second cable", p.Master.CutSecond())
	p.line(p.Master, moveWithin, "Link standby:eth1 dead.")
	p.line(p.Standby, moveWithin, "Link master:eth1 dead.")
	p.step()
	p.do("heal the second cable", p.Master.HealSecond())
	p.line(p.Master, moveWithin, "Link standby:eth1 up.")
	p.line(p.Standby, moveWithin, "Link master:eth1 up.")

	// The interface is taken away and comes back as another one.
	p.step()
	p.ip(p.Master, "link set eth1 down")
	p.ip(p.Master, "link set eth1 name away")
	p.line(p.Master, moveWithin, "bcast eth1: the interface is gone")
	p.line(p.Master, moveWithin, "Link standby:eth1 dead.")
	p.line(p.Standby, moveWithin, "Link master:eth1 dead.")
	p.step()
	p.ip(p.Master, "link set away name eth1")
	p.ip(p.Master, "link set eth1 up")
	p.line(p.Master, moveWithin, "mcast eth1: the interface is back")
	p.line(p.Master, moveWithin, "Link standby:eth1 up.")
	p.line(p.Standby, moveWithin, "Link master:eth1 up.")

	p.holder("nothing has moved", upWithin, 3*time.Second, pair.Master)
	checkOverlaps(p)
}

// ip runs ip(8) on a node.
func (p *player) ip(n *pair.Node, command string) {
	p.Helper()
	p.tool(n, append([]string{"/usr/sbin/ip"}, strings.Fields(command)...)...)
}

// TestPingNodes watches a router, alone and as one of a group, and loses it: both
// programs tell the same, and nothing moves.
func TestPingNodes(t *testing.T) {
	t.Parallel()
	mix := [2]pair.Program{pair.Ours, pair.Original}
	p := &player{T: t, Pair: newPair(t, pair.Options{
		Programs: mix,
		Media:    []string{"ucast eth0 PEER", "ping ROUTER", "ping_group routers 10.77.0.200 ROUTER"},
	})}
	p.step()
	startBoth(p)
	nodes, members := []*pair.Node{p.Master, p.Standby}, []string{pair.Router, "routers"}
	for _, n := range nodes {
		for _, m := range members {
			p.line(n, moveWithin, "Link "+m+":"+m+" up.")
			p.line(n, moveWithin, "Status update for node "+m+": status ping")
		}
	}
	p.holder("both started", upWithin, quiet, pair.Master)
	p.step()
	for _, n := range nodes {
		p.ip(n, "route add blackhole "+pair.Router+"/32")
	}
	for _, n := range nodes {
		for _, m := range members {
			p.line(n, moveWithin, "node "+m+": is dead")
			p.line(n, moveWithin, "Link "+m+":"+m+" dead.")
		}
	}
	p.step()
	for _, n := range nodes {
		p.ip(n, "route del blackhole "+pair.Router+"/32")
	}
	for _, n := range nodes {
		for _, m := range members {
			p.line(n, moveWithin, "Link "+m+":"+m+" up.")
			p.line(n, moveWithin, "Status update for node "+m+": status ping")
		}
	}
	p.holder("nothing has moved", upWithin, 3*time.Second, pair.Master)
	checkOverlaps(p)
}

// TestNodesAddedAndDeleted adds a third node, which never comes, by the original
// and takes it out again by ours. Nothing moves.
func TestNodesAddedAndDeleted(t *testing.T) {
	t.Parallel()
	p := &player{T: t, Pair: newPair(t, pair.Options{Programs: [2]pair.Program{pair.Original, pair.Ours}})}
	p.step()
	startBoth(p)
	p.holder("both started", upWithin, quiet, pair.Master)
	p.step()
	p.tool(p.Master, "/usr/share/heartbeat/hb_addnode", "gamma")
	for _, n := range []*pair.Node{p.Master, p.Standby} {
		p.line(n, moveWithin, "hb_add_one_node: Adding new node[gamma] to configuration.")
		p.line(n, moveWithin, "node gamma: is dead")
	}
	p.holder("a third node was added", upWithin, 3*time.Second, pair.Master)
	p.step()
	p.tool(p.Standby, "/bin/ln", "-s", "/usr/libexec/heartbeat/heartbeat", "/run/hb_delnode")
	p.tool(p.Standby, "/run/hb_delnode", "gamma")
	for _, n := range []*pair.Node{p.Master, p.Standby} {
		p.line(n, moveWithin, "Removing node [gamma] from configuration.")
	}
	p.holder("and removed", upWithin, 3*time.Second, pair.Master)
	checkOverlaps(p)
}

// tool runs a command on a node, which must succeed.
func (p *player) tool(n *pair.Node, argv ...string) {
	p.Helper()
	if out, code, err := n.Run(argv...); err != nil || code != 0 {
		p.Fatalf("%v: %v %d %s", argv, err, code, out)
	}
}

// TestLegacy: without auto_failback, which means legacy, an original and one of
// ours give each other their groups the old way.
func TestLegacy(t *testing.T) {
	t.Parallel()
	for _, mix := range [][2]pair.Program{{pair.Ours, pair.Original}, {pair.Original, pair.Ours}} {
		t.Run(name(mix), func(t *testing.T) {
			t.Parallel()
			p := &player{T: t, Pair: newPair(t, pair.Options{Programs: mix, Failback: [2]string{"legacy", "legacy"}})}
			p.step()
			startBoth(p)
			p.holder("both started", upWithin, quiet, pair.Master)
			p.step()
			p.do("stop master", p.Master.Stop())
			p.holder("master stopped", moveWithin, quiet, pair.Standby)
			p.step()
			p.do("start master", p.Master.Start())
			p.holder("failback", upWithin, 4*time.Second, pair.Master)
			checkOverlaps(p)
		})
	}
}
