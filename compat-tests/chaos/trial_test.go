package chaos_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
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
	// … where an original takes part, whose scripts run some hundred processes each.
	busyOriginal = 10 * time.Second
)

// group is the one group of a pair.
const group = "the address"

// trial is one pair and what is known of it.
type trial struct {
	*testing.T
	*pair.Pair
	rng     *rand.Rand
	judge   *judge.Judge
	mixed   bool  // an original takes part
	reached reach // what two originals need after what was done in this round
	before  reach // … and in the one before: a heal makes both restart later
	reboots map[string]int
	mark    pair.Mark // what was judged so far
	lost    pair.Mark // until where words that an original has lost were looked for
	facts   []fact    // not yet judged
	judged  time.Time // when the last round was

	stall, stallBefore time.Duration // of the machine, in this round and the one before
	slow, slowBefore   time.Duration // what an original's script takes longer than usual, likewise
	stalls             chan time.Duration
	delays             chan time.Duration

	parted, lossy, starting int // faults in force
	began                   bool
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
	tr.reboots = make(map[string]int)
	tr.mixed = slices.Contains(programs[:], pair.Original)
	tr.watchMachine()
	t.Cleanup(func() {
		p.Close()
		if t.Failed() {
			t.Logf("seed %d, history:\n%s", *seed, p.History)
			t.Logf("log of the master:\n%s", tail(p.Master.Logs()))
			t.Logf("log of the standby:\n%s", tail(p.Standby.Logs()))
			if tr.judge != nil { // once more at the end, which is what is kept of a long output
				t.Logf("verdicts:\n%s", strings.Join(tr.judge.Verdicts(), "\n"))
			}
		}
	})
	for _, n := range tr.nodes() {
		script := filepath.Join(n.Dir, "etc", "resource.d", "record")
		if err := os.WriteFile(script, []byte(recorder), 0o755); err != nil {
			t.Fatal(err)
		}
		if n.Program == pair.Original {
			tr.catchReboot(n)
		}
	}
	return tr
}

// An original's script runs about so many processes, which take a few milliseconds
// each where a machine is not busy.
const (
	scriptProcesses = 100
	usualProcess    = 20 * time.Millisecond
)

// watchMachine notes when the machine has stood still, or was too busy to run this
// program: what a node does then is what it does after SIGSTOP. And how long a process
// takes: where that is long, an original's scripts take many seconds.
func (t *trial) watchMachine() {
	const tick = 100 * time.Millisecond
	t.stalls, t.delays = make(chan time.Duration, 100), make(chan time.Duration, 100)
	end := make(chan struct{})
	var watches sync.WaitGroup
	watches.Go(func() {
		every(tick, end, func(late time.Duration) {
			if late > deadtime {
				offer(t.stalls, late)
			}
		})
	})
	watches.Go(func() {
		if !t.mixed {
			return
		}
		every(2*time.Second, end, func(time.Duration) {
			begun := time.Now()
			if err := exec.Command("/bin/true").Run(); err != nil {
				t.Errorf("/bin/true: %v", err)
			}
			if took := time.Since(begun); took > usualProcess {
				offer(t.delays, scriptProcesses*took)
			}
		})
	})
	t.Cleanup(func() {
		close(end)
		watches.Wait()
	})
}

// every calls again and again, with how late it was, until the end.
func every(tick time.Duration, end <-chan struct{}, call func(late time.Duration)) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for last := time.Now(); ; {
		select {
		case <-end:
			return
		case <-ticker.C:
		}
		now := time.Now()
		call(now.Sub(last) - tick)
		last = now
	}
}

// offer puts it into the channel unless that is full.
func offer(into chan<- time.Duration, d time.Duration) {
	select {
	case into <- d:
	default:
	}
}

// noticeStalls widens what this round is judged by, if the machine stood still in it.
func (t *trial) noticeStalls() {
	for {
		select {
		case late := <-t.stalls:
			t.Logf("the machine stood still for %v", late.Round(time.Millisecond))
			t.stall += late
		case delay := <-t.delays:
			if delay > t.slow {
				t.Logf("a script of an original takes %v now", delay.Round(time.Second))
				t.slow = delay
			}
		default:
			return
		}
	}
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
		b.Settle, b.Answer, b.Calm, b.Moves = busyOriginal+max(t.reached.both, t.before.both), busyOriginal+max(t.reached.nobody, t.before.nobody), 2*time.Minute, 6
		b.Mute = make(map[string]bool)
		for _, n := range t.nodes() {
			b.Mute[n.Name] = n.Program == pair.Original
		}
	}
	if stall := t.stall + t.stallBefore + max(t.slow, t.slowBefore); stall > 0 {
		b.Settle += stall + pause.both
		b.Answer += stall + pause.nobody
		b.Calm += stall + pause.nobody
		b.Moves += 4
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
	t.noticeReboots()
}

func (t *trial) upTo(d time.Duration) time.Duration { return time.Duration(t.rng.Int64N(int64(d))) }

