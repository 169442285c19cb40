package takeover_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"lvsha/pkg/ha/message"
	"lvsha/pkg/ha/takeover"
)

// TestBugKeptLifeMeetsAnOriginalThatTookOver: a node restarts in place while it is
// cut off; the original has taken everything and hears a new life, which is no
// partition to it. One of the two must let go.
func TestBugKeptLifeMeetsAnOriginalThatTookOver(t *testing.T) {
	for _, c := range []struct {
		name, theirs string
		holding      takeover.Hold
		within       time.Duration // sooner than by a dispute over what both hold
		gone         bool
	}{
		{"the original holds all", "all", takeover.Local, 4 * time.Second, true},
		{"both hold all, and this one wants to give back first", "all", takeover.All, 13 * time.Second, true},
		{"each holds its own", "local", takeover.Local, 20 * time.Second, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(failbackOn)
			b.m = takeover.New(takeover.Config{Self: "a", Others: []string{"b"}, PID: 7, Kept: true, Holding: c.holding, AutoFailback: true})
			startingState(b)
			from("resource", "rsc_hold="+c.theirs, "rtype=full", "isstable=1")(b)
			pass(c.within)(b)
			gone := slices.Contains(b.said, "run release all")
			if gone != c.gone {
				t.Errorf("lets go %v, want %v: %q", gone, c.gone, b.said)
			}
		})
	}
}

// TestBugNobodyAfterAQuickRestart: the original had given its group to a life of this
// node that was killed, or was to get it back; both are stable then and neither claims
// it. The original is brought to take it.
func TestBugNobodyAfterAQuickRestart(t *testing.T) {
	const (
		offer = "send ask_resources rsc_hold=foreign info=me"
		end   = "send ask_resources rsc_hold=foreign info=done"
		take  = "run inherit noneb"
	)
	none := from("resource", "rsc_hold=none", "rtype=full", "isstable=1")
	taken := func(b *bench) {
		from("resource", "rsc_hold=local", "rtype=full", "isstable=1")(b)
		ask("done")(b)
	}
	for _, c := range []struct {
		name  string
		steps []step
		want  []string // what is said of these, of errors and of the end, in order
		holds takeover.Hold
	}{
		{"it has its groups", []step{taken}, []string{"ERROR: Ignored standby message 'done' from b in state 0"}, takeover.Local},
		{"it waits for nothing", []step{none, ask("other"), done, taken, pass(time.Minute)}, []string{offer, end}, takeover.Local},
		{"it waits in the old exchange", []step{none, pass(11 * time.Second), taken, pass(time.Minute)}, []string{offer, end}, takeover.Local},
		{"it had given them away in the old exchange", []step{none, pass(11 * time.Second), none, ask("other"), done, taken, pass(time.Minute)},
			[]string{offer, end, offer, end}, takeover.Local},
		{"it was already taking them", []step{none, pass(5 * time.Second), taken, pass(time.Minute)}, []string{offer}, takeover.Local},
		{"it never takes them", []step{none, pass(35 * time.Second), done}, []string{offer, end, offer, take}, takeover.All},
		{"this node stops meanwhile", []step{none, shut, done, pass(time.Second)}, []string{offer, "stopped"}, takeover.None},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(failbackOn)
			bothStartingState(b)
			from("resource", "rsc_hold=local", "rtype=full", "isstable=0")(b)
			b.said = nil
			for i, s := range c.steps {
				s(b)
				for i == 0 && len(b.works) > 0 {
					done(b)
				}
			}
			got := slices.DeleteFunc(b.said, func(s string) bool {
				return s != offer && s != end && s != take && s != "stopped" && !strings.HasPrefix(s, "ERROR")
			})
			if !slices.Equal(got, c.want) || b.m.Mine() != c.holds {
				t.Errorf("holds %v, want %v; has said %q, want %q", b.m.Mine(), c.holds, got, c.want)
			}
		})
	}
}

