package pair_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lvsha/compat-tests/pair"
)

// troubleScript is a resource that does what the files beside it say: they are
// named after its actions.
const troubleScript = `#!/bin/sh
echo "$1" >>/var/log/calls
read -r mode 2>/dev/null </etc/ha.d/trouble.$1
case $mode in
fails) exit 1 ;;
hangs) exec sleep 600 ;;
esac
case $1 in
start) : >/run/trouble ;;
stop) rm -f /run/trouble ;;
status) if [ -e /run/trouble ]; then echo running; else echo stopped; fi ;;
esac
case $mode in
lies) exit 1 ;;
lingers) exec sleep 600 ;;
esac
`

// trouble makes an action of a node's resource go wrong; "" makes it go right.
func trouble(p *player, n *pair.Node, action, mode string) {
	p.Helper()
	p.do("trouble", os.WriteFile(filepath.Join(n.Dir, "etc", "trouble."+action), []byte(mode+"\n"), 0o644))
}

// calls counts how often an action of a node's resource was called.
func calls(n *pair.Node, action string) int {
	text, _ := os.ReadFile(filepath.Join(n.Dir, "log", "calls")) // none yet
	count := 0
	for line := range strings.Lines(string(text)) {
		if strings.TrimSpace(line) == action {
			count++
		}
	}
	return count
}

func troubledPair(t *testing.T, mix [2]pair.Program) *player {
	t.Helper()
	return troubledBy(t, pair.Options{Programs: mix, Extra: []string{"env STOPRETRYMAX=1"}})
}

// troubledBy is a pair whose group has the resource.
func troubledBy(t *testing.T, o pair.Options) *player {
	t.Helper()
	o.Resources = []string{"IPaddr2::" + pair.VIP + "/32/eth0", "trouble"}
	p := &player{T: t, Pair: newPair(t, o)}
	for _, n := range []*pair.Node{p.Master, p.Standby} {
		p.do("script", os.WriteFile(filepath.Join(n.Dir, "etc", "resource.d", "trouble"), []byte(troubleScript), 0o755))
	}
	return p
}

// scriptLimit gives a node of ours a time limit of scripts.
func scriptLimit(p *player, n *pair.Node, seconds string) {
	p.Helper()
	staged, err := stage()
	p.do("stage", err)
	p.do("sysconfig", n.Sysconfig(staged, "SCRIPT_TIMEOUT="+seconds+"\n"))
}

// TestStartFails: the group goes to the other node, where the original leaves it
// down everywhere; if it starts on neither, it goes neither to and fro.
func TestStartFails(t *testing.T) {
	t.Parallel()
	for _, mix := range [][2]pair.Program{{pair.Ours, pair.Ours}, {pair.Ours, pair.Original}} {
		t.Run(name(mix), func(t *testing.T) {
			t.Parallel()
			p := troubledPair(t, mix)
			trouble(p, p.Master, "start", "fails")
			p.step()
			startBoth(p)
			p.holder("start fails on the master", upWithin, quiet, pair.Standby)
			p.line(p.Master, upWithin, "CRIT: Giving up resources due to failure of trouble")
			p.line(p.Master, upWithin, "ERROR: Return code 1 from /etc/ha.d/resource.d/trouble")

			// It is asked for again by hand when it works.
			trouble(p, p.Master, "start", "")
			p.step()
			run(p, p.Master, "/usr/share/heartbeat/hb_takeover", "all")
			p.holder("asked for again", moveWithin, quiet, pair.Master)

			trouble(p, p.Master, "start", "fails")
			trouble(p, p.Standby, "start", "fails")
			p.step()
			run(p, p.Master, "/usr/share/heartbeat/hb_standby", "all")
			p.line(p.Standby, moveWithin, "CRIT: Giving up resources due to failure of trouble")
			p.holder("starts on neither", moveWithin, 4*time.Second)
			if m, s := calls(p.Master, "start"), calls(p.Standby, "start"); m+s > 8 {
				t.Errorf("started %d times on the master and %d times on the standby", m, s)
			}
			checkOverlaps(p)
		})
	}
}

