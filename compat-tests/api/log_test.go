package api_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"lvsha/compat-tests/pair"
)

// corpus plays the events that administrators look for in the log, one after the
// other, and gives the lines of each node.
func corpus(t *testing.T, program pair.Program) map[string]string {
	p := newPair(t, pair.Options{
		Programs: [2]pair.Program{program, program}, Keepalive: 200 * time.Millisecond, Deadtime: 3 * time.Second, Second: true,
		Media: []string{"bcast eth0 eth1", "ping ROUTER"},
	})
	ctx, cancel := context.WithTimeout(context.Background(), 4*limit)
	defer cancel()
	wait := func(n *pair.Node, m pair.Mark, text string) {
		t.Helper()
		must(t, n.WaitLine(ctx, m, text))
	}
	hold := func(nodes ...string) {
		t.Helper()
		_, err := p.History.WaitHolders(ctx, 2*time.Second, nodes...)
		must(t, err)
	}
	// Node and link up.
	start(t, p)
	wait(p.Master, 0, "Link "+pair.Router)
	// One link dead and up.
	m := p.History.Now()
	must(t, p.Master.CutSecond())
	wait(p.Master, m, "Link standby:eth1 dead.")
	must(t, p.Master.HealSecond())
	wait(p.Master, m, "Link standby:eth1 up.")
	// Standby and take-over.
	m = p.History.Now()
	standby := "/usr/share/heartbeat/hb_standby"
	_, _, err := p.Master.Run(standby, "all")
	must(t, err)
	hold(pair.Standby)
	wait(p.Master, m, "Other node completed standby takeover")
	// While the one is not stable the other refuses.
	wait(p.Standby, m, "remote resource transition completed.")
	m = p.History.Now()
	_, _, err = p.Standby.Run(standby, "foreign")
	must(t, err)
	wait(p.Standby, m, "standby wants to go standby [foreign]")
	hold(pair.Master)
	// A late heartbeat: the standby is stopped for longer than warntime. What is lost then
	// an original may hear in the wrong order; a start ends that.
	m = p.History.Now()
	must(t, p.Standby.Freeze())
	_, _, err = p.Master.Run("/bin/sleep", "2.6")
	must(t, err)
	must(t, p.Standby.Thaw())
	wait(p.Master, m, "Late heartbeat")
	// Stop, take-over, failback.
	must(t, p.Master.Stop())
	hold(pair.Standby)
	must(t, p.Master.Start())
	hold(pair.Master)
	// Partition.
	m = p.History.Now()
	must(t, p.Master.CutSecond())
	must(t, p.Master.CutLink())
	hold(pair.Master, pair.Standby)
	must(t, p.Master.HealLink())
	wait(p.Master, m, "returning after partition")
	must(t, p.Master.HealSecond())
	if program == pair.Original { // both begin anew, some time later
		wait(p.Master, m, "Local status now set to: 'active'")
		wait(p.Standby, m, "Local status now set to: 'active'")
	}
	hold(pair.Master)
	// Bad authentication.
	m = p.History.Now()
	must(t, os.WriteFile(filepath.Join(p.Standby.Dir, "etc/authkeys"), []byte("auth 2\n2 sha1 wrong\n"), 0o600))
	_, _, err = p.Standby.Run("/etc/init.d/heartbeat", "reload")
	must(t, err)
	wait(p.Master, m, "node standby: is dead")
	return map[string]string{pair.Master: p.Master.Logs(), pair.Standby: p.Standby.Logs()}
}

