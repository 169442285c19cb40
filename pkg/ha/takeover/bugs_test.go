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
		gone         bool
	}{{"both hold all", "all", true}, {"the original holds its own", "local", false}} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(failbackOn)
			b.m = takeover.New(takeover.Config{Self: "a", Others: []string{"b"}, PID: 7, Kept: true, Holding: takeover.Local})
			startingState(b)
			from("resource", "rsc_hold="+c.theirs, "rtype=full", "isstable=1")(b)
			pass(10 * time.Second)(b)
			gone := slices.Contains(b.said, "run release all")
			if gone != c.gone {
				t.Errorf("lets go %v, want %v: %q", gone, c.gone, b.said)
			}
		})
	}
}