// TestStopLies: a stop that fails although the resource has stopped. The original
// tries it again and goes on; so does ours.
func TestStopLies(t *testing.T) {
	t.Parallel()
	for _, mix := range mixes() {
		t.Run(name(mix), func(t *testing.T) {
			t.Parallel()
			p := troubledPair(t, mix)
			trouble(p, p.Master, "stop", "lies")
			p.step()
			startBoth(p)
			p.holder("both started", upWithin, quiet, pair.Master)
			before := calls(p.Master, "stop")
			p.step()
			p.do("stop master", p.Master.Stop())
			for _, line := range []string{
				"Retrying failed stop operation [trouble]", "Resource script for trouble probably not LSB-compliant.",
				"it (trouble) MUST succeed on a stop when already stopped", "Machine reboot narrowly avoided!",
			} {
				p.line(p.Master, moveWithin, line)
			}
			p.holder("master stopped", moveWithin, quiet, pair.Standby)
			if n := calls(p.Master, "stop") - before; n != 2 {
				t.Errorf("%d stops, want one and its repetition", n)
			}
			checkOverlaps(p)
		})
	}
}

// TestStopFails: what cannot be stopped must not run on two nodes. The machine is
// restarted, which here is the end of the node's namespaces, and the other node
// takes over when it is dead.
func TestStopFails(t *testing.T) {
	mix := [2]pair.Program{pair.Ours, pair.Ours}
	t.Parallel()
	p := troubledPair(t, mix)
	trouble(p, p.Master, "stop", "fails")
	p.step()
	startBoth(p)
	p.holder("both started", upWithin, quiet, pair.Master)
	p.step()
	stopped := make(chan error, 1)
	go func() { stopped <- p.Master.Stop() }()
	p.line(p.Master, moveWithin, "CRIT: Resource STOP failure. Reboot required!")
	if err := <-stopped; err == nil {
		t.Error("the master was stopped")
	}
	p.line(p.Standby, moveWithin, "node master: is dead")
	p.announcedBy(p.Standby)
}

// announcedBy waits until the last announcement is that of a node.
func (p *player) announcedBy(n *pair.Node) {
	p.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(moveWithin)
	for {
		last := ""
		for _, e := range p.History.Since(p.mark) {
			if e.Kind == pair.ARP {
				last = e.Text
			}
		}
		if last == n.MAC() {
			return
		}
		select {
		case <-tick.C:
		case <-limit:
			p.Fatalf("the last announcement is from %q, not of %s", last, n.Name)
		}
	}
}

// TestKilledBesideAnOriginal: a node that has the group of an original is killed and
// started again before anybody takes it for dead. The original hears a restart; it is
// brought to take its group, and it can be stopped then.
func TestKilledBesideAnOriginal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, failback string }{{"at rest", "off"}, {"giving back", "on"}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := troubledBy(t, pair.Options{
				Programs: [2]pair.Program{pair.Original, pair.Ours}, Failback: [2]string{c.failback, c.failback}, Deadtime: 6 * time.Second,
			})
			p.step()
			startBoth(p)
			p.holder("both started", upWithin, quiet, pair.Master)
			p.do("stop master", p.Master.Stop())
			p.holder("master stopped", moveWithin, quiet, pair.Standby)
			trouble(p, p.Standby, "stop", "hangs")
			p.step()
			p.do("start master", p.Master.Start())
			if c.failback == "on" {
				p.line(p.Standby, upWithin, "Running /etc/ha.d/resource.d/trouble")
			} else {
				p.line(p.Master, upWithin, "Initial resource acquisition complete")
			}
			p.step()
			p.do("kill", p.Standby.Kill())
			trouble(p, p.Standby, "stop", "")
			p.do("start standby", p.Standby.Start())
			p.holder("standby killed and started", upWithin, quiet, pair.Master)
			p.step()
			p.do("stop master", p.Master.Stop())
			p.holder("master stopped", moveWithin, quiet, pair.Standby)
			for _, line := range strings.Split(p.Master.Logs(), "\n") {
				if strings.Contains(line, "Ignored standby message") {
					t.Errorf("the original complains: %s", line)
				}
			}
		})
	}
}