// TestBugStopWaitsForWhoWasNotThere: this node was told to give up everything while
// it was cut off, then to stop. The stop waited ten seconds for an answer that
// nobody could give, and after a heal both nodes held what it had.
func TestBugStopWaitsForWhoWasNotThere(t *testing.T) {
	b := newBench(failbackOn)
	stableState(b)
	died(b)
	for len(b.works) > 0 {
		done(b)
	}
	standby(takeover.All)(b)
	b.said = nil
	shut(b)
	if !slices.Contains(b.said, "info: Heartbeat shutdown in progress. (7)") {
		t.Errorf("the stop has not begun: %q", b.said)
	}
}

// TestReturnAfterAThirdNodeHasSpoken: a node that goes on after its death may have
// announced the addresses meanwhile. What is held here is announced again when it
// reports, also if a third node had reported in between.
func TestReturnAfterAThirdNodeHasSpoken(t *testing.T) {
	b := newBench(failbackOn)
	b.m = takeover.New(takeover.Config{Self: "a", Others: []string{"b", "c"}, PID: 7})
	b.m.Peer("b", true, true)
	b.m.Peer("c", true, true)
	seq := uint64(0)
	report := func(name, holds string) (announced bool) {
		seq++
		effects := b.m.Receive(b.now, name, message.New("resource").AddHex("hg", 1).AddHex("seq", seq).
			Add("rsc_hold", holds).Add("rtype", "full").Add("isstable", "1"))
		for _, e := range effects {
			_, ok := e.(takeover.Reannounce)
			announced = announced || ok
		}
		b.take(effects)
		return announced
	}
	b.take(b.m.Start(b.now))
	done(b)
	b.take(b.m.Joined(b.now))
	report("c", "none")
	b.m.Peer("b", false, true)
	b.take(b.m.Died(b.now, "b"))
	for len(b.works) > 0 {
		done(b)
	}
	if b.m.Mine() != takeover.All || !report("c", "none") || report("c", "none") {
		t.Fatalf("holds %s, said %q", b.m.Mine(), b.said)
	}
	b.m.Peer("b", true, true)
	b.take(b.m.Returned(b.now, "b"))
	if !report("b", "none") {
		t.Error("nothing is announced again")
	}
}

// TestBugOverlapThatOneHasNotHeardOf: the other side held this node's groups too,
// announced them last and has let go. Its reports were lost but for the last.
func TestBugOverlapThatOneHasNotHeardOf(t *testing.T) {
	b := newBench(failbackOn)
	stableState(b)
	b.m.Peer("b", true, true)
	for i, c := range []struct {
		yields    string
		announced bool
	}{{"yields=0", false}, {"yields=1", true}, {"yields=1", false}, {"yields=2", true}} {
		b.seq++
		name, value, _ := strings.Cut(c.yields, "=")
		effects := b.m.Receive(b.now, "b", message.New("resource").AddHex("hg", 1).AddHex("seq", b.seq).
			Add("rsc_hold", "local").Add("rtype", "full").Add("isstable", "1").Add(name, value))
		if got := slices.Contains(effects, takeover.Effect(takeover.Reannounce{Set: takeover.Local})); got != c.announced {
			t.Errorf("report %d, %s: announced %v", i, c.yields, got)
		}
	}
}

// TestYieldsAreTold: reports to a node of this program count what was let go of.
func TestYieldsAreTold(t *testing.T) {
	b := newBench(failbackOn)
	stableState(b)
	b.m.Peer("b", false, true)
	b.take(b.m.Died(b.now, "b"))
	for len(b.works) > 0 {
		done(b)
	}
	b.m.Peer("b", true, true)
	b.take(b.m.Returned(b.now, "b"))
	from("resource", "rsc_hold=local", "rtype=full", "isstable=1")(b)
	for len(b.works) > 0 {
		b.said = nil
		done(b)
	}
	if !slices.Contains(b.said, "send resource rsc_hold=local rtype=full isstable=1 standby=0 yields=1") {
		t.Errorf("said %q", b.said)
	}
}

