package pair_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"lvsha/compat-tests/pair"
)

// plugin is a device that resets what its file of hosts names, and works while
// that file is there.
const plugin = `#!/bin/sh
case $1 in
gethosts|getconfignames) [ "$1" = getconfignames ] && echo hostlist || cat /etc/ha.d/hosts ;;
status) test -e /etc/ha.d/hosts ;;
reset) echo "$2" >>/etc/ha.d/resets; grep -q "^works" /etc/ha.d/switch ;;
getinfo-devid) echo "a switch" ;;
getinfo-xml) echo "<parameters/>" ;;
getinfo-*) echo "for tests" ;;
esac
`

// withPlugin puts the plugin in the place of an installed one, in the mount
// namespace of a node, and sets its switch.
func withPlugin(p *player, n *pair.Node, state string) {
	p.Helper()
	dir := p.TempDir()
	for name, text := range map[string]string{"ssh": plugin, "hosts": pair.Master + "\n" + pair.Standby + "\n", "switch": state} {
		p.do(name, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755))
	}
	run(p, n, "/bin/mount", "--bind", filepath.Join(dir, "ssh"), "/usr/lib/stonith/plugins/external/ssh")
	run(p, n, "/bin/cp", filepath.Join(dir, "hosts"), filepath.Join(dir, "switch"), "/etc/ha.d/")
}

// run runs a command on a node that must succeed.
func run(p *player, n *pair.Node, argv ...string) {
	p.Helper()
	out, status, err := n.Run(argv...)
	if err != nil || status != 0 {
		p.Fatalf("%v on %s: status %d, %v\n%s", argv, n.Name, status, err, out)
	}
}

// fencers are the programs whose fencing is compared.
func fencers() [][2]pair.Program {
	programs := [][2]pair.Program{{pair.Ours, pair.Ours}, {pair.Original, pair.Ours}}
	if *oracle {
		programs = append(programs, [2]pair.Program{pair.Original, pair.Original})
	}
	return programs
}

// TestFence: the resources of a dead node are taken after its reset, and not
// before.
func TestFence(t *testing.T) {
	t.Parallel()
	for _, mix := range fencers() {
		t.Run(name(mix), func(t *testing.T) {
			t.Parallel()
			p := &player{T: t, Pair: newPair(t, pair.Options{
				Programs: mix, Extra: []string{"stonith_host * external/ssh " + pair.Master},
			})}
			withPlugin(p, p.Standby, "broken\n")
			p.step()
			startBoth(p)
			p.holder("both started", upWithin, quiet, pair.Master)
			p.line(p.Standby, upWithin, "Checking status of STONITH device [")

			p.step()
			p.do("kill master", p.Master.Kill())
			p.line(p.Standby, moveWithin, "info: Resetting node master with [")
			p.line(p.Standby, moveWithin, "ERROR: STONITH of master failed.  Retrying...")
			p.holder("not fenced", moveWithin, quiet, pair.Master)

			p.step()
			run(p, p.Standby, "/bin/sh", "-c", "echo works >/etc/ha.d/switch")
			p.line(p.Standby, moveWithin, "info: node master now reset.")
			p.line(p.Standby, moveWithin, "info: Resources being acquired from master.")
			// Nobody has really switched the dead node off: its address stays.
			p.holder("fenced", moveWithin, quiet, pair.Master, pair.Standby)
			run(p, p.Standby, "/bin/sh", "-c", "! grep -v '^master$' /etc/ha.d/resets")
		})
	}
}

// TestFenceNull: the null device of cluster-glue resets at once.
func TestFenceNull(t *testing.T) {
	t.Parallel()
	for _, mix := range fencers() {
		t.Run(name(mix), func(t *testing.T) {
			t.Parallel()
			p := &player{T: t, Pair: newPair(t, pair.Options{
				Programs: mix, Extra: []string{"stonith_host " + pair.Standby + " null " + pair.Master},
			})}
			p.step()
			startBoth(p)
			p.holder("both started", upWithin, quiet, pair.Master)
			p.step()
			p.do("kill master", p.Master.Kill())
			p.line(p.Standby, moveWithin, "info: node master now reset.")
			p.holder("fenced", moveWithin, quiet, pair.Master, pair.Standby)
			p.step()
			p.do("start the killed master", p.Master.Start())
			p.holder("back", upWithin, 4*time.Second, pair.Master)
		})
	}
}
