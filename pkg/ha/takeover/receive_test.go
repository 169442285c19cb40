package takeover_test

import (
	"testing"
	"time"

	"lvsha/pkg/ha/takeover"
)

// The reports that this node sends.
const (
	sayNone0  = "send resource rsc_hold=none rtype=full isstable=0"
	sayNone1  = "send resource rsc_hold=none rtype=full isstable=1"
	sayLocal0 = "send resource rsc_hold=local rtype=full isstable=0"
	sayLocal1 = "send resource rsc_hold=local rtype=full isstable=1"
	sayAll1   = "send resource rsc_hold=all rtype=full isstable=1"

	remoteDone = "info: remote resource transition completed."
)

// TestStartingReceived is section 2.4 of the resource rules.
func TestStartingReceived(t *testing.T) {
	play(t, []rule{
		{name: "not yet joined", failback: failbackOn, state: initialState,
			events: []step{from("starting")}},
		{name: "starting", failback: failbackOn, state: startingState,
			events: []step{from("starting")}, want: []string{sayNone0}},
		{name: "both starting", failback: failbackOn, state: startingState,
			// The first makes it so, but the report that answers it moves on.
			events: []step{from("starting"), from("starting")}, want: []string{sayNone0}},
		{name: "report received", failback: failbackOn, state: receivedState,
			events: []step{from("starting")}, want: []string{sayNone0}},
		{name: "stable", failback: failbackOn, state: stableState,
			events: []step{from("starting")}, want: []string{sayLocal1}, mine: takeover.Local},
		{name: "in a takeover", failback: failbackOn, state: stableState,
			events: []step{died, from("starting")},
			want:   []string{sayAll1, "WARN: T_STARTING received during takeover."}, mine: takeover.All},
		{name: "shutting down", failback: failbackOn, state: stableState,
			events: []step{shut, from("starting")},
			want:   []string{sayNone0 + " info=shutdown"}},
	})
}

// TestResourceReceived is section 2.5, with the ten seconds of 2.6.
func TestResourceReceived(t *testing.T) {
	const ten = 10 * time.Second
	play(t, []rule{
		{name: "no rsc_hold", failback: failbackOn, state: stableState,
			events: []step{from("resource", "isstable=1")},
			want:   []string{"ERROR: resource message without rsc_hold field."}, mine: takeover.Local},
		{name: "not yet joined", failback: failbackOn, state: initialState,
			events: []step{from("resource", "rsc_hold=all", "isstable=1")}},
		{name: "both undecided", failback: failbackOn, state: bothStartingState,
			events: []step{from("resource", "rsc_hold=none", "rtype=full", "isstable=0")}},
		{name: "undecided for nine seconds", failback: failbackOn, state: receivedState,
			events: []step{pass(ten - time.Second)}},
		{name: "undecided for ten seconds", failback: failbackOn, state: receivedState,
			events: []step{pass(ten)},
			want:   []string{"run acquire local", "info: local resource transition completed.", sayLocal1}, mine: takeover.Local},
		{name: "becomes stable and has its own", failback: failbackOn, state: receivedState,
			events: []step{from("resource", "rsc_hold=local", "rtype=full", "isstable=1")},
			want:   []string{remoteDone, sayNone0, remoteDone, "run acquire local", sayLocal1}, mine: takeover.Local},
		{name: "becomes stable and has all", failback: failbackOn, state: receivedState,
			events: []step{from("resource", "rsc_hold=all", "rtype=full", "isstable=1")},
			want: []string{remoteDone, sayNone0, remoteDone,
				"info: Local Resource acquisition completed. (none)", sayNone1}},
		{name: "was stable", failback: failbackOn, state: stableState,
			events: []step{from("resource", "rsc_hold=local", "rtype=full", "isstable=1")}, mine: takeover.Local},
		{name: "no word of stability", failback: failbackOn, state: stableState,
			events: []step{from("resource", "rsc_hold=none", "rtype=full", "isstable=0"), from("resource", "rsc_hold=local", "rtype=full"),
				from("ask_resources", "rsc_hold=local", "info=me")},
			want: []string{"WARN: standby message [me] from b ignored.  Other side is in flux."}, mine: takeover.Local},
		{name: "becomes stable again", failback: failbackOn, state: stableState,
			events: []step{from("resource", "rsc_hold=none", "rtype=full", "isstable=0"), from("resource", "rsc_hold=local", "rtype=full", "isstable=1")},
			want:   []string{remoteDone, sayLocal1}, mine: takeover.Local},
		{name: "returns to a holder with failback on", failback: failbackOn, state: allState,
			events: []step{from("resource", "rsc_hold=none", "rtype=full", "isstable=1")},
			want:   []string{remoteDone, sayAll1, "info: a wants to go standby [foreign]", "send ask_resources rsc_hold=foreign info=me"}, mine: takeover.All},
		{name: "returns to a holder with failback off", failback: failbackOff, state: allState,
			events: []step{from("resource", "rsc_hold=none", "rtype=full", "isstable=1")},
			want:   []string{remoteDone, sayAll1}, mine: takeover.All},
		{name: "adds to what it has", failback: failbackOn, state: stableState,
			events: []step{from("resource", "rsc_hold=foreign")},
			want:   []string{"ERROR: Both machines own our resources!"}, mine: takeover.Local},
	})
}

// TestOldReportsAreDropped sends a lost report late: what it says is no longer so.
func TestOldReportsAreDropped(t *testing.T) {
	b := newBench(failbackOn)
	stableState(b)
	b.seq = 1
	b.said = nil
	from("resource", "rsc_hold=all", "rtype=full", "isstable=0")(b)
	if len(b.said) > 0 || b.m.Theirs() != takeover.Local {
		t.Errorf("an old report caused %q; the other holds %s", b.said, b.m.Theirs())
	}
}

// TestPartialReports: without rtype=full a report adds to what is known, but for
// the one that says none.
func TestPartialReports(t *testing.T) {
	b := newBench(failbackOn)
	stableState(b)
	for _, c := range []struct {
		report []string
		want   takeover.Hold
	}{
		{[]string{"rsc_hold=foreign"}, takeover.All},
		{[]string{"rsc_hold=none"}, takeover.None},
		{[]string{"rsc_hold=foreign"}, takeover.Foreign},
		{[]string{"rsc_hold=local", "rtype=full"}, takeover.Local},
	} {
		from("resource", c.report...)(b)
		if got := b.m.Theirs(); got != c.want {
			t.Errorf("after %q the other holds %s, want %s", c.report, got, c.want)
		}
	}
}
