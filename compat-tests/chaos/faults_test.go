package chaos_test

import (
	"fmt"
	"strings"
	"time"

	"lvsha/compat-tests/pair"
)

// pidFile is where either program writes its number.
const pidFile = "/run/heartbeat.pid"

// fault is one thing that can be done to a node. It gives what ends it, nil if
// it has ended.
type fault struct {
	name string
	// original says that it is done to a node which runs the original, too.
	original bool
	do       func(t *trial, n *pair.Node) func()
	// reach is for pairs with an original; see there.
	reach reach
}

var faults = []fault{
	{name: "stop", original: true, do: stop, reach: handover},
	{name: "first link cut", original: true, do: cutFirst},
	{name: "all links cut", original: true, do: cutAll, reach: heal},
	{name: "repeated, replayed and corrupted datagrams", original: true, do: disturb},
	{name: "gives up its resources", original: true, do: giveUp, reach: handover},
	{name: "deaf", original: true, do: deaf, reach: heal},
	{name: "daemon killed", original: true, do: killDaemon, reach: death},
	{name: "every process killed", original: true, do: killAll, reach: death},
	{name: "stopped by SIGSTOP", original: true, do: freeze, reach: pause},
	{name: "loss", original: true, do: lose, reach: heal},
	{name: "state directory read-only", original: true, do: readOnly, reach: death},
	{name: "disk full", original: true, do: diskFull, reach: death},
	{name: "slow scripts", original: true, do: slowScripts, reach: handover},
	{name: "interface down", original: true, do: interfaceDown},
	// The original begins at generation 1 then, which every peer takes for a replay.
	{name: "broken generation file", do: brokenGeneration, reach: death},
	// Its media are deaf from then on until it is started again.
	{name: "interface renamed", do: interfaceRenamed},
	{name: "address deleted by hand", do: addressDeleted, reach: handover},
	{name: "reload", do: reload, reach: heal},
	{name: "package upgraded", do: upgrade, reach: heal},
}

// round does one to three things to the nodes, ends them, and looks at what has
// become of the pair.
func (t *trial) round(number int) {
	t.Helper()
	var names []string
	var undo []func()
	t.before, t.reached = t.reached, reach{}
	t.stallBefore, t.stall = t.stall, 0
	t.slowBefore, t.slow = t.slow, 0
	for want := 1 + t.rng.IntN(3); len(names) < want && (t.up[pair.Master] || t.up[pair.Standby]); {
		n := t.nodes()[t.rng.IntN(2)]
		f := faults[t.rng.IntN(len(faults))]
		if *single != "" {
			if want = 1; f.name != *single {
				continue
			}
		}
		if n.Program == pair.Original && !f.original || !t.up[n.Name] {
			continue
		}
		names = append(names, n.Name+" "+f.name)
		t.allow(f.reach)
		n.Note(f.name)
		if end := f.do(t, n); end != nil {
			undo = append(undo, end)
		}
		t.wait(t.upTo(2 * deadtime))
	}
	for len(undo) > 0 {
		undo[len(undo)-1]()
		undo = undo[:len(undo)-1]
		t.wait(t.upTo(deadtime / 2))
	}
	for _, n := range t.nodes() {
		if !t.up[n.Name] {
			t.start(n)
		}
	}
	what := fmt.Sprintf("round %d, %s", number, strings.Join(names, ", "))
	t.rest(what)
	both, nobody := t.verdict(what)
	t.Logf("%s: on %s, both %.1f s, nobody %.1f s", what, t.History.Holders(), both.Seconds(), nobody.Seconds())
}

func stop(t *trial, n *pair.Node) func() {
	t.order(false)
	t.do("stop", n.Stop())
	t.up[n.Name] = false
	t.order(t.up[pair.Master] || t.up[pair.Standby])
	return nil
}

// cutFirst leaves the second link, on which the nodes go on to hear each other.
func cutFirst(t *trial, n *pair.Node) func() {
	t.do("cut", n.CutLink())
	return func() { t.do("heal", n.HealLink()) }
}

func cutAll(t *trial, n *pair.Node) func() {
	t.parted++
	t.conditions()
	t.do("cut", n.CutLink())
	t.do("cut", n.CutSecond())
	return func() {
		t.do("heal", n.HealLink())
		t.do("heal", n.HealSecond())
		t.parted--
		t.conditions()
	}
}

func disturb(t *trial, _ *pair.Node) func() {
	t.do("disturb", t.Disturb(10+t.rng.IntN(90)))
	return func() { t.do("disturb", t.Disturb(0)) }
}

func giveUp(t *trial, n *pair.Node) func() {
	t.order(true)
	command := "/usr/share/heartbeat/hb_standby all"
	if n.Program == pair.Ours {
		command = "exec /run/hb_standby all"
		t.do("hb_standby", n.Sh("ln -sf /usr/libexec/heartbeat/heartbeat /run/hb_standby"))
	}
	_, _, err := n.Run("/bin/sh", "-c", command)
	t.do("hb_standby", err)
	return nil
}

// deaf has a node hear nothing; it is heard.
func deaf(t *trial, n *pair.Node) func() { return t.drop(n, "") }

// lose has it miss a share of what is said.
func lose(t *trial, n *pair.Node) func() {
	t.lossy++
	end := t.drop(n, fmt.Sprintf("numgen random mod 100 < %d", 1+t.rng.IntN(90)))
	return func() {
		t.lossy--
		end()
	}
}

