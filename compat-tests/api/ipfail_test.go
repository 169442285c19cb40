package api_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lvsha/compat-tests/pair"
)

// TestIPFail cuts the active node's cable to the ping node; the nodes hear each
// other on another one. The address moves to the node that sees the ping node.
// When the cable is back the address returns once with auto_failback on and
// stays with auto_failback off.
func TestIPFail(t *testing.T) {
	t.Parallel()
	old, ours := pair.Original, pair.Ours
	for _, c := range []struct {
		name         string
		daemons      [2]pair.Program
		ipfails      [2]pair.Program
		failback     string
		returnsAfter string
	}{
		{"all original", [2]pair.Program{old, old}, [2]pair.Program{old, old}, "off", pair.Standby},
		{"original ipfail on ours", [2]pair.Program{ours, ours}, [2]pair.Program{old, old}, "off", pair.Standby},
		{"original ipfail on ours, failback", [2]pair.Program{ours, ours}, [2]pair.Program{old, old}, "on", pair.Master},
		{"ours", [2]pair.Program{ours, ours}, [2]pair.Program{ours, ours}, "off", pair.Standby},
		{"ours, failback", [2]pair.Program{ours, ours}, [2]pair.Program{ours, ours}, "on", pair.Master},
		{"ours beside original", [2]pair.Program{ours, old}, [2]pair.Program{ours, old}, "off", pair.Standby},
		{"original beside ours", [2]pair.Program{old, ours}, [2]pair.Program{old, ours}, "off", pair.Standby},
		{"original beside ours, failback", [2]pair.Program{old, ours}, [2]pair.Program{old, ours}, "on", pair.Master},
		{"our ipfail on original", [2]pair.Program{old, old}, [2]pair.Program{ours, ours}, "off", pair.Standby},
		{"the two ipfails on ours", [2]pair.Program{ours, ours}, [2]pair.Program{ours, old}, "off", pair.Standby},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t, pair.Options{
				Programs: c.daemons, Failback: [2]string{c.failback, c.failback}, Second: true,
				Media: []string{"bcast eth0 eth1", "ping ROUTER"},
			})
			paths := map[pair.Program]string{old: original("ipfail"), ours: filepath.Join(stageDir, "usr/libexec/heartbeat/ipfail")}
			for i, n := range []*pair.Node{p.Master, p.Standby} {
				appendTo(t, filepath.Join(n.Dir, "etc/ha.cf"), "respawn hacluster "+paths[c.ipfails[i]]+"\n")
			}
			start(t, p)
			ctx, cancel := context.WithTimeout(context.Background(), 4*limit)
			defer cancel()
			for _, n := range []*pair.Node{p.Master, p.Standby} {
				must(t, waitOnline(ctx, n))
			}
			// What the two ipfails settle when they meet.
			_, err := p.History.WaitHolders(ctx, 4*time.Second, pair.Master)
			must(t, err)

			mark := p.History.Now()
			err = moves(ctx, p)
			// What ipfail orders is lost now and then on a busy machine: an original daemon
			// never hears of it.
			for again := 0; err != nil && again < 2 && c.daemons[0] == old; again++ {
				must(t, heals(ctx, p, pair.Master))
				mark = p.History.Now()
				err = moves(ctx, p)
			}
			must(t, err)
			if n := moved(p.History.Since(mark)); n != 2 {
				t.Errorf("the address came and went %d times when the cable was cut, not twice:\n%s", n, p.History)
			}

			mark = p.History.Now()
			err = heals(ctx, p, c.returnsAfter)
			// Whatever one ipfail says last calls off what the other is about to give
			// up, also between two originals: with bad luck both stay as they are.
			for again := 0; err != nil && again < 2; again++ {
				cut := p.History.Now()
				must(t, p.Master.CutLink())
				must(t, p.Master.WaitLine(ctx, cut, "Link "+pair.Router+":"+pair.Router+" dead."))
				err = heals(ctx, p, c.returnsAfter)
			}
			must(t, err)
			want := 0
			if c.returnsAfter == pair.Master {
				want = 2
			}
			if n := moved(p.History.Since(mark)); n != want {
				t.Errorf("the address came and went %d times when the cable was back, not %d times:\n%s", n, want, p.History)
			}
			for _, n := range []*pair.Node{p.Master, p.Standby} {
				if n.Program == old && !p.HasLostWord(n) && strings.Contains(strings.ReplaceAll(n.Logs(), "ERROR: Cannot lock ourselves", ""), "ERROR: ") {
					t.Errorf("the original on %s complains", n.Name)
				}
			}
		})
	}
}

// moves cuts the master's cable and waits until the standby has the address.
func moves(ctx context.Context, p *pair.Pair) error {
	if err := p.Master.CutLink(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, limit/2)
	defer cancel()
	_, err := p.History.WaitHolders(ctx, 4*time.Second, pair.Standby)
	return err
}

// heals gives the master its cable back and waits until the address is where it
// belongs.
func heals(ctx context.Context, p *pair.Pair, holder string) error {
	mark := p.History.Now()
	if err := p.Master.HealLink(); err != nil {
		return err
	}
	if err := p.Master.WaitLine(ctx, mark, "Link "+pair.Router+":"+pair.Router+" up."); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, limit/2)
	defer cancel()
	_, err := p.History.WaitHolders(ctx, 8*time.Second, holder)
	return err
}

// waitOnline waits until the node's ipfail has signed on.
func waitOnline(ctx context.Context, n *pair.Node) error {
	for {
		_, code, err := n.Run("/usr/bin/cl_status", "clientstatus", n.Name, "ipfail")
		if err != nil || code == 0 {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// moved counts how often an address came onto a node or went from one.
func moved(events []pair.Event) int {
	n := 0
	for _, e := range events {
		if e.Kind == pair.Up || e.Kind == pair.Down {
			n++
		}
	}
	return n
}

func appendTo(t *testing.T, name, text string) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	must(t, err)
	_, err = f.WriteString(text)
	must(t, err)
	must(t, f.Close())
}
