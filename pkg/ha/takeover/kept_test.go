package takeover_test

import (
	"slices"
	"testing"

	"lvsha/pkg/ha/takeover"
)

// TestKeptLifeIsStableAtOnce: after a restart in place a node knows what it holds.
// It says so before it has heard a word, and an original node has nothing to wait
// for.
func TestKeptLifeIsStableAtOnce(t *testing.T) {
	for _, holding := range []takeover.Hold{takeover.None, takeover.Local, takeover.All} {
		b := newBench(failbackOff)
		b.m = takeover.New(takeover.Config{Self: "a", Others: []string{"b"}, PID: 7, Kept: true, Holding: holding})
		b.m.Peer("b", true, false)
		b.take(b.m.Start(b.now))
		b.take(b.m.Done(b.now, b.works[0], takeover.Result{Up: holding != takeover.None}))
		b.said = nil
		b.take(b.m.Joined(b.now))
		want := "send resource rsc_hold=" + holding.String() + " rtype=full isstable=1"
		if !slices.Equal(b.said, []string{"send starting", want}) {
			t.Errorf("holding %s: %q", holding, b.said)
		}
	}
}
