package core_test

import (
	"strings"
	"testing"
	"time"
)

var slow = settings{keepalive: time.Second, deadtime: 5 * time.Second, initdead: 10 * time.Second, failback: true}

func with(s settings, failback bool) settings {
	s.failback = failback
	return s
}

func pair(t *testing.T, master, standby settings) *world {
	t.Helper()
	w := newWorld(1, map[string]settings{"m": master, "s": standby}, "m", "s")
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("history:\n%s", strings.Join(w.trace, "\n"))
		}
	})
	return w
}

func (w *world) mustHold(t *testing.T, limit time.Duration, group, name string) time.Duration {
	t.Helper()
	took, ok := w.until(limit, func() bool { return w.holder(group) == name })
	if !ok {
		t.Fatalf("after %v the group of %s is on %q, want it on %q", limit, group, w.holder(group), name)
	}
	return took
}

func (w *world) mustNotOverlap(t *testing.T) {
	t.Helper()
	if len(w.overlaps) > 0 {
		t.Fatalf("two holders: %v", w.overlaps)
	}
}

func TestBothStartTogetherHoldWithinASecond(t *testing.T) {
	w := pair(t, slow, slow)
	w.host("m").start()
	w.run(300 * time.Millisecond)
	w.host("s").start()
	w.mustHold(t, time.Second, "m", "m")
	w.mustHold(t, time.Second, "s", "s")
	w.run(time.Minute)
	w.mustNotOverlap(t)
	if w.holder("m") != "m" || w.holder("s") != "s" {
		t.Fatalf("holders %q %q", w.holder("m"), w.holder("s"))
	}
}

func TestAloneTakesAllAfterInitdead(t *testing.T) {
	w := pair(t, slow, slow)
	w.host("s").start()
	w.run(slow.initdead)
	took := w.mustHold(t, time.Second, "m", "s")
	w.mustHold(t, time.Second, "s", "s")
	if took > 200*time.Millisecond {
		t.Errorf("took %v after initdead", took)
	}
}

// TestAutoFailbackTable plays the measured table: the setting of the node that
// holds the resources when the other returns decides.
func TestAutoFailbackTable(t *testing.T) {
	for _, row := range []struct{ master, standby, back bool }{
		{true, true, true}, {false, false, false}, {false, true, true}, {true, false, false},
	} {
		w := pair(t, with(slow, row.master), with(slow, row.standby))
		w.host("m").start()
		w.host("s").start()
		w.mustHold(t, 2*time.Second, "m", "m")
		w.run(10 * time.Second)
		w.host("m").stop()
		w.mustHold(t, time.Second, "m", "s")
		if _, ok := w.until(5*time.Second, func() bool { return !w.host("m").running }); !ok {
			t.Fatal("the master did not end")
		}
		w.run(20 * time.Second)
		w.host("m").start()
		want := "s"
		if row.back {
			want = "m"
		}
		w.run(30 * time.Second)
		if got := w.holder("m"); got != want {
			t.Errorf("master %v standby %v: on %q, want %q", row.master, row.standby, got, want)
		}
		w.mustNotOverlap(t)
	}
}

func TestKilledMasterIsReplacedWithinDeadtime(t *testing.T) {
	w := pair(t, slow, slow)
	w.host("m").start()
	w.host("s").start()
	w.mustHold(t, 2*time.Second, "m", "m")
	w.run(30 * time.Second)
	w.host("m").kill()
	took, ok := w.until(10*time.Second, func() bool { return w.host("s").up["m"] })
	if !ok || took > slow.deadtime+100*time.Millisecond {
		t.Fatalf("took %v (%v)", took, ok)
	}
}

func TestKilledAndStartedAgainHasOneHolder(t *testing.T) {
	for _, failback := range []bool{true, false} {
		for _, pause := range []time.Duration{500 * time.Millisecond, 15 * time.Second} {
			w := pair(t, with(slow, failback), with(slow, failback))
			w.host("m").start()
			w.host("s").start()
			w.mustHold(t, 2*time.Second, "m", "m")
			w.run(30 * time.Second)
			w.host("m").kill()
			w.run(pause)
			w.host("m").start()
			w.run(30 * time.Second)
			if got := w.holders("m"); len(got) != 1 {
				t.Errorf("failback %v, started again after %v: holders %v", failback, pause, got)
			}
			if got := w.holders("s"); len(got) != 1 {
				t.Errorf("failback %v, started again after %v: holders of the other group %v", failback, pause, got)
			}
		}
	}
}

func TestPartitionHealsWithoutRestart(t *testing.T) {
	w := pair(t, slow, slow)
	w.host("m").start()
	w.host("s").start()
	w.mustHold(t, 2*time.Second, "m", "m")
	w.run(30 * time.Second)
	w.setCut("m", "s", true, true)
	w.run(13 * time.Second)
	if w.holder("m") != "m+s" {
		t.Fatalf("during the partition: %q", w.holder("m"))
	}
	lives := w.host("m").life + w.host("s").life
	w.setCut("m", "s", true, false)
	took, ok := w.until(5*time.Second, func() bool { return w.holder("m") == "m" && w.holder("s") == "s" })
	if !ok || took > slow.keepalive+200*time.Millisecond {
		t.Fatalf("healed after %v (%v): %q %q", took, ok, w.holder("m"), w.holder("s"))
	}
	w.run(time.Minute)
	if w.holder("m") != "m" || w.holder("s") != "s" || lives != w.host("m").life+w.host("s").life {
		t.Fatalf("afterwards: %q %q", w.holder("m"), w.holder("s"))
	}
}

func TestPausedHolderLetsGo(t *testing.T) {
	for _, failback := range []bool{true, false} {
		w := pair(t, with(slow, failback), with(slow, failback))
		w.host("m").start()
		w.host("s").start()
		w.mustHold(t, 2*time.Second, "m", "m")
		w.run(30 * time.Second)
		w.host("m").pause()
		w.run(12 * time.Second)
		if !w.host("s").up["m"] {
			t.Fatal("the standby did not take over")
		}
		w.host("m").resume()
		took, ok := w.until(time.Second, func() bool { return len(w.holders("m")) == 1 })
		if !ok || took > 200*time.Millisecond {
			t.Fatalf("two holders for %v", took)
		}
		w.run(30 * time.Second)
		want := map[bool]string{true: "m", false: "s"}[failback]
		if w.holder("m") != want || len(w.holders("s")) != 1 {
			t.Fatalf("failback %v: %q %q", failback, w.holder("m"), w.holder("s"))
		}
	}
}

// TestGroupThatDoesNotStartMovesOnce is for the original's standby of the wrong
// side: a group that failed here is given to the node that can run it, and comes
// to rest if neither can.
func TestGroupThatDoesNotStartMovesOnce(t *testing.T) {
	w := pair(t, slow, slow)
	w.host("m").broken = true
	w.host("m").start()
	w.host("s").start()
	w.mustHold(t, 3*time.Second, "m", "s")
	w.run(time.Minute)
	if w.holder("m") != "s" || w.holder("s") != "s" {
		t.Fatalf("on %q and %q", w.holder("m"), w.holder("s"))
	}
	w.mustNotOverlap(t)

	w = pair(t, slow, slow)
	w.host("m").broken, w.host("s").broken = true, true
	w.host("m").start()
	w.host("s").start()
	w.run(20 * time.Second)
	before := len(w.trace)
	w.run(2 * time.Minute)
	for _, line := range w.trace[before:] {
		if strings.Contains(line, "standby") {
			t.Fatalf("still moving: %s", line)
		}
	}
}
