package takeover_test

import (
	"slices"
	"testing"
	"time"

	"lvsha/pkg/ha/takeover"
)

// TestBugKeptLifeMeetsAnOriginalThatTookOver: a node restarts in place while it is
// cut off; the original has taken everything and hears a new life, which is no
// partition to it. One of the two must let go.
func TestBugKeptLifeMeetsAnOriginalThatTookOver(t *testing.T) {
	for _, c := range []struct {
		name, theirs string
		holding      takeover.Hold
		gone         bool
	}{
		{"the original holds all", "all", takeover.Local, true},
		{"both hold all, and this one wants to give back first", "all", takeover.All, true},
		{"each holds its own", "local", takeover.Local, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(failbackOn)
			b.m = takeover.New(takeover.Config{Self: "a", Others: []string{"b"}, PID: 7, Kept: true, Holding: c.holding, AutoFailback: true})
			startingState(b)
			from("resource", "rsc_hold="+c.theirs, "rtype=full", "isstable=1")(b)
			pass(20 * time.Second)(b)
			gone := slices.Contains(b.said, "run release all")
			if gone != c.gone {
				t.Errorf("lets go %v, want %v: %q", gone, c.gone, b.said)
			}
		})
	}
}

// TestBugNobodyAfterAQuickRestart: the original had given its group to a life of
// this node that was killed; both are stable then and neither claims it.
func TestBugNobodyAfterAQuickRestart(t *testing.T) {
	for _, c := range []struct {
		theirs string
		takes  bool
	}{{"none", true}, {"local", false}} {
		b := newBench(failbackOn)
		bothStartingState(b)
		from("resource", "rsc_hold="+c.theirs, "rtype=full", "isstable=1")(b)
		for len(b.works) > 0 {
			done(b)
		}
		from("resource", "rsc_hold="+c.theirs, "rtype=full", "isstable=1")(b)
		b.said = nil
		pass(5 * time.Second)(b)
		if len(b.works) > 0 {
			t.Errorf("%s: takes something at once: %v", c.theirs, b.works)
		}
		pass(10 * time.Second)(b)
		if takes := slices.Contains(b.said, "run inherit noneb"); takes != c.takes || takes != b.m.Mine().Has(takeover.Foreign) {
			t.Errorf("the original claims %s: takes its groups %v, want %v: %q", c.theirs, takes, c.takes, b.said)
		}
	}
}