// lines are what administrators look for, as the original writes it: level and
// text of a line of the daemon, and on which node.
var lines = []struct{ event, node, line string }{
	{"node up", pair.Master, `info: Status update for node standby: status up`},
	{"node up", pair.Master, `info: Status update for node standby: status active`},
	{"node up", pair.Standby, `info: Status update for node master: status active`},
	{"node up", pair.Master, `info: Local status now set to: 'active'`},
	{"ping node up", pair.Master, `info: Status update for node 10\.77\.0\.9: status ping`},
	{"link up", pair.Master, `info: Link standby:eth1 up\.`},
	{"link up", pair.Master, `info: Link 10\.77\.0\.9:10\.77\.0\.9 up\.`},
	{"link dead", pair.Master, `info: Link standby:eth1 dead\.`},
	{"late heartbeat", pair.Master, `WARN: Late heartbeat: Node standby: interval \d+ ms`},
	{"standby", pair.Master, `info: master wants to go standby \[all\]`},
	{"standby", pair.Standby, `info: master wants to go standby \[all\]`},
	{"standby", pair.Master, `info: standby: standby can take our all resources`},
	{"standby", pair.Master, `info: give up all HA resources \(standby\)\.`},
	{"standby", pair.Master, `info: all HA resource release completed \(standby\)\.`},
	{"standby", pair.Master, `info: Local standby process completed \[all\]\.`},
	{"standby", pair.Master, `info: Other node completed standby takeover of all resources\.`},
	{"standby", pair.Standby, `info: standby: acquire \[all\] resources from master`},
	{"standby", pair.Standby, `info: acquire all HA resources \(standby\)\.`},
	{"standby", pair.Standby, `info: Standby resource acquisition done \[all\]\.`},
	{"shutdown", pair.Master, `info: Heartbeat shutdown in progress\. \(\d+\)`},
	{"shutdown", pair.Master, `info: Giving up all HA resources\.`},
	{"shutdown", pair.Master, `info: All HA resources relinquished\.`},
	{"shutdown", pair.Master, `info: master Heartbeat shutdown complete\.`},
	{"takeover", pair.Standby, `info: Received shutdown notice from 'master'\.`},
	{"takeover", pair.Standby, `info: Resources being acquired from master\.`},
	{"takeover", pair.Standby, `info: mach_down takeover complete\.`},
	{"failback", pair.Standby, `info: standby wants to go standby \[foreign\]`},
	{"failback", pair.Master, `info: standby: acquire \[foreign\] resources from standby`},
	{"failback", pair.Master, `info: acquire local HA resources \(standby\)\.`},
	{"failback", pair.Master, `info: Standby resource acquisition done \[foreign\]\.`},
	{"failback", pair.Master, `info: remote resource transition completed\.`},
	{"dead", pair.Standby, `WARN: node master: is dead`},
	{"dead", pair.Master, `WARN: node 10\.77\.0\.9: is dead`},
	{"dead", pair.Standby, `WARN: No STONITH device configured\.`},
	{"dead", pair.Standby, `WARN: Shared disks are not protected\.`},
	{"partition", pair.Master, `CRIT: Cluster node standby returning after partition\.`},
	{"partition", pair.Master, `WARN: Deadtime value may be too small\.`},
	{"partition", pair.Master, `CRIT: Late heartbeat: Node standby: interval \d+ ms \(> deadtime\)`},
	{"reload", pair.Standby, `info: Signalling heartbeat pid \d+ to reread config files`},
	{"reload", pair.Standby, `info: Rereading authentication file\.`},
	// The text depends on the framing; this part of it does not.
	{"bad authentication", pair.Master, `(ERROR|WARN): .*(authentication failed|failed authentication).*`},
}

// TestLogLines plays all events under the original and under ours: every line
// must be there in the form of the original, with host, program, process id and
// level, and the original itself must still write it.
func TestLogLines(t *testing.T) {
	t.Parallel()
	for _, program := range []pair.Program{pair.Original, pair.Ours} {
		t.Run(program.String(), func(t *testing.T) {
			t.Parallel()
			logs := corpus(t, program)
			for _, l := range lines {
				re := regexp.MustCompile(`(?m)^[A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d ` + l.node + ` heartbeat: \[\d+\]: ` + l.line + `$`)
				if !re.MatchString(logs[l.node]) {
					t.Errorf("%s: no line on %s is %s", l.event, l.node, l.line)
				}
			}
		})
	}
}

// TestLogd has both log by the real ha_logd, and again by themselves when it is
// gone: one file takes the lines in one form.
func TestLogd(t *testing.T) {
	t.Parallel()
	for _, program := range []pair.Program{pair.Original, pair.Ours} {
		t.Run(program.String(), func(t *testing.T) {
			t.Parallel()
			p := newPair(t, pair.Options{Programs: [2]pair.Program{program, program}, Extra: []string{"use_logd yes", "conn_logd_time 1"}})
			conf := filepath.Join(p.Master.Dir, "etc/logd.cf")
			must(t, os.WriteFile(conf, []byte("logfile /var/log/by-logd\nlogfacility none\n"), 0o644))
			out, code, err := p.Master.Run("/usr/lib/heartbeat/ha_logd", "-d", "-c", "/etc/ha.d/logd.cf")
			must(t, err)
			if code != 0 {
				t.Fatal(out)
			}
			start2(t, p)
			must(t, p.Master.Stop())
			// ha_logd writes in its own time.
			text := untilFile(t, filepath.Join(p.Master.Dir, "log/by-logd"), "Heartbeat shutdown complete.")
			for _, line := range []string{`info: Local status now set to: 'active'`, `info: Status update for node standby: status active`, `info: master Heartbeat shutdown complete\.`} {
				re := regexp.MustCompile(`(?m)^[A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d master heartbeat: \[\d+\]: ` + line + `$`)
				if !re.Match(text) {
					t.Errorf("ha_logd has not written %s:\n%s", line, text)
				}
				if re.MatchString(p.Master.Logs()) {
					t.Errorf("the daemon has written itself: %s", line)
				}
				// Nobody listens on the standby.
				other := regexp.MustCompile(strings.NewReplacer(" master heartbeat", " standby heartbeat", "node standby", "node master").Replace(re.String()))
				if strings.Contains(line, "complete") {
					continue
				}
				if !other.MatchString(p.Standby.Logs()) {
					t.Errorf("without ha_logd nobody has written %s", other)
				}
			}
		})
	}
}

// untilFile waits until a file has a text, and returns what is in it.
func untilFile(t *testing.T, path, want string) []byte {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(limit); ; <-tick.C {
		text, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(text), want) || time.Now().After(end) {
			return text
		}
	}
}

// start2 starts both nodes and waits for the address alone.
func start2(t *testing.T, p *pair.Pair) {
	t.Helper()
	for _, n := range []*pair.Node{p.Standby, p.Master} {
		must(t, n.Start())
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	_, err := p.History.WaitHolders(ctx, time.Second, pair.Master)
	must(t, err)
}
