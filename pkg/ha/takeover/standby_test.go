package takeover_test

import (
	"testing"
	"time"

	"lvsha/pkg/ha/takeover"
)

func ask(info string) step { return from("ask_resources", "rsc_hold=foreign", "info="+info) }

// meState, otherState, doneGiving and doneTaking are the phases of an exchange.
func meState(b *bench) {
	allState(b)
	b.said = nil
	from("resource", "rsc_hold=none", "rtype=full", "isstable=1")(b)
}

// wentState has asked to give up its own groups.
func wentState(b *bench) {
	stableState(b)
	standby(takeover.Local)(b)
}

// agreedState has agreed that b gives up its groups.
func agreedState(b *bench) {
	stableState(b)
	from("ask_resources", "rsc_hold=local", "info=me")(b)
	done(b) // the preparation
}

// TestStandbyProtocol is section 2.10 of the resource rules, row by row.
func TestStandbyProtocol(t *testing.T) {
	ignored := func(info, state string) string {
		return "ERROR: Ignored standby message '" + info + "' from b in state " + state
	}
	play(t, []rule{
		{name: "none: me while the other is in flux", failback: failbackOn, state: stableState,
			events: []step{from("starting"), ask("me")},
			want:   []string{"WARN: standby message [me] from b ignored.  Other side is in flux."}, mine: takeover.Local},
		{name: "none: me of this node", failback: failbackOn, state: stableState,
			events: []step{standby(takeover.Local)},
			want:   []string{"info: a wants to go standby [local]"}, mine: takeover.Local},
		{name: "none: me of the other", failback: failbackOn, state: stableState,
			events: []step{from("ask_resources", "rsc_hold=local", "info=me")},
			want:   []string{"info: b wants to go standby [local]", "run ready foreign"}, mine: takeover.Local},
		{name: "none: me of the other, prepared", failback: failbackOn, state: stableState,
			events: []step{from("ask_resources", "rsc_hold=local", "info=me"), done},
			want:   []string{"send ask_resources rsc_hold=local info=other"}, mine: takeover.Local},
		{name: "none: me of the other, a preparation that takes long", failback: failbackOn, state: stableState,
			events: []step{from("ask_resources", "rsc_hold=local", "info=me"), pass(6 * time.Second)},
			want:   []string{"send ask_resources rsc_hold=local info=other"}, mine: takeover.Local},
		{name: "none: me without a set means all", failback: failbackOn, state: stableState,
			events: []step{from("ask_resources", "info=me")},
			want:   []string{"info: b wants to go standby [all]", "send ask_resources rsc_hold=all info=other"}, mine: takeover.Local},
		{name: "none: done", failback: failbackOn, state: stableState,
			events: []step{ask("done")}, want: []string{ignored("done", "0")}, mine: takeover.Local},
		{name: "me: a second request", failback: failbackOn, state: wentState,
			events: []step{ask("me")},
			want:   []string{"WARN: Standby in progress- new request from b ignored [10 seconds left]"}, mine: takeover.Local},
		{name: "me: other", failback: failbackOn, state: wentState,
			events: []step{from("ask_resources", "rsc_hold=local", "info=other")},
			want: []string{"info: standby: b can take our local resources", sayNone0 + " info=standby",
				"info: give up local HA resources (standby).", "run release local"}},
		{name: "me: given up", failback: failbackOn, state: wentState,
			events: []step{from("ask_resources", "rsc_hold=local", "info=other"), done},
			want: []string{"info: local HA resource release completed (standby).", "info: Local standby process completed [local].",
				"send ask_resources rsc_hold=local info=done"}},
		{name: "me: done of the other", failback: failbackOn, state: wentState,
			events: []step{ask("done")}, want: []string{ignored("done", "1")}, mine: takeover.Local},
		{name: "me: the other never agrees", failback: failbackOn, state: wentState,
			events: []step{pass(10 * time.Second)},
			want:   []string{"WARN: No reply to standby request.  Standby request cancelled."}, mine: takeover.Local},
		{name: "other: done", failback: failbackOn, state: agreedState,
			events: []step{from("ask_resources", "rsc_hold=local", "info=done")},
			want: []string{"info: standby: acquire [local] resources from b", "info: acquire foreign HA resources (standby).",
				"run acquire foreign"}, mine: takeover.Local},
		{name: "other: acquired", failback: failbackOn, state: agreedState,
			events: []step{from("ask_resources", "rsc_hold=local", "info=done"), done},
			want: []string{"info: foreign HA resource acquisition completed (standby).", "info: Standby resource acquisition done [local].",
				sayAll1, "send ask_resources rsc_hold=local info=done"}, mine: takeover.All},
		{name: "other: other", failback: failbackOn, state: agreedState,
			events: []step{ask("other")}, want: []string{ignored("other", "2")}, mine: takeover.Local},
		{name: "done: the other has taken", failback: failbackOn, state: wentState,
			events: []step{from("ask_resources", "rsc_hold=local", "info=other"), done, from("ask_resources", "rsc_hold=local", "info=done")},
			want:   []string{"info: Other node completed standby takeover of local resources.", sayNone1}},
		{name: "done: done before the own half is done", failback: failbackOn, state: agreedState,
			events: []step{from("ask_resources", "rsc_hold=local", "info=done"), from("ask_resources", "rsc_hold=local", "info=done")},
			want:   []string{ignored("done", "3")}, mine: takeover.Local},
		{name: "done: other", failback: failbackOn, state: wentState,
			events: []step{from("ask_resources", "rsc_hold=local", "info=other"), done, ask("other")},
			want:   []string{ignored("other", "3")}},
		{name: "failback gives up what is not this node's", failback: failbackOn, state: meState,
			events: []step{ask("other")},
			want: []string{"info: standby: b can take our foreign resources", sayLocal0 + " info=standby",
				"info: give up foreign HA resources (standby).", "run release foreign"}, mine: takeover.Local},
		{name: "shutting down: me is ignored", failback: failbackOn, state: stableState,
			events: []step{shut, ask("me")}},
	})
}

// TestStandbyByHandStays plays a standby by hand to its end: no failback follows
// it, whatever auto_failback says.
func TestStandbyByHandStays(t *testing.T) {
	b := newBench(failbackOn)
	agreedState(b)
	from("ask_resources", "rsc_hold=local", "info=done")(b)
	done(b)
	b.said = nil
	from("resource", "rsc_hold=none", "rtype=full", "isstable=0")(b)
	from("resource", "rsc_hold=none", "rtype=full", "isstable=1")(b)
	pass(30 * time.Second)(b)
	for _, line := range b.said {
		if line == "send ask_resources rsc_hold=foreign info=me" {
			t.Errorf("what came by hand is given back: %q", b.said)
		}
	}
	if b.m.Mine() != takeover.All {
		t.Errorf("holds %s", b.m.Mine())
	}
}