// do is something that must succeed.
func (t *trial) do(what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// start starts a node and waits until it sees the cluster. One that the other does not
// hear gets no answer as long as that lasts, as an original, and sees it later.
func (t *trial) start(n *pair.Node) {
	t.Helper()
	t.starting++
	if t.mixed && t.began && !t.up[pair.Master] && !t.up[pair.Standby] {
		t.allow(dark)
	}
	t.conditions()
	m := t.History.Now()
	n.Note("start")
	t.do("start "+n.Name, n.Start())
	// With most of what is said lost this may take many tries.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	line := "Local status now set to: 'active'"
	if t.parted > 0 {
		line = "Local status now set to: 'up'"
	}
	_, err := t.History.Wait(ctx, m, func(e pair.Event) bool {
		// An original that was told to stop after a heal may have begun anew by itself.
		began := n.Program == pair.Original && strings.Contains(e.Text, "heartbeat: already running")
		return e.Kind == pair.Line && e.Node == n.Name && (began || strings.Contains(e.Text, line))
	})
	t.do("start "+n.Name, err)
	t.starting--
	t.up[n.Name] = true
	t.conditions()
}

func (t *trial) begin() {
	t.judged = time.Now()
	t.judge = judge.New(t.judged, t.bounds(), group)
	errs := make(chan error, 2)
	for _, n := range t.nodes() {
		go func() { errs <- n.Start() }()
	}
	t.do("start", <-errs)
	t.do("start", <-errs)
	t.rest("both start")
	t.up[pair.Master], t.up[pair.Standby], t.began = true, true, true
	t.conditions()
	for _, n := range t.nodes() {
		t.files[n.Name] = t.openFiles(n)
	}
}

// oneHolder waits until one node has held the address for the time of quiet.
func (t *trial) oneHolder(limit, quiet time.Duration) (time.Time, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return t.History.WaitOneHolder(ctx, quiet)
}

// rest waits until one node holds the address and nothing moves.
func (t *trial) rest(what string) {
	t.Helper()
	limit, quiet := 15*time.Second, 4*keepalive+time.Second
	if t.mixed {
		limit, quiet = 90*time.Second, 6*time.Second
	}
	// The last fault may have ended only now: what it leads to has not begun.
	t.wait(quiet)
	for begin := time.Now(); ; {
		_, err := t.oneHolder(limit/6, quiet)
		t.noticeReboots()
		t.noticeLostWord()
		t.noticeStalls()
		again := false
		for _, n := range t.nodes() {
			if t.began && !t.up[n.Name] {
				again = true
				t.start(n)
			}
		}
		switch {
		case err != nil && again:
			begin = time.Now()
		case err != nil && time.Since(begin) < limit+t.stall+t.slow:
		case err != nil && *old:
			t.Logf("TWO ORIGINALS: %s: %v", what, err)
			t.restartOriginals()
			begin = time.Now()
		case err != nil:
			t.Errorf("%s: %v", what, err)
			return
		case !again:
			return
		}
	}
}

// verdict puts what has happened before the judge. It gives for how long after the
// last that was done both nodes still had the address, and until when nobody had.
func (t *trial) verdict(what string) (both, nobody time.Duration) {
	t.Helper()
	events := t.History.Since(t.mark)
	both, nobody = t.figures(events)
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
		case pair.Neighbour, pair.Gap, pair.Line, pair.Fault:
		}
	}
	t.noticeStalls()
	if t.stall+t.slow > 0 {
		t.facts = append(t.facts, fact{t.judged, func(j *judge.Judge) { j.SetBounds(t.judged, t.bounds()) }})
	}
	slices.SortStableFunc(t.facts, func(a, b fact) int { return a.at.Compare(b.at) })
	before := len(t.judge.Verdicts())
	for _, f := range t.facts {
		f.tell(t.judge)
	}
	t.facts = nil
	t.judged = time.Now()
	t.judge.Rest(t.judged)
	for _, v := range t.judge.Verdicts()[before:] {
		if *old {
			t.Logf("TWO ORIGINALS: %s: %s", what, v)
			continue
		}
		t.Errorf("%s: %s", what, v)
	}
	if !t.heard() {
		t.Logf("%s: the original on %s has not announced the address", what, t.History.Holders())
	} else {
		if t.bounds().Mute[t.History.Holders()] {
			// Whoever asked while both had the address may have the other's answer, and
			// an original that keeps it does not announce it again.
			t.do("forget the neighbours", t.Client("/usr/sbin/ip", "neigh", "flush", "to", pair.VIP))
		}
		// Until there is an answer.
		t.do(what+": the client asks the address", t.Client("/usr/bin/ping", "-q", "-c", "1", "-i", "0.2", "-w", "10", pair.VIP))
	}
	for _, n := range t.nodes() {
		t.ordered(what, n)
	}
	return both, nobody
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
		// One that has just ended is none yet.
		out, _, err := n.Run("/bin/sh", "-c", `for i in $(seq 50); do
	count=$(grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l)
	[ $count = 0 ] && break
	sleep 0.1
done
echo $count`)
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
