package pair_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lvsha/compat-tests/pair"
)

// recorder is an rc.d script that writes down how it was called.
const recorder = `#!/bin/sh
{ echo "== ${0##*/} $*"; env | grep '^HA_\|^OCF_' | sort; } >>/var/log/hooks
`

// recordedTypes are message types that a recorder is laid down for.
var recordedTypes = []string{
	"ask_resources", "hb_takeover", "ip-request", "ip-request-resp", "reqnodes", "resource", "shutdone",
	"site-type", "starting", "status", "stonith",
}

// record lays recorders into a node's rc.d. Behind them stands what the original's
// package has there: ours must not do a second time what those would do.
func record(p *player, n *pair.Node) {
	p.Helper()
	dir := filepath.Join(n.Dir, "etc", "rc.d")
	for _, kind := range recordedTypes {
		text := recorder
		if old, err := os.ReadFile("/etc/ha.d/rc.d/" + kind); err == nil {
			text += string(old)
		}
		p.do("recorder", os.WriteFile(filepath.Join(dir, kind), []byte(text), 0o755))
	}
}

// shown are the variables that tell one event from another.
var shown = []string{"HA_src", "HA_st", "HA_info", "HA_rsc_hold", "HA_node", "HA_result", "HA_colour", "HA_dest", "HA_ipaddr", "HA_weown", "HA_ok", "HA_NICEFAILBACK", "HA_SITE"}

// hooks gives the calls of a node's hooks, each on a line, and the environment of
// the first of each type.
func hooks(p *player, n *pair.Node) (calls []string, env map[string][]string) {
	p.Helper()
	text, err := os.ReadFile(filepath.Join(n.Dir, "log", "hooks"))
	p.do("record of "+n.Name, err)
	env = make(map[string][]string)
	for _, call := range strings.Split(string(text), "== ")[1:] {
		lines := strings.Split(strings.TrimSpace(call), "\n")
		kind, args, _ := strings.Cut(lines[0], " ")
		if kind != args {
			p.Errorf("%s: called with %q", kind, args)
		}
		line, first := kind, env[kind] == nil
		for _, l := range lines[1:] {
			name, value, _ := strings.Cut(l, "=")
			if first {
				env[kind] = append(env[kind], name)
			}
			if slices.Contains(shown, name) {
				line += " " + strings.TrimPrefix(name, "HA_") + "=" + value
			}
		}
		calls = append(calls, line)
	}
	return calls, env
}

// TestHooks has both nodes record every call of a script in rc.d, from the start
// of both to the death of the master. What is wanted is what two originals have
// recorded.
func TestHooks(t *testing.T) {
	t.Parallel()
	const every = " NICEFAILBACK=yes SITE=here"
	wantMaster := []string{
		"status" + every + " src=standby st=up",
		"status" + every + " src=standby st=active",
		"ip-request-resp" + every + " dest=master ipaddr=IPaddr2::" + pair.VIP + "/32/eth0 ok=OK src=master weown=yes",
		"site-type" + every + " colour=blue src=master",
		"hb_takeover" + every + " rsc_hold=all src=master",
		"status" + every + " info=ping src=" + pair.Router + " st=dead",
		// Stopped and started again: it finds the other one active.
		"status" + every + " src=standby st=active",
		"status" + every + " info=ping src=" + pair.Router + " st=dead",
	}
	wantStandby := []string{
		"status" + every + " src=master st=up",
		"status" + every + " src=master st=active",
		"site-type" + every + " colour=blue src=master",
		"hb_takeover" + every + " rsc_hold=all src=master",
		"status" + every + " src=master st=dead",
		"stonith" + every + " node=master result=unneeded src=standby",
		"status" + every + " src=master st=init",
		"status" + every + " src=master st=up",
		"status" + every + " src=master st=active",
		"stonith" + every + " node=master result=n_stnth src=standby",
		"status" + every + " src=master st=dead",
	}
	for _, mix := range mixes() {
		t.Run(name(mix), func(t *testing.T) {
			t.Parallel()
			p := &player{T: t, Pair: newPair(t, pair.Options{
				Programs: mix, Media: []string{"ucast eth0 PEER", "ping ROUTER"}, Extra: []string{"env SITE=here", "deadping 2"},
			})}
			playHooks(p)
			for _, n := range []*pair.Node{p.Master, p.Standby} {
				want := wantMaster
				if n == p.Standby {
					want = wantStandby
				}
				calls, env := hooks(p, n)
				if !slices.Equal(calls, want) {
					t.Errorf("%s recorded\n%s\nwant\n%s", n.Name, strings.Join(calls, "\n"), strings.Join(want, "\n"))
				}
				checkEnvironment(p, n, env["status"])
				for line := range strings.Lines(n.Logs()) {
					again := strings.Contains(line, "mach_down(default)") || strings.Contains(line, "ResourceManager(default)")
					if strings.Contains(line, "ERROR: ") && strings.Contains(line, "rc.d") || n.Program == pair.Ours && again {
						t.Errorf("%s: %s", n.Name, line)
					}
				}
			}
			checkOverlaps(p)
		})
	}
}