// TestLateReportEndsNoExchange: a report that was overtaken by the request for an
// exchange knows nothing of it.
func TestLateReportEndsNoExchange(t *testing.T) {
	for _, info := range []string{"", "returned"} {
		b := newBench(failbackOn)
		stableState(b)
		b.m.Peer("b", true, true)
		seq := b.seq
		hear := func(kind string, number uint64, fields ...string) {
			b.seq = seq + number - 1
			from(kind, fields...)(b)
		}
		hear("ask_resources", 2, "rsc_hold=local", "info=me")
		for len(b.works) > 0 {
			done(b)
		}
		hear("resource", 1, "rsc_hold=local", "rtype=full", "isstable=1", "standby=0", "info="+info)
		hear("resource", 3, "rsc_hold=none", "rtype=full", "isstable=0", "standby=1", "info=standby")
		hear("ask_resources", 4, "rsc_hold=local", "info=done")
		if len(b.works) != 1 || b.works[0].Operation != takeover.Acquire || b.works[0].Set != takeover.Foreign {
			t.Errorf("a late report, info %q: what was given is not taken: %q", info, b.said)
		}
	}
}

// TestBugFailbackAskedForOnce: a request overtook the report before it and was
// ignored by the other side, which was in flux for all it knew.
func TestBugFailbackAskedForOnce(t *testing.T) {
	for _, kin := range []bool{true, false} {
		b := newBench(failbackOn)
		b.m = takeover.New(takeover.Config{Self: "a", Others: []string{"b"}, PID: 7, Kept: true, Holding: takeover.All, AutoFailback: true})
		startingState(b)
		b.m.Peer("b", true, kin)
		from("resource", "rsc_hold=none", "rtype=full", "isstable=1")(b)
		const request = "send ask_resources rsc_hold=foreign info=me"
		if !slices.Contains(b.said, request) {
			t.Fatalf("asks for nothing: %q", b.said)
		}
		b.said = nil
		pass(15 * time.Second)(b)
		if again := slices.Contains(b.said, request); again != kin {
			t.Errorf("kin %v: asks again %v: %q", kin, again, b.said)
		}
	}
}

// TestBugOldReportsAreReplayed: a life that had lost much of what was said before it
// began asks for it, and took an old report for the present state.
func TestBugOldReportsAreReplayed(t *testing.T) {
	b := newBench(failbackOn)
	initialState(b)
	b.m.Peer("b", true, true)
	b.seq = 7
	from("status")(b)
	old := func(hold string, seq uint64) {
		b.take(b.m.Receive(b.now, "b", message.New("resource").AddHex("hg", 1).AddHex("seq", seq).
			Add("rsc_hold", hold).Add("rtype", "full").Add("isstable", "1")))
	}
	done(b) // the probe
	b.take(b.m.Joined(b.now))
	old("none", 5)
	old("local", 8)
	if b.m.Theirs() != takeover.None || b.m.Mine() != takeover.None {
		t.Errorf("the other holds %s, this one %s: %q", b.m.Theirs(), b.m.Mine(), b.said)
	}
	old("all", 9)
	if b.m.Theirs() != takeover.All || b.m.Mine() != takeover.None {
		t.Errorf("after the answer the other holds %s, this one %s: %q", b.m.Theirs(), b.m.Mine(), b.said)
	}
}

// TestBugFarewellOfAnUnknownLife: a node that was stopped before the other knew its new
// life said its farewell to nobody, and was taken for alive until it was silent.
func TestBugFarewellOfAnUnknownLife(t *testing.T) {
	for info, want := range map[string]int{"sync": 2, "prepared": 1} {
		b := newBench(failbackOn)
		stableState(b)
		b.m.Peer("b", true, true)
		shut(b)
		pass(3 * time.Second)(b)
		done(b)
		from("resource", "rsc_hold=local", "rtype=full", "isstable=1", "info="+info)(b)
		if n := strings.Count(strings.Join(b.said, "\n"), "send shutdone"); n != want {
			t.Errorf("%s: the farewell is said %d times, want %d: %q", info, n, want, b.said)
		}
	}
}
