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
	// beside says that a node which runs the original can stand it, too; else
	// only ours is put to it.
	beside bool
	do     func(t *trial, n *pair.Node) func()
}

var faults = []fault{
	{"stop", true, stop},
	{"first link cut", true, cutFirst},
	{"all links cut", true, cutAll},
	{"repeated, replayed and corrupted datagrams", true, disturb},
	{"gives up its resources", true, giveUp},
	{"deaf", false, deaf},
	{"daemon killed", false, killDaemon},
	{"every process killed", false, killAll},
	{"stopped by SIGSTOP", false, freeze},
	{"loss", false, lose},
	{"state directory read-only", false, readOnly},
	{"disk full", false, diskFull},
	{"broken generation file", false, brokenGeneration},
	{"interface down", false, interfaceDown},
	{"interface renamed", false, interfaceRenamed},
	{"address deleted by hand", false, addressDeleted},
	{"slow scripts", false, slowScripts},
	{"reload", false, reload},
	{"package upgraded", false, upgrade},
}

// round does one to three things to the nodes, ends them, and looks at what has
// become of the pair.
func (t *trial) round(number int) {
	t.Helper()
	var names []string
	var undo []func()
	for want := 1 + t.rng.IntN(3); len(names) < want && (t.up[pair.Master] || t.up[pair.Standby]); {
		n := t.nodes()[t.rng.IntN(2)]
		f := faults[t.rng.IntN(len(faults))]
		if n.Program == pair.Original && !f.beside || !t.up[n.Name] {
			continue
		}
		names = append(names, n.Name+" "+f.name)
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
	t.verdict(what)
	t.Logf("%s: on %s", what, t.History.Holders())
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
	t.do("kill", n.Sh("kill -9 $(cat "+pidFile+"); echo killed >>/var/log/record"))
	return nil
}

func killAll(t *trial, n *pair.Node) func() {
	t.up[n.Name] = false
	t.conditions()
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
	t.start(n)
}

func readOnly(t *trial, n *pair.Node) func() {
	t.do("remount", n.Sh("mount -o remount,bind,ro /var/lib/heartbeat"))
	t.again(n)
	return func() { t.do("remount", n.Sh("mount -o remount,bind,rw /var/lib/heartbeat")) }
}

func diskFull(t *trial, n *pair.Node) func() {
	t.do("fill", n.Sh("mount -t tmpfs -o size=4k tmpfs /var/lib/heartbeat; echo full >/var/lib/heartbeat/full; ! dd if=/dev/zero of=/var/lib/heartbeat/more bs=4k count=4 2>/dev/null"))
	t.again(n)
	// The daemon has its command fifo there.
	return func() { t.do("unmount", n.Sh("umount -l /var/lib/heartbeat")) }
}

func brokenGeneration(t *trial, n *pair.Node) func() {
	t.do("break", n.Sh("echo no number >/var/lib/heartbeat/hb_generation || true"))
	t.again(n)
	return nil
}

func interfaceDown(t *trial, n *pair.Node) func() {
	t.do("down", n.Sh("ip link set eth0 down"))
	return func() { t.do("up", n.Sh("ip link set eth0 up")) }
}

func interfaceRenamed(t *trial, n *pair.Node) func() {
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
