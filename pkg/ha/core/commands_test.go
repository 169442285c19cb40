package core_test

import (
	"strings"
	"testing"
	"time"

	"lvsha/pkg/ha/message"
)

// send hands a message in as hb_standby and hb_takeover do.
func (h *host) send(msg *message.Message) { h.apply(h.core.Send(h.w.now, msg)) }

func askStandby(set string) *message.Message {
	return message.New("ask_resources").Add("rsc_hold", set).Add("info", "me")
}

// settled is a pair with its groups where they belong.
func settled(t *testing.T, s settings) *world {
	t.Helper()
	w := pair(t, s, s)
	w.host("m").start()
	w.host("s").start()
	w.mustHold(t, 2*time.Second, "m", "m")
	w.mustHold(t, 2*time.Second, "s", "s")
	w.run(10 * time.Second)
	return w
}

// TestStandbyByMessage gives up each set, in the words of the node that gives,
// and leaves it where it is.
func TestStandbyByMessage(t *testing.T) {
	for _, c := range []struct{ set, groupM, groupS string }{
		{"local", "s", "s"}, {"foreign", "m", "s"}, {"all", "s", "s"}, {"", "s", "s"},
	} {
		t.Run("set "+c.set, func(t *testing.T) {
			w := settled(t, slow)
			w.host("m").send(askStandby(c.set))
			w.mustHold(t, time.Second, "m", c.groupM)
			w.mustHold(t, time.Second, "s", c.groupS)
			w.run(time.Minute)
			if m, s := w.holder("m"), w.holder("s"); m != c.groupM || s != c.groupS {
				t.Errorf("later on %q and %q", m, s)
			}
			w.mustNotOverlap(t)
		})
	}
}

// TestStandbyAndBack goes to and fro: every exchange leaves both nodes ready for
// the next.
func TestStandbyAndBack(t *testing.T) {
	w := settled(t, slow)
	for range 20 {
		w.host("m").send(askStandby("local"))
		w.mustHold(t, time.Second, "m", "s")
		w.run(2 * time.Second)
		w.host("s").send(askStandby("foreign"))
		w.mustHold(t, time.Second, "m", "m")
		w.run(2 * time.Second)
	}
	w.mustNotOverlap(t)
}

// TestStandbyOfBothAtOnce ends with one holder of each group.
func TestStandbyOfBothAtOnce(t *testing.T) {
	w := settled(t, slow)
	w.host("m").send(askStandby("all"))
	w.host("s").send(askStandby("all"))
	w.run(time.Minute)
	for _, group := range []string{"m", "s"} {
		if got := w.holders(group); len(got) != 1 {
			t.Errorf("the group of %s is on %v", group, got)
		}
	}
	w.mustNotOverlap(t)
	w.host("m").send(askStandby("all"))
	w.mustHold(t, time.Minute, "m", "s")
}

// TestTakeoverByMessage: what a node asks for, the other gives.
func TestTakeoverByMessage(t *testing.T) {
	w := settled(t, slow)
	w.host("s").send(message.New("hb_takeover").Add("rsc_hold", "foreign"))
	w.mustHold(t, time.Second, "m", "s")
	w.mustHold(t, time.Second, "s", "s")
	w.run(2 * time.Second)
	w.host("m").send(message.New("hb_takeover").Add("rsc_hold", "local"))
	w.mustHold(t, time.Second, "m", "m")
	w.run(time.Minute)
	if w.holder("m") != "m" || w.holder("s") != "s" {
		t.Errorf("later on %q and %q", w.holder("m"), w.holder("s"))
	}
	w.mustNotOverlap(t)
}

// TestFarewellIsShort: a node that stops stays until the other knows, no longer.
func TestFarewellIsShort(t *testing.T) {
	w := settled(t, slow)
	w.host("m").stop()
	took, ok := w.until(10*time.Second, func() bool { return !w.host("m").running })
	if !ok || took > 500*time.Millisecond {
		t.Errorf("ended after %v (%v)", took, ok)
	}
}

// TestFarewellUnheardIsBounded: nobody answers, the node ends all the same.
func TestFarewellUnheardIsBounded(t *testing.T) {
	w := settled(t, slow)
	w.setCut("m", "s", true, true)
	w.host("m").stop()
	took, ok := w.until(10*time.Second, func() bool { return !w.host("m").running })
	if !ok || took < time.Second || took > 5*time.Second {
		t.Errorf("ended after %v (%v)", took, ok)
	}
	w.mustHold(t, 2*slow.deadtime, "m", "s")
}

// TestLostFarewellIsAskedFor: the last words come through as soon as anything
// does, so that the other need not wait for a death.
func TestLostFarewellIsAskedFor(t *testing.T) {
	w := settled(t, slow)
	w.host("m").stop()
	w.until(time.Second, func() bool { return w.holder("m") == "" })
	w.setCut("m", "s", true, true)
	w.run(500 * time.Millisecond)
	w.setCut("m", "s", true, false)
	w.mustHold(t, 2*time.Second, "m", "s")
	w.mustNotOverlap(t)
}

// TestPauseOfALonelyHolder: with nobody there to take over, a pause is no reason
// to give anything up.
func TestPauseOfALonelyHolder(t *testing.T) {
	w := pair(t, slow, slow)
	w.host("m").start()
	w.mustHold(t, slow.initdead+time.Second, "m", "m")
	w.run(20 * time.Second)
	life := w.host("m").life
	w.host("m").pause()
	w.run(30 * time.Second)
	w.host("m").resume()
	w.run(time.Minute)
	if w.holder("m") != "m" || w.host("m").life != life {
		t.Errorf("on %q, life %d after %d", w.holder("m"), w.host("m").life, life)
	}
	said := false
	for _, line := range w.trace {
		said = said || strings.Contains(line, "This process did not run for 3")
	}
	if !said {
		t.Error("the pause was not noticed")
	}
}

// TestAnnouncedRestartIsNoDeath: the others wait longer for a node that said
// that it begins anew, keeping what it holds.
func TestAnnouncedRestartIsNoDeath(t *testing.T) {
	w := settled(t, slow)
	m := w.host("m")
	m.apply(m.core.AnnounceRestart(w.now))
	w.run(100 * time.Millisecond)
	m.kill()
	w.run(slow.deadtime + 10*time.Second)
	if got := w.holder("m"); got != "m" {
		t.Errorf("on %q", got)
	}
	// It does not return: the notice ends, too.
	w.run(40 * time.Second)
	if !w.host("s").up["m"] {
		t.Error("the standby waits for ever")
	}
}