// playHooks plays what the hooks are to record.
func playHooks(p *player) {
	p.Helper()
	record(p, p.Master)
	record(p, p.Standby)
	p.step()
	startBoth(p)
	p.holder("both started", upWithin, quiet, pair.Master)
	p.recorded(p.Master, "ip-request-resp ", 1)
	command := func(argv ...string) {
		p.Helper()
		out, code, err := p.Master.Run(argv...)
		if err != nil || code != 0 {
			p.Fatalf("%v: %d, %v: %s", argv, code, err, out)
		}
	}
	command("/bin/sh", "-c", `printf '>>>\nt=site-type\ncolour=blue\n<<<\n' >/var/lib/heartbeat/fifo`)
	p.recorded(p.Standby, "site-type ", 1)
	p.step()
	command("/usr/share/heartbeat/hb_standby", "all")
	p.holder("standby", moveWithin, quiet, pair.Standby)
	p.line(p.Standby, moveWithin, "Standby resource acquisition done [all].")
	p.step()
	command("/usr/share/heartbeat/hb_takeover", "all")
	p.holder("takeover", moveWithin, quiet, pair.Master)
	p.line(p.Master, moveWithin, "Standby resource acquisition done [all].")
	p.step()
	command("/usr/sbin/ip", "neigh", "replace", pair.Router, "lladdr", "02:00:00:00:00:99", "dev", "eth0", "nud", "permanent")
	p.recorded(p.Master, "HA_info=ping", 1)
	p.step()
	p.do("stop master", p.Master.Stop())
	p.holder("master stopped", moveWithin, quiet, pair.Standby)
	p.recorded(p.Standby, "HA_result=unneeded", 1)
	p.step()
	p.do("start master", p.Master.Start())
	p.holder("failback", upWithin, quiet, pair.Master)
	p.recorded(p.Master, "HA_info=ping", 2)
	p.step()
	p.do("kill master", p.Master.Kill())
	p.holder("master killed", moveWithin, quiet, pair.Master, pair.Standby)
	p.recorded(p.Standby, "HA_st=dead", 2)
}

// recorded waits until a text was written this many times. A file of another
// process tells nobody that it grows, so it is looked at again and again.
func (p *player) recorded(n *pair.Node, text string, times int) {
	p.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(moveWithin)
	for {
		got, _ := os.ReadFile(filepath.Join(n.Dir, "log", "hooks"))
		if strings.Count(string(got), text) >= times {
			return
		}
		select {
		case <-tick.C:
		case <-limit:
			p.Fatalf("%s has not recorded %q %d times:\n%s", n.Name, text, times, got)
		}
	}
}

