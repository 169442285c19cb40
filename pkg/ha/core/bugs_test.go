package core_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// The bug table: what the originals, their peers or an earlier state of this
// program did wrong, each as a test that fails on that behaviour.

// TestBugMissedDeath kills a node at every stage of its life; the other one must
// find it dead and hold everything.
func TestBugMissedDeath(t *testing.T) {
	for stage := time.Duration(0); stage < 15*time.Second; stage += 150 * time.Millisecond {
		w := pair(t, slow, slow)
		w.quiet = true
		w.host("m").start()
		w.run(700 * time.Millisecond)
		w.host("s").start()
		w.run(stage)
		w.host("m").kill()
		limit := slow.initdead + slow.deadtime
		if _, ok := w.until(limit, func() bool { return w.host("s").up["m"] && w.host("s").up["s"] }); !ok {
			t.Errorf("killed %v after the start of the other one: missed", stage)
		}
	}
}

// TestBugBothNodesRestartAfterAPartition is the original's way to heal.
func TestBugBothNodesRestartAfterAPartition(t *testing.T) {
	for _, both := range []bool{true, false} {
		w := settled(t, slow)
		lives := [2]int{w.host("m").life, w.host("s").life}
		w.setCut("m", "s", both, true)
		w.run(3 * slow.deadtime)
		w.setCut("m", "s", true, false)
		took, ok := w.until(10*time.Second, func() bool { return w.holder("m") == "m" && w.holder("s") == "s" })
		w.run(30 * time.Second)
		if now := [2]int{w.host("m").life, w.host("s").life}; !ok || now != lives {
			t.Errorf("both directions %v: after %v on %q and %q, lives %v and %v", both, took, w.holder("m"), w.holder("s"), lives, now)
		}
	}
}

// TestBugSilenceAfterADoubleMaster: whoever keeps a group after an overlap
// announces it after the other one's last word.
func TestBugSilenceAfterADoubleMaster(t *testing.T) {
	for _, length := range []time.Duration{slow.deadtime + 100*time.Millisecond, 3 * slow.deadtime} {
		w := settled(t, slow)
		w.setCut("m", "s", true, true)
		w.run(length + slow.keepalive)
		for _, g := range []string{"m", "s"} {
			if got := w.holders(g); len(got) != 2 {
				t.Fatalf("the group of %s is on %v during the partition", g, got)
			}
		}
		w.announcer = map[string]string{"m": "s", "s": "m"}
		w.setCut("m", "s", true, false)
		w.mustHold(t, 5*time.Second, "m", "m")
		w.mustHold(t, 5*time.Second, "s", "s")
		w.run(time.Second)
		if w.announcer["m"] != "m" || w.announcer["s"] != "s" {
			t.Errorf("after an overlap of %v the last announcers are %v", length, w.announcer)
		}
	}
}

// TestBugLeftoversAnnouncedLast: a killed node's addresses were announced in a
// partition; when it comes back and lets go of them, the holder speaks.
func TestBugLeftoversAnnouncedLast(t *testing.T) {
	w := settled(t, with(slow, false))
	w.setCut("m", "s", true, true)
	w.run(2 * slow.deadtime)
	w.host("m").kill()
	w.announcer = map[string]string{"m": "m", "s": "m"}
	w.setCut("m", "s", true, false)
	w.run(time.Second)
	w.host("m").start()
	w.mustHold(t, 5*time.Second, "m", "s")
	w.run(2 * time.Second)
	if w.announcer["m"] != "s" || w.announcer["s"] != "s" {
		t.Errorf("the last announcers are %v", w.announcer)
	}
}

