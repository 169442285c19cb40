package node_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"lvsha/pkg/ha/api"
	"lvsha/pkg/ha/config"
	"lvsha/pkg/ha/link/linktest"
	"lvsha/pkg/ha/node"
	"lvsha/pkg/ha/resource"
	"lvsha/pkg/system/logging"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// limit bounds a failure; it measures nothing.
const limit = 30 * time.Second

// journal keeps what a node logs and wakes those who wait for a line.
type journal struct {
	mu    sync.Mutex
	lines []string
	more  chan struct{}
	trap  string // the line that crashes who logs it, once
}

func newJournal() *journal { return &journal{more: make(chan struct{})} }

func (j *journal) Log(level logging.Level, text string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.trap != "" && strings.Contains(text, j.trap) {
		j.trap = ""
		panic("trap")
	}
	j.lines = append(j.lines, level.String()+": "+text)
	close(j.more)
	j.more = make(chan struct{})
}

// count counts the lines that contain a text.
func (j *journal) count(text string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := 0
	for _, line := range j.lines {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

// script manages one thing, which is up while its file is there.
const script = `#!/bin/sh
case $2 in
start) : >"$HELD/$1" ;;
stop) rm -f "$HELD/$1" ;;
status) if [ -e "$HELD/$1" ]; then echo running; else echo stopped; fi ;;
esac
`

// testNode is a node on one end of the cable.
type testNode struct {
	*journal
	t    *testing.T
	host *linktest.Host
	name string
	dir  string // etc, lib, held and the script

	queries      *node.Queries
	stop, reload chan struct{}
	ended        chan error
	kept         *node.Reconfigured // what the next start goes on with
}

// newNode writes the files of a node; the other end of the cable has the other.
func newNode(t *testing.T, host *linktest.Host, name, peer string) *testNode {
	t.Helper()
	n := &testNode{journal: newJournal(), t: t, host: host, name: name, dir: t.TempDir(), queries: node.NewQueries()}
	for _, d := range []string{"etc", "lib", "held", "resource.d"} {
		n.must(os.Mkdir(filepath.Join(n.dir, d), 0o755))
	}
	n.must(os.WriteFile(filepath.Join(n.dir, "resource.d", "thing"), []byte(script), 0o755))
	n.write("ha.cf", `keepalive 100ms
warntime 1500ms
deadtime 2
initdead 4
udpport 6941
auto_failback on
node alpha
node beta
ucast eth0 `+peer+"\n")
	n.write("authkeys", "auth 1\n1 sha1 secret\n")
	n.write("haresources", "alpha thing::one\n")
	return n
}

// newPair makes two nodes on a cable. Nothing runs yet.
func newPair(t *testing.T) (alpha, beta *testNode) {
	t.Helper()
	a, b := linktest.Cable(t)
	alpha, beta = newNode(t, a, "alpha", b.Addr), newNode(t, b, "beta", a.Addr)
	t.Cleanup(func() {
		for _, n := range []*testNode{alpha, beta} {
			if t.Failed() {
				n.mu.Lock()
				t.Logf("log of %s:\n%s", n.name, strings.Join(n.lines, "\n"))
				n.mu.Unlock()
			}
		}
	})
	return alpha, beta
}

func (n *testNode) must(err error) {
	n.t.Helper()
	if err != nil {
		n.t.Fatal(err)
	}
}

func (n *testNode) write(name, text string) {
	n.t.Helper()
	n.must(os.WriteFile(filepath.Join(n.dir, "etc", name), []byte(text), 0o600))
}

func (n *testNode) reread() (*config.Config, *config.Report) {
	return config.Load(filepath.Join(n.dir, "etc"), config.Host{NodeName: func() (string, error) { return n.name, nil }})
}

// load reads the files as the daemon does at its start.
func (n *testNode) load() *config.Config {
	n.t.Helper()
	cfg, report := n.reread()
	if !report.OK() {
		n.t.Fatalf("configuration: %v", report.Lines())
	}
	return cfg
}

// start starts the node and waits until it hears and speaks. before runs on the
// node's thread first.
func (n *testNode) start(before ...func() error) {
	n.t.Helper()
	cfg := n.load()
	n.stop, n.reload, n.ended = make(chan struct{}, 1), make(chan struct{}), make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	ready := make(chan struct{})
	gone := n.host.Go(func() {
		for _, f := range before {
			if err := f(); err != nil {
				n.ended <- err
				return
			}
		}
		n.ended <- node.Run(ctx, node.Options{
			Config: cfg, Host: n.name, StateDir: filepath.Join(n.dir, "lib"), Log: n, Version: "test",
			Runner: &resource.Runner{
				Dirs: []string{filepath.Join(n.dir, "resource.d")},
				Env:  []string{"PATH=/usr/bin:/bin", "HELD=" + filepath.Join(n.dir, "held")},
				Log:  n, StandbyChecks: true,
			},
			RunDir: filepath.Join(n.dir, "lib"), Permissions: everybody(),
			Reboot: func() { n.t.Error("reboot") },
			Ready:  func() { close(ready) },
			Load:   n.reread,
			Kept:   n.kept, Queries: n.queries,
		}, node.Commands{Stop: n.stop, Reload: n.reload})
	})
	n.t.Cleanup(func() {
		cancel()
		<-gone
	})
	select {
	case <-ready:
	case err := <-n.ended:
		n.t.Fatalf("%s does not begin: %v", n.name, err)
	}
}

// everybody lets this process be a client under any name.
func everybody() api.Permissions {
	me := api.Permission{UIDs: []uint32{uint32(os.Geteuid())}}
	return api.Permissions{"anon": me, "default": me}
}

// end stops the node in good order.
func (n *testNode) end() {
	n.t.Helper()
	n.stop <- struct{}{} // as a signal, it is heard once
	select {
	case err := <-n.ended:
		n.must(err)
	case <-time.After(limit):
		n.t.Fatalf("%s does not end", n.name)
	}
}

// says waits until the log has had a text this many times.
func (n *testNode) says(text string, times int) {
	n.t.Helper()
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	for {
		n.mu.Lock()
		more := n.more
		n.mu.Unlock()
		if n.count(text) >= times {
			return
		}
		select {
		case <-more:
		case <-deadline.C:
			n.t.Fatalf("%s has logged %q %d times, want %d", n.name, text, n.count(text), times)
		}
	}
}

// holds checks who has the thing.
func holds(t *testing.T, when string, holder *testNode, nodes ...*testNode) {
	t.Helper()
	for _, n := range nodes {
		_, err := os.Stat(filepath.Join(n.dir, "held", "one"))
		if (err == nil) != (n == holder) {
			t.Fatalf("%s: on %s: %v", when, n.name, err == nil)
		}
	}
}

// startBoth starts both nodes; alpha takes its group.
func startBoth(alpha, beta *testNode) {
	alpha.t.Helper()
	alpha.start()
	beta.start()
	alpha.says("Local Resource acquisition completed.", 1)
	alpha.says("remote resource transition completed.", 1)
	beta.says("remote resource transition completed.", 1)
	holds(alpha.t, "both started", alpha, alpha, beta)
}

// standby asks a node to give everything to the other, as hb_standby does, and
// waits until both have come to terms.
func standby(from, to *testNode) {
	from.t.Helper()
	given, seen := from.count(completed), to.count(transition)
	writeFIFO(from, standbyRequest(from.t))
	from.says(completed, given+1)
	to.says(transition, seen+1)
}

// The lines that end an exchange, of the giver and of the taker.
const (
	completed  = "Other node completed standby takeover of all resources."
	transition = "remote resource transition completed."
)

// readOnly makes a directory read-only for the thread that calls the function.
func readOnly(dir string) func() error {
	return func() error {
		for _, do := range []func() error{
			func() error { return unix.Unshare(unix.CLONE_NEWNS) },
			func() error { return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") },
			func() error { return unix.Mount(dir, dir, "", unix.MS_BIND, "") },
			func() error { return unix.Mount("", dir, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, "") },
		} {
			if err := do(); err != nil {
				return err
			}
		}
		return nil
	}
}

// fails runs a node that cannot begin and returns why.
func (n *testNode) fails() error {
	n.t.Helper()
	cfg := n.load()
	var err error
	<-n.host.Go(func() {
		err = node.Run(context.Background(), node.Options{
			Config: cfg, Host: n.name, StateDir: filepath.Join(n.dir, "lib"), Log: n, Version: "test", Runner: &resource.Runner{Log: n},
		}, node.Commands{})
	})
	return err
}