func (t *trial) drop(n *pair.Node, share string) func() {
	t.parted++
	t.conditions()
	t.do("nft", n.Sh("nft add table ip chaos; nft 'add chain ip chaos input { type filter hook input priority 0; }'; "+
		"nft 'add rule ip chaos input udp dport 694 "+share+" drop'"))
	return func() {
		t.do("nft", n.Sh("nft flush chain ip chaos input"))
		t.parted--
		t.conditions()
	}
}

// killDaemon leaves everything up that the daemon has started.
func killDaemon(t *trial, n *pair.Node) func() {
	t.up[n.Name] = false
	t.conditions()
	if n.Program == pair.Original {
		t.powerOff(n)
		return nil
	}
	t.do("kill", n.Sh("kill -9 $(cat "+pidFile+"); echo killed >>/var/log/record"))
	return nil
}

func killAll(t *trial, n *pair.Node) func() {
	t.up[n.Name] = false
	t.conditions()
	if n.Program == pair.Original {
		t.powerOff(n)
		return nil
	}
	t.do("kill", n.Kill())
	t.do("kill", n.Sh("echo killed >>/var/log/record"))
	return nil
}

func freeze(t *trial, n *pair.Node) func() {
	t.up[n.Name] = false
	t.conditions()
	t.do("freeze", n.Freeze())
	t.wait(deadtime/10 + t.upTo(5*deadtime))
	t.do("thaw", n.Thaw())
	t.up[n.Name] = true
	t.conditions()
	return nil
}

// again kills the daemon and starts it: it must begin without its files. Without
// its interface it would rightly refuse.
func (t *trial) again(n *pair.Node) {
	if n.Sh("ip link show eth0") != nil {
		return
	}
	killDaemon(t, n)
	t.wait(t.upTo(deadtime))
	if n.Program == pair.Original {
		// It ends when it cannot write its files; ours goes on.
		t.startBroken(n)
		return
	}
	t.start(n)
}

func readOnly(t *trial, n *pair.Node) func() {
	// Not while a file is being written there.
	t.do("remount", n.Sh("for i in $(seq 100); do mount -o remount,bind,ro /var/lib/heartbeat && exit; sleep 0.05; done; exit 1"))
	t.again(n)
	return func() {
		t.do("remount", n.Sh("mount -o remount,bind,rw /var/lib/heartbeat"))
		t.anew(n)
	}
}

func diskFull(t *trial, n *pair.Node) func() {
	t.do("fill", n.Sh("mount -t tmpfs -o size=4k tmpfs /var/lib/heartbeat; echo full >/var/lib/heartbeat/full; ! dd if=/dev/zero of=/var/lib/heartbeat/more bs=4k count=4 2>/dev/null"))
	t.again(n)
	// The daemon has its command fifo there.
	return func() {
		t.do("unmount", n.Sh("umount -l /var/lib/heartbeat"))
		t.anew(n)
	}
}

func brokenGeneration(t *trial, n *pair.Node) func() {
	t.do("break", n.Sh("echo no number >/var/lib/heartbeat/hb_generation || true"))
	t.again(n)
	return nil
}

// interfaceDown does nothing to an interface that has another name just now.
func interfaceDown(t *trial, n *pair.Node) func() {
	const set = "ip link set eth0 %s || ! ip link show eth0 2>/dev/null"
	t.do("down", n.Sh(fmt.Sprintf(set, "down")))
	return func() { t.do("up", n.Sh(fmt.Sprintf(set, "up"))) }
}

// interfaceRenamed does nothing to an interface that has its other name already.
func interfaceRenamed(t *trial, n *pair.Node) func() {
	if n.Sh("ip link show eth0") != nil {
		return nil
	}
	t.do("rename", n.Sh("ip link set eth0 down; ip link set eth0 name old0; ip link set old0 up"))
	return func() { t.do("rename", n.Sh("ip link set old0 down; ip link set old0 name eth0; ip link set eth0 up")) }
}

// addressDeleted takes the address from the node that believes to hold it. Nobody
// watches a resource in these clusters; the next move brings it up.
func addressDeleted(t *trial, n *pair.Node) func() {
	if t.History.Holders() != n.Name {
		return nil
	}
	t.order(false)
	t.do("delete", n.Sh("ip addr del "+pair.VIP+"/32 dev eth0 || ! ip link show eth0"))
	return stop(t, n)
}

func slowScripts(t *trial, n *pair.Node) func() {
	t.do("slow", n.Sh(": >/var/log/slow"))
	return func() { t.do("slow", n.Sh("rm -f /var/log/slow")) }
}

// reload restarts in place: a changed ha.cf, the resources stay.
func reload(t *trial, n *pair.Node) func() {
	t.do("reload", n.Sh("echo '# changed' >>/etc/ha.d/ha.cf; kill -HUP $(cat "+pidFile+")"))
	return nil
}

// upgrade puts a new file in the place of the program, as a package does, and
// reloads.
func upgrade(t *trial, n *pair.Node) func() {
	t.do("upgrade", n.Sh("cd /usr/libexec/heartbeat; cp heartbeat new.$$; mv new.$$ heartbeat"))
	t.wait(time.Duration(t.rng.Int64N(int64(keepalive))))
	return reload(t, n)
}
