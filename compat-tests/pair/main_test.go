package pair_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"lvsha/compat-tests/pair"
)

// oracle also runs the scenarios with the original on both nodes.
var oracle = flag.Bool("oracle", false, "run the original beside the original, too")

func TestMain(m *testing.M) {
	pair.Agent()
	flag.Parse()
	// The scenarios wait for timers; they may do so side by side.
	if err := flag.Set("test.parallel", "5"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if stageDir != "" {
			_ = os.RemoveAll(stageDir)
		}
		os.Exit(code)
	}))
}

// stageDir is where stage has laid out ours, "" if it has not.
var stageDir string

// stage is ours as installed, made once.
var stage = sync.OnceValues(func() (string, error) {
	var err error
	if stageDir, err = os.MkdirTemp("", "pair-stage-"); err != nil {
		return "", err
	}
	return stageDir, pair.Stage(filepath.Join("..", ".."), stageDir)
})

// end is what a reader needs of a long text: its last 300 lines.
func end(text string) string {
	const most = 300
	lines := slices.Collect(strings.Lines(text))
	if n := len(lines) - most; n > 0 {
		return fmt.Sprintf("(%d lines before)\n%s", n, strings.Join(lines[n:], ""))
	}
	return text
}

// newPair makes a pair for the test. If it cannot be made on this machine, the
// test fails in continuous integration and is skipped elsewhere.
func newPair(t *testing.T, o pair.Options) *pair.Pair {
	t.Helper()
	if err := pair.Missing(o.Programs[:]...); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	if o.OurAgents || slices.Contains(o.Programs[:], pair.Ours) {
		var err error
		if o.Stage, err = stage(); err != nil {
			t.Fatal(err)
		}
	}
	o.Dir = t.TempDir()
	p, err := pair.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Close()
		if t.Failed() {
			t.Logf("history:\n%s", end(p.History.String()))
			t.Logf("log of the master:\n%s", end(p.Master.Logs()))
			t.Logf("log of the standby:\n%s", end(p.Standby.Logs()))
		}
	})
	return p
}

// player plays steps; each has a time limit and ends the test if it fails.
type player struct {
	*testing.T
	*pair.Pair
	mark  pair.Mark // the beginning of the present step
	began time.Time
}

// step begins a step.
func (p *player) step() { p.mark, p.began = p.History.Now(), time.Now() }

func (p *player) do(what string, err error) {
	p.Helper()
	if err != nil {
		p.Fatalf("%s: %v", what, err)
	}
}

// holder waits until the address is on these nodes only, and quiet.
func (p *player) holder(what string, within, quiet time.Duration, nodes ...string) {
	p.Helper()
	if err := p.WaitHolders(p.mark, within, quiet, nodes...); err != nil {
		p.Fatalf("%s: %v", what, err)
	}
	p.report(what)
}

// line waits for a log line of a node in this step.
func (p *player) line(n *pair.Node, within time.Duration, text string) {
	p.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	p.do(text, n.WaitLine(ctx, p.mark, text))
}

// report logs what happened in this step. No figure is asserted.
func (p *player) report(what string) {
	var longest time.Duration
	var moves []string
	events := p.History.Since(p.mark)
	for _, e := range events {
		switch e.Kind {
		case pair.Gap:
			longest = max(longest, e.Length)
		case pair.Up, pair.Down:
			moves = append(moves, fmt.Sprintf("%s %s +%.3f s", e.Node, e.Kind, e.At.Sub(p.began).Seconds()))
		case pair.ARP, pair.Neighbour, pair.Line, pair.Fault:
		}
	}
	p.Logf("%s: %v; client without an answer %v", what, moves, longest.Round(time.Millisecond))
}

// announced checks the announcement of a node that runs ours. The original does
// not announce an address that it finds already up.
func (p *player) announced(n *pair.Node) {
	p.Helper()
	if n.Program == pair.Ours {
		p.burst(n)
	}
}

// burst checks that the last ARP on the wire names the node and that it has sent
// a burst, not a single frame.
func (p *player) burst(n *pair.Node) {
	p.Helper()
	last, frames := "", 0
	for _, e := range p.History.Since(p.mark) {
		if e.Kind != pair.ARP {
			continue
		}
		if last = e.Text; last == n.MAC() {
			frames++
		}
	}
	if last != n.MAC() || frames < 6 {
		p.Errorf("the last announcement is from %q, %d are from %s, which is %s", last, frames, n.Name, n.MAC())
	}
}