// TestScriptsHang: a script that hangs is killed at its limit and has failed; the
// original waits for it for ever.
func TestScriptsHang(t *testing.T) {
	t.Parallel()
	p := troubledPair(t, [2]pair.Program{pair.Ours, pair.Ours})
	scriptLimit(p, p.Master, "1")
	trouble(p, p.Master, "start", "hangs")
	p.step()
	startBoth(p)
	p.line(p.Master, upWithin, "trouble  start: not done within 1s, killed")
	p.holder("start hangs on the master", upWithin, quiet, pair.Standby)

	// A status that hangs has not said that the resource runs: it is started.
	trouble(p, p.Master, "start", "")
	trouble(p, p.Master, "status", "hangs")
	before := calls(p.Master, "start")
	p.step()
	run(p, p.Standby, "/usr/share/heartbeat/hb_standby", "all")
	p.line(p.Master, moveWithin, "trouble  status: not done within 1s, killed")
	p.holder("back on the master", moveWithin, quiet, pair.Master)
	p.line(p.Master, moveWithin, "Standby resource acquisition done [all].")
	if n := calls(p.Master, "start") - before; n != 1 {
		t.Errorf("started %d times", n)
	}

	trouble(p, p.Master, "status", "")
	trouble(p, p.Master, "stop", "lingers")
	p.step()
	p.do("stop master", p.Master.Stop())
	p.line(p.Master, moveWithin, "trouble  stop: not done within 1s, killed")
	p.line(p.Master, moveWithin, "Machine reboot narrowly avoided!")
	p.holder("stop hangs on the master", moveWithin, quiet, pair.Standby)
	checkOverlaps(p)
}

// TestBothFamilies has an IPv6 address in the group: it moves with the other one.
func TestBothFamilies(t *testing.T) {
	t.Parallel()
	const ip6 = "fd77:0:0:0:0:0:0:100"
	for _, mix := range mixes() {
		t.Run(name(mix), func(t *testing.T) {
			t.Parallel()
			p := &player{T: t, Pair: newPair(t, pair.Options{
				Programs: mix, Resources: []string{"IPv6addr::" + ip6 + "/64/eth0", "IPaddr2::" + pair.VIP + "/32/eth0"},
			})}
			p.step()
			startBoth(p)
			p.holder("both started", upWithin, quiet, pair.Master)
			only6(p, p.Master, p.Standby)
			p.step()
			p.do("stop master", p.Master.Stop())
			p.holder("master stopped", moveWithin, quiet, pair.Standby)
			only6(p, p.Standby, p.Master)
			p.step()
			p.do("start master", p.Master.Start())
			p.holder("failback", upWithin, quiet, pair.Master)
			only6(p, p.Master, p.Standby)
			checkOverlaps(p)
		})
	}
}

// only6 checks that one node has the IPv6 address and the other has not.
func only6(p *player, holder, other *pair.Node) {
	p.Helper()
	for _, n := range []*pair.Node{holder, other} {
		out, status, err := n.Run("/usr/sbin/ip", "-6", "-o", "addr", "show", "dev", "eth0")
		if err != nil || status != 0 {
			p.Fatalf("ip on %s: %d, %v", n.Name, status, err)
		}
		if held := strings.Contains(out, " fd77::100/64 "); held != (n == holder) {
			p.Errorf("the IPv6 address is on %s: %v\n%s", n.Name, held, out)
		}
	}
}
