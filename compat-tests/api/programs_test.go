package api_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"lvsha/compat-tests/pair"
)

// unsteady are lines of api_test that depend on how fast a daemon answers, and on
// the process; number is what counts them.
var (
	unsteady = regexp.MustCompile(`(?m)^.*(PID=|/api_test status|Client standby/ping|\[hbapi-resp\]).*\n?`)
	number   = regexp.MustCompile(`Got message \d+`)
)

// TestPrograms has the original's own programs live on the original and on ours:
// api_test, dopd with drbd-peer-outdater, ccm with its client.
func TestPrograms(t *testing.T) {
	t.Parallel()
	var seen [2]map[string]string
	for _, program := range []pair.Program{pair.Original, pair.Ours} {
		p := newPair(t, pair.Options{
			Programs: [2]pair.Program{program, program}, Second: true,
			Media: []string{"bcast eth0 eth1", "ping ROUTER"},
		})
		for _, n := range []*pair.Node{p.Master, p.Standby} {
			appendTo(t, filepath.Join(n.Dir, "etc/ha.cf"), "apiauth dopd gid=haclient uid=hacluster\n"+
				"respawn hacluster "+original("dopd")+"\nrespawn hacluster "+original("ccm")+"\n")
		}
		start(t, p)
		seen[program] = make(map[string]string)
		// late is whether api_test, which gives a daemon 100 ms to tell the status of a
		// client, stopped waiting, took the answer for that to its next question, and
		// ended over it.
		late := false
		ask := func(what string, argv ...string) {
			out, code := said(t, p.Master, argv...)
			late = code == 6 && strings.Contains(out, "/api_test status: [timeout]")
			out = strings.ReplaceAll(unsteady.ReplaceAllString(out, ""), stageDir, "")
			out = number.ReplaceAllString(out, "Got message")
			seen[program][what] = fmt.Sprintf("%s\nexit %d", out, code)
		}
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		must(t, p.Master.WaitLine(ctx, 0, "ccm: ["))
		// The program never ends by itself. On a busy machine an answer may be late.
		for late = true; late && ctx.Err() == nil; {
			ask("api_test", "/usr/bin/setpriv", "--regid", "haclient", "--clear-groups", "/usr/bin/timeout", "12", original("api_test"))
		}
		ask("api_test as root", original("api_test"))
		ctx, cancel = context.WithTimeout(context.Background(), limit)
		defer cancel()
		// Both tell what ccm says. The original misses it if ccm is slow to say it.
		membership := func(what string, argv ...string) {
			for ctx.Err() == nil {
				if ask(what, argv...); strings.Contains(seen[program][what], "member of partition") {
					return
				}
			}
		}
		for _, tool := range []string{"/usr/bin/cl_status", filepath.Join(stageDir, "usr/bin/cl_status")} {
			membership("membership by "+tool, tool, "hbstatus", "-m", "-v")
			for _, user := range []string{"hacluster", "nobody"} {
				membership("membership by "+tool+" as "+user, "/usr/bin/setpriv", "--reuid", user, "--regid", "nogroup", "--clear-groups", tool, "hbstatus", "-v")
			}
		}
		for _, n := range []string{pair.Master, pair.Standby} {
			for _, c := range []string{"dopd", "ccm", "nobody"} {
				ask(c+" on "+n, "/usr/bin/cl_status", "clientstatus", n, c, "3000")
			}
		}
		ask("drbd-peer-outdater of itself", original("drbd-peer-outdater"), "-p", pair.Master, "-r", "r0", "-t", "3")
		out, code := said(t, p.Master, "/usr/bin/timeout", "5", original("ccm_testclient"))
		if !strings.Contains(out, "nodes=2") || !strings.Contains(out, "MY NODE IS A MEMBER OF THE MEMBERSHIP LIST") {
			t.Errorf("%s: ccm tells its client, exit %d:\n%s", program, code, out)
		}
	}
	for what, want := range seen[pair.Original] {
		if tool, user, ok := strings.Cut(what, stageDir+"/usr/bin/"); ok && want != seen[pair.Original][tool+"/usr/bin/"+user] {
			t.Errorf("%s\n--- ours:\n%s\n--- original:\n%s", what, want, seen[pair.Original][tool+"/usr/bin/"+user])
		}
		if got := seen[pair.Ours][what]; got != want {
			t.Errorf("%s\n--- original:\n%s\n--- ours:\n%s", what, want, got)
		}
	}
}

// TestScripts moves the resources by the original's hb_standby and hb_takeover,
// which write into our FIFO.
func TestScripts(t *testing.T) {
	t.Parallel()
	p := newPair(t, pair.Options{Programs: [2]pair.Program{pair.Ours, pair.Ours}, Failback: [2]string{"off", "off"}})
	for _, n := range []*pair.Node{p.Master, p.Standby} {
		functions, err := os.ReadFile("/etc/ha.d/shellfuncs")
		must(t, err)
		must(t, os.WriteFile(filepath.Join(n.Dir, "etc/shellfuncs"), functions, 0o755))
	}
	start(t, p)
	for _, s := range []struct {
		script string
		on     *pair.Node
		arg    string
		holder string
	}{
		{"hb_standby", p.Master, "", pair.Standby},
		{"hb_takeover", p.Master, "", pair.Master},
		{"hb_standby", p.Master, "local", pair.Standby},
		{"hb_standby", p.Standby, "foreign", pair.Master},
	} {
		argv := []string{original(s.script)}
		if s.arg != "" {
			argv = append(argv, s.arg)
		}
		out, code, err := s.on.Run(argv...)
		must(t, err)
		if code != 0 {
			t.Fatalf("%v on %s: exit %d: %s", argv, s.on.Name, code, out)
		}
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		_, err = p.History.WaitHolders(ctx, 2*time.Second, s.holder)
		cancel()
		if err != nil {
			t.Fatalf("%v on %s: %v", argv, s.on.Name, err)
		}
	}
}
