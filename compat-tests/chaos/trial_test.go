package chaos_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lvsha/compat-tests/pair"
	"lvsha/pkg/ha/judge"
)

// The times of the pairs, and what a busy machine adds to every bound.
const (
	keepalive = 200 * time.Millisecond
	deadtime  = time.Second
	initdead  = 3 * time.Second
	busy      = 2500 * time.Millisecond
	// beside is what a heal beside an original may take: it restarts, and waits
	// ten seconds for the other one's word.
	beside = 60 * time.Second
)

// group is the one group of a pair.
const group = "the address"

// trial is one pair and what is known of it.
type trial struct {
	*testing.T
	*pair.Pair
	rng   *rand.Rand
	judge *judge.Judge
	mixed bool
	mark  pair.Mark // what was judged so far
	facts []fact    // not yet judged

	parted, lossy, starting int             // faults in force
	up                      map[string]bool // the daemon runs, and is awake
	files                   map[string]int  // open files of the daemons at the beginning
}

// fact is something for the judge.
type fact struct {
	at   time.Time
	tell func(*judge.Judge)
}

func newTrial(t *testing.T, programs [2]pair.Program, failback [2]string, stage string, rng *rand.Rand) *trial {
	t.Helper()
	p, err := pair.New(pair.Options{
		Programs: programs, Failback: failback, Keepalive: keepalive, Deadtime: deadtime, Initdead: initdead,
		Second: true, Media: []string{"ucast eth0 PEER", "ucast eth1 PEER2"},
		Resources: []string{"record::first", "IPaddr2::" + pair.VIP + "/32/eth0", "record::last"},
		Stage:     stage, Dir: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	tr := &trial{T: t, Pair: p, rng: rng, up: make(map[string]bool), files: make(map[string]int)}
	tr.mixed = slices.Contains(programs[:], pair.Original)
	t.Cleanup(func() {
		p.Close()
		if t.Failed() {
			t.Logf("seed %d, history:\n%s", *seed, p.History)
			t.Logf("log of the master:\n%s", tail(p.Master.Logs()))
			t.Logf("log of the standby:\n%s", tail(p.Standby.Logs()))
		}
	})
	for _, n := range tr.nodes() {
		script := filepath.Join(n.Dir, "etc", "resource.d", "record")
		if err := os.WriteFile(script, []byte(recorder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return tr
}

func tail(text string) string {
	lines := strings.Split(text, "\n")
	return strings.Join(lines[max(0, len(lines)-150):], "\n")
}

func (t *trial) nodes() [2]*pair.Node { return [2]*pair.Node{t.Master, t.Standby} }

// bounds of this trial.
func (t *trial) bounds() judge.Bounds {
	b := judge.Bounds{
		Settle: deadtime + keepalive + busy, Answer: deadtime + keepalive + busy, Calm: 15 * time.Second, Moves: 3,
	}
	if t.mixed {
		b.Settle, b.Answer, b.Calm, b.Moves = beside, beside, 2*beside, 6
		b.Mute = make(map[string]bool)
		for _, n := range t.nodes() {
			b.Mute[n.Name] = n.Program == pair.Original
		}
	}
	return b
}

// conditions notes for the judge what is in force now.
func (t *trial) conditions() {
	whole := t.parted == 0 && t.lossy == 0 && t.up[pair.Master] && t.up[pair.Standby]
	c := judge.Conditions{
		Whole: whole, Steady: t.lossy == 0,
		Healthy: (t.up[pair.Master] || t.up[pair.Standby]) && t.starting == 0,
	}
	at := time.Now()
	t.facts = append(t.facts, fact{at, func(j *judge.Judge) { j.Conditions(at, c) }})
}

// order notes that a node was told to do something, which excuses no overlap.
func (t *trial) order(healthy bool) {
	at := time.Now()
	t.facts = append(t.facts, fact{at, func(j *judge.Judge) { j.Order(at, healthy) }})
}

// wait lets the pair live.
func (t *trial) wait(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	<-timer.C
}

func (t *trial) upTo(d time.Duration) time.Duration { return time.Duration(t.rng.Int64N(int64(d))) }

// do is something that must succeed.
func (t *trial) do(what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// start starts a node and waits until it sees the cluster.
func (t *trial) start(n *pair.Node) {
	t.Helper()
	t.starting++
	t.conditions()
	m := t.History.Now()
	n.Note("start")
	t.do("start "+n.Name, n.Start())
	// With most of what is said lost this may take many tries.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	t.do("start "+n.Name, n.WaitLine(ctx, m, "Local status now set to: 'active'"))
	t.starting--
	t.up[n.Name] = true
	t.conditions()
}

func (t *trial) begin() {
	t.judge = judge.New(time.Now(), t.bounds(), group)
	errs := make(chan error, 2)
	for _, n := range t.nodes() {
		go func() { errs <- n.Start() }()
	}
	t.do("start", <-errs)
	t.do("start", <-errs)
	t.rest("both start")
	t.up[pair.Master], t.up[pair.Standby] = true, true
	t.conditions()
	for _, n := range t.nodes() {
		t.files[n.Name] = t.openFiles(n)
	}
}

// rest waits until one node holds the address and nothing moves.
func (t *trial) rest(what string) {
	t.Helper()
	limit, quiet := 15*time.Second, 4*keepalive+time.Second
	if t.mixed {
		limit, quiet = 90*time.Second, 6*time.Second
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if _, err := t.History.WaitOneHolder(ctx, quiet); err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

// verdict puts what has happened before the judge.
func (t *trial) verdict(what string) {
	t.Helper()
	events := t.History.Since(t.mark)
	t.mark += pair.Mark(len(events))
	macs := map[string]string{t.Master.MAC(): pair.Master, t.Standby.MAC(): pair.Standby}
	for _, e := range events {
		switch e.Kind {
		case pair.Up:
			t.facts = append(t.facts, fact{e.At, func(j *judge.Judge) { j.Up(e.At, e.Node, group) }})
		case pair.Down:
			t.facts = append(t.facts, fact{e.At, func(j *judge.Judge) { j.Down(e.At, e.Node, group) }})
		case pair.ARP:
			t.facts = append(t.facts, fact{e.At, func(j *judge.Judge) { j.Announce(e.At, macs[e.Text], group) }})
		case pair.Gap, pair.Line, pair.Fault:
		}
	}
	slices.SortStableFunc(t.facts, func(a, b fact) int { return a.at.Compare(b.at) })
	before := len(t.judge.Verdicts())
	for _, f := range t.facts {
		f.tell(t.judge)
	}
	t.facts = nil
	t.judge.Rest(time.Now())
	for _, v := range t.judge.Verdicts()[before:] {
		t.Errorf("%s: %s", what, v)
	}
	t.do(what+": the client asks the address", t.Client("/usr/bin/ping", "-q", "-c", "4", "-i", "0.2", "-W", "2", pair.VIP))
	for _, n := range t.nodes() {
		if n.Program == pair.Ours {
			t.ordered(what, n)
		}
	}
}

// end looks at what the daemons have kept, and stops them.
func (t *trial) end() {
	if t.Failed() {
		return
	}
	for _, n := range t.nodes() {
		if n.Program != pair.Ours {
			continue
		}
		if now := t.openFiles(n); now > t.files[n.Name]+4 {
			t.Errorf("%s has %d files open, at the beginning %d", n.Name, now, t.files[n.Name])
		}
		out, _, err := n.Run("/bin/sh", "-c", `grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l`)
		t.do("zombies", err)
		if strings.TrimSpace(out) != "0" {
			t.Errorf("%s has %s zombies", n.Name, strings.TrimSpace(out))
		}
	}
	for _, n := range t.nodes() {
		t.do("stop", n.Stop())
	}
}

func (t *trial) openFiles(n *pair.Node) int {
	out, _, err := n.Run("/bin/sh", "-c", "ls /proc/$(tr -d ' ' <"+pidFile+")/fd | wc -l")
	t.do("open files", err)
	count := 0
	if _, err := fmt.Sscan(out, &count); err != nil || count == 0 {
		t.Fatalf("open files of %s: %q", n.Name, out)
	}
	return count
}