// TestBugTakeoverInTheInstantOfTheReturn: a node comes back just when the other
// one takes over from it. They never both keep a group, and none is left.
func TestBugTakeoverInTheInstantOfTheReturn(t *testing.T) {
	fast := settings{keepalive: 200 * time.Millisecond, deadtime: time.Second, initdead: 3 * time.Second}
	for _, how := range []string{"killed", "paused", "cut"} {
		for off := -60 * time.Millisecond; off <= 60*time.Millisecond; off += 2 * time.Millisecond {
			for _, failback := range []bool{true, false} {
				w := settled(t, with(fast, failback))
				w.quiet = true
				m := w.host("m")
				switch how {
				case "killed":
					m.kill()
				case "paused":
					m.pause()
				case "cut":
					w.setCut("m", "s", true, true)
				}
				// The death is found one dead time after the last heartbeat.
				w.until(2*fast.deadtime, func() bool { return w.host("s").core.Holder().Mine() == 3 })
				if off < 0 {
					w = settled(t, with(fast, failback))
					w.quiet = true
					m = w.host("m")
					m.pause()
					w.run(fast.deadtime + off)
				} else {
					w.run(off)
				}
				m.start()
				m.resume()
				w.setCut("m", "s", true, false)
				if _, ok := w.until(3*time.Second, func() bool { return len(w.holders("m")) == 1 && len(w.holders("s")) == 1 }); !ok {
					t.Errorf("%s, back after %v: on %q and %q", how, off, w.holder("m"), w.holder("s"))
					continue
				}
				w.run(5 * time.Second)
				if len(w.holders("m")) != 1 || len(w.holders("s")) != 1 {
					t.Errorf("%s, back after %v, later: on %q and %q", how, off, w.holder("m"), w.holder("s"))
				}
			}
		}
	}
}

// TestBugRequestThatNobodyHeard: a wish to give up resources, said to nobody, must
// not keep a node that comes then from its groups for ten seconds.
func TestBugRequestThatNobodyHeard(t *testing.T) {
	w := pair(t, slow, slow)
	w.host("m").start()
	w.mustHold(t, slow.initdead+time.Second, "s", "m")
	w.run(time.Second)
	w.host("m").send(askStandby("local"))
	w.run(100 * time.Millisecond)
	w.host("s").start()
	w.mustHold(t, 3*time.Second, "s", "s")
	w.mustNotOverlap(t)
}

// TestBugStopWaitsThoughTheOtherHasAll: a partition heals while a node waits, at
// its stop, for the other one to get ready. The other one has everything.
func TestBugStopWaitsThoughTheOtherHasAll(t *testing.T) {
	w := settled(t, slow)
	w.setCut("m", "s", true, true)
	w.run(2 * slow.deadtime)
	m := w.host("m")
	// The peer is dead to it: it would not wait. Let it hear the other one first.
	w.setCut("s", "m", false, false)
	w.until(3*time.Second, func() bool { return m.peerLives() })
	m.stop()
	w.setCut("m", "s", true, false)
	if took, ok := w.until(5*time.Second, func() bool { return !m.up["m"] }); !ok || took > 1500*time.Millisecond {
		t.Errorf("lets go after %v", took)
	}
	w.mustHold(t, time.Second, "m", "s")
}

// TestBugLastWordOfAHandoverLost: that the resources are free is said again by
// every report; nobody waits for the one message that was lost.
func TestBugLastWordOfAHandoverLost(t *testing.T) {
	w := settled(t, slow)
	w.lose = func(from *host, kind, info string) bool { return kind == "ask_resources" && info == "done" }
	w.host("m").send(askStandby("local"))
	w.mustHold(t, 2500*time.Millisecond, "m", "s")
	w.mustNotOverlap(t)
}

// TestBugFarewellIntoACut: a node has stopped while it was not heard; it says so
// again when the other one is back in time.
func TestBugFarewellIntoACut(t *testing.T) {
	w := settled(t, slow)
	w.setCut("m", "s", false, true)
	w.run(2 * slow.deadtime)
	w.host("s").kill()
	w.host("s").up = map[string]bool{}
	w.host("s").start()
	w.run(slow.keepalive)
	w.host("m").stop()
	w.until(5*time.Second, func() bool { return !w.host("m").holdsAny() })
	w.run(200 * time.Millisecond)
	w.setCut("m", "s", true, false)
	w.mustHold(t, 2500*time.Millisecond, "m", "s")
}

// TestBugListBeforeStatus: what program a node runs is known by its status. A node
// list that comes first must not make "auto_failback legacy" speak the old
// protocol to a node that reports.
func TestBugListBeforeStatus(t *testing.T) {
	old := slow
	old.failback, old.legacy = false, true
	w := pair(t, old, old)
	lost := w.now.Add(4 * time.Second)
	w.lose = func(from *host, kind, _ string) bool {
		return from.name == "m" && kind == "status" && w.now.Before(lost)
	}
	w.host("m").start()
	w.run(time.Second)
	w.host("s").start()
	w.run(20 * time.Second)
	for _, line := range w.trace {
		if strings.Contains(line, "sends ip-request") {
			t.Fatalf("the old protocol is spoken: %s", line)
		}
	}
	if got := fmt.Sprint(w.holder("m"), w.holder("s")); got != "ms" {
		t.Errorf("on %q", got)
	}
}