// checkEnvironment checks that what the original gives to its scripts is there.
func checkEnvironment(p *player, n *pair.Node, got []string) {
	p.Helper()
	var missing []string
	for _, name := range strings.Fields(`HA_BIN HA_COMPRESSION HA_CURHOST HA_DATEFMT HA_DEBUGLOG HA_DIR HA_DOCDIR HA_FIFO HA_FUNCS HA_LOGD
		HA_LOGFILE HA_NICEFAILBACK HA_OSTATUS HA_RCDIR HA_RESOURCEDIR HA_SITE HA_auth HA_auto_failback HA_autojoin HA_baud HA_cluster
		HA_compression HA_compression_threshold HA_conn_logd_time HA_coredumps HA_deadping HA_deadtime HA_debug HA_debugfile HA_dt
		HA_enable_config_writes HA_hbgenmethod HA_hg HA_hopfudge HA_initdead HA_keepalive HA_ld HA_log_badpack HA_logfile
		HA_max_rexmit_delay HA_memreserve HA_msgfmt HA_pacemaker HA_protocol HA_realtime HA_record_config_changes
		HA_record_pengine_inputs HA_seq HA_src HA_st HA_syslogmsgfmt HA_t HA_traditional_compression HA_ts HA_ttl HA_udpport
		HA_uuidfrom HA_warntime OCF_AGENTS OCF_ROOT`) {
		if !slices.Contains(got, name) {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		p.Errorf("%s: hooks do not see %s; they see %s", n.Name, strings.Join(missing, " "), fmt.Sprint(got))
	}
}

// TestLegacyHooks has an original node ask ours for its group, the old way: the
// site's scripts are told, and rc.d/local_giveip has run before the group goes.
// The original's own script behind the recorder gives nothing and answers nothing.
func TestLegacyHooks(t *testing.T) {
	t.Parallel()
	mixes := [][2]pair.Program{{pair.Original, pair.Ours}}
	if *oracle {
		mixes = append(mixes, [2]pair.Program{pair.Original, pair.Original})
	}
	for _, mix := range mixes {
		t.Run(name(mix), func(t *testing.T) {
			t.Parallel()
			p := &player{T: t, Pair: newPair(t, pair.Options{Programs: mix, Failback: [2]string{"legacy", "legacy"}})}
			record(p, p.Standby)
			give := recorder + "ip -o addr show dev eth0 | grep -q '" + pair.VIP + "/' && echo HA_held=yes >>/var/log/hooks\n"
			p.do("local_giveip", os.WriteFile(filepath.Join(p.Standby.Dir, "etc", "rc.d", "local_giveip"), []byte(give), 0o755))
			p.step()
			startBoth(p)
			p.holder("both started", upWithin, quiet, pair.Master)
			p.step()
			p.do("stop master", p.Master.Stop())
			p.holder("master stopped", moveWithin, quiet, pair.Standby)
			// What was recorded at the first start depends on who came first.
			p.do("begin the record anew", os.Remove(filepath.Join(p.Standby.Dir, "log", "hooks")))
			p.step()
			p.do("start master", p.Master.Start())
			p.holder("failback", upWithin, quiet, pair.Master)
			p.recorded(p.Standby, "HA_held=yes", 1)
			p.recorded(p.Standby, "== ip-request ", 1)
			text, err := os.ReadFile(filepath.Join(p.Standby.Dir, "log", "hooks"))
			p.do("record", err)
			// Behind the recorder of ip-request is the original's script. If it looks
			// before the group is released it calls local_giveip as well.
			for want, times := range map[string][2]int{
				"== local_giveip ip-request\n": {1, 2}, "== ip-request ip-request\n": {1, 1}, "HA_ipaddr=IPaddr2::" + pair.VIP + "/32/eth0\n": {2, 3},
				"HA_NICEFAILBACK": {0, 0},
			} {
				if n := strings.Count(string(text), want); n < times[0] || n > times[1] {
					t.Errorf("%d of %q, want %d to %d:\n%s", n, want, times[0], times[1], text)
				}
			}
			checkOverlaps(p)
		})
	}
}
