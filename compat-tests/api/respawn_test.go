package api_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lvsha/compat-tests/pair"
)

// clients are programs that ha.cf starts. They write into a directory of their
// own.
var clients = map[string]string{
	"c_long": "trap 'echo term $1 >>/etc/ha.d/out/order; exit 0' TERM\necho up $1 >>/etc/ha.d/out/order\nwhile :; do sleep 0.1; done\n",
	"c_100":  "echo once >>/etc/ha.d/out/hundred\nexit 100\n",
	"c_fast": "echo again >>/etc/ha.d/out/fast\nexit 3\n",
	"c_env":  "(id; echo $#: \"$@\"; env | grep -E '^HA_(keepalive|logfile|CURHOST|FIFO|deadtime|FUNCS|DIR)=' | sort) >/etc/ha.d/out/env\nexec sleep 1000\n",
}

// aboutClients are the log lines that tell of them.
var aboutClients = regexp.MustCompile(`heartbeat: \[\d+\]: (.*(?:child client|Managed|espawning|killing /etc|is not running).*)`)

var aPID = regexp.MustCompile(`(process|group|pid) \d+`)

// TestRespawn lets clients of every kind live under the original and under ours,
// to the stop: who is started, as whom, how often, and stopped in which order.
func TestRespawn(t *testing.T) {
	t.Parallel()
	var seen [2]map[string]string
	for _, program := range []pair.Program{pair.Original, pair.Ours} {
		p := newPair(t, pair.Options{
			Programs: [2]pair.Program{program, program},
			Extra: []string{
				"respawn hacluster /etc/ha.d/c_long one",
				"respawn root /etc/ha.d/c_long two",
				"respawn hacluster /etc/ha.d/c_100",
				"respawn hacluster /etc/ha.d/c_fast",
				"respawn hacluster /etc/ha.d/c_env a 'b c' $HA_CURHOST",
			},
		})
		for _, n := range []*pair.Node{p.Master, p.Standby} {
			etc := filepath.Join(n.Dir, "etc")
			must(t, os.Mkdir(filepath.Join(etc, "out"), 0o777))
			must(t, os.Chmod(filepath.Join(etc, "out"), 0o777))
			order := filepath.Join(etc, "out", "order")
			must(t, os.WriteFile(order, nil, 0o666))
			must(t, os.Chmod(order, 0o666))
			for name, text := range clients {
				must(t, os.WriteFile(filepath.Join(etc, name), []byte("#!/bin/sh\n"+text), 0o755))
			}
		}
		start(t, p)
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		must(t, p.Master.WaitLine(ctx, 0, "respawning too fast"))
		must(t, p.Master.Stop())

		seen[program] = make(map[string]string)
		for _, f := range []string{"order", "hundred", "fast", "env"} {
			text, err := os.ReadFile(filepath.Join(p.Master.Dir, "etc", "out", f))
			must(t, err)
			lines := strings.Split(string(text), "\n")
			if f == "order" {
				slices.Sort(lines[:2]) // they start side by side
			}
			seen[program][f] = strings.Join(lines, "\n")
		}
		var lines []string
		for _, m := range aboutClients.FindAllStringSubmatch(p.Master.Logs(), -1) {
			// The starts and the first ends come in any order.
			if !strings.Contains(m[1], "Starting child") && !strings.Contains(m[1], "return code 100") {
				lines = append(lines, aPID.ReplaceAllString(m[1], "$1 N"))
			}
		}
		seen[program]["log"] = strings.Join(lines, "\n")
	}
	for what, want := range seen[pair.Original] {
		if got := seen[pair.Ours][what]; got != want {
			t.Errorf("%s\n--- original:\n%s\n--- ours:\n%s", what, want, got)
		}
	}
}

// TestFailfast: a client that must not fail fails. Ours gives up what it holds
// and then restarts the machine, which here ends the processes of the node.
func TestFailfast(t *testing.T) {
	t.Parallel()
	p := newPair(t, pair.Options{
		Programs: [2]pair.Program{pair.Ours, pair.Ours},
		Extra:    []string{"failfast root /etc/ha.d/c_fail"},
	})
	for _, n := range []*pair.Node{p.Master, p.Standby} {
		text := "#!/bin/sh\nwhile [ ! -e /etc/ha.d/fail ]; do sleep 0.1; done\nexit 1\n"
		must(t, os.WriteFile(filepath.Join(n.Dir, "etc", "c_fail"), []byte(text), 0o755))
	}
	start(t, p)
	mark := p.History.Now()
	must(t, os.WriteFile(filepath.Join(p.Master.Dir, "etc", "fail"), nil, 0o644))
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	must(t, p.Master.WaitLine(ctx, mark, "CRIT: Rebooting system.  Reason: /etc/ha.d/c_fail"))
	_, err := p.History.WaitHolders(ctx, 0, pair.Standby)
	must(t, err)
	for _, o := range pair.Overlaps(p.History.Since(0)) {
		t.Errorf("both nodes had the address %s", o)
	}
	// The node's process 1 is gone when the machine "restarts".
	for {
		if _, _, err := p.Master.Run("/bin/true"); err != nil {
			break
		}
		if ctx.Err() != nil {
			t.Fatal("the machine was not restarted")
		}
	}
}
